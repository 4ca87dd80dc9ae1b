"""Which room is free then, and when this one is free instead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from incubator.bookings.models import Booking
from incubator.bookings.queries.days import (
    DAYS_TO_SEARCH,
    LONGEST_BUFFER,
    TAKING,
    house_of,
    rules_of,
)
from incubator.bookings.queries.place import house_on
from incubator.bookings.rules import (
    Gap,
    House,
    Period,
    Reach,
    RoomRules,
    clip_earliest,
    free_gaps,
    hours_on,
    instant,
    may_book,
    nearest,
    wall_minute,
    whole_day,
)
from incubator.core.days import ONE_DAY, Stretch, day_at
from incubator.core.db import db
from incubator.core.errors import RuleBroken
from incubator.spaces.models import Facility, Room


def free_rooms(
    facility: Facility,
    starts_at: datetime,
    ends_at: datetime,
    *,
    now: datetime | None = None,
    except_booking: int | None = None,
) -> list[Room]:
    """The rooms that can be booked for exactly this time, smallest first.

    What `except_booking` holds counts as free, for it is about to move.
    """
    wanted = Period(starts_at, ends_at)
    house = house_on(facility, day_at(starts_at, facility.zone))
    asked = (
        db.select(Room)
        .where(Room.facility_id == facility.id, Room.bookable)
        .order_by(Room.capacity, Room.code)
    )
    rooms = [
        room
        for room in db.session.scalars(asked)
        if _open_for(wanted, rules_of(room), house, now or starts_at)
    ]
    holds = _holds([room.id for room in rooms], wanted, except_booking)
    return [room for room in rooms if not _clashes(wanted, room, holds.get(room.id, ()))]


def _open_for(wanted: Period, room: RoomRules, house: House, now: datetime) -> bool:
    try:
        may_book(wanted, room, house, now=now, reach=Reach(any_time=True))
    except RuleBroken:
        return False
    return True


def _clashes(wanted: Period, room: Room, holds: Iterable[Period]) -> bool:
    held = holding(wanted, rules_of(room))
    return any(held.meets(each) for each in holds)


def holding(wanted: Period, room: RoomRules) -> Period:
    """What a booking holds: its own time with the room's buffers around it."""
    return Period(
        wanted.start - timedelta(minutes=room.buffer_before),
        wanted.end + timedelta(minutes=room.buffer_after),
    )


def _holds(
    room_ids: Sequence[int], over: Period, except_booking: int | None = None
) -> dict[int, list[Period]]:
    asked = (
        db.select(Booking.room_id, Booking.holds_from, Booking.holds_until)
        .where(
            Booking.room_id.in_(room_ids),
            Booking.id.is_distinct_from(except_booking),
            Booking.holds_from < over.end + LONGEST_BUFFER,
            Booking.holds_until > over.start - LONGEST_BUFFER,
            Booking.status.in_(TAKING),
        )
        .order_by(Booking.holds_from)
    )
    found: dict[int, list[Period]] = {}
    for room_id, start, end in db.session.execute(asked):
        found.setdefault(room_id, []).append(Period(start, end))
    return found


def clash_of(room: Room, wanted: Period) -> Period | None:
    """The time of whoever has the room then, without saying who it is."""
    held = holding(wanted, rules_of(room))
    found = db.session.execute(
        db.select(Booking.starts_at, Booking.ends_at)
        .where(
            Booking.room_id == room.id,
            Booking.holds_from < held.end,
            Booking.holds_until > held.start,
            Booking.status.in_(TAKING),
        )
        .order_by(Booking.starts_at)
        .limit(1)
    ).first()
    return Period(*found) if found else None


def nearest_free(
    room: Room, wanted: Period, *, now: datetime, facility: Facility, reach: Reach
) -> list[Period]:
    """Up to three times as long as wanted: just before, just after, and on the next open day."""
    day = day_at(wanted.start, facility.zone)
    days = [day + timedelta(days=number) for number in range(DAYS_TO_SEARCH)]
    house = house_of(facility, Stretch(day, days[-1] + ONE_DAY))
    last = whole_day(days[-1], facility.zone).end
    holds = _holds([room.id], Period(wanted.start - timedelta(days=1), last)).get(room.id, [])
    search = _Search(rules_of(room), house, holds, wanted, now, reach)
    found = search.on(day)
    for later in days[1:]:
        if times := search.on(later):
            return [*found, min(times, key=lambda each: search.distance(each, later))]
    return found


@dataclass(frozen=True)
class _Search:
    """Looking for a time like the one wanted."""

    room: RoomRules
    house: House
    holds: Sequence[Period]
    wanted: Period
    now: datetime
    reach: Reach

    def minute(self) -> int:
        zone = ZoneInfo(self.house.zone)
        return wall_minute(self.wanted.start, day_at(self.wanted.start, self.house.zone), zone)

    def on(self, day: date) -> list[Period]:
        zone = ZoneInfo(self.house.zone)
        over = whole_day(day, self.house.zone)
        held = [
            (wall_minute(each.start, day, zone), wall_minute(each.end, day, zone))
            for each in self.holds
            if each.meets(over)
        ]
        earliest = clip_earliest(day, self.now, self.house.zone)
        gaps = free_gaps(hours_on(day, self.room, self.house), held, self.room, earliest)
        starts = nearest(self.minute(), self.wanted.minutes, gaps)
        found = (self.at(day, start) for start in starts)
        return [each for each in found if each and not self.is_held(each)]

    def at(self, day: date, minute: int) -> Period | None:
        try:
            start = instant(day, minute, self.house.zone)
            wanted = Period(start, start + timedelta(minutes=self.wanted.minutes))
            may_book(wanted, self.room, self.house, now=self.now, reach=self.reach)
        except RuleBroken:
            return None
        return wanted

    def is_held(self, each: Period) -> bool:
        held = holding(each, self.room)
        return any(held.meets(other) for other in self.holds)

    def distance(self, each: Period, day: date) -> int:
        return abs(wall_minute(each.start, day, ZoneInfo(self.house.zone)) - self.minute())


def gaps_by_day(
    room: Room, facility: Facility, days: Stretch, *, now: datetime, reach: Reach
) -> dict[date, list[Gap]]:
    """When a room can still be booked on each of these days; closed days have no gaps."""
    zone, house, terms = ZoneInfo(facility.zone), house_of(facility, days), rules_of(room)
    over = Period(
        whole_day(days.start, facility.zone).start, whole_day(days.last, facility.zone).end
    )
    holds = _holds([room.id], over).get(room.id, [])
    last = reach.last_day(terms, now, facility.zone)
    found = {}
    for number in range(days.days):
        day = days.start + timedelta(days=number)
        held = [
            (wall_minute(each.start, day, zone), wall_minute(each.end, day, zone))
            for each in holds
            if each.meets(whole_day(day, facility.zone))
        ]
        earliest = clip_earliest(day, now, facility.zone)
        hours = hours_on(day, terms, house) if day <= last else None
        found[day] = free_gaps(hours, held, terms, earliest)
    return found
