"""People who sign in, the roles they hold, their sessions and one-time links."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incubator.core.access import VENTURE_ROLES, Actor, Held, Role
from incubator.core.db import Entity
from incubator.core.i18n import Label, Message, say
from incubator.core.outbox import Recipient


class PersonStatus(StrEnum):
    """Whether an account may be used."""

    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"


class Person(Entity):
    """Someone with an account."""

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("email"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("language IN ('ja', 'en')", name="language"),
        CheckConstraint("theme IN ('auto', 'light', 'dark')", name="theme"),
    )

    email: Mapped[str]
    name: Mapped[str]
    name_kana: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="ja")
    theme: Mapped[str] = mapped_column(default="auto")
    status: Mapped[PersonStatus] = mapped_column(default=PersonStatus.INVITED)
    created_at: Mapped[datetime]

    grants: Mapped[list["Grant"]] = relationship(back_populates="person", lazy="selectin")

    def as_actor(self, today: date) -> Actor:
        """The person as the rules see them on a day; a suspended person holds nothing."""
        if self.status is not PersonStatus.ACTIVE:
            return Actor(self.id, self.name)
        held = tuple(
            Held(grant.role, grant.facility_id, grant.organisation_id)
            for grant in sorted(self.grants, key=lambda grant: grant.id)
            if grant.from_day <= today and (grant.until_day is None or today < grant.until_day)
        )
        return Actor(self.id, self.name, held)

    @property
    def recipient(self) -> Recipient:
        """The person as an addressee."""
        return Recipient(self.name, self.email, self.language)


_VENTURE = ", ".join(f"'{role.value}'" for role in sorted(VENTURE_ROLES))


class Grant(Entity):
    """A role that a person holds somewhere, from one day up to, not including, another."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint(
            f"(role IN ({_VENTURE})) = (organisation_id IS NOT NULL)", name="venture_role"
        ),
        CheckConstraint(
            "(role = 'system_admin') = (facility_id IS NULL AND organisation_id IS NULL)",
            name="system_role",
        ),
        CheckConstraint("facility_id IS NULL OR organisation_id IS NULL", name="one_place"),
        CheckConstraint("until_day IS NULL OR from_day <= until_day", name="days_in_order"),
        Index("ix_role_grant_facility", "facility_id", "role"),
        Index("ix_role_grant_organisation", "organisation_id"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[Role]
    facility_id: Mapped[int | None] = mapped_column(ForeignKey("facility.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    from_day: Mapped[date]
    until_day: Mapped[date | None]

    person: Mapped[Person] = relationship(back_populates="grants")


class SignInSession(Entity):
    """A signed-in browser; only the hash of its token is kept, and it can be revoked."""

    __tablename__ = "sign_in_session"
    __table_args__ = (UniqueConstraint("token_hash"),)

    token_hash: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    device: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class LinkKind(StrEnum):
    """What a one-time link is for."""

    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of a kind


class OneTimeLink(Entity):
    """An e-mailed link that works once and expires."""

    __tablename__ = "one_time_link"
    __table_args__ = (UniqueConstraint("token_hash"),)

    token_hash: Mapped[str]
    kind: Mapped[LinkKind]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInAttempt(Entity):
    """A failed attempt, counted per account and per address to slow guessing down."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_key_at", "key", "at"),)

    key: Mapped[str]
    at: Mapped[datetime]


class RequestStatus(Label):
    """How far something that one person asked for and another decides has come."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.ASKED: say("Waits for approval"),
            cls.APPROVED: say("Approved"),
            cls.REFUSED: say("Refused"),
            cls.WITHDRAWN: say("Withdrawn"),
        }


class Asked(Entity):
    """What one person asks for and another decides (security.md §2.2, rule 8)."""

    __abstract__ = True

    status: Mapped[RequestStatus] = mapped_column(default=RequestStatus.ASKED)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """Nobody's when it was asked for on the command line."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(default="")
    """Why it was refused."""

    @property
    def waits(self) -> bool:
        """Whether nobody has decided yet."""
        return self.status is RequestStatus.ASKED


def takes_two_people() -> tuple[CheckConstraint, CheckConstraint]:
    """What the database keeps of everything that is `Asked`."""
    return (
        CheckConstraint(
            "asked_by_id IS NULL OR decided_by_id IS NULL OR decided_by_id <> asked_by_id",
            name="two_people",
        ),
        CheckConstraint(
            "status IN ('asked', 'withdrawn') OR decided_by_id IS NOT NULL", name="decided"
        ),
    )
