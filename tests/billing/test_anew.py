"""A lease that ends after its month was billed: who is told, and how the right sum is billed."""

from datetime import date

import pytest
from sqlalchemy import text

from incubator.billing import queries
from incubator.billing.actions import bill_anew, cancel_charge
from incubator.billing.actions.restoration import RestorationCosts, bill_restoration
from incubator.billing.models import Charge, ChargeKind, Invoice
from incubator.billing.queries import InvoiceSearch, InvoiceState
from incubator.billing.queries.credit_notes import taken_back
from incubator.billing.queries.other_days import billed_for_other_days
from incubator.core.access import Role
from incubator.core.audit import AuditEntry
from incubator.core.days import Proration
from incubator.core.db import db
from incubator.core.errors import NotAllowed, RuleBroken
from incubator.leases.actions import end_lease, go_on
from incubator.leases.models import Component, Lease, LeaseStatus
from incubator.spaces.models import Facility
from tests.factories.base import (
    make_facility,
    make_floor,
    make_lease,
    make_person,
    make_unit,
    make_venture,
    three_years,
)
from tests.factories.billing import MAY, NOW, TODAY, bill, clerk_of, make_charge, take_back
from tests.factories.people import as_actor

WHOLE, PART = 101_730, 29_533
"""May with tax at 92,482 a month, and its first nine days."""
TENTH, JUNE = date(2026, 5, 10), date(2026, 6, 1)
PAID, CREDITED = InvoiceState.PAID, InvoiceState.CREDITED


@pytest.fixture
def facility() -> Facility:
    return make_facility()


def let(facility: Facility, **facts) -> Lease:
    unit = make_unit(facility, make_floor(facility, f"F{facts}"))
    return make_lease(unit, make_venture(facility), **facts)


def end(facility: Facility, lease: Lease, until: date = TENTH) -> None:
    admin = as_actor(make_person(Role.FACILITY_ADMIN, facility=facility))
    end_lease(lease, until=until, reason="卒業", actor=admin, now=NOW, today=TODAY)
    db.session.flush()


def anew(facility: Facility, invoice: Invoice) -> None:
    bill_anew(invoice, actor=clerk_of(facility), now=NOW)


def beyond(facility: Facility, lease: int | None = None) -> list[tuple[str, int]]:
    found = billed_for_other_days(facility.id, lease_id=lease)
    return [(each.invoice.number, each.lease.id) for each in found]


def proposed(facility: Facility) -> list[int]:
    found = queries.preview(facility, MAY, today=TODAY).proposed
    return [each.draft.total for each in found]


def test_what_was_billed_beyond_the_end_is_taken_back_and_the_rest_billed_anew(facility):
    lease, other = let(facility), let(facility, **three_years(date(2025, 5, 1)))
    wrong, right = bill(facility)
    assert (wrong.total, beyond(facility)) == (WHOLE, [])
    end(facility, lease)
    found = [(wrong.number, lease.id)]
    assert (beyond(facility), beyond(facility, lease.id), beyond(facility, other.id)) == (
        found,
        found,
        [],
    )
    take_back(wrong)
    assert (beyond(facility), proposed(facility)) == ([], [])
    anew(facility, wrong)
    anew(facility, wrong)
    assert proposed(facility) == [PART]
    (again,) = bill(facility)
    assert (again.total, again.run_key, again.organisation_id) == (
        PART,
        "2026-05/2",
        lease.organisation_id,
    )
    anew(facility, wrong)
    assert (proposed(facility), bill(facility), beyond(facility)) == ([], [], [])
    assert right.total == WHOLE
    assert queries.audit() == []
    deeds = list(db.session.scalars(db.select(AuditEntry.deed)))
    assert deeds.count("bill_anew") == 1


def test_the_lease_is_billed_as_it_stands_when_it_is_billed_and_as_often_as_it_is_taken_back(
    facility,
):
    lease = let(facility)
    (invoice,) = bill(facility)
    totals = []
    for _ in range(2):
        take_back(invoice)
        anew(facility, invoice)
        (invoice,) = bill(facility)
        totals.append(invoice.total)
    take_back(invoice)
    anew(facility, invoice)
    end(facility, lease)
    (invoice,) = bill(facility)
    assert (totals, invoice.total, invoice.run_key) == ([WHOLE, WHOLE], PART, "2026-05/4")
    assert queries.audit() == []


def test_a_month_that_was_taken_back_is_not_issued_and_its_price_can_be_put_right(facility):
    lease = let(facility)
    (may,), (june,) = bill(facility), bill(facility, JUNE)
    assert queries.first_open_month(lease, TODAY) == date(2026, 7, 1)
    assert queries.preview(facility, JUNE, today=TODAY).issued == (june,)
    take_back(june)
    assert queries.first_open_month(lease, TODAY) == JUNE
    assert queries.preview(facility, JUNE, today=TODAY).issued == ()
    assert queries.preview(facility, MAY, today=TODAY).issued == (may,)


