"""Sessions, and what of them is for whom."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.sql import Select

from incubator.bookings.models import Booking
from incubator.core.access import Actor
from incubator.core.days import ONE_DAY, Stretch, day_at
from incubator.core.db import db
from incubator.core.errors import NotFound
from incubator.core.i18n import Message
from incubator.mentoring import rules
from incubator.mentoring.models import (
    AssignmentKind,
    MentoringSession,
    SessionGuest,
    SessionNote,
    SessionStatus,
    Visibility,
)
from incubator.mentoring.queries.assignments import (
    member_reader,
    reader,
    standing_of,
    ventures_of,
)
from incubator.mentoring.queries.hours import closed_days
from incubator.people.models import Person
from incubator.people.queries import members_of
from incubator.spaces.models import Facility


def _sessions() -> Select[Any]:
    asked: Select[Any] = db.select(MentoringSession).options(
        joinedload(MentoringSession.manager).lazyload(Person.grants),
        joinedload(MentoringSession.organisation),
        joinedload(MentoringSession.booking).joinedload(Booking.room),
        selectinload(MentoringSession.guests)
        .joinedload(SessionGuest.person)
        .lazyload(Person.grants),
    )
    return asked


def session_named(uid: str) -> MentoringSession | None:
    """The session that a form sent before has made already."""
    named = db.select(MentoringSession).where(MentoringSession.ics_uid == uid)
    found: MentoringSession | None = db.session.scalar(named)
    return found


def session_in(booking_id: int) -> int:
    """The number of the session that a room is booked for."""
    holds = db.select(MentoringSession.id).where(MentoringSession.booking_id == booking_id)
    found: int | None = db.session.scalar(holds)
    if found is None:
        raise NotFound
    return found


def sessions_of(organisation_id: int) -> list[MentoringSession]:
    """All sessions of a venture, latest first; records are asked for by `shared_records`."""
    return list(
        db.session.scalars(
            _sessions()
            .where(MentoringSession.organisation_id == organisation_id)
            .order_by(MentoringSession.starts_at.desc(), MentoringSession.id.desc())
        )
    )


def upcoming(organisation_id: int, now: datetime) -> list[MentoringSession]:
    """The booked sessions of a venture that have not ended, next first."""
    return list(
        db.session.scalars(
            _sessions()
            .where(
                MentoringSession.organisation_id == organisation_id,
                MentoringSession.status == SessionStatus.BOOKED,
                MentoringSession.ends_at > now,
            )
            .order_by(MentoringSession.starts_at)
        )
    )


def on_closed_days(facility: Facility, now: datetime) -> dict[int, Message]:
    """The sessions to come without a room for which the house is closed, in order of time: why."""
    asked = db.select(MentoringSession.id, MentoringSession.starts_at).where(
        MentoringSession.facility_id == facility.id,
        MentoringSession.status == SessionStatus.BOOKED,
        MentoringSession.starts_at > now,
        MentoringSession.booking_id.is_(None),
    )
    booked = {
        number: day_at(starts_at, facility.zone)
        for number, starts_at in db.session.execute(
            asked.order_by(MentoringSession.starts_at, MentoringSession.id)
        )
    }
    if not booked:
        return {}
    days = Stretch(day_at(now, facility.zone), max(booked.values()) + ONE_DAY)
    closed = closed_days(facility, days)
    return {number: closed[day] for number, day in booked.items() if day in closed}


def by_ids(session_ids: Collection[int]) -> list[MentoringSession]:
    """These sessions, in order of time."""
    asked = _sessions().where(MentoringSession.id.in_(session_ids))
    return list(db.session.scalars(asked.order_by(MentoringSession.starts_at, MentoringSession.id)))


def mine(
    actor: Actor,
    facility_id: int,
    today: date,
    *,
    only: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[MentoringSession]:
    """The sessions at a facility that an assigned manager or mentor may open, in order of time.

    `only` narrows them to one venture; `since` and `until` to those that meet this time.
    """
    assigned = ventures_of(actor, facility_id, today)
    kinds = {each: kind for each, kind in assigned.items() if only in (None, each)}
    asked = _sessions().where(
        MentoringSession.facility_id == facility_id,
        MentoringSession.organisation_id.in_(kinds),
    )
    if since is not None:
        asked = asked.where(MentoringSession.ends_at > since)
    if until is not None:
        asked = asked.where(MentoringSession.starts_at < until)
    found = list(db.session.scalars(asked.order_by(MentoringSession.starts_at)))
    return readable(found, actor, kinds)


def readable(
    sessions: Iterable[MentoringSession], actor: Actor, kinds: Mapping[int, AssignmentKind]
) -> list[MentoringSession]:
    """Those of the sessions that somebody with these assignments may open."""
    sessions = list(sessions)
    authors = _authors([session.id for session in sessions])
    shown = []
    for session in sessions:
        kind = kinds.get(session.organisation_id)
        who = standing_of(actor, (kind,) if kind else ())
        if rules.may_read(who, _circle(session, authors.get(session.id, frozenset()))):
            shown.append(session)
    return shown


def session_for(
    session_id: int, actor: Actor, today: date, *, facility: int, organisation: int | None = None
) -> tuple[MentoringSession, rules.Reader]:
    """A session that this person may open, and how they stand to it; for others there is none."""
    session: MentoringSession | None = db.session.scalar(
        _sessions().where(MentoringSession.id == session_id)
    )
    if session is None or session.facility_id != facility:
        raise NotFound
    if organisation is not None and session.organisation_id != organisation:
        raise NotFound
    who = (
        member_reader(actor, session.organisation_id)
        if organisation is not None
        else reader(actor, session.organisation_id, facility, today)
    )
    if not rules.may_read(who, circle_of(session)):
        raise NotFound
    return session, who


def guests_of(session: MentoringSession, now: datetime) -> list[Person]:
    """The guests who belong to the venture when the session begins, or now if it has, by name."""
    facility = db.session.get_one(Facility, session.facility_id)
    day = day_at(max(session.starts_at, now), facility.zone)
    invited = {guest.person_id for guest in session.guests}
    return [each for each in members_of(session.organisation_id, day) if each.id in invited]


def circle_of(session: MentoringSession) -> rules.Circle:
    """The people of a session."""
    return _circle(session, _authors([session.id]).get(session.id, frozenset()))


def _circle(session: MentoringSession, authors: frozenset[int]) -> rules.Circle:
    guests = frozenset(guest.person_id for guest in session.guests)
    return rules.Circle(session.manager_id, guests, authors)


def _authors(session_ids: Collection[int]) -> dict[int, frozenset[int]]:
    rows = db.session.execute(
        db.select(SessionNote.session_id, SessionNote.author_id).where(
            SessionNote.session_id.in_(session_ids), SessionNote.visibility == Visibility.SHARED
        )
    )
    found: dict[int, frozenset[int]] = {}
    for session_id, author_id in rows:
        found[session_id] = found.get(session_id, frozenset()) | {author_id}
    return found


def readable_by_member(
    sessions: Iterable[MentoringSession], actor: Actor, organisation_id: int
) -> list[MentoringSession]:
    """Those of a venture's sessions that one of its people may open."""
    who = member_reader(actor, organisation_id)
    return [each for each in sessions if rules.may_read(who, _circle(each, frozenset()))]


