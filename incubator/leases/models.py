"""Leases of units, their prices by date, subsidy programmes and deposits."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incubator.core.days import Proration, Stretch, add_months
from incubator.core.db import Amount, Entity, partial_index
from incubator.core.i18n import Label, Message, say
from incubator.core.money import Rounding
from incubator.core.promises import Span, added_only_if, append_only, never_overlap, stays_once
from incubator.leases.rules.deposit import Costs
from incubator.leases.rules.terms import Anchor, Delivery, Method, Step
from incubator.organisations.models import Organisation
from incubator.people.models import Asked, takes_two_people
from incubator.spaces.models import LegalBasis, Unit


class SubsidyProgramme(Entity):
    """A rent subsidy as its funder wrote it; data, never code (domain.md §3.2)."""

    __tablename__ = "subsidy_programme"
    __table_args__ = (
        UniqueConstraint("facility_id", "code"),
        CheckConstraint("rounding_unit IN (1, 10, 100, 1000)", name="rounding_unit"),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    funder: Mapped[str] = mapped_column(default="")
    method: Mapped[Method]
    steps: Mapped[list[dict[str, int]]] = mapped_column(JSON)
    """[{"months": 12, "rate": 1000}, …] in order; rate is per m², basis points or a sum by method.
    `months` 0 or missing on the last step means for the rest of the term; a share that is not
    exact in basis points is `rate` of `of` parts."""
    includes_common_fee: Mapped[bool] = mapped_column(default=False)
    includes_tax: Mapped[bool] = mapped_column(default=False)
    area_cap: Mapped[int | None]
    """In hundredths of a square metre."""
    monthly_cap: Mapped[int | None] = mapped_column(Amount)
    fy_cap: Mapped[int | None] = mapped_column(Amount)
    total_cap: Mapped[int | None] = mapped_column(Amount)
    max_months: Mapped[int | None]
    max_fiscal_years: Mapped[int | None]
    anchor: Mapped[Anchor] = mapped_column(default=Anchor.MOVE_IN)
    proration: Mapped[Proration] = mapped_column(default=Proration.ACTUAL)
    rounding_unit: Mapped[int] = mapped_column(default=1)
    delivery: Mapped[Delivery] = mapped_column(default=Delivery.RENT_REDUCTION)
    company_age_limit_years: Mapped[int | None]
    budget_per_fy: Mapped[int | None] = mapped_column(Amount)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    conditions: Mapped[str] = mapped_column(default="")

    @property
    def has_rate(self) -> bool:
        """Whether it gives anything; one that a rent roll only named does not yet."""
        return any(step.rate for step in self.rates)

    @property
    def rates(self) -> tuple[Step, ...]:
        """Its steps as values."""
        return tuple(Step(**{"months": 0, **step}) for step in self.steps)


class LeaseStatus(Label):
    """How far a lease has come."""

    OFFERED = "offered"
    ACTIVE = "active"
    NOTICE = "notice"
    ENDED = "ended"
    DECLINED = "declined"
    LAPSED = "lapsed"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.OFFERED: say("Offered"),
            cls.ACTIVE: say("In force"),
            cls.NOTICE: say("Notice given"),
            cls.ENDED: say("Ended"),
            cls.DECLINED: say("Declined"),
            cls.LAPSED: say("Lapsed"),
        }


class EndReason(Label):
    """Why a lease ended, or what was booked beyond it, where nobody wrote a reason."""

    TERM = "end of term"
    NOTICE = "notice given"
    NOTICE_BEFORE = "notice given before"
    STAY = "end of the stay"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.TERM: say("Term expired"),
            cls.NOTICE: say("Notice"),
            cls.NOTICE_BEFORE: say("Notice for the lease before it"),
            cls.STAY: say("The stay ends before that day"),
        }


IN_FORCE = (LeaseStatus.ACTIVE, LeaseStatus.NOTICE)
OVER = (LeaseStatus.ENDED, LeaseStatus.DECLINED)
"""Lease states in which the deposit is settled: it ended, or was called off before it began."""
HOLDING = ("offered", "active", "notice", "ended")
"""Lease states that take the unit for their days, in the past as well."""


class Lease(Entity):
    """One organisation's right to one unit, from one day up to, not including, another."""

    __tablename__ = "lease"
    __table_args__ = (
        CheckConstraint("starts_on < ends_on", name="days_in_order"),
        CheckConstraint(
            "status NOT IN ('active', 'notice') OR signed_on IS NOT NULL", name="active_is_signed"
        ),
        CheckConstraint(
            "signed_on IS NULL OR prior_explained_on IS NULL OR prior_explained_on <= signed_on",
            name="explained_before_signed",
        ),
        CheckConstraint(
            "end_notice_on IS NULL OR signed_on IS NOT NULL", name="announced_is_signed"
        ),
        CheckConstraint("agreed_until IS NULL OR ends_on <= agreed_until", name="cut_short"),
        Index("ix_lease_facility_days", "facility_id", "starts_on", "ends_on"),
        UniqueConstraint("number"),
    )

    number: Mapped[str]
    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    status: Mapped[LeaseStatus] = mapped_column(default=LeaseStatus.OFFERED)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    currency: Mapped[str]
    area: Mapped[int]
    """In hundredths of a square metre, as let."""
    rent_steps: Mapped[list[dict[str, int]]] = mapped_column(JSON, default=list)
    """[{"year": 1, "bp": 5000}, …]: the share of the rent paid in each contract year (BR-R03)."""
    free_months: Mapped[int] = mapped_column(default=0)
    """How many first months are rent-free (BR-B07)."""
    proration_entry: Mapped[Proration]
    proration_exit: Mapped[Proration]
    rounding_unit: Mapped[int] = mapped_column(default=1)
    deposit_months: Mapped[int] = mapped_column(default=0)
    deposit: Mapped[int] = mapped_column(Amount, default=0)
    legal_basis: Mapped[LegalBasis]
    notice_months: Mapped[int]
    prior_explained_on: Mapped[date | None]
    offered_at: Mapped[datetime]
    offer_expires_on: Mapped[date | None]
    signed_on: Mapped[date | None]
    signed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    signed_by_name: Mapped[str | None]
    end_notice_on: Mapped[date | None]
    """The day the landlord announced that the fixed term will end (BR-N02)."""
    notice_given_on: Mapped[date | None]
    """The day a notice was given, or an end agreed for a later day."""
    agreed_until: Mapped[date | None]
    """The end of the term that a notice, or the office, cut short; none while it stands."""
    ended_on: Mapped[date | None]
    """The day the deed of ending was done; `ends_on` says until when the unit was held."""
    end_reason: Mapped[str | None]
    renews_id: Mapped[int | None] = mapped_column(ForeignKey("lease.id"), unique=True)
    """The lease it goes on from; an offer nobody took up lets go of it, so another can be made."""

    organisation: Mapped[Organisation] = relationship()
    renews: Mapped["Lease | None"] = relationship(remote_side="Lease.id")
    unit: Mapped[Unit] = relationship()
    prices: Mapped[list["LeasePrice"]] = relationship(
        order_by="LeasePrice.from_day", back_populates="lease"
    )
    subsidies: Mapped[list["LeaseSubsidy"]] = relationship(
        order_by="LeaseSubsidy.position", back_populates="lease"
    )

    @property
    def days(self) -> Stretch:
        """The days it holds the unit."""
        return Stretch(self.starts_on, self.ends_on)

    def rent_on(self, day: date) -> int:
        """The full monthly rent in force on a day, or on its first; no later one (BR-R04)."""
        by_then = max(day, self.starts_on)
        rents = [price for price in self.prices if price.component is Component.RENT]
        return next((one.amount for one in reversed(rents) if one.from_day <= by_then), 0)


