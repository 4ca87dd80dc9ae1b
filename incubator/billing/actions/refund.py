"""Paying back, by bank transfer, what a venture has paid too much."""

from dataclasses import dataclass
from datetime import date, datetime

from incubator.billing.actions.books import Event, enter
from incubator.billing.models import Payment, Refund, RefundPart
from incubator.billing.queries import payments as queries
from incubator.billing.queries import refunds
from incubator.billing.queries.house import prefix_on
from incubator.billing.rules import pay as pay_rules
from incubator.billing.rules import refund as rules
from incubator.core import audit, outbox
from incubator.core.access import Actor, Can, require
from incubator.core.audit import Where
from incubator.core.db import db, lock
from incubator.core.numbering import next_number
from incubator.organisations.models import Organisation
from incubator.organisations.queries import addressees
from incubator.spaces.models import Facility


@dataclass(frozen=True)
class RefundDetails:
    """A transfer to a venture, in minor units of the facility's currency."""

    facility_id: int
    organisation_id: int
    amount: int
    paid_on: date
    paid_to: str
    note: str = ""
    once_key: str | None = None


def refund_credit(details: RefundDetails, *, actor: Actor, now: datetime, today: date) -> Refund:
    """Record that credit was paid back, oldest payment first; sent twice it is recorded once."""
    require(actor, Can.RUN_BILLING, facility=details.facility_id)
    lock(Organisation, details.organisation_id)
    known = refunds.refund_once(details.once_key)
    if known is not None:
        return known
    facility = db.session.get_one(Facility, details.facility_id)
    held = queries.credit_parts(details.facility_id, details.organisation_id)
    rules.check_refund(
        details.amount, sum(left for _, left in held), details.paid_on, today, facility.currency
    )
    made = _write(details, facility, actor, now, today)
    for payment_id, part in pay_rules.take(details.amount, held):
        rules.check_after(db.session.get_one(Payment, payment_id).received_on, details.paid_on)
        db.session.add(RefundPart(refund_id=made.id, payment_id=payment_id, amount=part))
    db.session.flush()
    enter(
        Event(
            made.facility_id, made.organisation_id, made.paid_on, f"refund:{made.id}", made.currency
        ),
        [(pay_rules.CREDIT, made.amount), (pay_rules.ACCOUNTS["bank"], -made.amount)],
    )
    audit.record(
        actor,
        "refund_credit",
        made,
        at=now,
        where=Where(made.facility_id, made.organisation_id),
        after={"number": made.number, "amount": made.amount, "day": made.paid_on},
    )
    _mail(made, facility, now, today)
    return made


def _write(
    details: RefundDetails, facility: Facility, actor: Actor, now: datetime, today: date
) -> Refund:
    number = next_number(rules.series_of(facility.id, today))
    made = Refund(
        facility_id=facility.id,
        organisation_id=details.organisation_id,
        number=rules.number_of(prefix_on(facility, today), today, number),
        amount=details.amount,
        currency=facility.currency,
        paid_on=details.paid_on,
        paid_to=details.paid_to,
        note=details.note,
        recorded_at=now,
        recorded_by=actor.name,
        once_key=details.once_key,
    )
    db.session.add(made)
    db.session.flush()
    return made


def _mail(made: Refund, facility: Facility, now: datetime, today: date) -> None:
    """Tell the venture what it gets back."""
    values = {"refund": made, "venture": made.organisation, "facility": facility}
    for to in addressees(made.organisation, today):
        once = f"refund:{made.id}:{to.address}"
        outbox.post("credit_paid_back", to, values, now=now, facility=made.facility_id, once=once)
