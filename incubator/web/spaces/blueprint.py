"""Where the pages about spaces hang."""

from flask import Blueprint

pages = Blueprint("spaces", __name__)
