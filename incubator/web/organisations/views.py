"""Pages about organisations."""

from incubator.web.organisations import own, staff
from incubator.web.organisations.blueprint import pages

__all__ = ["own", "pages", "staff"]
