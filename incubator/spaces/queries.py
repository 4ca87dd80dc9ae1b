"""Questions about facilities and what stands in them. Nothing here changes anything."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import contains_eager, joinedload

from incubator.core.days import FOREVER, Stretch
from incubator.core.db import db, page_of
from incubator.core.errors import NotFound
from incubator.core.i18n import Name
from incubator.spaces.models import (
    ClosedDay,
    Facility,
    Floor,
    Holiday,
    ImportRun,
    Room,
    Unit,
    UnitOutage,
)
from incubator.spaces.rules.floors import floor_name
from incubator.spaces.rules.opening import Calendar, Hours, weekdays

COUNTRY = "JP"


def facility_by_code(code: str) -> Facility | None:
    """The facility with this code."""
    found: Facility | None = db.session.scalar(
        db.select(Facility).where(Facility.code == code.lower())
    )
    return found


def facilities() -> list[Facility]:
    """Every facility, by name."""
    return list(db.session.scalars(db.select(Facility).order_by(Facility.name, Facility.id)))


def unit_counts() -> dict[int, int]:
    """How many units each facility has, by its id."""
    asked = db.select(Unit.facility_id, db.func.count()).group_by(Unit.facility_id)
    return dict(db.session.execute(asked).all())


def floors_of(facility_id: int) -> list[Floor]:
    """The storeys of a facility with a unit or a room on them, from the lowest up."""
    used = or_(
        db.exists().where(Unit.floor_id == Floor.id), db.exists().where(Room.floor_id == Floor.id)
    )
    asked = db.select(Floor).where(Floor.facility_id == facility_id, used)
    return list(db.session.scalars(asked.order_by(Floor.level, Floor.name)))


def units_of(facility_id: int) -> list[Unit]:
    """The units of a facility with their floors, floor by floor, by code."""
    return list(db.session.scalars(every_unit(facility_id)))


def every_unit(facility_id: int) -> Select[Unit]:
    """The question for them."""
    asked: Select[Unit] = db.select(Unit).join(Unit.floor).where(Unit.facility_id == facility_id)
    asked = asked.options(contains_eager(Unit.floor))
    return asked.order_by(Floor.level, Floor.name, Unit.code)


def unit_of(facility_id: int, unit_id: int) -> Unit:
    """One unit of this facility; NotFound for any other."""
    found: Unit | None = db.session.scalar(
        db.select(Unit)
        .where(Unit.facility_id == facility_id, Unit.id == unit_id)
        .options(joinedload(Unit.floor))
    )
    if found is None:
        raise NotFound("unit")
    return found


def unit_by_code(facility_id: int, code: str) -> Unit:
    """The unit of this facility with this code; NotFound when there is none."""
    found: Unit | None = db.session.scalar(
        db.select(Unit)
        .where(Unit.facility_id == facility_id, Unit.code == code)
        .options(joinedload(Unit.floor))
    )
    if found is None:
        raise NotFound(f"no unit has the code {code}")
    return found


def unit_alike(facility_id: int, code: str) -> Unit | None:
    """A unit of this facility whose code is this one, or differs from it by case alone."""
    alike = db.func.lower(Unit.code) == db.func.lower(code)
    asked = db.select(Unit).where(Unit.facility_id == facility_id, alike)
    return db.session.scalars(asked.order_by(Unit.id)).first()


def outages_of(unit_id: int) -> list[UnitOutage]:
    """The outages of a unit, latest first."""
    asked = db.select(UnitOutage).where(UnitOutage.unit_id == unit_id)
    return list(db.session.scalars(asked.order_by(UnitOutage.from_day.desc())))


def outage_of(facility_id: int, outage_id: int) -> UnitOutage:
    """One outage of a unit of this facility; NotFound for any other."""
    found: UnitOutage | None = db.session.scalar(
        db.select(UnitOutage)
        .join(Unit, Unit.id == UnitOutage.unit_id)
        .where(Unit.facility_id == facility_id, UnitOutage.id == outage_id)
    )
    if found is None:
        raise NotFound("outage")
    return found


def outages_in(facility_id: int, days: Stretch) -> dict[int, list[Stretch]]:
    """The outages of a facility's units that touch these days, by unit."""
    asked = (
        db.select(UnitOutage)
        .join(Unit, Unit.id == UnitOutage.unit_id)
        .where(
            Unit.facility_id == facility_id,
            UnitOutage.from_day < days.until,
            or_(UnitOutage.until_day.is_(None), UnitOutage.until_day > days.start),
        )
    )
    found: dict[int, list[Stretch]] = {}
    for outage in db.session.scalars(asked):
        found.setdefault(outage.unit_id, []).append(
            Stretch(outage.from_day, outage.until_day or FOREVER)
        )
    return found


