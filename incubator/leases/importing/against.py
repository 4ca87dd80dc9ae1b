"""What of a rent roll does not fit with what is there already: each with its cell and a cure."""

from datetime import date

from incubator.core.days import FOREVER, ONE_DAY, Stretch
from incubator.core.i18n import Message, say
from incubator.leases.importing.columns import OF_A_VENTURE, Column, Standing
from incubator.leases.importing.present import Present, PresentLease, PresentUnit, PresentVenture
from incubator.leases.importing.rentroll import (
    Finding,
    Level,
    RentRoll,
    RollRow,
    Tenancy,
    place_of,
)
from incubator.organisations.rules import name_key


def against(row: RollRow, roll: RentRoll, present: Present, today: date) -> list[Finding]:
    """What a row that could be read says against what is there."""
    unit = present.unit_of(row)
    return _other_area(row, roll, unit) + _in_it(row, roll, present, unit, today)


def _in_it(
    row: RollRow, roll: RentRoll, present: Present, unit: PresentUnit | None, today: date
) -> list[Finding]:
    tenancy = row.tenancy
    if tenancy is None:
        return _still_here(row, roll, unit, today) if unit else []
    found = _other_facts(row, roll, present.venture_of(tenancy))
    if tenancy.ends_on <= today:
        return found + (_still_here(row, roll, unit, today) if unit else [])
    same = present.lease_of(tenancy, unit) if unit else None
    if unit is None or same is None:
        found += _not_granted(row, roll, present, tenancy)
        return found + (_not_free(row, roll, unit, tenancy) if unit else [])
    if same.days.until != tenancy.ends_on:
        told = say("Here this lease ends otherwise. Change its end on the lease's own page.")
        found.append(_at(roll, row, Level.WARNING, Column.ENDS_ON, told))
    return found + _other_prices(row, roll, unit, same) + _other_terms(row, roll, same)


def _not_granted(row: RollRow, roll: RentRoll, present: Present, tenancy: Tenancy) -> list[Finding]:
    """What keeps a programme from a lease: its days, its namesake, or a lease that has it."""
    found = []
    for name in tenancy.programmes:
        grantable = present.grantable(name, tenancy)
        if name in present.programmes and not grantable:
            told = say(
                "“%(name)s” cannot be granted on a lease that begins on %(day)s."
                " Change its days on its own page, or leave it out of this row.",
                name=name,
                day=tenancy.starts_on,
            )
        elif len(grantable) > 1:
            told = say(
                "Several programmes called “%(name)s” can be granted on a lease that begins on"
                " %(day)s. Give each its own name on its page.",
                name=name,
                day=tenancy.starts_on,
            )
        elif unit := present.granted(grantable, tenancy) or _granted_above(
            row, roll, present, tenancy, name
        ):
            told = say(
                "This company has the programme on unit %(unit)s already."
                " Name it on one unit only.",
                unit=unit,
            )
        else:
            continue
        found.append(_at(roll, row, Level.ERROR, Column.PROGRAMMES, told, value=name))
    return found


def _granted_above(
    row: RollRow, roll: RentRoll, present: Present, tenancy: Tenancy, name: str
) -> str:
    """The unit of a row above that grants the company the same programme on any of these days."""
    same = present.grantable(name, tenancy)
    for each, other in roll.granting[name_key(tenancy.name), name]:
        if each is row:
            break
        if other.days.meets(tenancy.days) and present.grantable(name, other) == same:
            return each.unit
    return ""


def _not_free(row: RollRow, roll: RentRoll, unit: PresentUnit, tenancy: Tenancy) -> list[Finding]:
    """What keeps a lease from beginning: another one, or days out of service."""
    found = []
    if unit.let_in(tenancy.days):
        told = say(
            "Unit %(unit)s has another lease on these days. End that lease first.", unit=row.unit
        )
        found.append(_at(roll, row, Level.ERROR, Column.STARTS_ON, told))
    if out := unit.out_in(tenancy.days):
        told = say(
            "Unit %(unit)s is out of service here from %(day)s. "
            "End that on the unit's page before the lease begins.",
            unit=row.unit,
            day=out.start,
        )
        found.append(_at(roll, row, Level.ERROR, Column.STATE, told))
    return found


