"""The deposit of an ended lease pays the open invoices first; the office sees what is held."""

from datetime import date

import pytest

from incubator.billing.actions import settle_deposit
from incubator.billing.actions.reverse import ReversalDetails, reverse_payment
from incubator.billing.models import Payment, PaymentMethod, ReversalCause
from incubator.billing.queries import audit as violations
from incubator.billing.queries import open_amount
from incubator.core.db import db
from incubator.core.errors import RuleBroken
from incubator.leases import queries
from incubator.leases.models import DepositEntry, DepositKind, LeaseStatus
from incubator.leases.rules import Costs
from tests.factories.base import keep, make_floor, make_lease, make_unit
from tests.factories.payments import NOW, TODAY, make_desk, make_invoice

OCTOBER, NOVEMBER, MOVED_IN = date(2026, 10, 30), date(2026, 11, 20), date(2025, 4, 1)


@pytest.fixture
def desk():
    return make_desk()


def ended(desk, held=30_000, code="101", **facts):
    unit = make_unit(desk.facility, make_floor(desk.facility, code), code)
    facts = {"status": LeaseStatus.ENDED, "ends_on": NOVEMBER, **facts}
    lease = make_lease(unit, desk.venture, deposit=held, **facts)
    if held:
        enter(lease, DepositKind.DUE, held)
        enter(lease, DepositKind.RECEIVED, held)
    return lease


def enter(lease, kind, amount):
    keep(DepositEntry(lease_id=lease.id, kind=kind, amount=amount, on_day=MOVED_IN))


def settle(desk, lease, **costs):
    return settle_deposit(lease, Costs(**costs), actor=desk.clerk, now=NOW, today=TODAY)


@pytest.mark.parametrize(
    ("costs", "still_open", "refund", "shortfall"),
    [
        ({"arrears": 33_000}, [0, 3_000], 0, 3_000),
        ({"arrears": 22_000}, [0, 11_000], 8_000, 0),
        ({"arrears": 11_000, "restoration": 10_000, "tax_bp": 1000}, [0, 22_000], 8_000, 0),
        ({"arrears": 33_000, "restoration": 10_000}, [0, 3_000], 0, 13_000),
        ({}, [11_000, 22_000], 30_000, 0),
    ],
)
def test_arrears_come_first_and_pay_the_oldest_invoice_first(
    desk, costs, still_open, refund, shortfall
):
    first = make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    later = make_invoice(desk.facility, desk.venture, 22_000, NOVEMBER)
    lease = ended(desk)
    settled = settle(desk, lease, **costs)
    assert (settled.refund, settled.shortfall) == (refund, shortfall)
    assert [open_amount(first.id), open_amount(later.id)] == still_open
    paid = db.session.scalars(db.select(Payment)).all()
    assert [each.method for each in paid] == [PaymentMethod.SET_OFF] * bool(costs)
    assert sum(each.amount for each in paid) == 33_000 - sum(still_open)
    assert queries.deposits_to_settle(desk.facility.id) == []
    assert violations() == []


def test_more_than_is_open_cannot_be_kept(desk):
    make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    lease = ended(desk)
    with pytest.raises(RuleBroken) as broken:
        settle(desk, lease, arrears=11_001)
    assert broken.value.field == "arrears"


def test_what_a_deposit_paid_is_not_reversed(desk):
    make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    settle(desk, ended(desk), arrears=11_000)
    payment = db.session.scalars(db.select(Payment)).one()
    why = ReversalDetails(TODAY, ReversalCause.MISTAKE, "x")
    with pytest.raises(RuleBroken, match="deposit"):
        reverse_payment(payment, why, actor=desk.clerk, now=NOW, today=TODAY)


def test_the_office_sees_which_deposits_wait(desk):
    plain, bare, running = ended(desk), ended(desk, 0, "102"), ended(desk, 5_000, "103")
    running.status = LeaseStatus.ACTIVE
    first = ended(desk, 7_000, "104", starts_on=MOVED_IN, ends_on=OCTOBER)
    second = make_lease(
        first.unit,
        desk.venture,
        starts_on=OCTOBER,
        ends_on=NOVEMBER,
        status=LeaseStatus.ENDED,
        renews_id=first.id,
    )
    enter(second, DepositKind.RECEIVED, 1_000)
    enter(bare, DepositKind.RECEIVED, 500)
    enter(bare, DepositKind.REFUNDED, 500)
    found = queries.deposits_to_settle(desk.facility.id)
    assert found == [(plain, 30_000), (second, 8_000)]
    assert queries.deposits_to_settle(make_desk().facility.id) == []
