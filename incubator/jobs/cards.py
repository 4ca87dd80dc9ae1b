"""Close pages to pay on once their invoice was settled or cancelled in another way."""

import logging

from incubator.billing.actions.checkout import note_closed
from incubator.billing.gateway import CardPayments, Unavailable
from incubator.billing.queries.cards import overasking_checkouts
from incubator.core.db import db, transaction

log = logging.getLogger(__name__)


def close_pages(cards: CardPayments, pages_at: str) -> int:
    """Close each page that asks for more than is open; how many.

    `pages_at` is where the pages of this service begin. No transaction is open while it is asked;
    one that does not answer is asked again the next time.
    """
    asking = [(each.id, str(each.session_id)) for each in overasking_checkouts(pages_at)]
    db.session.rollback()
    for closed, (checkout_id, session_id) in enumerate(asking):
        try:
            cards.close_page(session_id)
        except Unavailable as why:
            log.warning("The page of checkout %s is not closed yet: %s", checkout_id, why)
            return closed
        with transaction():
            note_closed(checkout_id)
    return len(asking)
