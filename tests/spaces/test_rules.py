from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.days import ONE_DAY, Stretch
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Name
from incubator.spaces.rules import occupancy as occ
from incubator.spaces.rules import opening, plan
from incubator.spaces.rules.floors import floor_name, level_of
from incubator.spaces.rules.occupancy import Occupancy, UnitUse, occupancy, percent
from incubator.spaces.rules.opening import Calendar, Hours
from incubator.spaces.rules.states import Holding, UnitState, state_of
from tests.vectors import VECTORS

D = date.fromisoformat


def days(start: str, until: str) -> Stretch:
    return Stretch(D(start), D(until))


LET = Holding(days("2026-01-01", "2026-12-31"))
LEAVING = Holding(days("2026-01-01", "2026-12-31"), notice_given_on=D("2026-06-01"))
OFFERED = Holding(days("2026-09-01", "2027-09-01"), offered=True, known_from=D("2026-07-01"))
NOW_OFFERED = Holding(days("2026-06-01", "2027-06-01"), offered=True)
AUGUST = Holding(days("2026-08-01", "2027-01-01"))
TO_AUGUST = Holding(days("2026-01-01", "2026-09-01"))
WORKS = days("2026-06-01", "2026-07-01")
STATES = [
    ("nothing known", "2026-06-15", [], [], UnitState.VACANT),
    ("a lease covers the day", "2026-06-15", [LET], [], UnitState.OCCUPIED),
    ("its last day", "2026-12-30", [LET], [], UnitState.OCCUPIED),
    ("the day after", "2026-12-31", [LET], [], UnitState.VACANT),
    ("notice was given", "2026-06-15", [LEAVING], [], UnitState.NOTICE),
    ("notice comes later", "2026-05-31", [LEAVING], [], UnitState.OCCUPIED),
    ("works", "2026-06-15", [], [WORKS], UnitState.MAINTENANCE),
    ("works while let", "2026-06-15", [LET], [WORKS], UnitState.OCCUPIED),
    ("works come first", "2026-06-15", [AUGUST], [WORKS], UnitState.MAINTENANCE),
    ("works are over", "2026-07-01", [], [WORKS], UnitState.VACANT),
    ("offered from later on", "2026-08-01", [OFFERED], [], UnitState.RESERVED),
    ("before the offer was made", "2026-06-30", [OFFERED], [], UnitState.VACANT),
    ("offered and begun, not signed", "2026-06-15", [NOW_OFFERED], [], UnitState.RESERVED),
    ("let now, offered after", "2026-08-01", [TO_AUGUST, OFFERED], [], UnitState.OCCUPIED),
]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "holdings", "outages", "state"),
    [case[1:] for case in STATES],
    ids=[c[0] for c in STATES],
)
def test_a_unit_has_one_state_on_a_day(day, holdings, outages, state):
    assert state_of(D(day), holdings, outages).state is state


def test_who_holds_it_and_who_comes_next_are_known():
    first = Holding(days("2026-01-01", "2026-09-01"))
    found = state_of(D("2026-08-01"), [OFFERED, first])
    assert (found.holding, found.following) == (first, OFFERED)


def test_states_have_names():
    assert all(str(one.label) for one in UnitState)


def test_occupancy_of_a_month_leaves_out_of_service_days_out():
    """TV-080."""
    rooms, expected = VECTORS["TV-080"]["inputs"]["rooms"], VECTORS["TV-080"]["expected"]
    april = days("2026-04-01", "2026-05-01")
    found = occupancy(
        [UnitUse(100 * room["m2"], _let(room), _out(room)) for room in rooms],
        april,
    )
    assert found == Occupancy(50, 75, 210_000, 270_000)
    assert expected == {
        "area_day_occupancy": percent(found.by_area),
        "room_day_occupancy": percent(found.by_units),
    }


def _let(room):
    if not room["occupied"]:
        return ()
    first, last = (D(f"2026-{day}") for day in room["occupied"].split(".."))
    return (Stretch(first, last + ONE_DAY),)


def _out(room):
    start = room.get("out_of_service_from")
    return (days(f"2026-{start}", "2027-01-01"),) if start else ()


def test_occupancy_of_a_day():
    """TV-081."""
    day = days("2007-01-01", "2007-01-02")
    rooms, vacant = VECTORS["TV-081"]["inputs"].values()
    units = [UnitUse(100, let=(day,))] * (rooms - vacant) + [UnitUse(100)] * vacant
    found = occupancy(units, day)
    assert VECTORS["TV-081"]["expected"] == {
        "occupancy_pct": percent(found.by_units),
        "vacancy_pct": percent(1 - found.by_units),
    }
    assert occ.basis_points(found.by_units) == 5938


