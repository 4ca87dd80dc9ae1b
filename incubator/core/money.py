"""Money as whole minor units of one currency; nothing here is ever a binary fraction.

Amounts are `int` (JPY has no minor unit: 500 is ¥500), shares are basis points (2500 is a quarter),
areas are hundredths of a square metre. Sums stay exact (`Fraction`) until `round_to` ends them.
"""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

WHOLE = 10_000
SQUARE_METRE = 100
EXPONENTS = {"JPY": 0, "EUR": 2, "GBP": 2, "USD": 2}


class Rounding(StrEnum):
    """Which way an issuer rounds; always on the absolute value (BR-T06)."""

    FLOOR = "floor"
    HALF_UP = "half_up"
    CEIL = "ceil"


def round_to(exact: Fraction | int, unit: int = 1, mode: Rounding = Rounding.FLOOR) -> int:
    """Round an exact amount to whole multiples of `unit` minor units (BR-T06, domain.md §14)."""
    steps = Fraction(exact) / unit
    whole, rest = divmod(abs(steps.numerator), steps.denominator)
    up = {
        Rounding.FLOOR: False,
        Rounding.HALF_UP: 2 * rest >= steps.denominator,
        Rounding.CEIL: rest > 0,
    }[mode]
    return (whole + up) * unit * (-1 if steps < 0 else 1)


def share_of(amount: Fraction | int, bp: int) -> Fraction:
    """The exact part of `amount` that `bp` basis points stand for."""
    return Fraction(amount) * bp / WHOLE


def split_exactly(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` by `weights` so that the parts add up exactly (largest remainder, BR-U02)."""
    whole = sum(weights)
    exact = [Fraction(total * weight, whole) for weight in weights]
    parts = [round_to(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda i: exact[i] - parts[i], reverse=True)
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def with_digits(hundredths: int) -> str:
    """28.11 for 2811: an area or a share as a file, a field or a label has it."""
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def in_whole(hundredths: int) -> Decimal:
    """28.11 for 2811: an area as a number in a cell."""
    return Decimal(hundredths).scaleb(-2)


def exponent(currency: str) -> int:
    """How many digits of `currency` stand behind the decimal point (BR-Y01)."""
    return EXPONENTS[currency]


def as_decimal(amount: int, currency: str) -> Decimal:
    """The amount in major units, for a spreadsheet cell or a label."""
    return Decimal(amount).scaleb(-exponent(currency))
