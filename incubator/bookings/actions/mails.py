"""Who hears of a booking, and what every such mail says."""

from collections.abc import Mapping
from datetime import datetime

from incubator.bookings import queries
from incubator.bookings.models import Booking
from incubator.bookings.rules import Period
from incubator.core import outbox
from incubator.core.days import day_at
from incubator.core.db import db
from incubator.core.i18n import name_of
from incubator.core.outbox import Recipient
from incubator.people.queries import person_of
from incubator.spaces.models import Facility

BATCH = 50


def tell_of_bookings(*, now: datetime) -> int:
    """Write the mails about the oldest new bookings, in the worker's time; how many there were."""
    new = queries.untold(BATCH)
    for booking in new:
        booking.untold = False
        facility = db.session.get_one(Facility, booking.facility_id)
        free_until = queries.cancelling(booking, booking.booked_at).free_until
        values = {
            "title": booking.title,
            "price": queries.price_of(booking),
            "free_until": free_until,
            "free_until_day": day_at(free_until, facility.zone),
        }
        tell("booking_made", booking, values, now=now)
    return len(new)


def tell(template: str, booking: Booking, values: Mapping[str, object], *, now: datetime) -> None:
    """Write to whoever is concerned; the house tells nobody."""
    to = _addressee(booking)
    if to is None:
        return
    facility = db.session.get_one(Facility, booking.facility_id)
    here = {
        "room": name_of(booking.room, to.language),
        "facility": name_of(facility, to.language),
        "zone": facility.zone,
        "currency": facility.currency,
        "day": day_at(booking.starts_at, facility.zone),
        "when": Period(booking.starts_at, booking.ends_at),
        "booking_id": booking.id,
        "venture_id": booking.organisation_id,
    }
    outbox.post(template, to, {**here, **values}, now=now, facility=facility.id)


def _addressee(booking: Booking) -> Recipient | None:
    """Who booked, if one of the venture; else its mailbox."""
    venture = booking.organisation
    if venture is None:
        return None
    if queries.is_of(booking.booked_by_id, venture.id):
        return person_of(booking.booked_by_id).recipient
    return venture.mailbox
