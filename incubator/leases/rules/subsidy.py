"""Rent subsidies of one month: formula, caps in order, history, several programmes in order."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import lru_cache

from incubator.core.days import (
    Stretch,
    add_months,
    fiscal_year,
    fiscal_year_days,
    month_of,
    months_since,
    whole_month,
)
from incubator.core.i18n import Message, Name, say, say_n
from incubator.core.money import SQUARE_METRE, WHOLE, round_to
from incubator.leases.rules.rent import (
    amounts,
    charge_of,
    covers,
    share_of_month,
)
from incubator.leases.rules.terms import (
    COMMON_FEE,
    RENT,
    Anchor,
    Delivery,
    Grant,
    LeaseTerms,
    Method,
    Step,
)

Used = tuple[int, int]
"""What a grant has drawn so far in the fiscal year and in all."""


@dataclass(frozen=True)
class Award:
    """What one grant gives in one month, and what decided it."""

    grant: Grant
    amount: int
    step: Step
    tenancy_month: int
    eligible: int
    """The charged amount it looks at, with tax where the programme includes it, floored."""
    part: tuple[int, int]
    decided_by: str
    left: int = 0
    """What the cap that decided still had."""
    after_others: bool = False
    """Whether earlier programmes took of the charged amount."""
    before: "Award | None" = None
    """What it gives in the same month on the lease that this one renews."""

    @property
    def in_month(self) -> int:
        """What it gives in the month on this lease and those it renews."""
        return self.amount + (self.before.in_month if self.before else 0)

    @property
    def taken(self) -> int:
        """What of a sum for the whole month the lease before got; a ratio looks at rent alone."""
        return self.before.in_month if self.before and self.grant.method is not Method.RATIO else 0


@dataclass
class _Left:
    """What of the charged amounts no earlier programme took."""

    rent: int
    fee: int
    touched: bool = False

    def of(self, grant: Grant) -> int:
        return self.rent + (self.fee if grant.includes_common_fee else 0)

    def take(self, amount: int) -> None:
        self.touched = self.touched or amount > 0
        from_rent = min(self.rent, amount)
        self.rent -= from_rent
        self.fee -= min(self.fee, amount - from_rent)


def awards(terms: LeaseTerms, month: date) -> tuple[Award, ...]:
    """What each programme gives in the month around a day, in order (BR-S01 to BR-S10)."""
    month = month_of(month)
    held = whole_month(month).within(terms.days)
    if not terms.subsidies or not held.days:
        return ()
    rent, fee = charge_of(terms, RENT, month), charge_of(terms, COMMON_FEE, month)
    left = _Left(rent.amount if rent else 0, fee.amount if fee else 0)
    given = []
    for grant, used in zip(terms.subsidies, _used_before(terms, month), strict=True):
        step = step_in(terms, grant, month)
        if step is not None:
            award = _capped(_award(terms, grant, step, held, left), *used)
            left.take(_untaxed(terms, grant, month, award.amount))
            given.append(award)
    return tuple(given)


def _used_before(terms: LeaseTerms, month: date) -> tuple[Used, ...]:
    """What each grant drew before a month, in its fiscal year and in all."""
    if any(grant.total_cap is not None for grant in terms.subsidies):
        return _history(terms, terms.days)[month]
    if any(grant.fy_cap is not None for grant in terms.subsidies):
        return _history(terms, fiscal_year_days(fiscal_year(month)).within(terms.days))[month]
    return ((0, 0),) * len(terms.subsidies)


@lru_cache(maxsize=4096)
def _history(terms: LeaseTerms, days: Stretch) -> dict[date, tuple[Used, ...]]:
    """What was used before each month of `days`; the same sums as `awards`, walked once."""
    walk = _Walk(terms, fiscal_year(days.start))
    charged = zip(amounts(terms, RENT, days), amounts(terms, COMMON_FEE, days), strict=True)
    return {
        month: walk.step(month, _Left(*both))
        for month, both in zip(days.months(), charged, strict=True)
    }


class _Walk:
    """Goes through the months of a lease once and keeps what each grant has drawn."""

    def __init__(self, terms: LeaseTerms, year: int) -> None:
        self.terms = terms
        self.year = year
        self.in_year = [dict(grant.drawn_before).get(self.year, 0) for grant in terms.subsidies]
        self.in_all = [sum(dict(grant.drawn_before).values()) for grant in terms.subsidies]
        self.known: dict[tuple[object, ...], int] = {}

    def step(self, month: date, left: _Left) -> tuple[Used, ...]:
        """Draw one month; give back what was used before it."""
        if fiscal_year(month) != self.year:
            self.year = fiscal_year(month)
            self.in_year = [0] * len(self.in_year)
        before = tuple(zip(self.in_year, self.in_all, strict=True))
        for place, grant in enumerate(self.terms.subsidies):
            step = step_in(self.terms, grant, month)
            if step is not None:
                amount = self._uncapped(place, grant, step, month, left)
                amount = min([amount, *(left for _, left in _caps(grant, *before[place]))])
                self.in_year[place] += amount
                self.in_all[place] += amount
                left.take(_untaxed(self.terms, grant, month, amount))
        return before

    def _uncapped(self, place: int, grant: Grant, step: Step, month: date, left: _Left) -> int:
        """The month's award before any history; equal months are worked out once."""
        even = covers(self.terms.days, month)
        varies = grant.includes_tax or grant.company_age_limit_years is not None or not even
        key = (place, step, left.of(grant), month if varies else None)
        if key not in self.known:
            held = whole_month(month).within(self.terms.days)
            self.known[key] = _award(self.terms, grant, step, held, left).amount
        return self.known[key]


