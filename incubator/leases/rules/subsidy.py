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
from incubator.core.i18n import Message, Sum, say
from incubator.core.money import SQUARE_METRE, WHOLE, round_to
from incubator.leases.rules.rent import (
    amounts,
    charge_of,
    covers,
    percent,
    share_of_month,
    square_metres,
)
from incubator.leases.rules.terms import (
    COMMON_FEE,
    RENT,
    SUBSIDY,
    Anchor,
    Delivery,
    Grant,
    LeaseTerms,
    Line,
    Method,
)

FRACTIONS = {Fraction(1, 2): "1/2", Fraction(1, 3): "1/3", Fraction(2, 3): "2/3"}
DELIVERIES = {
    Delivery.TENANT_REIMBURSE: say(
        "The funder pays it to the tenant afterwards; the invoice stays whole."
    ),
    Delivery.LANDLORD_AGENT: say(
        "The funder pays it to the facility; the invoice stays whole and the tenant owes the rest."
    ),
}
Used = tuple[int, int]
"""What a grant has drawn so far in the fiscal year and in all."""


@dataclass(frozen=True)
class Award:
    """What one grant gives in one month, and what decided it."""

    grant: Grant
    amount: int
    rate: int
    tenancy_month: int
    eligible: int
    """The charged amount it looks at, with tax where the programme includes it, floored."""
    part: tuple[int, int]
    decided_by: str
    left: int = 0
    """What the cap that decided still had."""
    after_others: bool = False
    """Whether earlier programmes took of the charged amount."""


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
        rate = rate_in(terms, grant, month)
        if rate is not None:
            award = _capped(_award(terms, grant, rate, held, left), *used)
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
            rate = rate_in(self.terms, grant, month)
            if rate is not None:
                amount = self._uncapped(place, grant, rate, month, left)
                amount = min([amount, *(left for _, left in _caps(grant, *before[place]))])
                self.in_year[place] += amount
                self.in_all[place] += amount
                left.take(_untaxed(self.terms, grant, month, amount))
        return before

    def _uncapped(self, place: int, grant: Grant, rate: int, month: date, left: _Left) -> int:
        """The month's award before any history; equal months are worked out once."""
        even = covers(self.terms.days, month)
        varies = grant.includes_tax or grant.company_age_limit_years is not None or not even
        key = (place, rate, left.of(grant), month if varies else None)
        if key not in self.known:
            held = whole_month(month).within(self.terms.days)
            self.known[key] = _award(self.terms, grant, rate, held, left).amount
        return self.known[key]


def rate_in(terms: LeaseTerms, grant: Grant, month: date) -> int | None:
    """The rate in a month; None before the first, after the last, or without a step (BR-S05)."""
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
            return step.rate
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


def _award(terms: LeaseTerms, grant: Grant, rate: int, held: Stretch, left: _Left) -> Award:
    month = month_of(held.start)
    base = left.of(grant)
    eligible = Fraction(base * _with_tax(terms, grant, month), WHOLE)
    part = share_of_month(grant.proration, held.days, whole_month(month).days)
    raw, decided = _formula(terms, grant, rate, eligible, part)
    most = Fraction(base) if grant.delivery is Delivery.RENT_REDUCTION else eligible
    if raw > most:
        raw, decided = most, "rent"
    if grant.monthly_cap is not None and raw > grant.monthly_cap:
        raw, decided = Fraction(grant.monthly_cap), "monthly_cap"
    if too_old(terms, grant, month):
        raw, decided = Fraction(0), "age"
    return Award(
        grant=grant,
        amount=round_to(raw, grant.rounding_unit),
        rate=rate,
        tenancy_month=months_since(anchor_of(terms, grant), month) + 1,
        eligible=round_to(eligible),
        part=part if grant.method is not Method.RATIO else (1, 1),
        decided_by=decided,
        after_others=left.touched,
    )


def _formula(
    terms: LeaseTerms, grant: Grant, rate: int, eligible: Fraction, part: tuple[int, int]
) -> tuple[Fraction, str]:
    """A ratio follows what is charged, which is prorated already; the others prorate themselves."""
    if grant.method is Method.RATIO:
        return eligible * rate / WHOLE, "formula"
    if grant.method is Method.FIXED:
        return Fraction(rate * part[0], part[1]), "formula"
    area = terms.area if grant.area_cap is None else min(terms.area, grant.area_cap)
    exact = Fraction(rate * area * part[0], SQUARE_METRE * part[1])
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


def lines_of(terms: LeaseTerms, month: date) -> Iterator[Line]:
    """The subsidy lines of one month (BR-S07: how it is delivered decides the invoice)."""
    for award in awards(terms, month):
        yield _line(terms, award, whole_month(month).within(terms.days))


