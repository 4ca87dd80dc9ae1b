"""Paying by card: the attempt is on record before anybody is asked for money."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from incubator.billing.actions.pay import PaymentDetails, receive, take_in
from incubator.billing.models import (
    Checkout,
    CheckoutState,
    Invoice,
    Payment,
    PaymentMethod,
    ReversalCause,
    WebhookEvent,
)
from incubator.billing.queries import cards as queries
from incubator.billing.queries.funded import own_parts
from incubator.billing.queries.ledger import open_amount
from incubator.billing.queries.payments import payment_once
from incubator.billing.rules import card as rules
from incubator.billing.rules.card import Attempt, CardEvent, Mismatch, Outcome
from incubator.core import audit
from incubator.core.access import Actor, Can, require
from incubator.core.audit import Where
from incubator.core.days import day_at
from incubator.core.db import db, lock, locked
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.organisations.models import Organisation
from incubator.spaces.models import Facility

DEALT_WITH = say("This card payment has been dealt with already.")
SERVICE = Actor(None, "Stripe")
REUSE_FOR = timedelta(hours=12)
"""The service keeps a page open for 24 hours."""


@dataclass(frozen=True)
class Started:
    """An attempt, and the pages of earlier ones that nobody should pay on any more."""

    checkout: Checkout
    superseded: tuple[str, ...]


def start_checkout(
    invoice: Invoice, *, person_id: int, actor: Actor, now: datetime, pages_at: str = ""
) -> Started:
    """Put an attempt to pay what a venture owes on record; a doubled click gets the same one.

    `pages_at` is where pages to pay on begin, so that none of a service that is gone is offered.
    """
    require(actor, Can.PAY_OWN_INVOICES, organisation=invoice.organisation_id)
    lock(Organisation, invoice.organisation_id)
    lock(Invoice, invoice.id)
    left = _to_pay(invoice)
    rules.check_payable(left, invoice.currency)
    lock(Checkout, *(each.id for each in queries.waiting_checkouts(invoice.id)))
    waiting = queries.waiting_checkouts(invoice.id)
    for earlier in waiting:
        reachable = (earlier.url or pages_at).startswith(pages_at)
        if earlier.amount == left and reachable and now - earlier.started_at < REUSE_FOR:
            return Started(earlier, ())
    for earlier in waiting:
        earlier.state = CheckoutState.EXPIRED
    checkout = Checkout(
        invoice_id=invoice.id,
        organisation_id=invoice.organisation_id,
        person_id=person_id,
        amount=left,
        currency=invoice.currency,
        state=CheckoutState.STARTED,
        started_at=now,
    )
    db.session.add(checkout)
    audit.record(
        actor,
        "start_checkout",
        invoice,
        at=now,
        where=Where(invoice.facility_id, invoice.organisation_id),
        after={"amount": left},
    )
    return Started(checkout, tuple(one.session_id for one in waiting if one.session_id))


def _to_pay(invoice: Invoice) -> int:
    """What is open, less what a funder pays of it to the facility."""
    left = open_amount(invoice.id)
    own = own_parts({invoice.id: left})[invoice.id]
    if left and not own:
        raise RuleBroken(say("A funder pays what is still open; nothing is left for you to pay."))
    return own


def note_session(checkout_id: int, session_id: str, url: str) -> Checkout:
    """Write down the page on which the attempt can be paid."""
    (checkout,) = lock(Checkout, checkout_id)
    checkout.session_id, checkout.url = session_id, url
    if checkout.state is CheckoutState.STARTED:
        checkout.state = CheckoutState.OPEN
    db.session.flush()
    return checkout


def note_closed(checkout_id: int) -> None:
    """Write down that nobody can pay on the page of an attempt any more, unless it was paid."""
    (checkout,) = lock(Checkout, checkout_id)
    if checkout.state is CheckoutState.OPEN:
        checkout.state = CheckoutState.EXPIRED


def take_event(event: CardEvent, *, live: bool, now: datetime) -> Outcome:
    """Take in what the payment service tells: each event once, each payment once, in any order."""
    checkout = db.session.get(Checkout, event.checkout_id) if event.checkout_id else None
    row = WebhookEvent(
        event_id=event.id,
        kind=event.kind,
        received_at=now,
        outcome=Outcome.IGNORED,
        payload=_facts(event),
        payment_id=event.payment_id or None,
        checkout_id=checkout and checkout.id,
    )
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        return Outcome.DUPLICATE
    if rules.is_payment(event):
        row.outcome = _take_payment(row, checkout, event, live=live, now=now)
    elif event.kind in rules.ENDED:
        row.outcome = _end(event)
    elif event.kind in rules.TAKEN_BACK:
        row.outcome = Outcome.UNMATCHED
    db.session.flush()
    return Outcome(row.outcome)


def _facts(event: CardEvent) -> dict[str, Any]:
    """What is kept of an event: nothing about the person who paid."""
    return {
        "at": event.at.isoformat(),
        "live": event.live,
        "checkout_id": event.checkout_id,
        "session_id": event.session_id,
        "payment_id": event.payment_id,
        "amount": event.amount,
        "currency": event.currency,
    }


def _take_payment(
    row: WebhookEvent, checkout: Checkout | None, event: CardEvent, *, live: bool, now: datetime
) -> Outcome:
    attempt = _attempt(checkout) if checkout else None
    why = rules.mismatch(event, attempt, live=live)
    if checkout is None or why is not None:
        return _unmatched(row, checkout, why or Mismatch.UNKNOWN)
    lock(Organisation, checkout.organisation_id)
    if payment_once(external_id=event.payment_id):
        return Outcome.DUPLICATE
    facility = db.session.scalars(
        db.select(Facility).join(Invoice).where(Invoice.id == checkout.invoice_id)
    ).one()
    today = day_at(now, facility.zone)
    take_in(
        PaymentDetails(
            facility_id=facility.id,
            organisation_id=checkout.organisation_id,
            amount=event.amount,
            received_on=min(day_at(event.at, facility.zone), today),
            method=PaymentMethod.CARD,
            invoices=(checkout.invoice_id,),
            external_id=event.payment_id,
        ),
        actor=SERVICE,
        now=now,
        today=today,
    )
    _nothing_waits(event.payment_id, rules.PAID)
    row.facility_id, checkout.state = facility.id, CheckoutState.PAID
    return Outcome.APPLIED


def _attempt(checkout: Checkout) -> Attempt:
    return Attempt(checkout.session_id, checkout.amount, checkout.currency)


def _unmatched(row: WebhookEvent, checkout: Checkout | None, why: Mismatch) -> Outcome:
    """Keep it for the clerk; a payment that we know, or that was set aside, needs nobody."""
    payment_id = str(row.payment_id)
    done = {Outcome.APPLIED, Outcome.SETTLED}
    if any(e.kind in rules.PAID and e.outcome in done for e in queries.events_of(payment_id)):
        return Outcome.DUPLICATE
    row.payload = {**row.payload, "why": why.value}
    if checkout is not None:
        row.facility_id = db.session.get_one(Invoice, checkout.invoice_id).facility_id
    return Outcome.UNMATCHED


def _end(event: CardEvent) -> Outcome:
    for checkout in db.session.scalars(locked(db.select(Checkout).filter_by(id=event.checkout_id))):
        same = checkout.session_id in {None, event.session_id}
        if same and checkout.state is not CheckoutState.PAID:
            checkout.state = CheckoutState.EXPIRED
            return Outcome.ENDED
    return Outcome.IGNORED


def note_reversal(payment: Payment, cause: ReversalCause) -> None:
    """What waited because of it is done; recorded by mistake it waits to be recorded anew."""
    payment_id = rules.payment_id_of(payment.external_id or "")
    events = queries.events_of(payment_id)
    came_in = next((event for event in events if event.outcome == Outcome.APPLIED), None)
    if came_in is None:
        return
    if cause is ReversalCause.MISTAKE:
        came_in.outcome, came_in.facility_id = Outcome.UNMATCHED, payment.facility_id
        came_in.payload = {**came_in.payload, "why": Mismatch.REVERSED.value}
    else:
        came_in.outcome = Outcome.SETTLED
        _nothing_waits(payment_id)


def settle_event(
    event: WebhookEvent, details: PaymentDetails, *, actor: Actor, now: datetime, today: date
) -> Payment:
    """Record a card payment that found no invoice as the clerk says it belongs.

    What went back of it waits on, now for the reversal of what is recorded.
    """
    require(actor, Can.RUN_BILLING, facility=details.facility_id)
    lock(Organisation, details.organisation_id)
    _lock_waiting(event)
    if event.kind in rules.TAKEN_BACK:
        raise RuleBroken(DEALT_WITH)
    details = replace(details, external_id=_recorded_as(details.external_id or ""))
    payment = receive(details, actor=actor, now=now, today=today)
    _nothing_waits(str(event.payment_id), rules.PAID)
    event.outcome, event.facility_id = Outcome.APPLIED, payment.facility_id
    _record(event, payment.facility_id, actor, now)
    return payment


def _recorded_as(payment_id: str) -> str:
    """The id of the recording that counts, or of the next."""
    known = queries.recordings_of(payment_id)
    if known and known[-1].reversal is None:
        return str(known[-1].external_id)
    return rules.recorded_as(payment_id, len(known))


def set_event_aside(
    event: WebhookEvent, *, facility_id: int, reason: str, actor: Actor, now: datetime
) -> None:
    """Take a card payment that is not ours off the list, with a reason."""
    require(actor, Can.RUN_BILLING, facility=facility_id)
    if not reason.strip():
        raise RuleBroken(say("Write why it comes off the list."), "reason")
    _lock_waiting(event)
    event.outcome = Outcome.SETTLED
    _nothing_waits(str(event.payment_id))
    _record(event, facility_id, actor, now, reason.strip())


def _lock_waiting(event: WebhookEvent) -> None:
    lock(WebhookEvent, event.id)
    if event.outcome != Outcome.UNMATCHED:
        raise RuleBroken(DEALT_WITH)


def _record(
    event: WebhookEvent, facility_id: int, actor: Actor, now: datetime, reason: str = ""
) -> None:
    audit.record(
        actor,
        "settle_card_event",
        event,
        at=now,
        where=Where(facility_id),
        after={"payment": event.payment_id, "reason": reason},
    )


def _nothing_waits(
    payment_id: str, kinds: Collection[str] = (*rules.PAID, *rules.TAKEN_BACK)
) -> None:
    """No event of a card payment, of these kinds, waits for the clerk any more."""
    db.session.execute(
        db.update(WebhookEvent)
        .where(
            WebhookEvent.payment_id == payment_id,
            WebhookEvent.outcome == Outcome.UNMATCHED,
            WebhookEvent.kind.in_(kinds),
        )
        .values(outcome=Outcome.SETTLED)
    )
