"""The blueprint of the graduation pages."""

from flask import Blueprint

pages = Blueprint("graduation", __name__)
