"""Facilities, floors, rentable units, shared rooms, outages, closed days and holidays."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incubator.core.days import Proration, Roll
from incubator.core.db import Amount, Entity
from incubator.core.i18n import Label, Message, say
from incubator.core.promises import Span, never_overlap


class LegalBasis(StrEnum):
    """On what ground a unit is let (domain.md §2.2)."""

    LEASE_FIXED_TERM = "lease_fixed_term"
    USE_PERMIT = "use_permit"


class DueRule(StrEnum):
    """When rent of a month is due (domain.md §7.1)."""

    PREV_MONTH_END = "prev_month_end"
    PREV_MONTH_DAY = "prev_month_day"
    SAME_MONTH_DAY = "same_month_day"


class Facility(Entity):
    """An incubator building with its house rules."""

    __tablename__ = "facility"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("code = lower(code)", name="code_lower"),
        CheckConstraint("due_day BETWEEN 1 AND 31", name="due_day"),
    )

    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    postal_code: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    zone: Mapped[str] = mapped_column(default="Asia/Tokyo")
    currency: Mapped[str] = mapped_column(default="JPY")
    legal_basis: Mapped[LegalBasis] = mapped_column(default=LegalBasis.LEASE_FIXED_TERM)
    due_rule: Mapped[DueRule] = mapped_column(default=DueRule.PREV_MONTH_END)
    due_day: Mapped[int] = mapped_column(default=25)
    holiday_roll: Mapped[Roll] = mapped_column(default=Roll.NEXT)
    proration_entry: Mapped[Proration] = mapped_column(default=Proration.ACTUAL)
    proration_exit: Mapped[Proration] = mapped_column(default=Proration.ACTUAL)
    rounding_unit: Mapped[int] = mapped_column(default=1)
    notice_months: Mapped[int] = mapped_column(default=3)
    max_contract_months: Mapped[int] = mapped_column(default=60)
    max_total_months: Mapped[int] = mapped_column(default=60)
    max_tenants_per_manager: Mapped[int] = mapped_column(default=15)
    late_rate_bp: Mapped[int | None] = mapped_column(default=1460)
    """What is agreed for late payment, a year; none where the statutory rate holds (BR-L04)."""
    late_leap_years: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether a day of a leap year is one of 366 for it (BR-L03)."""
    reminder_days: Mapped[str | None] = mapped_column(default="3, 10, 30")
    """Days after the due day on which a venture is reminded; none where nobody chose any."""
    included_room_minutes: Mapped[int] = mapped_column(default=0)
    open_minute: Mapped[int] = mapped_column(default=8 * 60)
    close_minute: Mapped[int] = mapped_column(default=21 * 60)
    closed_weekdays: Mapped[str] = mapped_column(default="6")
    """Digits of the weekdays closed, Monday is 0."""
    closed_on_holidays: Mapped[bool] = mapped_column(default=True)


class Floor(Entity):
    """A storey."""

    __tablename__ = "floor"
    __table_args__ = (UniqueConstraint("facility_id", "name"),)

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    name: Mapped[str]
    level: Mapped[int]

    facility: Mapped[Facility] = relationship()


