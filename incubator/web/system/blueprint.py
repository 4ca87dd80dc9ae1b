"""The pages about the installation."""

from flask import Blueprint

pages = Blueprint("system", __name__)
PER_PAGE = 30
