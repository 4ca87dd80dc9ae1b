"""Where the pages about organisations hang."""

from flask import Blueprint

pages = Blueprint("organisations", __name__)
