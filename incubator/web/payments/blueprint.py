"""The blueprint of pages about payments."""

from flask import Blueprint

pages = Blueprint("payments", __name__)
