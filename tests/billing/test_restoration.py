"""What restoring a unit costs beyond the deposit is billed once, with tax and a reason."""

from datetime import date

import pytest

from incubator.billing.actions import bill_month
from incubator.billing.actions.restoration import (
    RestorationCosts,
    bill_restoration,
    drop_restoration,
)
from incubator.billing.models import Charge, ChargeKind, Invoice, Issuer
from incubator.billing.queries import audit as violations
from incubator.billing.queries.restoration import billed_restoration
from incubator.billing.rules import reason
from incubator.billing.rules import restoration as rules
from incubator.billing.rules.tax import tax_on
from incubator.core.access import Actor, Held, Role
from incubator.core.audit import AuditEntry
from incubator.core.db import db
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.money import Rounding
from incubator.leases.models import DepositEntry, DepositKind, LeaseStatus
from incubator.leases.rules import Costs, restoration_left
from tests.factories.base import keep, make_floor, make_lease, make_unit
from tests.factories.billing import take_back
from tests.factories.payments import NOW, TODAY, make_desk, settle_by_two

LEFT_ON, MOVED_IN = date(2026, 11, 1), date(2025, 4, 1)
DECEMBER = date(2026, 12, 1)
LEFT = rules.Left(held=0, covered=True, most=1_000, billed=False, currency="JPY")
FREE = rules.Left(held=0, covered=False, most=0, billed=False, currency="JPY")


@pytest.fixture
def desk():
    return make_desk()


def ended(desk, held=30_000, **facts):
    unit = make_unit(desk.facility, make_floor(desk.facility), "101")
    facts = {"status": LeaseStatus.ENDED, "ends_on": LEFT_ON, **facts}
    lease = make_lease(unit, desk.venture, deposit=held, **facts)
    if held:
        for kind in (DepositKind.DUE, DepositKind.RECEIVED):
            keep(DepositEntry(lease_id=lease.id, kind=kind, amount=held, on_day=MOVED_IN))
    return lease


def settle(desk, lease, **costs):
    return settle_by_two(desk, lease, Costs(tax_bp=1000, **costs))


def bill(desk, lease, amount, what="壁紙の張替え", actor=None):
    costs = RestorationCosts(amount, what)
    bill_restoration(lease, costs, actor=actor or desk.clerk, now=NOW, today=TODAY)


def run(desk, month=DECEMBER):
    return bill_month(
        desk.facility, month, inside=db.session.begin_nested, actor=desk.clerk, now=NOW, today=TODAY
    )


@pytest.mark.parametrize(
    ("costs", "set_off", "before_tax"),
    [
        (Costs(restoration=100_000, tax_bp=1000), 30_000, 72_728),
        (Costs(restoration=100_000, tax_bp=1000), 110_000, 0),
        (Costs(restoration=100_000, tax_bp=1000), 0, 100_000),
        (Costs(arrears=50_000, restoration=10_000, tax_bp=1000), 30_000, 10_000),
        (Costs(arrears=50_000, late_charges=500, restoration=10_000), 55_000, 5_500),
        (Costs(arrears=50_000), 30_000, 0),
    ],
)
def test_arrears_and_late_charges_come_before_restoration(costs, set_off, before_tax):
    assert restoration_left(costs, set_off) == before_tax


@pytest.mark.parametrize("mode", Rounding)
@pytest.mark.parametrize("set_off", range(100, 145))
def test_what_is_billed_with_tax_is_the_most_that_is_not_above_what_is_owed(set_off, mode):
    costs = Costs(arrears=100, restoration=1_005, tax_bp=1000)
    owed, left = costs.total - set_off, restoration_left(costs, set_off, mode)
    if set_off == 100:
        assert left == 1_005
        return
    sums = [amount + tax_on(amount, 1000, mode) for amount in (left, left + 1)]
    assert sums[0] <= owed < sums[1]
    assert sums[0] == owed or sums[1] == owed + 1


@pytest.mark.parametrize(
    ("amount", "what", "left", "field"),
    [
        (0, "x", FREE, "amount"),
        (1_001, "x", LEFT, "amount"),
        (1, " ", FREE, "what"),
        (1, "x", rules.Left(held=1, covered=False, most=0, billed=False, currency="JPY"), None),
        (1, "x", rules.Left(held=0, covered=False, most=0, billed=True, currency="JPY"), None),
    ],
)
def test_what_cannot_be_billed_is_refused(amount, what, left, field):
    rules.check_restoration(1_000, "x", LEFT)
    rules.check_restoration(5_000, "x", FREE)
    with pytest.raises(RuleBroken) as broken:
        rules.check_restoration(amount, what, left)
    assert broken.value.field == field


