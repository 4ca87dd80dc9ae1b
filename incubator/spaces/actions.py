"""What people do with facilities, units and rooms. Each function is one deed."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from zoneinfo import available_timezones

from incubator.core import access, audit, reading
from incubator.core.access import Actor, Can
from incubator.core.audit import Where
from incubator.core.days import ONE_DAY, Stretch, day_at
from incubator.core.db import Entity, db, lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Name, say
from incubator.spaces import gateway, queries
from incubator.spaces.models import (
    ClosedDay,
    Facility,
    Floor,
    Holiday,
    ImportRun,
    Room,
    Unit,
    UnitKind,
    UnitOutage,
)
from incubator.spaces.rules import opening, plan, reminders
from incubator.spaces.rules.floors import floor_name, level_of

YEARS_BACK, YEARS_AHEAD = 3, 5


def add_facility(
    code: str, name: str, *, actor: Actor, now: datetime, facts: Mapping[str, object] | None = None
) -> Facility:
    """Open a facility; its country's holidays are loaded with it."""
    access.require(actor, Can.MANAGE_FACILITIES)
    code = reading.tidy(code).lower()
    if not code.isascii() or not code.replace("-", "").isalnum():
        raise RuleBroken(say("A code has only letters, digits and hyphens."), "code")
    if queries.facility_by_code(code):
        raise RuleBroken(
            say("There is a facility with the code %(code)s already.", code=code), "code"
        )
    if not (name := reading.words(name, field="name")):
        raise RuleBroken(say("Please fill this in."), "name")
    facility = Facility(code=code, name=name, **(facts or {}))
    db.session.add(facility)
    db.session.flush()
    where = Where(facility.id)
    audit.record(actor, "facility.added", facility, at=now, where=where, after={"code": code})
    load_holidays(day_at(now, facility.zone))
    return facility


def load_holidays(today: date) -> int:
    """Take in the holidays of the years around today that are not known yet."""
    country = queries.COUNTRY
    years = range(today.year - YEARS_BACK, today.year + YEARS_AHEAD + 1)
    known = set(db.session.scalars(db.select(Holiday.day).where(Holiday.country == country)))
    fresh = [
        Holiday(country=country, **asdict(one))
        for one in gateway.known_holidays(country, years)
        if one.day not in known
    ]
    db.session.add_all(fresh)
    db.session.flush()
    return len(fresh)


def edit_facility(
    facility: Facility, changes: Mapping[str, object], *, actor: Actor, now: datetime
) -> None:
    """Change the house rules of a facility."""
    access.require(actor, Can.EDIT_FACILITY, facility=facility.id)
    lock(Facility, facility.id)
    wanted = {"open_minute": facility.open_minute, "close_minute": facility.close_minute, **changes}
    opening.check_hours(int(str(wanted["open_minute"])), int(str(wanted["close_minute"])))
    if wanted.get("zone", facility.zone) not in available_timezones():
        raise RuleBroken(say("This time zone is not known. Write it like Asia/Tokyo."), "zone")
    _check_settled(facility, changes)
    if "reminder_days" in changes:
        days = reminders.days_of(str(changes["reminder_days"] or ""))
        changes = {**changes, "reminder_days": reminders.written(days)}
    _change(facility, "facility.changed", changes, actor, now, Where(facility.id))


def _check_settled(facility: Facility, changes: Mapping[str, object]) -> None:
    """What bookings and prices were written in cannot change under them."""
    if changes.get("zone", facility.zone) != facility.zone and queries.rooms_of(facility.id):
        told = say("The time zone stays as it is: bookings would move. Open another facility.")
        raise RuleBroken(told, "zone")
    if changes.get("currency", facility.currency) != facility.currency and queries.units_of(
        facility.id
    ):
        told = say("The currency stays as it is: prices are kept in it. Open another facility.")
        raise RuleBroken(told, "currency")


def add_closed_day(
    facility: Facility, day: date, name: Name, *, actor: Actor, now: datetime
) -> ClosedDay:
    """Close a facility for a day; a reason given in English only is one for all."""
    access.require(actor, Can.EDIT_FACILITY, facility=facility.id)
    name_en = reading.words(name.name_en, field="name_en")
    named = {"name": reading.words(name.name, field="name") or name_en, "name_en": name_en}
    if queries.closed_days_of(facility.id, Stretch(day, day + ONE_DAY)):
        raise RuleBroken(say("%(day)s is closed already.", day=day), "day")
    closed = ClosedDay(facility_id=facility.id, day=day, **named)
    db.session.add(closed)
    facts = {"day": day, **named}
    where = Where(facility.id)
    db.session.flush()
    audit.record(actor, "closed_day.added", closed, at=now, where=where, after=facts)
    return closed


