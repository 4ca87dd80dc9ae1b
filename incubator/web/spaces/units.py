"""The units of a facility: list, page, edit, outages."""

from collections import Counter
from decimal import Decimal
from functools import partial

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.core.access import Can
from incubator.core.days import FOREVER, Stretch
from incubator.core.db import transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, Name, say
from incubator.core.money import as_decimal, in_whole
from incubator.core.sheets import Cell
from incubator.leases import actions as leases
from incubator.leases.models import Lease
from incubator.leases.queries import is_unused
from incubator.organisations.rules import kana_key
from incubator.reports.units import UnitRow, held_in, history_of, unit_on, units_on
from incubator.spaces import actions, queries
from incubator.spaces.models import Facility, Unit, UnitKind
from incubator.spaces.rules.states import UnitState
from incubator.web.answers import ALREADY, lead_on, table_file
from incubator.web.filters import t
from incubator.web.forms import on_page, page_asked
from incubator.web.guard import Here, at_facility
from incubator.web.meant import as_meant, unless_gone
from incubator.web.spaces.blueprint import pages
from incubator.web.spaces.forms import EndOutageForm, OutageForm, UnitForm

ANY, PER_PAGE = "", 30
SORTS = {
    "code": lambda row: (row.unit.floor.level, row.unit.code),
    "area": lambda row: row.unit.area,
    "rent": lambda row: full_rent(row.unit),
    "state": lambda row: list(UnitState).index(row.state),
    "ends": lambda row: row.last_day.isoformat() if row.last_day else "9",
}


def full_rent(unit: Unit) -> int:
    """The monthly rent by list, or by area where there is no list price (BR-R01)."""
    if unit.list_rent is not None:
        return unit.list_rent
    return unit.area * (unit.unit_price or 0) // 100


def shown(here: Here) -> list[UnitRow]:
    """The units that the query of this page asks for, sorted."""
    kind, state = request.args.get("kind", ANY), request.args.get("state", ANY)
    rows = units_on(here.facility.id, here.today)
    if kind in set(UnitKind):
        rows = [row for row in rows if row.unit.kind == kind]
    if state in set(UnitState):
        rows = [row for row in rows if row.state == state]
    if words := kana_key(request.args.get("q", "")).casefold():
        rows = [row for row in rows if _says(row, words)]
    key = SORTS.get(request.args.get("sort", "code"), SORTS["code"])
    return sorted(rows, key=key, reverse=request.args.get("dir") == "desc")


def _says(row: UnitRow, words: str) -> bool:
    """Whether the unit, or who is or will be in it, is called so."""
    who = [each.organisation for each in (row.lease, row.following) if each]
    names = [name for each in who for name in (each.name, each.name_en, each.name_kana)]
    return any(words in kana_key(text).casefold() for text in (row.unit.code, *names))


@pages.get("/f/<code>/units")
@at_facility(Can.VIEW_FACILITY)
def units(here: Here) -> ResponseReturnValue:
    """List the units with their states."""
    rows, page = shown(here), page_asked()
    return render_template(
        "spaces/units.html",
        here=here,
        rows=rows,
        on_page=on_page(rows, page, PER_PAGE),
        page=page,
        per_page=PER_PAGE,
        counts=Counter(row.state for row in rows),
        area=sum(row.unit.area for row in rows),
        full_rent=full_rent,
        rent=sum(full_rent(row.unit) for row in rows),
        sort=request.args.get("sort", "code"),
        descending=request.args.get("dir") == "desc",
        kinds=[(ANY, say("All")), *((kind.value, kind.label) for kind in UnitKind)],
        states=[(ANY, say("All")), *((state.value, state.label) for state in UnitState)],
        may_edit=here.may(Can.EDIT_FACILITY),
    )


