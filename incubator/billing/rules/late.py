"""Late charges on what a venture pays after its due day (domain.md §6.7)."""

from calendar import isleap
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import reduce

from incubator.core.days import ONE_DAY, Stretch
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, Sum, say, say_n
from incubator.core.money import WHOLE, round_to, with_digits

YEAR, LEAP_YEAR = 365, 366
STATUTORY_RATES = ((date(2020, 4, 1), 300), (date.min, 500))
STATUTORY_KNOWN_UNTIL = date(2029, 4, 1)


@dataclass(frozen=True)
class Paid:
    """What came in for an invoice on a day, in minor units; nobody is late with a funder's."""

    on_day: date
    amount: int
    by_funder: bool = False


@dataclass(frozen=True)
class Unpaid:
    """Principal in minor units that was late for some days of a year of so many."""

    principal: int
    days: int
    year: int = YEAR


@dataclass(frozen=True)
class LateCharge:
    """What is charged for days of delay, each on what was unpaid then (BR-L01)."""

    days: Stretch
    rate_bp: int
    unpaid: tuple[Unpaid, ...]

    @property
    def amount(self) -> int:
        """In minor units, rounded down once."""
        return late_charge(self.unpaid, self.rate_bp)

    def why(self, number: str, currency: str) -> Message:
        """How it was worked out."""
        return say(
            "Invoice %(number)s was late: %(sums)s, at %(rate)s a year",
            number=number,
            sums=reduce(_and, (_worked(each, currency) for each in self.unpaid)),
            rate=f"{with_digits(self.rate_bp).rstrip('0').rstrip('.')}%",
        )


def _worked(each: Unpaid, currency: str) -> Message:
    principal = Sum(each.principal, currency)
    return say_n(
        "days",
        "%(principal)s × %(days)s day ÷ %(year)s",
        "%(principal)s × %(days)s days ÷ %(year)s",
        principal=principal,
        days=each.days,
        year=each.year,
    )


def _and(one: Message, more: Message) -> Message:
    return say("%(one)s + %(more)s", one=one, more=more)


def late_charge(unpaid: Iterable[Unpaid], rate_bp: int) -> int:
    """The charge on unpaid tax-inclusive principal in minor units, rounded down (BR-L01)."""
    parts = (Fraction(each.principal * rate_bp * each.days, WHOLE * each.year) for each in unpaid)
    return round_to(sum(parts, Fraction()))


def owed_late(
    principal: int, paid: Iterable[Paid], still_open: int
) -> list[tuple[int, date | None]]:
    """The venture's own principal, in parts with the day each was paid, None for what is open.

    Money pays the principal first (§6.8), and late charges on an invoice are none (BR-L05).
    """
    parts: list[tuple[int, date | None]] = []
    for each in sorted(paid, key=lambda one: one.on_day):
        part = min(each.amount, principal)
        principal -= part
        if part and not each.by_funder:
            parts.append((part, each.on_day))
    left = min(still_open, principal)
    return [*parts, (left, None)] if left > 0 else parts


def charge_late(
    parts: Sequence[tuple[int, date | None]], days: Stretch, rate_bp: int, *, leap: bool
) -> LateCharge | None:
    """What the days come to: through the day of payment (BR-L02), nothing where that is nothing.

    With `leap` a day of a leap year is one of 366 (BR-L03).
    """
    sums: dict[date, int] = defaultdict(int)
    for principal, paid in parts:
        until = days.until if paid is None else min(paid + ONE_DAY, days.until)
        if until > days.start:
            sums[until] += principal
    unpaid = [
        each
        for until, principal in sorted(sums.items())
        for each in _by_year(principal, Stretch(days.start, until), leap=leap)
    ]
    found = LateCharge(Stretch(days.start, max(sums, default=days.start)), rate_bp, tuple(unpaid))
    return found if found.amount else None


def _by_year(principal: int, days: Stretch, *, leap: bool) -> list[Unpaid]:
    if not leap:
        return [Unpaid(principal, days.days)]
    counted: dict[int, int] = defaultdict(int)
    for year in range(days.start.year, days.last.year + 1):
        in_year = Stretch(date(year, 1, 1), date(year + 1, 1, 1)).within(days)
        counted[LEAP_YEAR if isleap(year) else YEAR] += in_year.days
    return [Unpaid(principal, count, length) for length, count in counted.items()]


def late_rate_bp(agreed_bp: int | None, default_on: date) -> int:
    """The agreed rate, or the legal one of the day on which the default began (BR-L04)."""
    if agreed_bp is not None:
        return agreed_bp
    if default_on >= STATUTORY_KNOWN_UNTIL:
        raise RuleBroken(
            say("The statutory rate of %(day)s is not known yet. Enter one.", day=default_on)
        )
    return next(bp for first, bp in STATUTORY_RATES if default_on >= first)
