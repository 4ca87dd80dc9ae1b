"""What becomes of a deposit (BR-D01 to BR-D05)."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from incubator.core.errors import RuleBroken
from incubator.core.i18n import Sum, say
from incubator.core.money import WHOLE, Rounding, round_to, share_of


@dataclass(frozen=True)
class Costs:
    """What is owed at the end, in minor units; restoration before tax, with how it is taxed."""

    arrears: int = 0
    late_charges: int = 0
    restoration: int = 0
    tax_bp: int = 0
    rounding: Rounding = Rounding.FLOOR

    @property
    def restoration_with_tax(self) -> int:
        """Restoration is a taxable supply (domain.md §6.5), rounded as the issuer does (BR-T09)."""
        return _with_tax(self.restoration, self.tax_bp, self.rounding)

    @property
    def total(self) -> int:
        """All of it."""
        return self.arrears + self.late_charges + self.restoration_with_tax


@dataclass(frozen=True)
class Settlement:
    """How a deposit is settled: what is set off, paid back, or still owed; none is negative."""

    set_off: int
    refund: int
    shortfall: int


def settle(held: int, costs: Costs) -> Settlement:
    """Set costs off against the deposit held; what it does not cover is owed (BR-D03, BR-D04)."""
    set_off = min(held, costs.total)
    return Settlement(set_off, held - set_off, costs.total - set_off)


def check_return(asked: int, left: int, currency: str) -> None:
    """What was asked for goes back, in minor units, while it is still what is left (BR-D05)."""
    if asked != left:
        raise RuleBroken(
            say(
                "%(left)s would go back now, not %(asked)s. Refuse it, so that it is asked anew.",
                left=Sum(left, currency),
                asked=Sum(asked, currency),
            )
        )


def restoration_left(costs: Costs, set_off: int, mode: Rounding = Rounding.FLOOR) -> int:
    """What of the restoration the deposit did not cover, in minor units and before tax.

    Arrears and late charges come first. It is the most that, with tax rounded as its invoice
    rounds, is not above what is owed; some sums no amount comes to with tax, then 1 is forgone.
    """
    left = costs.total - set_off
    if left >= costs.restoration_with_tax:
        return costs.restoration
    most = round_to(Fraction(left * WHOLE, WHOLE + costs.tax_bp), mode=Rounding.CEIL)
    return next(
        amount for amount in range(most, -1, -1) if _with_tax(amount, costs.tax_bp, mode) <= left
    )


def _with_tax(amount: int, bp: int, mode: Rounding) -> int:
    return amount + round_to(share_of(amount, bp), mode=mode)


def late_left(costs: Costs, set_off: int) -> int:
    """What of the late charges the deposit did not cover, in minor units: arrears come first."""
    return min(max(costs.arrears + costs.late_charges - set_off, 0), costs.late_charges)


def to_top_up(agreed: int, agreed_before: int) -> int:
    """What a renewal asks for beside the deposit of the lease before; never negative."""
    return max(agreed - agreed_before, 0)


def to_give_back(held: int, agreed: int) -> int:
    """What is held beyond a lower deposit agreed anew."""
    return max(held - agreed, 0)


def in_months(deposit: int, rent: int) -> int:
    """How many months of rent a deposit is; 0 where it is no whole number of them (BR-D01)."""
    months, rest = divmod(deposit, rent) if rent else (0, deposit)
    return 0 if rest else months


def balance(entries: Iterable[tuple[str, int]]) -> int:
    """What is held: received less set off and refunded; what is only due does not count."""
    signs = {"received": 1, "set_off": -1, "refunded": -1}
    return sum(signs.get(kind, 0) * amount for kind, amount in entries)


def still_due(entries: Iterable[tuple[str, int]]) -> int:
    """What was asked for and has not been received yet."""
    signs = {"due": 1, "received": -1}
    return max(sum(signs.get(kind, 0) * amount for kind, amount in entries), 0)
