"""Pages about billing."""

from incubator.web.billing import crediting, invoices, late, own, run
from incubator.web.billing.blueprint import pages

__all__ = ["crediting", "invoices", "late", "own", "pages", "run"]
