"""What taking a rent roll in would do, row by row, against what is there already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from incubator.core.days import Stretch
from incubator.core.i18n import Label, Message, say
from incubator.leases.importing.columns import Column, Standing
from incubator.leases.importing.rentroll import (
    Finding,
    Level,
    RentRoll,
    RollRow,
    Tenancy,
    place_of,
)
from incubator.organisations.rules import name_key


class Fate(Label):
    """What becomes of a row."""

    ERROR = "error"
    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.ERROR: say("Error"),
            cls.CREATE: say("New"),
            cls.UPDATE: say("Changed"),
            cls.UNCHANGED: say("Unchanged"),
        }


@dataclass(frozen=True)
class PresentLease:
    """A lease that holds a unit."""

    venture_id: int
    days: Stretch
    rent: int = 0
    common_fee: int = 0
    deposit_months: int = 0
    programmes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PresentUnit:
    """A unit that is there already."""

    id: int
    facts: Mapping[str, object]
    leases: tuple[PresentLease, ...] = ()
    out_of_service: bool = False


@dataclass(frozen=True)
class PresentVenture:
    """A venture that is there already."""

    id: int
    name: str
    corporate_number: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Present:
    """What a facility holds before the file is taken in."""

    units: Mapping[str, PresentUnit] = field(default_factory=dict)
    ventures: Sequence[PresentVenture] = ()
    programmes: frozenset[str] = frozenset()

    def venture_of(self, tenancy: Tenancy) -> PresentVenture | None:
        """The venture a row means: by corporate number, else by name."""
        number, key = tenancy.corporate_number, name_key(tenancy.name)
        by_number = (one for one in self.ventures if number and one.corporate_number == number)
        by_name = (
            one
            for one in self.ventures
            if name_key(one.name) == key and not (number and one.corporate_number)
        )
        return next(by_number, None) or next(by_name, None)


@dataclass(frozen=True)
class RowPlan:
    """What a row does: the facts of its unit that change, and whether a lease or works begin."""

    row: RollRow
    fate: Fate
    unit_id: int | None = None
    changes: Mapping[str, object] = field(default_factory=dict)
    lets: bool = False
    stops: bool = False
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The fate of every row; what is grave stands first."""

    roll: RentRoll
    rows: tuple[RowPlan, ...]
    findings: tuple[Finding, ...]
    new_programmes: tuple[str, ...] = ()

    @property
    def errors(self) -> list[Finding]:
        """What forbids taking the file in."""
        return [finding for finding in self.findings if finding.level is Level.ERROR]

    @property
    def warnings(self) -> list[Finding]:
        """What is worth a look before taking the file in."""
        return [finding for finding in self.findings if finding.level is Level.WARNING]

    def count(self, fate: Fate) -> int:
        """How many rows have this fate."""
        return sum(row.fate is fate for row in self.rows)

    @property
    def in_order(self) -> list[RowPlan]:
        """Rows with errors first, then those with warnings, then the rest as in the file."""
        return sorted(self.rows, key=lambda one: (one.fate is not Fate.ERROR, not one.findings))

    @property
    def leases(self) -> int:
        """How many leases begin."""
        return sum(row.lets for row in self.rows)

    @property
    def rent(self) -> int:
        """The monthly rent of the leases that begin."""
        return sum(row.row.rent for row in self.rows if row.lets)


def decide(roll: RentRoll, present: Present, today: date) -> Plan:
    """The fate of every row of a rent roll on a day."""
    told: dict[int, list[Finding]] = {}
    for finding in (*roll.findings, *_unknown_floors(roll, present)):
        told.setdefault(finding.row, []).append(finding)
    plans: list[RowPlan] = []
    fresh: dict[str, RollRow] = {}
    for row in roll.rows:
        found = [*told.get(row.number, ()), *_against(row, roll, present, today)]
        if row.tenancy:
            for name in row.tenancy.programmes:
                if name not in present.programmes:
                    fresh.setdefault(name, row)
        plans.append(_plan(row, present, today, found))
    unknown = [_unknown_programme(name, row, roll) for name, row in fresh.items()]
    findings = [finding for plan in plans for finding in plan.findings] + unknown
    return Plan(roll, tuple(plans), tuple(findings), tuple(fresh))


def _unknown_programme(name: str, row: RollRow, roll: RentRoll) -> Finding:
    message = say(
        "The subsidy programme “%(name)s” is not known here. It is added without a rate; "
        "complete it before billing.",
        name=name,
    )
    return _at(roll, row, Level.WARNING, Column.PROGRAMMES, message, value=name)


def _unknown_floors(roll: RentRoll, present: Present) -> list[Finding]:
    """Floors that stand beside those of the house: likely the same, written otherwise."""
    known = {unit.facts.get("floor") for unit in present.units.values()}
    first = {row.floor: row for row in reversed(roll.rows) if known and row.floor}
    told = say("There is no such floor here yet; it is added. Compare how the others are written.")
    return [
        _at(roll, row, Level.WARNING, Column.FLOOR, told, value=name)
        for name, row in first.items()
        if name not in known
    ]


