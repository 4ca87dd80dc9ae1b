"""Pages about bookings."""

from incubator.web.bookings import office, venture
from incubator.web.bookings.blueprint import pages

__all__ = ["office", "pages", "venture"]
