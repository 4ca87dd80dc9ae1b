"""Every route, tried by everybody, on their own records and on other people's.

What must happen is not written down here: it follows from the route's door (`guarded_by`) and from
the roles the visitor holds. A route whose address names a kind of record this test has never seen
fails with a hint: add the record to tests/factories/universe.py.
"""

from collections.abc import Iterator
from contextvars import Context
from dataclasses import dataclass
from itertools import product

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from incubator.core import clock
from incubator.core.access import VENTURE_ROLES, Actor, Can, Held, Role
from incubator.core.db import db
from incubator.people.models import Person, PersonStatus
from incubator.web.security import BODY_LIMIT
from incubator.web.session import LANGUAGE_COOKIE
from tests.databases import ENGINE
from tests.factories.base import make_person
from tests.factories.universe import STAFF, Side, Universe
from tests.manners import words
from tests.screen import COOKIE, Browser, counted
from tests.sweep import TROUBLE, text_of, undone

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
WELCOME = {200, 302, 303, 400, 409, 422}
GONE = {404}
WORDS = {
    "token": "no-such-token",
    "month": "2026-05",
    "ext": "csv",
    "filename": "css/app.css",
    "kind": "csv",
    "day": "2026-11-24",
    "sha": "0" * 64,
}
SHARED = {
    "code",
    "facility_id",
    "unit_id",
    "room_id",
    "floor_id",
    "criterion_id",
    "outage_id",
    "programme_id",
    "event_id",
    "hours_id",
    "day_id",
    "closed_day_id",
    *WORDS,
}
"""Parameters that name something of a whole facility, or nothing of anybody."""

MAY_MISS = {
    "people.end_role": "the number is that of a role at a venture, not of the staff",
    "graduation.destination": "only who has left without a decision has one",
    "dashboard.panel": "which unit stands in the query",
    "bookings.confirm": "which room and when stands in the query",
    "spaces.check_rent_roll": "the file is held for a while only, under its own fingerprint",
    "account.close_session": "the number is that of a session of one's own browser",
}
"""Pages that may be missing or refused although the door opens, and why."""

KEPT = "the PDF is made once, by whoever asks first, and kept for ever"
WRITES_WHEN_READ = {
    "billing.invoice_pdf": KEPT,
    "billing.invoices_pdfs": KEPT,
    "billing.own_invoice_pdf": KEPT,
    "payments.receipt_pdf": KEPT,
    "payments.own_receipt_pdf": KEPT,
    "payments.refund_pdf": KEPT,
    "payments.own_refund_pdf": KEPT,
}
"""Pages that may write when they are only asked for, and why."""


@dataclass(frozen=True)
class Principal:
    """Somebody who tries every door."""

    role: Role | None
    sign: str = "A"
    state: str = "active"

    def __str__(self) -> str:
        return f"{self.state}-{self.role or 'stranger'}-{self.sign}"

    def person(self, universe: Universe) -> Person | None:
        """Who it is; suspended and ended people have just become so."""
        if self.role is None:
            return None
        if self.role is Role.SYSTEM_ADMIN:
            return universe.system_admin
        side = side_of(universe, self.sign)
        if self.role in VENTURE_ROLES:
            return side.people[self.role]
        return side.place.staff[self.role]


ROLES = (Role.SYSTEM_ADMIN, *STAFF, Role.OWNER, Role.MEMBER)
PRINCIPALS = [
    Principal(None),
    *(Principal(role) for role in ROLES),
    *(Principal(role, "C") for role in (Role.FACILITY_ADMIN, Role.MANAGER, Role.OWNER)),
    Principal(Role.MEMBER, "B"),
    *(Principal(role, state="suspended") for role in ROLES),
    *(Principal(role, state="ended") for role in (Role.CLERK, Role.MENTOR, Role.MEMBER)),
    Principal(None, state="nobody"),
]


def side_of(universe: Universe, sign: str) -> Side:
    return {"A": universe.a, "B": universe.b, "C": universe.c}[sign]


@dataclass(frozen=True)
class Try:
    """One request: in whose house, and about whose records."""

    rule: Rule
    method: str
    house: Side
    owner: Side

    @property
    def address(self) -> str:
        """The address, every parameter filled in."""
        values = {}
        for name in self.rule.arguments:
            values[name] = self._value(name)
        built = self.rule.build(values, append_unknown=False)
        assert built is not None, self.rule
        return str(built[1])

    def __str__(self) -> str:
        return f"{self.method} {self.address} ({self.rule.endpoint})"

    def _value(self, name: str) -> object:
        if name == "code":
            is_language = self.rule.endpoint == "account.language"
            return "en" if is_language else self.house.place.code
        if name == "venture_id":
            return self.house.venture_id
        if name in WORDS:
            return WORDS[name]
        return self.owner.records[name]

    @property
    def is_foreign(self) -> bool:
        """Whether the record lies outside the house that the address names."""
        own = self.rule.arguments - SHARED - {"venture_id"}
        other_venture = self.house is not self.owner
        other_house = self.house.place is not self.owner.place
        if self.rule.rule.startswith("/v/"):
            return (other_venture and bool(own)) or (other_house and self._names_a_record)
        return other_house and self._names_a_record

    @property
    def _names_a_record(self) -> bool:
        return bool(self.rule.arguments - {"code", "venture_id", *WORDS})


