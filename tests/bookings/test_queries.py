"""What a day looks like, to whom, and which times are free."""

from datetime import date, timedelta

import pytest

from incubator.bookings import queries
from incubator.bookings.models import BookingStatus
from incubator.bookings.queries import Eyes
from incubator.bookings.rules import Reach
from incubator.core.days import Stretch
from incubator.core.errors import NotFound
from incubator.spaces.models import ClosedDay, Holiday
from tests.factories.base import actor_of, keep, make_facility, make_room, make_venture, make_world
from tests.factories.bookings import at, make_booking

DAY = date(2026, 11, 30)
NOW = at("2026-11-24 10:00")


@pytest.fixture
def world():
    return make_world()


def booked(world, start, minutes=60, room=0, **facts):
    by = world.people["member"]
    return make_booking(world.rooms[room], by, at(f"2026-11-30 {start}"), minutes, **facts)


def seen(world, eyes):
    rows = queries.day_of(world.facility, DAY, eyes).get(world.rooms[0].id, [])
    return [(each.start, each.end, each.mine, each.who, each.title) for each in rows]


def test_a_venture_sees_of_others_only_that_a_room_is_taken(world):
    other = make_venture(world.facility, "よその会社")
    booked(world, "10:00", venture=world.venture, title="ours")
    booked(world, "13:00", venture=other, title="secret")
    booked(world, "15:00", status=BookingStatus.CANCELLED, title="gone")
    booked(world, "16:00", title="house")
    ours = (600, 660, True, world.venture.name, "ours")
    assert seen(world, Eyes(organisation_id=world.venture.id)) == [
        ours,
        (780, 840, False, "", ""),
        (960, 1020, False, "", ""),
    ]
    assert seen(world, Eyes()) == [
        (600, 660, False, "", ""),
        (780, 840, False, "", ""),
        (960, 1020, False, "", ""),
    ]
    everything = seen(world, Eyes(everything=True))
    assert everything[1] == (780, 840, False, "よその会社", "secret")
    assert everything[2] == (960, 1020, False, "", "house")


@pytest.mark.parametrize(
    ("who", "everything"), [("facility_admin", True), ("manager", True), ("clerk", False)]
)
def test_titles_are_for_the_office_and_not_for_the_clerk(world, who, everything):
    found = queries.eyes_of(actor_of(world.people[who]), world.facility.id)
    assert found.everything is everything


def test_buffers_take_room_from_the_gaps(world):
    room = world.rooms[0]
    start = at("2026-11-30 12:00")
    booked(world, "12:00", holds_from=start - timedelta(minutes=30),
           holds_until=start + timedelta(minutes=75))  # fmt: skip
    house = queries.house_on(world.facility, DAY)
    taken = queries.day_of(world.facility, DAY, Eyes())[room.id]
    gaps = queries.gaps_of(queries.rules_of(room), taken, house, DAY, NOW, reach=Reach())
    assert gaps == [(480, 690), (795, 1260)]
    found = queries.gaps_by_day(
        room, world.facility, Stretch(DAY, date(2026, 12, 2)), now=NOW, reach=Reach()
    )
    assert found == {DAY: gaps, date(2026, 12, 1): [(480, 1260)]}
    room.bookable = False
    assert queries.gaps_of(queries.rules_of(room), taken, house, DAY, NOW, reach=Reach()) == []


def test_only_rooms_that_are_free_for_all_of_it_are_offered(world):
    small, big, shut = world.rooms
    small.capacity, big.buffer_before, shut.bookable = 2, 30, False
    booked(world, "13:00", room=1)
    free = [
        [room.code for room in queries.free_rooms(world.facility, *times, now=NOW)]
        for times in (
            (at("2026-11-30 11:00"), at("2026-11-30 12:30")),
            (at("2026-11-30 13:30"), at("2026-11-30 14:30")),
            (at("2026-11-30 14:00"), at("2026-11-30 15:00")),
            (at("2026-11-30 14:30"), at("2026-11-30 15:30")),
            (at("2026-11-29 14:30"), at("2026-11-29 15:30")),
        )
    ]
    assert free == [["M1", "M2"], ["M1"], ["M1"], ["M1", "M2"], []]


def test_a_booking_that_moves_stands_in_nobodys_way_but_others_do(world):
    moving = booked(world, "13:00")
    booked(world, "15:00")

    def offered(start, booking=None):
        times = (at(f"2026-11-30 {start}"), at(f"2026-11-30 {start}") + timedelta(hours=1))
        free = queries.free_rooms(world.facility, *times, now=NOW, except_booking=booking)
        return world.rooms[0] in free

    assert [offered("13:30"), offered("13:30", moving.id)] == [False, True]
    assert [offered("14:30", moving.id), offered("15:00", moving.id)] == [False, False]