def step_in(terms: LeaseTerms, grant: Grant, month: date) -> Step | None:
    """The step of a month; None before the first, after the last, or without a step (BR-S05)."""
    begin = anchor_of(terms, grant)
    number = months_since(begin, month) + 1
    if month < month_of(grant.from_month) or (
        grant.until_month is not None and month >= month_of(grant.until_month)
    ):
        return None
    if grant.max_months is not None and number > grant.max_months:
        return None
    years = fiscal_year(month) - fiscal_year(begin) + 1
    if grant.max_fiscal_years is not None and years > grant.max_fiscal_years:
        return None
    for step in grant.steps:
        if not step.months or number <= step.months:
            return step
        number -= step.months
    return None


def anchor_of(terms: LeaseTerms, grant: Grant) -> date:
    """The day from which the months of a grant count (domain.md §3.2)."""
    if grant.counted_from is not None:
        return grant.counted_from
    return terms.starts_on if grant.anchor is Anchor.MOVE_IN else grant.from_month


def too_old(terms: LeaseTerms, grant: Grant, month: date) -> bool:
    """Whether the company is past the age limit, looked at once in a fiscal year (BR-S09)."""
    if grant.company_age_limit_years is None or terms.founded_on is None:
        return False
    checked = max(
        fiscal_year_days(fiscal_year(month)).start,
        month_of(grant.from_month),
        terms.starts_on,
    )
    return add_months(terms.founded_on, 12 * grant.company_age_limit_years) <= checked


def doubts(terms: LeaseTerms) -> list[Message]:
    """What the figures leave open: a rate, or an age limit that cannot be looked at (BR-S09)."""
    without = [
        say("%(programme)s has no rate yet, so it takes nothing off.", programme=Name.of(grant))
        for grant in terms.subsidies
        if not any(step.rate for step in grant.steps)
    ]
    if terms.founded_on is not None:
        return without
    return without + [
        say_n(
            "years",
            "%(programme)s is for companies younger than %(years)s year. The founding day is not"
            " known here, so the figures take this for granted.",
            "%(programme)s is for companies younger than %(years)s years. The founding day is not"
            " known here, so the figures take this for granted.",
            programme=Name.of(grant),
            years=grant.company_age_limit_years,
        )
        for grant in terms.subsidies
        if grant.company_age_limit_years is not None
    ]


