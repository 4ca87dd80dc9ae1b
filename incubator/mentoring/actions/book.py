"""Book a session together with its room: all or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from incubator.bookings import actions as rooms
from incubator.bookings.models import Booking
from incubator.core import audit, i18n
from incubator.core.access import Actor, Can
from incubator.core.audit import Where
from incubator.core.days import ONE_DAY, Stretch, day_at
from incubator.core.db import db, lock
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.i18n import say
from incubator.mentoring import queries, rules
from incubator.mentoring.actions import post
from incubator.mentoring.models import MentoringSession, Mode, SessionGuest, SessionStatus
from incubator.organisations.models import Organisation
from incubator.organisations.rules import check_stays
from incubator.people import queries as people
from incubator.people.models import Person
from incubator.spaces.models import Facility


@dataclass(frozen=True)
class SessionRequest:
    """Who wants to meet whom, when, how and about what; without guests all members are invited."""

    organisation_id: int
    manager_id: int
    starts_at: datetime
    ends_at: datetime
    topic: str = ""
    mode: Mode = Mode.IN_PERSON
    room_id: int | None = None
    guest_ids: Sequence[int] = ()
    once_key: str = field(default_factory=lambda: uuid4().hex)


def book_session(request: SessionRequest, *, actor: Actor, now: datetime) -> MentoringSession:
    """Book a session, its room if one is wanted, and invite everybody.

    A manager may also write down one that has already taken place; nobody is invited to it.
    """
    venture, facility = _place(request.organisation_id)
    require_booking(actor, venture, facility, request.manager_id)
    lock(Person, request.manager_id)
    uid = rules.uid(actor.id, request.once_key)
    again = queries.session_named(uid)
    if again is not None:
        return again
    slot = rules.Slot(request.starts_at, request.ends_at)
    by_manager = actor.id == request.manager_id
    check_time(slot, venture, request.manager_id, now=now, by_manager=by_manager)
    past = request.starts_at < now
    session = _session(request, facility, uid, actor.id, past=past)
    session.booked_at = now
    session.guests = [SessionGuest(person=person) for person in _guests(request, slot, facility)]
    if request.room_id is not None and not past:
        session.booking = take_room(session, request.room_id, actor=actor, now=now)
    db.session.add(session)
    audit.record(
        actor,
        "session.booked",
        session,
        at=now,
        where=Where(facility.id, venture.id),
        after={"starts_at": slot.starts_at, "ends_at": slot.ends_at, "mode": request.mode.value},
    )
    if not past:
        post.invite(session, now=now)
    return session


def _session(
    request: SessionRequest, facility: Facility, uid: str, booked_by: int | None, *, past: bool
) -> MentoringSession:
    return MentoringSession(
        facility_id=facility.id,
        organisation_id=request.organisation_id,
        manager_id=request.manager_id,
        booked_by_id=booked_by,
        starts_at=request.starts_at,
        ends_at=request.ends_at,
        mode=request.mode,
        status=SessionStatus.HELD if past else SessionStatus.BOOKED,
        topic=request.topic,
        ics_uid=uid,
    )


def _place(organisation_id: int) -> tuple[Organisation, Facility]:
    venture = db.session.get(Organisation, organisation_id)
    if venture is None or venture.facility_id is None:
        raise NotFound
    require_insider(venture)
    return venture, db.session.get_one(Facility, venture.facility_id)


def require_insider(venture: Organisation) -> None:
    """Stop for a venture that has left."""
    if venture.stage.gone:
        raise RuleBroken(rules.ONLY_INSIDERS)


def require_booking(
    actor: Actor, venture: Organisation, facility: Facility, manager_id: int
) -> None:
    """Stop here unless it is somebody of the venture who may book, or the manager in person."""
    of_venture = actor.can(Can.BOOK_SESSIONS, organisation=venture.id)
    in_person = actor.id == manager_id and actor.can(Can.MENTOR, facility=facility.id)
    if not (of_venture or in_person):
        raise NotAllowed(Can.BOOK_SESSIONS)


def check_time(
    slot: rules.Slot,
    venture: Organisation,
    manager_id: int,
    *,
    now: datetime,
    by_manager: bool,
    moving: int | None = None,
) -> None:
    """The manager looks after the venture then, and is free; ventures book published times."""
    rules.check_times_of_session(slot, now=now, by_manager=by_manager)
    facility = db.session.get_one(Facility, venture.facility_id)
    day = day_at(slot.starts_at, facility.zone)
    check_stays(venture.left_on, day)
    if manager_id not in {each.person_id for each in queries.managers_of(venture.id, day)}:
        raise RuleBroken(say("This manager does not look after the venture on that day."), "start")
    days = Stretch(day, day + ONE_DAY)
    taken = RuleBroken(say("This time is no longer free. Please choose another."), "start")
    if by_manager:
        busy = queries.taken(manager_id, facility, Stretch(day - ONE_DAY, day + 2 * ONE_DAY))
        if any(slot.meets(other) for found, other in busy.items() if found != moving):
            raise taken
    elif slot not in queries.free_times(manager_id, facility, days, now=now, except_session=moving):
        raise taken


def _guests(request: SessionRequest, slot: rules.Slot, facility: Facility) -> list[Person]:
    members = people.members_of(request.organisation_id, day_at(slot.starts_at, facility.zone))
    chosen = [person for person in members if person.id in set(request.guest_ids)]
    return chosen or members


def take_room(session: MentoringSession, room_id: int, *, actor: Actor, now: datetime) -> Booking:
    """Book the room of a session; it costs the venture nothing and does not tell the topic."""
    venture = db.session.get_one(Organisation, session.organisation_id)
    wanted = rooms.BookingRequest(
        room_id=room_id,
        organisation_id=venture.id,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        title=i18n.translate(say("Mentoring session"), venture.language),
        once_key=f"{session.ics_uid}:{session.ics_sequence}",
        free=True,
    )
    return db.session.get_one(Booking, rooms.book_room(wanted, actor=actor, now=now))
