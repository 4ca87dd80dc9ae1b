"""Booking rooms, cancelling, noting who did not come, writing the mails; the caller commits."""

from incubator.bookings.actions.book import BookingRequest, book_room
from incubator.bookings.actions.cancel import cancel_booking, mark_no_show, take_back_no_show
from incubator.bookings.actions.mails import tell_of_bookings

__all__ = [
    "BookingRequest",
    "book_room",
    "cancel_booking",
    "mark_no_show",
    "take_back_no_show",
    "tell_of_bookings",
]
