"""The blueprint that all pages about leases hang on."""

from flask import Blueprint

pages = Blueprint("leases", __name__)