class UnitKind(Label):
    """What a rentable unit is built for (domain.md §13.1)."""

    OFFICE = "office"
    SHARED_DESK = "shared_desk"
    WORKSHOP = "workshop"
    WET_LAB = "wet_lab"
    DRY_LAB = "dry_lab"
    STORAGE = "storage"
    PARKING = "parking"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them (domain.md §15)."""
        return {
            cls.OFFICE: say("Office"),
            cls.SHARED_DESK: say("Shared desk"),
            cls.WORKSHOP: say("Prototype workshop"),
            cls.WET_LAB: say("Wet lab"),
            cls.DRY_LAB: say("Dry lab"),
            cls.STORAGE: say("Storage"),
            cls.PARKING: say("Parking"),
        }


class Unit(Entity):
    """An office, lab or desk that is let by the month."""

    __tablename__ = "unit"
    __table_args__ = (
        UniqueConstraint("facility_id", "code"),
        CheckConstraint("area > 0", name="area_positive"),
        CheckConstraint("list_rent IS NOT NULL OR unit_price IS NOT NULL", name="has_price"),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    floor_id: Mapped[int] = mapped_column(ForeignKey("floor.id"), index=True)
    code: Mapped[str]
    kind: Mapped[UnitKind]
    area: Mapped[int]
    """In hundredths of a square metre."""
    list_rent: Mapped[int | None] = mapped_column(Amount)
    unit_price: Mapped[int | None] = mapped_column(Amount)
    """Per square metre and month; used where there is no list price (BR-R01)."""
    common_fee: Mapped[int] = mapped_column(Amount, default=0)
    note: Mapped[str] = mapped_column(default="")
    plan_x: Mapped[int | None]
    plan_y: Mapped[int | None]
    plan_w: Mapped[int | None]
    plan_h: Mapped[int | None]

    floor: Mapped[Floor] = relationship()


class UnitOutage(Entity):
    """Days on which a unit cannot be let (BR-K01: not available)."""

    __tablename__ = "unit_outage"
    __table_args__ = (
        CheckConstraint("until_day IS NULL OR from_day < until_day", name="days_in_order"),
    )

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    from_day: Mapped[date]
    until_day: Mapped[date | None]
    reason: Mapped[str] = mapped_column(default="")


never_overlap(UnitOutage, "no_two_outages", Span(("unit_id",), "from_day", "until_day"))


class Room(Entity):
    """A meeting room or other shared space, booked by the hour, with its rules of use."""

    __tablename__ = "room"
    __table_args__ = (
        UniqueConstraint("facility_id", "code"),
        CheckConstraint("step_minutes > 0", name="step_positive"),
        CheckConstraint("min_minutes > 0 AND min_minutes <= max_minutes", name="length_in_order"),
        CheckConstraint("open_minute < close_minute", name="hours_in_order"),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    floor_id: Mapped[int | None] = mapped_column(ForeignKey("floor.id"), index=True)
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    capacity: Mapped[int] = mapped_column(default=1)
    equipment: Mapped[str] = mapped_column(default="")
    price_per_step: Mapped[int] = mapped_column(Amount, default=0)
    """Tax-exclusive, per started step (BR-F03)."""
    step_minutes: Mapped[int]
    min_minutes: Mapped[int]
    max_minutes: Mapped[int]
    buffer_before: Mapped[int] = mapped_column(default=0)
    buffer_after: Mapped[int] = mapped_column(default=0)
    open_minute: Mapped[int]
    close_minute: Mapped[int]
    window_days: Mapped[int] = mapped_column(default=90)
    """How far ahead it can be booked."""
    free_cancel_hours: Mapped[int] = mapped_column(default=24)
    late_cancel_bp: Mapped[int] = mapped_column(default=10_000)
    """The share of the price that a later cancellation still costs."""
    uses_included_minutes: Mapped[bool] = mapped_column(default=True)
    bookable: Mapped[bool] = mapped_column(default=True)


class ClosedDay(Entity):
    """A day on which a facility is closed beyond its weekdays and the public holidays."""

    __tablename__ = "closed_day"
    __table_args__ = (UniqueConstraint("facility_id", "day"),)

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    day: Mapped[date]
    name: Mapped[str] = mapped_column(default="")
    name_en: Mapped[str] = mapped_column(default="", server_default=text("''"))


class Holiday(Entity):
    """A public or bank holiday of a country, loaded as data."""

    __tablename__ = "holiday"
    __table_args__ = (UniqueConstraint("country", "day"),)

    country: Mapped[str] = mapped_column(default="JP")
    day: Mapped[date]
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="", server_default=text("''"))
    banks_only: Mapped[bool] = mapped_column(default=False)


class ImportRun(Entity):
    """A file that was read in, so that the same file is not taken twice."""

    __tablename__ = "import_run"
    __table_args__ = (UniqueConstraint("facility_id", "kind", "sha256"),)

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    kind: Mapped[str]
    sha256: Mapped[str]
    file_name: Mapped[str]
    rows: Mapped[int]
    applied_at: Mapped[datetime]
    applied_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
