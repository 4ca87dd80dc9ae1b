"""Credit paid back to a venture: how much, when, and under which number."""

from datetime import date

from incubator.core.days import fiscal_year
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Sum, say


def check_refund(amount: int, held: int, paid_on: date, today: date, currency: str) -> None:
    """Stop unless so much credit, in minor units, is there and the transfer has happened."""
    if amount <= 0:
        raise RuleBroken(say("Enter an amount above zero."), "amount")
    if amount > held:
        credit = Sum(held, currency)
        raise RuleBroken(say("The credit is only %(credit)s.", credit=credit), "amount")
    if paid_on > today:
        raise RuleBroken(say("This day is still to come."), "paid_on")


def check_after(received_on: date, paid_on: date) -> None:
    """Money is not paid back before it came in."""
    if paid_on < received_on:
        raise RuleBroken(say("This is before the day on which the money came in."), "paid_on")


def number_of(prefix: str, day: date, number: int) -> str:
    """AOBA-PB-2026-00001: what is paid back counts apart, by facility and fiscal year."""
    return f"{prefix}-PB-{fiscal_year(day)}-{number:05d}"


def series_of(facility_id: int, day: date) -> str:
    """The counter that numbers what a facility pays back in a fiscal year."""
    return f"refund:{facility_id}:{fiscal_year(day)}"
