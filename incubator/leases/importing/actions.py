"""Taking a rent roll in: everything in one transaction, or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from incubator.core import access, i18n, sheets
from incubator.core.access import Actor, Can
from incubator.core.db import lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.leases.actions import ProgrammeFacts, add_programme, import_lease
from incubator.leases.importing import queries
from incubator.leases.importing.columns import Standing
from incubator.leases.importing.fates import Fate, Plan, RowPlan, decide
from incubator.leases.importing.present import Present
from incubator.leases.importing.rentroll import Tenancy, read_roll
from incubator.leases.models import SubsidyProgramme
from incubator.leases.queries import programmes_of
from incubator.leases.rules import Method, OfferTerms, Step, TaxRules
from incubator.organisations import queries as organisations
from incubator.organisations.actions import VentureFacts, add_venture, edit_venture
from incubator.organisations.models import Organisation, Stage
from incubator.organisations.rules import name_key
from incubator.spaces import actions as spaces
from incubator.spaces import queries as places
from incubator.spaces.models import Facility, Floor, ImportRun, Unit

KIND = "rent_roll"


@dataclass(frozen=True)
class RollFile:
    """A file as it was handed in."""

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        """What tells this file from any other."""
        return sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Deed:
    """Who takes a file in, where and when."""

    facility: Facility
    actor: Actor
    now: datetime
    today: date
    tax: TaxRules


def dry_run(facility: Facility, file: RollFile, *, actor: Actor, today: date) -> Plan:
    """What taking this file in would do; nothing is written."""
    return _plan(facility, file, actor, today)[0]


def _plan(facility: Facility, file: RollFile, actor: Actor, today: date) -> tuple[Plan, Present]:
    access.require(actor, Can.IMPORT_DATA, facility=facility.id)
    refuse_again(facility, file)
    roll = read_roll(sheets.read_table(file.data), today=today, currency=facility.currency)
    present = queries.present(facility.id, today)
    return decide(roll, present, today), present


def refuse_again(facility: Facility, file: RollFile) -> None:
    """The very same file is taken in once."""
    done = places.import_of(facility.id, KIND, file.sha256)
    if done is not None:
        at = i18n.Instant(done.applied_at, facility.zone)
        raise RuleBroken(
            say("This very file was imported on %(at)s already. Nothing was changed.", at=at),
            "file",
        )


def import_rent_roll(
    facility: Facility,
    file: RollFile,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    tax: TaxRules,
) -> Plan:
    """Take a rent roll in as planned; a single error keeps all of it out."""
    lock(Facility, facility.id)
    plan, present = _plan(facility, file, actor, today)
    if plan.errors:
        raise RuleBroken(
            say("Nothing was imported: row %(row)s has an error.", row=plan.errors[0].row), "file"
        )
    _write(Deed(facility, actor, now, today, tax), plan, present)
    spaces.draw_floors(facility.id)
    run = ImportRun(
        facility_id=facility.id,
        kind=KIND,
        sha256=file.sha256,
        file_name=file.name[:200],
        rows=len(plan.rows),
        applied_at=now,
        applied_by=actor.id,
    )
    spaces.note_import(run, actor=actor, now=now)
    return plan


def _write(deed: Deed, plan: Plan, present: Present) -> None:
    floors = _floors(deed, plan)
    fresh = _programmes(deed, plan)
    tenants: dict[str, Organisation] = {}
    for row in plan.rows:
        if row.fate is Fate.UNCHANGED:
            continue
        unit = _unit(deed, row, floors)
        tenancy = row.row.tenancy
        if tenancy is None or not (row.lets or row.fills):
            continue
        venture = _venture(deed, row, tenancy, tenants, present)
        if row.lets:
            venture.stage = Stage.TENANT
            granted = [(name, present.grantable(name, tenancy)) for name in tenancy.programmes]
            ids = tuple(there[0].id if there else fresh[name].id for name, there in granted)
            terms = _terms(row, unit, venture, ids)
            import_lease(terms, actor=deed.actor, now=deed.now, tax=deed.tax)


def _terms(
    plan: RowPlan, unit: Unit, venture: Organisation, programmes: tuple[int, ...]
) -> OfferTerms:
    """The lease of a row: signed, its deposit asked for, and received once it has begun."""
    row, tenancy = plan.row, plan.row.tenancy
    if tenancy is None:
        raise ValueError(row)
    return OfferTerms(
        facility_id=unit.facility_id,
        unit_id=unit.id,
        organisation_id=venture.id,
        starts_on=tenancy.starts_on,
        ends_on=tenancy.ends_on,
        rent=row.rent,
        common_fee=row.common_fee,
        deposit_months=tenancy.deposit_months,
        programme_ids=programmes,
        deposit_received_on=plan.deposit_received_on,
    )


def _programmes(deed: Deed, plan: Plan) -> dict[str, SubsidyProgramme]:
    """The programmes that only the file names, by name; they come without a rate."""
    fresh: dict[str, SubsidyProgramme] = {}
    codes = {programme.code for programme in programmes_of(deed.facility.id)}
    for name in plan.new_programmes:
        number = len(codes) + 1
        while f"P{number}" in codes:
            number += 1
        codes.add(f"P{number}")
        fresh[name] = add_programme(
            _named_only(f"P{number}", name, plan),
            facility_id=deed.facility.id,
            actor=deed.actor,
            now=deed.now,
        )
    return fresh


def _named_only(code: str, name: str, plan: Plan) -> ProgrammeFacts:
    """A programme of which a file tells the name alone."""
    tenancies = [row.row.tenancy for row in plan.rows if row.row.tenancy]
    starts = [tenancy.starts_on for tenancy in tenancies if name in tenancy.programmes]
    to_do = say("To be completed: the rent roll gave its name only.")
    return ProgrammeFacts(
        code=code,
        name=name,
        method=Method.FIXED,
        steps=(Step(0, 0),),
        valid_from=min(starts),
        conditions=i18n.translate(to_do, "ja"),
    )


def _floors(deed: Deed, plan: Plan) -> dict[str, Floor]:
    return {
        name: spaces.floor_at(deed.facility, name, actor=deed.actor, now=deed.now)
        for name in dict.fromkeys(row.row.floor for row in plan.rows)
    }


def _unit(deed: Deed, plan: RowPlan, floors: Mapping[str, Floor]) -> Unit:
    """The unit of a row, new or changed, and out of service if there are works."""
    row = plan.row
    if plan.unit_id is None:
        facts = spaces.UnitFacts(
            code=row.unit,
            floor=row.floor,
            kind=row.kind,
            area=row.area,
            list_rent=row.rent,
            common_fee=row.common_fee,
            note=row.note,
        )
        unit = spaces.add_unit(
            deed.facility, facts, actor=deed.actor, now=deed.now, floor=floors[row.floor]
        )
    else:
        unit = places.unit_of(deed.facility.id, plan.unit_id)
        changes = {name: value for name, value in plan.changes.items() if name != "floor"}
        if "floor" in plan.changes:
            changes |= {"floor_id": floors[row.floor].id, "plan_x": None}
        spaces.edit_unit(unit, changes, actor=deed.actor, now=deed.now)
    if row.standing is Standing.WORKS and plan.stops:
        outage = spaces.Outage(deed.today, reason=row.note)
        spaces.start_outage(unit, outage, actor=deed.actor, now=deed.now)
    return unit


def _venture(
    deed: Deed, row: RowPlan, tenancy: Tenancy, known: dict[str, Organisation], present: Present
) -> Organisation:
    """The tenant of a row: one that is there, one named further up in the file, or a new one."""
    key = name_key(tenancy.name)
    if key not in known:
        there = present.venture_of(tenancy)
        known[key] = (
            organisations.venture_of(deed.facility.id, there.id)
            if there
            else _new_venture(deed, tenancy)
        )
    venture = known[key]
    missing = {k.value: v for k, v in row.fills.items() if not getattr(venture, k)}
    edit_venture(venture, missing, actor=deed.actor, now=deed.now, today=deed.today)
    return venture


def _new_venture(deed: Deed, tenancy: Tenancy) -> Organisation:
    facts = VentureFacts(
        name=tenancy.name,
        corporate_number=tenancy.corporate_number,
        representative=tenancy.representative,
        email=tenancy.email,
        founded_on=tenancy.founded_on,
    )
    return add_venture(
        facts,
        facility_id=deed.facility.id,
        actor=deed.actor,
        now=deed.now,
        today=deed.today,
        stage=Stage.TENANT,
    )
