"""Pages about dashboard."""

from flask import Blueprint

pages = Blueprint("dashboard", __name__)
