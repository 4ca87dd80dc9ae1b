"""A manager publishes when ventures can book."""

from dataclasses import dataclass
from datetime import date, datetime

from incubator.core import audit
from incubator.core.access import Actor, Can, require
from incubator.core.audit import Where
from incubator.core.db import db, lock
from incubator.core.errors import NotAllowed, RuleBroken
from incubator.core.i18n import say
from incubator.mentoring import queries, rules
from incubator.mentoring.models import Availability, AvailabilityException
from incubator.people.models import Person


@dataclass(frozen=True)
class HoursTerms:
    """Hours of a weekday (Monday is 0), in minutes after midnight on the facility's wall clock."""

    weekday: int
    from_minute: int
    until_minute: int
    slot_minutes: int
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True)
class DayTerms:
    """One day that is different; without minutes the manager is away."""

    day: date
    from_minute: int | None = None
    until_minute: int | None = None


def add_hours(terms: HoursTerms, *, facility_id: int, actor: Actor, now: datetime) -> Availability:
    """Open hours of a weekday, every week; nobody receives at two facilities at once."""
    person_id = _self(actor, facility_id)
    valid = rules.valid_between(terms.valid_from, terms.valid_until)
    new = rules.Hours(
        terms.weekday, terms.from_minute, terms.until_minute, terms.slot_minutes, valid
    )
    rules.check_hours(new, queries.weekly(person_id, None, terms.valid_from))
    hours = Availability(
        facility_id=facility_id,
        person_id=person_id,
        weekday=terms.weekday,
        from_minute=terms.from_minute,
        until_minute=terms.until_minute,
        slot_minutes=terms.slot_minutes,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
    )
    db.session.add(hours)
    after = {"weekday": new.weekday, "from": new.from_minute, "until": new.until_minute}
    audit.record(actor, "hours.added", hours, at=now, where=Where(facility_id), after=after)
    return hours


def remove_hours(hours: Availability, *, actor: Actor, now: datetime, today: date) -> None:
    """Close hours from today on; sessions already booked stay."""
    _own(hours, actor, hours.facility_id)
    if hours.valid_until is not None and hours.valid_until <= today:
        return
    before = {
        "weekday": hours.weekday,
        "from": hours.from_minute,
        "until": hours.until_minute,
    }
    where = Where(hours.facility_id)
    audit.record(actor, "hours.removed", hours, at=now, where=where, before=before)
    if hours.valid_from < today:
        hours.valid_until = today
    else:
        db.session.delete(hours)


def set_exception(
    terms: DayTerms, *, facility_id: int, actor: Actor, now: datetime, today: date
) -> AvailabilityException:
    """Be away on a day, or open at other hours, for sessions as long as on that weekday.

    A second word about a day replaces the first.
    """
    person_id = _self(actor, facility_id)
    if terms.day < today:
        raise RuleBroken(say("This day is past."), "day")
    length = rules.usual_length(terms.day, queries.weekly(person_id, facility_id, today))
    if terms.from_minute is not None:
        rules.check_times(terms.from_minute, terms.until_minute or 0, length)
    found = queries.exception_on(person_id, terms.day)
    if (
        found is not None
        and found.facility_id != facility_id
        and None not in (found.from_minute, terms.from_minute)
    ):
        raise RuleBroken(
            say("You have hours at another facility on this day. Remove them there first."), "day"
        )
    exception = found or AvailabilityException(person_id=person_id, day=terms.day)
    exception.facility_id = facility_id
    exception.from_minute = terms.from_minute
    exception.until_minute = terms.until_minute if terms.from_minute is not None else None
    exception.slot_minutes = length
    db.session.add(exception)
    after = {"day": terms.day, "from": terms.from_minute, "until": terms.until_minute}
    audit.record(actor, "day.set", exception, at=now, where=Where(facility_id), after=after)
    return exception


def remove_exception(
    exception: AvailabilityException, *, facility_id: int, actor: Actor, now: datetime
) -> None:
    """Let the weekly hours hold again on that day; a day away is taken back at any facility."""
    _own(exception, actor, facility_id)
    where = Where(facility_id)
    before = {"day": exception.day}
    audit.record(actor, "day.cleared", exception, at=now, where=where, before=before)
    db.session.delete(exception)


def _self(actor: Actor, facility_id: int) -> int:
    require(actor, Can.MENTOR, facility=facility_id)
    if actor.id is None:
        raise NotAllowed(Can.MENTOR)
    lock(Person, actor.id)
    return actor.id


def _own(row: Availability | AvailabilityException, actor: Actor, facility_id: int) -> None:
    require(actor, Can.MENTOR, facility=facility_id)
    if row.person_id != actor.id:
        raise NotAllowed(Can.MENTOR)
    lock(type(row), row.id)
