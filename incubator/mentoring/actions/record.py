"""What is written about a session, and who looked at what is not for all."""

from datetime import date, datetime

from incubator.bookings import actions as rooms
from incubator.bookings.models import BookingStatus
from incubator.core import audit
from incubator.core.access import Actor, Can, require
from incubator.core.audit import Where
from incubator.core.db import db, lock
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.i18n import say
from incubator.mentoring import queries, rules
from incubator.mentoring.actions.change import for_its_room
from incubator.mentoring.models import (
    MentoringSession,
    SessionNote,
    SessionStatus,
    Visibility,
)


def require_writing(session: MentoringSession, *, actor: Actor, today: date) -> rules.Reader:
    """Stop here unless the actor looks after the venture and may write about this session."""
    require(actor, Can.WRITE_NOTES, facility=session.facility_id)
    who = queries.reader(actor, session.organisation_id, session.facility_id, today)
    circle = queries.circle_of(session)
    if not rules.may_read(who, circle):
        raise NotFound
    if not rules.may_write(who, circle):
        raise NotAllowed(Can.WRITE_NOTES)
    return who


def write_note(
    session: MentoringSession,
    body: str,
    *,
    visibility: Visibility,
    actor: Actor,
    now: datetime,
    today: date,
) -> SessionNote:
    """Add a record; a correction is a further one. The same words sent twice are one record."""
    require_writing(session, actor=actor, today=today)
    _lock(session)
    if session.status is SessionStatus.CANCELLED:
        raise RuleBroken(say("This session was cancelled."))
    if not body.strip():
        raise RuleBroken(say("Please write something."), visibility.value)
    if (again := _same(session, body, visibility, actor)) is not None:
        return again
    note = SessionNote(
        session_id=session.id,
        author_id=actor.id,
        visibility=visibility,
        body=body.strip(),
        written_at=now,
    )
    db.session.add(note)
    audit.record(
        actor,
        "note.written",
        note,
        at=now,
        where=Where(session.facility_id, session.organisation_id),
        after={"visibility": visibility.value},
    )
    return note


def _same(
    session: MentoringSession, body: str, visibility: Visibility, actor: Actor
) -> SessionNote | None:
    last: SessionNote | None = db.session.scalar(
        db.select(SessionNote)
        .where(
            SessionNote.session_id == session.id,
            SessionNote.author_id == actor.id,
            SessionNote.visibility == visibility,
        )
        .order_by(SessionNote.id.desc())
        .limit(1)
    )
    return last if last is not None and last.body == body.strip() else None


def hold_session(session: MentoringSession, *, actor: Actor, now: datetime, today: date) -> None:
    """Write down that the session took place, also where it was said that nobody met.

    Saying so twice is fine.
    """
    require_writing(session, actor=actor, today=today)
    _lock(session)
    rules.check_may_hold(
        cancelled=session.status is SessionStatus.CANCELLED and not session.missed,
        starts_at=session.starts_at,
        now=now,
    )
    if session.status is SessionStatus.HELD:
        return
    session.status = SessionStatus.HELD
    session.cancelled_at = session.cancel_reason = None
    _note_down(session, "session.held", actor, now)
    booking = session.booking
    if booking is not None and booking.status is BookingStatus.NO_SHOW:
        helper = for_its_room(actor, session)
        rooms.take_back_no_show(booking, actor=helper, now=now, with_session=True)


def take_back_held(session: MentoringSession, *, actor: Actor, now: datetime, today: date) -> None:
    """Take back that the session took place, said by mistake: whether people met is open again.

    Only for whoever said so, and while nothing hangs on it: what was written or agreed stays, and
    says that people met. Taking it back twice is fine.
    """
    require_writing(session, actor=actor, today=today)
    _lock(session)
    if session.status is SessionStatus.BOOKED:
        return
    rules.check_may_take_back(
        held=session.status is SessionStatus.HELD,
        own=queries.said_held_by(session) == actor.id,
        written=queries.is_written_of(session),
    )
    session.status = SessionStatus.BOOKED
    _note_down(session, "session.open_again", actor, now)


def miss_session(session: MentoringSession, *, actor: Actor, now: datetime, today: date) -> None:
    """Write down that nobody met, nor used the room; there is nothing left to tell a calendar."""
    require_writing(session, actor=actor, today=today)
    _lock(session)
    rules.check_may_change(
        booked=session.status is SessionStatus.BOOKED,
        starts_at=session.starts_at,
        now=now,
        by_manager=True,
    )
    if session.starts_at > now:
        raise RuleBroken(say("This session has not begun yet."))
    session.status = SessionStatus.CANCELLED
    session.cancelled_at = now
    _note_down(session, "session.missed", actor, now)
    booking = session.booking
    if booking is not None and booking.status is BookingStatus.CONFIRMED:
        helper = for_its_room(actor, session)
        rooms.mark_no_show(booking, actor=helper, now=now, with_session=True)


def view_private_notes(
    session: MentoringSession, *, actor: Actor, now: datetime, today: date
) -> list[SessionNote]:
    """The private notes that are for this person; that they looked is written down."""
    who = require_writing(session, actor=actor, today=today)
    notes = db.session.scalars(
        db.select(SessionNote)
        .where(SessionNote.session_id == session.id, SessionNote.visibility == Visibility.PRIVATE)
        .order_by(SessionNote.id)
    )
    shown = [note for note in notes if rules.may_read_private(who, note.author_id)]
    for note in shown:
        audit.record(
            actor,
            "private_note.viewed",
            note,
            at=now,
            where=Where(session.facility_id, session.organisation_id),
        )
    return shown


def _lock(session: MentoringSession) -> None:
    lock(MentoringSession, session.id)


def _note_down(session: MentoringSession, deed: str, actor: Actor, now: datetime) -> None:
    where = Where(session.facility_id, session.organisation_id)
    audit.record(actor, deed, session, at=now, where=where, after={"starts_at": session.starts_at})
