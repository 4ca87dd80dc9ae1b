from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.exc import IntegrityError

from incubator.core.access import Actor, Held, Role
from incubator.core.audit import AuditEntry
from incubator.core.days import Stretch
from incubator.core.db import db
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.i18n import Name, translate
from incubator.spaces import actions, queries
from incubator.spaces.models import Holiday, UnitKind
from incubator.spaces.rules.opening import Hours
from tests.factories.base import RULES_OF_USE, make_facility, make_floor, make_room, make_unit
from tests.factories.spaces import admin_of

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
SYSTEM = Actor(None, "operator", (Held(Role.SYSTEM_ADMIN),))
NOBODY = Actor(None, "nobody")
DAY = date(2026, 12, 28)


def last_entry():
    return db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id.desc())).first()


@pytest.fixture
def facility():
    return make_facility()


@pytest.fixture
def deed(facility):
    return {"actor": admin_of(facility), "now": NOW}


def test_a_facility_opens_with_the_holidays_of_nine_years():
    new_year = datetime(2025, 12, 31, 16, tzinfo=UTC)
    made = actions.add_facility(" Aoba-2 ", "あおば", actor=SYSTEM, now=new_year)
    assert made.code == "aoba-2"
    years = {day.year for day in db.session.scalars(db.select(Holiday.day))}
    assert years == set(range(2023, 2032))
    assert actions.load_holidays(NOW.date()) == 0
    named = queries.holidays_in(Stretch(date(2026, 9, 21), date(2026, 9, 24)))
    assert [each.name for each in named.values()] == ["敬老の日", "国民の休日", "秋分の日"]
    assert named[date(2026, 9, 23)].name_en == "Autumnal Equinox Day"
    year_end = Stretch(date(2026, 12, 31), date(2027, 1, 4))
    assert list(queries.holidays_in(year_end)) == [date(2027, 1, 1)]
    assert len(queries.bank_days_off(0, year_end)) == 4
    assert queries.last_holiday() == date(2031, 12, 31)


@pytest.mark.parametrize(
    ("code", "name", "why"),
    [
        ("青葉", "x", "only letters"),
        ("", "x", "only letters"),
        ("taken", "x", "already"),
        ("new", " ", "fill"),
    ],
)
def test_a_facility_needs_a_code_of_its_own_and_a_name(code, name, why):
    make_facility("taken")
    with pytest.raises(RuleBroken, match=why):
        actions.add_facility(code, name, actor=SYSTEM, now=NOW)


def test_house_rules_change_with_a_trace(facility, deed):
    actions.edit_facility(
        facility, {"name": "新館", "open_minute": 540, "zone": "Asia/Tokyo"}, **deed
    )
    entry = last_entry()
    assert (entry.before["open_minute"], entry.after["open_minute"]) == (480, 540)
    count = entry.id
    actions.edit_facility(facility, {"name": "新館"}, **deed)
    assert last_entry().id == count


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"open_minute": 1300}, "close_minute"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"name": "a\x00"}, "name"),
    ],
)
def test_house_rules_that_cannot_be_are_refused(facility, deed, changes, field):
    with pytest.raises(RuleBroken) as broken:
        actions.edit_facility(facility, changes, **deed)
    assert broken.value.field == field


def test_zone_and_currency_stay_under_bookings_and_prices(facility, deed):
    actions.edit_facility(facility, {"zone": "Europe/Berlin", "currency": "EUR"}, **deed)
    floor = make_floor(facility)
    make_room(facility, floor, "M1")
    make_unit(facility, floor, "101")
    actions.edit_facility(facility, {"zone": "Europe/Berlin", "currency": "EUR"}, **deed)
    for name, other in (("zone", "Asia/Tokyo"), ("currency", "JPY")):
        with pytest.raises(RuleBroken, match="stays as it is") as broken:
            actions.edit_facility(facility, {name: other}, **deed)
        assert broken.value.field == name


def test_closed_days_come_and_go(facility, deed):
    closed = actions.add_closed_day(facility, DAY, Name("年末", "Year end"), **deed)
    with pytest.raises(RuleBroken, match="closed already"):
        actions.add_closed_day(facility, DAY, Name(""), **deed)
    span = Stretch(DAY, date(2026, 12, 29))
    why = queries.calendar_of(facility, span).closed_because(DAY)
    assert translate(why, "en") == "Closed: Year end"
    assert translate(why, "ja") == "休館日（年末）"
    assert queries.closed_day_of(facility.id, closed.id) is closed
    actions.remove_closed_day(facility, closed, **deed)
    assert queries.calendar_of(facility, span).closed_because(DAY) is None


def test_a_unit_brings_its_floor_and_gets_a_place_on_the_plan(facility, deed):
    facts = actions.UnitFacts("B101", "B1", UnitKind.STORAGE, 1234, list_rent=5000)
    unit = actions.add_unit(facility, facts, **deed)
    assert (unit.floor.name, unit.floor.level) == ("B1", -1)
    second = actions.add_unit(
        facility, actions.UnitFacts("B102", "B1", UnitKind.OFFICE, 100, unit_price=2350), **deed
    )
    assert second.floor is unit.floor
    actions.draw_floors(facility.id)
    assert (unit.plan_x, second.plan_x) == (12, 12)
    unit.plan_w = 500
    actions.draw_floors(facility.id)
    assert unit.plan_w == 500


