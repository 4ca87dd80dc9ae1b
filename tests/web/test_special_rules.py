"""Rules about who may what that no single door tells (the others stand with what they are about).

Two roles never mix: test_doors. A mentor after the end of an assignment, and never two ventures on
one page: test_mentoring. Nobody approves their own proposal: tests/graduation/test_actions.
"""

from datetime import timedelta

import pytest
from flask import Flask

from incubator.bookings.models import Booking
from incubator.core import clock
from incubator.core.access import Actor, Can, Held, Role
from incubator.core.db import db
from incubator.core.outbox import OutboxMail
from incubator.organisations.models import Stage
from incubator.people import queries as people
from incubator.people.models import LinkKind, PersonStatus
from tests.crawl import address, person_of, send, walk_starts
from tests.factories.universe import Universe
from tests.screen import COOKIE

ROLES = [Role.FACILITY_ADMIN, Role.CLERK, Role.MANAGER, Role.MENTOR, Role.OWNER, Role.MEMBER]
MONEY = ("billing.run", "billing.invoices", "payments.index", "payments.record")
NOTES = ("mentoring.session", "mentoring.sessions", "mentoring.venture")
GONE, DENIED = 404, {403, 404}


def seat(universe: Universe, role: Role) -> str:
    token = universe.enter(person_of(universe, universe.a, role))
    db.session.commit()
    return token


@pytest.mark.parametrize("endpoint", [*MONEY, *NOTES])
def test_the_system_administrator_has_neither_money_nor_notes(
    app: Flask, universe: Universe, endpoint: str
):
    token = seat(universe, Role.SYSTEM_ADMIN)
    answer = send(app.test_client(), token, address(app, endpoint, universe.a))
    assert answer.status_code in DENIED


@pytest.mark.parametrize("role", [*ROLES, Role.SYSTEM_ADMIN], ids=str)
def test_whoever_is_suspended_is_a_stranger_at_once(app: Flask, universe: Universe, role: Role):
    token = seat(universe, role)
    person_of(universe, universe.a, role).status = PersonStatus.SUSPENDED
    db.session.commit()
    client = app.test_client()
    for path in walk_starts(app, universe.a, role):
        answer = send(client, token, path)
        assert answer.headers.get("Location", "").startswith("/sign-in"), path


@pytest.mark.parametrize("role", [Role.OWNER, Role.MEMBER], ids=str)
def test_a_former_member_keeps_the_account_and_nothing_else(
    app: Flask, universe: Universe, role: Role
):
    token = seat(universe, role)
    for grant in person_of(universe, universe.a, role).grants:
        grant.until_day = clock.today()
    db.session.commit()
    client = app.test_client()
    assert send(client, token, "/account").status_code == 200
    for path in walk_starts(app, universe.a, role)[1:]:
        assert send(client, token, path).status_code == GONE, path


def test_the_owner_of_an_alumnus_reads_the_papers_and_books_nothing(app: Flask, universe: Universe):
    side, client = universe.a, app.test_client()
    token = seat(universe, Role.OWNER)
    side.venture.stage = Stage.ALUMNUS
    db.session.commit()
    for endpoint in ("billing.own_invoices", "billing.own_invoice", "leases.own"):
        assert send(client, token, address(app, endpoint, side)).status_code == 200, endpoint
    room = address(app, "bookings.choose", side).rpartition("/")[2]
    day = clock.today() + timedelta(days=2)
    form = {"room": room, "day": day.isoformat(), "start": "10:00", "minutes": "60"}
    form["seen"] = "999999"
    before = db.session.query(Booking).count()
    answer = send(client, token, address(app, "bookings.confirm", side), method="POST", data=form)
    assert answer.location == address(app, "bookings.own_bookings", side)
    assert db.session.query(Booking).count() == before


def test_what_exists_elsewhere_answers_as_what_does_not(app: Flask, universe: Universe):
    client, token = app.test_client(), seat(universe, Role.OWNER)
    own = address(app, "billing.own_invoice", universe.a).rpartition("/")[0]
    other = address(app, "billing.own_invoice", universe.b).rpartition("/")[2]
    with app.test_request_context():
        none = app.url_map.converters["key"](app.url_map).to_url(987_654)
    answers = [send(client, token, f"{own}/{key}") for key in (other, none)]
    assert [each.status_code for each in answers] == [GONE, GONE]
    bodies = [each.get_data(as_text=True) for each in answers]
    assert bodies[0].replace(other, "") == bodies[1].replace(none, "")