def rooms_of(facility_id: int) -> list[Room]:
    """The shared rooms of a facility, by code."""
    asked = db.select(Room).where(Room.facility_id == facility_id)
    return list(db.session.scalars(asked.order_by(Room.code)))


def room_of(facility_id: int, room_id: int) -> Room:
    """One shared room of this facility; NotFound for any other."""
    asked = db.select(Room).where(Room.facility_id == facility_id, Room.id == room_id)
    found: Room | None = db.session.scalar(asked)
    if found is None:
        raise NotFound("room")
    return found


def closed_days_of(facility_id: int, days: Stretch) -> list[ClosedDay]:
    """The days on which a facility is closed besides holidays and weekdays."""
    return list(
        db.session.scalars(
            db.select(ClosedDay).where(_closed_in(facility_id, days)).order_by(ClosedDay.day)
        )
    )


def closed_day_of(facility_id: int, closed_day_id: int) -> ClosedDay:
    """One closed day of this facility; NotFound for any other."""
    found: ClosedDay | None = db.session.scalar(
        db.select(ClosedDay).where(
            ClosedDay.facility_id == facility_id, ClosedDay.id == closed_day_id
        )
    )
    if found is None:
        raise NotFound("closed day")
    return found


def _holiday_in(days: Stretch) -> ColumnElement[bool]:
    return and_(Holiday.country == COUNTRY, Holiday.day >= days.start, Holiday.day < days.until)


def _closed_in(facility_id: int, days: Stretch) -> ColumnElement[bool]:
    return and_(
        ClosedDay.facility_id == facility_id,
        ClosedDay.day >= days.start,
        ClosedDay.day < days.until,
    )


def holidays_in(days: Stretch) -> dict[date, Name]:
    """Public holidays by day."""
    found = db.session.execute(
        db.select(Holiday.day, Holiday.name, Holiday.name_en)
        .where(_holiday_in(days), Holiday.banks_only.is_(False))
        .order_by(Holiday.day)
    )
    return {row.day: Name(row.name, row.name_en) for row in found}


def bank_days_off(facility_id: int, days: Stretch) -> set[date]:
    """The holidays of the public and of banks, and the days on which a facility is closed."""
    holidays = db.select(Holiday.day).where(_holiday_in(days))
    own = db.select(ClosedDay.day).where(_closed_in(facility_id, days))
    return set(db.session.scalars(holidays.union(own)))


def calendar_of(facility: Facility, days: Stretch) -> Calendar:
    """On which of these days a facility is closed, in two questions."""
    closed = closed_days_of(facility.id, days)
    return Calendar(
        closed_weekdays=weekdays(facility.closed_weekdays),
        closed_on_holidays=facility.closed_on_holidays,
        holidays=holidays_in(days),
        closed_days={one.day: Name.of(one) for one in closed},
    )


class KeepsHours(Protocol):
    """A facility, a room, or what is known of one."""

    @property
    def open_minute(self) -> int:
        """When it opens, in minutes after midnight."""

    @property
    def close_minute(self) -> int:
        """When it closes."""


def hours_of(place: KeepsHours) -> Hours:
    """The hours that a facility or a room keeps when it is open."""
    return Hours(place.open_minute, place.close_minute)


def import_of(facility_id: int, kind: str, sha256: str) -> ImportRun | None:
    """When this very file was taken in here, if it was."""
    found: ImportRun | None = db.session.scalar(
        db.select(ImportRun).where(
            ImportRun.facility_id == facility_id,
            ImportRun.kind == kind,
            ImportRun.sha256 == sha256,
        )
    )
    return found


def imports_of(facility_id: int, kind: str, page: int = 1) -> tuple[list[ImportRun], int]:
    """A page of the files taken in here, latest first, and how many were."""
    asked = db.select(ImportRun).where(ImportRun.facility_id == facility_id, ImportRun.kind == kind)
    latest = asked.order_by(ImportRun.applied_at.desc(), ImportRun.id.desc())
    return page_of(latest, page)


def last_holiday() -> date | None:
    """Until when holidays are known."""
    found: date | None = db.session.scalar(
        db.select(db.func.max(Holiday.day)).where(Holiday.country == COUNTRY)
    )
    return found


def floors_named(facility_id: int, names: Iterable[str]) -> dict[str, Floor]:
    """The storeys of a facility with these names, each by the name asked for."""
    asked = db.select(Floor).where(Floor.facility_id == facility_id).order_by(Floor.id.desc())
    floors = list(db.session.scalars(asked))
    known = {floor_name(floor.name): floor for floor in floors}
    known |= {floor.name: floor for floor in floors}
    found = {name: known.get(name) or known.get(floor_name(name)) for name in names}
    return {name: floor for name, floor in found.items() if floor}