def test_everything_else_on_the_invoice_is_billed_anew_as_it_was(facility):
    lease = let(facility)
    make_charge(lease.organisation)
    (invoice,) = bill(facility)
    end(facility, lease)
    take_back(invoice)
    anew(facility, invoice)
    assert proposed(facility) == [(26_849 + 1_500) * 11 // 10]
    cancel_charge("booking:1", ChargeKind.ROOM, reason="誤り", now=NOW)
    assert proposed(facility) == [PART]
    bill(facility)
    assert queries.audit() == []


def test_restoration_that_was_billed_again_already_is_not_billed_once_more(facility):
    lease = let(facility, status=LeaseStatus.ENDED, ends_on=date(2026, 4, 1))

    def restore() -> None:
        costs = RestorationCosts(50_000, "壁紙")
        bill_restoration(lease, costs, actor=clerk_of(facility), now=NOW, today=TODAY)

    restore()
    (invoice,) = bill(facility)
    take_back(invoice)
    restore()
    anew(facility, invoice)
    assert proposed(facility) == [55_000]
    (again,) = bill(facility)
    take_back(again)
    anew(facility, again)
    assert proposed(facility) == [55_000]


def test_a_lease_that_was_called_off_before_it_began_owes_nothing(facility):
    lease = let(facility, **three_years(MAY))
    (invoice,) = bill(facility)
    end(facility, lease, MAY)
    assert lease.status is LeaseStatus.DECLINED
    assert beyond(facility) == [(invoice.number, lease.id)]
    take_back(invoice)
    anew(facility, invoice)
    assert (beyond(facility), proposed(facility)) == ([], [])


@pytest.mark.parametrize(
    ("method", "until", "owed"),
    [
        (Proration.MONTHLY, TENTH, True),
        (Proration.MONTHLY, MAY, False),
        (Proration.FIXED30, date(2026, 5, 31), True),
        (Proration.FIXED30, date(2026, 5, 30), False),
        (Proration.ACTUAL, date(2026, 5, 31), False),
        (Proration.ACTUAL, date(2026, 6, 1), True),
    ],
)
def test_a_last_month_that_is_owed_in_full_is_not_billed_beyond_the_end(
    facility, method, until, owed
):
    lease = let(facility, proration_exit=method)
    (invoice,) = bill(facility)
    end(facility, lease, until)
    assert (beyond(facility) == []) is owed
    take_back(invoice)
    anew(facility, invoice)
    assert (proposed(facility) == [WHOLE]) is owed


def test_a_month_billed_to_an_end_that_is_taken_back_is_found_and_billed_anew(facility):
    """BR-P02, BR-P04"""
    today = date(2026, 4, 20)
    admin = as_actor(make_person(Role.FACILITY_ADMIN, facility=facility))
    lease, other = let(facility), let(facility, proration_exit=Proration.MONTHLY)
    how = {"actor": admin, "now": NOW, "today": today}
    for each in lease, other:
        end_lease(each, until=TENTH, reason="移転", **how)
    short, whole = bill(facility)
    assert (short.total, whole.total, beyond(facility)) == (PART, WHOLE, [])
    for each in lease, other:
        go_on(each, **how)
    assert (beyond(facility), proposed(facility)) == ([(short.number, lease.id)], [])
    take_back(short)
    anew(facility, short)
    (again,) = bill(facility)
    assert (again.total, beyond(facility), queries.audit()) == (WHOLE, [], [])


def test_months_that_cost_nothing_are_not_billed_beyond_the_end(facility):
    lease = let(facility, **three_years(date(2026, 4, 1)), free_months=3)
    for price in lease.prices:
        if price.component is Component.COMMON_FEE:
            price.amount = 0
    bill(facility)
    end(facility, lease)
    assert beyond(facility) == []


def test_an_invoice_over_nothing_is_credited_once_it_is_taken_back(facility):
    """BR-B01"""
    lease = let(facility, **three_years(date(2026, 4, 1)), free_months=3)
    for price in lease.prices:
        if price.component is Component.COMMON_FEE:
            price.amount = 0
    (invoice,) = bill(facility)
    for state, other in (PAID, CREDITED), (CREDITED, PAID):
        (standing,) = queries.standings([invoice], TODAY)
        assert (standing.state, standing.open, invoice.total) == (state, 0, 0)
        found = queries.search(facility.id, InvoiceSearch(state=state), TODAY).rows
        assert invoice in [each.invoice for each in found]
        found = queries.search(facility.id, InvoiceSearch(state=other), TODAY).rows
        assert invoice not in [each.invoice for each in found]
        if state is PAID:
            take_back(invoice)


def test_whoever_asks_for_the_credit_note_has_it_billed_anew_with_the_approval(facility):
    """BR-T11"""
    lease = let(facility)
    make_charge(lease.organisation)
    (invoice,) = bill(facility)
    end(facility, lease)
    take_back(invoice, anew=True)
    assert proposed(facility) == [(26_849 + 1_500) * 11 // 10]
    assert taken_back(invoice.id) == []
    deeds = list(db.session.scalars(db.select(AuditEntry.deed)))
    assert deeds.count("bill_anew") == 1
    bill(facility)
    assert (beyond(facility), queries.audit()) == ([], [])


def test_only_what_was_taken_back_is_billed_anew_by_who_bills(facility):
    let(facility)
    (invoice,) = bill(facility)
    with pytest.raises(RuleBroken, match="credit note took back"):
        anew(facility, invoice)
    take_back(invoice)
    for role in (Role.FACILITY_ADMIN, Role.MANAGER, Role.MENTOR):
        other = as_actor(make_person(role, facility=facility))
        with pytest.raises(NotAllowed):
            bill_anew(invoice, actor=other, now=NOW)


def test_the_auditor_sees_a_charge_that_could_be_billed_twice(facility):
    let(facility)
    (invoice,) = bill(facility)
    db.session.execute(text("UPDATE charge SET source = source || '@1' WHERE kind = 'rent'"))
    db.session.expire_all()
    rent = db.session.scalars(db.select(Charge.id).where(Charge.kind == ChargeKind.RENT)).one()
    found = [(each.check, each.record) for each in queries.audit()]
    assert found == [("billed_anew", f"charge:{rent}")]
    take_back(invoice)
    assert queries.audit() == []
