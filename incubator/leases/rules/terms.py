"""What a lease says, as values: everything that its months can be worked out from."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any

from incubator.core.days import Proration, Stretch, end_of_term
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Label, Message, say
from incubator.core.money import WHOLE, Rounding

RENT, COMMON_FEE, SUBSIDY = "rent", "common_fee", "subsidy"
LABELS = {
    RENT: say("Rent"),
    COMMON_FEE: say("Common-area fee"),
    SUBSIDY: say("Rent subsidy"),
}


class Method(Label):
    """How a subsidy is worked out (domain.md §3.2)."""

    PER_M2 = "per_m2"
    RATIO = "ratio"
    FIXED = "fixed"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What people read."""
        return {
            cls.RATIO: say("A share of the rent"),
            cls.PER_M2: say("A sum per square metre"),
            cls.FIXED: say("A fixed sum a month"),
        }


class Delivery(Label):
    """How a subsidy reaches the tenant (domain.md §3.3)."""

    TENANT_REIMBURSE = "tenant_reimburse"
    LANDLORD_AGENT = "landlord_agent"
    RENT_REDUCTION = "rent_reduction"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What people read."""
        return {
            cls.RENT_REDUCTION: say("The rent on the invoice is lower"),
            cls.LANDLORD_AGENT: say("The funder pays the facility"),
            cls.TENANT_REIMBURSE: say("The funder pays the tenant afterwards"),
        }


class Anchor(Label):
    """From when the months of a subsidy count."""

    MOVE_IN = "move_in"
    FIRST_GRANT = "first_grant"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What people read."""
        return {
            cls.MOVE_IN: say("the move-in"),
            cls.FIRST_GRANT: say("the first month granted"),
        }


@dataclass(frozen=True)
class Price:
    """A monthly price from a day on, tax-exclusive; `unit_price` per m² where it came from one."""

    component: str
    amount: int
    from_day: date
    unit_price: int | None = None


@dataclass(frozen=True)
class Step:
    """A rate for some tenancy months; no months means for the rest of the term."""

    months: int
    rate: int
    of: int = WHOLE
    """The parts that a share is counted in: basis points, unless these cannot tell it exactly."""

    @classmethod
    def of_share(cls, months: int, share: Fraction) -> "Step":
        """50 % as 5,000 basis points, two thirds as 2 of 3."""
        of = share.denominator if WHOLE % share.denominator else WHOLE
        return cls(months, int(share * of), of)

    @property
    def share(self) -> Fraction:
        """The exact part of the whole, where the programme gives a ratio."""
        return Fraction(self.rate, self.of)


@dataclass(frozen=True, kw_only=True)
class ProgrammeTerms:
    """How a subsidy is worked out, capped and paid (domain.md §3.2); areas in 0.01 m²."""

    name: str
    method: Method
    name_en: str = ""
    code: str = ""
    includes_common_fee: bool = False
    includes_tax: bool = False
    area_cap: int | None = None
    monthly_cap: int | None = None
    fy_cap: int | None = None
    total_cap: int | None = None
    max_months: int | None = None
    max_fiscal_years: int | None = None
    anchor: Anchor = Anchor.MOVE_IN
    proration: Proration = Proration.ACTUAL
    rounding_unit: int = 1
    delivery: Delivery = Delivery.RENT_REDUCTION
    company_age_limit_years: int | None = None


@dataclass(frozen=True, kw_only=True)
class Grant(ProgrammeTerms):
    """A subsidy programme as granted on one lease (BR-S01 to BR-S10)."""

    steps: tuple[Step, ...]
    from_month: date
    until_month: date | None = None
    """The first month without it."""
    programme_id: int | None = None
    counted_from: date | None = None
    """Where the months began on an earlier lease of the same venture."""
    drawn_before: tuple[tuple[int, int], ...] = ()
    """What earlier leases drew: (fiscal year, amount)."""