def test_units_differ_by_more_than_the_case_of_their_codes(facility, deed):
    facts = actions.UnitFacts("LAB-A", "1F", UnitKind.WET_LAB, 100, list_rent=1)
    unit = actions.add_unit(facility, facts, **deed)
    for code in ("LAB-A", "lab-a"):
        with pytest.raises(RuleBroken, match="There is a unit LAB-A already") as refused:
            actions.add_unit(facility, replace(facts, code=code), **deed)
        assert refused.value.field == "code"
    second = actions.add_unit(facility, replace(facts, code="LAB-B"), **deed)
    with pytest.raises(RuleBroken, match="There is a unit LAB-A already"):
        actions.edit_unit(second, {"code": "Lab-a"}, **deed)
    actions.edit_unit(unit, {"code": "Lab-A"}, **deed)
    assert unit.code == "Lab-A"
    west = make_facility()
    actions.add_unit(west, facts, actor=admin_of(west), now=NOW)


@pytest.mark.parametrize(
    "facts",
    [
        actions.UnitFacts("", "1F", UnitKind.OFFICE, 100, list_rent=1),
        actions.UnitFacts("1", "1F", UnitKind.OFFICE, 0, list_rent=1),
        actions.UnitFacts("1", "1F", UnitKind.OFFICE, 100),
    ],
)
def test_a_unit_needs_a_code_an_area_and_a_price(facility, deed, facts):
    with pytest.raises(RuleBroken):
        actions.add_unit(facility, facts, **deed)


def test_a_unit_keeps_some_price(facility, deed):
    unit = make_unit(facility, make_floor(facility))
    actions.edit_unit(unit, {"list_rent": 80000, "note": "角部屋"}, **deed)
    assert unit.list_rent == 80000
    with pytest.raises(RuleBroken, match="monthly rent"):
        actions.edit_unit(unit, {"list_rent": None}, **deed)


def test_a_storey_is_one_however_it_is_written(facility, deed):
    def at(name):
        return actions.floor_at(facility, name, **deed)

    first = at("1")
    assert (first.name, first.level) == ("1F", 1)
    assert {at(name).id for name in ("1F", "１階", "F1", " 1f")} == {first.id}
    assert {at(name).name for name in ("B1", "地下1階")} == {"B1"}
    assert at("R") is at("R")
    old = make_floor(facility, "２階", 2)
    assert at("2F") is at("2") is old
    second = make_floor(facility, "2F", 2)
    assert (at("２階"), at("2F"), at("2")) == (old, second, second)


def test_outages_begin_and_end(facility, deed):
    unit = make_unit(facility, make_floor(facility))
    outage = actions.start_outage(unit, actions.Outage(DAY, reason="空調"), **deed)
    assert queries.outages_in(facility.id, Stretch(DAY, date.max))[unit.id][0].start == DAY
    actions.end_outage(unit, outage, date(2027, 1, 10), **deed)
    assert outage.until_day == date(2027, 1, 10)
    assert queries.outages_of(unit.id) == [outage]
    assert queries.outage_of(facility.id, outage.id) is outage
    actions.end_outage(unit, outage, DAY, **deed)
    db.session.flush()
    assert queries.outages_of(unit.id) == []
    with pytest.raises(RuleBroken, match="after the start"):
        actions.start_outage(unit, actions.Outage(DAY, DAY), **deed)


def test_the_database_keeps_outages_apart(facility, deed):
    unit = make_unit(facility, make_floor(facility))
    actions.start_outage(unit, actions.Outage(DAY), **deed)
    with pytest.raises(IntegrityError, match="no_two_outages"):
        actions.start_outage(unit, actions.Outage(date(2027, 5, 1)), **deed)


def test_rooms_have_rules_that_fit_together(facility, deed):
    room = actions.add_room(facility, {**RULES_OF_USE, "code": "MR-A", "name": "会議室A"}, **deed)
    actions.edit_room(room, {"open_minute": 540, "max_minutes": 120}, **deed)
    assert queries.hours_of(room) == Hours(540, 1260)
    assert queries.rooms_of(facility.id) == [room]
    for wrong in ({"close_minute": 100}, {"max_minutes": 10}, {"step_minutes": 0}):
        with pytest.raises(RuleBroken):
            actions.edit_room(room, wrong, **deed)
    with pytest.raises(RuleBroken, match="code already"):
        actions.add_room(facility, {**RULES_OF_USE, "code": "MR-A", "name": "B"}, **deed)
    early = {**RULES_OF_USE, "code": "MR-B", "name": "B", "close_minute": 420}
    with pytest.raises(RuleBroken, match="after opening"):
        actions.add_room(facility, early, **deed)


def test_strangers_change_nothing(facility):
    unit, room = make_unit(facility, make_floor(facility)), make_room(facility)
    how = {"actor": NOBODY, "now": NOW}
    deeds = [
        lambda: actions.add_facility("x", "x", **how),
        lambda: actions.edit_facility(facility, {}, **how),
        lambda: actions.add_closed_day(facility, DAY, Name(""), **how),
        lambda: actions.edit_unit(unit, {}, **how),
        lambda: actions.start_outage(unit, actions.Outage(DAY), **how),
        lambda: actions.edit_room(room, {}, **how),
        lambda: actions.add_room(facility, {}, **how),
    ]
    for deed in deeds:
        with pytest.raises(NotAllowed):
            deed()


def test_what_stands_elsewhere_is_not_found(facility):
    other = make_facility()
    unit, room = make_unit(other, make_floor(other), "X1"), make_room(other)
    for ask in (
        lambda: queries.unit_of(facility.id, unit.id),
        lambda: queries.room_of(facility.id, room.id),
        lambda: queries.unit_by_code(facility.id, "X1"),
        lambda: queries.outage_of(facility.id, 1),
        lambda: queries.closed_day_of(facility.id, 1),
    ):
        with pytest.raises(NotFound):
            ask()
    assert queries.unit_by_code(other.id, "X1") is unit
    assert {each.id for each in queries.facilities()} >= {facility.id, other.id}
    assert queries.units_of(other.id) == [unit]
    assert queries.facility_by_code(other.code.upper()) is other