def remove_closed_day(
    facility: Facility, closed: ClosedDay, *, actor: Actor, now: datetime
) -> None:
    """Open a facility again on a day that was closed."""
    access.require(actor, Can.EDIT_FACILITY, facility=facility.id)
    lock(ClosedDay, closed.id)
    facts = {"day": closed.day, "name": closed.name, "name_en": closed.name_en}
    where = Where(facility.id)
    audit.record(actor, "closed_day.removed", closed, at=now, where=where, before=facts)
    db.session.delete(closed)


@dataclass(frozen=True)
class UnitFacts:
    """What a unit is and costs; areas in 0.01 m², sums in minor units, tax-exclusive."""

    code: str
    floor: str
    kind: UnitKind
    area: int
    list_rent: int | None = None
    unit_price: int | None = None
    common_fee: int = 0
    note: str = ""


def add_unit(
    facility: Facility,
    facts: UnitFacts,
    *,
    actor: Actor,
    now: datetime,
    floor: Floor | None = None,
) -> Unit:
    """Take a rentable unit into the books; its floor is made when it is the first there."""
    access.require(actor, Can.EDIT_FACILITY, facility=facility.id)
    if not reading.words(facts.code, field="code") or facts.area <= 0:
        raise RuleBroken(say("A unit needs a code and an area."), "code")
    if facts.list_rent is None and facts.unit_price is None:
        raise RuleBroken(say("Give a monthly rent or a price per square metre."), "list_rent")
    _refuse_unit_alike(facility.id, facts.code)
    floor = floor or floor_at(facility, facts.floor, actor=actor, now=now)
    values = {name: value for name, value in asdict(facts).items() if name != "floor"}
    unit = Unit(facility_id=facility.id, floor=floor, **values)
    db.session.add(unit)
    where = Where(facility.id)
    db.session.flush()
    audit.record(actor, "unit.added", unit, at=now, where=where, after=values)
    return unit


def floor_at(facility: Facility, name: str, *, actor: Actor, now: datetime) -> Floor:
    """The storey of this name, however it is written; added when nothing stands on it yet."""
    found = queries.floors_named(facility.id, [name]).get(name)
    if found:
        return found
    access.require(actor, Can.EDIT_FACILITY, facility=facility.id)
    name = floor_name(name)
    floor = Floor(facility_id=facility.id, name=name, level=level_of(name))
    db.session.add(floor)
    db.session.flush()
    where = Where(facility.id)
    audit.record(actor, "floor.added", floor, at=now, where=where, after={"name": name})
    return floor


def edit_unit(unit: Unit, changes: Mapping[str, object], *, actor: Actor, now: datetime) -> None:
    """Change what a unit is or costs; leases keep the prices they were signed at."""
    access.require(actor, Can.EDIT_FACILITY, facility=unit.facility_id)
    lock(Facility, unit.facility_id)
    lock(Unit, unit.id)
    prices = {"list_rent": unit.list_rent, "unit_price": unit.unit_price, **changes}
    if prices["list_rent"] is None and prices["unit_price"] is None:
        raise RuleBroken(say("Give a monthly rent or a price per square metre."), "list_rent")
    code = str(changes.get("code", unit.code))
    if code.lower() != unit.code.lower():
        _refuse_unit_alike(unit.facility_id, code)
    _change(unit, "unit.changed", changes, actor, now, Where(unit.facility_id))


def _refuse_unit_alike(facility_id: int, code: str) -> None:
    other = queries.unit_alike(facility_id, code)
    if other is not None:
        raise RuleBroken(
            say("There is a unit %(unit)s already. Give this one another code.", unit=other.code),
            "code",
        )


def draw_floors(facility_id: int) -> None:
    """Give every unit that has no place on its floor's plan one; floors drawn by hand stay."""
    lock(Facility, facility_id)
    by_floor: dict[int, list[Unit]] = {}
    for unit in queries.units_of(facility_id):
        by_floor.setdefault(unit.floor_id, []).append(unit)
    for units in by_floor.values():
        if any(unit.plan_x is None for unit in units):
            _place(units)
    db.session.flush()


