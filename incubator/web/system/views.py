"""Pages about system."""

from flask import Blueprint

pages = Blueprint("system", __name__)
