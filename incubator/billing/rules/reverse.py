"""Payments that turn out not to be: what may be reversed, and what the books then say."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from incubator.core.errors import RuleBroken
from incubator.core.i18n import say


@dataclass(frozen=True)
class Received:
    """A payment as far as its reversal cares."""

    received_on: date
    reversed: bool = False
    paid_back: int = 0
    """What was paid back of its credit, in minor units."""
    from_deposit: bool = False


def check_reversal(payment: Received, on_day: date, reason: str, today: date) -> None:
    """Stop unless the payment can be reversed on this day for this reason."""
    if payment.reversed:
        raise RuleBroken(say("This payment is reversed already."))
    if payment.from_deposit:
        raise RuleBroken(say("This was set off against a deposit, so it cannot be reversed."))
    if payment.paid_back:
        raise RuleBroken(
            say("Part of this payment was paid back to the venture, so it cannot be reversed.")
        )
    if on_day < payment.received_on:
        raise RuleBroken(say("This is before the day on which the money came in."), "on_day")
    _check_when_and_why(on_day, reason, today)


def check_refund_reversal(
    paid_on: date, on_day: date, reason: str, today: date, *, reversed_before: bool
) -> None:
    """Stop unless a repayment can be reversed on this day for this reason."""
    if reversed_before:
        raise RuleBroken(say("This repayment is reversed already."))
    if on_day < paid_on:
        raise RuleBroken(say("This is before the day of the transfer."), "on_day")
    _check_when_and_why(on_day, reason, today)


def _check_when_and_why(on_day: date, reason: str, today: date) -> None:
    if on_day > today:
        raise RuleBroken(say("This day is still to come."), "on_day")
    if not reason.strip():
        raise RuleBroken(say("Write why it is reversed."), "reason")


def mirrored(sides: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """The same sides of the books with the other sign."""
    return [(account, -amount) for account, amount in sides]
