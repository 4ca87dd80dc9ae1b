"""Walk through the pages as somebody, and bring back every form with what it would send."""

from collections import deque
from collections.abc import Iterator
from contextvars import Context
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask, url_for
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

from incubator.core import clock
from incubator.core.access import Role
from incubator.core.db import db
from tests.factories.universe import Side, Universe
from tests.screen import COOKIE

LEAVES = {"account.sign_out", "account.sign_out_everywhere", "account.language", "static"}
"""Where a walk would end, or nothing is to be seen."""

KEPT = "words that stay"
FILES = ("/pdf", "/receipt", ".csv", ".xlsx", ".ics", "/file")


@dataclass(frozen=True)
class Input:
    """One field: its name, its kind, and what it sends when nobody touches it."""

    name: str
    kind: str
    value: str
    options: tuple[str, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether people type into it."""
        return self.kind in {"text", "textarea", "email", "search", "tel"}


@dataclass
class Found:
    """A form somebody can send, with honest values in it."""

    who: Role
    endpoint: str
    path: str
    inputs: list[Input] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.who} {self.endpoint} ({self.path})"

    @property
    def data(self) -> MultiDict[str, Any]:
        """What it sends."""
        return MultiDict((each.name, each.value) for each in self.inputs)

    def changed(self, name: str, value: Any) -> MultiDict[str, Any]:
        """What it sends when one field says something else."""
        data = self.data
        data.setlist(name, value if isinstance(value, list) else [value])
        return data


def endpoint_of(app: Flask, path: str, method: str = "GET") -> str:
    """The view behind an address; nothing when there is none."""
    adapter = app.url_map.bind("localhost")
    try:
        return str(adapter.match(urlsplit(path).path, method=method)[0])
    except (HTTPException, RequestRedirect):
        return ""


def send(client: FlaskClient, token: str, path: str, **how: Any) -> TestResponse:
    """Ask once, as whoever holds the cookie."""
    client.delete_cookie("session")
    client.delete_cookie("incubator_language")
    client.set_cookie(COOKIE, token)
    return Context().run(client.open, path, **how)


WORDS = {"month": "2026-05", "ext": "csv", "sha": "0" * 64, "token": "no-such-token"}


def address(app: Flask, endpoint: str, side: Side) -> str:
    """The address of a view about one venture's records; nothing when it names others."""
    rule = next(iter(app.url_map.iter_rules(endpoint)))
    known: dict[str, Any] = {**side.records, **WORDS, "code": side.place.code}
    if rule.arguments - set(known):
        return ""
    with app.test_request_context():
        return url_for(endpoint, **{name: known[name] for name in rule.arguments})


def walk_starts(app: Flask, side: Side, role: Role | None) -> list[str]:
    """Every page that the role could be shown, about one venture's records."""
    begins = {Role.SYSTEM_ADMIN: "/system", Role.OWNER: "/v/", Role.MEMBER: "/v/", None: "/"}
    found = ["/account"] if role else []
    for rule in app.url_map.iter_rules():
        if rule.endpoint in LEAVES or "GET" not in (rule.methods or ()):
            continue
        is_public = app.view_functions[rule.endpoint].guarded_by == ("public",)
        if rule.rule.startswith(begins.get(role, "/f/")) and (role or is_public):
            found.append(address(app, rule.endpoint, side))
    return [each for each in found if each]


def walk(
    app: Flask, token: str, role: Role, starts: list[str], *, most: int = 250
) -> Iterator[tuple[str, BeautifulSoup]]:
    """Every page somebody can reach by links, one for each shape of its address."""
    client = app.test_client()
    waiting, seen = deque(starts), set()
    while waiting and len(seen) < most:
        path = waiting.popleft()
        endpoint = endpoint_of(app, path)
        if not endpoint or endpoint in LEAVES or urlsplit(path).path.endswith(FILES):
            continue
        shape = (endpoint, tuple(sorted({name for name, _ in _query(path)})))
        if shape in seen:
            continue
        seen.add(shape)
        answer = send(client, token, path)
        if "Location" in answer.headers:
            waiting.appendleft(urljoin(path, answer.headers["Location"]))
            continue
        if answer.mimetype != "text/html" or answer.status_code != 200:
            continue
        page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
        yield path, page
        for link in page.select("a[href]"):
            to = urljoin(path, str(link["href"]))
            if to.startswith("/"):
                waiting.append(to.partition("#")[0])


def _query(path: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(path).query, keep_blank_values=True)


def forms_on(
    app: Flask, role: Role, path: str, page: BeautifulSoup, method: str = "post"
) -> Iterator[Found]:
    """The forms of one page."""
    for form in page.select("form"):
        if str(form.get("method", "get")).lower() != method:
            continue
        to = urljoin(path, str(form.get("action") or path))
        endpoint = endpoint_of(app, to, method.upper())
        if endpoint and endpoint not in LEAVES:
            yield Found(role, endpoint, to, list(_inputs(form, page)))


def _inputs(form: Tag, page: BeautifulSoup) -> Iterator[Input]:
    fields = form.select("input[name], select[name], textarea[name], button[name]")
    if form.get("id"):
        fields += page.select(f'[form="{form["id"]}"][name]')
    radios: dict[str, list[Tag]] = {}
    for each in fields:
        if _kind(each) == "radio":
            radios.setdefault(str(each["name"]), []).append(each)
        elif _kind(each) != "file":
            yield from _input(str(each["name"]), _kind(each), each)
    for name, group in radios.items():
        values = tuple(str(each.get("value", "on")) for each in group)
        checked = [str(each["value"]) for each in group if each.has_attr("checked")]
        yield Input(name, "radio", (checked or list(values))[0], values)


def _kind(tag: Tag) -> str:
    return str(tag.get("type", "text")) if tag.name == "input" else tag.name


def _input(name: str, kind: str, tag: Tag) -> Iterator[Input]:
    if kind == "select":
        yield _select(name, tag)
    elif kind == "checkbox":
        if tag.has_attr("checked"):
            yield Input(name, kind, str(tag.get("value", "on")))
    else:
        value = tag.text.lstrip("\r\n") if kind == "textarea" else str(tag.get("value", ""))
        yield Input(name, kind, value or _usual(kind, tag))


def _select(name: str, select: Tag) -> Input:
    values = [str(each.get("value", each.text)) for each in select.select("option")]
    chosen = [str(each.get("value")) for each in select.select("option[selected]")]
    first = chosen or [each for each in values if each] or [""]
    return Input(name, "select", first[0], tuple(values))


def _usual(kind: str, tag: Tag) -> str:
    if kind == "date":
        return (clock.today() + timedelta(days=10)).isoformat()
    if kind == "email":
        return "somebody.new@example.jp"
    if kind == "number" or tag.get("inputmode") in {"numeric", "decimal"}:
        return "1"
    return KEPT if kind in {"text", "textarea"} and tag.has_attr("required") else ""


def forms_of(app: Flask, universe: Universe, side: Side, roles: list[Role]) -> list[Found]:
    """Every form that people of one venture and its house are offered, one for each shape."""
    found: dict[Any, Found] = {}
    for role in roles:
        token = universe.enter(person_of(universe, side, role))
        db.session.commit()
        for path, page in walk(app, token, role, walk_starts(app, side, role)):
            for form in forms_on(app, role, path, page):
                shape = (role, form.endpoint, frozenset(each.name for each in form.inputs))
                found.setdefault(shape, form)
    return list(found.values())


def person_of(universe: Universe, side: Side, role: Role) -> Any:
    """Who holds the role."""
    if role is Role.SYSTEM_ADMIN:
        return universe.system_admin
    return side.people.get(role) or side.place.staff[role]


def extra_forms(app: Flask, side: Side, role: Role) -> list[Found]:
    """Forms that only a special state of things shows, filled in by hand."""
    return [
        Found(
            role,
            endpoint,
            address(app, endpoint, side),
            [Input(name, "text", value) for name, value in fields.items()],
        )
        for endpoint, fields in EXTRA.get(role, {}).items()
    ]


DAY = (clock.today() + timedelta(days=8)).isoformat()
EXTRA: dict[Role, dict[str, dict[str, str]]] = {
    Role.FACILITY_ADMIN: {
        "people.reactivate": {"x": "y"},
        "spaces.apply_rent_roll": {"x": "y"},
        "spaces.end_outage": {"until": DAY},
        "leases.explain": {"explained_on": DAY},
        "leases.sign": {"signer_name": KEPT, "signed_on": DAY},
        "leases.decline": {"reason": KEPT},
        "billing.credit": {"reason": KEPT, "follows": "never"},
        "graduation.propose": {
            "reason": "graduated_growth",
            "leave_on": DAY,
            "destination": KEPT,
            "grounds": KEPT,
        },
        "graduation.follow_up": {"as_of": DAY, "source": "estimate", "comment": KEPT},
    },
    Role.CLERK: {
        "leases.receive_deposit": {"amount": "1", "on": DAY, "received_on": DAY},
        "leases.settle_deposit": {"amount": "1", "on": DAY, "settled_on": DAY},
        "payments.credit": {"invoice": "1", "amount": "1"},
        "bookings.cancel": {"waive": "yes", "reason": KEPT},
        "bookings.no_show": {"x": "y"},
    },
    Role.MANAGER: {
        "mentoring.session_met": {"met": "yes"},
        "graduation.propose": {
            "reason": "graduated_growth",
            "leave_on": DAY,
            "destination": KEPT,
            "grounds": KEPT,
        },
        "graduation.follow_up": {
            "as_of": DAY,
            "source": "estimate",
            "operating": "yes",
            "in_region": "yes",
            "jobs_ft": "1",
            "sales_year": "1",
            "comment": KEPT,
        },
    },
    Role.OWNER: {
        "leases.own_sign": {"signer_name": KEPT},
        "leases.own_decline": {"reason": KEPT},
        "payments.pay": {"x": "y"},
    },
    Role.SYSTEM_ADMIN: {
        "system.reactivate_person": {"x": "y"},
        "system.retry_job": {"x": "y"},
        "account.sign_in": {"email": "a@b.jp", "password": KEPT},
        "account.forgot": {"email": "a@b.jp"},
        "account.reset": {"password": KEPT},
        "account.invitation": {"name": KEPT, "password": KEPT},
    },
}
