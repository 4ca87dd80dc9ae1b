"""Months before the next one that still have rent to be billed."""

from datetime import date
from typing import Any

import pytest

from incubator.billing import queries
from incubator.billing.actions import bill_anew
from incubator.billing.queries.unbilled import unbilled_months
from incubator.core.db import db
from incubator.leases.models import Lease, LeaseStatus
from incubator.spaces.models import Facility
from tests.factories.base import (
    make_facility,
    make_floor,
    make_lease,
    make_unit,
    make_venture,
    three_years,
)
from tests.factories.billing import MAY, NOW, TODAY, bill, clerk_of, take_back

FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in (2, 3, 4))


@pytest.fixture
def facility() -> Facility:
    return make_facility()


def let(facility: Facility, **facts: Any) -> Lease:
    unit = make_unit(facility, make_floor(facility, f"F{facts}"))
    return make_lease(unit, make_venture(facility), **facts)


def left(facility: Facility, until: date = MAY, today: date = TODAY) -> list[tuple[date, int]]:
    return [(each.month, each.leases) for each in unbilled_months(facility.id, until, today)]


def test_a_lease_that_starts_late_is_named_in_each_month_until_it_is_billed(facility):
    let(facility)
    for month in (FEBRUARY, MARCH, APRIL, MAY):
        bill(facility, month)
    assert left(facility) == []
    let(facility, **three_years(date(2026, 4, 19)))
    assert left(facility) == [(APRIL, 1)]
    let(facility, **three_years(date(2026, 2, 10)))
    assert left(facility) == [(FEBRUARY, 1), (MARCH, 1), (APRIL, 2)]
    assert left(facility, APRIL) == [(FEBRUARY, 1), (MARCH, 1)]
    for month, leases in left(facility):
        assert len(queries.preview(facility, month, today=TODAY).proposed) == leases
        bill(facility, month)
    assert left(facility) == []
    assert left(make_facility()) == []


def test_what_was_billed_before_anything_was_billed_here_is_not_asked_for(facility):
    let(facility, **three_years(date(2025, 4, 1)))
    assert left(facility) == []
    let(facility, **three_years(APRIL))
    assert left(facility) == [(APRIL, 1)]
    bill(facility, MARCH)
    assert left(facility) == [(APRIL, 2)]


def test_it_looks_back_a_year(facility):
    lease = let(facility, **three_years(date(2024, 4, 1)))
    bill(facility, date(2024, 4, 1))
    months = left(facility)
    assert (months[0], len(months)) == ((date(2025, 4, 1), 1), 13)
    lease.ends_on = date(2026, 3, 1)
    assert left(facility)[-1] == (FEBRUARY, 1)


@pytest.mark.parametrize("status", [LeaseStatus.OFFERED, LeaseStatus.DECLINED])
def test_who_signed_nothing_owes_nothing(facility, status):
    lease = let(facility, **three_years(APRIL))
    lease.status = status
    assert left(facility) == []


def test_a_lease_without_a_price_has_nothing_to_be_billed(facility):
    lease = let(facility, **three_years(APRIL))
    for price in lease.prices:
        price.from_day = MAY
    db.session.flush()
    assert queries.preview(facility, APRIL, today=TODAY).proposed == ()
    assert left(facility) == []


def test_what_was_taken_back_is_named_once_it_is_to_be_billed_anew(facility):
    let(facility)
    (invoice,) = bill(facility, APRIL)
    take_back(invoice)
    assert left(facility) == []
    bill_anew(invoice, actor=clerk_of(facility), now=NOW)
    assert left(facility) == [(APRIL, 1)]
    (invoice,) = bill(facility, APRIL)
    assert left(facility) == []
    take_back(invoice, anew=True)
    assert left(facility) == [(APRIL, 1)]
