"""Questions about card payments: attempts, what the service told, and what waits for the clerk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, or_
from sqlalchemy.orm import aliased

from incubator.billing.models import Checkout, CheckoutState, Invoice, Payment, WebhookEvent
from incubator.billing.queries.ledger import counts, still_open
from incubator.billing.rules.card import AGAIN, TAKEN_BACK, Mismatch, Outcome
from incubator.core.days import day_at
from incubator.core.db import db, locked
from incubator.core.errors import NotFound


@dataclass(frozen=True)
class Unmatched:
    """Money that came in by card and found no invoice, or that goes back."""

    event: WebhookEvent
    later: Sequence["Unmatched"] = ()
    """What else waits of the same card payment: refunds and disputes."""

    @property
    def amount(self) -> int:
        """In minor units of its currency."""
        return int(self.event.payload["amount"])

    @property
    def currency(self) -> str:
        """As we write it."""
        return str(self.event.payload["currency"]).upper()

    @property
    def payment_id(self) -> str:
        """The card payment's own id."""
        return self.event.payment_id or ""

    @property
    def why(self) -> Mismatch:
        """Why it waits."""
        told = self.event.payload.get("why", Mismatch.UNKNOWN)
        return TAKEN_BACK.get(self.event.kind) or Mismatch(told)

    @property
    def goes_back(self) -> bool:
        """Whether it is on record, and is or may be taken back."""
        return self.event.kind in TAKEN_BACK

    @property
    def is_gone(self) -> bool:
        """Whether all of what came in was refunded, so that nothing is left to record."""
        refunds = (one.amount for one in self.later if one.why is Mismatch.REFUNDED)
        return max(refunds, default=0) >= self.amount

    def on_day(self, zone: str) -> date:
        """The day it was paid, or taken back, where the building stands."""
        return day_at(datetime.fromisoformat(self.event.payload["at"]), zone)


def card_payment_of(invoice_id: int) -> Payment | None:
    """What came in last, and counts, through an attempt to pay an invoice by card."""
    found: Payment | None = db.session.scalar(
        db.select(Payment)
        .join(WebhookEvent, WebhookEvent.payment_id == Payment.external_id)
        .join(Checkout, Checkout.id == WebhookEvent.checkout_id)
        .where(Checkout.invoice_id == invoice_id, counts(Payment.id))
        .order_by(Payment.id.desc())
        .limit(1)
    )
    return found


def waiting_checkouts(invoice_id: int) -> list[Checkout]:
    """The attempts of which nothing has been heard yet, newest first."""
    waiting = (CheckoutState.STARTED, CheckoutState.OPEN)
    return list(
        db.session.scalars(
            db.select(Checkout)
            .where(Checkout.invoice_id == invoice_id, Checkout.state.in_(waiting))
            .order_by(Checkout.id.desc())
        )
    )


def overasking_checkouts(pages_at: str) -> list[Checkout]:
    """The attempts on whose page, which begins so, more can be paid than is open by now."""
    return list(
        db.session.scalars(
            db.select(Checkout)
            .join(Invoice, Invoice.id == Checkout.invoice_id)
            .where(
                Checkout.state == CheckoutState.OPEN,
                Checkout.url.startswith(pages_at, autoescape=True),
                Checkout.amount > still_open(),
            )
            .order_by(Checkout.id)
        )
    )


def unmatched_events(facility_id: int) -> list[Unmatched]:
    """Card payments that wait for the clerk: of this facility and of nobody, each once."""
    return _waiting(facility_id)


def unmatched_event(facility_id: int, event_id: int) -> Unmatched:
    """One of them; unknown otherwise."""
    event = db.session.get(WebhookEvent, event_id)
    if event is not None:
        for found in _waiting(facility_id, WebhookEvent.payment_id == event.payment_id):
            if found.event.id == event_id:
                return found
    raise NotFound("there is no such card payment")


def _waiting(facility_id: int, *which: ColumnElement[bool]) -> list[Unmatched]:
    """What waits, with what came in before what went back of it."""
    rows = db.session.scalars(
        db.select(WebhookEvent)
        .where(WebhookEvent.outcome == Outcome.UNMATCHED, _is_of(facility_id), *which)
        .order_by(WebhookEvent.kind.in_(TAKEN_BACK), WebhookEvent.id)
    )
    found: dict[str | None, list[WebhookEvent]] = {}
    for row in rows:
        found.setdefault(row.payment_id, []).append(row)
    return [
        Unmatched(first, [Unmatched(one) for one in others if one.kind in TAKEN_BACK])
        for first, *others in found.values()
    ]


def _is_of(facility_id: int) -> ColumnElement[bool]:
    """What goes back concerns whoever has the payment on record, or sees it wait.

    So it does not matter which of them was told first.
    """
    here = or_(WebhookEvent.facility_id == facility_id, WebhookEvent.facility_id.is_(None))
    came_in = aliased(WebhookEvent)
    seen = and_(
        came_in.payment_id == WebhookEvent.payment_id,
        came_in.kind.not_in(TAKEN_BACK),
        or_(
            and_(came_in.outcome == Outcome.APPLIED, came_in.facility_id == facility_id),
            and_(
                came_in.outcome == Outcome.UNMATCHED,
                or_(came_in.facility_id == facility_id, came_in.facility_id.is_(None)),
            ),
        ),
    )
    goes_back = WebhookEvent.kind.in_(TAKEN_BACK)
    return case((goes_back, db.select(came_in.id).where(seen).exists()), else_=here)


def recorded_from(facility_id: int, event_id: int) -> Payment | None:
    """The payment at a facility that a card payment, which waited for the clerk, has become."""
    event = db.session.get(WebhookEvent, event_id)
    if event is None or event.kind in TAKEN_BACK or not event.payment_id:
        return None
    payment = next(reversed(recordings_of(event.payment_id)), None)
    if payment is None or payment.facility_id != facility_id or payment.reversal is not None:
        return None
    return payment


def events_of(payment_id: str) -> list[WebhookEvent]:
    """All events that tell of one card payment, in the order in which they came; locked."""
    asked = db.select(WebhookEvent).where(WebhookEvent.payment_id == payment_id)
    return list(db.session.scalars(locked(asked.order_by(WebhookEvent.id))))


def recordings_of(payment_id: str) -> list[Payment]:
    """What was recorded of one card payment; only the last can count, the others are reversed."""
    again = Payment.external_id.startswith(payment_id + AGAIN, autoescape=True)
    asked = db.select(Payment).where(or_(Payment.external_id == payment_id, again))
    return list(db.session.scalars(asked.order_by(Payment.id))) if payment_id else []