never_overlap(Lease, "no_two_leases_of_a_unit", Span(("unit_id",), "starts_on", "ends_on", HOLDING))


class Component(Label):
    """What a lease is charged for, month by month."""

    RENT = "rent"
    COMMON_FEE = "common_fee"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What a line on a document says."""
        return {cls.RENT: say("Rent"), cls.COMMON_FEE: say("Common-area fee")}


class LeasePrice(Entity):
    """A monthly price from a day on; changes are new rows (BR-R04)."""

    __tablename__ = "lease_price"
    __table_args__ = (UniqueConstraint("lease_id", "component", "from_day"),)

    lease_id: Mapped[int] = mapped_column(ForeignKey("lease.id"))
    component: Mapped[Component]
    amount: Mapped[int] = mapped_column(Amount)
    """For a whole month at full price, tax-exclusive."""
    unit_price: Mapped[int | None] = mapped_column(Amount)
    """Per square metre, where the price was worked out by area (BR-R01)."""
    from_day: Mapped[date]

    lease: Mapped[Lease] = relationship(back_populates="prices")


class LeaseSubsidy(Entity):
    """A programme granted on a lease."""

    __tablename__ = "lease_subsidy"
    __table_args__ = (UniqueConstraint("lease_id", "programme_id"),)

    lease_id: Mapped[int] = mapped_column(ForeignKey("lease.id"))
    programme_id: Mapped[int] = mapped_column(ForeignKey("subsidy_programme.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    from_month: Mapped[date]
    until_month: Mapped[date | None]
    """The first month without it."""
    counted_from: Mapped[date | None]
    """Where its months began on an earlier lease of the same venture."""
    drawn_before: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    """{"2026": 600000}: what earlier leases drew by fiscal year."""

    lease: Mapped[Lease] = relationship(back_populates="subsidies")
    programme: Mapped[SubsidyProgramme] = relationship()

    def is_on(self, month: date) -> bool:
        """Whether it is granted for a month."""
        return self.from_month <= month and (self.until_month is None or month < self.until_month)

    @property
    def last_month(self) -> date | None:
        """The last month with it, where it ends before the lease."""
        return add_months(self.until_month, -1) if self.until_month else None


class DepositKind(StrEnum):
    """What happened to a deposit (BR-D02)."""

    DUE = "due"
    RECEIVED = "received"
    SET_OFF = "set_off"
    REFUNDED = "refunded"


class DepositRequest(Asked):
    """One person settles a deposit of which something goes back, another decides (BR-D05)."""

    __tablename__ = "deposit_request"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        *takes_two_people(),
        partial_index(
            "uq_deposit_request_waiting", "lease_id", where="status = 'asked'", unique=True
        ),
    )

    lease_id: Mapped[int] = mapped_column(ForeignKey("lease.id"), index=True)
    amount: Mapped[int] = mapped_column(Amount)
    """What goes back."""
    paid_to: Mapped[str]
    """The account, as on the transfer slip."""
    arrears: Mapped[int] = mapped_column(Amount)
    late_charges: Mapped[int] = mapped_column(Amount)
    restoration: Mapped[int] = mapped_column(Amount)
    tax_bp: Mapped[int]
    rounding: Mapped[Rounding] = mapped_column(server_default=Rounding.FLOOR.value)

    lease: Mapped[Lease] = relationship()

    @property
    def costs(self) -> Costs:
        """What is set off before."""
        sums = (self.arrears, self.late_charges, self.restoration)
        return Costs(*sums, self.tax_bp, self.rounding)


class DepositEntry(Entity):
    """One line of a lease's deposit ledger."""

    __tablename__ = "deposit_entry"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("uq_deposit_entry_request_id", "request_id", unique=True),
    )

    lease_id: Mapped[int] = mapped_column(ForeignKey("lease.id"), index=True)
    kind: Mapped[DepositKind]
    amount: Mapped[int] = mapped_column(Amount)
    on_day: Mapped[date]
    note: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    request_id: Mapped[int | None] = mapped_column(ForeignKey("deposit_request.id"))
    """Who asked to pay it back and who approved; nobody's from before that had to be."""

    request: Mapped[DepositRequest | None] = relationship()


stays_once(
    DepositRequest,
    "deposit_request_stays",
    "asked",
    (
        "lease_id",
        "amount",
        "paid_to",
        "arrears",
        "late_charges",
        "restoration",
        "tax_bp",
        "rounding",
        "asked_by_id",
    ),
)
append_only(DepositEntry, "deposit_entry_stays")
added_only_if(
    DepositEntry,
    "deposit_return_is_approved",
    "NEW.kind <> 'refunded' OR EXISTS (SELECT 1 FROM deposit_request AS asked"
    " WHERE asked.id = NEW.request_id AND asked.status = 'approved'"
    " AND asked.lease_id = NEW.lease_id AND asked.amount = NEW.amount)",
)
