"""The audit trail: all of it for the system, a facility's own for its administrators."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template, request
from flask.typing import ResponseReturnValue

from incubator.core import audit, clock
from incubator.core.access import Can
from incubator.core.audit import AuditEntry, Search
from incubator.core.days import ONE_DAY, midnight
from incubator.core.i18n import Message, say
from incubator.core.sheets import Cell
from incubator.organisations import queries as organisations
from incubator.spaces import queries as spaces
from incubator.spaces.models import Facility
from incubator.web.answers import table_file
from incubator.web.filters import (
    area,
    day,
    doer,
    minutes_clock,
    money,
    name_of,
    number,
    share,
    t,
    when,
)
from incubator.web.forms import WEEKDAYS, day_asked, page_asked
from incubator.web.guard import Desk, Here, at_facility, of_system
from incubator.web.system.blueprint import PER_PAGE, pages
from incubator.web.system.deeds import (
    DEEDS,
    FACTS,
    deed_label,
    fact_label,
    subject_label,
    value_label,
)

PRIVATE = ("note", "text", "body", "shared", "private", "password", "token", "hash", "comment")
LONGEST = 80
COLUMNS = (
    say("When"),
    say("Done by"),
    say("Deed"),
    say("Done to"),
    say("Facility"),
    say("Venture"),
    say("Before"),
    say("After"),
)
MONEY = frozenset(
    {
        "amount", "arrears", "budget_per_fy", "capital", "common_fee", "credit", "deposit",
        "fee", "funds_raised", "fy_cap", "late_charges", "list_rent", "monthly_cap", "price",
        "price_per_step", "refund", "rent", "restoration", "rounding_unit", "sales", "sales_year",
        "set_off", "shortfall", "total", "total_cap", "unit_price",
    }
)  # fmt: skip
"""Facts that are sums in the currency of the facility."""
FIGURES: dict[str, Callable[[int], str]] = {
    "area": area,
    "area_cap": area,
    "close_minute": minutes_clock,
    "fiscal_year": str,
    "late_cancel_bp": share,
    "late_rate_bp": share,
    "open_minute": minutes_clock,
    "tax_bp": share,
    "weekday": lambda value: str(t(WEEKDAYS[value])),
}
"""How figures are written that are no mere numbers."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d")
DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Ways:
    """How a house writes what happens in it: by which clock, and in which currency."""

    zone: str
    currency: str = ""


@dataclass(frozen=True)
class Change:
    """What stood in one place before, and what stands there now."""

    name: Message | str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """One line of the record, in words."""

    entry: AuditEntry
    deed: Message | str
    subject: Message | str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Asked:
    """What the filters say, as it was typed."""

    person: str
    venture: str
    deed: str
    since: str
    until: str
    facility: str

    @property
    def anything(self) -> bool:
        """Whether the list is narrowed at all."""
        return any(astuple(self))


@pages.get("/system/audit", endpoint="audit")
@of_system(Can.VIEW_AUDIT)
def whole_record(_here: Desk) -> ResponseReturnValue:
    """Show the record of the whole installation."""
    facilities = spaces.facilities()
    return _show(_narrowed(facilities), clock.HOME_ZONE, facilities=facilities)


@pages.get("/system/audit.csv", endpoint="audit_file")
@of_system(Can.VIEW_AUDIT)
def whole_record_file(here: Desk) -> ResponseReturnValue:
    """The same as a file."""
    search = _narrowed(spaces.facilities())
    return _file(f"audit-{here.today}.csv", search, clock.HOME_ZONE)


@pages.get("/f/<code>/audit")
@at_facility(Can.VIEW_AUDIT)
def facility_audit(here: Here) -> ResponseReturnValue:
    """Show the record of one facility."""
    zone = here.facility.zone
    return _show(_search(_asked(), here.facility.id, zone), zone, here=here)


@pages.get("/f/<code>/audit.csv")
@at_facility(Can.VIEW_AUDIT)
def facility_audit_file(here: Here) -> ResponseReturnValue:
    """The same as a file."""
    zone = here.facility.zone
    search = _search(_asked(), here.facility.id, zone)
    return _file(f"audit-{here.facility.code}-{here.today}.csv", search, zone)


def _asked() -> Asked:
    return Asked(*(request.args.get(each.name, "").strip() for each in fields(Asked)))


def _narrowed(facilities: Iterable[Facility]) -> Search:
    asked = _asked()
    facility_id = next((each.id for each in facilities if each.code == asked.facility), None)
    return _search(asked, facility_id, clock.HOME_ZONE)


