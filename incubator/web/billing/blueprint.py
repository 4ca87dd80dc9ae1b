"""The blueprint of pages about billing."""

from flask import Blueprint

pages = Blueprint("billing", __name__)
