"""The blueprint that all pages about mentoring hang on."""

from flask import Blueprint

pages = Blueprint("mentoring", __name__)
