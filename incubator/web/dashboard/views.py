"""The facility at a glance: dashboard and rent roll."""

from datetime import date
from fractions import Fraction
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.queries import overdue_organisations
from incubator.core.access import Can
from incubator.core.days import ONE_DAY, Stretch
from incubator.core.i18n import MONTHS, Message, format_day, say
from incubator.core.money import as_decimal, in_whole
from incubator.core.sheets import Cell
from incubator.leases.rules import Asked, agreed_price
from incubator.reports import dashboard, rent_roll
from incubator.reports.dashboard import MonthOfMoney, MonthOfUnits
from incubator.reports.rent_roll import RollRow, Sort
from incubator.spaces.models import Floor, Unit
from incubator.spaces.rules import plan
from incubator.spaces.rules.occupancy import basis_points
from incubator.spaces.rules.states import UnitState
from incubator.web.answers import table_file
from incubator.web.filters import language, name_of, share
from incubator.web.forms import day_asked
from incubator.web.guard import Here, at_facility
from incubator.web.pictures import short_name
from incubator.web.waiting import Shown, waiting_here

pages = Blueprint("dashboard", __name__)
SHORT_ROLL = 12


@pages.context_processor
def _words() -> dict[str, Any]:
    """What the templates of these pages need beside their data."""
    return {
        "one_day": ONE_DAY,
        "percent": _percent,
        "month_names": lambda months: [_month_name(each.month) for each in months],
        "parts": lambda sums: [(each.collected, each.billed - each.collected) for each in sums],
    }


def _percent(part: Fraction | None) -> str:
    bp = basis_points(part)
    return "–" if bp is None else share(bp)


def _month_name(month: date) -> str:
    return f"{month.month}月" if language() == "ja" else MONTHS[month.month - 1]


@pages.get("/f/<code>/")
@at_facility(Can.VIEW_DASHBOARD)
def show(here: Here) -> ResponseReturnValue:
    """How the facility stands on a day."""
    day = day_asked() or here.today
    rows = rent_roll.rent_roll(here.facility, day, here.today)
    money = here.may(Can.VIEW_BILLING)
    stock = dashboard.stock_of_year(here.facility.id, [row.row.unit for row in rows], day)
    ending = dashboard.ending_leases(here.facility.id, day)
    months = dashboard.units_by_month(stock, day)
    sums = dashboard.money_by_month(here.facility, day) if money else []
    floors = _floors(rows)
    unit = next((row for row in rows if row.row.unit.code == request.args.get("unit")), None)
    shown = _shown(floors, unit)
    on_it = [row for row in rows if shown and row.row.unit.floor_id == shown.id]
    return render_template(
        "dashboard/show.html",
        here=here,
        day=day,
        **_since(here, day),
        money=money,
        waiting=_waiting(here),
        floors=floors,
        shown=shown,
        rooms=[_room(here, day, row, money=money) for row in on_it],
        voids=[_corridor()],
        unit=unit,
        use=dashboard.use_between(stock, Stretch(day, day + ONE_DAY)),
        counts=_counts(rows),
        months=months,
        takeaway=_takeaway(months),
        sums=sums,
        money_takeaway=_money_takeaway(sums),
        ending=[each for each in ending if each.soon(day)],
        to_announce=[(each.lease, found) for each in ending if (found := each.to_announce(day))],
        late=overdue_organisations(here.facility.id, here.today) if money else {},
        roll=[row for row in rent_roll.sort_roll(rows, Sort.ENDS) if row.is_let and row.row.lease][
            :SHORT_ROLL
        ],
    )


def _since(here: Here, day: date) -> dict[str, Any]:
    """The day that links keep when it is another one; what is owed is always so today."""
    if day == here.today:
        return {"other_day": None, "overdue": say("Overdue")}
    return {"other_day": day.isoformat(), "overdue": say("Overdue today")}


