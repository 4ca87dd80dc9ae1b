"""Pages about spaces."""

from incubator.web.spaces import importing, outside, rooms, settings, units
from incubator.web.spaces.blueprint import pages

__all__ = ["importing", "outside", "pages", "rooms", "settings", "units"]
