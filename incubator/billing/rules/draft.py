"""What an invoice will say: the same for the preview and for the document itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from incubator.billing.rules.tax import Rate, TaxGroup, tax_groups, tax_rate_on
from incubator.core.days import Stretch
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.core.money import Rounding

ORDER = (
    "rent",
    "subsidy",
    "common_fee",
    "utility",
    "restoration",
    "room",
    "room_cancellation",
    "late",
    "other",
)
SUBSIDISED = ("rent", "common_fee")
LAST = 1 << 62
TAKEN_BACK = "@"
LATE = "late"


@dataclass(frozen=True)
class Item:
    """Something to be billed once, in minor units; `charge_id` where it is already on record."""

    kind: str
    source: str
    service_month: date
    service: Stretch
    amount: int
    currency: str
    title: str = ""
    category: str = "standard"
    why: dict[str, Any] = field(default_factory=dict)
    lease_id: int | None = None
    charge_id: int | None = None

    @property
    def key(self) -> tuple[str, date, str]:
        """What makes it the same charge (BR-B03)."""
        return (str(self.kind), self.service_month, self.source)


@dataclass(frozen=True)
class DraftLine:
    """An item with the rate that its day of service has."""

    item: Item
    rate_bp: int | None


@dataclass(frozen=True)
class Draft:
    """The lines and sums of one document."""

    lines: tuple[DraftLine, ...]
    groups: tuple[TaxGroup, ...]
    currency: str

    @property
    def taxable(self) -> int:
        """What carries tax, without it."""
        return sum(group.taxable for group in self.groups)

    @property
    def tax(self) -> int:
        """All tax."""
        return sum(group.tax for group in self.groups)

    @property
    def untaxed(self) -> int:
        """What lies outside every tax group (BR-T05)."""
        return sum(line.item.amount for line in self.lines if line.rate_bp is None)

    @property
    def total(self) -> int:
        """What is to be paid."""
        return self.taxable + self.tax + self.untaxed

    @property
    def waits(self) -> bool:
        """Whether it comes to less than zero: it is issued once more is owed with it."""
        return self.total < 0


def draft(items: Iterable[Item], rates: Sequence[Rate], rounding: Rounding) -> Draft:
    """Put items on one document in one currency, in the order an office reads them (BR-T04)."""
    ordered = sorted(items, key=_place)
    currencies = {item.currency for item in ordered}
    if len(currencies) > 1:
        raise RuleBroken(say("One invoice carries one currency."))
    lines = tuple(
        DraftLine(item, tax_rate_on(item.category, item.service.start, rates)) for item in ordered
    )
    taxed = [(line.item.category, line.rate_bp, line.item.amount) for line in lines]
    return Draft(lines, tuple(tax_groups(taxed, rounding)), next(iter(currencies), "JPY"))


def _place(item: Item) -> tuple[int, date, int, int, date, str]:
    kind = ORDER.index(item.kind)
    of_lease = (0, item.service_month, item.lease_id or LAST)
    apart = (1, item.service_month, LAST)
    return (*(of_lease if item.lease_id else apart), kind, item.service.start, item.source)


def missing(items: Iterable[Item], charges: Iterable[tuple[str, date, str]]) -> list[Item]:
    """The items that are not on record yet, whatever became of those that are (BR-B03)."""
    known = set(charges)
    return [item for item in items if item.key not in known]


def with_their_rent(items: Sequence[Item], charges: Iterable[Item]) -> list[Item]:
    """The items without subsidies whose rent was billed before: those need a credit note (BR-T11).

    A subsidy only ever reduces an invoice that bills what it is given for (BR-S07).
    """
    with_rent = {(item.lease_id, item.service_month) for item in items if item.kind == "rent"}
    billed = {
        (charge.lease_id, charge.service_month)
        for charge in charges
        if charge.kind in SUBSIDISED and TAKEN_BACK not in charge.source
    }
    return [
        item
        for item in items
        if item.kind != "subsidy" or (item.lease_id, item.service_month) not in billed - with_rent
    ]


def let_go(source: str, invoice_id: int) -> str:
    """The source of a charge that was taken back with its invoice: it can be billed anew."""
    return f"{source}{TAKEN_BACK}{invoice_id}"


def ripe(item: Item, month: date, issued_on: date) -> bool:
    """Whether an open charge belongs on this month's invoice (BR-B04).

    Rent is billed ahead, up to the month of the run; use by the hour once it is over; a late charge
    as soon as it is approved.
    """
    if item.lease_id is not None:
        return item.service_month <= month
    return item.kind == LATE or item.service.until <= issued_on
