"""Who hears of a booking, and what every such mail says."""

from collections.abc import Mapping
from datetime import datetime

from incubator.bookings import queries
from incubator.bookings.queries import Place
from incubator.bookings.rules import Period
from incubator.core import outbox
from incubator.core.access import Actor
from incubator.core.i18n import name_of
from incubator.core.outbox import Recipient


def tell(
    template: str,
    place: Place,
    booking_id: int,
    when: Period,
    values: Mapping[str, object],
    *,
    to: Recipient | None,
    now: datetime,
) -> None:
    """Write to whoever is concerned; the house tells nobody."""
    if to is None:
        return
    here = {
        "room": name_of(place.room, to.language),
        "facility": name_of(place.facility, to.language),
        "zone": place.facility.zone,
        "currency": place.facility.currency,
        "day": place.day_of(when.start).start,
        "when": when,
        "booking_id": booking_id,
        "venture_id": place.venture and place.venture.id,
    }
    outbox.post(template, to, {**here, **values}, now=now, facility=place.facility.id)


def addressee(place: Place, actor: Actor) -> Recipient | None:
    """Who booked, if one of the venture; else its mailbox."""
    venture, booker = place.venture, place.booker
    if venture is None:
        return None
    if booker.id == actor.id:
        one_of_them = actor.belongs_to(venture.id)
    else:
        one_of_them = queries.is_of(booker.id, venture.id)
    return booker.mailbox if one_of_them else venture.mailbox
