"""Leaving itself: who graduates is an alumnus, and what was booked for later is called off."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TypeVar

from incubator.bookings.actions import cancel_booking
from incubator.bookings.models import Booking, BookingStatus
from incubator.core import audit
from incubator.core.access import Actor, Held, Role
from incubator.core.audit import Where
from incubator.core.days import midnight
from incubator.core.db import db, locked
from incubator.graduation import queries, rules
from incubator.graduation.models import GRADUATIONS, ExitProposal, FollowUp
from incubator.leases import actions as leases
from incubator.leases.models import EndReason, Lease
from incubator.mentoring.actions.change import call_off
from incubator.mentoring.models import MentoringSession, SessionStatus
from incubator.organisations.models import Organisation, Stage
from incubator.spaces.models import Facility

B = TypeVar("B", MentoringSession, Booking)


def end_lease(
    lease: Lease, *, until: date, reason: str, actor: Actor, now: datetime, today: date
) -> None:
    """End a lease; who leaves with it keeps no booking and no session."""
    leases.end_lease(lease, until=until, reason=reason, actor=actor, now=now, today=today)
    _clear(lease.facility_id, [lease], actor=actor, now=now)


def close_finished(facility_id: int, *, actor: Actor, now: datetime, today: date) -> list[Lease]:
    """Close the leases that have run out, likewise (nightly job)."""
    finished = leases.close_finished(facility_id, actor=actor, now=now, today=today)
    _clear(facility_id, finished, actor=actor, now=now)
    return finished


def _clear(facility_id: int, ended: Iterable[Lease], *, actor: Actor, now: datetime) -> None:
    gone = {lease.organisation for lease in ended if lease.organisation.stage.gone}
    approved = queries.approved_exits(facility_id) if gone else {}
    for venture in gone:
        if venture.id in approved:
            leave(approved[venture.id], actor=actor, now=now)
        if venture.left_on is not None:
            call_off_from(venture, venture.left_on, actor=actor, now=now)


def leave(proposal: ExitProposal, *, actor: Actor, now: datetime) -> None:
    """A graduate becomes an alumnus, anybody else has left; not later than the last lease ended."""
    venture = proposal.organisation
    graduated = proposal.reason in GRADUATIONS
    venture.stage = Stage.ALUMNUS if graduated else Stage.LEFT
    venture.left_on = min(venture.left_on or proposal.leave_on, proposal.leave_on)
    if graduated:
        ask_each_year(venture, venture.left_on)
    where = Where(proposal.facility_id, venture.id)
    after = {"stage": venture.stage.value, "left_on": venture.left_on}
    audit.record(actor, "venture.left", venture, at=now, where=where, after=after)


def ask_each_year(venture: Organisation, left_on: date) -> None:
    """Set the questions; those that nobody has answered yet move to the day of this graduation."""
    unanswered = queries.unanswered(venture.id)
    for year, due_on in rules.follow_up_days(left_on):
        question = unanswered.get(year) or FollowUp(
            facility_id=venture.facility_id, organisation_id=venture.id, year=year
        )
        question.due_on = due_on
        db.session.add(question)


def call_off_from(venture: Organisation, day: date, *, actor: Actor, now: datetime) -> None:
    """Call off what is booked for a day or later: sessions first, for they free their rooms.

    The house calls it off, so nobody pays for that.
    """
    facility = db.session.get_one(Facility, venture.facility_id)
    first = max(midnight(day, facility.zone), now)
    for session in _ahead(MentoringSession, SessionStatus.BOOKED, venture, first):
        call_off(session, reason=EndReason.STAY, actor=actor, now=now)
    db.session.flush()
    staff = Actor(actor.id, actor.name, (*actor.held, Held(Role.MANAGER, facility.id)))
    for booking in _ahead(Booking, BookingStatus.CONFIRMED, venture, first):
        cancel_booking(booking, actor=staff, now=now, waive=True, reason=EndReason.STAY)


def _ahead(
    kind: type[B], status: SessionStatus | BookingStatus, venture: Organisation, first: datetime
) -> Sequence[B]:
    asked = db.select(kind).where(
        kind.organisation_id == venture.id, kind.status == status, kind.starts_at >= first
    )
    return db.session.scalars(locked(asked.order_by(kind.id))).all()
