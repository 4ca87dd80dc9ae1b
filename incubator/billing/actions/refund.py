"""Paying back, by bank transfer, what a venture has paid too much: asked for, then approved."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from incubator.billing.actions.books import Event, enter
from incubator.billing.actions.trail import note
from incubator.billing.models import Payment, Refund, RefundPart, RefundRequest, RequestStatus
from incubator.billing.queries import payments as queries
from incubator.billing.queries import refunds
from incubator.billing.queries.house import prefix_on
from incubator.billing.rules import pay as pay_rules
from incubator.billing.rules import refund as rules
from incubator.core import outbox
from incubator.core.access import Actor, Can, Role, require
from incubator.core.db import db, lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.core.numbering import next_number
from incubator.core.outbox import Recipient
from incubator.organisations.models import Organisation
from incubator.organisations.queries import addressees
from incubator.people.queries import people_at, person_of
from incubator.spaces.models import Facility


@dataclass(frozen=True)
class RefundDetails:
    """A transfer to a venture, in minor units of the facility's currency."""

    facility_id: int
    organisation_id: int
    amount: int
    paid_to: str
    note: str = ""
    once_key: str | None = None


def ask_refund(
    details: RefundDetails, *, actor: Actor, now: datetime, today: date
) -> RefundRequest:
    """Ask that credit is paid back; it does not count yet. Sent twice it is asked once."""
    require(actor, Can.RUN_BILLING, facility=details.facility_id)
    lock(Organisation, details.organisation_id)
    known = refunds.request_once(details.once_key)
    if known is not None:
        return known
    facility = db.session.get_one(Facility, details.facility_id)
    held = queries.credit_parts(details.facility_id, details.organisation_id)
    waiting = refunds.waiting_for(details.facility_id, details.organisation_id)
    rules.check_asked(
        details.amount,
        sum(left for _, left in held),
        facility.currency,
        waiting=waiting is not None,
    )
    if not details.paid_to.strip():
        raise RuleBroken(say("Write which account it goes to."), "paid_to")
    asked = RefundRequest(
        **asdict(details),
        currency=facility.currency,
        asked_at=now,
        asked_by=actor.name,
        asked_by_id=actor.id,
    )
    db.session.add(asked)
    after = {"amount": asked.amount}
    note("ask_refund", asked, after, actor=actor, now=now)
    approvers = people_at(facility.id, Role.FACILITY_ADMIN, today)
    _mail("refund_asked", [each.recipient for each in approvers if each.id != actor.id], asked, now)
    return asked


def approve_refund(
    asked: RefundRequest, *, paid_on: date, actor: Actor, now: datetime, today: date
) -> Refund:
    """Approve what somebody else asked for: from now on it counts, oldest payment first."""
    _check_may_decide(asked, actor)
    facility = db.session.get_one(Facility, asked.facility_id)
    held = queries.credit_parts(asked.facility_id, asked.organisation_id)
    rules.check_held(asked.amount, sum(left for _, left in held), asked.currency)
    taken = pay_rules.take(asked.amount, held)
    received = max(db.session.get_one(Payment, at).received_on for at, _ in taken)
    rules.check_paid_on(paid_on, received, today)
    _decide(asked, RequestStatus.APPROVED, actor, now)
    made = _write(asked, paid_on, facility, now, today)
    for payment_id, part in taken:
        db.session.add(RefundPart(refund_id=made.id, payment_id=payment_id, amount=part))
    db.session.flush()
    enter(
        Event(made.facility_id, made.organisation_id, paid_on, f"refund:{made.id}", made.currency),
        pay_rules.postings_back(made.amount),
    )
    after = {
        "number": made.number,
        "amount": made.amount,
        "day": paid_on,
        "asked_by": asked.asked_by,
    }
    note("refund_credit", made, after, actor=actor, now=now)
    _tell(made, facility, now, today)
    _tell_asker(asked, now)
    return made


def refuse_refund(asked: RefundRequest, reason: str, *, actor: Actor, now: datetime) -> None:
    """Say no, with a reason for whoever asked."""
    _check_may_decide(asked, actor)
    if not reason.strip():
        raise RuleBroken(say("Write why it is refused."), "reason")
    asked.reason = reason.strip()
    _decide(asked, RequestStatus.REFUSED, actor, now)
    after = {"amount": asked.amount, "asked_by": asked.asked_by, "reason": asked.reason}
    note("refuse_refund", asked, after, actor=actor, now=now)
    _tell_asker(asked, now)


def withdraw_refund(asked: RefundRequest, *, actor: Actor, now: datetime) -> None:
    """Take the question back, as long as nobody has decided."""
    require(actor, Can.RUN_BILLING, facility=asked.facility_id)
    lock(RefundRequest, asked.id)
    rules.check_waiting(asked.status.value)
    asked.status = RequestStatus.WITHDRAWN
    asked.decided_at, asked.decided_by = now, actor.name
    after = {"amount": asked.amount, "asked_by": asked.asked_by}
    note("withdraw_refund", asked, after, actor=actor, now=now)


def _check_may_decide(asked: RefundRequest, actor: Actor) -> None:
    """Whoever may decide does so alone: the venture's money and the question are locked."""
    require(actor, Can.APPROVE_REFUNDS, facility=asked.facility_id)
    lock(Organisation, asked.organisation_id)
    lock(RefundRequest, asked.id)
    rules.check_waiting(asked.status.value)
    rules.check_second_person(asked.asked_by_id, actor.id)


def _decide(asked: RefundRequest, status: RequestStatus, actor: Actor, now: datetime) -> None:
    asked.status, asked.decided_at = status, now
    asked.decided_by, asked.decided_by_id = actor.name, actor.id
    db.session.flush()


def _write(
    asked: RefundRequest, paid_on: date, facility: Facility, now: datetime, today: date
) -> Refund:
    number = next_number(rules.series_of(facility.id, today))
    made = Refund(
        facility_id=facility.id,
        organisation_id=asked.organisation_id,
        number=rules.number_of(prefix_on(facility, today), today, number),
        amount=asked.amount,
        currency=asked.currency,
        paid_on=paid_on,
        paid_to=asked.paid_to,
        note=asked.note,
        recorded_at=now,
        recorded_by=asked.decided_by,
        request_id=asked.id,
    )
    db.session.add(made)
    db.session.flush()
    return made


def _tell(made: Refund, facility: Facility, now: datetime, today: date) -> None:
    """Tell the venture what it gets back."""
    values = {"refund": made, "venture": made.organisation, "facility": facility}
    for to in addressees(made.organisation, today):
        once = f"refund:{made.id}:{to.address}"
        outbox.post("credit_paid_back", to, values, now=now, facility=made.facility_id, once=once)


def _tell_asker(asked: RefundRequest, now: datetime) -> None:
    if asked.asked_by_id is not None:
        _mail("refund_decided", [person_of(asked.asked_by_id).recipient], asked, now)


def _mail(template: str, to: list[Recipient], asked: RefundRequest, now: datetime) -> None:
    for each in to:
        once = f"{template}:{asked.id}:{each.address}"
        values = {"asked": asked, "venture": asked.organisation}
        outbox.post(template, each, values, now=now, facility=asked.facility_id, once=once)
