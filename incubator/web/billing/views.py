"""Pages about billing."""

from incubator.web.billing import crediting, invoices, own, run
from incubator.web.billing.blueprint import pages

__all__ = ["crediting", "invoices", "own", "pages", "run"]
