"""What is paid late is charged once: asked for, approved or waived, and billed without tax."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from incubator.billing.actions.deposit import approve_deposit, settle_deposit
from incubator.billing.actions.late import (
    approve_late_charge,
    ask_late_charges,
    waive_late_charge,
    withdraw_late_charge,
)
from incubator.billing.actions.pay import PaymentDetails, record_payment
from incubator.billing.actions.reverse import ReversalDetails, reverse_payment
from incubator.billing.models import (
    Charge,
    ChargeKind,
    LateChargeRequest,
    ReversalCause,
    TaxCategory,
)
from incubator.billing.queries import audit as violations
from incubator.billing.queries.late import late_in, late_of, late_sum
from incubator.billing.queries.waiting import WaitingKind, waiting_at
from incubator.core.audit import AuditEntry
from incubator.core.db import db
from incubator.core.errors import NotAllowed, RuleBroken
from incubator.core.outbox import OutboxMail
from incubator.leases.models import DepositEntry, DepositKind, LeaseStatus
from incubator.leases.queries import deposit_waiting
from incubator.leases.rules import Costs
from incubator.people.models import RequestStatus
from tests.factories.base import keep, make_floor, make_lease, make_unit
from tests.factories.billing import bill, take_back
from tests.factories.payments import ACCOUNT, NOW, TODAY, make_desk, make_invoice

DUE = TODAY - timedelta(days=30)
DECEMBER = date(2026, 12, 1)


@pytest.fixture
def desk():
    return make_desk()


@pytest.fixture
def invoice(desk):
    return make_invoice(desk.facility, desk.venture, 110_000, DUE)


def pay(desk, invoice, amount, day):
    parts = {invoice.id: amount}
    details = PaymentDetails(desk.facility.id, desk.venture.id, amount, day, parts=parts)
    return record_payment(details, actor=desk.clerk, now=NOW, today=TODAY)


def ask(desk, invoice, today=TODAY):
    return ask_as(desk.clerk, invoice, today)


def ask_as(actor, invoice, today=TODAY):
    place = (invoice.facility_id, [invoice.id])
    (asked,) = ask_late_charges(*place, actor=actor, now=NOW, today=today)
    return asked


def approve(desk, asked):
    approve_late_charge(asked, actor=desk.head, now=NOW)


def waive(desk, asked, reason="振込の事故"):
    waive_late_charge(asked, reason, actor=desk.head, now=NOW)


def charges():
    return db.session.scalars(db.select(Charge).where(Charge.kind == ChargeKind.LATE)).all()


def test_what_is_open_is_late_up_to_today_and_what_was_paid_until_then(desk, invoice):
    assert late_of(invoice, DUE) is None
    assert late_of(invoice, TODAY).amount == 110_000 * 146 * 30 // 365_000
    pay(desk, invoice, 60_000, DUE)
    pay(desk, invoice, 20_000, DUE + timedelta(days=10))
    assert late_of(invoice, TODAY).amount == (20_000 * 10 + 30_000 * 30) * 146 // 365_000
    (found,) = late_in(desk.facility, TODAY)
    assert (found.invoice, found.charge) == (invoice, late_of(invoice, TODAY))
    pay(desk, invoice, 30_000, DUE + timedelta(days=20))
    assert late_of(invoice, TODAY).amount == (20_000 * 10 + 30_000 * 20) * 146 // 365_000
    assert late_sum(desk.facility, desk.venture.id, TODAY) == late_of(invoice, TODAY).amount


def test_what_was_paid_in_time_or_taken_back_or_is_not_agreed_is_not_late(desk, invoice):
    desk.facility.late_rate_bp = 0
    assert late_of(invoice, TODAY) is None
    desk.facility.late_rate_bp = None
    assert late_of(invoice, TODAY).rate_bp == 300, "statutory (BR-L04)"
    other = make_invoice(desk.facility, desk.venture, 11_000, DUE)
    pay(desk, other, 11_000, DUE)
    assert [each.invoice for each in late_in(desk.facility, TODAY)] == [invoice]
    take_back(invoice, now=NOW, today=TODAY)
    assert late_in(desk.facility, TODAY) == []
    assert late_of(invoice, TODAY) is None


def test_a_reversed_payment_was_none(desk, invoice):
    payment = pay(desk, invoice, 110_000, DUE)
    assert late_of(invoice, TODAY) is None
    details = ReversalDetails(TODAY, ReversalCause.RETURNED, "組戻し")
    reverse_payment(payment, details, actor=desk.clerk, now=NOW, today=TODAY)
    assert late_of(invoice, TODAY).amount == 1320


def test_a_late_charge_is_billed_once_somebody_else_approves_it(desk, invoice):
    asked = ask(desk, invoice)
    assert ask(desk, invoice) is asked
    assert (asked.amount, asked.days.days, charges()) == (1320, 30, [])
    (waits,) = waiting_at(desk.facility.id)
    assert (waits.kind, waits.record, waits.amount) == (WaitingKind.LATE_CHARGE, invoice.id, 1320)
    with pytest.raises(NotAllowed):
        approve_late_charge(asked, actor=desk.clerk, now=NOW)
    approve(desk, asked)
    assert (late_of(invoice, TODAY), late_in(desk.facility, TODAY)) == (None, [])
    (issued,) = bill(desk.facility, DECEMBER, today=TODAY, now=NOW)
    (line,) = issued.lines
    assert (line.kind, line.tax_category) == (ChargeKind.LATE, TaxCategory.OUT_OF_SCOPE)
    assert (issued.untaxed_total, issued.tax_total, issued.total) == (1320, 0, 1320)
    assert bill(desk.facility, DECEMBER, today=TODAY, now=NOW) == []
    assert list(violations()) == []
    deeds = db.session.scalars(db.select(AuditEntry.deed).order_by(AuditEntry.id)).all()
    assert [each for each in deeds if "late" in each] == ["ask_late_charge", "approve_late_charge"]
    told = db.session.scalars(db.select(OutboxMail.template)).all()
    assert "approval_asked" in told


def test_the_days_after_are_charged_on_their_own_and_no_charge_on_a_charge(desk, invoice):
    approve(desk, ask(desk, invoice))
    later = TODAY + timedelta(days=5)
    again = late_of(invoice, later)
    assert (again.days.days, again.amount) == (5, 220)
    approve(desk, ask(desk, invoice, later))
    assert sorted(each.amount for each in charges()) == [220, 1320]
    (issued,) = bill(desk.facility, DECEMBER, today=later, now=NOW)
    assert issued.total == 1540
    assert late_of(issued, issued.due_on + timedelta(days=300)) is None


def test_whoever_asked_does_not_approve(desk, invoice):
    asked = ask_as(desk.head, invoice)
    with pytest.raises(RuleBroken):
        approve(desk, asked)
    with pytest.raises(RuleBroken):
        waive(desk, asked)


def test_what_is_waived_is_not_asked_for_again(desk, invoice):
    asked = ask(desk, invoice)
    with pytest.raises(RuleBroken, match="why"):
        waive(desk, asked, " ")
    waive(desk, asked)
    assert (asked.status, asked.reason) == (RequestStatus.REFUSED, "振込の事故")
    assert (late_of(invoice, TODAY), charges()) == (None, [])
    with pytest.raises(RuleBroken, match="No late charge"):
        ask(desk, invoice)


def test_what_is_approved_is_waived_until_an_invoice_carries_it(desk, invoice):
    asked = ask(desk, invoice)
    approve(desk, asked)
    with pytest.raises(NotAllowed):
        waive_late_charge(asked, "x", actor=desk.clerk, now=NOW)
    waive(desk, asked)
    waive(desk, asked, "twice")
    (charge,) = charges()
    assert charge.cancel_reason == "振込の事故"
    assert bill(desk.facility, DECEMBER, today=TODAY, now=NOW) == []
    assert list(violations()) == []
    later = TODAY + timedelta(days=1)
    asked = ask(desk, invoice, later)
    approve(desk, asked)
    bill(desk.facility, DECEMBER, today=later, now=NOW)
    with pytest.raises(RuleBroken, match="credit note"):
        waive(desk, asked)


@pytest.mark.parametrize("billed", [False, True])
def test_what_no_invoice_carries_yet_goes_with_the_invoice_that_is_taken_back(
    desk, invoice, billed
):
    asked = ask(desk, invoice)
    approve_late_charge(asked, actor=desk.head, now=NOW)
    if billed:
        bill(desk.facility, DECEMBER, today=TODAY, now=NOW)
    take_back(invoice, now=NOW, today=TODAY)
    charge = db.session.scalars(db.select(Charge).filter_by(kind=ChargeKind.LATE)).one()
    assert (charge.cancelled_at is None) is billed
    assert not bill(desk.facility, DECEMBER, today=TODAY, now=NOW)


def test_what_is_withdrawn_is_open_again(desk, invoice):
    asked = ask(desk, invoice)
    withdraw_late_charge(asked, actor=desk.clerk, now=NOW)
    again = ask(desk, invoice)
    assert (again is not asked, again.amount) == (True, asked.amount)


def test_the_books_decide_what_can_be_approved(desk, invoice):
    asked = ask(desk, invoice)
    pay(desk, invoice, 110_000, DUE + timedelta(days=10))
    with pytest.raises(RuleBroken, match="¥440 now"):
        approve(desk, asked)
    withdraw_late_charge(asked, actor=desk.clerk, now=NOW)
    approve(desk, ask(desk, invoice))
    (charge,) = charges()
    assert charge.amount == 440


def test_taken_back_with_its_invoice_it_is_billed_anew_as_everything_is(desk, invoice):
    approve(desk, ask(desk, invoice))
    (issued,) = bill(desk.facility, DECEMBER, today=TODAY, now=NOW)
    take_back(issued, anew=True, now=NOW, today=TODAY)
    (again,) = bill(desk.facility, DECEMBER, today=TODAY, now=NOW)
    assert (again.total, again.untaxed_total) == (1320, 1320)
    assert list(violations()) == []


def test_the_auditor_sees_a_late_charge_that_nobody_approved(desk, invoice):
    keep(
        Charge(
            facility_id=desk.facility.id,
            organisation_id=desk.venture.id,
            kind=ChargeKind.LATE,
            source="late:1:2026-01-01",
            service_month=date(2026, 1, 1),
            service_from=date(2026, 1, 1),
            service_until=date(2026, 1, 2),
            amount=1,
            currency="JPY",
            created_at=NOW,
        )
    )
    assert [each.check for each in violations()] == ["late_charge_is_approved"]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("late_charge_request_stays", "UPDATE late_charge_request SET amount = 1"),
        ("late_charge_request_stays", "DELETE FROM late_charge_request"),
        ("decided", "UPDATE late_charge_request SET status = 'approved'"),
        (
            "two_people",
            "UPDATE late_charge_request SET status = 'approved', decided_by_id = asked_by_id",
        ),
    ],
)
def test_the_database_keeps_it(desk, invoice, name, change):
    ask_as(desk.head, invoice)
    with pytest.raises(IntegrityError, match=name), db.session.begin_nested():
        db.session.execute(text(change))


def left(desk, held):
    unit = make_unit(desk.facility, make_floor(desk.facility, "101"), "101")
    facts = {"status": LeaseStatus.ENDED, "ends_on": TODAY - timedelta(days=4), "deposit": held}
    lease = make_lease(unit, desk.venture, **facts)
    for kind in (DepositKind.DUE, DepositKind.RECEIVED):
        keep(DepositEntry(lease_id=lease.id, kind=kind, amount=held, on_day=date(2025, 4, 1)))
    return lease


def settle(desk, lease, **costs):
    return settle_deposit(lease, Costs(**costs), ACCOUNT, actor=desk.clerk, now=NOW, today=TODAY)


@pytest.mark.parametrize(
    ("costs", "owed"),
    [
        ({"arrears": 110_000, "late_charges": 1320}, 1320),
        ({"late_charges": 60_000}, 10_000),
        ({"arrears": 49_000, "late_charges": 1320, "restoration": 90_000, "tax_bp": 1000}, 320),
        ({"late_charges": 1320, "restoration": 90_000, "tax_bp": 1000}, 0),
    ],
)
def test_late_charges_that_the_deposit_does_not_cover_stay_owed(desk, invoice, costs, owed):
    """BR-D04: billed without tax, on the next invoice."""
    settle(desk, left(desk, 50_000), **costs)
    assert [each.amount for each in charges()] == ([owed] if owed else [])
    issued = bill(desk.facility, DECEMBER, today=TODAY, now=NOW)
    assert [(each.total, each.untaxed_total) for each in issued] == ([(owed, owed)] if owed else [])
    assert late_sum(desk.facility, desk.venture.id, TODAY) == 0, "not asked for again"
    assert list(violations()) == []


def test_a_return_that_waits_holds_the_late_charges_it_sets_off(desk, invoice):
    lease = left(desk, 200_000)
    settle(desk, lease, arrears=110_000, late_charges=1320)
    assert late_sum(desk.facility, desk.venture.id, TODAY) == 0
    asked = deposit_waiting(lease.id)
    approve_deposit(asked, paid_on=TODAY, actor=desk.head, now=NOW, today=TODAY)
    assert late_sum(desk.facility, desk.venture.id, TODAY) == 0
    assert (charges(), db.session.scalars(db.select(LateChargeRequest)).all()) == ([], [])
