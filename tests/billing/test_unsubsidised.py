"""A subsidy that is completed after its month was billed: never billed alone, always named."""

from datetime import date
from typing import Any

import pytest

from incubator.billing import queries
from incubator.billing.actions import bill_anew
from incubator.billing.models import Invoice
from incubator.billing.queries.unsubsidised import billed_unsubsidised
from incubator.core.days import month_of
from incubator.core.db import db
from incubator.leases.models import Lease, SubsidyProgramme
from incubator.leases.rules import Delivery
from incubator.spaces.models import Facility
from tests.factories.base import (
    make_facility,
    make_floor,
    make_lease,
    make_unit,
    make_venture,
    three_years,
)
from tests.factories.billing import MAY, NOW, TODAY, bill, clerk_of, make_charge, take_back
from tests.factories.leases import grant_programme, make_programme

WHOLE, LESS = 101_730, 59_789
"""May with tax at 92,482 a month, and with half of its rent of 76,257 taken off."""
NO_RATE = [{"months": 0, "rate": 0}]


@pytest.fixture
def facility() -> Facility:
    return make_facility()


def let(facility: Facility, programme: SubsidyProgramme | None = None, **facts: Any) -> Lease:
    unit = make_unit(facility, make_floor(facility, f"F{facts}{programme}"))
    lease = make_lease(unit, make_venture(facility), **facts)
    if programme:
        grant_programme(lease, programme)
    return lease


def complete(programme: SubsidyProgramme, rate: int = 5000) -> None:
    programme.steps = [{"months": 0, "rate": rate}]
    db.session.flush()
    db.session.expire_all()


def found(facility: Facility, today: date = TODAY, **which: Any) -> list[tuple[str, int, int]]:
    """As the worklist asks, of the leases of the month, if nothing else is said."""
    if not which:
        which["terms"] = queries.preview(facility, month_of(today), today=today).plan.terms
    named = billed_unsubsidised(facility.id, today, **which)
    return [(each.invoice.number, each.lease.id, each.programme.id) for each in named]


def proposed(facility: Facility) -> list[int]:
    return [each.draft.total for each in queries.preview(facility, MAY, today=TODAY).proposed]


def anew(facility: Facility, invoice: Invoice) -> None:
    bill_anew(invoice, actor=clerk_of(facility), now=NOW)


def test_a_subsidy_completed_since_is_not_billed_alone_but_named_and_billed_anew(facility):
    programme = make_programme(facility, steps=NO_RATE)
    lease, other = let(facility, programme), let(facility)
    wrong, _ = bill(facility)
    assert (wrong.total, found(facility)) == (WHOLE, [])
    complete(programme)
    named = [(wrong.number, lease.id, programme.id)]
    assert (proposed(facility), bill(facility)) == ([], [])
    assert found(facility) == found(facility, month=MAY) == named
    assert found(facility, lease_id=lease.id) == named
    assert found(facility, lease_id=other.id) == found(facility, month=date(2026, 6, 1)) == []
    take_back(wrong)
    assert (proposed(facility), bill(facility), found(facility)) == ([], [], [])
    anew(facility, wrong)
    assert proposed(facility) == [LESS]
    (again,) = bill(facility)
    assert (again.total, found(facility), proposed(facility)) == (LESS, [], [])
    assert queries.audit() == []


def test_it_is_left_out_beside_other_charges_and_given_from_the_next_month_on(facility):
    programme = make_programme(facility, steps=NO_RATE)
    lease = let(facility, programme)
    (may,) = bill(facility)
    complete(programme)
    make_charge(lease.organisation)
    assert [each.total for each in bill(facility)] == [1_650]
    (june,) = bill(facility, date(2026, 6, 1))
    assert june.total == LESS
    assert found(facility) == [(may.number, lease.id, programme.id)]
    assert queries.audit() == []


def test_a_second_programme_completed_since_is_named_beside_one_that_was_billed(facility):
    first, second = make_programme(facility), make_programme(facility, steps=NO_RATE)
    lease = let(facility, first)
    grant_programme(lease, second, position=1)
    (invoice,) = bill(facility)
    assert (invoice.total, found(facility)) == (LESS, [])
    complete(second)
    assert (bill(facility), found(facility)) == ([], [(invoice.number, lease.id, second.id)])


@pytest.mark.parametrize(
    ("terms", "granted"),
    [
        ({"delivery": Delivery.TENANT_REIMBURSE}, {}),
        ({"delivery": Delivery.LANDLORD_AGENT}, {}),
        ({}, {"from_month": date(2026, 6, 1)}),
        ({}, {"until_month": MAY}),
        ({"max_months": 1}, {}),
    ],
)
def test_what_takes_nothing_off_the_month_is_not_named(facility, terms, granted):
    programme = make_programme(facility, steps=NO_RATE, **terms)
    grant_programme(let(facility, **three_years(date(2025, 5, 1))), programme, **granted)
    bill(facility)
    complete(programme)
    assert (bill(facility), found(facility)) == ([], [])


def test_the_worklist_looks_back_a_year_and_the_lease_as_far_as_it_goes(facility):
    programme = make_programme(facility, steps=NO_RATE)
    lease = let(facility, programme)
    bill(facility)
    complete(programme)
    assert found(facility, date(2027, 5, 31))
    assert not found(facility, date(2027, 6, 1))
    assert found(facility, date(2027, 6, 1), lease_id=lease.id)
    assert not found(make_facility())


def test_rent_recorded_after_the_fee_was_billed_takes_its_subsidy_along(facility):
    lease = let(facility, make_programme(facility))
    rent = next(price for price in lease.prices if price.amount == 76_257)
    begin, rent.from_day = rent.from_day, date(2026, 6, 1)
    assert [each.total for each in bill(facility)] == [17_847]
    rent.from_day = begin
    assert (proposed(facility), found(facility)) == ([41_941], [])
    assert [each.total for each in bill(facility)] == [41_941]
    assert queries.audit() == []