def shared_records(session_ids: Collection[int]) -> dict[int, list[SessionNote]]:
    """The shared records of these sessions in the order they were written."""
    found: dict[int, list[SessionNote]] = {}
    for note in db.session.scalars(
        db.select(SessionNote)
        .options(joinedload(SessionNote.author).lazyload(Person.grants))
        .where(SessionNote.session_id.in_(session_ids), SessionNote.visibility == Visibility.SHARED)
        .order_by(SessionNote.id)
    ):
        found.setdefault(note.session_id, []).append(note)
    return found


def private_notes_count(session_id: int, who: rules.Reader) -> int:
    """How many private notes of a session there are for this reader; not what they say."""
    authors = db.session.scalars(
        db.select(SessionNote.author_id).where(
            SessionNote.session_id == session_id, SessionNote.visibility == Visibility.PRIVATE
        )
    )
    return sum(rules.may_read_private(who, author) for author in authors)


def last_contact(facility_id: int) -> dict[int, datetime]:
    """When each venture was last met, as far as sessions were held."""
    rows = db.session.execute(
        db.select(MentoringSession.organisation_id, func.max(MentoringSession.starts_at))
        .where(
            MentoringSession.facility_id == facility_id,
            MentoringSession.status == SessionStatus.HELD,
        )
        .group_by(MentoringSession.organisation_id)
    )
    return {row[0]: row[1] for row in rows}
