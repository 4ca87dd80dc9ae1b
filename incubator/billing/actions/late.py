"""Charging what a venture paid late: one person asks, another approves it or waives it (BR-L05)."""

from collections.abc import Collection
from datetime import date, datetime

from incubator.billing.actions.asked import ASKERS, check_may_decide, told, withdraw
from incubator.billing.actions.charges import NewCharge, add_charge, cancel_charge
from incubator.billing.actions.trail import note
from incubator.billing.models import ChargeKind, Invoice, LateChargeRequest, TaxCategory
from incubator.billing.queries.asked import requests_of
from incubator.billing.queries.late import charge_of, charged_of, late_of, late_of_each
from incubator.billing.rules import LateCharge
from incubator.core.access import Actor, Can, require, require_any
from incubator.core.db import db, lock
from incubator.core.errors import NotFound, RuleBroken
from incubator.core.i18n import Sum, say
from incubator.core.packing import pack
from incubator.organisations.models import Organisation
from incubator.people.actions import asking
from incubator.people.actions.asking import Told
from incubator.people.models import RequestStatus


def ask_late_charges(
    facility_id: int, invoice_ids: Collection[int], *, actor: Actor, now: datetime, today: date
) -> list[LateChargeRequest]:
    """Ask to charge what is late of invoices up to today: of all, or of none.

    Sent twice it is asked once.
    """
    require_any(actor, ASKERS, facility=facility_id)
    invoices = lock(Invoice, *invoice_ids)
    if any(each.facility_id != facility_id for each in invoices):
        raise NotFound("there is no such invoice")
    waits = LateChargeRequest.status == RequestStatus.ASKED
    asked = requests_of(LateChargeRequest, Invoice.id.in_(invoice_ids), waits)
    known = {each.invoice_id: each for each in asked}
    anew = [each for each in invoices if each.id not in known]
    late = late_of_each(anew, today)
    for each in anew:
        if each.id not in late:
            raise RuleBroken(say("No late charge is open on %(number)s.", number=each.number))
    return [
        known.get(each.id) or _ask(each, late[each.id], actor=actor, now=now, today=today)
        for each in invoices
    ]


def _ask(
    invoice: Invoice, found: LateCharge, *, actor: Actor, now: datetime, today: date
) -> LateChargeRequest:
    asked = LateChargeRequest(
        invoice=invoice,
        late_from=found.days.start,
        late_until=found.days.until,
        amount=found.amount,
        **asking.asked_by(actor, now),
    )
    db.session.add(asked)
    note("ask_late_charge", invoice, _facts(asked), actor=actor, now=now)
    asking.tell_approvers(asked, _told(asked), now=now, today=today)
    return asked


def approve_late_charge(asked: LateChargeRequest, *, actor: Actor, now: datetime) -> None:
    """Put it on the venture's next invoice, while the books still say the same."""
    check_may_decide(asked, actor)
    found = check_late(asked)
    asking.approve(asked, actor=actor, now=now)
    invoice = asked.invoice
    why = found.why(invoice.number, invoice.currency)
    add_charge(
        NewCharge(
            facility_id=invoice.facility_id,
            organisation_id=invoice.organisation_id,
            kind=ChargeKind.LATE,
            source=asked.source,
            service=asked.days,
            amount=asked.amount,
            currency=invoice.currency,
            title=invoice.number,
            why={"rule": "BR-L01", "inputs": {"request": asked.id}, "say": pack(why)},
            tax_category=TaxCategory.OUT_OF_SCOPE,
        ),
        now=now,
    )
    after = {**_facts(asked), "asked_by": asked.asked_by}
    note("approve_late_charge", invoice, after, actor=actor, now=now)
    asking.tell_asker(asked, _told(asked), now=now)


def check_late(asked: LateChargeRequest) -> LateCharge:
    """What was asked for, worked out again for its days; refused where it is no longer the same."""
    found = late_of(asked.invoice, asked.days.last, besides=asked)
    if found is None or (found.days, found.amount) != (asked.days, asked.amount):
        now = Sum(found.amount if found else 0, asked.invoice.currency)
        raise RuleBroken(
            say(
                "The books changed: it would be %(now)s now. Withdraw it and ask anew.",
                now=now,
            )
        )
    return found


def waive_late_charge(
    asked: LateChargeRequest, reason: str, *, actor: Actor, now: datetime
) -> None:
    """Charge nothing for these days; what is approved already, while no invoice carries it."""
    if asked.status is RequestStatus.APPROVED:
        _take_off(asked, reason, actor=actor, now=now)
        return
    check_may_decide(asked, actor)
    asking.refuse(asked, reason, actor=actor, now=now)
    after = {**_facts(asked), "asked_by": asked.asked_by, "reason": asked.reason}
    note("waive_late_charge", asked.invoice, after, actor=actor, now=now)
    asking.tell_asker(asked, _told(asked), now=now)


def call_off_late(invoice_id: int, why: str, *, actor: Actor, now: datetime) -> None:
    """Nobody was late with an invoice that is taken back: what no invoice carries yet is off."""
    for each in charged_of(invoice_id):
        if each.charge is not None and each.on is None:
            _take_off(each.asked, why, actor=actor, now=now)


def _take_off(asked: LateChargeRequest, reason: str, *, actor: Actor, now: datetime) -> None:
    require(actor, Can.APPROVE_MONEY, facility=asked.invoice.facility_id)
    lock(Organisation, asked.invoice.organisation_id)
    reason = reason.strip()
    if not reason:
        raise RuleBroken(say("Write why it is refused."), "refusal")
    charge = charge_of(asked)
    if charge is None or charge.cancelled_at is not None:
        return
    cancel_charge(asked.source, ChargeKind.LATE, reason=reason, now=now)
    after = {**_facts(asked), "reason": reason}
    note("waive_late_charge", asked.invoice, after, actor=actor, now=now)


def withdraw_late_charge(asked: LateChargeRequest, *, actor: Actor, now: datetime) -> None:
    """Take the question back, as long as nobody has decided."""
    withdraw(asked, actor=actor, now=now)
    after = {**_facts(asked), "asked_by": asked.asked_by}
    note("withdraw_late_charge", asked.invoice, after, actor=actor, now=now)


def _facts(asked: LateChargeRequest) -> dict[str, object]:
    return {"amount": asked.amount, "late_from": asked.late_from, "late_until": asked.days.last}


def _told(asked: LateChargeRequest) -> Told:
    invoice = asked.invoice
    what = say(
        "late charge of %(amount)s on invoice %(number)s",
        amount=Sum(asked.amount, invoice.currency),
        number=invoice.number,
    )
    return told(invoice, what)