def test_an_administrator_reaches_no_venture_of_another_house(app: Flask, universe: Universe):
    client, token = app.test_client(), seat(universe, Role.FACILITY_ADMIN)
    own = address(app, "organisations.venture", universe.a).rpartition("/")[0]
    other = address(app, "organisations.venture", universe.c).rpartition("/")[2]
    assert send(client, token, f"{own}/{other}").status_code == GONE


def test_a_manager_here_who_mentors_there_acts_as_the_address_says():
    both = Actor(1, "x", (Held(Role.MANAGER, 1, None), Held(Role.MEMBER, None, 7)))
    assert both.can(Can.MENTOR, facility=1)
    assert not both.can(Can.MENTOR, facility=2)
    assert not both.can(Can.VIEW_OWN_VENTURE, organisation=8)


def test_links_of_the_suspended_lead_nowhere(app: Flask, universe: Universe):
    person = universe.a.people[Role.MEMBER]
    person.status = PersonStatus.SUSPENDED
    db.session.commit()
    app.test_client().post("/forgot-password", data={"email": person.email})
    assert people.open_links(person.id, LinkKind.PASSWORD_RESET, now=clock.now()) == []


@pytest.mark.parametrize("host", ["evil.example", "localhost:99", "localhost.evil.example"])
def test_the_host_a_request_claims_stands_in_no_mail(app: Flask, universe: Universe, host: str):
    side, token, client = universe.a, seat(universe, Role.FACILITY_ADMIN), app.test_client()
    invite = {"email": "new.clerk@example.jp", "role": "clerk", "language": "en"}
    offer = {"unit": side.place.unit.code, "venture": str(side.venture_id), "months": "12"}
    offer["starts_on"] = (clock.today() + timedelta(days=20)).isoformat()
    client.set_cookie(COOKIE, token, domain=host.partition(":")[0])
    head = {"Host": host}
    before = len(mails())
    for endpoint, form in (("people.invite_staff", invite), ("leases.offer", offer)):
        to = address(app, endpoint, side)
        answer = send(client, token, to, method="POST", data=form, headers=head)
        assert answer.status_code == 303, endpoint
    assert len(mails()) > before + 1
    assert not [body for body in mails() if host in body]


def mails() -> list[str]:
    return list(db.session.scalars(db.select(OutboxMail.body).order_by(OutboxMail.id)))


@pytest.mark.parametrize("role", [None, Role.OWNER, Role.CLERK], ids=str)
def test_a_body_of_unknown_length_is_read_by_nobody(
    app: Flask, universe: Universe, role: Role | None
):
    client, token = app.test_client(), seat(universe, role) if role else "x"
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()):
            continue
        if path := address(app, rule.endpoint, universe.a):
            head = {"Transfer-Encoding": "chunked"}
            answer = send(client, token, path, method="POST", headers=head, data={"a": "b"})
            assert answer.status_code == 411, path


def test_a_body_that_is_too_large_is_refused(app: Flask, universe: Universe):
    client, token = app.test_client(), seat(universe, Role.FACILITY_ADMIN)
    size = app.config["MAX_CONTENT_LENGTH"] + 1
    for endpoint in ("people.invite_staff", "spaces.import_rent_roll", "payments.webhook"):
        path = address(app, endpoint, universe.a)
        answer = send(
            client,
            token,
            path,
            method="POST",
            data=b"x" * size,
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code == 413, endpoint


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/%5cevil.example",
        "javascript:x",
    ],
)
def test_signing_in_leads_nowhere_else(app: Flask, universe: Universe, wanted: str):
    token = seat(universe, Role.OWNER)
    for page in ("/sign-in", "/language/en"):
        answer = send(app.test_client(), token, page, query_string={"next": wanted})
        assert answer.status_code == 303
        assert "evil" not in answer.headers["Location"]
