"""Bookings of shared rooms."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incubator.core.db import Amount, Entity, partial_index
from incubator.core.i18n import Label, Message, say
from incubator.core.promises import Span, never_overlap
from incubator.organisations.models import Organisation
from incubator.spaces.models import Room


class BookingStatus(Label):
    """Whether a booking stands."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.CONFIRMED: say("Confirmed"),
            cls.CANCELLED: say("Cancelled"),
            cls.NO_SHOW: say("No-show"),
        }


class Booking(Entity):
    """A room taken from one moment up to, not including, another.

    `holds_from` and `holds_until` add the room's buffers as they stood when it was booked.
    """

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="times_in_order"),
        CheckConstraint(
            "holds_from <= starts_at AND ends_at <= holds_until", name="buffers_outside"
        ),
        CheckConstraint(
            "length(holds_from) = 26 AND length(holds_until) = 26", name="utc_text"
        ).ddl_if(dialect="sqlite"),
        Index("uq_booking_once_key", "once_key", unique=True),
        Index("ix_booking_facility_start", "facility_id", "starts_at"),
        Index("ix_booking_organisation_start", "organisation_id", "starts_at"),
        partial_index("ix_booking_untold", "id", where="untold"),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    booked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    title: Mapped[str] = mapped_column(default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    holds_from: Mapped[datetime]
    holds_until: Mapped[datetime]
    status: Mapped[BookingStatus] = mapped_column(default=BookingStatus.CONFIRMED)
    price: Mapped[int] = mapped_column(Amount, default=0)
    """Tax-exclusive, after included hours; on the next invoice once."""
    currency: Mapped[str]
    included_minutes: Mapped[int] = mapped_column(default=0)
    terms: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """The price and cancellation rule in force when it was booked."""
    booked_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    cancel_fee: Mapped[int] = mapped_column(Amount, default=0)
    once_key: Mapped[str | None]
    """What a form sent twice carries both times."""
    untold: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the mail about it is still to be written."""

    room: Mapped[Room] = relationship()
    organisation: Mapped[Organisation | None] = relationship()

    @property
    def state(self) -> Message:
        """What people call how it stands; nobody is blamed for the unused room of a session."""
        if self.status is BookingStatus.NO_SHOW and self.terms["free"]:
            return say("Not used")
        return self.status.label


never_overlap(
    Booking,
    "no_two_bookings_of_a_room",
    Span(("room_id",), "holds_from", "holds_until", ("confirmed", "no_show")),
)
