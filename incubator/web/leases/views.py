"""Pages about leases."""

from flask import Blueprint

pages = Blueprint("leases", __name__)