def nearest(world, start, **reach):
    wanted = queries.free.Period(at(start), at(start) + timedelta(hours=1))
    found = queries.nearest_free(
        world.rooms[0], wanted, now=NOW, facility=world.facility, reach=Reach(**reach)
    )
    return [f"{each.start.astimezone(at(start).tzinfo):%d %H:%M}" for each in found]


def test_the_nearest_free_times_are_just_before_just_after_and_the_next_open_day(world):
    keep(ClosedDay(facility_id=world.facility.id, day=date(2026, 12, 1)))
    booked(world, "13:00", 120)
    assert nearest(world, "2026-11-30 14:00") == ["30 03:00", "30 06:00", "02 05:00"]
    booked(world, "08:00", 300)
    booked(world, "15:00", 360)
    assert nearest(world, "2026-11-30 14:00") == ["02 05:00"]
    assert nearest(world, "2026-11-30 14:00", left_on=date(2026, 12, 2)) == []


def test_beyond_the_window_other_times_are_offered_to_the_office_only(world):
    assert nearest(world, "2027-11-29 14:00") == []
    assert nearest(world, "2027-11-29 14:00", any_time=True) != []


def test_when_nothing_is_open_nothing_is_offered(world):
    world.facility.closed_weekdays = "0123456"
    assert nearest(world, "2026-11-30 14:00") == []
    assert queries.clash_of(world.rooms[0], queries.free.Period(NOW, NOW + timedelta(1))) is None


def test_records_of_others_do_not_exist(world):
    other = make_venture(world.facility)
    booking = booked(world, "10:00", venture=world.venture)
    elsewhere = make_facility()
    assert queries.of_venture(world.venture.id, booking.id) is booking
    assert queries.at_facility(world.facility.id, booking.id) is booking
    for ask in (
        lambda: queries.of_venture(other.id, booking.id),
        lambda: queries.at_facility(elsewhere.id, booking.id),
    ):
        with pytest.raises(NotFound):
            ask()


def test_what_comes_and_what_was(world):
    coming = booked(world, "10:00", venture=world.venture)
    cancelled = booked(world, "12:00", venture=world.venture, status=BookingStatus.CANCELLED)
    was = make_booking(
        world.rooms[0], world.people["member"], at("2026-11-20 10:00"), venture=world.venture
    )
    assert queries.upcoming(world.venture.id, NOW) == ([coming], 1)
    assert queries.next_of(world.venture.id, NOW, 1) == [coming]
    assert queries.past(world.venture.id, NOW) == ([cancelled, was], 2)


def test_rooms_by_seats_and_floor(world):
    world.rooms[0].capacity, world.rooms[1].bookable = 20, False
    make_room(make_facility())
    names = [room.name_en for room in queries.rooms_of(world.facility.id)]
    assert names == ["Meeting room 1", "Meeting room 3"]
    assert len(queries.rooms_of(world.facility.id, all_rooms=True)) == 3
    assert len(queries.rooms_of(world.facility.id, seats=10, floor_id=world.floor.id)) == 1
    house = queries.house_of(world.facility, Stretch(DAY, date(2026, 12, 14)))
    saturday = date(2026, 12, 5)
    assert queries.next_days(house, saturday, 2) == [saturday, date(2026, 12, 7)]
    assert queries.day_span([], house) == (480, 1260)


def test_a_day_off_is_known_by_its_name(world):
    keep(ClosedDay(facility_id=world.facility.id, day=DAY, name="停電"))
    keep(Holiday(day=date(2026, 11, 23), name="勤労感謝の日", name_en="Labor Thanksgiving Day"))
    keep(Holiday(day=date(2026, 12, 31), name="銀行休業日", banks_only=True))
    known = {
        day: queries.house_on(world.facility, day)
        for day in (DAY, date(2026, 11, 23), date(2026, 12, 31))
    }
    named = [house.closed_as(day) for day, house in known.items()]
    assert [each and each.name for each in named] == ["停電", "勤労感謝の日", None]
    assert [each and each.name_en for each in named] == ["", "Labor Thanksgiving Day", None]
    closed = [house.calendar.closed_because(day) is not None for day, house in known.items()]
    assert closed == [True, True, False]