def unknown(rule: Rule, side: Side) -> set[str]:
    """Parameters for which the universe has nothing."""
    return set(rule.arguments) - {"code", "venture_id", *WORDS, *side.records}


def test_every_kind_of_record_is_tried(app: Flask, universe: Universe):
    missing = {
        str(rule): sorted(unknown(rule, universe.a))
        for rule in app.url_map.iter_rules()
        if unknown(rule, universe.a)
    }
    assert not missing, (
        f"These routes name records with which nobody tries the doors: {missing}. Add one of each "
        "to every side in tests/factories/universe.py (`side.records`), with a canary in each of "
        "its texts; if it belongs to the whole facility, name it in SHARED here too."
    )


def tries(app: Flask, universe: Universe, *, short: bool) -> Iterator[Try]:
    """Doors are guarded above the database: the second engine tries two relations of five."""
    a, b, c = universe.a, universe.b, universe.c
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or unknown(rule, a):
            continue
        pairs = [(a, a)]
        if not short:
            pairs += [(a, b)] if ENGINE == "postgres" else [(a, b), (a, c), (b, b), (c, c)]
        seen = set()
        for method, (house, owner) in product(sorted((rule.methods or set()) & METHODS), pairs):
            attempt = Try(rule, method, house, owner)
            if (method, attempt.address) not in seen:
                seen.add((method, attempt.address))
                yield attempt


METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def expected(app: Flask, attempt: Try, actor: Actor | None) -> set[int] | str:
    """What the door answers; `open` when it lets the visitor through."""
    door, *permissions = app.view_functions[attempt.rule.endpoint].guarded_by
    if door == "public":
        return "open"
    if actor is None:
        return "sign in"
    place, venture = attempt.house.place.facility_id, attempt.house.venture_id
    belongs, where = {
        "signed_in": (True, None),
        "system": (True, {}),
        "facility": (actor.serves(place), {"facility": place}),
        "venture": (actor.belongs_to(venture), {"organisation": venture}),
    }[door]
    if not belongs:
        return GONE
    if where is not None and not any(actor.can(each, **where) for each in permissions):
        return {403}
    return GONE if door in {"facility", "venture"} and attempt.is_foreign else "open"


def strange_words(actor: Actor | None, attempt: Try, universe: Universe) -> list[str]:
    """Canaries that must not be in the answer."""
    roles = {each.role for each in actor.held} if actor else set()
    if Role.SYSTEM_ADMIN in roles and attempt.rule.rule.startswith("/system"):
        return ["-note"]
    known = {
        sign
        for side in (universe.a, universe.b, universe.c)
        for held in (actor.held if actor else ())
        for sign in known_by(held, side, universe)
    }
    strange = [f"ZQ{sign}x" for sign in ("A", "B", "C", "F1", "F2") if sign not in known]
    if not roles & {Role.MANAGER, Role.MENTOR}:
        strange.append("private-note")
        if not roles & VENTURE_ROLES:
            strange.append("shared-note")
    return strange


def known_by(held: Held, side: Side, universe: Universe) -> set[str]:
    """Whose words a role may see: the mentor of A does not know B."""
    if held.organisation_id == side.venture_id:
        return {side.sign, side.place.sign}
    if held.facility_id != side.place.facility_id:
        return set()
    if held.role is Role.MENTOR and side is not universe.a:
        return {side.place.sign}
    return {side.sign, side.place.sign}


def ask(client: FlaskClient, attempt: Try) -> TestResponse:
    """Send one request, as if nobody had sent one before."""
    return Context().run(client.open, attempt.address, method=attempt.method)


def judge(
    app: Flask, attempt: Try, actor: Actor | None, response: TestResponse, sql: list[str]
) -> str | None:
    """What is wrong with the answer, if anything."""
    code = response.status_code
    rule = attempt.rule
    wanted = expected(app, attempt, actor)
    wrote = [line[:90] for line in sql if line.lstrip().upper().startswith(WRITES)]
    if code >= 500:
        return f"answered {code}: {TROUBLE}"
    if attempt.method == "GET" and wrote and rule.endpoint not in WRITES_WHEN_READ:
        return f"was only asked for, and wrote: {wrote[:3]}"
    if wanted == "sign in":
        to_sign_in = code == 302 and response.headers["Location"].startswith("/sign-in")
        return None if to_sign_in and not wrote else f"answered {code} instead of asking who it is"
    if wanted == "open":
        return _judge_open(app, attempt, actor, code)
    if code not in wanted:
        return f"answered {code} instead of {wanted}"
    return f"was refused, and wrote all the same: {wrote[:3]}" if wrote else None


