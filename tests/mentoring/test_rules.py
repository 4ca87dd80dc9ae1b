"""What mentoring decides, table by table."""

from datetime import UTC, date, datetime, timedelta

import pytest

from incubator.core.days import FOREVER, Stretch
from incubator.core.errors import RuleBroken
from incubator.mentoring import rules
from incubator.mentoring.rules import Circle, Hours, OtherDay, Plan, Reader, Slot, Standing

ALWAYS = Stretch(date(2026, 1, 1), FOREVER)
MONDAY = date(2026, 11, 23)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def week(*hours: Hours, zone: str = "Asia/Tokyo", **more: object) -> Plan:
    return Plan(zone, hours, **more)


def starts(days: Stretch, plan: Plan, taken=(), now=datetime(2026, 1, 1, tzinfo=UTC)) -> list[str]:
    slots = rules.free_slots(days, plan, taken, now)
    return [f"{slot.starts_at:%d %H:%M}+{slot.minutes}" for slot in slots]


TEN_TO_ONE = Hours(0, 600, 780, 60, ALWAYS)
ONE_DAY = Stretch(MONDAY, date(2026, 11, 24))


@pytest.mark.parametrize(
    ("plan", "taken", "now", "free"),
    [
        (week(TEN_TO_ONE), (), at(1, 0), ["23 01:00+60", "23 02:00+60", "23 03:00+60"]),
        (week(TEN_TO_ONE), (Slot(at(23, 2, 30), at(23, 3)),), at(1, 0),
         ["23 01:00+60", "23 03:00+60"]),
        (week(TEN_TO_ONE), (), at(23, 1, 30), ["23 02:00+60", "23 03:00+60"]),
        (week(TEN_TO_ONE, closed=frozenset({MONDAY})), (), at(1, 0), []),
        (week(TEN_TO_ONE, other=(OtherDay(MONDAY),)), (), at(1, 0), []),
        (week(TEN_TO_ONE, other=(OtherDay(MONDAY, 900, 990, 45),)), (), at(1, 0),
         ["23 06:00+45", "23 06:45+45"]),
        (week(TEN_TO_ONE, other=(OtherDay(date(2026, 11, 24)),)), (), at(1, 0),
         ["23 01:00+60", "23 02:00+60", "23 03:00+60"]),
        (week(Hours(1, 600, 780, 60, ALWAYS)), (), at(1, 0), []),
        (week(Hours(0, 600, 780, 60, Stretch(date(2026, 1, 1), MONDAY))), (), at(1, 0), []),
        (week(Hours(0, 1380, 1440, 60, ALWAYS)), (), at(1, 0), ["23 14:00+60"]),
    ],
)  # fmt: skip
def test_free_times_are_open_times_less_what_is_taken(plan, taken, now, free):
    assert starts(ONE_DAY, plan, taken, now) == free


@pytest.mark.parametrize(
    ("day", "from_minute", "until_minute", "free"),
    [
        # In Berlin the clocks skip 02:00 to 03:00 on 29 March and show it twice on 25 October 2026.
        (date(2026, 3, 29), 60, 240, ["29 00:00+60", "29 01:00+60"]),
        (date(2026, 3, 29), 60, 150, ["29 00:00+60"]),
        (date(2026, 3, 29), 90, 180, []),
        (date(2026, 10, 25), 60, 240, ["24 23:00+60", "25 00:00+60", "25 02:00+60"]),
        (date(2026, 3, 28), 600, 660, ["28 09:00+60"]),
        (date(2026, 3, 30), 600, 660, ["30 08:00+60"]),
    ],
)
def test_slots_keep_the_wall_clock_when_clocks_change(day, from_minute, until_minute, free):
    hours = Hours(day.weekday(), from_minute, until_minute, 60, ALWAYS)
    days = Stretch(day, day + timedelta(days=1))
    assert starts(days, week(hours, zone="Europe/Berlin")) == free


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (Hours(0, 540, 600, 60, ALWAYS), None),
        (Hours(0, 780, 840, 60, ALWAYS), None),
        (Hours(1, 600, 780, 60, ALWAYS), None),
        (Hours(0, 600, 780, 60, Stretch(date(2025, 1, 1), date(2026, 1, 1))), None),
        (Hours(0, 700, 800, 60, ALWAYS), "from_minute"),
        (Hours(0, 800, 700, 60, ALWAYS), "until_minute"),
        (Hours(0, 0, 1441, 60, ALWAYS), "until_minute"),
        (Hours(2, 600, 630, 60, ALWAYS), "until_minute"),
        (Hours(2, 600, 900, 7, ALWAYS), "until_minute"),
    ],
)
def test_hours_hold_a_session_and_do_not_overlap(new, field):
    if field is None:
        rules.check_hours(new, [TEN_TO_ONE])
        return
    with pytest.raises(RuleBroken) as broken:
        rules.check_hours(new, [TEN_TO_ONE])
    assert broken.value.field == field


@pytest.mark.parametrize(
    ("weekly", "minutes"),
    [
        ([], 60),
        ([Hours(1, 600, 720, 90, ALWAYS)], 90),
        ([Hours(1, 600, 720, 45, ALWAYS), Hours(0, 600, 720, 90, ALWAYS)], 90),
        ([Hours(0, 600, 720, 90, ALWAYS), Hours(0, 780, 900, 30, ALWAYS)], 30),
        ([Hours(0, 600, 720, 30, Stretch(date(2025, 1, 1), date(2026, 1, 1)))], 60),
    ],
)
def test_sessions_on_a_day_at_other_hours_are_as_long_as_usual(weekly, minutes):
    assert rules.usual_length(date(2026, 11, 23), weekly) == minutes