@dataclass(frozen=True)
class LeaseTerms:
    """A lease as its months are worked out from it; amounts in minor units, tax-exclusive."""

    unit: str
    starts_on: date
    ends_on: date
    area: int
    prices: tuple[Price, ...]
    currency: str
    subsidies: tuple[Grant, ...] = ()
    rent_steps: tuple[tuple[int, int], ...] = ()
    """(contract year, basis points paid); a year that is not named pays in full (BR-R03)."""
    free_months: int = 0
    proration_entry: Proration = Proration.ACTUAL
    proration_exit: Proration = Proration.ACTUAL
    rounding_unit: int = 1
    deposit: int = 0
    deposit_months: int = 0
    founded_on: date | None = None
    tax_rates: tuple[tuple[date, int], ...] = ()
    """(from day, basis points) of the standard rate, oldest first (BR-T01)."""
    tax_rounding: Rounding = Rounding.FLOOR
    before: "LeaseTerms | None" = None
    """The lease it renews, where that one charges the first days of the same month (BR-P05)."""

    @cached_property
    def days(self) -> Stretch:
        """The days it holds the unit."""
        return Stretch(self.starts_on, self.ends_on)

    @cached_property
    def free_until(self) -> date:
        """The first day on which rent is owed (BR-B07)."""
        return end_of_term(self.starts_on, self.free_months)

    def tax_on(self, day: date) -> int:
        """The standard tax rate on a day in basis points; refused when none is known (BR-T01)."""
        valid = [rate for from_day, rate in self.tax_rates if from_day <= day]
        if not valid:
            raise RuleBroken(say("No tax rate is set for %(day)s.", day=day))
        return valid[-1]

    def paid_share(self, year: int) -> int:
        """The share of the rent that contract year `year` pays, in basis points (BR-R03)."""
        return next((bp for named, bp in self.rent_steps if named == year), WHOLE)


@dataclass(frozen=True)
class TaxRules:
    """What leases do not know of themselves; doors read it from billing and hand it in."""

    rates: tuple[tuple[date, int], ...] = ()
    """(from day, basis points) of the standard rate, oldest first."""
    rounding: Rounding = Rounding.FLOOR


@dataclass(frozen=True)
class OfferTerms:
    """What a facility offers: a unit for some days at a price; minor units, tax-exclusive."""

    facility_id: int
    unit_id: int
    organisation_id: int
    starts_on: date
    ends_on: date
    """The first day after the term."""
    rent: int
    unit_price: int | None = None
    common_fee: int = 0
    rent_steps: tuple[tuple[int, int], ...] = ()
    free_months: int = 0
    deposit_months: int = 0
    programme_ids: tuple[int, ...] = ()
    """In the order in which they are applied."""
    expires_on: date | None = None
    """The last day on which the offer can be taken up."""
    prior_explained_on: date | None = None
    renews_id: int | None = None
    signed_on: date | None = None
    """Only for leases signed elsewhere: imports, and the demo's past."""
    fixed_deposit: int | None = None
    deposit_received_on: date | None = None

    @property
    def days(self) -> Stretch:
        """The days it holds the unit."""
        return Stretch(self.starts_on, self.ends_on)

    @property
    def deposit(self) -> int:
        """A fixed sum, else months of rent before tax (BR-D01)."""
        if self.fixed_deposit is not None:
            return self.fixed_deposit
        return self.rent * self.deposit_months


@dataclass(frozen=True)
class Line:
    """One amount of one month, with the rule, its inputs and the reason in words.

    `amount` is what the line puts on the invoice: a reduction is negative, a subsidy that a funder
    pays to the tenant or to the landlord puts nothing there. `granted` is the subsidy itself.
    """

    kind: str
    amount: int
    title: str
    rule: str
    inputs: dict[str, Any]
    why: Message
    days: Stretch
    currency: str
    granted: int = 0
    delivery: Delivery | None = None
    programme_id: int | None = None
    name_en: str = ""
    """Of the title, where it has an English one."""

    @property
    def name(self) -> str:
        """The title, for whoever asks in their language."""
        return self.title

    @property
    def label(self) -> Message:
        """What it is."""
        return LABELS[self.kind]
