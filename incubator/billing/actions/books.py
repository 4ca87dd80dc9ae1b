"""Writing into the journal: an entry's sides sum to zero or it is not written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from incubator.billing.models import Account, JournalEntry, Posting
from incubator.core.db import add_all, add_rows


@dataclass(frozen=True)
class Event:
    """What the books tell of: whose, on which day, behind which document."""

    facility_id: int
    organisation_id: int
    on_day: date
    source: str
    currency: str


Sides = Sequence[tuple[str, int]]
"""Accounts with amounts in minor units; debits are positive, credits negative."""


def enter(event: Event, sides: Sides) -> None:
    """Write one entry."""
    enter_all([(event, sides)])


def enter_all(entries: Sequence[tuple[Event, Sides]]) -> None:
    """Write entries in one go."""
    heads = [
        {"facility_id": event.facility_id, "on_day": event.on_day, "source": event.source}
        for event, _ in entries
    ]
    numbered = zip(add_all(JournalEntry, heads), entries, strict=True)
    add_rows(Posting, *(row for number, entry in numbered for row in _postings(number, *entry)))


def _postings(number: int, event: Event, sides: Sides) -> list[dict[str, object]]:
    if sum(amount for _, amount in sides):
        raise ValueError(sides)
    common = {
        "entry_id": number,
        "organisation_id": event.organisation_id,
        "currency": event.currency,
    }
    return [{"account": Account(account), "amount": amount, **common} for account, amount in sides]
