"""The blueprint that the pages about staff and members hang on."""

from flask import Blueprint

pages = Blueprint("people", __name__)
