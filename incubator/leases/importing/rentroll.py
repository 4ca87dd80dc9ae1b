"""A rent roll as facts: every cell read, every problem with its place, value and cure."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TypeVar

from incubator.core import reading
from incubator.core.days import ONE_DAY, Stretch
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Label, Message, say
from incubator.core.sheets import Row, Table, column_letter, refused
from incubator.leases.importing import cells
from incubator.leases.importing.columns import (
    NEEDED,
    OF_A_LEASE,
    TOTALS,
    Column,
    Standing,
    columns_of,
    is_heading,
    plain_name,
)
from incubator.organisations import rules as organisations
from incubator.spaces.models import UnitKind

V = TypeVar("V")


class Level(Label):
    """How grave a finding is."""

    ERROR = "error"
    WARNING = "warning"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {cls.ERROR: say("Error"), cls.WARNING: say("Warning")}


@dataclass(frozen=True)
class Finding:
    """Something to look at: where it stands, what stands there, why, and what to do."""

    level: Level
    row: int
    message: Message
    column: Column | None = None
    cell: str = ""
    value: str = ""


@dataclass(frozen=True)
class Tenancy:
    """Who is inside, from when until when (half-open), on what terms."""

    name: str
    starts_on: date
    ends_on: date
    corporate_number: str | None = None
    representative: str = ""
    email: str = ""
    founded_on: date | None = None
    deposit_months: int = 0
    programmes: tuple[str, ...] = ()

    @property
    def days(self) -> Stretch:
        """The days inside."""
        return Stretch(self.starts_on, self.ends_on)


@dataclass(frozen=True)
class RollRow:
    """One unit as the file has it; areas in 0.01 m², sums in minor units."""

    number: int
    unit: str
    floor: str
    kind: UnitKind
    area: int
    rent: int
    common_fee: int
    standing: Standing
    tenancy: Tenancy | None = None
    note: str = ""
    said: Mapping[Column, str] = field(default_factory=dict)
    """Its cells as they stand in the file."""


@dataclass(frozen=True)
class RentRoll:
    """What was read: the rows as far as they could be read, findings, columns nobody asked for."""

    rows: tuple[RollRow, ...]
    findings: tuple[Finding, ...]
    read: int
    skipped: tuple[int, ...] = ()
    unknown: tuple[str, ...] = ()
    sheet: str = ""
    columns: dict[Column, int] = field(default_factory=dict)

    @property
    def errors(self) -> list[Finding]:
        """What forbids taking the file in."""
        return [finding for finding in self.findings if finding.level is Level.ERROR]

    @cached_property
    def granting(self) -> Mapping[tuple[str, str], Sequence[tuple[RollRow, Tenancy]]]:
        """The rows that grant a company, by the key of its name, a programme of a name."""
        found = defaultdict(list)
        for row in self.rows:
            if row.tenancy:
                for programme in row.tenancy.programmes:
                    company = organisations.name_key(row.tenancy.name)
                    found[company, programme].append((row, row.tenancy))
        return found


def unit_key(code: str) -> str:
    """What two ways of writing one unit's code have in common: case does not tell units apart."""
    return code.casefold()


def place_of(columns: Mapping[Column, int], column: Column | None, row: int) -> str:
    """The cell of a column in a row, such as B7; nothing when the file has no such column."""
    at = columns.get(column) if column else None
    return f"{column_letter(at)}{row}" if at is not None else ""


