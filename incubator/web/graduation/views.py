"""Pages about graduation."""

from flask import Blueprint

pages = Blueprint("graduation", __name__)
