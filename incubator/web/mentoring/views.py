"""Pages about mentoring."""

from flask import Blueprint

pages = Blueprint("mentoring", __name__)