class _Reader:
    """Reads the cells of one row and notes what is wrong with them."""

    def __init__(self, row: Row, columns: dict[Column, int], currency: str) -> None:
        self.row, self.columns, self.currency = row, columns, currency
        self.findings: list[Finding] = []

    def text(self, column: Column) -> str:
        """What stands in a cell; nothing when the file has no such column."""
        at = self.columns.get(column)
        cells = self.row.cells
        return cells[at] if at is not None and at < len(cells) else ""

    def said(self, column: Column) -> str:
        """What stands in a cell, as far as a finding shows it."""
        return self.text(column)[:80]

    def find(self, level: Level, column: Column, message: Message) -> None:
        """Note something about a cell."""
        cell = place_of(self.columns, column, self.row.number)
        value = self.said(column)
        self.findings.append(Finding(level, self.row.number, message, column, cell, value))

    def read(self, column: Column, how: Callable[[str], V], default: V) -> V:
        """Read a cell; when it cannot be read, note why and go on with the default."""
        text = self.text(column)
        if not text:
            return default
        try:
            return how(text)
        except RuleBroken as broken:
            self.find(Level.ERROR, column, broken.message)
            return default

    def need(self, *columns: Column) -> None:
        """Note every one of these cells that is empty."""
        for column in columns:
            if not self.text(column):
                told = say(
                    "This cell is empty. Fill it in, take merged cells apart, and save a file with"
                    " formulas once in Excel, so that it holds their results."
                )
                self.find(Level.ERROR, column, told)

    def amount(self, column: Column) -> int:
        """Money that is not negative; an empty cell is nothing."""
        found = self.read(column, lambda text: reading.amount(text, self.currency), 0)
        if found < 0:
            self.find(Level.ERROR, column, say("This amount must not be negative."))
        return found


def read_roll(table: Table, *, today: date, currency: str) -> RentRoll:
    """Read a table as a rent roll; RuleBroken when it has no heading that could be one."""
    at = next((at for at, row in enumerate(table.rows) if is_heading(row.cells)), None)
    if at is None:
        raise refused(_no_heading(table.sheet))
    heading = table.rows[at]
    columns = columns_of(heading.cells)
    if missing := [column.label for column in NEEDED if column not in columns]:
        raise refused(say("The column “%(name)s” is missing. Add it.", name=missing[0]))
    if not table.rows[at + 1 :]:
        raise refused(say("There are no rows below the heading."))
    rows, findings, skipped = [], [], []
    for row in table.rows[at + 1 :]:
        if _is_total(row, columns):
            skipped.append(row.number)
            continue
        reader = _Reader(row, columns, currency)
        rows.append(_read_row(reader, today))
        findings += reader.findings
    findings += [replace(one, cell=place_of(columns, one.column, one.row)) for one in _twins(rows)]
    return RentRoll(
        rows=tuple(rows),
        findings=tuple(findings),
        read=len(table.rows) - at - 1,
        skipped=tuple(skipped),
        unknown=tuple(_unknown(heading, columns)),
        sheet=table.sheet,
        columns=columns,
    )


def _no_heading(sheet: str) -> Message:
    if sheet:
        return say(
            "No heading row was found on “%(sheet)s”, the first sheet, which alone is read. Put the"
            " rent roll first and name the columns as in the example, at least "
            "Unit, Floor, Area, Monthly rent and State.",
            sheet=sheet,
        )
    return say(
        "No heading row was found. Name the columns as in the example, at least "
        "Unit, Floor, Area, Monthly rent and State."
    )


def _unknown(heading: Row, columns: dict[Column, int]) -> list[str]:
    taken = set(columns.values())
    return [cell for at, cell in enumerate(heading.cells) if cell and at not in taken]


def _is_total(row: Row, columns: dict[Column, int]) -> bool:
    at = columns[Column.UNIT]
    return plain_name(row.cells[at] if at < len(row.cells) else "") in TOTALS


def _read_row(reader: _Reader, today: date) -> RollRow:
    reader.need(*NEEDED)
    standing = reader.read(Column.STATE, cells.standing, Standing.VACANT)
    tenancy = _read_tenancy(reader, today) if standing is Standing.LET else None
    if standing is not Standing.LET and plain_name(reader.text(Column.TENANT)) not in cells.NOBODY:
        reader.find(
            Level.ERROR,
            Column.TENANT,
            say("A unit that is not let has no tenant. Empty this cell or change the state."),
        )
    return RollRow(
        number=reader.row.number,
        unit=reader.read(Column.UNIT, cells.code, ""),
        floor=reader.read(Column.FLOOR, cells.floor, ""),
        kind=reader.read(Column.KIND, cells.kind, UnitKind.OFFICE),
        area=reader.read(Column.AREA, reading.area, 0),
        rent=reader.amount(Column.RENT),
        common_fee=reader.amount(Column.COMMON_FEE),
        standing=standing,
        tenancy=tenancy,
        note=reader.read(Column.NOTE, reading.words, ""),
        said={column: reader.said(column) for column in reader.columns},
    )


