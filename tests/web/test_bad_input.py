"""Whatever is typed or sent: never a fault of ours, nothing half done, and the rest is kept."""

import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.datastructures import MultiDict

from incubator.core.access import Role
from incubator.core.db import db
from incubator.web.keys import shuffle
from tests.crawl import KEPT, Found, extra_forms, forms_of, person_of, send, walk_starts
from tests.databases import ENGINE, SELDOM
from tests.factories.base import make_world
from tests.factories.mentoring import make_assignment
from tests.factories.universe import Universe
from tests.sweep import TROUBLE, committed, undone

LONG = "x" * 6000
MISSING, TWICE = object(), object()
BAD: dict[str, Any] = {
    "empty": "",
    "over-long": LONG,
    "NUL": "a\x00b",
    "right-to-left": "\u202eevil",
    "emoji": "😀",
    "2^63": str(2**63),
    "2^31": str(2**31),
    "negative": "-1",
    "first day": "0001-01-01",
    "last day": "9999-12-31",
    "31 February": "2026-02-31",
    "no such choice": "no_such_choice",
    "lines": "a\r\nBcc: x@y.jp",
    "missing": MISSING,
    "twice": TWICE,
}
SHARE = 11 if ENGINE == "sqlite" else 29
"""One bad value of so many is tried every day, each of them in the long run."""
UNREADABLE = 422
ROLES = [
    Role.FACILITY_ADMIN,
    Role.CLERK,
    Role.MANAGER,
    Role.MENTOR,
    Role.OWNER,
    Role.SYSTEM_ADMIN,
]
SIZES = pytest.mark.parametrize(
    "full", [False, pytest.param(True, marks=pytest.mark.long)], ids=["some", "all"]
)
REFUSED = 400
FAULT = 500
COUNTED_ALWAYS = {"account.sign_in", "account.forgot", "account.password", "account.reset"}
"""Guesses are counted also when they are wrong."""


def spoilt(form: Found, name: str, value: Any) -> MultiDict[str, Any]:
    """What the form sends when one field is bad."""
    if value is MISSING:
        data = form.data
        data.poplist(name)
        return data
    if value is TWICE:
        return form.changed(name, [form.data.get(name), "no_such_choice"])
    return form.changed(name, value)


def fault_of(form: Found, what: str, answer: Any, kept: list[str]) -> str | None:
    """What is wrong with an answer, if anything."""
    code = answer.status_code
    if code >= FAULT:
        return f"{form}: {what}: {code} {TROUBLE}"
    if code >= REFUSED and kept and form.endpoint not in COUNTED_ALWAYS:
        return f"{form}: {what}: refused with {code}, and kept {kept[:2]}"
    return None


def bad_values(form: Found, *, full: bool) -> Iterator[tuple[str, str, Any]]:
    """Which field, what is wrong, and the value: all of it, or a share of it."""
    turn = zlib.crc32(form.endpoint.encode())
    for name in dict.fromkeys(each.name for each in form.inputs if each.name != "csrf_token"):
        for what, value in BAD.items():
            turn += 1
            if full or turn % SHARE == 0:
                yield name, what, value


@SIZES
@pytest.mark.parametrize("role", ROLES, ids=str)
def test_no_form_breaks_on_what_people_send(
    app: Flask, universe: Universe, role: Role, *, full: bool
):
    forms = [*forms_of(app, universe, universe.a, [role]), *extra_forms(app, universe.a, role)]
    client = app.test_client()
    token = universe.enter(person_of(universe, universe.a, role))
    db.session.commit()
    wrong = []
    for form in forms:
        for name, what, value in bad_values(form, full=full):
            with undone(), committed() as kept:
                data = spoilt(form, name, value)
                answer = send(client, token, form.path, method="POST", data=data)
                wrong.append(fault_of(form, f"{name} {what}", answer, kept))
    wrong = [each for each in wrong if each]
    assert forms
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong[:60])


@pytest.mark.parametrize(
    "role",
    [Role.OWNER, *(pytest.param(each, marks=SELDOM) for each in (Role.CLERK, Role.MANAGER))],
    ids=str,
)
def test_what_was_typed_stays_when_another_field_is_refused(
    app: Flask, universe: Universe, role: Role
):
    client = app.test_client()
    token = universe.enter(person_of(universe, universe.a, role))
    db.session.commit()
    lost, tried = [], 0
    for form in forms_of(app, universe, universe.a, [role]):
        free = [each.name for each in form.inputs if each.is_free]
        for name in free:
            data = form.changed(name, "a\x00b")
            for other in free:
                if other != name:
                    data[other] = KEPT
            with undone():
                answer = send(client, token, form.path, method="POST", data=data)
            if answer.status_code != UNREADABLE or len(free) == 1:
                continue
            tried += 1
            page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
            lost += [
                f"{form}: {name} refused, {other} lost"
                for other in free
                if other != name and not _holds(page, other)
            ]
    assert tried
    assert not lost, "\n".join(lost)


