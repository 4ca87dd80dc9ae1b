"""When managers receive ventures."""

from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy import or_

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

H = TypeVar("H", Availability, AvailabilityException)
TAKES = (SessionStatus.BOOKED, SessionStatus.HELD)


def hours_of(person_id: int, facility_id: int, today: date) -> list[Availability]:
    """The weekly hours of a manager that are in force or still to come."""
    return list(
        db.session.scalars(
            db.select(Availability)
            .where(
                Availability.person_id == person_id,
                Availability.facility_id == facility_id,
                or_(Availability.valid_until.is_(None), Availability.valid_until > today),
            )
            .order_by(Availability.weekday, Availability.from_minute)
        )
    )


def published(kind: type[H], number: int, person_id: int | None, facility_id: int) -> H:
    """Hours or a day that this person published at this facility; NotFound for anything else."""
    found = db.session.get(kind, number)
    if found is None or (found.person_id, found.facility_id) != (person_id, facility_id):
        raise NotFound(kind.__tablename__)
    return found


def exceptions_of(person_id: int, today: date) -> list[AvailabilityException]:
    """The days to come on which a manager is away or open at other hours."""
    return list(
        db.session.scalars(
            db.select(AvailabilityException)
            .where(AvailabilityException.person_id == person_id, AvailabilityException.day >= today)
            .order_by(AvailabilityException.day)
        )
    )


def closed_days(facility: Facility, days: Stretch) -> dict[date, Message]:
    """The days on which the house is closed, and why."""
    calendar = calendar_of(facility, days)
    every = (days.start + timedelta(days=number) for number in range(days.days))
    return {day: why for day in every if (why := calendar.closed_because(day)) is not None}


def plan(person_id: int, facility: Facility, days: Stretch) -> rules.Plan:
    """When a manager receives ventures in these days."""
    weekly = tuple(
        rules.Hours(
            each.weekday,
            each.from_minute,
            each.until_minute,
            each.slot_minutes,
            rules.valid_between(each.valid_from, each.valid_until),
        )
        for each in hours_of(person_id, facility.id, days.start)
    )
    other = tuple(
        rules.OtherDay(each.day, each.from_minute, each.until_minute, each.slot_minutes)
        for each in exceptions_of(person_id, days.start)
    )
    return rules.Plan(facility.zone, weekly, other, frozenset(closed_days(facility, days)))


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