def _read_tenancy(reader: _Reader, today: date) -> Tenancy | None:
    reader.need(*OF_A_LEASE)
    starts_on = reader.read(Column.STARTS_ON, reading.day, date.min)
    last_day = reader.read(Column.ENDS_ON, reading.day, date.min)
    tenancy = Tenancy(
        name=reader.read(Column.TENANT, cells.name, ""),
        starts_on=starts_on,
        ends_on=last_day + ONE_DAY,
        corporate_number=_read_number(reader),
        representative=reader.read(Column.REPRESENTATIVE, cells.name, ""),
        email=reader.read(Column.EMAIL, cells.mail, ""),
        founded_on=reader.read(Column.FOUNDED_ON, cells.day_or_none, None),
        deposit_months=reader.read(Column.DEPOSIT_MONTHS, reading.months, 0),
        programmes=reader.read(Column.PROGRAMMES, cells.programmes, ()),
    )
    if date.min not in (starts_on, last_day):
        _check_days(reader, tenancy, today)
    if not tenancy.deposit_months:
        reader.find(Level.WARNING, Column.DEPOSIT_MONTHS, say("This lease has no deposit."))
    return tenancy


def _check_days(reader: _Reader, tenancy: Tenancy, today: date) -> None:
    starts_on, ends_on, founded_on = tenancy.starts_on, tenancy.ends_on, tenancy.founded_on
    if ends_on <= starts_on:
        reader.find(
            Level.ERROR, Column.ENDS_ON, say("The lease ends before it starts. Compare both days.")
        )
    elif ends_on <= today:
        reader.find(
            Level.WARNING,
            Column.ENDS_ON,
            say("The lease has ended. It is not taken over; the unit counts as vacant."),
        )
    if founded_on and founded_on > starts_on:
        reader.find(
            Level.WARNING,
            Column.FOUNDED_ON,
            say("The lease is older than its company: it starts on %(day)s.", day=starts_on),
        )
    if founded_on and founded_on > today:
        reader.find(Level.ERROR, Column.FOUNDED_ON, say("This day is in the future."))


def _read_number(reader: _Reader) -> str | None:
    """A corporate number; one with a wrong check digit is none."""
    number = reader.read(Column.CORPORATE_NUMBER, cells.number, None)
    if number is None or organisations.is_corporate_number(number):
        return number
    reader.find(
        Level.WARNING,
        Column.CORPORATE_NUMBER,
        say("The check digit is wrong, so the number is left out. Compare it with the register."),
    )
    return None


def _twins(rows: list[RollRow]) -> list[Finding]:
    """Units named twice are errors; a company named twice is worth a look."""
    units: dict[str, RollRow] = {}
    tenants: dict[str, RollRow] = {}
    numbers: dict[str, RollRow] = {}
    findings = []
    for row in rows:
        first = units.setdefault(unit_key(row.unit), row)
        if row.unit and first is not row:
            again = say(
                "Unit %(unit)s stands in row %(row)s already. Keep one of the two rows.",
                unit=row.unit,
                row=first.number,
            )
            findings.append(Finding(Level.ERROR, row.number, again, Column.UNIT, value=row.unit))
            continue
        name = row.tenancy.name if row.tenancy else ""
        if not name:
            continue
        first = tenants.setdefault(organisations.name_key(name), row)
        if first is not row:
            again = say("The same company rents unit %(unit)s as well.", unit=first.unit)
            findings.append(Finding(Level.WARNING, row.number, again, Column.TENANT, value=name))
        findings += _number_of_another(row, numbers)
    return findings


def _number_of_another(row: RollRow, numbers: dict[str, RollRow]) -> list[Finding]:
    """A corporate number belongs to one company."""
    number = row.tenancy.corporate_number if row.tenancy else None
    first = numbers.setdefault(number, row) if number else row
    if row.tenancy is None or first.tenancy is None:
        return []
    name = first.tenancy.name
    if organisations.name_key(name) == organisations.name_key(row.tenancy.name):
        return []
    told = say(
        "Row %(row)s gives this number to %(name)s. Correct one of the two.",
        row=first.number,
        name=name,
    )
    return [Finding(Level.ERROR, row.number, told, Column.CORPORATE_NUMBER, value=str(number))]
