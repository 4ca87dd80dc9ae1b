"""Taking a payment, or a repayment, back that was a mistake or that the bank returned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from incubator.billing.actions.books import Event, enter
from incubator.billing.actions.checkout import note_reversal
from incubator.billing.actions.trail import note
from incubator.billing.models import (
    Payment,
    PaymentReversal,
    Refund,
    RefundReversal,
    RefundReversalCause,
    ReversalCause,
)
from incubator.billing.queries.payments import left_of, payment_in
from incubator.billing.rules import pay as pay_rules
from incubator.billing.rules import reverse as rules
from incubator.core import outbox
from incubator.core.access import Actor, Can, require
from incubator.core.db import db, lock
from incubator.organisations.models import Organisation
from incubator.organisations.queries import addressees
from incubator.spaces.models import Facility


@dataclass(frozen=True)
class ReversalDetails:
    """When and why a payment stops counting."""

    on_day: date
    cause: ReversalCause
    reason: str


@dataclass(frozen=True)
class RefundReversalDetails:
    """When and why a repayment stops counting."""

    on_day: date
    cause: RefundReversalCause
    reason: str


def reverse_payment(
    payment: Payment, details: ReversalDetails, *, actor: Actor, now: datetime, today: date
) -> PaymentReversal:
    """Reverse all of a payment: what it settles is open again. Sent twice it is reversed once."""
    require(actor, Can.RUN_BILLING, facility=payment.facility_id)
    lock(Organisation, payment.organisation_id)
    payment = payment_in(payment.facility_id, payment.id)
    if (known := payment.reversal) is not None and _same(known, details, actor):
        return known
    rules.check_reversal(_received(payment), details.on_day, details.reason, today)
    credit = left_of(payment)
    sides = pay_rules.postings_of(payment.method.value, payment.amount, credit)
    made = PaymentReversal(payment_id=payment.id, **_written(details, actor, now))
    payment.reversal = made
    source = _book(payment, made, "reversal", sides)
    note_reversal(payment, details.cause)
    freed = _freed(payment)
    told = {"receipt": payment.receipt_number, "amount": payment.amount, **_told(made)}
    note("reverse_payment", payment, {**told, "invoices": freed}, actor=actor, now=now)
    values = {"payment": payment, "reversal": made, "freed": freed, "credit": credit}
    _mail("payment_reversed", source, payment, values, now, today)
    return made


def _received(payment: Payment) -> rules.Received:
    return rules.Received(
        payment.received_on,
        reversed=payment.reversal is not None,
        from_deposit=(payment.once_key or "").startswith(pay_rules.FROM_DEPOSIT),
        paid_back=payment.paid_back,
    )


def _freed(payment: Payment) -> dict[str, int]:
    """What is open again, by the invoice's number; nothing of one that was taken back."""
    freed: dict[str, int] = {}
    for part in payment.allocations:
        if part.credit_note is None:
            freed[part.invoice.number] = freed.get(part.invoice.number, 0) + part.amount
    return freed


def reverse_refund(
    refund: Refund, details: RefundReversalDetails, *, actor: Actor, now: datetime, today: date
) -> RefundReversal:
    """Reverse all of a repayment: it is credit again. Sent twice it is reversed once."""
    require(actor, Can.RUN_BILLING, facility=refund.facility_id)
    lock(Organisation, refund.organisation_id)
    db.session.refresh(refund, ["reversal"])
    if (known := refund.reversal) is not None and _same(known, details, actor):
        return known
    rules.check_refund_reversal(
        refund.paid_on, details.on_day, details.reason, today, reversed_before=known is not None
    )
    made = RefundReversal(refund_id=refund.id, **_written(details, actor, now))
    refund.reversal = made
    source = _book(refund, made, "refund_reversal", pay_rules.postings_back(refund.amount))
    told = {"number": refund.number, "amount": refund.amount, **_told(made)}
    note("reverse_refund", refund, told, actor=actor, now=now)
    _mail("refund_reversed", source, refund, {"refund": refund, "reversal": made}, now, today)
    return made


def _same(
    known: PaymentReversal | RefundReversal,
    details: ReversalDetails | RefundReversalDetails,
    actor: Actor,
) -> bool:
    """Whether it is a person's form that came twice."""
    told = (known.on_day, known.cause, known.reason, known.recorded_by)
    sent = (details.on_day, details.cause, details.reason.strip(), actor.name)
    return actor.id is not None and told == sent


def _written(
    details: ReversalDetails | RefundReversalDetails, actor: Actor, now: datetime
) -> dict[str, Any]:
    return {
        "on_day": details.on_day,
        "cause": details.cause,
        "reason": details.reason.strip(),
        "recorded_at": now,
        "recorded_by": actor.name,
    }


def _book(
    of: Payment | Refund,
    made: PaymentReversal | RefundReversal,
    kind: str,
    sides: list[tuple[str, int]],
) -> str:
    """Take back in the books what they said; the name of the entry."""
    db.session.flush()
    source = f"{kind}:{made.id}"
    event = Event(of.facility_id, of.organisation_id, made.on_day, source, of.currency)
    enter(event, rules.mirrored(sides))
    return source


def _told(made: PaymentReversal | RefundReversal) -> dict[str, object]:
    return {"day": made.on_day, "cause": made.cause.value, "reason": made.reason}


def _mail(
    template: str,
    source: str,
    of: Payment | Refund,
    values: Mapping[str, object],
    now: datetime,
    today: date,
) -> None:
    """Tell the venture what is void, and what that means for it."""
    facility = db.session.get_one(Facility, of.facility_id)
    values = {**values, "venture": of.organisation, "facility": facility}
    for to in addressees(of.organisation, today):
        once = f"{source}:{to.address}"
        outbox.post(template, to, values, now=now, facility=facility.id, once=once)