def _line(terms: LeaseTerms, award: Award, held: Stretch) -> Line:
    grant = award.grant
    reduces = grant.delivery is Delivery.RENT_REDUCTION
    return Line(
        kind=SUBSIDY,
        amount=-award.amount if reduces else 0,
        title=grant.name,
        rule=RULES[award.decided_by],
        inputs={
            "programme": grant.code or grant.name,
            "method": grant.method.value,
            "rate": award.rate,
            "tenancy_month": award.tenancy_month,
            "area": terms.area,
            "area_cap": grant.area_cap,
            "eligible": award.eligible,
            "part": list(award.part),
            "monthly_cap": grant.monthly_cap,
            "fy_cap": grant.fy_cap,
            "total_cap": grant.total_cap,
            "rounding_unit": grant.rounding_unit,
            "decided_by": award.decided_by,
            "delivery": grant.delivery.value,
            "subsidy": award.amount,
        },
        why=_why(terms, award),
        days=held,
        granted=award.amount,
        delivery=grant.delivery,
        programme_id=grant.programme_id,
        currency=terms.currency,
    )


RULES = {
    "formula": "BR-S01",
    "area_cap": "BR-S02",
    "monthly_cap": "BR-S01",
    "fy_cap": "BR-S04",
    "total_cap": "BR-S04",
    "rent": "BR-S08",
    "age": "BR-S09",
}


def _why(terms: LeaseTerms, award: Award) -> Message:
    grant, currency = award.grant, terms.currency
    if award.decided_by == "age":
        return say(
            "The company is older than %(years)s years, so this programme gives nothing more.",
            years=grant.company_age_limit_years,
        )
    told = formula_in_words(terms, award)
    limit = _limit(award, currency)
    if limit:
        told = say("%(formula)s, %(limit)s", formula=told, limit=limit)
    told = say("%(parts)s = %(amount)s", parts=told, amount=Sum(award.amount, currency))
    after = DELIVERIES.get(grant.delivery)
    return say("%(what)s. %(how)s", what=told, how=after) if after else told


def formula_in_words(terms: LeaseTerms, award: Award) -> Message:
    """How the amount is worked out before any cap."""
    told = _formula_words(terms, award, Sum(award.rate, terms.currency))
    if award.part == (1, 1):
        return told
    return say(
        "%(price)s × %(days)s of %(of)s days", price=told, days=award.part[0], of=award.part[1]
    )


def _formula_words(terms: LeaseTerms, award: Award, rate: Sum) -> Message:
    grant = award.grant
    if grant.method is Method.RATIO:
        return _ratio_words(terms, award)
    if grant.method is Method.FIXED:
        return say("%(rate)s a month", rate=rate)
    if grant.area_cap is not None and grant.area_cap < terms.area:
        return say(
            "%(cap)s of %(area)s m² × %(rate)s",
            cap=square_metres(grant.area_cap),
            area=square_metres(terms.area),
            rate=rate,
        )
    return say("%(area)s m² × %(rate)s", area=square_metres(terms.area), rate=rate)


def _ratio_words(terms: LeaseTerms, award: Award) -> Message:
    told = say("%(share)s of the %(what)s (%(eligible)s%(tax)s)")
    rest = say("%(share)s of the %(what)s still to pay (%(eligible)s%(tax)s)")
    both = award.grant.includes_common_fee
    return (rest if award.after_others else told) % {
        "share": share_in_words(award.rate),
        "what": say("rent and common fee") if both else say("rent"),
        "eligible": Sum(award.eligible, terms.currency),
        "tax": say(" with tax") if award.grant.includes_tax else "",
    }


def _limit(award: Award, currency: str) -> Message | None:
    grant = award.grant
    match award.decided_by:
        case "monthly_cap":
            return say("at most %(cap)s a month", cap=Sum(grant.monthly_cap or 0, currency))
        case "fy_cap":
            return say(
                "at most %(cap)s in a fiscal year, of which %(left)s were left",
                cap=Sum(grant.fy_cap or 0, currency),
                left=Sum(award.left, currency),
            )
        case "total_cap":
            return say(
                "at most %(cap)s in all, of which %(left)s were left",
                cap=Sum(grant.total_cap or 0, currency),
                left=Sum(award.left, currency),
            )
        case "rent":
            return say("but never more than what is charged")
    return None


def share_in_words(bp: int) -> str:
    """1/2 where a share is a plain fraction, 33.33% otherwise."""
    return FRACTIONS.get(Fraction(bp, WHOLE), percent(bp))
