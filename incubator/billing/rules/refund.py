"""Credit paid back to a venture: how much, when, and under which number."""

from collections.abc import Iterable
from datetime import date

from incubator.core.days import fiscal_year
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Sum, say


def check_asked(amount: int, held: int, currency: str, *, waiting: bool) -> None:
    """Stop unless so much credit, in minor units, is there and no repayment of it waits."""
    if waiting:
        raise RuleBroken(say("A repayment to this venture waits for its approval already."))
    if amount <= 0:
        raise RuleBroken(say("Enter an amount above zero."), "amount")
    check_held(amount, held, currency)


def check_held(amount: int, held: int, currency: str) -> None:
    """Only credit that is there, in minor units, is paid back."""
    if amount > held:
        credit = Sum(held, currency)
        raise RuleBroken(say("The credit is only %(credit)s.", credit=credit), "amount")


def held_since(
    amount: int, left: int, received_on: date, freed: Iterable[tuple[date, int]]
) -> date:
    """The day since which a payment that holds `left`, in minor units, has held the amount.

    `freed` is what became credit again when an invoice was taken back, and the day of that.
    """
    for day, part in sorted(freed, reverse=True):
        left -= part
        if amount > left:
            return day
    return received_on


def check_held_on(paid_on: date, held_on: date) -> None:
    """Credit is not paid back before it is there."""
    if paid_on < held_on:
        raise RuleBroken(
            say(
                "In this amount the credit has been there only since %(day)s,"
                " when an invoice was taken back.",
                day=held_on,
            ),
            "paid_on",
        )


def check_paid_on(paid_on: date, received_on: date, today: date) -> None:
    """The transfer has happened, and not before the money came in."""
    if paid_on > today:
        raise RuleBroken(say("This day is still to come."), "paid_on")
    if paid_on < received_on:
        raise RuleBroken(say("This is before the day on which the money came in."), "paid_on")


def number_of(prefix: str, day: date, number: int) -> str:
    """AOBA-PB-2026-00001: what is paid back counts apart, by facility and fiscal year."""
    return f"{prefix}-PB-{fiscal_year(day)}-{number:05d}"


def series_of(facility_id: int, day: date) -> str:
    """The counter that numbers what a facility pays back in a fiscal year."""
    return f"refund:{facility_id}:{fiscal_year(day)}"
