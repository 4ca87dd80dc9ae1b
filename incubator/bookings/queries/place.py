"""What booking a room has to know, in two questions: the place, then the day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Integer, bindparam

from incubator.bookings.models import Booking
from incubator.bookings.queries.days import RULES
from incubator.bookings.rules import House, RoomRules
from incubator.core.days import ONE_DAY, Stretch, day_at
from incubator.core.db import Entity, ask, db
from incubator.core.errors import NotFound
from incubator.core.i18n import Name
from incubator.organisations.models import Organisation, Stage
from incubator.spaces.models import ClosedDay, Facility, Holiday, Room
from incubator.spaces.queries import COUNTRY, hours_of
from incubator.spaces.rules.opening import Calendar, weekdays


class RoomCard(NamedTuple):
    """A room by its name."""

    id: int
    code: str
    name: str


class FacilityCard(NamedTuple):
    """A facility as far as its rooms need it."""

    id: int
    zone: str
    currency: str
    open_minute: int
    close_minute: int
    closed_weekdays: str
    closed_on_holidays: bool
    included_room_minutes: int


class VentureCard(NamedTuple):
    """The company that books."""

    id: int
    facility_id: int | None
    stage: Stage
    left_on: date | None


@dataclass(frozen=True)
class Place:
    """Where a booking happens, and for whom."""

    room: RoomCard
    rules: RoomRules
    facility: FacilityCard
    venture: VentureCard | None

    def day_of(self, at: datetime) -> Stretch:
        """The day of a moment on the facility's wall clock."""
        day = day_at(at, self.facility.zone)
        return Stretch(day, day + ONE_DAY)


def _columns(entity: type[Entity], names: tuple[str, ...]) -> list[Any]:
    return [getattr(entity, name) for name in names]


_PLACE = (
    db.select(
        *_columns(Room, RoomCard._fields),
        *_columns(Room, RULES),
        *_columns(Facility, FacilityCard._fields),
        *_columns(Organisation, VentureCard._fields),
    )
    .join(Facility, Facility.id == Room.facility_id)
    .outerjoin(Organisation, Organisation.id == bindparam("organisation_id", type_=Integer))
    .where(Room.id == bindparam("room_id"))
    .with_for_update(of=Room, key_share=True)
)


def lock_place(room_id: int, organisation_id: int | None) -> Place:
    """The room, locked so that whoever wants it too waits, and all around it.

    NotFound unless the venture, if one books, is of the room's facility.
    """
    found = ask(_PLACE, {"room_id": room_id, "organisation_id": organisation_id}).one_or_none()
    if found is None:
        raise NotFound
    values = iter(found)
    room = RoomCard(*islice(values, len(RoomCard._fields)))
    rules = RoomRules(*islice(values, len(RULES)))
    facility = FacilityCard(*islice(values, len(FacilityCard._fields)))
    venture = VentureCard(*values) if organisation_id is not None else None
    if venture and venture.facility_id != facility.id:
        raise NotFound
    return Place(room, rules, facility, venture)


class Made(NamedTuple):
    """A booking that was made with a key, and by whom."""

    id: int
    booked_by_id: int


def _made(column: Any) -> Any:
    return db.select(column).where(Booking.once_key == bindparam("once_key")).scalar_subquery()


def _closed(column: Any) -> Any:
    return (
        db.select(column)
        .where(ClosedDay.facility_id == bindparam("facility_id"), ClosedDay.day == bindparam("day"))
        .scalar_subquery()
    )


def _holiday(column: Any) -> Any:
    return (
        db.select(column)
        .where(
            Holiday.country == COUNTRY,
            Holiday.day == bindparam("day"),
            Holiday.banks_only.is_(False),
        )
        .scalar_subquery()
    )


_DAY = db.select(
    _closed(ClosedDay.name),
    _closed(ClosedDay.name_en),
    _holiday(Holiday.name),
    _holiday(Holiday.name_en),
    _made(Booking.id),
    _made(Booking.booked_by_id),
)


def day_and_made(
    facility: Facility | FacilityCard, day: date, once_key: str | None
) -> tuple[House, Made | None]:
    """When the facility is open on a day, and what was made with this key already."""
    asked = {"facility_id": facility.id, "day": day, "once_key": once_key}
    found: Sequence[Any] = ask(_DAY, asked).one()
    closed, closed_en, holiday, holiday_en, made, booked_by = found
    calendar = Calendar(
        closed_weekdays=weekdays(facility.closed_weekdays),
        closed_on_holidays=facility.closed_on_holidays,
        holidays={} if holiday is None else {day: Name(holiday, holiday_en)},
        closed_days={} if closed is None else {day: Name(closed, closed_en)},
    )
    house = House(facility.zone, hours_of(facility), calendar)
    return house, None if made is None else Made(made, booked_by)


def house_on(facility: Facility, day: date) -> House:
    """When the facility is open on a day, in one question."""
    return day_and_made(facility, day, None)[0]
