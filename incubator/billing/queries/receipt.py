"""The words of a receipt on paper."""

from typing import Any

from incubator.billing.models import Allocation, JournalEntry, Payment
from incubator.billing.queries.house import house_of
from incubator.billing.queries.paper import Paper, issuer_words
from incubator.core.days import day_at
from incubator.core.db import db
from incubator.core.i18n import say
from incubator.organisations.models import Organisation
from incubator.spaces.models import Facility

STAMP = say("Issued electronically, so no revenue stamp is needed.")
"""Receipts on paper of ¥50,000 or more need one (domain.md §6.8)."""


def receipt_paper(payment: Payment, language: str) -> dict[str, Any]:
    """Everything a receipt prints, as it was when the money was recorded; void when reversed."""
    paper = Paper(language, payment.currency)
    say_, void = paper.say, payment.reversal
    facility = db.session.get_one(Facility, payment.facility_id)
    day = day_at(payment.recorded_at, facility.zone)
    parts = first_parts(payment)
    return {
        "lang": language,
        "day": [day.year, day.month, day.day],
        "title": say_(say("Receipt (void)") if void else say("Receipt")),
        "void": say_(say("VOID")) if void else "",
        "number": payment.receipt_number,
        "to": addressed(paper, payment.organisation),
        "from": issuer_words(paper, house_of(facility, day).issuer),
        "facts": [
            [say_(say("Receipt number")), payment.receipt_number],
            [say_(say("Issued on")), paper.day(day)],
            [say_(say("Received on")), paper.day(payment.received_on)],
            [say_(say("Paid by")), say_(payment.method.label)],
            *([[say_(say("Void since")), paper.day(void.on_day)]] if void else []),
        ],
        "greeting": say_(
            say("The receipt of this number is void.")
            if void
            else say("We have received the following amount. Thank you.")
        ),
        "grand": [say_(say("Receipt amount")), paper.money(payment.amount)],
        "head": [say_(say("Settled items")), say_(say("Amount"))],
        "lines": _lines(paper, payment, parts),
        "notes": [say_(void.cause.label if void else STAMP)],
    }


def addressed(paper: Paper, venture: Organisation) -> dict[str, Any]:
    """Whom a receipt or notice is made out to."""
    also = venture.name_en if paper.language == "en" else ""
    return {
        "name": paper.say(say("To: %(name)s", name=venture.name)),
        "lines": [line for line in (also, venture.address) if line],
    }


def first_parts(payment: Payment) -> list[Allocation]:
    """What the payment settled when it was recorded, without what its credit was used for later."""
    later = {
        source.removeprefix("allocation:")
        for source in db.session.scalars(
            db.select(JournalEntry.source).where(
                JournalEntry.source.in_([f"allocation:{part.id}" for part in payment.allocations])
            )
        )
    }
    return sorted(
        (part for part in payment.allocations if str(part.id) not in later),
        key=lambda part: part.id,
    )


def rest_of(payment: Payment) -> int:
    """What of the payment settled no invoice, or one that was taken back, in minor units."""
    standing = [part.amount for part in first_parts(payment) if part.credit_note is None]
    return payment.amount - sum(standing)


def _lines(paper: Paper, payment: Payment, parts: list[Allocation]) -> list[list[str]]:
    lines = [
        [
            paper.say(say("Invoice %(number)s", number=part.invoice.number)),
            paper.money(part.amount),
        ]
        for part in parts
    ]
    rest = payment.amount - sum(part.amount for part in parts)
    if rest:
        lines.append([paper.say(say("Kept as credit for you")), paper.money(rest)])
    return lines