def _award(terms: LeaseTerms, grant: Grant, step: Step, held: Stretch, left: _Left) -> Award:
    month = month_of(held.start)
    base = left.of(grant)
    eligible = Fraction(base * _with_tax(terms, grant, month), WHOLE)
    before = _on_the_lease_before(terms, grant, month)
    part = _part(terms, grant, held, before)
    raw, decided = _formula(terms, grant, step, eligible, part)
    given = before.in_month if before else 0
    if grant.method is not Method.RATIO:
        raw = max(raw - given, Fraction(0))
    most = Fraction(base) if grant.delivery is Delivery.RENT_REDUCTION else eligible
    if raw > most:
        raw, decided = most, "rent"
    if grant.monthly_cap is not None and raw > grant.monthly_cap - given:
        raw, decided = Fraction(grant.monthly_cap - given), "monthly_cap"
    if too_old(terms, grant, month):
        raw, decided = Fraction(0), "age"
    return Award(
        grant=grant,
        amount=round_to(raw, grant.rounding_unit),
        step=step,
        tenancy_month=months_since(anchor_of(terms, grant), month) + 1,
        eligible=round_to(eligible),
        part=part if grant.method is not Method.RATIO else (1, 1),
        decided_by=decided,
        after_others=left.touched,
        before=before,
    )


def _on_the_lease_before(terms: LeaseTerms, grant: Grant, month: date) -> Award | None:
    """What the same programme gives in the same month on the lease that this one renews."""
    if terms.before is None or grant.programme_id is None:
        return None
    given = awards(terms.before, month)
    return next((each for each in given if each.grant.programme_id == grant.programme_id), None)


def _part(terms: LeaseTerms, grant: Grant, held: Stretch, before: Award | None) -> tuple[int, int]:
    """The part of the month that counts, with the days of the lease before."""
    month = month_of(held.start)
    start = _first_held(terms, month) if before else held.start
    days = Stretch(start, held.until).days
    return share_of_month(grant.proration, days, whole_month(month).days)


def _first_held(terms: LeaseTerms, month: date) -> date:
    while terms.before is not None:
        terms = terms.before
    return max(month, terms.starts_on)


def _formula(
    terms: LeaseTerms, grant: Grant, step: Step, eligible: Fraction, part: tuple[int, int]
) -> tuple[Fraction, str]:
    """A ratio follows what is charged, which is prorated already; the others prorate themselves."""
    if grant.method is Method.RATIO:
        return eligible * step.share, "formula"
    if grant.method is Method.FIXED:
        return Fraction(step.rate * part[0], part[1]), "formula"
    area = terms.area if grant.area_cap is None else min(terms.area, grant.area_cap)
    exact = Fraction(step.rate * area * part[0], SQUARE_METRE * part[1])
    return exact, "formula" if area == terms.area else "area_cap"


def _caps(grant: Grant, in_year: int, in_all: int) -> Iterator[tuple[str, int]]:
    """The fiscal-year cap, then the cap in total, with what is left of each (BR-S04)."""
    if grant.fy_cap is not None:
        yield "fy_cap", max(grant.fy_cap - in_year, 0)
    if grant.total_cap is not None:
        yield "total_cap", max(grant.total_cap - in_all, 0)


def _capped(award: Award, in_year: int, in_all: int) -> Award:
    for name, left in _caps(award.grant, in_year, in_all):
        if award.amount > left:
            award = replace(award, amount=left, decided_by=name, left=left)
    return award


def _with_tax(terms: LeaseTerms, grant: Grant, month: date) -> int:
    return WHOLE + terms.tax_on(month) if grant.includes_tax else WHOLE


def _untaxed(terms: LeaseTerms, grant: Grant, month: date, amount: int) -> int:
    """What an amount takes of the tax-exclusive base, rounded up so that nothing is paid twice.

    A reduction lowers the base by all of itself, also where it was worked out with tax.
    """
    if grant.delivery is Delivery.RENT_REDUCTION:
        return amount
    return -(-amount * WHOLE // _with_tax(terms, grant, month))
