"""Pages about payments."""

from incubator.web.payments import card, credit, own, record, refund, reverse, staff
from incubator.web.payments.blueprint import pages

__all__ = ["card", "credit", "own", "pages", "record", "refund", "reverse", "staff"]
