"""A lease month by month with tax, what moving in costs, and the whole stay."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cached_property

from incubator.core.days import ONE_DAY, Stretch, end_of_term, full_months_since, whole_month
from incubator.core.i18n import Message
from incubator.core.money import WHOLE, round_to
from incubator.leases.rules.months import month_lines
from incubator.leases.rules.rent import contract_year, covers
from incubator.leases.rules.subsidy import doubts
from incubator.leases.rules.terms import Delivery, LeaseTerms, Line


@dataclass(frozen=True)
class QuotedMonth:
    """One month: its lines, their sum, tax rounded once (BR-T03) and the total."""

    month: date
    lines: tuple[Line, ...]
    subtotal: int
    tax_bp: int
    tax: int

    @property
    def total(self) -> int:
        """What the invoice of the month comes to."""
        return self.subtotal + self.tax

    @property
    def granted(self) -> int:
        """All subsidies of the month, whichever way they are paid."""
        return sum(line.granted for line in self.lines)

    @property
    def to_facility(self) -> int:
        """What a funder pays of the invoice to the facility, for the tenant."""
        return self._delivered(Delivery.LANDLORD_AGENT)

    @property
    def to_tenant(self) -> int:
        """What a funder pays back to the tenant, who pays all of the invoice first."""
        return self._delivered(Delivery.TENANT_REIMBURSE)

    def _delivered(self, delivery: Delivery) -> int:
        return sum(line.granted for line in self.lines if line.delivery is delivery)


@dataclass(frozen=True)
class MoveIn:
    """What is due before the keys are handed over (BR-D01)."""

    deposit: int
    first_month: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.deposit + self.first_month


@dataclass(frozen=True)
class QuotedYear:
    """One contract year: its months, and what a usual month of it costs."""

    number: int
    days: Stretch
    months: tuple[QuotedMonth, ...]

    @property
    def usual(self) -> QuotedMonth:
        """A month that stands for the year: the amount that comes most often in it."""
        often = Counter(month.total for month in self.months)
        return max(self.months, key=lambda month: (often[month.total], month.total))

    @property
    def total(self) -> int:
        """All invoices of the year."""
        return sum(month.total for month in self.months)


@dataclass(frozen=True)
class Quote:
    """The whole lease in figures; amounts in minor units of `currency`."""

    currency: str
    lines_by_month: tuple[QuotedMonth, ...]
    move_in: MoveIn
    terms: LeaseTerms

    @cached_property
    def total(self) -> int:
        """All invoices of the stay, tax included, the deposit not."""
        return sum(month.total for month in self.lines_by_month)

    @cached_property
    def to_facility(self) -> int:
        """What funders pay of all invoices to the facility, for the tenant."""
        return sum(month.to_facility for month in self.lines_by_month)

    @cached_property
    def granted(self) -> int:
        """All subsidies of the stay."""
        return sum(month.granted for month in self.lines_by_month)

    @property
    def months(self) -> int:
        """Whole months of the term; one from the middle of a month is charged in one more."""
        return full_months_since(self.terms.starts_on, self.terms.ends_on)

    @cached_property
    def years(self) -> tuple[QuotedYear, ...]:
        """The months by contract year."""
        years: dict[int, list[QuotedMonth]] = {}
        for month in self.lines_by_month:
            last_day = min(whole_month(month.month).until, self.terms.ends_on) - ONE_DAY
            number = contract_year(self.terms, last_day)
            years.setdefault(number, []).append(month)
        return tuple(
            QuotedYear(number, self._days(number), tuple(months))
            for number, months in years.items()
        )

    @property
    def last_whole(self) -> QuotedMonth:
        """The last month that it holds from the first day to the last, if there is one."""
        whole = [month for month in self.lines_by_month if covers(self.terms.days, month.month)]
        return (whole or self.lines_by_month)[-1]

    @cached_property
    def giving(self) -> frozenset[int]:
        """The programmes that give anything over the stay."""
        lines = (line for month in self.lines_by_month for line in month.lines if line.granted)
        return frozenset(line.programme_id for line in lines if line.programme_id is not None)

    @property
    def doubts(self) -> list[Message]:
        """What the figures leave open."""
        return doubts(self.terms)

    def _days(self, number: int) -> Stretch:
        start = end_of_term(self.terms.starts_on, 12 * (number - 1))
        until = end_of_term(self.terms.starts_on, 12 * number)
        return Stretch(start, min(until, self.terms.ends_on))


def quote(terms: LeaseTerms) -> Quote:
    """Work out every month of a lease; `terms.tax_rates` must reach back to its first day."""
    months = tuple(_month(terms, month) for month in terms.days.months())
    return Quote(terms.currency, months, MoveIn(terms.deposit, months[0].total), terms)


def full_month(terms: LeaseTerms, month: date) -> int:
    """What a month would cost without graduated rent, rent-free days or subsidies, with tax."""
    plain = replace(terms, rent_steps=(), free_months=0, subsidies=())
    return _month(plain, month).total


def _month(terms: LeaseTerms, month: date) -> QuotedMonth:
    lines = tuple(month_lines(terms, month))
    subtotal = sum(line.amount for line in lines)
    bp = terms.tax_on(max(month, terms.starts_on))
    tax = round_to(Fraction(subtotal * bp, WHOLE), mode=terms.tax_rounding)
    return QuotedMonth(month, lines, subtotal, bp, tax)
