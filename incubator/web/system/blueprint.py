"""The pages about the installation."""

from flask import Blueprint, request

pages = Blueprint("system", __name__)
PER_PAGE = 30


def page_number() -> int:
    """The page of a list that was asked for."""
    return max(1, request.args.get("page", 1, type=int))