def _waiting(here: Here) -> list[Shown]:
    """What somebody who may decide has to decide on."""
    may = here.may(Can.APPROVE_MONEY)
    return waiting_here(here) if may else []


def _counts(rows: list[RollRow]) -> dict[str, int]:
    counts = {state.value: 0 for state in UnitState}
    for row in rows:
        counts[row.row.state.value] += 1
    return counts


def _floors(rows: list[RollRow]) -> list[Floor]:
    """The floors that have units, from below."""
    found = {row.row.unit.floor_id: row.row.unit.floor for row in rows}
    return sorted(found.values(), key=lambda floor: floor.level)


def _corridor() -> dict[str, Any]:
    box = plan.corridor()
    return {"x": box.x, "y": box.y, "w": box.w, "h": box.h, "label": say("Corridor")}


def _room(here: Here, day: date, row: RollRow, *, money: bool) -> dict[str, Any]:
    unit = row.row.unit
    since = _since(here, day)
    values = {"code": here.facility.code, "unit": unit.code, "day": since["other_day"]}
    return {
        "number": unit.code,
        "x": unit.plan_x or 0,
        "y": unit.plan_y or 0,
        "w": unit.plan_w or 80,
        "h": unit.plan_h or 80,
        "state": row.row.state.value,
        "tenant": name_of(row.row.lease.organisation) if row.row.lease else "",
        "short": _short(row),
        "area": unit.area,
        "note": _note(row),
        "flag": since["overdue"] if money and row.overdue else None,
        "href": url_for("dashboard.show", **values, _anchor="room-panel"),
        "panel": url_for("dashboard.panel", **values),
    }


def _short(row: RollRow) -> str:
    """Whose name stands on the plan: who is there, else who comes next."""
    lease = row.row.lease or row.row.following
    return short_name(name_of(lease.organisation)) if lease else ""


def _note(row: RollRow) -> Message | None:
    if row.row.state is UnitState.NOTICE and row.row.last_day:
        return say("Until %(day)s", day=_table_day(row.row.last_day))
    if row.row.state is UnitState.RESERVED and row.row.following:
        return say("From %(day)s", day=_table_day(row.row.following.starts_on))
    return None


def _table_day(value: date) -> str:
    return format_day(value, language(), "table")


def _shown(floors: list[Floor], unit: RollRow | None) -> Floor | None:
    """The floor asked for, else that of the unit that is open, else the first."""
    wanted = request.args.get("floor") or (unit.row.unit.floor.name if unit else "")
    found = (each for each in floors if each.name == wanted)
    return next(found, floors[0] if floors else None)


@pages.get("/f/<code>/units-panel")
@at_facility(Can.VIEW_DASHBOARD)
def panel(here: Here) -> ResponseReturnValue:
    """The panel of one unit, for the floor plan."""
    day = day_asked() or here.today
    unit = rent_roll.roll_row(here.facility, request.args.get("unit", ""), day, here.today)
    money = here.may(Can.VIEW_BILLING)
    since = _since(here, day)
    return render_template("dashboard/panel.html", here=here, unit=unit, money=money, **since)


def _takeaway(months: list[MonthOfUnits]) -> Message:
    first, last = dashboard.change(months)
    if last > first:
        return say("Let units rose from %(first)s to %(last)s.", first=first, last=last)
    if last < first:
        return say("Let units fell from %(first)s to %(last)s.", first=first, last=last)
    return say("Let units: %(last)s, as many as a year ago.", last=last)


def _money_takeaway(sums: list[MonthOfMoney]) -> Message | None:
    billed, collected = sum(each.billed for each in sums), sum(each.collected for each in sums)
    if not billed:
        return None
    part = collected * 100 // billed
    return say("%(share)s percent of twelve months' billing has come in.", share=min(part, 100))


