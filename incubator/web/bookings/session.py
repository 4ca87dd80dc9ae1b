"""The mentoring session that a room is booked for; the room follows it."""

from incubator.bookings.models import Booking
from incubator.core.errors import NotFound
from incubator.mentoring import queries
from incubator.web.guard import Here, Home
from incubator.web.mentoring.side import Side


def session_url(here: Here, booking: Booking) -> str:
    """The page of the session, or nothing where there is none that the reader may open."""
    if not booking.terms["free"]:
        return ""
    own = isinstance(here, Home)
    try:
        session, _ = queries.session_for(
            queries.session_in(booking.id),
            here.actor,
            here.today,
            facility=here.facility.id,
            organisation=booking.organisation_id if own else None,
        )
    except NotFound:
        return ""
    return Side(here, session.organisation, own=own).url("session", session_id=session.id)
