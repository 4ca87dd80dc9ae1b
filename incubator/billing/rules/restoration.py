"""Restoring a unit that was left: what its venture is billed beyond its deposit (BR-D04)."""

from dataclasses import dataclass

from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, Sum, say


@dataclass(frozen=True)
class Left:
    """What is known of the costs when a venture is to be billed, in minor units."""

    held: int
    """What is still held as a deposit."""
    covered: bool
    """Whether a deposit was settled against restoration."""
    most: int
    """What of it the deposit did not cover, before tax."""
    billed: bool
    currency: str


def check_restoration(amount: int, what: str, left: Left) -> None:
    """Stop unless this much before tax can be billed, once, and says what for."""
    if left.billed:
        raise RuleBroken(say("The restoration is billed already, or waits to be."))
    if left.held:
        raise RuleBroken(say("Settle the deposit first: it comes before an invoice."))
    if amount <= 0:
        raise RuleBroken(say("Enter an amount above zero."), "amount")
    if left.covered and amount > left.most:
        most = Sum(left.most, left.currency)
        raise RuleBroken(say("The deposit left only %(most)s uncovered.", most=most), "amount")
    if not what.strip():
        raise RuleBroken(say("Write what was restored."), "what")


def reason_of(number: str, *, covered: bool) -> Message:
    """Why the venture is billed."""
    if covered:
        return say("Costs of lease %(number)s that its deposit did not cover", number=number)
    return say("Costs at the end of lease %(number)s", number=number)
