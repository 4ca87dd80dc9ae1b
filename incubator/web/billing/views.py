"""Pages about billing."""

from incubator.web.billing import invoices, own, run
from incubator.web.billing.blueprint import pages

__all__ = ["invoices", "own", "pages", "run"]
