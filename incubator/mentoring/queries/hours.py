"""When managers receive ventures."""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, or_

from incubator.core.days import Stretch, midnight
from incubator.core.db import db
from incubator.core.errors import NotFound
from incubator.core.i18n import Message
from incubator.mentoring import rules
from incubator.mentoring.models import (
    Availability,
    AvailabilityException,
    MentoringSession,
    SessionStatus,
)
from incubator.spaces.models import Facility
from incubator.spaces.queries import calendar_of

TAKES = (SessionStatus.BOOKED, SessionStatus.HELD)


def hours_of(person_id: int, facility_id: int | None, today: date) -> list[Availability]:
    """The weekly hours of a manager at a facility, or at all, in force or still to come."""
    asked = db.select(Availability).where(
        Availability.person_id == person_id,
        or_(Availability.valid_until.is_(None), Availability.valid_until > today),
    )
    if facility_id is not None:
        asked = asked.where(Availability.facility_id == facility_id)
    return list(db.session.scalars(asked.order_by(Availability.weekday, Availability.from_minute)))


def weekly(person_id: int, facility_id: int | None, today: date) -> tuple[rules.Hours, ...]:
    """The same, as rules take them."""
    return tuple(
        rules.Hours(
            each.weekday,
            each.from_minute,
            each.until_minute,
            each.slot_minutes,
            rules.valid_between(each.valid_from, each.valid_until),
        )
        for each in hours_of(person_id, facility_id, today)
    )


def published_hours(hours_id: int, person_id: int | None, facility_id: int) -> Availability:
    """Hours that this person published at this facility; NotFound for any other."""
    found = db.session.get(Availability, hours_id)
    if found is None or (found.person_id, found.facility_id) != (person_id, facility_id):
        raise NotFound
    return found


def _holds_at(facility_id: int) -> ColumnElement[bool]:
    """A day away is one everywhere; other hours are those of one facility."""
    away = AvailabilityException.from_minute.is_(None)
    return or_(away, AvailabilityException.facility_id == facility_id)


def exceptions_of(person_id: int, facility_id: int, today: date) -> list[AvailabilityException]:
    """The days to come on which a manager is away or open at other hours at a facility."""
    return list(
        db.session.scalars(
            db.select(AvailabilityException)
            .where(
                AvailabilityException.person_id == person_id,
                AvailabilityException.day >= today,
                _holds_at(facility_id),
            )
            .order_by(AvailabilityException.day)
        )
    )


def exception_at(day_id: int, person_id: int | None, facility_id: int) -> AvailabilityException:
    """A day of this person that holds at this facility; NotFound for any other."""
    found: AvailabilityException | None = db.session.scalar(
        db.select(AvailabilityException).where(
            AvailabilityException.id == day_id,
            AvailabilityException.person_id == person_id,
            _holds_at(facility_id),
        )
    )
    if found is None:
        raise NotFound
    return found


def exception_on(person_id: int, day: date) -> AvailabilityException | None:
    """What a manager said of a day, at whatever facility."""
    found: AvailabilityException | None = db.session.scalar(
        db.select(AvailabilityException).where(
            AvailabilityException.person_id == person_id, AvailabilityException.day == day
        )
    )
    return found


def closed_days(facility: Facility, days: Stretch) -> dict[date, Message]:
    """The days on which the house is closed, and why."""
    calendar = calendar_of(facility, days)
    every = (days.start + timedelta(days=number) for number in range(days.days))
    return {day: why for day in every if (why := calendar.closed_because(day)) is not None}


def plan(person_id: int, facility: Facility, days: Stretch) -> rules.Plan:
    """When a manager receives ventures in these days."""
    other = tuple(
        rules.OtherDay(each.day, each.from_minute, each.until_minute, each.slot_minutes)
        for each in exceptions_of(person_id, facility.id, days.start)
    )
    every_week = weekly(person_id, facility.id, days.start)
    return rules.Plan(facility.zone, every_week, other, frozenset(closed_days(facility, days)))


def taken(person_id: int, facility: Facility, days: Stretch) -> dict[int, rules.Slot]:
    """The times in these days at which a manager meets somebody, at any facility, by session."""
    start, until = midnight(days.start, facility.zone), midnight(days.until, facility.zone)
    rows = db.session.execute(
        db.select(MentoringSession.id, MentoringSession.starts_at, MentoringSession.ends_at).where(
            MentoringSession.manager_id == person_id,
            MentoringSession.status.in_(TAKES),
            MentoringSession.ends_at > start,
            MentoringSession.starts_at < until,
        )
    )
    return {found: rules.Slot(starts_at, ends_at) for found, starts_at, ends_at in rows}


def free_times(
    person_id: int,
    facility: Facility,
    days: Stretch,
    *,
    now: datetime,
    except_session: int | None = None,
) -> list[rules.Slot]:
    """What can be booked with a manager in these days; the session being moved does not count."""
    busy = taken(person_id, facility, days)
    others = [slot for found, slot in busy.items() if found != except_session]
    return rules.free_slots(days, plan(person_id, facility, days), others, now)
