"""The rent roll: every unit with who holds it, what it brings, and what is open."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from incubator.billing.queries.lease_tax import tax_rules
from incubator.billing.queries.ledger import OpenInvoice
from incubator.billing.queries.payments import open_invoices_in, open_invoices_of
from incubator.core.days import month_of
from incubator.leases.queries import terms_of_many
from incubator.leases.rules import Line, month_lines
from incubator.organisations.models import Organisation
from incubator.reports.units import UnitRow, unit_on, units_on
from incubator.spaces.models import Facility
from incubator.spaces.queries import unit_by_code
from incubator.spaces.rules.states import UnitState

LET = frozenset({UnitState.OCCUPIED, UnitState.NOTICE})


@dataclass(frozen=True)
class RollRow:
    """A unit on a day; sums in minor units a month, tax-exclusive, of what is let."""

    row: UnitRow
    rent: int = 0
    common_fee: int = 0
    subsidy: int = 0
    open: int = 0
    overdue: int = 0

    @property
    def is_let(self) -> bool:
        """Whether somebody pays for it on the day."""
        return self.row.state in LET

    @property
    def tenant(self) -> Organisation | None:
        """Who holds it, if anybody."""
        return self.row.lease.organisation if self.row.lease else None


class Sort(StrEnum):
    """By what a rent roll can be sorted."""

    UNIT = "unit"
    TENANT = "tenant"
    AREA = "area"
    RENT = "rent"
    ENDS = "ends"
    OPEN = "open"


@dataclass(frozen=True)
class Totals:
    """What stands at the foot; areas in 0.01 m²."""

    area: int
    rent: int
    common_fee: int
    subsidy: int
    open: int


def rent_roll(facility: Facility, day: date, today: date) -> list[RollRow]:
    """The rent roll of a day, floor by floor; what is open counts as of today."""
    owed = open_invoices_in(facility.id)
    return _rolled(units_on(facility.id, day), owed, facility, day, today)


def roll_row(facility: Facility, code: str, day: date, today: date) -> RollRow:
    """The row of one unit, likewise; NotFound when there is none."""
    unit = unit_on(unit_by_code(facility.id, code), day)
    owed = open_invoices_of(facility.id, unit.lease.organisation_id) if unit.lease else []
    return _rolled([unit], owed, facility, day, today)[0]


def _rolled(
    units: list[UnitRow], owed: Iterable[OpenInvoice], facility: Facility, day: date, today: date
) -> list[RollRow]:
    held = [row.lease for row in units if row.lease and row.state in LET]
    tax = tax_rules(facility.id, today)
    terms = {lease.id: each for lease, each in zip(held, terms_of_many(held, tax), strict=True)}
    due, late = _open(owed, today)
    return [
        _row(row, month_lines(terms[row.lease.id], month_of(day)), due, late)
        if row.lease and row.state in LET
        else RollRow(row)
        for row in units
    ]


def _open(owed: Iterable[OpenInvoice], today: date) -> tuple[dict[int, int], dict[int, int]]:
    due: dict[int, int] = {}
    late: dict[int, int] = {}
    for one in owed:
        invoice, amount = one.invoice, one.open
        due[invoice.organisation_id] = due.get(invoice.organisation_id, 0) + amount
        if invoice.due_on < today:
            late[invoice.organisation_id] = late.get(invoice.organisation_id, 0) + amount
    return due, late


def _row(row: UnitRow, lines: Iterable[Line], due: dict[int, int], late: dict[int, int]) -> RollRow:
    by_kind: dict[str, int] = {}
    for line in lines:
        amount = line.granted if line.kind == "subsidy" else line.amount
        by_kind[line.kind] = by_kind.get(line.kind, 0) + amount
    venture = row.lease.organisation_id if row.lease else 0
    return RollRow(
        row,
        rent=by_kind.get("rent", 0),
        common_fee=by_kind.get("common_fee", 0),
        subsidy=by_kind.get("subsidy", 0),
        open=due.get(venture, 0),
        overdue=late.get(venture, 0),
    )


def sort_roll(
    rows: Sequence[RollRow], by: Sort, *, descending: bool = False, lang: str = "ja"
) -> list[RollRow]:
    """The rows in another order, names as people of a language look them up.

    What nobody holds comes last when the order is that of tenants or of ends.
    """
    keys: dict[Sort, Callable[[RollRow], Any]] = {
        Sort.UNIT: lambda row: row.row.unit.code,
        Sort.TENANT: lambda row: row.tenant.reading(lang) if row.tenant else None,
        Sort.AREA: lambda row: row.row.unit.area,
        Sort.RENT: lambda row: row.rent,
        Sort.ENDS: lambda row: row.row.last_day,
        Sort.OPEN: lambda row: row.open,
    }
    key = keys[by]
    known = sorted((row for row in rows if key(row) is not None), key=key, reverse=descending)
    return [*known, *(row for row in rows if key(row) is None)]


def totals(rows: Iterable[RollRow]) -> Totals:
    """The sums of what is let; a venture's open sum counts once."""
    let = [row for row in rows if row.is_let]
    ventures = {row.row.lease.organisation_id: row for row in let if row.row.lease}
    return Totals(
        area=sum(row.row.unit.area for row in let),
        rent=sum(row.rent for row in let),
        common_fee=sum(row.common_fee for row in let),
        subsidy=sum(row.subsidy for row in let),
        open=sum(row.open for row in ventures.values()),
    )
