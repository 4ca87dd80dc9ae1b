"""Taking a payment back that was recorded by mistake, or that the bank returned."""

from dataclasses import dataclass
from datetime import date, datetime

from incubator.billing.actions.books import Event, enter
from incubator.billing.models import Payment, PaymentReversal, ReversalCause
from incubator.billing.queries.payments import left_of
from incubator.billing.rules import pay as pay_rules
from incubator.billing.rules import reverse as rules
from incubator.core import audit, outbox
from incubator.core.access import Actor, Can, require
from incubator.core.audit import Where
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


def reverse_payment(
    payment: Payment, details: ReversalDetails, *, actor: Actor, now: datetime, today: date
) -> PaymentReversal:
    """Reverse all of a payment: its invoices are open again, its receipt is void."""
    require(actor, Can.RUN_BILLING, facility=payment.facility_id)
    lock(Organisation, payment.organisation_id)
    db.session.refresh(payment, ["allocations", "refunds", "reversal"])
    received = rules.Received(
        payment.method.value,
        payment.received_on,
        reversed=payment.reversal is not None,
        from_deposit=(payment.once_key or "").startswith(pay_rules.FROM_DEPOSIT),
        paid_back=sum(part.amount for part in payment.refunds),
    )
    rules.check_reversal(received, details.on_day, details.reason, today)
    sides = pay_rules.postings_of(payment.method.value, payment.amount, left_of(payment))
    made = PaymentReversal(
        payment_id=payment.id,
        on_day=details.on_day,
        cause=details.cause,
        reason=details.reason.strip(),
        recorded_at=now,
        recorded_by=actor.name,
    )
    payment.reversal = made
    db.session.flush()
    enter(
        Event(
            payment.facility_id,
            payment.organisation_id,
            details.on_day,
            f"reversal:{made.id}",
            payment.currency,
        ),
        rules.mirrored(sides),
    )
    _record(payment, made, actor, now)
    _mail(payment, made, now, today)
    return made


def _freed(payment: Payment) -> dict[str, int]:
    """What is open again, by the invoice's number."""
    freed: dict[str, int] = {}
    for part in payment.allocations:
        freed[part.invoice.number] = freed.get(part.invoice.number, 0) + part.amount
    return freed


def _record(payment: Payment, made: PaymentReversal, actor: Actor, now: datetime) -> None:
    audit.record(
        actor,
        "reverse_payment",
        payment,
        at=now,
        where=Where(payment.facility_id, payment.organisation_id),
        after={
            "receipt": payment.receipt_number,
            "amount": payment.amount,
            "day": made.on_day,
            "cause": made.cause.value,
            "reason": made.reason,
            "invoices": _freed(payment),
        },
    )


def _mail(payment: Payment, made: PaymentReversal, now: datetime, today: date) -> None:
    """Tell the venture that its receipt is void and what is open again."""
    values = {
        "payment": payment,
        "reversal": made,
        "freed": _freed(payment),
        "venture": payment.organisation,
        "facility": db.session.get_one(Facility, payment.facility_id),
    }
    for to in addressees(payment.organisation, today):
        once = f"reversal:{made.id}:{to.address}"
        outbox.post(
            "payment_reversed", to, values, now=now, facility=payment.facility_id, once=once
        )
