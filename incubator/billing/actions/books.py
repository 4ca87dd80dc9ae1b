"""Writing into the journal: an entry's sides sum to zero or it is not written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from incubator.billing.models import Account, JournalEntry, Posting
from incubator.core.db import add_row, add_rows


@dataclass(frozen=True)
class Event:
    """What the books tell of: whose, on which day, behind which document."""

    facility_id: int
    organisation_id: int
    on_day: date
    source: str
    currency: str


def enter(event: Event, sides: Sequence[tuple[str, int]]) -> None:
    """Write one entry; debits are positive, credits negative."""
    if sum(amount for _, amount in sides):
        raise ValueError(sides)
    on_day = {"facility_id": event.facility_id, "on_day": event.on_day, "source": event.source}
    common = {
        "entry_id": add_row(JournalEntry, on_day),
        "organisation_id": event.organisation_id,
        "currency": event.currency,
    }
    rows = ({"account": Account(account), "amount": amount, **common} for account, amount in sides)
    add_rows(Posting, *rows)