def _place(units: Iterable[Unit]) -> None:
    units = list(units)
    for unit, box in zip(units, plan.lay_out([unit.area for unit in units]), strict=True):
        unit.plan_x, unit.plan_y, unit.plan_w, unit.plan_h = box.x, box.y, box.w, box.h


@dataclass(frozen=True)
class Outage:
    """From when until when a unit cannot be let, and why; no end is until further notice."""

    from_day: date
    until_day: date | None = None
    reason: str = ""


def start_outage(unit: Unit, outage: Outage, *, actor: Actor, now: datetime) -> UnitOutage:
    """Take a unit out of service."""
    access.require(actor, Can.EDIT_FACILITY, facility=unit.facility_id)
    if outage.until_day is not None and outage.until_day <= outage.from_day:
        raise RuleBroken(say("The end must be after the start."), "until_day")
    row = UnitOutage(unit_id=unit.id, **asdict(outage))
    db.session.add(row)
    db.session.flush()
    where = Where(unit.facility_id)
    audit.record(actor, "unit.outage_started", unit, at=now, where=where, after=asdict(outage))
    return row


def end_outage(unit: Unit, outage: UnitOutage, until: date, *, actor: Actor, now: datetime) -> None:
    """Put a unit back into service from a day; an outage that had not begun is dropped."""
    access.require(actor, Can.EDIT_FACILITY, facility=unit.facility_id)
    lock(UnitOutage, outage.id)
    where = Where(unit.facility_id)
    before, after = {"until_day": outage.until_day}, {"until_day": until}
    audit.record(actor, "unit.outage_ended", unit, at=now, where=where, before=before, after=after)
    if until <= outage.from_day:
        db.session.delete(outage)
    else:
        outage.until_day = until


def add_room(
    facility: Facility, facts: Mapping[str, object], *, actor: Actor, now: datetime
) -> Room:
    """Open a shared room with its rules of use."""
    access.require(actor, Can.EDIT_FACILITY, facility=facility.id)
    room = Room(facility_id=facility.id, **facts)
    check_room(facts)
    _refuse_twin(room)
    db.session.add(room)
    db.session.flush()
    where = Where(facility.id)
    audit.record(actor, "room.added", room, at=now, where=where, after=dict(facts))
    return room


def edit_room(room: Room, changes: Mapping[str, object], *, actor: Actor, now: datetime) -> None:
    """Change a room's rules of use; bookings keep the terms they were made under."""
    access.require(actor, Can.EDIT_FACILITY, facility=room.facility_id)
    lock(Room, room.id)
    names = ("open_minute", "close_minute", "min_minutes", "max_minutes", "step_minutes")
    check_room({**{name: getattr(room, name) for name in names}, **changes})
    _change(room, "room.changed", changes, actor, now, Where(room.facility_id))


def check_room(facts: Mapping[str, object]) -> None:
    """Refuse hours and lengths that do not fit together."""

    def number(name: str) -> int:
        return int(str(facts[name]))

    opening.check_hours(number("open_minute"), number("close_minute"))
    opening.check_lengths(number("min_minutes"), number("max_minutes"), number("step_minutes"))


def _refuse_twin(room: Room) -> None:
    if any(other.code == room.code for other in queries.rooms_of(room.facility_id)):
        raise RuleBroken(say("There is a room with this code already."), "code")


def note_import(run: ImportRun, *, actor: Actor, now: datetime) -> ImportRun:
    """Remember that a file was taken in."""
    access.require(actor, Can.IMPORT_DATA, facility=run.facility_id)
    db.session.add(run)
    db.session.flush()
    facts = {"file": run.file_name, "rows": run.rows, "sha256": run.sha256}
    where = Where(run.facility_id)
    audit.record(actor, "import.applied", run, at=now, where=where, after=facts)
    return run


def _change(
    subject: Entity,
    deed: str,
    changes: Mapping[str, object],
    actor: Actor,
    now: datetime,
    where: Where,
) -> None:
    for name, value in changes.items():
        if isinstance(value, str):
            reading.words(value, field=name)
    before = {name: getattr(subject, name) for name in changes}
    after = {name: value for name, value in changes.items() if before[name] != value}
    if not after:
        return
    for name, value in after.items():
        setattr(subject, name, value)
    told = {name: before[name] for name in after}
    audit.record(actor, deed, subject, at=now, where=where, before=told, after=after)