@pages.get("/f/<code>/rent-roll", endpoint="rent_roll")
@at_facility(Can.VIEW_BILLING)
def rent_roll_page(here: Here) -> ResponseReturnValue:
    """Every unit with who holds it and what it brings."""
    day = day_asked() or here.today
    rows = rent_roll.rent_roll(here.facility, day, here.today)
    return render_template(
        "dashboard/rent_roll.html",
        here=here,
        day=day,
        **_since(here, day),
        rows=_wanted(rows),
        totals=rent_roll.totals(rows),
        sort=_sort().value,
        descending=_descending(),
        only=request.args.get("only", ""),
    )


def _wanted(rows: list[RollRow]) -> list[RollRow]:
    """The rows that are asked for, in the order asked for."""
    if request.args.get("only") == "let":
        rows = [row for row in rows if row.is_let]
    return rent_roll.sort_roll(rows, _sort(), descending=_descending(), lang=language())


def _descending() -> bool:
    return request.args.get("dir") == "desc"


def _sort() -> Sort:
    asked = request.args.get("sort", "")
    return Sort(asked) if asked in set(Sort) else Sort.UNIT


@pages.get("/f/<code>/rent-roll.<ext>")
@at_facility(Can.VIEW_BILLING)
def rent_roll_file(here: Here, ext: str) -> ResponseReturnValue:
    """The rent roll as a file that the import reads again."""
    if ext not in {"csv", "xlsx"}:
        abort(404)
    day = day_asked() or here.today
    rows = _wanted(rent_roll.rent_roll(here.facility, day, here.today))
    name = f"rent-roll-{here.facility.code}-{day}.{ext}"
    since = "" if day == here.today else f"（{here.today}現在）"
    header = [*HEADER[:-OWED], *(each + since for each in HEADER[-OWED:])]
    return table_file(name, header, [_cells(row, here.facility.currency) for row in rows])


HEADER = (
    "区画", "階", "種別", "面積", "月額賃料", "共益費", "状態", "入居企業", "法人番号", "代表者",
    "メール", "設立日", "契約開始", "契約終了", "敷金月数", "補助制度", "備考",
    "当月賃料", "当月共益費", "当月補助額", "未収額", "延滞額",
)  # fmt: skip
"""The columns of an office's rent roll, as the import reads them, whatever the page's language.

Those of the last line say what stands on the page; the import leaves them out.
"""
OWED = 2
"""How many of them, the last, are so today, whatever the day of the roll."""
NOT_LET = {UnitState.MAINTENANCE: "工事中", UnitState.RESERVED: "入居予定"}
KINDS = {
    "office": "オフィス",
    "wet_lab": "ウェットラボ",
    "dry_lab": "ドライラボ",
    "workshop": "試作開発室",
    "shared_desk": "シェアードデスク",
    "storage": "倉庫",
    "parking": "駐車場",
}


def _list_rent(unit: Unit) -> int | None:
    return agreed_price(Asked(unit.area, unit.list_rent, unit.unit_price))[0] or None


def _cells(row: RollRow, currency: str) -> list[Cell]:
    def money(amount: int) -> Cell:
        return as_decimal(amount, currency)

    unit, lease = row.row.unit, row.row.lease
    rent = _list_rent(unit)
    left: list[Cell] = [unit.code, unit.floor.name, KINDS[unit.kind.value], in_whole(unit.area)]
    left += [None if rent is None else money(rent), money(unit.common_fee)]
    if lease is None or not row.is_let:
        state = NOT_LET.get(row.row.state, "空室")
        return [*left, state, *[None] * 9, unit.note, *[None] * 5]
    venture = lease.organisation
    return [
        *left,
        "入居中",
        venture.name,
        venture.corporate_number,
        venture.representative,
        venture.email,
        venture.founded_on,
        lease.starts_on,
        lease.ends_on - ONE_DAY,
        lease.deposit_months,
        "、".join(each.programme.name for each in lease.subsidies),
        unit.note,
        *map(money, (row.rent, row.common_fee, row.subsidy, row.open, row.overdue)),
    ]