def _still_here(row: RollRow, roll: RentRoll, unit: PresentUnit, today: date) -> list[Finding]:
    """Where a unit that the file calls empty or under works is let or out of service here."""
    works = row.standing is Standing.WORKS
    lease = unit.let_in(Stretch(today, FOREVER if works else today + ONE_DAY))
    out = unit.out_in(Stretch(today, today + ONE_DAY))
    told = []
    if lease:
        facts = {"unit": row.unit, "who": lease.venture, "last": lease.days.last}
        told.append(
            say(
                "Unit %(unit)s is let to %(who)s until %(last)s here, so no works begin. "
                "Enter them on the unit's page.",
                **facts,
            )
            if works
            else say(
                "Unit %(unit)s is let to %(who)s until %(last)s here and stays so. "
                "End the lease on its own page if it is over.",
                **facts,
            )
        )
    if out and not works:
        told.append(
            say(
                "Unit %(unit)s is out of service here from %(day)s and stays so. "
                "End that on the unit's page if the works are over.",
                unit=row.unit,
                day=out.start,
            )
        )
    return [_at(roll, row, Level.WARNING, Column.STATE, one) for one in told]


def _other_area(row: RollRow, roll: RentRoll, unit: PresentUnit | None) -> list[Finding]:
    """A new area counts for the past as well, but not for a lease."""
    if unit is None or unit.facts.get("area") == row.area:
        return []
    told = say(
        "The unit's area changes, in the occupancy of past days as well. "
        "Its leases keep the area they were signed with."
    )
    return [_at(roll, row, Level.WARNING, Column.AREA, told)]


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
        if column in row.said and here not in {listed, agreed}
    ]


def _other_terms(row: RollRow, roll: RentRoll, lease: PresentLease) -> list[Finding]:
    """What the file says otherwise of a running lease; what is there stays."""
    if row.tenancy is None:
        return []
    terms = (
        (Column.DEPOSIT_MONTHS, row.tenancy.deposit_months, lease.deposit_months),
        (Column.PROGRAMMES, sorted(row.tenancy.programmes), sorted(lease.programmes.values())),
    )
    return [
        _stays(roll, row, column, "、".join(there) if isinstance(there, list) else str(there))
        for column, here, there in terms
        if column in row.said and here != there
    ]


def _stays(roll: RentRoll, row: RollRow, column: Column, there: str) -> Finding:
    told = say("%(name)s is known otherwise here and stays so.", name=column.label)
    return _at(roll, row, Level.WARNING, column, told, value=there)


def _other_facts(row: RollRow, roll: RentRoll, venture: PresentVenture | None) -> list[Finding]:
    """What the file says otherwise of a venture that is there; what is there stays."""
    if venture is None or row.tenancy is None:
        return []
    found = []
    if name_key(row.tenancy.name) != name_key(venture.name):
        found.append(_stays(roll, row, Column.TENANT, venture.name))
    for column in OF_A_VENTURE:
        here, there = venture.facts.get(column), getattr(row.tenancy, column)
        if here and there and here != there:
            found.append(_stays(roll, row, column, str(there)))
    return found


def unknown_programme(name: str, row: RollRow, roll: RentRoll) -> Finding:
    """A programme that comes with the file."""
    message = say(
        "The subsidy programme “%(name)s” is not known here. It is added without a rate; "
        "complete it before billing.",
        name=name,
    )
    return _at(roll, row, Level.WARNING, Column.PROGRAMMES, message, value=name)


def unknown_floors(roll: RentRoll, present: Present) -> list[Finding]:
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
    roll: RentRoll,
    row: RollRow,
    level: Level,
    column: Column,
    message: Message,
    value: str | None = None,
) -> Finding:
    """Something to look at, with the cell where it stands and what it says."""
    cell = place_of(roll.columns, column, row.number)
    said = row.said.get(column, "") if value is None else value
    return Finding(level, row.number, message, column, cell, said)