@pages.get("/f/<code>/units.csv")
@at_facility(Can.VIEW_FACILITY)
def units_file(here: Here) -> ResponseReturnValue:
    """The units as they stand on the page, for a spreadsheet."""
    header = (
        say("Unit"), say("Floor"), say("Kind"), say("Area"), say("Monthly rent"),
        say("Common-area fee"), say("State"), say("Tenant"), say("Lease starts"), say("Lease ends"),
    )  # fmt: skip
    name = f"units-{here.facility.code}-{here.today}.csv"
    return table_file(name, header, (_cells(row, here.facility) for row in shown(here)))


def _cells(row: UnitRow, facility: Facility) -> list[Cell]:
    unit, lease = row.unit, row.lease

    def money(amount: int) -> Decimal:
        return as_decimal(amount, facility.currency)

    return [
        unit.code,
        unit.floor.name,
        str(t(unit.kind)),
        in_whole(unit.area),
        money(full_rent(unit)),
        money(unit.common_fee),
        str(t(row.state)),
        lease.organisation.name if lease else "",
        lease.starts_on if lease else None,
        lease.days.last if lease else None,
    ]


def show_unit(
    here: Here, unit: Unit, outage: OutageForm | None = None, end: EndOutageForm | None = None
) -> str:
    """The page of a unit."""
    may_edit = here.may(Can.EDIT_FACILITY)
    return render_template(
        "spaces/unit.html",
        here=here,
        unit=unit,
        row=unit_on(unit, here.today),
        full_rent=full_rent(unit),
        leases=history_of(unit.id),
        outages=queries.outages_of(unit.id),
        form=outage or end,
        outage_form=outage or OutageForm(from_day=here.today, formdata=None),
        end_form=end or EndOutageForm(until=here.today, formdata=None),
        may_edit=may_edit,
        may_remove=may_edit and is_unused(unit.id),
        may_quote=here.may(Can.DRAFT_LEASES),
    )


@pages.get("/f/<code>/units/<key:unit_id>")
@at_facility(Can.VIEW_FACILITY)
def unit(here: Here, unit_id: int) -> ResponseReturnValue:
    """Show a unit: its state, leases and outages."""
    return show_unit(here, queries.unit_of(here.facility.id, unit_id))


@pages.route("/f/<code>/units/new", methods=["GET", "POST"])
@at_facility(Can.EDIT_FACILITY)
def add_unit(here: Here) -> ResponseReturnValue:
    """Add a unit."""
    form = UnitForm()
    if form.validate_on_submit():
        with form.refusing(code=_twin):
            with transaction():
                made = actions.add_unit(
                    here.facility,
                    actions.UnitFacts(**form.facts()),
                    actor=here.actor,
                    now=here.now,
                )
                actions.draw_floors(here.facility.id)
                unit_id = made.id
            return lead_on(
                say("The unit was added."),
                url_for(".unit", code=here.facility.code, unit_id=unit_id),
            )
    return _edited(here, form)


@pages.route("/f/<code>/units/<key:unit_id>/edit", methods=["GET", "POST"])
@at_facility(Can.EDIT_FACILITY)
def edit_unit(here: Here, unit_id: int) -> ResponseReturnValue:
    """Change a unit."""
    found = queries.unit_of(here.facility.id, unit_id)
    form = UnitForm(obj=found, data={"floor": found.floor.name, "kind": found.kind.value})
    form.floor.data = form.floor.data if form.is_submitted() else found.floor.name
    if form.validate_on_submit():
        with form.refusing(code=_twin):
            with transaction():
                _edit(here, unit_id, form)
            return lead_on(
                say("Saved."), url_for(".unit", code=here.facility.code, unit_id=unit_id)
            )
        found = queries.unit_of(here.facility.id, unit_id)
    return _edited(here, form, found)


def _edited(here: Here, form: UnitForm, unit: Unit | None = None) -> ResponseReturnValue:
    floors = queries.floors_of(here.facility.id)
    page = render_template("spaces/edit_unit.html", here=here, form=form, unit=unit, floors=floors)
    return page, form.status


