"""What may be booked, what it costs, and when a room is free."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from incubator.bookings.rules import (
    CancelTerms,
    House,
    Period,
    Price,
    Reach,
    RoomRules,
    cancelling,
    clip_earliest,
    clock,
    free_gaps,
    hours_on,
    instant,
    length,
    lengths,
    may_be_no_show,
    may_book,
    may_cancel,
    nearest,
    price_of,
    starts_in,
    taken,
    wall_minute,
    whole_day,
)
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Name
from incubator.spaces.rules.opening import Calendar, Hours
from tests.vectors import VECTORS

TOKYO, BERLIN = "Asia/Tokyo", "Europe/Berlin"
MONDAY = date(2026, 11, 30)
NOON = datetime(2026, 11, 30, 3, tzinfo=UTC)


def wall(text, day=MONDAY, zone=TOKYO):
    hours, minutes = text.split(":")
    return instant(day, int(hours) * 60 + int(minutes), zone)


def period(text, day=MONDAY, zone=TOKYO):
    start, end = text.split("-")
    return Period(wall(start, day, zone), wall(end, day, zone))


HOUSE = House(
    TOKYO,
    Hours(9 * 60, 18 * 60),
    Calendar(
        frozenset({6}),
        closed_on_holidays=True,
        holidays={date(2026, 12, 1): Name("創立記念日")},
        closed_days={date(2026, 12, 2): Name("")},
    ),
)
ROOM = RoomRules(open_minute=8 * 60, close_minute=21 * 60, window_days=30, max_minutes=240)


@pytest.mark.parametrize(
    ("times", "changes", "day", "says", "field"),
    [
        ("13:00-14:00", {}, MONDAY, None, None),
        ("17:00-18:00", {}, MONDAY, None, None),
        ("11:45-12:30", {}, MONDAY, None, None),
        ("13:00-14:00", {"bookable": False}, MONDAY, "cannot be booked", "room"),
        ("13:05-14:05", {}, MONDAY, "quarter of an hour", "start"),
        ("13:00-13:15", {}, MONDAY, "for 30 min at least", "minutes"),
        ("14:00-13:00", {}, MONDAY, "for 30 min at least", "minutes"),
        ("13:00-17:15", {}, MONDAY, "for 4 h at most", "minutes"),
        ("11:30-12:30", {}, MONDAY, "has passed", "start"),
        ("13:00-14:00", {}, date(2026, 12, 1), "closed on Tue 1 Dec 2026 (創立記念日)", "start"),
        ("13:00-14:00", {}, date(2026, 12, 2), "closed on Wed 2 Dec 2026.", "start"),
        ("13:00-14:00", {}, date(2026, 12, 6), "closed on Sun 6 Dec 2026.", "start"),
        ("08:30-09:30", {}, date(2026, 12, 3), "from 09:00 to 18:00", "start"),
        ("17:30-18:30", {}, MONDAY, "from 09:00 to 18:00", "start"),
        ("13:00-14:00", {}, date(2026, 12, 30), None, None),
        ("13:00-14:00", {}, date(2026, 12, 31), "up to Wed 30 Dec 2026", "start"),
        ("13:00-14:00", {"close_minute": 9 * 60}, MONDAY, "closed", "start"),
    ],
)
def test_the_rules_of_use_refuse_with_one_sentence(times, changes, day, says, field):
    room = RoomRules(**{**ROOM.__dict__, **changes})
    if says is None:
        may_book(period(times, day), room, HOUSE, now=NOON, reach=Reach())
        return
    with pytest.raises(RuleBroken) as refusal:
        may_book(period(times, day), room, HOUSE, now=NOON, reach=Reach())
    assert says in str(refusal.value)
    assert refusal.value.field == field


OFFICE = Reach(any_time=True)


def test_the_office_is_bound_by_every_rule_but_the_window():
    may_book(period("13:00-14:00", date(2027, 3, 1)), ROOM, HOUSE, now=NOON, reach=OFFICE)
    sunday = period("13:00-14:00", date(2027, 3, 7))
    with pytest.raises(RuleBroken, match="closed"):
        may_book(sunday, ROOM, HOUSE, now=NOON, reach=OFFICE)


@pytest.mark.parametrize("any_time", [False, True])
def test_nothing_is_booked_for_who_has_left_by_then(any_time):
    reach = Reach(any_time=any_time, left_on=date(2026, 12, 4))
    assert reach.last_day(ROOM, NOON, TOKYO) == date(2026, 12, 3)
    may_book(period("13:00-14:00", date(2026, 12, 3)), ROOM, HOUSE, now=NOON, reach=reach)
    with pytest.raises(RuleBroken, match="leaves on"):
        may_book(period("13:00-14:00", date(2026, 12, 4)), ROOM, HOUSE, now=NOON, reach=reach)


@pytest.mark.parametrize("at", ["13:00:30", "13:00:00.5"])
def test_a_booking_begins_on_the_dot(at):
    start = datetime.fromisoformat(f"2026-11-30T{at}+09:00")
    with pytest.raises(RuleBroken, match="quarter"):
        may_book(Period(start, start + timedelta(hours=1)), ROOM, HOUSE, now=NOON, reach=Reach())


def test_started_hours_are_charged_as_the_vector_says():
    facts = VECTORS["TV-096"]
    booked = period(f"{facts['inputs']['from']}-{facts['inputs']['to']}")
    room = RoomRules(price_per_step=facts["inputs"]["rate_per_hour_incl_tax"], step_minutes=60)
    price = price_of(booked.minutes, room, 0)
    assert (price.steps, price.amount) == (
        facts["expected"]["hours_charged"],
        facts["expected"]["price"],
    )


def test_stretches_that_touch_do_not_overlap_as_the_vector_says():
    facts = VECTORS["TV-097"]
    existing = period(facts["inputs"]["existing"])
    tries = [period(each) for each in facts["inputs"]["tries"]]
    assert [not existing.meets(each) for each in tries] == facts["expected"]["accepted"]


@pytest.mark.parametrize(
    ("minutes", "left", "room", "expected"),
    [
        (60, 0, {}, Price(60, 0, 1, 500, 500)),
        (61, 0, {}, Price(61, 0, 2, 1000, 1000)),
        (90, 600, {}, Price(90, 90, 0, 1000, 0)),
        (90, 30, {}, Price(90, 30, 1, 1000, 500)),
        (90, -5, {}, Price(90, 0, 2, 1000, 1000)),
        (90, 600, {"uses_included_minutes": False}, Price(90, 0, 2, 1000, 1000)),
        (90, 600, {"price_per_step": 0}, Price(90, 0, 2, 0, 0)),
        (45, 0, {"step_minutes": 15, "price_per_step": 120}, Price(45, 0, 3, 360, 360)),
    ],
)
def test_a_price_is_per_started_step_after_the_included_minutes(minutes, left, room, expected):
    found = price_of(minutes, RoomRules(**{"price_per_step": 500, **room}), left)
    assert found == expected
    assert found.saved == expected.full - expected.amount


@pytest.mark.parametrize(
    ("hours_before", "late_bp", "fee", "kept", "late"),
    [
        (25, 10_000, 0, 0, False),
        (24, 10_000, 0, 0, False),
        (23, 10_000, 1500, 60, True),
        (23, 5_000, 750, 30, True),
        (23, 3_333, 499, 19, True),
        (1, 0, 0, 0, True),
    ],
)
def test_cancelling_costs_what_the_terms_say(hours_before, late_bp, fee, kept, late):
    starts = datetime(2026, 12, 1, 5, tzinfo=UTC)
    price = Price(240, 60, 3, 2000, 1500)
    now = starts - timedelta(hours=hours_before)
    found = cancelling(price, CancelTerms(24, late_bp), starts, now)
    assert (found.fee, found.kept_minutes, found.late) == (fee, kept, late)
    assert found.free_until == starts - timedelta(hours=24)


def test_what_has_begun_cannot_be_cancelled():
    may_cancel(NOON + timedelta(minutes=1), NOON)
    with pytest.raises(RuleBroken, match="already begun"):
        may_cancel(NOON, NOON)


def test_nobody_is_missing_before_the_start():
    may_be_no_show(NOON, NOON)
    with pytest.raises(RuleBroken, match="not begun"):
        may_be_no_show(NOON + timedelta(minutes=1), NOON)


GAPS = [
    ([], {}, 0, [(540, 1080)]),
    ([(600, 660)], {}, 0, [(540, 600), (660, 1080)]),
    ([(600, 660), (660, 720)], {}, 0, [(540, 600), (720, 1080)]),
    ([(560, 660)], {}, 0, [(660, 1080)]),
    ([(570, 660)], {}, 0, [(540, 570), (660, 1080)]),
    ([(540, 1080)], {}, 0, []),
    ([(480, 1200)], {}, 0, []),
    ([(600, 660)], {}, 633, [(660, 1080)]),
    ([], {}, 633, [(645, 1080)]),
    ([], {}, 1440, []),
    ([], {}, 1055, []),
    ([(600, 665)], {}, 0, [(540, 600), (675, 1080)]),
    ([(600, 660)], {"buffer_before": 15, "buffer_after": 15}, 0, [(540, 585), (675, 1080)]),
    ([(660, 720), (600, 630)], {}, 0, [(540, 600), (630, 660), (720, 1080)]),
]


@pytest.mark.parametrize(("holds", "room", "earliest", "expected"), GAPS)
def test_the_free_gaps_of_a_day(holds, room, earliest, expected):
    assert free_gaps((540, 1080), holds, RoomRules(**room), earliest) == expected


def test_a_closed_day_has_no_gaps():
    assert free_gaps(None, [], ROOM, 0) == []
    assert hours_on(date(2026, 12, 6), ROOM, HOUSE) is None
    assert hours_on(MONDAY, ROOM, HOUSE) == (540, 1080)


@pytest.mark.parametrize(
    ("wanted", "minutes", "gaps", "expected"),
    [
        (600, 60, [(540, 600), (660, 1080)], [540, 660]),
        (600, 90, [(540, 600), (660, 1080)], [660]),
        (1000, 60, [(540, 960)], [900]),
        (600, 60, [], []),
        (600, 60, [(540, 1080)], [600]),
        (600, 60, [(480, 540), (545, 590), (700, 900), (905, 1000)], [480, 700]),
    ],
)
def test_the_nearest_free_times_lie_just_before_and_just_after(wanted, minutes, gaps, expected):
    assert nearest(wanted, minutes, gaps) == expected


def test_starts_and_lengths_come_in_half_hours():
    assert starts_in((645, 780), RoomRules(min_minutes=30)) == [645, 660, 690, 720, 750]
    assert starts_in((660, 690), RoomRules(min_minutes=30)) == [660]
    assert lengths(RoomRules(min_minutes=15, max_minutes=120)) == [15, 30, 60, 90, 120]
    assert lengths(RoomRules(min_minutes=60, max_minutes=60)) == [60]


@pytest.mark.parametrize(
    ("minutes", "says"), [(45, "45 min"), (120, "2 h"), (90, "1 h 30 min"), (0, "0 min")]
)
def test_a_length_is_said_in_hours(minutes, says):
    assert str(length(minutes)) == says


def test_a_clash_says_when_and_not_who():
    assert str(taken("A", period("13:00-15:00"), TOKYO)) == (
        "A is taken from Mon 30 Nov 2026 13:00 to 15:00. Choose another time."
    )
    assert clock(1440) == "24:00"


SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
DAYS = [
    (TOKYO, date(2026, 3, 29), 24),
    (TOKYO, date(2026, 10, 25), 24),
    (BERLIN, date(2026, 3, 28), 24),
    (BERLIN, SPRING, 23),
    (BERLIN, AUTUMN, 25),
    (BERLIN, date(2026, 12, 31), 24),
]


@pytest.mark.parametrize(("zone", "day", "hours"), DAYS)
def test_a_day_on_the_wall_has_as_many_hours_as_really_pass(zone, day, hours):
    assert whole_day(day, zone).minutes == hours * 60


@pytest.mark.parametrize(("zone", "day", "hours"), DAYS)
@pytest.mark.parametrize("minute", [0, 60, 9 * 60, 13 * 60 + 45, 23 * 60 + 45])
def test_what_stands_on_the_wall_is_kept(zone, day, hours, minute):
    at = instant(day, minute, zone)
    assert at.utcoffset() == timedelta(0)
    assert wall_minute(at, day, ZoneInfo(zone)) == minute


@pytest.mark.parametrize(
    ("day", "start", "end", "minutes"),
    [
        (SPRING, "01:00", "03:00", 60),
        (AUTUMN, "01:00", "03:30", 210),
        (AUTUMN, "09:00", "10:00", 60),
    ],
)
def test_a_length_is_in_real_minutes_when_the_clocks_change(day, start, end, minutes):
    assert Period(wall(start, day, BERLIN), wall(end, day, BERLIN)).minutes == minutes


def test_a_time_that_the_clocks_skip_is_refused():
    with pytest.raises(RuleBroken, match="does not exist"):
        instant(SPRING, 150, BERLIN)


def test_midnight_belongs_to_the_day_before():
    assert instant(MONDAY, 1440, TOKYO) == instant(date(2026, 12, 1), 0, TOKYO)
    zone = ZoneInfo(TOKYO)
    assert wall_minute(instant(MONDAY, 1440, TOKYO), MONDAY, zone) == 1440
    assert wall_minute(NOON, date(2026, 12, 1), zone) == 0
    assert clip_earliest(date(2026, 11, 29), NOON, TOKYO) == 1440
    all_night = RoomRules(open_minute=0, close_minute=1440)
    house = House(TOKYO)
    late = Period(wall("23:00"), wall("23:00") + timedelta(hours=1))
    may_book(late, all_night, house, now=NOON, reach=Reach())
    over_midnight = Period(wall("23:30"), wall("23:30") + timedelta(hours=1))
    with pytest.raises(RuleBroken, match="from 00:00 to 24:00"):
        may_book(over_midnight, all_night, house, now=NOON, reach=Reach())
