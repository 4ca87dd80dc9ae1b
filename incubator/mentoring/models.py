"""Incubation managers and their ventures, availability, sessions, records and action items."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incubator.bookings.models import Booking
from incubator.core.access import Role
from incubator.core.db import Entity
from incubator.core.i18n import Label, Message, say
from incubator.core.promises import Span, append_only, never_overlap
from incubator.organisations.models import Organisation
from incubator.people.models import Person


class AssignmentKind(Label):
    """As what a person looks after a venture."""

    LEAD = "lead"
    SUPPORT = "support"
    MENTOR = "mentor"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.LEAD: say("Lead manager"),
            cls.SUPPORT: say("Supporting manager"),
            cls.MENTOR: say("External mentor"),
        }

    @property
    def role(self) -> Role:
        """The role at the facility that it takes."""
        return Role.MENTOR if self is AssignmentKind.MENTOR else Role.MANAGER


class Assignment(Entity):
    """A person looks after a venture from one day up to another; history is kept."""

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("until_day IS NULL OR from_day < until_day", name="days_in_order"),
        Index("ix_assignment_organisation", "organisation_id", "from_day"),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[AssignmentKind] = mapped_column(default=AssignmentKind.LEAD)
    from_day: Mapped[date]
    until_day: Mapped[date | None]

    person: Mapped[Person] = relationship()
    organisation: Mapped[Organisation] = relationship()


never_overlap(
    Assignment,
    "assigned_once_at_a_time",
    Span(("person_id", "organisation_id"), "from_day", "until_day"),
)
never_overlap(
    Assignment,
    "one_lead_at_a_time",
    Span(("organisation_id",), "from_day", "until_day", active=("lead",), by="kind"),
)


class Availability(Entity):
    """Hours of a weekday in which a manager can be booked, on the facility's wall clock."""

    __tablename__ = "availability"
    __table_args__ = (
        CheckConstraint("from_minute < until_minute", name="minutes_in_order"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    weekday: Mapped[int]
    """Monday is 0."""
    from_minute: Mapped[int]
    until_minute: Mapped[int]
    slot_minutes: Mapped[int] = mapped_column(default=60)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]


class AvailabilityException(Entity):
    """A day on which a manager is away, or open at other hours."""

    __tablename__ = "availability_exception"
    __table_args__ = (
        UniqueConstraint("person_id", "day"),
        CheckConstraint(
            "from_minute IS NULL OR from_minute < until_minute", name="minutes_in_order"
        ),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    day: Mapped[date]
    from_minute: Mapped[int | None]
    until_minute: Mapped[int | None]
    slot_minutes: Mapped[int] = mapped_column(default=60)


class SessionStatus(Label):
    """How far a session has come."""

    BOOKED = "booked"
    HELD = "held"
    CANCELLED = "cancelled"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.BOOKED: say("Booked"),
            cls.HELD: say("Held"),
            cls.CANCELLED: say("Cancelled"),
        }


class Mode(Label):
    """How people meet (domain.md §4.2)."""

    IN_PERSON = "in_person"
    ONLINE = "online"
    PHONE = "phone"
    VISIT = "visit"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.IN_PERSON: say("In person"),
            cls.ONLINE: say("Online"),
            cls.PHONE: say("By phone"),
            cls.VISIT: say("Visit"),
        }


class MentoringSession(Entity):
    """A manager and a venture meet; the room, if any, is booked with it."""

    __tablename__ = "mentoring_session"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="times_in_order"),
        UniqueConstraint("ics_uid"),
        Index("ix_mentoring_session_facility_start", "facility_id", "starts_at"),
        Index("ix_mentoring_session_organisation_start", "organisation_id", "starts_at"),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    manager_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    booked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), unique=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    mode: Mapped[Mode] = mapped_column(default=Mode.IN_PERSON)
    status: Mapped[SessionStatus] = mapped_column(default=SessionStatus.BOOKED)
    topic: Mapped[str] = mapped_column(default="")
    ics_uid: Mapped[str]
    ics_sequence: Mapped[int] = mapped_column(default=0)
    booked_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]

    organisation: Mapped[Organisation] = relationship()
    manager: Mapped[Person] = relationship(foreign_keys=manager_id)
    booking: Mapped[Booking | None] = relationship()
    notes: Mapped[list["SessionNote"]] = relationship(order_by="SessionNote.id")
    guests: Mapped[list["SessionGuest"]] = relationship()

    @property
    def missed(self) -> bool:
        """Whether it stood until it began, and yet people did not meet."""
        return self.cancelled_at is not None and self.cancelled_at >= self.starts_at

    @property
    def state(self) -> Message:
        """What people call how it stands."""
        return say("Did not meet") if self.missed else self.status.label


never_overlap(
    MentoringSession,
    "no_two_sessions_of_a_manager",
    Span(("manager_id",), "starts_at", "ends_at", ("booked", "held")),
)


class SessionGuest(Entity):
    """A venture's member who is invited to a session."""

    __tablename__ = "session_guest"
    __table_args__ = (UniqueConstraint("session_id", "person_id"),)

    session_id: Mapped[int] = mapped_column(ForeignKey("mentoring_session.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)

    person: Mapped[Person] = relationship()


class Visibility(Label):
    """Who may read a note (security.md §2.2)."""

    SHARED = "shared"
    PRIVATE = "private"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What people read."""
        return {
            cls.SHARED: say("Shared record"),
            cls.PRIVATE: say("Private note"),
        }


class SessionNote(Entity):
    """A record of a session; a correction is a later note, nothing is overwritten."""

    __tablename__ = "session_note"

    session_id: Mapped[int] = mapped_column(ForeignKey("mentoring_session.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    visibility: Mapped[Visibility]
    body: Mapped[str]
    written_at: Mapped[datetime]

    author: Mapped[Person] = relationship()


append_only(SessionNote, "session_note_stays")


class ActionOwner(Label):
    """Whose turn it is."""

    VENTURE = "venture"
    MANAGER = "manager"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What people read."""
        return {
            cls.VENTURE: say("Venture"),
            cls.MANAGER: say("Manager"),
        }


class ActionItem(Entity):
    """Something agreed to be done; it stands on both homes until it is."""

    __tablename__ = "action_item"
    __table_args__ = (Index("ix_action_item_organisation", "organisation_id", "done_at"),)

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("mentoring_session.id"), index=True)
    manager_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    owner: Mapped[ActionOwner]
    title: Mapped[str]
    due_on: Mapped[date | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
    created_at: Mapped[datetime]

    organisation: Mapped[Organisation] = relationship()