def _holds(page: BeautifulSoup, name: str) -> bool:
    fields = page.select(f'[name="{name}"]')
    return not fields or any(KEPT in (str(each.get("value")) + each.text) for each in fields)


def each_of(names: str, *values: str) -> dict[str, tuple[str, ...]]:
    """The same values for every one of these names."""
    return dict.fromkeys(names.split(), values)


QUERIES: dict[str, Iterable[str]] = {
    "page": ["-1", "0", "999999999999", str(2**63), "x", "²"],
    "sort": ["x", "a\x00b"],
    "dir": ["x"],
    **each_of("day from to", "abc", "0001-01-01", "9999-12-31", "2026-02-31"),
    "month": ["abc", "0001-01", "9999-12", "2026-13"],
    **each_of("venture invoice room manager", "0" * 13, "z" * 13, "1", "é"),
    **each_of("unit status state kind stage method by", "x", "a\x00b"),
    **each_of("least most", "-1", str(2**63), "999999999999999", "x"),
    **each_of("q party number words who actor", "a\x00b", LONG, "%_\\"),
    **each_of("minutes seats floor length", "-1", "9999", str(2**63), "٣", "0"),
    "start": ["25:00", "x", "99991231T2359Z", "00010101T0000Z", "20260231T0000Z", "23:59"],
    "starts_on": ["0001-01-01", "9999-12-31", "2026-02-31"],
    "months": ["-1", "600", str(2**63)],
    "rent": ["-1", "999999999999999", str(2**63)],
    "steps": ["101", "0/0", "x" * 6000],
    "next": ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"],
    "lang": ["xx", "a\x00b"],
    "title": ["a\x00b", LONG],
}


@SIZES
@pytest.mark.parametrize("role", [None, *ROLES], ids=str)
def test_no_page_breaks_on_its_query(
    app: Flask, universe: Universe, role: Role | None, *, full: bool
):
    client = app.test_client()
    token = universe.enter(person_of(universe, universe.a, role)) if role else "x"
    db.session.commit()
    wrong = []
    for path in walk_starts(app, universe.a, role):
        honest = dict(HONEST) if any(each in path for each in ("/quote", "/book")) else {}
        turn = zlib.crc32(path.encode())
        for name, values in QUERIES.items():
            for value in values:
                turn += 1
                if not full and turn % SHARE:
                    continue
                query = urlencode({**honest, name: value}, errors="surrogateescape")
                with undone(), committed() as kept:
                    answer = send(client, token, f"{path}?{query}")
                code = answer.status_code
                where = answer.headers.get("Location", "/")
                if code >= FAULT:
                    wrong.append(f"{path} {name}={value[:30]!r}: {code} {TROUBLE}")
                if urlsplit(where).netloc not in {"", "localhost"} or "\\" in where:
                    wrong.append(f"{path} {name}={value[:30]!r} leads to {where}")
                if kept:
                    wrong.append(f"{path} {name}={value[:30]!r} wrote {kept[:1]}")
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(islice(wrong, 60))


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("facility_admin", "/f/aoba/?day="),
        ("facility_admin", "/f/aoba/bookings?day="),
        ("facility_admin", "/f/aoba/bookings/new?day="),
        ("facility_admin", "/f/aoba/audit?since="),
        ("facility_admin", "/f/aoba/audit?until="),
        ("clerk", "/f/aoba/rent-roll?day="),
        ("clerk", "/f/aoba/rent-roll.csv?day="),
        ("clerk", "/f/aoba/payments?from="),
        ("clerk", "/f/aoba/payments.csv?to="),
        ("clerk", "/f/aoba/invoices.csv?issued_from="),
        ("member", "/v/VENTURE/book?day="),
        ("member", "/v/VENTURE/rooms?day="),
        ("member", "/v/VENTURE/mentoring/book?from="),
    ],
)
def test_a_day_in_an_address_that_never_was_is_refused_with_the_reason(app, browser, who, path):
    world = make_world()
    make_assignment(world.people["manager"], world.venture)
    browser.sign_in(world.people[who])
    path = path.replace("VENTURE", shuffle(world.venture.id, app.config["URL_SECRET"]))
    browser.fetch(path)
    said = browser.get(f"{path}2026-02-30", 422).get_text()
    assert "2026-2 has 28 days." in said


HONEST = {"unit": "002", "starts_on": "2026-12-01", "months": "36", "minutes": "60"}