def test_nothing_available_has_no_occupancy():
    month = days("2026-04-01", "2026-05-01")
    found = occupancy([UnitUse(100, let=(month,), out=(month,))], month)
    assert found == Occupancy(0, 0, 0, 0)
    assert found.by_units is found.by_area is None
    assert percent(None) == "–"
    assert occ.basis_points(None) is None


stretches = st.lists(
    st.tuples(st.integers(0, 80), st.integers(0, 30)).map(
        lambda pair: Stretch(
            date.fromordinal(740_000 + pair[0]), date.fromordinal(740_000 + sum(pair))
        )
    ),
    max_size=6,
)


@given(stretches, stretches)
def test_the_sweep_agrees_with_counting_day_by_day(let, out):
    over = Stretch(date.fromordinal(740_020), date.fromordinal(740_070))
    every = [date.fromordinal(740_020 + n) for n in range(50)]
    available = [day for day in every if not any(day in one for one in out)]
    held = [day for day in available if any(day in one for one in let)]
    found = occupancy([UnitUse(7, tuple(let), tuple(out))], over)
    assert found == Occupancy(len(held), len(available), 7 * len(held), 7 * len(available))


CALENDAR = Calendar(
    closed_weekdays=frozenset({6}),
    holidays={D("2026-11-23"): Name("勤労感謝の日", "Labor Thanksgiving Day")},
    closed_days={D("2026-12-29"): Name("年末"), D("2026-12-30"): Name("")},
)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2026-11-24", None),
        ("2026-11-22", "Closed on this day of the week"),
        ("2026-11-23", "Closed: Labor Thanksgiving Day"),
        ("2026-12-29", "Closed: 年末"),
        ("2026-12-30", "Closed that day"),
    ],
)
def test_a_house_says_why_it_is_closed(day, why):
    found = CALENDAR.closed_because(D(day))
    assert (str(found) if found else None) == why


def test_a_house_may_open_on_holidays():
    assert (
        Calendar(closed_on_holidays=False, holidays=CALENDAR.holidays).closed_because(
            D("2026-11-23")
        )
        is None
    )


@pytest.mark.parametrize(
    ("day", "room", "hours"),
    [
        ("2026-11-24", None, Hours(480, 1260)),
        ("2026-11-24", Hours(540, 1320), Hours(540, 1260)),
        ("2026-11-24", Hours(1290, 1320), None),
        ("2026-11-23", Hours(540, 1320), None),
    ],
)
def test_a_room_is_open_when_the_house_is(day, room, hours):
    assert CALENDAR.hours_on(D(day), Hours(480, 1260), room) == hours


def test_weekdays_are_digits():
    assert opening.weekdays("06x9") == {0, 6}


@pytest.mark.parametrize(("opens", "closes"), [(600, 600), (-1, 5), (0, 1441), (600, 500)])
def test_hours_must_be_in_order(opens, closes):
    opening.check_hours(0, 1440)
    with pytest.raises(RuleBroken, match="after opening"):
        opening.check_hours(opens, closes)


@pytest.mark.parametrize(("shortest", "longest", "step"), [(30, 15, 60), (0, 15, 60), (30, 60, 0)])
def test_lengths_must_be_in_order(shortest, longest, step):
    opening.check_lengths(30, 480, 60)
    with pytest.raises(RuleBroken):
        opening.check_lengths(shortest, longest, step)


@given(st.lists(st.integers(1, 100_000), max_size=40))
def test_a_floor_is_drawn_without_overlap_inside_the_frame(areas):
    boxes = plan.lay_out(areas)
    assert len(boxes) == len(areas)
    for box in boxes:
        assert box.w > 0
        assert box.x >= 0
        assert box.x + box.w <= plan.WIDTH
        assert box.y + box.h <= plan.HEIGHT
        hall = plan.corridor()
        assert box.y + box.h <= hall.y or box.y >= hall.y + hall.h
    rows = {box.y: [each for each in boxes if each.y == box.y] for box in boxes}
    for row in rows.values():
        assert all(a.x + a.w == b.x for a, b in pairwise(row))
        assert row[-1].x + row[-1].w == plan.WIDTH - plan.MARGIN


@pytest.mark.parametrize(
    ("name", "level"), [("1F", 1), ("１０階", 10), ("B2", -2), ("地下1階", -1), ("屋上", 0)]
)
def test_floors_tell_their_level(name, level):
    assert level_of(name) == level


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("1", "1F"), ("１Ｆ", "1F"), ("f1", "1F"), ("１ 階", "1F"), ("01", "1F"), ("12階", "12F"),
        ("B1", "B1"), ("b1f", "B1"), ("地下１階", "B1"),
        ("R", "R"), ("屋上", "屋上"), ("M2F", "M2F"), ("中2階", "中2階"), ("", ""),
    ],
)  # fmt: skip
def test_a_storey_has_one_name_however_it_is_written(written, name):
    assert floor_name(written) == name