def _twin() -> RuleBroken:
    return RuleBroken(say("There is a unit with this code already."), "code")


def _edit(here: Here, unit_id: int, form: UnitForm) -> None:
    floor = actions.floor_at(here.facility, form.floor.data or "", actor=here.actor, now=here.now)
    unit = queries.unit_of(here.facility.id, unit_id)
    moved = {"plan_x": None} if unit.floor_id != floor.id else {}
    actions.edit_unit(unit, form.facts(floor) | moved, actor=here.actor, now=here.now)
    actions.draw_floors(here.facility.id)


@pages.get("/f/<code>/units/<key:unit_id>/remove")
@at_facility(Can.EDIT_FACILITY)
def ask_to_remove(here: Here, unit_id: int) -> ResponseReturnValue:
    """Ask whether a unit really was a mistake."""
    unit = queries.unit_of(here.facility.id, unit_id)
    return render_template("spaces/remove_unit.html", here=here, unit=unit)


@pages.post("/f/<code>/units/<key:unit_id>/remove")
@at_facility(Can.EDIT_FACILITY)
def remove_unit(here: Here, unit_id: int) -> ResponseReturnValue:
    """Remove a unit that was a mistake."""
    told, find = ALREADY, partial(queries.unit_of, here.facility.id, unit_id)
    with transaction():
        unit = unless_gone(find, "unit.removed", (Unit, unit_id), here.facility.id)
        if unit is not None:
            told = say("Unit %(code)s was removed.", code=unit.code)
            leases.remove_unit(unit, actor=here.actor, now=here.now)
    return lead_on(told, url_for(".units", code=here.facility.code))


@pages.post("/f/<code>/units/<key:unit_id>/outages")
@at_facility(Can.EDIT_FACILITY)
def start_outage(here: Here, unit_id: int) -> ResponseReturnValue:
    """Take a unit out of service."""
    form = OutageForm()
    if form.validate():
        with form.refusing(no_two_outages=_out_already):
            with transaction():
                unit = queries.unit_of(here.facility.id, unit_id)
                outage = actions.Outage(
                    form.from_day.data, form.until_day.data, form.reason.data or ""
                )
                actions.start_outage(unit, outage, actor=here.actor, now=here.now)
            said, kind = say("The unit is out of service on these days."), "success"
            days = Stretch(outage.from_day, outage.until_day or FOREVER)
            if held := held_in(unit_id, days):
                said, kind = _held_besides(held[-1]), "warning"
            return lead_on(said, url_for(".unit", code=here.facility.code, unit_id=unit_id), kind)
    unit = queries.unit_of(here.facility.id, unit_id)
    return show_unit(here, unit, outage=form), form.status


def _held_besides(lease: Lease) -> Message:
    """What is said where a unit is let or offered on the days on which it is out of service."""
    return say(
        "The unit is out of service on these days. The lease %(lease)s of %(venture)s stays as it"
        " is on them: rent is billed, and they count neither as let nor as vacant.",
        lease=lease.number,
        venture=Name.of(lease.organisation),
    )


def _out_already() -> RuleBroken:
    return RuleBroken(say("The unit is out of service on some of these days already."), "from_day")


@pages.post("/f/<code>/units/<key:unit_id>/outages/<key:outage_id>/end")
@at_facility(Can.EDIT_FACILITY)
def end_outage(here: Here, unit_id: int, outage_id: int) -> ResponseReturnValue:
    """Put a unit back into service."""
    form = EndOutageForm()
    if form.validate():
        with transaction():
            unit = queries.unit_of(here.facility.id, unit_id)
            outage = as_meant(queries.outage_of(here.facility.id, outage_id))
            actions.end_outage(unit, outage, form.until.data, actor=here.actor, now=here.now)
        return lead_on(
            say("The unit can be let again."),
            url_for(".unit", code=here.facility.code, unit_id=unit_id),
        )
    return show_unit(here, queries.unit_of(here.facility.id, unit_id), end=form), 422
