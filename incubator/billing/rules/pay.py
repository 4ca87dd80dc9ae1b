"""Money received: which invoices it settles, what is left, and how the books say it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from incubator.core.days import add_months, fiscal_year
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Label, Message, Sum, say

ACCOUNTS = {
    "bank": "bank",
    "card": "card_clearing",
    "cash": "cash",
    "set_off": "set_off",
    "subsidy": "subsidy",
}
FROM_DEPOSIT = "deposit:"
OLDEST_MONTHS = 24
RECEIVABLE, CREDIT = "receivable", "customer_credit"


@dataclass(frozen=True)
class OpenItem:
    """An invoice and what is still to be paid of it, in minor units."""

    invoice_id: int
    number: str
    due_on: date
    open: int
    currency: str


@dataclass(frozen=True)
class Settled:
    """What each invoice gets, in minor units, and what nobody owed."""

    parts: tuple[tuple[int, int], ...]
    rest: int


class Age(Label):
    """How late a payment is."""

    FRESH = "fresh"
    OLDER = "older"
    OLD = "old"
    VERY_OLD = "very_old"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.FRESH: say("1–30 days"),
            cls.OLDER: say("31–60 days"),
            cls.OLD: say("61–90 days"),
            cls.VERY_OLD: say("91 days and more"),
        }


def age_of(days_late: int) -> Age:
    """The bucket of an invoice that is this many days late (≥ 1)."""
    limits = ((30, Age.FRESH), (60, Age.OLDER), (90, Age.OLD))
    return next((age for last, age in limits if days_late <= last), Age.VERY_OLD)


def oldest_first(items: Iterable[OpenItem]) -> list[OpenItem]:
    """In the order in which money settles them: what was due first comes first (§6.8)."""
    return sorted(items, key=lambda item: (item.due_on, item.invoice_id))


def share_out(
    amount: int,
    items: Sequence[OpenItem],
    wanted: Mapping[int, int] | None = None,
    first: Mapping[int, int] | None = None,
) -> Settled:
    """Settle open invoices with an amount, oldest due first, or exactly as `wanted` says.

    What `first` says of each invoice comes before the rest of any. What is left is the payer's
    credit, never part of a later invoice unasked (§6.8).
    """
    check_positive(amount)
    if wanted is not None:
        return _as_wanted(amount, {item.invoice_id: item for item in items}, wanted)
    order = [item.invoice_id for item in oldest_first(items)]
    taken, left = dict.fromkeys(order, 0), amount
    for limits in (first or {}, {item.invoice_id: item.open for item in items}):
        for invoice_id in order:
            part = min(left, max(limits.get(invoice_id, 0) - taken[invoice_id], 0))
            taken[invoice_id] += part
            left -= part
    return Settled(tuple(each for each in taken.items() if each[1]), left)


def _as_wanted(amount: int, items: Mapping[int, OpenItem], wanted: Mapping[int, int]) -> Settled:
    for invoice_id, part in wanted.items():
        check_positive(part)
        if invoice_id not in items:
            raise RuleBroken(say("Nothing is open on this invoice any more."), "invoices")
        item = items[invoice_id]
        if part > item.open:
            raise RuleBroken(
                say(
                    "Only %(open)s of invoice %(number)s is open.",
                    open=Sum(item.open, item.currency),
                    number=item.number,
                ),
                "amount",
            )
    rest = amount - sum(wanted.values())
    if rest < 0:
        raise RuleBroken(say("More would be settled than was paid."), "amount")
    return Settled(tuple(wanted.items()), rest)


def take(amount: int, held: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Take an amount, in minor units, from (payment, what it holds), in their order."""
    parts = []
    for payment_id, left in held:
        part = min(left, amount)
        if part:
            parts.append((payment_id, part))
        amount -= part
    return parts


def credit_for(open_: int, awaited: int, own: int, funded: int) -> int:
    """What credit settles of an invoice, in minor units: own money the own part, funders' theirs.

    Of `open_` a funder is to pay `awaited`; of the credit `funded` is a funder's money (§3.3).
    """
    return min(own, open_ - awaited) + min(funded, awaited)


def take_credit(
    amount: int,
    own: Sequence[tuple[int, int]],
    funded: Sequence[tuple[int, int]],
    awaited: int,
    currency: str,
) -> list[tuple[int, int]]:
    """Take credit, in minor units, for an invoice of which funders are still to pay `awaited`.

    A funder's money settles that part only, and first; the venture's own settles the rest (§3.3).
    """
    of_funders = take(min(amount, awaited), funded)
    rest = amount - _sum(of_funders)
    if rest > _sum(own):
        held = _sum(own) + _sum(funded)
        most = _sum(own) + min(awaited, _sum(funded))
        told = say("The credit is only %(credit)s.", credit=Sum(held, currency))
        if most < held:
            told = say(
                "Only %(most)s of the credit can be used for this invoice:"
                " the rest is a funder’s money, which settles only what a funder pays.",
                most=Sum(most, currency),
            )
        raise RuleBroken(told, "amount")
    return [*of_funders, *take(rest, own)]


def _sum(parts: Iterable[tuple[int, int]]) -> int:
    return sum(part for _, part in parts)


def check_positive(amount: int) -> None:
    """Money received is more than nothing."""
    if amount <= 0:
        raise RuleBroken(say("Enter an amount above zero."), "amount")


def check_received_on(day: date, today: date) -> None:
    """Money that has not come in yet is not recorded, nor with a year that is a slip."""
    if day > today:
        raise RuleBroken(
            say("This day is still to come. Enter the day the money came in."), "received_on"
        )
    if day < add_months(today, -OLDEST_MONTHS):
        raise RuleBroken(say("This is more than two years ago. Check the year."), "received_on")


def postings_of(method: str, amount: int, rest: int) -> list[tuple[str, int]]:
    """The sides of the books for a payment: debits positive, their sum zero."""
    sides = [(ACCOUNTS[method], amount), (RECEIVABLE, rest - amount), (CREDIT, -rest)]
    return [side for side in sides if side[1]]


def postings_released(amount: int) -> list[tuple[str, int]]:
    """The sides of the books for what had settled an invoice that was taken back."""
    return [(RECEIVABLE, amount), (CREDIT, -amount)]


def postings_back(amount: int) -> list[tuple[str, int]]:
    """The sides of the books for credit that is paid back from the bank account."""
    return [(CREDIT, amount), (ACCOUNTS["bank"], -amount)]


def deposit_key(lease_id: int) -> str:
    """What a payment out of a lease's deposit carries, so that there is one."""
    return f"{FROM_DEPOSIT}{lease_id}"


def receipt_number_of(prefix: str, day: date, number: int) -> str:
    """AOBA-R-2026-00001: receipts count apart, by facility and fiscal year (BR-B02)."""
    return f"{prefix}-R-{fiscal_year(day)}-{number:05d}"


def receipt_series_of(facility_id: int, day: date) -> str:
    """The counter that numbers a facility's receipts in a fiscal year."""
    return f"receipt:{facility_id}:{fiscal_year(day)}"
