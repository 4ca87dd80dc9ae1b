"""Pages about spaces."""

from flask import Blueprint

pages = Blueprint("spaces", __name__)
