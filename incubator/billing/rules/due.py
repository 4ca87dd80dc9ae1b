"""When an invoice may be issued, and when it is due (domain.md §7.1)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from incubator.core.days import ONE_DAY, Roll, add_months, days_in_month, month_of, roll
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Month, say

SATURDAY = 5
MONTHS_AHEAD = 2


@dataclass(frozen=True)
class DueTerms:
    """The rule of a facility: `prev_month_end`, `prev_month_day` or `same_month_day`."""

    rule: str
    day: int
    roll: Roll


def rule_day(terms: DueTerms, month: date) -> date:
    """The day the rule names for the rent of a month; clipped in shorter months."""
    first = month_of(month)
    if terms.rule == "prev_month_end":
        return first - ONE_DAY
    if terms.rule == "prev_month_day":
        first = add_months(first, -1)
    return first.replace(day=min(terms.day, days_in_month(first)))


def due_on(
    terms: DueTerms, month: date, issued_on: date, is_closed: Callable[[date], bool]
) -> date:
    """The due day, never before the document was issued, moved off closed days (BR-C02)."""
    day = max(rule_day(terms, month), issued_on)
    moved = roll(day, terms.roll, is_closed)
    return moved if moved >= issued_on else roll(day, Roll.NEXT, is_closed)


def issuable_from(month: date) -> date:
    """The first day on which the invoices for a month may be issued."""
    return add_months(month_of(month), -MONTHS_AHEAD)


def check_issuable(month: date, today: date) -> None:
    """Refuse a month too far ahead; RuleBroken."""
    first = issuable_from(month)
    if today < first:
        raise RuleBroken(
            say(
                "The invoices for %(month)s can be issued from %(day)s.",
                month=Month(month),
                day=first,
            )
        )


def is_weekend(day: date) -> bool:
    """Whether banks rest."""
    return day.weekday() >= SATURDAY
