"""Calling a booking off, and noting who did not come."""

from datetime import datetime
from typing import Any

from incubator.billing import actions as billing
from incubator.billing.actions import NewCharge
from incubator.billing.models import ChargeKind
from incubator.bookings import queries, rules
from incubator.bookings.actions.mails import tell
from incubator.bookings.models import Booking, BookingStatus
from incubator.core import audit
from incubator.core.access import Actor, Can, require
from incubator.core.audit import Where
from incubator.core.days import ONE_DAY, Stretch, day_at
from incubator.core.db import db, lock
from incubator.core.errors import NotAllowed, RuleBroken
from incubator.core.i18n import Label, say, say_n
from incubator.core.packing import pack
from incubator.spaces.models import Facility


def cancel_booking(
    booking: Booking,
    *,
    actor: Actor,
    now: datetime,
    waive: bool = False,
    with_session: bool = False,
    reason: Label | None = None,
) -> Booking:
    """Cancel by the rule in force when it was booked; the office may waive the fee.

    What an invoice already bills stays there: a credit note is the way to give it back.
    A room of a mentoring session goes only `with_session`, whose own mails tell of it.
    """
    _require_cancelling(booking, actor, waive=waive)
    [booking] = lock(Booking, booking.id)
    if booking.status is BookingStatus.CANCELLED:
        return booking
    _check_may_cancel(booking, now, with_session=with_session)
    means = queries.cancelling(booking, now)
    booking.status = BookingStatus.CANCELLED
    booking.cancelled_at, booking.cancelled_by_id = now, actor.id
    booking.included_minutes = 0 if waive else means.kept_minutes
    booking.cancel_fee = 0 if waive else means.fee
    booking.untold = False
    _settle(booking, now=now)
    audit.record(
        actor,
        "booking.cancelled",
        booking,
        at=now,
        where=Where(booking.facility_id, booking.organisation_id),
        before={"price": booking.price, "included_minutes": booking.terms["included_minutes"]},
        after={"fee": booking.cancel_fee, "included_minutes": booking.included_minutes},
    )
    if not with_session:
        _tell(booking, reason, actor=actor, now=now)
    return booking


def _tell(booking: Booking, reason: Label | None, *, actor: Actor, now: datetime) -> None:
    own = {held.organisation_id for held in actor.held}
    values = {
        "fee": booking.cancel_fee,
        "kept": rules.length(booking.included_minutes) if booking.included_minutes else None,
        "by_office": booking.organisation_id not in own,
        "reason": reason,
    }
    tell("booking_cancelled", booking, values, now=now)


def _require_cancelling(booking: Booking, actor: Actor, *, waive: bool) -> None:
    if actor.can(Can.MANAGE_BOOKINGS, facility=booking.facility_id):
        return
    if booking.organisation_id is None or waive:
        raise NotAllowed(Can.MANAGE_BOOKINGS)
    require(actor, Can.BOOK_ROOMS, organisation=booking.organisation_id)


def _check_may_cancel(booking: Booking, now: datetime, *, with_session: bool) -> None:
    if booking.status is BookingStatus.NO_SHOW:
        raise RuleBroken(say("Nobody came to this booking, so it can no longer be cancelled."))
    if with_session:
        return
    rules.may_cancel(booking.starts_at, now)
    if booking.terms["free"]:
        raise RuleBroken(
            say(
                "This room is booked for a mentoring session and becomes free when the session "
                "is moved or cancelled. The venture or its manager can do that."
            )
        )


def _settle(booking: Booking, *, now: datetime) -> None:
    """Take the price off the next invoice and put the fee there, unless it is already billed."""
    source = queries.source_of(booking.id)
    charge = queries.charge_of(booking.id)
    if booking.organisation_id is None or charge is None:
        return
    if charge.invoice_id is not None:
        booking.cancel_fee = 0
        return
    billing.cancel_charge(source, ChargeKind.ROOM, reason="booking cancelled", now=now)
    if not booking.cancel_fee:
        return
    terms = queries.terms_of(booking)
    why = say_n(
        "hours",
        "Cancelled less than %(hours)s hour before the start: %(percent)s%% of the price",
        "Cancelled less than %(hours)s hours before the start: %(percent)s%% of the price",
        hours=terms.free_hours,
        percent=_percent(terms.late_bp),
    )
    day = day_at(booking.starts_at, db.session.get_one(Facility, booking.facility_id).zone)
    inputs: dict[str, Any] = {"price": booking.price, **booking.terms}
    billing.add_charge(
        NewCharge(
            facility_id=booking.facility_id,
            organisation_id=booking.organisation_id,
            kind=ChargeKind.ROOM_CANCELLATION,
            source=source,
            service=Stretch(day, day + ONE_DAY),
            amount=booking.cancel_fee,
            currency=booking.currency,
            title=booking.room.name,
            why={"rule": "BR-F03", "inputs": inputs, "say": pack(why)},
        ),
        now=now,
    )


def _percent(bp: int) -> str:
    whole, rest = divmod(bp, 100)
    return f"{whole}.{rest:02d}" if rest else str(whole)


def mark_no_show(
    booking: Booking, *, actor: Actor, now: datetime, with_session: bool = False
) -> Booking:
    """Note that nobody came; the price stays (BR-F04).

    Of a room of a mentoring session that is said `with_session`, by whoever was to meet there.
    """
    return _note(
        booking, BookingStatus.NO_SHOW, "booking.no_show", actor, now, with_session=with_session
    )


def take_back_no_show(
    booking: Booking, *, actor: Actor, now: datetime, with_session: bool = False
) -> Booking:
    """Note that somebody came after all; a no-show holds its time, so nobody else has it."""
    return _note(
        booking, BookingStatus.CONFIRMED, "booking.came", actor, now, with_session=with_session
    )


def _note(
    booking: Booking,
    status: BookingStatus,
    deed: str,
    actor: Actor,
    now: datetime,
    *,
    with_session: bool,
) -> Booking:
    """Whether somebody came to what has begun and was not cancelled; said twice it is once."""
    require(actor, Can.MANAGE_BOOKINGS, facility=booking.facility_id)
    [booking] = lock(Booking, booking.id)
    if booking.status is status:
        return booking
    if booking.status is BookingStatus.CANCELLED:
        raise RuleBroken(say("This booking was cancelled."))
    rules.may_be_no_show(booking.starts_at, now)
    if booking.terms["free"] and not with_session:
        raise RuleBroken(
            say(
                "This room is booked for a mentoring session. Whether people met is written down "
                "there."
            )
        )
    booking.status = status
    where = Where(booking.facility_id, booking.organisation_id)
    audit.record(actor, deed, booking, at=now, where=where)
    return booking
