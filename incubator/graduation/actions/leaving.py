"""The last lease has ended: what was booked for later is called off with it."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TypeVar

from incubator.bookings.actions import cancel_booking
from incubator.bookings.models import Booking, BookingStatus
from incubator.core.access import Actor, Held, Role
from incubator.core.days import midnight
from incubator.core.db import db
from incubator.core.i18n import say, translate
from incubator.leases import actions as leases
from incubator.leases.models import Lease
from incubator.mentoring.actions.change import call_off
from incubator.mentoring.models import MentoringSession, SessionStatus
from incubator.organisations.models import Organisation
from incubator.spaces.models import Facility

B = TypeVar("B", MentoringSession, Booking)


def end_lease(
    lease: Lease, *, until: date, reason: str, actor: Actor, now: datetime, today: date
) -> None:
    """End a lease; who leaves with it keeps no booking and no session."""
    leases.end_lease(lease, until=until, reason=reason, actor=actor, now=now, today=today)
    _clear([lease], actor=actor, now=now)


def close_finished(facility_id: int, *, actor: Actor, now: datetime, today: date) -> list[Lease]:
    """Close the leases that have run out, likewise (nightly job)."""
    finished = leases.close_finished(facility_id, actor=actor, now=now, today=today)
    _clear(finished, actor=actor, now=now)
    return finished


def _clear(ended: Iterable[Lease], *, actor: Actor, now: datetime) -> None:
    for venture in {lease.organisation for lease in ended}:
        if venture.stage.gone and venture.left_on is not None:
            reason = translate(say("The stay has ended"), venture.language)
            call_off_from(venture, venture.left_on, reason, actor=actor, now=now)


def call_off_from(
    venture: Organisation, day: date, reason: str, *, actor: Actor, now: datetime
) -> None:
    """Call off what is booked for a day or later: sessions first, for they free their rooms.

    The house calls it off, so nobody pays for that.
    """
    facility = db.session.get_one(Facility, venture.facility_id)
    first = max(midnight(day, facility.zone), now)
    for session in _ahead(MentoringSession, SessionStatus.BOOKED, venture, first):
        call_off(session, reason=reason, actor=actor, now=now)
    db.session.flush()
    staff = Actor(actor.id, actor.name, (*actor.held, Held(Role.MANAGER, facility.id)))
    for booking in _ahead(Booking, BookingStatus.CONFIRMED, venture, first):
        cancel_booking(booking, actor=staff, now=now, waive=True)


def _ahead(
    kind: type[B], status: SessionStatus | BookingStatus, venture: Organisation, first: datetime
) -> Sequence[B]:
    asked = db.select(kind).where(
        kind.organisation_id == venture.id, kind.status == status, kind.starts_at >= first
    )
    return db.session.scalars(asked).all()
