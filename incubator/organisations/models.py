"""Ventures."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, func
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, mapped_column

from incubator.core.db import Amount, Entity
from incubator.core.i18n import Label, Message, say
from incubator.core.outbox import Recipient
from incubator.organisations import rules


class Stage(Label):
    """How a venture stands to its facility."""

    PROSPECT = "prospect"
    TENANT = "tenant"
    ALUMNUS = "alumnus"
    LEFT = "left"

    @property
    def gone(self) -> bool:
        """Whether it was inside and has left."""
        return self in {Stage.ALUMNUS, Stage.LEFT}

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.PROSPECT: say("Prospect"),
            cls.TENANT: say("Inside"),
            cls.ALUMNUS: say("Alumnus"),
            cls.LEFT: say("Left"),
        }


class Organisation(Entity):
    """A venture, with the facility that looks after it."""

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint(
            "corporate_number IS NULL OR length(corporate_number) = 13",
            name="corporate_number_length",
        ),
        Index(
            "uq_organisation_corporate_number_facility_id",
            "corporate_number",
            "facility_id",
            unique=True,
        ),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    stage: Mapped[Stage] = mapped_column(default=Stage.PROSPECT)
    name: Mapped[str]
    name_kana: Mapped[str] = mapped_column(default="")
    name_en: Mapped[str] = mapped_column(default="")
    corporate_number: Mapped[str | None]
    invoice_reg_no: Mapped[str | None]
    representative: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    postal_code: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    business: Mapped[str] = mapped_column(default="")
    founded_on: Mapped[date | None]
    capital: Mapped[int | None] = mapped_column(Amount)
    admitted_on: Mapped[date | None]
    left_on: Mapped[date | None]
    """The first day without it, also while an approved exit is still to come."""
    baseline_jobs_ft: Mapped[int] = mapped_column(default=0)
    baseline_jobs_pt: Mapped[int] = mapped_column(default=0)
    language: Mapped[str] = mapped_column(default="ja")
    created_at: Mapped[datetime]

    def stays_on(self, day: date) -> bool:
        """Whether it has not left by a day, and it is not decided that it will have."""
        return rules.stays(self.left_on, day)

    @hybrid_method
    def reading(self, lang: str) -> str:
        """What people of this language look it up by: its English name, or how it is read."""
        return (self.name_en.lower() if lang == "en" else "") or self.name_kana or self.name

    @reading.expression
    @classmethod
    def _reading_in_sql(cls, lang: str) -> ColumnElement[str]:
        read = func.coalesce(func.nullif(cls.name_kana, ""), cls.name)
        english = func.nullif(func.lower(cls.name_en), "")
        return func.coalesce(english, read) if lang == "en" else read

    @property
    def mailbox(self) -> Recipient | None:
        """Its office as an addressee, where it has a mail address."""
        return Recipient(self.name, self.email, self.language) if self.email else None
