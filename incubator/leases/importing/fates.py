"""What taking a rent roll in would do, row by row, against what is there already."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from incubator.core.days import FOREVER, Stretch
from incubator.core.i18n import Label, Message, say
from incubator.leases.importing.against import against, unknown_floors, unknown_programme
from incubator.leases.importing.columns import OF_A_UNIT, OF_A_VENTURE, Column, Standing
from incubator.leases.importing.present import Present, PresentUnit
from incubator.leases.importing.rentroll import Finding, Level, RentRoll, RollRow, unit_key


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
class RowPlan:
    """What a row does to its unit and its tenant, and whether a lease or works begin."""

    row: RollRow
    fate: Fate
    unit_id: int | None = None
    changes: Mapping[str, object] = field(default_factory=dict)
    fills: Mapping[Column, object] = field(default_factory=dict)
    """What was missing of the tenant here."""
    lets: bool = False
    deposit_received_on: date | None = None
    """The first day of a lease that has begun: whoever moved in has paid."""
    stops: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def changed(self) -> list[Column]:
        """What becomes otherwise of a unit that is there."""
        known = self.fate is Fate.UPDATE
        return [column for column, name in OF_A_UNIT.items() if known and name in self.changes]


@dataclass(frozen=True)
class Plan:
    """The fate of every row; what is grave stands first."""

    roll: RentRoll
    rows: tuple[RowPlan, ...]
    findings: tuple[Finding, ...]
    new_programmes: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    """The units of the house that the file does not name; they stay as they are."""

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
    def deposits_received(self) -> int:
        """Of how many leases the deposit is taken as received."""
        return sum(row.deposit_received_on is not None for row in self.rows)

    @property
    def rent(self) -> int:
        """The monthly rent of the leases that begin."""
        return sum(row.row.rent for row in self.rows if row.lets)


def decide(roll: RentRoll, present: Present, today: date) -> Plan:
    """The fate of every row of a rent roll on a day."""
    told: dict[int, list[Finding]] = {}
    for finding in (*roll.findings, *unknown_floors(roll, present)):
        told.setdefault(finding.row, []).append(finding)
    plans: list[RowPlan] = []
    fresh: dict[str, RollRow] = {}
    for row in roll.rows:
        found = told.get(row.number, [])
        if not _wrong(found):
            found = [*found, *against(row, roll, present, today)]
        if row.tenancy:
            for name in row.tenancy.programmes:
                if name not in present.programmes:
                    fresh.setdefault(name, row)
        plans.append(_plan(row, present, today, found))
    unknown = [unknown_programme(name, row, roll) for name, row in fresh.items()]
    findings = [finding for plan in plans for finding in plan.findings] + unknown
    named = {unit_key(row.unit) for row in roll.rows}
    unnamed = tuple(unit.code for key, unit in present.units.items() if key not in named)
    return Plan(roll, tuple(plans), tuple(findings), tuple(fresh), unnamed)


def _plan(row: RollRow, present: Present, today: date, findings: list[Finding]) -> RowPlan:
    unit = present.unit_of(row)
    facts = facts_of(row)
    changes = facts if unit is None else {k: v for k, v in facts.items() if unit.facts.get(k) != v}
    fills = _fills(row, present, today)
    lets = _lets(row, unit, present, today)
    stops = row.standing is Standing.WORKS and not (unit and _held(unit, today))
    if _wrong(findings):
        fate = Fate.ERROR
    elif unit is None:
        fate = Fate.CREATE
    else:
        fate = Fate.UPDATE if changes or fills or lets or stops else Fate.UNCHANGED
    unit_id = unit.id if unit else None
    paid = _paid(row, today) if lets else None
    return RowPlan(row, fate, unit_id, changes, fills, lets, paid, stops, tuple(findings))


def _wrong(findings: list[Finding]) -> bool:
    return any(finding.level is Level.ERROR for finding in findings)


def _held(unit: PresentUnit, today: date) -> bool:
    """Whether works without an end cannot begin: some have been entered, or it is let."""
    ahead = Stretch(today, FOREVER)
    return bool(unit.out_in(ahead) or unit.let_in(ahead))


def facts_of(row: RollRow) -> dict[str, object]:
    """What a row says of its unit; nothing of what the file has no column for."""
    return {name: getattr(row, each) for each, name in OF_A_UNIT.items() if each in row.said}


def _fills(row: RollRow, present: Present, today: date) -> dict[Column, object]:
    """What a row knows of a tenant who is there already, and the house does not."""
    if row.tenancy is None or row.tenancy.ends_on <= today:
        return {}
    venture = present.venture_of(row.tenancy)
    if venture is None:
        return {}
    said = {column: getattr(row.tenancy, column) for column in OF_A_VENTURE}
    return {k: v for k, v in said.items() if v and not venture.facts.get(k)}


def _lets(row: RollRow, unit: PresentUnit | None, present: Present, today: date) -> bool:
    """Whether a lease begins with this row: not one that has ended, nor one that is there."""
    if row.tenancy is None or row.tenancy.ends_on <= today:
        return False
    return unit is None or present.lease_of(row.tenancy, unit) is None


def _paid(row: RollRow, today: date) -> date | None:
    """The day on which a deposit counts as received: none while its lease has not begun."""
    tenancy = row.tenancy
    if tenancy is None or not row.rent or not tenancy.deposit_months:
        return None
    return tenancy.starts_on if tenancy.starts_on <= today else None
