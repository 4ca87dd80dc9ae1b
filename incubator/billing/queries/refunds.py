"""Questions about credit paid back."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased, joinedload, selectinload

from incubator.billing.models import Allocation, Invoice, Refund, RefundPart, RefundRequest
from incubator.billing.queries.house import house_of
from incubator.billing.queries.paper import Paper, issuer_words
from incubator.billing.queries.receipt import addressed
from incubator.core.days import day_at
from incubator.core.db import db
from incubator.core.errors import NotFound
from incubator.core.i18n import say
from incubator.people.models import RequestStatus
from incubator.spaces.models import Facility

SHOWN = 20


def refund_in(facility_id: int, refund_id: int) -> Refund:
    """A refund at a facility; unknown otherwise."""
    return _one(Refund.facility_id == facility_id, Refund.id == refund_id)


def refund_numbered(facility_id: int, number: str) -> Refund:
    """The refund at a facility that a notice's number tells of; unknown otherwise."""
    return _one(Refund.facility_id == facility_id, Refund.number == number)


def refund_for(organisation_id: int, refund_id: int) -> Refund:
    """A refund to a venture; unknown otherwise."""
    return _one(Refund.organisation_id == organisation_id, Refund.id == refund_id)


def _one(*which: ColumnElement[bool]) -> Refund:
    found = _some(*which)
    if not found:
        raise NotFound("there is no such refund")
    return found[0]


def refunds_in(facility_id: int) -> list[Refund]:
    """What a facility paid back lately, the newest first."""
    return _some(Refund.facility_id == facility_id)


def refunds_of(organisation_id: int) -> list[Refund]:
    """What a venture got back lately, the newest first."""
    return _some(Refund.organisation_id == organisation_id)


def _some(*which: ColumnElement[bool]) -> list[Refund]:
    return list(
        db.session.scalars(
            db.select(Refund)
            .options(
                joinedload(Refund.organisation),
                joinedload(Refund.request),
                selectinload(Refund.parts).joinedload(RefundPart.payment),
            )
            .where(*which)
            .order_by(Refund.paid_on.desc(), Refund.id.desc())
            .limit(SHOWN)
        )
    )


def request_in(facility_id: int, request_id: int) -> RefundRequest:
    """A repayment that was asked for at a facility; unknown otherwise."""
    found = _requests(RefundRequest.facility_id == facility_id, RefundRequest.id == request_id)
    if not found:
        raise NotFound("there is no such repayment")
    return found[0]


def waiting_in(facility_id: int) -> list[RefundRequest]:
    """The repayments of a facility that wait for a decision, the oldest first."""
    return _requests(
        RefundRequest.facility_id == facility_id, RefundRequest.status == RequestStatus.ASKED
    )


def waiting_for(facility_id: int, organisation_id: int) -> RefundRequest | None:
    """The repayment to a venture that waits for a decision; there is one at most."""
    found = waiting_in(facility_id)
    return next((each for each in found if each.organisation_id == organisation_id), None)


def request_once(once_key: str | None) -> RefundRequest | None:
    """The request that this form has already become."""
    return next(iter(_requests(RefundRequest.once_key == once_key)), None) if once_key else None


def freed_of(payment_ids: Collection[int]) -> dict[int, list[tuple[date, int]]]:
    """(day, amount) of what became credit again as a credit note took an invoice back."""
    note = aliased(Invoice)
    rows = db.session.execute(
        db.select(Allocation.payment_id, note.issued_on, Allocation.amount)
        .join(note, note.corrects_id == Allocation.invoice_id)
        .where(Allocation.payment_id.in_(payment_ids))
    )
    freed = defaultdict(list)
    for payment_id, day, amount in rows:
        freed[payment_id].append((day, amount))
    return freed


def _requests(*which: ColumnElement[bool]) -> list[RefundRequest]:
    return list(
        db.session.scalars(
            db.select(RefundRequest)
            .options(joinedload(RefundRequest.organisation), joinedload(RefundRequest.refund))
            .where(*which)
            .order_by(RefundRequest.id)
        )
    )


def refund_paper(refund: Refund, language: str) -> dict[str, Any]:
    """Everything the notice of a refund prints; void when it was reversed."""
    paper = Paper(language, refund.currency)
    say_, void = paper.say, refund.reversal
    facility = db.session.get_one(Facility, refund.facility_id)
    day = day_at(refund.recorded_at, facility.zone)
    return {
        "lang": language,
        "day": [day.year, day.month, day.day],
        "title": say_(say("Notice of repayment (void)") if void else say("Notice of repayment")),
        "void": say_(say("VOID")) if void else "",
        "number": refund.number,
        "to": addressed(paper, refund.organisation),
        "from": issuer_words(paper, house_of(facility, day).issuer),
        "facts": [
            [say_(say("Number of the notice")), refund.number],
            [say_(say("Issued on")), paper.day(day)],
            [say_(say("Paid back on")), paper.day(refund.paid_on)],
            *([[say_(say("Void since")), paper.day(void.on_day)]] if void else []),
        ],
        "greeting": say_(
            say("The notice of this number is void: the amount is your credit again.")
            if void
            else say("We have paid back what you paid too much.")
        ),
        "grand": [say_(say("Amount paid back")), paper.money(refund.amount)],
        "head": [say_(say("Where the credit came from")), say_(say("Amount"))],
        "lines": [
            [
                say_(say("Receipt %(number)s", number=part.payment.receipt_number)),
                paper.money(part.amount),
            ]
            for part in refund.parts
        ],
        "notes": [
            say_(say("Transferred to: %(account)s", account=refund.paid_to)),
            *([say_(void.cause.label)] if void else []),
        ],
    }
