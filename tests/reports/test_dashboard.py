from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from incubator.core.days import ONE_DAY, Stretch
from incubator.core.db import db
from incubator.leases.models import LeaseStatus
from incubator.reports import dashboard, rent_roll
from incubator.reports.rent_roll import Sort
from incubator.reports.units import unit_on
from incubator.spaces.models import UnitOutage
from incubator.spaces.rules.states import UnitState
from tests.factories.base import World, keep, make_lease, make_venture, make_world
from tests.factories.leases import grant_programme, make_programme

TODAY = date(2026, 11, 23)


@pytest.fixture
def world() -> World:
    return make_world()


def test_occupancy_of_a_day_counts_units_and_area(world):
    stock = dashboard.stock_of_year(world.facility.id, world.units, TODAY)
    use = dashboard.use_between(stock, Stretch(TODAY, TODAY + ONE_DAY))
    assert (use.by_units, use.by_area) == (Fraction(1, 8), Fraction(1, 8))


def test_an_offer_is_not_let_and_a_closed_unit_is_not_available(world):
    make_lease(
        world.units[1],
        make_venture(world.facility),
        status=LeaseStatus.OFFERED,
        signed_on=None,
    )
    keep(UnitOutage(unit_id=world.units[2].id, from_day=TODAY, until_day=None))
    stock = dashboard.stock_of_year(world.facility.id, world.units, TODAY)
    use = dashboard.use_between(stock, Stretch(TODAY, TODAY + ONE_DAY))
    assert use.by_units == Fraction(1, 7)


def test_twelve_months_of_units_end_with_this_one(world):
    months = dashboard.units_by_month(
        dashboard.stock_of_year(world.facility.id, world.units, TODAY), TODAY
    )
    assert [each.month for each in months][::11] == [date(2025, 12, 1), date(2026, 11, 1)]
    assert {each.counts for each in months} == {(1, 0, 0, 7)}
    assert dashboard.change(months) == (1, 1)


def test_an_offer_of_this_morning_was_not_known_yesterday(world):
    make_lease(
        world.units[1],
        make_venture(world.facility),
        status=LeaseStatus.OFFERED,
        signed_on=None,
        offered_at=datetime(2026, 11, 22, 23, tzinfo=UTC),
        starts_on=date(2027, 1, 1),
    )
    states = [unit_on(world.units[1], day).state for day in (TODAY - ONE_DAY, TODAY)]
    assert states == [UnitState.VACANT, UnitState.RESERVED]


def test_leases_that_end_soon_come_soonest_first(world):
    make_lease(
        world.units[1],
        make_venture(world.facility),
        starts_on=date(2025, 4, 1),
        ends_on=date(2027, 3, 1),
    )
    ending = dashboard.ending_leases(world.facility.id, TODAY)
    assert [(each.lease.unit.code, each.offered) for each in ending] == [("102", None)]


def test_the_rent_roll_has_every_unit_and_sums_what_is_let(world):
    rows = rent_roll.rent_roll(world.facility, TODAY, TODAY)
    assert len(rows) == 8
    total = rent_roll.totals(rows)
    assert (total.area, total.rent, total.common_fee) == (3245, 76257, 16225)
    assert [row.tenant.name for row in rows if row.is_let] == ["株式会社くもロボティクス"]


def test_the_rent_roll_knows_the_tax_that_a_programme_counts_in(world):
    grant_programme(world.lease, make_programme(world.facility, includes_tax=True))
    db.session.refresh(world.lease)
    roll = {row.row.unit.code: row for row in rent_roll.rent_roll(world.facility, TODAY, TODAY)}
    assert roll["101"].subsidy == (76257 + 7625) // 2


@pytest.mark.parametrize(
    ("by", "descending", "first"),
    [
        (Sort.UNIT, False, "101"),
        (Sort.UNIT, True, "203"),
        (Sort.RENT, True, "101"),
        (Sort.ENDS, False, "101"),
        (Sort.TENANT, True, "101"),
        (Sort.AREA, False, "101"),
        (Sort.OPEN, False, "101"),
    ],
)
def test_a_rent_roll_is_sorted(world, by, descending, first):
    rows = rent_roll.rent_roll(world.facility, TODAY, TODAY)
    ordered = rent_roll.sort_roll(rows, by, descending=descending)
    assert ordered[0].row.unit.code == first


def test_tenants_are_sorted_as_their_readers_look_them_up(world):
    names = [("甲", "ワ", "Alpha"), ("乙", "ア", "gamma"), ("丙", "カ", "Beta")]
    for unit, (name, kana, english) in zip(world.units[1:], names, strict=False):
        venture = make_venture(world.facility, name=name, name_kana=kana, name_en=english)
        make_lease(unit, venture, starts_on=date(2025, 4, 1))
    rows = [
        row
        for row in rent_roll.rent_roll(world.facility, TODAY, TODAY)
        if row.row.unit in world.units[1:5]
    ]

    def order(lang: str, **how: bool) -> list[str | None]:
        ordered = rent_roll.sort_roll(rows, Sort.TENANT, lang=lang, **how)
        return [row.tenant.name if row.tenant else None for row in ordered]

    assert order("ja") == ["乙", "丙", "甲", None]
    assert order("en") == ["甲", "丙", "乙", None]
    assert order("en", descending=True) == ["乙", "丙", "甲", None]
