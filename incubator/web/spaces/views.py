"""Pages about spaces."""

from incubator.web.spaces import importing, rooms, settings, units
from incubator.web.spaces.blueprint import pages

__all__ = ["importing", "pages", "rooms", "settings", "units"]
