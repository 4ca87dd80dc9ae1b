"""The bookings of a venture or a facility, one by one."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import contains_eager, joinedload

from incubator.billing.models import Charge, ChargeKind
from incubator.bookings import rules
from incubator.bookings.models import Booking, BookingStatus
from incubator.bookings.queries.place import FacilityCard
from incubator.bookings.rules import Cancelling, CancelTerms, Period, Price, whole_day
from incubator.core.days import whole_month
from incubator.core.db import db, page_of
from incubator.core.errors import NotFound
from incubator.spaces.models import Facility


def included_left(organisation_id: int, facility: Facility | FacilityCard, day: date) -> int:
    """The minutes that a venture may still use without paying in the month around a day."""
    if not facility.included_room_minutes:
        return 0
    month = whole_month(day)
    used = db.session.scalar(
        db.select(db.func.coalesce(db.func.sum(Booking.included_minutes), 0)).where(
            Booking.organisation_id == organisation_id,
            Booking.facility_id == facility.id,
            Booking.starts_at >= whole_day(month.start, facility.zone).start,
            Booking.starts_at < whole_day(month.until, facility.zone).start,
        )
    )
    return max(facility.included_room_minutes - int(used or 0), 0)


def _bookings() -> Select[Any]:
    asked: Select[Any] = (
        db.select(Booking)
        .join(Booking.room)
        .options(contains_eager(Booking.room), joinedload(Booking.organisation))
    )
    return asked


def of_venture(organisation_id: int, booking_id: int) -> Booking:
    """One booking of this venture, or nothing that it may know of."""
    return _one(
        _bookings().where(Booking.id == booking_id, Booking.organisation_id == organisation_id)
    )


def at_facility(facility_id: int, booking_id: int) -> Booking:
    """One booking at this facility, or nothing that its people may know of."""
    return _one(_bookings().where(Booking.id == booking_id, Booking.facility_id == facility_id))


def _one(asked: Select[Any]) -> Booking:
    booking: Booking | None = db.session.scalar(asked)
    if booking is None:
        raise NotFound
    return booking


def by_ids(booking_ids: Collection[int]) -> list[Booking]:
    """These bookings, in order of time."""
    asked = _bookings().where(Booking.id.in_(booking_ids))
    return list(db.session.scalars(asked.order_by(Booking.starts_at, Booking.id)))


def next_of(organisation_id: int, now: datetime, limit: int) -> list[Booking]:
    """What a venture has booked next and not yet used up, at most so many."""
    return list(db.session.scalars(_upcoming(organisation_id, now).limit(limit)))


def upcoming(organisation_id: int, now: datetime, page: int = 1) -> tuple[list[Booking], int]:
    """A page of what a venture has booked and not yet used up, next first, and how much it is."""
    return page_of(_upcoming(organisation_id, now), page)


def _upcoming(organisation_id: int, now: datetime) -> Select[Any]:
    return (
        _bookings()
        .where(
            Booking.organisation_id == organisation_id,
            Booking.ends_at > now,
            Booking.status == BookingStatus.CONFIRMED,
        )
        .order_by(Booking.starts_at, Booking.id)
    )


def past(organisation_id: int, now: datetime, page: int = 1) -> tuple[list[Booking], int]:
    """A page of what a venture has used or cancelled, latest first, and how many there are."""
    which = (Booking.organisation_id == organisation_id) & (
        (Booking.ends_at <= now) | (Booking.status != BookingStatus.CONFIRMED)
    )
    asked = _bookings().where(which).order_by(Booking.starts_at.desc(), Booking.id.desc())
    return page_of(asked, page)


def terms_of(booking: Booking) -> CancelTerms:
    """The cancellation rule that was in force when it was booked."""
    return CancelTerms(booking.terms["free_cancel_hours"], booking.terms["late_cancel_bp"])


def price_of(booking: Booking) -> Price:
    """What it was booked for."""
    minutes = Period(booking.starts_at, booking.ends_at).minutes
    included = booking.terms["included_minutes"]
    return Price(minutes, included, booking.terms["steps"], booking.price, booking.price)


def cancelling(booking: Booking, now: datetime) -> Cancelling:
    """What cancelling it now would mean."""
    return rules.cancelling(price_of(booking), terms_of(booking), booking.starts_at, now)


def untold(many: int) -> list[Booking]:
    """Bookings whose mail is still to be written, oldest first; nobody else writes them now."""
    asked = db.select(Booking).where(Booking.untold).order_by(Booking.id).limit(many)
    return list(db.session.scalars(asked.with_for_update(skip_locked=True)))


def charge_of(booking_id: int, kind: ChargeKind = ChargeKind.ROOM) -> Charge | None:
    """What a booking, or cancelling it, was charged."""
    found: Charge | None = db.session.scalar(
        db.select(Charge).where(Charge.source == source_of(booking_id), Charge.kind == kind)
    )
    return found


def source_of(booking_id: int) -> str:
    """How a charge names the booking it comes from."""
    return f"booking:{booking_id}"
