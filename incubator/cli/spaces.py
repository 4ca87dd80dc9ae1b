"""Commands about spaces."""

import sys
from pathlib import Path
from typing import Any

import click

from incubator.billing.queries.lease_tax import tax_rules
from incubator.cli.door import (
    OPERATOR,
    as_json,
    facility_of,
    facility_option,
    json_option,
    operator,
    with_app,
)
from incubator.core import clock
from incubator.core.access import Actor, Held, Role
from incubator.core.db import transaction
from incubator.core.i18n import format_area, format_money, translate
from incubator.core.money import with_digits
from incubator.graduation.actions import open_facility
from incubator.leases.importing.actions import RollFile, dry_run, import_rent_roll
from incubator.leases.importing.fates import Fate, Plan
from incubator.leases.importing.rentroll import Finding
from incubator.leases.rules import Asked, agreed_price
from incubator.reports.units import UnitRow, units_on
from incubator.spaces.models import Facility
from incubator.spaces.rules.states import UnitState


@click.group()
def facility() -> None:
    """Facilities."""


@facility.command("add")
@click.argument("code")
@click.option("--name", required=True, help="What it is called.")
@with_app
def add_facility(code: str, name: str) -> None:
    """Open a facility with its holidays, tax rates, issuer and graduation criteria."""
    system = Actor(None, OPERATOR, (Held(Role.SYSTEM_ADMIN),))
    with transaction():
        made = open_facility(code, name, actor=system, now=clock.now())
        line = f"Facility {made.code} ({made.name}) is open."
    click.echo(line)


@click.command()
@facility_option
@click.option("--vacant", is_flag=True, help="Only units that nobody holds and nobody awaits.")
@json_option
@with_app
def units(code: str, vacant: bool, as_data: bool) -> None:
    """List the units of a facility as they stand today."""
    place = facility_of(code)
    rows = units_on(place.id, clock.today(place.zone))
    rows = [row for row in rows if not vacant or row.state is UnitState.VACANT]
    if as_data:
        as_json([_unit(row, place) for row in rows])
        return
    for row in rows:
        click.echo(_unit_line(row, place))
    click.echo(f"{len(rows)} units")


def _unit(row: UnitRow, place: Facility) -> dict[str, Any]:
    unit = row.unit
    return {
        "code": unit.code,
        "floor": unit.floor.name,
        "kind": unit.kind.value,
        "area_m2": with_digits(unit.area),
        "list_rent": unit.list_rent,
        "unit_price": unit.unit_price,
        "common_fee": unit.common_fee,
        "currency": place.currency,
        "state": row.state.value,
        "tenant": row.lease.organisation.name if row.lease else None,
        "lease_ends": row.last_day,
    }


def _unit_line(row: UnitRow, place: Facility) -> str:
    unit = row.unit
    rent, _ = agreed_price(Asked(unit.area, unit.list_rent, unit.unit_price))
    parts = (
        f"{unit.code:<8}",
        f"{unit.floor.name:<4}",
        f"{translate(unit.kind.label, 'en'):<20}",
        f"{format_area(unit.area, 'en'):>10}",
        f"{format_money(rent, place.currency, 'en'):>10}",
        f"{translate(row.state.label, 'en'):<14}",
        row.lease.organisation.name if row.lease else "",
    )
    return "  ".join(parts).rstrip()


@click.group("import")
def import_group() -> None:
    """Take files in."""


@import_group.command()
@click.argument(
    "path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@facility_option
@click.option("--apply", "apply_it", is_flag=True, help="Take it in; without this nothing is kept.")
@json_option
@with_app
def rentroll(path: Path, code: str, apply_it: bool, as_data: bool) -> None:
    """Take in a rent roll (CSV or XLSX): first only look, with --apply for good."""
    place = facility_of(code)
    actor, now, today = operator(place), clock.now(), clock.today(place.zone)
    file = RollFile(path.name, path.read_bytes())
    plan = dry_run(place, file, actor=actor, today=today)
    if apply_it and not plan.errors:
        with transaction():
            place = facility_of(code)
            tax = tax_rules(place.id, today)
            plan = import_rent_roll(place, file, actor=actor, now=now, today=today, tax=tax)
    if as_data:
        as_json(_plan(plan, applied=apply_it and not plan.errors))
    else:
        _tell(plan, applied=apply_it and not plan.errors)
    if plan.errors:
        sys.exit(1)


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "level": finding.level.value,
        "row": finding.row,
        "cell": finding.cell or None,
        "column": finding.column.value if finding.column else None,
        "value": finding.value,
        "message": translate(finding.message, "en"),
    }


def _plan(plan: Plan, *, applied: bool) -> dict[str, Any]:
    return {
        "applied": applied,
        "rows": len(plan.rows),
        **{fate.value: plan.count(fate) for fate in Fate},
        "leases": plan.leases,
        "deposits_received": plan.deposits_received,
        "monthly_rent": plan.rent,
        "new_programmes": list(plan.new_programmes),
        "units_not_in_file": list(plan.unnamed),
        "sheet": plan.roll.sheet or None,
        "columns_not_taken": list(plan.roll.unknown),
        "rows_skipped": list(plan.roll.skipped),
        "findings": [_finding(finding) for finding in plan.findings],
        "fates": [
            {
                "row": row.row.number,
                "unit": row.row.unit,
                "fate": row.fate.value,
                "changed": [column.value for column in row.changed],
                "fills": [column.value for column in row.fills],
            }
            for row in plan.rows
        ],
    }


def _tell(plan: Plan, *, applied: bool) -> None:
    for finding in plan.findings:
        where = f"row {finding.row}" + (f", {finding.cell}" if finding.cell else "")
        value = f" [{finding.value}]" if finding.value else ""
        message = translate(finding.message, "en")
        click.echo(f"{finding.level.value}: {where}{value}: {message}", err=True)
    notes = (
        ("Not in this file, so unchanged", plan.unnamed),
        ("Sheet", [plan.roll.sheet] if plan.roll.sheet else []),
        ("Columns not taken", plan.roll.unknown),
        ("Rows of totals, left out", plan.roll.skipped),
    )
    for said, named in notes:
        if named:
            click.echo(f"{said}: {', '.join(map(str, named))}", err=True)
    if plan.deposits_received:
        told = "Deposits taken as received on the first day of leases that have begun: "
        click.echo(f"{told}{plan.deposits_received}", err=True)
    counts = ", ".join(f"{plan.count(fate)} {fate.value}" for fate in Fate if plan.count(fate))
    done = "Imported" if applied else "Nothing imported" if plan.errors else "Dry run"
    click.echo(f"{done}: {len(plan.rows)} rows ({counts}), {plan.leases} leases.")


COMMANDS: tuple[click.Command, ...] = (facility, units, import_group)
