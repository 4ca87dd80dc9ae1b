"""A day in the rooms of a facility: what is taken, what is free."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select

from incubator.bookings.models import Booking, BookingStatus
from incubator.bookings.rules import (
    DAY,
    Gap,
    House,
    Period,
    Reach,
    RoomRules,
    clip_earliest,
    free_gaps,
    hours_on,
    wall_minute,
    whole_day,
    why_closed,
)
from incubator.core.access import Actor, Can
from incubator.core.days import ONE_DAY, Stretch, day_at
from incubator.core.db import UTCDateTime, db
from incubator.core.i18n import Message
from incubator.organisations.models import Organisation
from incubator.spaces.models import Facility, Floor, Room
from incubator.spaces.queries import calendar_of, hours_of

TAKING = (BookingStatus.CONFIRMED, BookingStatus.NO_SHOW)
LONGEST_BUFFER = timedelta(hours=4)
RULES = tuple(each.name for each in fields(RoomRules))
DAYS_TO_SEARCH = 14


class RoomFacts(NamedTuple):
    """A room as lists show it, with its rules of use."""

    id: int
    name: str
    name_en: str
    capacity: int
    equipment: str
    floor: str
    rules: RoomRules


@dataclass(frozen=True)
class Eyes:
    """How much of a day somebody may see: everything, or only what is their venture's."""

    everything: bool = False
    organisation_id: int | None = None


class Taken(NamedTuple):
    """A booking on one day, in minutes after midnight; `who` and `title` only if known."""

    id: int
    start: int
    end: int
    held: Gap
    mine: bool
    known: bool
    who: str
    who_en: str
    title: str


def rules_of(room: Room | Row[Any]) -> RoomRules:
    """The rules of use that stand on a room."""
    return RoomRules(*(getattr(room, name) for name in RULES))


def house_of(facility: Facility, days: Stretch) -> House:
    """When the facility is open on these days."""
    return House(facility.zone, hours_of(facility), calendar_of(facility, days))


def rooms_of(
    facility_id: int, *, seats: int = 0, floor_id: int | None = None, all_rooms: bool = False
) -> list[RoomFacts]:
    """The rooms that can be booked, or all, floor by floor."""
    columns = [getattr(Room, name) for name in RULES]
    asked = (
        db.select(
            Room.id, Room.name, Room.name_en, Room.capacity, Room.equipment, Floor.name, *columns
        )
        .outerjoin(Floor, Floor.id == Room.floor_id)
        .where(Room.facility_id == facility_id, Room.capacity >= seats)
        .order_by(Floor.level, Room.code)
    )
    if not all_rooms:
        asked = asked.where(Room.bookable)
    if floor_id is not None:
        asked = asked.where(Room.floor_id == floor_id)
    return [
        RoomFacts(number, name, name_en, capacity, equipment, floor or "", RoomRules(*terms))
        for number, name, name_en, capacity, equipment, floor, *terms in db.session.execute(asked)
    ]


def eyes_of(actor: Actor, facility_id: int) -> Eyes:
    """What an actor sees of the bookings at a facility as staff."""
    return Eyes(actor.can(Can.SEE_BOOKING_TITLES, facility=facility_id))


def day_of(facility: Facility, day: date, eyes: Eyes) -> dict[int, list[Taken]]:
    """What is taken on a day, room by room in order of time; others' facts are left out."""
    zone = ZoneInfo(facility.zone)
    found: dict[int, list[Taken]] = {}
    for room_id, *row in db.session.execute(_held_on(facility, day)):
        found.setdefault(room_id, []).append(_taken(row, day, zone, eyes))
    return found


def _held_on(facility: Facility, day: date) -> Select[Any]:
    over = whole_day(day, facility.zone)
    asked: Select[Any] = (
        db.select(
            Booking.room_id,
            Booking.id,
            Booking.starts_at,
            Booking.ends_at,
            db.func.nullif(Booking.holds_from, Booking.starts_at, type_=UTCDateTime()),
            db.func.nullif(Booking.holds_until, Booking.ends_at, type_=UTCDateTime()),
            Booking.organisation_id,
            Booking.title,
            Organisation.name,
            Organisation.name_en,
        )
        .outerjoin(Organisation, Organisation.id == Booking.organisation_id)
        .where(
            Booking.facility_id == facility.id,
            Booking.starts_at >= over.start - LONGEST_BUFFER,
            Booking.starts_at < over.end + LONGEST_BUFFER,
            Booking.holds_until > over.start,
            Booking.holds_from < over.end,
            Booking.status.in_(TAKING),
        )
        .order_by(Booking.starts_at)
    )
    return asked


def _taken(row: Sequence[Any], day: date, zone: ZoneInfo, eyes: Eyes) -> Taken:
    number, start, end, holds_from, holds_until, organisation_id, title, name, name_en = row
    first, last = wall_minute(start, day, zone), wall_minute(end, day, zone)
    held = (
        first if holds_from is None else wall_minute(holds_from, day, zone),
        last if holds_until is None else wall_minute(holds_until, day, zone),
    )
    mine = organisation_id is not None and organisation_id == eyes.organisation_id
    if not (mine or eyes.everything):
        return Taken(number, first, last, held, False, False, "", "", "")
    return Taken(number, first, last, held, mine, True, name or "", name_en or name or "", title)


def gaps_of(
    room: RoomRules,
    taken: Iterable[Taken],
    house: House,
    day: date,
    now: datetime,
    *,
    reach: Reach,
) -> list[Gap]:
    """When a room can still be booked on a day."""
    if not room.bookable or day > reach.last_day(room, now, house.zone):
        return []
    earliest = clip_earliest(day, now, house.zone)
    return free_gaps(hours_on(day, room, house), [each.held for each in taken], room, earliest)


def outside_hours(facility: Facility, now: datetime) -> dict[int, Message]:
    """The bookings to come for which their room or the house is not open, in order of time: why."""
    asked = db.select(Booking.id, Booking.room_id, Booking.starts_at, Booking.ends_at).where(
        Booking.facility_id == facility.id,
        Booking.starts_at > now,
        Booking.status == BookingStatus.CONFIRMED,
    )
    booked = db.session.execute(asked.order_by(Booking.starts_at, Booking.id)).all()
    if not booked:
        return {}
    last = max(row.ends_at for row in booked)
    days = Stretch(day_at(now, facility.zone), day_at(last, facility.zone) + ONE_DAY)
    house = house_of(facility, days)
    rooms = {each.id: each.rules for each in rooms_of(facility.id, all_rooms=True)}
    why = {
        row.id: why_closed(Period(row.starts_at, row.ends_at), rooms[row.room_id], house)
        for row in booked
    }
    return {number: because for number, because in why.items() if because is not None}


def next_days(house: House, today: date, count: int) -> list[date]:
    """Today and the next open days."""
    found = [today]
    day = today
    while len(found) < count and (day - today).days < DAYS_TO_SEARCH:
        day += ONE_DAY
        if house.calendar.closed_because(day) is None:
            found.append(day)
    return found


def day_span(rooms: Iterable[RoomFacts], house: House) -> Gap:
    """From when to when a picture of the day reaches."""
    hours = [each.rules for each in rooms]
    opens = min((each.open_minute for each in hours), default=0)
    closes = max((each.close_minute for each in hours), default=DAY)
    return max(opens, house.hours.opens), min(closes, house.hours.closes)
