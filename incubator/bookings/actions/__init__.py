"""Booking rooms, cancelling, and noting who did not come; the caller commits."""

from incubator.bookings.actions.book import BookingRequest, book_room
from incubator.bookings.actions.cancel import cancel_booking, cancelling, mark_no_show

__all__ = ["BookingRequest", "book_room", "cancel_booking", "cancelling", "mark_no_show"]