def _judge_open(app: Flask, attempt: Try, actor: Actor | None, code: int) -> str | None:
    door = app.view_functions[attempt.rule.endpoint].guarded_by[0]
    lenient = (
        door in {"public", "signed_in", "system"}
        or attempt.rule.endpoint in MAY_MISS
        or attempt.method != "GET"
        or (actor is not None and any(each.role is Role.MENTOR for each in actor.held))
        or attempt.house is not attempt.owner
    )
    if code in WELCOME or (lenient and code in {403, 404, 429}):
        return None
    return f"answered {code} although the door opens; a reason belongs into MAY_MISS"


@pytest.mark.parametrize("who", PRINCIPALS, ids=str)
def test_every_door_opens_for_whom_it_should(app: Flask, universe: Universe, who: Principal):
    token, actor = seat(universe, who)
    client = app.test_client()
    if token:
        client.set_cookie(COOKIE, token)
    wrong, count = [], 0
    for attempt in tries(app, universe, short=who.state != "active"):
        with undone(), counted() as sql:
            response = ask(client, attempt)
            text = text_of(response).replace(actor.name if actor else "", "")
        client.delete_cookie("session")
        if token:
            client.set_cookie(COOKIE, token)
        count += 1
        if fault := judge(app, attempt, actor, response, sql):
            wrong.append(f"{attempt} {fault}")
        wrong += [
            f"{attempt} shows {found(text, word)}"
            for word in strange_words(actor, attempt, universe)
            if word in text
        ]
    assert not wrong, f"{who}: {len(wrong)} of {count} answers are wrong:\n" + "\n".join(wrong[:40])


def seat(universe: Universe, who: Principal) -> tuple[str | None, Actor | None]:
    """The visitor with a cookie from better days, and what they may do now."""
    person = make_person() if who.state == "nobody" else who.person(universe)
    if person is None:
        return None, None
    token = universe.enter(person)
    if who.state == "suspended":
        person.status = PersonStatus.SUSPENDED
    if who.state == "ended":
        for grant in person.grants:
            grant.until_day = clock.today()
    db.session.commit()
    actor = None if who.state == "suspended" else person.as_actor(clock.today())
    return token, actor


def found(text: str, word: str) -> str:
    """The word with what stands around it."""
    at = text.index(word)
    return repr(text[max(at - 60, 0) : at + 40])


@pytest.fixture
def guarded_app(app: Flask) -> Iterator[Flask]:
    """The application as it runs in earnest: no form without its token."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


SIGNED_OTHERWISE = {"payments.webhook"}


@pytest.mark.parametrize("role", [Role.FACILITY_ADMIN, Role.OWNER, Role.SYSTEM_ADMIN], ids=str)
def test_nothing_is_done_without_the_forms_token(
    guarded_app: Flask, universe: Universe, role: Role
):
    token, _actor = seat(universe, Principal(role))
    client = guarded_app.test_client()
    wrong = []
    for attempt in tries(guarded_app, universe, short=True):
        if attempt.method == "GET" or attempt.rule.endpoint in SIGNED_OTHERWISE:
            continue
        for data in ({}, {"csrf_token": "forged"}):
            client.set_cookie(COOKIE, str(token))
            with undone(), counted() as sql:
                how = {"method": attempt.method, "data": data}
                response = Context().run(client.open, attempt.address, **how)
            wrote = [line for line in sql if line.lstrip().upper().startswith(WRITES)]
            if response.status_code != 400 or wrote:
                wrong.append(f"{attempt.method} {attempt.address}: {response.status_code} {wrote}")
    assert not wrong, "Sent without a token, and not refused with 400:\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    ("data", "status", "title"),
    [
        ({}, 400, "This page was open for too long"),
        ({"file": "x" * (BODY_LIMIT + 1)}, 413, "The file is too large"),
    ],
)
def test_a_form_is_refused_in_the_readers_language(
    guarded_app: Flask, data: dict[str, str], status: int, title: str
):
    browser = Browser(guarded_app)
    browser.client.set_cookie(LANGUAGE_COOKIE, "en")
    page = browser.post("/sign-in", data, status)
    assert words(page.h1) == title


def test_only_a_static_file_under_its_fingerprint_is_kept(app: Flask):
    with app.test_request_context():
        address = url_for("static", filename="css/app.css")
    with app.test_client().get(address) as kept:
        assert "immutable" in kept.headers["Cache-Control"]
    for missing in ("/static/css/none.css", "/static/css/none.css?v="):
        assert app.test_client().get(missing).headers["Cache-Control"] == "no-store"


PAIRS = [
    (first, second)
    for first, second in product((*STAFF, Role.OWNER, Role.MEMBER), repeat=2)
    if first < second
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_roles_never_mix(first: Role, second: Role):
    """A role here and a role there give nothing that neither gives alone."""
    here = {"organisation": 1} if first in VENTURE_ROLES else {"facility": 1}
    there = {"organisation": 2} if second in VENTURE_ROLES else {"facility": 2}

    def hold(role: Role, where: dict[str, int]) -> Held:
        return Held(role, where.get("facility"), where.get("organisation"))

    both = Actor(1, "x", (hold(first, here), hold(second, there)))
    for role, where in ((first, here), (second, there)):
        alone = Actor(1, "x", (hold(role, where),))
        for permission in Can:
            assert both.can(permission, **where) == alone.can(permission, **where)
            assert not both.can(permission)
