"""Pages about payments."""

from incubator.web.payments import approval, card, credit, own, record, refund, reverse, staff
from incubator.web.payments.blueprint import pages

__all__ = ["approval", "card", "credit", "own", "pages", "record", "refund", "reverse", "staff"]
