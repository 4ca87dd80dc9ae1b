"""Late charges (domain.md §6.7)."""

from datetime import date
from fractions import Fraction

from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.core.money import WHOLE, round_to

YEAR = 365
STATUTORY_RATES = ((date(2020, 4, 1), 300), (date.min, 500))
STATUTORY_KNOWN_UNTIL = date(2029, 4, 1)


def late_days(due: date, paid: date) -> int:
    """From the day after the due day up to and including the day of payment (BR-L02)."""
    return max((paid - due).days, 0)


def late_charge(principal: int, rate_bp: int, days: int, year: int = YEAR) -> int:
    """The charge on unpaid tax-inclusive principal in minor units, rounded down (BR-L01, BR-L05).

    `year` is the denominator the contract names, 365 or 366 (BR-L03).
    """
    return round_to(Fraction(principal * rate_bp * days, WHOLE * year))


def statutory_rate_bp(default_on: date) -> int:
    """The legal rate of a default that began on a day, without an agreed one (BR-L04)."""
    if default_on >= STATUTORY_KNOWN_UNTIL:
        raise RuleBroken(
            say("The statutory rate of %(day)s is not known yet. Enter one.", day=default_on)
        )
    return next(bp for first, bp in STATUTORY_RATES if default_on >= first)