def _at(
    roll: RentRoll, row: RollRow, level: Level, column: Column, message: Message, value: str = ""
) -> Finding:
    """Something to look at, with the cell where it stands."""
    cell = place_of(roll.columns, column, row.number)
    return Finding(level, row.number, message, column, cell, value)


def _plan(row: RollRow, present: Present, today: date, findings: list[Finding]) -> RowPlan:
    unit = present.units.get(row.unit)
    facts = facts_of(row)
    changes = facts if unit is None else {k: v for k, v in facts.items() if unit.facts.get(k) != v}
    lets = _lets(row, unit, present, today)
    stops = row.standing is Standing.WORKS and not (unit and unit.out_of_service)
    if any(finding.level is Level.ERROR for finding in findings):
        fate = Fate.ERROR
    elif unit is None:
        fate = Fate.CREATE
    else:
        fate = Fate.UPDATE if changes or lets or stops else Fate.UNCHANGED
    unit_id = unit.id if unit else None
    return RowPlan(row, fate, unit_id, changes, lets, stops, tuple(findings))


def facts_of(row: RollRow) -> dict[str, object]:
    """What a row says of its unit."""
    return {
        "floor": row.floor,
        "kind": row.kind,
        "area": row.area,
        "list_rent": row.rent,
        "common_fee": row.common_fee,
    }


def _lets(row: RollRow, unit: PresentUnit | None, present: Present, today: date) -> bool:
    """Whether a lease begins with this row: not one that has ended, nor one that is there."""
    if row.tenancy is None or row.tenancy.ends_on <= today:
        return False
    return unit is None or _same(row.tenancy, unit, present) is None


def _same(tenancy: Tenancy, unit: PresentUnit, present: Present) -> PresentLease | None:
    venture = present.venture_of(tenancy)
    for lease in unit.leases:
        if venture and lease.venture_id == venture.id and lease.days.start == tenancy.starts_on:
            return lease
    return None


def _against(row: RollRow, roll: RentRoll, present: Present, today: date) -> list[Finding]:
    """What does not fit with what is there already."""
    tenancy, unit = row.tenancy, present.units.get(row.unit)
    if tenancy is None or tenancy.ends_on <= tenancy.starts_on:
        return []
    found = _other_facts(row, roll, present.venture_of(tenancy))
    if unit is None or tenancy.ends_on <= today:
        return found
    if same := _same(tenancy, unit, present):
        if same.days.until != tenancy.ends_on:
            told = say("Here this lease ends otherwise. Change its end on the lease's own page.")
            found.append(_at(roll, row, Level.WARNING, Column.ENDS_ON, told))
        found += _other_prices(row, roll, unit, same) + _other_terms(row, roll, same)
    elif any(
        lease.days.meets(Stretch(tenancy.starts_on, tenancy.ends_on)) for lease in unit.leases
    ):
        told = say(
            "Unit %(unit)s has another lease on these days. End that lease first.", unit=row.unit
        )
        found.append(_at(roll, row, Level.ERROR, Column.STARTS_ON, told))
    return found


def _other_prices(
    row: RollRow, roll: RentRoll, unit: PresentUnit, lease: PresentLease
) -> list[Finding]:
    """A new price that the unit takes and its running lease does not."""
    prices = (
        (Column.RENT, row.rent, unit.facts.get("list_rent"), lease.rent),
        (Column.COMMON_FEE, row.common_fee, unit.facts.get("common_fee"), lease.common_fee),
    )
    told = say(
        "Only the unit's list price changes; its running lease keeps its price. "
        "Change that on the lease's own page."
    )
    return [
        _at(roll, row, Level.WARNING, column, told, value=str(agreed))
        for column, here, listed, agreed in prices
        if here not in {listed, agreed}
    ]


def _other_terms(row: RollRow, roll: RentRoll, lease: PresentLease) -> list[Finding]:
    """What the file says otherwise of a running lease; what is there stays."""
    if row.tenancy is None:
        return []
    terms = (
        (Column.DEPOSIT_MONTHS, row.tenancy.deposit_months, lease.deposit_months),
        (Column.PROGRAMMES, sorted(row.tenancy.programmes), sorted(lease.programmes)),
    )
    return [
        _stays(roll, row, column, "、".join(there) if isinstance(there, list) else str(there))
        for column, here, there in terms
        if here != there
    ]


def _stays(roll: RentRoll, row: RollRow, column: Column, there: str) -> Finding:
    told = say("%(name)s is known otherwise here and stays so.", name=column.label)
    return _at(roll, row, Level.WARNING, column, told, value=there)


def _other_facts(row: RollRow, roll: RentRoll, venture: PresentVenture | None) -> list[Finding]:
    """What the file says otherwise of a venture that is there; what is there stays."""
    if venture is None or row.tenancy is None:
        return []
    columns = {
        "representative": Column.REPRESENTATIVE,
        "email": Column.EMAIL,
        "founded_on": Column.FOUNDED_ON,
    }
    found = []
    for name, column in columns.items():
        here, there = venture.facts.get(name), getattr(row.tenancy, name)
        if here and there and here != there:
            found.append(_stays(roll, row, column, str(there)))
    return found
