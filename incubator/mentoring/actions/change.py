"""Move a session or call it off; its room and everybody's calendar follow."""

from dataclasses import dataclass
from datetime import datetime

from incubator.bookings import actions as rooms
from incubator.bookings.models import BookingStatus
from incubator.core import audit
from incubator.core.access import Actor, Can, Held, Role
from incubator.core.audit import Where
from incubator.core.db import db, lock
from incubator.mentoring import rules
from incubator.mentoring.actions import post
from incubator.mentoring.actions.book import (
    check_time,
    require_booking,
    require_insider,
    take_room,
)
from incubator.mentoring.models import MentoringSession, Mode, SessionStatus
from incubator.organisations.models import Organisation
from incubator.people.models import Person
from incubator.spaces.models import Facility


@dataclass(frozen=True)
class NewTime:
    """When to meet instead, and where."""

    starts_at: datetime
    ends_at: datetime
    mode: Mode = Mode.IN_PERSON
    room_id: int | None = None


def reschedule_session(
    session: MentoringSession, to: NewTime, *, actor: Actor, now: datetime
) -> None:
    """Move a session with its room; calendars get the same UID and a higher SEQUENCE."""
    venture = _prepare(session, actor=actor, now=now)
    require_insider(venture)
    if to == _now(session):
        return
    slot = rules.Slot(to.starts_at, to.ends_at)
    by_manager = actor.id == session.manager_id
    rules.check_times_of_session(slot, now=now, by_manager=False)
    check_time(slot, venture, session.manager_id, now=now, by_manager=by_manager, moving=session.id)
    before = {"starts_at": session.starts_at, "ends_at": session.ends_at}
    _free_room(session, actor=actor, now=now)
    session.starts_at, session.ends_at, session.mode = to.starts_at, to.ends_at, to.mode
    session.ics_sequence += 1
    session.booking = None
    if to.room_id is not None:
        session.booking = take_room(session, to.room_id, actor=actor, now=now)
    audit.record(
        actor,
        "session.moved",
        session,
        at=now,
        where=Where(session.facility_id, session.organisation_id),
        before=before,
        after={"starts_at": to.starts_at, "ends_at": to.ends_at},
    )
    post.invite(session, now=now)


def _now(session: MentoringSession) -> NewTime:
    """When and where it is; moving it there once more, by a double click, tells nobody anything."""
    room = post.room_of(session)
    return NewTime(session.starts_at, session.ends_at, session.mode, room.id if room else None)


def cancel_session(session: MentoringSession, *, reason: str, actor: Actor, now: datetime) -> None:
    """Call a session off, free its room and take it out of everybody's calendar."""
    _prepare(session, actor=actor, now=now)
    call_off(session, reason=reason, actor=actor, now=now)


def call_off(session: MentoringSession, *, reason: str, actor: Actor, now: datetime) -> None:
    """What calling off means, whoever had the right to decide it."""
    _free_room(session, actor=actor, now=now)
    session.status = SessionStatus.CANCELLED
    session.cancelled_at = now
    session.cancel_reason = str(reason)
    session.ics_sequence += 1
    audit.record(
        actor,
        "session.cancelled",
        session,
        at=now,
        where=Where(session.facility_id, session.organisation_id),
        after={"starts_at": session.starts_at},
    )
    post.withdraw(session, reason, now=now)


def _prepare(session: MentoringSession, *, actor: Actor, now: datetime) -> Organisation:
    venture = db.session.get_one(Organisation, session.organisation_id)
    facility = db.session.get_one(Facility, session.facility_id)
    require_booking(actor, venture, facility, session.manager_id)
    lock(Person, session.manager_id)
    lock(MentoringSession, session.id)
    rules.check_may_change(
        booked=session.status is SessionStatus.BOOKED,
        starts_at=session.starts_at,
        now=now,
        by_manager=actor.id == session.manager_id,
    )
    return venture


def _free_room(session: MentoringSession, *, actor: Actor, now: datetime) -> None:
    """The room follows the session, also where the one who decides may not book rooms alone."""
    booking = session.booking
    if booking is None or booking.status is not BookingStatus.CONFIRMED or booking.ends_at <= now:
        return
    helper = for_its_room(actor, session)
    rooms.cancel_booking(booking, actor=helper, now=now, with_session=True)
    db.session.flush()


def for_its_room(actor: Actor, session: MentoringSession) -> Actor:
    """Whoever decides about a session, with the right to do the same about its room."""
    if actor.can(Can.MANAGE_BOOKINGS, facility=session.facility_id):
        return actor
    return Actor(actor.id, actor.name, (Held(Role.MANAGER, session.facility_id),))
