"""Consumption tax: which rate on which day, and one rounding per rate and document."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.core.money import WHOLE, Rounding, round_to, share_of

TAXED = ("standard", "reduced")
CREDIT_NOTE_DUTY_FROM = 10_000


@dataclass(frozen=True)
class Rate:
    """A tax rate from a day on, in basis points."""

    category: str
    from_day: date
    bp: int


@dataclass(frozen=True)
class TaxGroup:
    """What one document carries of one rate: the taxable sum and the tax on it, minor units."""

    category: str
    rate_bp: int
    taxable: int
    tax: int


def tax_rate_on(category: str, day: date, rates: Iterable[Rate]) -> int | None:
    """The rate of a category on the day of service; None where no tax applies (BR-T01, BR-T05)."""
    if category not in TAXED:
        return None
    valid = [rate for rate in rates if rate.category == category and rate.from_day <= day]
    if not valid:
        raise RuleBroken(say("No tax rate is set for %(day)s.", day=day))
    return max(valid, key=lambda rate: rate.from_day).bp


def tax_on(taxable: int, rate_bp: int, mode: Rounding) -> int:
    """The tax on a tax-exclusive sum, rounded on the absolute value (BR-T03, BR-T06)."""
    return round_to(share_of(taxable, rate_bp), mode=mode)


def tax_within(total: int, rate_bp: int, mode: Rounding) -> int:
    """The tax inside a tax-inclusive sum (BR-T04)."""
    return round_to(Fraction(total * rate_bp, WHOLE + rate_bp), mode=mode)


def tax_groups(lines: Sequence[tuple[str, int | None, int]], mode: Rounding) -> list[TaxGroup]:
    """One group per rate from lines of (category, rate, amount), rounded once each (BR-T03).

    Lines without a rate never enter a group (BR-T05); the highest rate comes first.
    """
    sums: dict[tuple[int, str], int] = {}
    for category, rate_bp, amount in lines:
        if rate_bp is not None:
            sums[rate_bp, category] = sums.get((rate_bp, category), 0) + amount
    return [
        TaxGroup(category, rate_bp, taxable, tax_on(taxable, rate_bp, mode))
        for (rate_bp, category), taxable in sorted(sums.items(), reverse=True)
    ]


def owes_credit_note(returned: int) -> bool:
    """Whether a return of this tax-inclusive sum needs a credit note (BR-T07)."""
    return abs(returned) >= CREDIT_NOTE_DUTY_FROM