def _search(asked: Asked, facility_id: int | None, zone: str) -> Search:
    since, until = day_asked("since"), day_asked("until")
    return Search(
        facility_id,
        asked.person,
        asked.deed,
        midnight(since, zone) if since else None,
        midnight(until + ONE_DAY, zone) if until else None,
        organisations.called(asked.venture) if asked.venture else None,
    )


def _show(search: Search, zone: str, **values: Any) -> str:
    page, asked = page_asked(), _asked()
    places = values.get("facilities") or [values["here"].facility]
    ways = _ways(places, zone)
    found, total = audit.entries(search, page, PER_PAGE)
    return render_template(
        "system/audit.html",
        lines=[_line(entry, ways(entry)) for entry in found],
        ventures=_ventures(found),
        total=total,
        page=page,
        per_page=PER_PAGE,
        asked=asked,
        zone=zone,
        deeds=sorted(((deed, t(words)) for deed, words in DEEDS.items()), key=itemgetter(1)),
        names={each.id: each.name for each in values.get("facilities", ())},
        **values,
    )


def _ventures(found: Iterable[AuditEntry]) -> dict[int, str]:
    """What the companies are called that these lines are about."""
    ids = {each.organisation_id for each in found if each.organisation_id}
    return {at: name_of(each) for at, each in organisations.by_id(ids).items()}


def _file(name: str, search: Search, zone: str) -> ResponseReturnValue:
    return table_file(name, COLUMNS, _rows(search, zone))


def _rows(search: Search, zone: str) -> Iterator[Sequence[Cell]]:
    facilities = spaces.facilities()
    places, ways = {each.id: name_of(each) for each in facilities}, _ways(facilities, zone)
    ventures = {at: name_of(each) for at, each in organisations.by_id().items()}
    for entry in audit.every_entry(search):
        line = _line(entry, ways(entry))
        yield (
            entry.at.astimezone(ZoneInfo(zone)).isoformat(" ", "seconds"),
            str(doer(entry)),
            str(t(line.deed)),
            str(t(line.subject)),
            places.get(entry.facility_id or 0, ""),
            ventures.get(entry.organisation_id or 0, ""),
            "\n".join(f"{t(each.name)}: {each.before}" for each in line.changes if each.before),
            "\n".join(f"{t(each.name)}: {each.after}" for each in line.changes if each.after),
        )


def _ways(facilities: Iterable[Facility], zone: str) -> Callable[[AuditEntry], Ways]:
    """How each of the lines is written, on one clock for all."""
    coins = {each.id: each.currency for each in facilities}
    return lambda entry: Ways(zone, coins.get(entry.facility_id or 0, ""))


def _line(entry: AuditEntry, ways: Ways) -> Line:
    changes = tuple(_changes(entry, ways))
    return Line(entry, deed_label(entry.deed), subject_label(entry.subject_kind), changes)


def _changes(entry: AuditEntry, ways: Ways) -> Iterator[Change]:
    before, after = entry.before or {}, entry.after or {}
    for name in dict.fromkeys((*before, *after)):
        if not shown(name):
            continue
        old, new = before.get(name), after.get(name)
        if old != new:
            yield Change(fact_label(name), _short(name, old, ways), _short(name, new, ways))


def shown(name: str) -> bool:
    """Confidential words stay where they are, and a record number tells nobody anything."""
    return name in FACTS or not (name.endswith("_id") or any(word in name for word in PRIVATE))


def _short(name: str, value: object, ways: Ways) -> str:
    """The value as people write it: a moment on the wall of the house, a day, a number, words."""
    if name == "closed_weekdays":
        name, value = "weekday", [int(digit) for digit in str(value or "")]
    if isinstance(value, int):
        known = name in MONEY and ways.currency
        return money(value, ways.currency) if known else _figure(name, value)
    if isinstance(value, Mapping):
        parts = ((t(fact_label(each)), _short(name, part, ways)) for each, part in value.items())
        return ", ".join(f"{label}: {part}" for label, part in parts)
    if isinstance(value, list):
        return " · ".join(_short(name, part, ways) for part in value)
    text = "" if value is None else str(value)
    if MOMENT.fullmatch(text):
        return when(datetime.fromisoformat(text), ways.zone, "table").striptags()
    if DAY.fullmatch(text):
        return day(date.fromisoformat(text), "table").striptags()
    text = str(t(value_label(name, text)))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _figure(name: str, value: int) -> str:
    if isinstance(value, bool):
        return str(t(say("Yes") if value else say("No")))
    return FIGURES.get(name, number)(value)
