"""Honest forms with somebody else's numbers in them: nothing foreign is shown, touched or tied.

Every form that a role is offered is sent again and again, each time with one value (or one value of
its address) that names a record of another venture or of another facility.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask, url_for
from sqlalchemy import Table
from werkzeug.datastructures import MultiDict

from incubator.billing.models import Invoice
from incubator.core.access import Role
from incubator.core.db import Entity, db
from incubator.spaces.models import Unit
from tests.crawl import Found, extra_forms, forms_of, person_of, send
from tests.databases import SELDOM
from tests.factories.universe import Side, Universe
from tests.sweep import TROUBLE, committed, text_of, undone

KEY = re.compile(r"[0-9a-hj-km-np-tv-z]{13}")
NUMBER = re.compile(r"[0-9]{1,6}")
ADDED = ("organisation_id", "facility_id", "venture_id", "person_id", "id", "room_id", "lease_id")
"""Names nobody asks for, sent along in case somebody listens."""

KINDS = ("venture_id", "room_id", "person_id", "programme_id", "invoice_id", "booking_id")
FAULT = 500
Row = tuple[str, int]


@dataclass(frozen=True)
class Stranger:
    """What belongs to others: how it may be named, which rows it is, and words only it holds."""

    keys: tuple[str, ...]
    numbers: tuple[str, ...]
    units: tuple[str, ...]
    rooms: tuple[str, ...]
    invoices: tuple[str, ...]
    rows: frozenset[Row]
    words: tuple[str, ...]


def stranger_of(app: Flask, sides: list[Side], *, with_place: bool) -> Stranger:
    """All that a visitor has nothing to do with."""
    rows = foreign_rows(sides, with_place=with_place)
    ids = [side.records[kind] for side in sides for kind in KINDS]
    with app.test_request_context():
        keys = [url_for("home.venture", venture_id=each).split("/")[2] for each in ids]
    units = [db.session.get_one(Unit, side.records["own_unit_id"]).code for side in sides]
    invoices = [db.session.get_one(Invoice, side.records["invoice_id"]).number for side in sides]
    return Stranger(
        tuple(dict.fromkeys(keys)),
        tuple(dict.fromkeys(str(each) for each in ids)),
        tuple(units),
        tuple(f"room:{side.place.room.code}" for side in sides) if with_place else (),
        tuple(invoices),
        frozenset(rows),
        tuple(f"ZQ{side.sign}x" for side in sides) + (("ZQF2x",) if with_place else ()),
    )


def tables() -> list[Table]:
    return [table for table in Entity.metadata.sorted_tables if "id" in table.columns]


def foreign_rows(sides: list[Side], *, with_place: bool) -> set[Row]:
    """Every row that belongs to these ventures or houses, and all that hangs on one of them."""
    rows = {("organisation", side.venture_id) for side in sides}
    rows |= {("person", person.id) for side in sides for person in side.people.values()}
    if with_place:
        places = [side.place for side in sides if side.sign == "C"]
        rows |= {("facility", place.facility_id) for place in places}
        rows |= {("person", each.id) for place in places for each in place.staff.values()}
    for table in tables():
        for row in db.session.execute(table.select()).mappings():
            if any(ref in rows for ref in references(table, row)):
                rows.add((table.name, row["id"]))
    return rows


def references(table: Table, row: Any) -> Iterator[Row]:
    for key in table.foreign_keys:
        if row[key.parent.name] is not None and not key.parent.name.endswith("_by_id"):
            yield key.column.table.name, row[key.parent.name]


def everything() -> dict[Row, Any]:
    """The whole database, row by row."""
    return {
        (table.name, row["id"]): dict(row)
        for table in tables()
        for row in db.session.execute(table.select()).mappings()
    }


def touched(before: dict[Row, Any], foreign: frozenset[Row]) -> list[str]:
    """Foreign rows that changed, and changed or new rows that are tied to foreign ones."""
    after = everything()
    by_name = {table.name: table for table in tables()}
    return [
        f"{name} {number}"
        for (name, number) in {*before, *after}
        if (row := after.get((name, number))) != before.get((name, number))
        and (
            (name, number) in foreign
            or (row and any(ref in foreign for ref in references(by_name[name], row)))
        )
    ]


def swaps(name: str, value: str, strange: Stranger) -> tuple[str, ...]:
    """Foreign things of the same look."""
    looks_like_a_key = KEY.fullmatch(value) or (name in KEYED and not value)
    looks_like_a_number = NUMBER.fullmatch(value) or not value
    found: tuple[str, ...] = ()
    if name == "unit":
        found = strange.units
    elif name.startswith("invoice"):
        found = (*strange.invoices, *strange.keys)
    elif value.startswith("room:"):
        found = strange.rooms
    elif looks_like_a_key:
        found = strange.keys
    if looks_like_a_number and name.startswith(("programme", "venture", "floor")):
        found += strange.numbers
    return found


KEYED = {"venture", "room", "guests", "manager", "person"}
Attempt = tuple[str, str, MultiDict[str, Any]]


def attempts(form: Found, strange: Stranger) -> Iterator[Attempt]:
    """What is strange, where it is sent, and the data."""
    for each in form.inputs:
        if each.name in {"csrf_token", "once_key"} or each.is_free:
            continue
        for value in swaps(each.name, each.value, strange):
            yield f"{each.name}={value}", form.path, form.changed(each.name, value)
            mixed = form.changed(each.name, [each.value, value])
            yield f"{each.name}={each.value}+{value}", form.path, mixed
    yield from _in_the_address(form, strange)
    for number in strange.numbers[:2]:
        data = form.data
        for name in set(ADDED) - set(data):
            data[name] = number
        yield f"added {number}", form.path, data


def _in_the_address(form: Found, strange: Stranger) -> Iterator[Attempt]:
    parts = urlsplit(form.path)
    asked = dict(parse_qsl(parts.query))
    for name, value in asked.items():
        for other in swaps(name, value, strange):
            query = urlencode(asked | {name: other})
            yield f"?{name}={other}", parts._replace(query=query).geturl(), form.data


WHO = [Role.OWNER, Role.CLERK]
OTHERS = [Role.MEMBER, Role.FACILITY_ADMIN, Role.MANAGER]


@pytest.mark.parametrize(
    "role", [*WHO, *(pytest.param(each, marks=SELDOM) for each in OTHERS)], ids=str
)
def test_no_form_reaches_what_belongs_to_others(
    app: Flask,
    universe: Universe,
    role: Role,
):
    forms = [*forms_of(app, universe, universe.a, [role]), *extra_forms(app, universe.a, role)]
    token = universe.enter(person_of(universe, universe.a, role))
    db.session.commit()
    is_venture = role in {Role.OWNER, Role.MEMBER}
    others = [universe.b, universe.c] if is_venture else [universe.c]
    strange = stranger_of(app, others, with_place=True)
    before, client, wrong, tried = everything(), app.test_client(), [], 0
    for form in forms:
        for what, path, data in attempts(form, strange):
            with undone(), committed() as kept:
                answer = send(client, token, path, method="POST", data=data)
                tried += 1
                if answer.status_code >= FAULT:
                    wrong.append(f"{form}: {what}: {TROUBLE}")
                said = [word for word in strange.words if word in text_of(answer)]
                if said:
                    wrong.append(f"{form}: {what}: shows {said}")
                if kept and (rows := touched(before, strange.rows)):
                    wrong.append(f"{form}: {what}: {answer.status_code} touched {rows[:4]}")
    assert tried > len(forms)
    assert not wrong, f"{len(wrong)} of {tried} wrong:\n" + "\n".join(wrong[:40])


def test_what_is_strange_is_known_to_be_so(app: Flask, universe: Universe):
    strange = stranger_of(app, [universe.b, universe.c], with_place=True)
    names = {name for name, _ in strange.rows}
    assert {"invoice", "payment", "booking", "lease", "mentoring_session", "figures"} <= names
    assert ("organisation", universe.a.venture_id) not in strange.rows
    assert ("lease", universe.a.records["lease_id"]) not in strange.rows
