"""The audit trail: all of it for the system, a facility's own for its administrators."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from incubator.core import audit, clock
from incubator.core.access import Can
from incubator.core.audit import AuditEntry, Search
from incubator.core.days import ONE_DAY, midnight
from incubator.core.i18n import Message, say
from incubator.spaces import queries as spaces
from incubator.web.filters import area, day, number, share, t, when
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
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d")
DAY = re.compile(r"\d{4}-\d\d-\d\d")


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
    deed: str
    since: str
    until: str
    facility: str = ""

    @property
    def anything(self) -> bool:
        """Whether the list is narrowed at all."""
        return any((self.person, self.deed, self.since, self.until, self.facility))


@pages.get("/system/audit", endpoint="audit")
@of_system(Can.VIEW_AUDIT)
def whole_record(_here: Desk) -> ResponseReturnValue:
    """Show the record of the whole installation."""
    facilities = spaces.facilities()
    asked = _asked()
    narrowed = next((each.id for each in facilities if each.code == asked.facility), None)
    return _show(asked, narrowed, clock.HOME_ZONE, facilities=facilities)


@pages.get("/f/<code>/audit")
@at_facility(Can.VIEW_AUDIT)
def facility_audit(here: Here) -> ResponseReturnValue:
    """Show the record of one facility."""
    return _show(_asked(), here.facility.id, here.facility.zone, here=here)


def _asked() -> Asked:
    get = request.args.get
    return Asked(
        *(get(name, "").strip() for name in ("person", "deed", "since", "until", "facility"))
    )


def _show(asked: Asked, facility_id: int | None, zone: str, **values: Any) -> str:
    page, since, until = page_asked(), day_asked("since"), day_asked("until")
    search = Search(
        facility_id,
        asked.person,
        asked.deed,
        midnight(since, zone) if since else None,
        midnight(until + ONE_DAY, zone) if until else None,
    )
    found, total = audit.entries(search, page, PER_PAGE)
    return render_template(
        "system/audit.html",
        lines=[_line(entry, zone) for entry in found],
        total=total,
        page=page,
        per_page=PER_PAGE,
        asked=asked,
        zone=zone,
        deeds=sorted(((deed, t(words)) for deed, words in DEEDS.items()), key=itemgetter(1)),
        names={each.id: each.name for each in values.get("facilities", ())},
        **values,
    )


def _line(entry: AuditEntry, zone: str) -> Line:
    changes = tuple(_changes(entry, zone))
    return Line(entry, deed_label(entry.deed), subject_label(entry.subject_kind), changes)


def _changes(entry: AuditEntry, zone: str) -> Iterator[Change]:
    before, after = entry.before or {}, entry.after or {}
    for name in dict.fromkeys((*before, *after)):
        if not shown(name):
            continue
        old, new = before.get(name), after.get(name)
        if old != new:
            yield Change(fact_label(name), _short(name, old, zone), _short(name, new, zone))


def shown(name: str) -> bool:
    """Confidential words stay where they are, and a record number tells nobody anything."""
    return name in FACTS or not (name.endswith("_id") or any(word in name for word in PRIVATE))


def _short(name: str, value: object, zone: str) -> str:
    """The value as people write it: a moment on the wall of the house, a day, a number, words."""
    if isinstance(value, int):
        return _figure(name, value)
    if isinstance(value, Mapping):
        parts = ((t(fact_label(each)), _short(name, part, zone)) for each, part in value.items())
        return ", ".join(f"{label}: {part}" for label, part in parts)
    if isinstance(value, list):
        return " · ".join(_short(name, part, zone) for part in value)
    text = "" if value is None else str(value)
    if MOMENT.fullmatch(text):
        return when(datetime.fromisoformat(text), zone, "table").striptags()
    if DAY.fullmatch(text):
        return day(date.fromisoformat(text), "table").striptags()
    text = str(t(value_label(name, text)))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _figure(name: str, value: int) -> str:
    if isinstance(value, bool):
        return str(t(say("Yes") if value else say("No")))
    match name:
        case "area" | "area_cap":
            return area(value)
        case "tax_bp" | "late_rate_bp":
            return share(value)
        case "weekday":
            return str(t(WEEKDAYS[value]))
        case "fiscal_year":
            return str(value)
        case _:
            return number(value)