def test_too_many_ventures_are_a_warning_only():
    assert rules.caseload_warning(15, 15) is None
    assert "15 ventures" in str(rules.caseload_warning(16, 15))


@pytest.mark.parametrize(
    ("until_day", "end", "allowed"),
    [
        (None, date(2026, 4, 2), True),
        (date(2026, 12, 1), date(2026, 11, 1), True),
        (None, date(2026, 4, 1), False),
        (date(2026, 11, 1), date(2026, 11, 1), False),
    ],
)
def test_an_assignment_ends_once_and_after_it_began(until_day, end, allowed):
    if allowed:
        rules.check_end(date(2026, 4, 1), until_day, end)
        return
    with pytest.raises(RuleBroken):
        rules.check_end(date(2026, 4, 1), until_day, end)


ME, OTHER = 1, 2
MINE = Circle(ME)
INVITED = Circle(OTHER, guests=frozenset({ME}))
WRITTEN = Circle(OTHER, authors=frozenset({ME}))
THEIRS = Circle(OTHER)


@pytest.mark.parametrize(
    ("reader", "circle", "reads", "writes", "own_private", "their_private"),
    [
        (Reader(ME, manages=True), THEIRS, True, True, True, True),
        (Reader(ME, mentors=True), MINE, True, True, True, False),
        (Reader(ME, mentors=True), INVITED, True, True, True, False),
        (Reader(ME, mentors=True), WRITTEN, True, True, True, False),
        (Reader(ME, mentors=True), THEIRS, False, False, True, False),
        (Reader(ME, owns=True, member=True), THEIRS, True, False, False, False),
        (Reader(ME, member=True), INVITED, True, False, False, False),
        (Reader(ME, member=True), THEIRS, False, False, False, False),
        (Reader(ME), MINE, False, False, False, False),
        (Reader(None), THEIRS, False, False, False, False),
    ],
)
def test_who_reads_and_writes_which_note(reader, circle, reads, writes, own_private, their_private):
    assert rules.may_read(reader, circle) is reads
    assert rules.may_write(reader, circle) is writes
    assert rules.may_read_private(reader, ME) is own_private
    assert rules.may_read_private(reader, OTHER) is their_private


@pytest.mark.parametrize(
    ("slot", "by_manager", "field"),
    [
        (Slot(at(24, 1), at(24, 2)), False, None),
        (Slot(at(22, 1), at(22, 2)), True, None),
        (Slot(at(22, 1), at(22, 2)), False, "start"),
        (Slot(at(24, 2), at(24, 2)), True, "length"),
        (Slot(at(24, 2), at(24, 11)), True, "length"),
    ],
)
def test_a_session_has_a_length_and_ventures_book_ahead(slot, by_manager, field):
    now = at(23, 0)
    if field is None:
        rules.check_times_of_session(slot, now=now, by_manager=by_manager)
        return
    with pytest.raises(RuleBroken) as broken:
        rules.check_times_of_session(slot, now=now, by_manager=by_manager)
    assert broken.value.field == field


@pytest.mark.parametrize(
    ("booked", "starts_at", "by_manager", "allowed"),
    [
        (True, at(24, 1), False, True),
        (True, at(22, 1), True, True),
        (True, at(22, 1), False, False),
        (False, at(24, 1), True, False),
    ],
)
def test_what_may_still_be_changed(booked, starts_at, by_manager, allowed):
    facts = {"booked": booked, "starts_at": starts_at, "now": at(23, 0), "by_manager": by_manager}
    if allowed:
        rules.check_may_change(**facts)
        return
    with pytest.raises(RuleBroken):
        rules.check_may_change(**facts)


@pytest.mark.parametrize(
    ("cancelled", "starts_at", "allowed"),
    [(False, at(22, 1), True), (True, at(22, 1), False), (False, at(24, 1), False)],
)
def test_a_session_was_held_when_it_has_begun(cancelled, starts_at, allowed):
    if allowed:
        rules.check_may_hold(cancelled=cancelled, starts_at=starts_at, now=at(23, 0))
        return
    with pytest.raises(RuleBroken):
        rules.check_may_hold(cancelled=cancelled, starts_at=starts_at, now=at(23, 0))


TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing(TODAY - timedelta(days=59), "JPY"), []),
        (Standing(TODAY - timedelta(days=60), "JPY", TODAY - timedelta(days=60)),
         ["No contact for 60 days: last met Thu 24 Sep 2026, nothing booked"]),
        (Standing(TODAY - timedelta(days=61), "JPY"),
         ["No contact for 61 days: never met, nothing booked"]),
        (Standing(TODAY - timedelta(days=61), "JPY", booked_ahead=True),
         ["No contact for 61 days: a session is booked"]),
        (Standing(TODAY, "JPY", overdue=264000), ["Rent overdue: ¥264,000 is past its due day"]),
        (Standing(TODAY, "JPY", missing_months=[date(2026, 9, 1), date(2026, 10, 1)]),
         ["Monthly figures missing: months not filed: 2"]),
        (Standing(TODAY, "JPY", lease_until=date(2027, 2, 1)),
         ["Lease ends soon: last day Sun 31 Jan 2027"]),
        (Standing(TODAY, "JPY", lease_until=date(2027, 4, 1)), []),
        (Standing(TODAY, "JPY", lease_until=date(2026, 11, 1)), []),
    ],
)  # fmt: skip
def test_a_venture_is_at_risk_for_a_reason(standing, said):
    assert [f"{risk.label}: {risk.facts}" for risk in rules.risks(standing, TODAY)] == said


def test_what_has_no_end_lasts_for_ever():
    assert rules.valid_between(TODAY, None) == Stretch(TODAY, FOREVER)
    assert rules.valid_between(TODAY, date(2027, 1, 1)).last == date(2026, 12, 31)
