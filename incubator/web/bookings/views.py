"""Pages about bookings."""

import incubator.web.bookings.office
import incubator.web.bookings.venture  # noqa: F401
from incubator.web.bookings.blueprint import pages

__all__ = ["pages"]
