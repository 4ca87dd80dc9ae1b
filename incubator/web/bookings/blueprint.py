"""The pages about bookings."""

from flask import Blueprint

pages = Blueprint("bookings", __name__)