def test_what_the_deposit_left_is_on_an_invoice_of_its_own_once_the_venture_has_left(desk):
    lease = ended(desk)
    assert settle(desk, lease, restoration=100_000).shortfall == 80_000
    with pytest.raises(RuleBroken, match="uncovered"):
        bill(desk, lease, 72_729)
    bill(desk, lease, 72_728)
    done = run(desk)
    (invoice,) = db.session.scalars(db.select(Invoice)).all()
    (line,) = invoice.lines
    assert (line.kind, line.title) == (ChargeKind.RESTORATION, "101 壁紙の張替え")
    assert (line.amount, line.rate_bp, invoice.tax_total) == (72_728, 1000, 7_272)
    assert done.total == invoice.total == 80_000
    assert "did not cover" in reason(line.why).text
    assert lease.number in reason(line.why).values.values()
    assert billed_restoration(lease.id)[1] is invoice
    assert run(desk).issued == 0
    assert violations() == []


def test_what_is_left_is_billed_as_the_issuer_rounds(desk):
    db.session.scalar(db.select(Issuer)).rounding = Rounding.CEIL
    lease = ended(desk)
    settle(desk, lease, restoration=100_000)
    with pytest.raises(RuleBroken, match="¥72,727"):
        bill(desk, lease, 72_728)
    bill(desk, lease, 72_727)
    assert run(desk).total == 80_000


def test_a_venture_that_goes_on_elsewhere_finds_it_on_its_next_invoice(desk):
    make_lease(make_unit(desk.facility, make_floor(desk.facility, "2F", 2)), desk.venture)
    lease = ended(desk)
    settle(desk, lease, restoration=100_000)
    bill(desk, lease, 72_728)
    run(desk)
    (invoice,) = db.session.scalars(db.select(Invoice)).all()
    kinds = {line.kind for line in invoice.lines}
    assert {ChargeKind.RENT, ChargeKind.RESTORATION} <= kinds


def test_without_a_deposit_it_is_billed_as_it_is(desk):
    lease = ended(desk, held=0)
    bill(desk, lease, 50_000)
    assert db.session.scalar(db.select(Charge)).why["rule"] == "BR-D04"


def test_the_deposit_comes_first(desk):
    lease = ended(desk)
    with pytest.raises(RuleBroken, match="Settle the deposit first"):
        bill(desk, lease, 1_000)


def test_only_what_has_ended_is_billed(desk):
    with pytest.raises(RuleBroken):
        bill(desk, ended(desk, held=0, status=LeaseStatus.ACTIVE), 1_000)


def test_once(desk):
    lease = ended(desk, held=0)
    bill(desk, lease, 1_000)
    with pytest.raises(RuleBroken, match="already"):
        bill(desk, lease, 1_000)
    run(desk)
    with pytest.raises(RuleBroken, match="already"):
        bill(desk, lease, 1_000)
    with pytest.raises(RuleBroken, match="credit note"):
        drop_restoration(lease, actor=desk.clerk, now=NOW)


def test_it_can_be_taken_off_and_put_on_anew_and_billed_again_after_a_credit_note(desk):
    lease = ended(desk, held=0)
    bill(desk, lease, 1_000)
    drop_restoration(lease, actor=desk.clerk, now=NOW)
    assert billed_restoration(lease.id) is None
    with pytest.raises(NotFound):
        drop_restoration(lease, actor=desk.clerk, now=NOW)
    bill(desk, lease, 2_000)
    run(desk)
    invoice = db.session.scalar(db.select(Invoice))
    assert invoice.taxable_total == 2_000
    take_back(invoice, now=NOW, today=TODAY)
    bill(desk, lease, 1_500)
    run(desk)
    assert billed_restoration(lease.id)[0].amount == 1_500
    assert violations() == []


@pytest.mark.parametrize("role", [Role.MANAGER, Role.MENTOR])
def test_only_who_keeps_deposits_bills_it(desk, role):
    lease = ended(desk, held=0)
    other = Actor(1, "someone", (Held(role, facility_id=desk.facility.id),))
    with pytest.raises(NotAllowed):
        bill(desk, lease, 1_000, actor=other)
    with pytest.raises(NotAllowed):
        drop_restoration(lease, actor=other, now=NOW)


def test_it_is_written_down(desk):
    lease = ended(desk, held=0)
    bill(desk, lease, 1_000)
    drop_restoration(lease, actor=desk.clerk, now=NOW)
    told = {
        each.deed: each.after
        for each in db.session.scalars(db.select(AuditEntry))
        if "restoration" in each.deed
    }
    assert told == {
        "lease.restoration_billed": {"amount": 1_000, "what": "壁紙の張替え"},
        "lease.restoration_dropped": {"amount": 1_000},
    }
