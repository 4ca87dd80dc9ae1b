"""Who hears of a booking, and what every such mail says."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from incubator.bookings import queries, rules
from incubator.bookings.models import Booking
from incubator.bookings.rules import Period
from incubator.core import outbox
from incubator.core.days import day_at
from incubator.core.db import db
from incubator.core.outbox import Recipient
from incubator.organisations.queries import addressees
from incubator.people.queries import members_of
from incubator.spaces.models import Facility

BATCH = 50


def tell_of_bookings(*, now: datetime) -> int:
    """Write the mails about the oldest new bookings, in the worker's time; how many there were."""
    new = queries.untold(BATCH)
    for booking in new:
        booking.untold = False
        facility = db.session.get_one(Facility, booking.facility_id)
        means = queries.cancelling(booking, booking.booked_at)
        values = {
            "price": queries.price_of(booking),
            "cancelling": means,
            "free_until_day": day_at(means.free_until, facility.zone),
            "kept": rules.length(means.kept_minutes),
        }
        tell("booking_made", booking, values, now=now)
    return len(new)


def tell(template: str, booking: Booking, values: Mapping[str, object], *, now: datetime) -> None:
    """Write to whoever is concerned; the house tells nobody."""
    facility = db.session.get_one(Facility, booking.facility_id)
    facts = {
        "booking": booking,
        "facility": facility,
        "day": day_at(booking.starts_at, facility.zone),
        "when": Period(booking.starts_at, booking.ends_at),
        **values,
    }
    for to in _addressees(booking, day_at(now, facility.zone)):
        outbox.post(template, to, facts, now=now, facility=facility.id)


def _addressees(booking: Booking, today: date) -> Sequence[Recipient]:
    """Who booked, while they belong to the venture; else whoever gets its mail."""
    venture = booking.organisation
    if venture is None:
        return ()
    members = members_of(venture.id, today)
    booked = [each.recipient for each in members if each.id == booking.booked_by_id]
    return booked or addressees(venture, today)
