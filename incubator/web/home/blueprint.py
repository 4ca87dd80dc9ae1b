"""The blueprint that every role's home hangs on."""

from flask import Blueprint

pages = Blueprint("home", __name__)
