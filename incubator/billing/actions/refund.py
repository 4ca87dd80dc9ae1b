"""Paying back, by bank transfer, what a venture has paid too much: asked for, then approved."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from incubator.billing.actions.books import Event, enter
from incubator.billing.actions.trail import note
from incubator.billing.models import Payment, Refund, RefundPart, RefundRequest
from incubator.billing.queries import payments as queries
from incubator.billing.queries import refunds
from incubator.billing.queries.house import prefix_on
from incubator.billing.rules import pay as pay_rules
from incubator.billing.rules import refund as rules
from incubator.core import outbox
from incubator.core.access import Actor, Can, require
from incubator.core.db import db, lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Sum, say
from incubator.core.numbering import next_number
from incubator.organisations.models import Organisation
from incubator.organisations.queries import addressees
from incubator.people.actions import asking
from incubator.people.actions.asking import Told
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
        **asking.asked_by(actor, now),
    )
    db.session.add(asked)
    after = {"amount": asked.amount}
    note("ask_refund", asked, after, actor=actor, now=now)
    asking.tell_approvers(asked, _told(asked), now=now, today=today)
    return asked


def approve_refund(
    asked: RefundRequest, *, paid_on: date, actor: Actor, now: datetime, today: date
) -> Refund:
    """Approve what somebody else asked for: it counts from now on, a funder's money last."""
    _check_may_decide(asked, actor)
    facility = db.session.get_one(Facility, asked.facility_id)
    held = queries.credit_parts(asked.facility_id, asked.organisation_id)
    rules.check_held(asked.amount, sum(left for _, left in held), asked.currency)
    taken = pay_rules.take(asked.amount, held)
    _check_paid_on(paid_on, taken, dict(held), today)
    asking.approve(asked, actor=actor, now=now)
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
    asking.tell_asker(asked, _told(asked), now=now)
    return made


def _check_paid_on(
    paid_on: date, taken: list[tuple[int, int]], held: dict[int, int], today: date
) -> None:
    """Stop at a day on which what is taken of these payments was not credit yet."""
    freed = refunds.freed_of(held)
    received = {at: db.session.get_one(Payment, at).received_on for at, _ in taken}
    since = [
        rules.held_since(part, held[at], received[at], freed.get(at, ())) for at, part in taken
    ]
    rules.check_paid_on(paid_on, max(received.values()), today)
    rules.check_held_on(paid_on, max(since))


def refuse_refund(asked: RefundRequest, reason: str, *, actor: Actor, now: datetime) -> None:
    """Say no, with a reason for whoever asked."""
    _check_may_decide(asked, actor)
    asking.refuse(asked, reason, actor=actor, now=now)
    after = {"amount": asked.amount, "asked_by": asked.asked_by, "reason": asked.reason}
    note("refuse_refund", asked, after, actor=actor, now=now)
    asking.tell_asker(asked, _told(asked), now=now)


def withdraw_refund(asked: RefundRequest, *, actor: Actor, now: datetime) -> None:
    """Take the question back, as long as nobody has decided."""
    require(actor, Can.RUN_BILLING, facility=asked.facility_id)
    lock(RefundRequest, asked.id)
    asking.withdraw(asked, actor=actor, now=now)
    after = {"amount": asked.amount, "asked_by": asked.asked_by}
    note("withdraw_refund", asked, after, actor=actor, now=now)


def _check_may_decide(asked: RefundRequest, actor: Actor) -> None:
    """Whoever may decide does so alone: the venture's money and the question are locked."""
    require(actor, Can.APPROVE_MONEY, facility=asked.facility_id)
    lock(Organisation, asked.organisation_id)
    lock(RefundRequest, asked.id)
    asking.check_may_decide(asked, actor)


def _told(asked: RefundRequest) -> Told:
    code = db.session.get_one(Facility, asked.facility_id).code
    what = say("repayment of %(amount)s", amount=Sum(asked.amount, asked.currency))
    return Told(asked.facility_id, code, asked.organisation, what, asked.note)


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
