"""Signing in and out, invitations, resets, one's own settings."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from incubator.billing.actions.remind import remind_overdue
from incubator.core import clock
from incubator.core.access import Role
from incubator.core.db import db
from incubator.core.outbox import OutboxMail
from incubator.people.models import Grant, Person, PersonStatus, SignInSession
from incubator.people.rules import GUESSES
from incubator.web.session import LANGUAGE_COOKIE
from tests.factories.base import FIRST_DAY, keep, make_facility, make_venture
from tests.factories.payments import make_desk, make_invoice
from tests.factories.people import PASSWORD, make_user
from tests.screen import COOKIE, Browser


@pytest.fixture
def clerk():
    facility = make_facility("aoba")
    return make_user(Role.CLERK, facility=facility, email="clerk@example.jp")


@pytest.fixture
def browser(app: Flask):
    return english(app)


def english(app):
    """A stranger who reads English."""
    stranger = Browser(app)
    stranger.client.set_cookie(LANGUAGE_COOKIE, "en")
    return stranger


def attempt(browser, email="clerk@example.jp", password=PASSWORD, status=303, **how):
    form = {"email": email, "password": password}
    path = how.pop("path", "/sign-in")
    return browser.fetch(path, status, method="POST", data=form, redirects=False, **how)


def last_link(kind):
    mail = db.session.scalars(db.select(OutboxMail).order_by(OutboxMail.id.desc())).first()
    assert mail.template == kind
    return next(word for word in mail.body.split() if "://" in word).removeprefix(
        "http://localhost"
    )


def test_a_person_signs_in_and_out(browser, clerk):
    browser.get("/sign-in")
    response = attempt(browser, email=" Clerk@Example.JP ")
    cookie = response.headers["Set-Cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    browser.get("/account")
    assert browser.fetch("/sign-in", 303, redirects=False)
    token = browser.client.get_cookie(COOKIE).value
    browser.post("/sign-out")
    assert "signed out" in browser.page.get_text()
    browser.client.set_cookie(COOKIE, token)
    assert browser.fetch("/account", 302, redirects=False).location == "/sign-in?next=%2Faccount"


def test_the_link_of_a_mail_leads_over_the_sign_in_to_the_very_invoice(browser):
    desk = make_desk()
    owner = make_user("owner", venture=desk.venture)
    late = make_invoice(desk.facility, desk.venture, 11_000, clock.today() - timedelta(days=3))
    remind_overdue(desk.facility, actor=desk.clerk, now=clock.now(), today=clock.today())
    path = last_link("invoice_overdue")
    asked = browser.fetch(path, 302, redirects=False).location
    assert attempt(browser, email=owner.email, path=asked).location == path
    assert late.number in browser.get(path).main.get_text()


def test_the_own_pages_bear_the_name_of_the_one_facility(browser, clerk):
    member = make_user("member", venture=make_venture(make_facility("west", name_en="West")))
    both = make_user("clerk", facility=make_facility("first"))
    keep(
        Grant(
            person_id=both.id,
            role=Role.CLERK,
            facility_id=clerk.grants[0].facility_id,
            from_day=FIRST_DAY,
        )
    )
    db.session.refresh(both)
    known = {
        clerk: "Aoba Incubation Centre",
        member: "West",
        both: "Incubator",
        make_user(): "Incubator",
    }
    for person, brand in known.items():
        browser.sign_in(person)
        for path in ("/account", "/account/password"):
            page = browser.get(path)
            assert page.select_one(".sidebar .brand").get_text() == brand
            assert page.title.get_text().endswith(f" – {brand}")


def test_the_cookie_is_secure_over_https(browser, clerk):
    response = attempt(browser, base_url="https://localhost")
    assert "Secure" in response.headers["Set-Cookie"].split("; ")


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("clerk@example.jp", "wrong wrong wrong"),
        ("nobody@example.jp", PASSWORD),
        ("not an address", PASSWORD),
        ("", ""),
    ],
)
def test_a_wrong_guess_never_tells_what_was_wrong(browser, clerk, email, password):
    response = attempt(browser, email, password, 422)
    assert COOKIE not in response.headers.get("Set-Cookie", "")
    text = response.get_data(as_text=True)
    if email and password:
        assert "<li>The e-mail address or the password is wrong" in text
        assert email in text
    assert PASSWORD not in text


@pytest.mark.parametrize("status", [PersonStatus.SUSPENDED, PersonStatus.INVITED])
def test_only_an_active_account_signs_in(browser, clerk, status):
    clerk.status = status
    attempt(browser, status=422)


def test_after_twenty_guesses_even_the_right_one_waits(browser, clerk):
    for _ in range(GUESSES):
        attempt(browser, password="wrong", status=422)
    response = attempt(browser, status=429)
    assert 0 < int(response.headers["Retry-After"]) <= 601
    assert "please try again at" in response.get_data(as_text=True)
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        attempt(browser)


def test_right_guesses_count_against_nobody(browser, clerk):
    for _ in range(GUESSES + 2):
        attempt(browser)


def test_an_old_hash_is_renewed(browser, clerk):
    from argon2 import PasswordHasher  # noqa: PLC0415 - another strength than ours

    clerk.password_hash = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(
        PASSWORD
    )
    attempt(browser)
    assert "m=19456,t=2,p=1" in db.session.get(Person, clerk.id).password_hash
    attempt(browser)


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/account", "/account"),
        ("/account?x=1", "/account?x=1"),
        ("//evil.example/", None),
        ("https://evil.example/", None),
        ("/\\evil.example", None),
        ("\\/evil.example", None),
        ("javascript:alert(1)", None),
        ("/account\r\nX: y", None),
        ("/no-such-page", None),
        ("/sign-out", None),
        ("/%09/evil.example", None),
        ("", None),
    ],
)
def test_signing_in_leads_only_within_the_house(browser, clerk, wanted, led):
    how = {"query_string": {"next": wanted}}
    place = attempt(browser, **how).location
    assert place.startswith("/")
    assert not place.startswith("//")
    assert "evil" not in place
    if led:
        assert place == led


def test_a_session_is_new_after_signing_in(browser, clerk):
    attempt(browser)
    first = browser.client.get_cookie(COOKIE).value
    attempt(browser)
    assert browser.client.get_cookie(COOKIE).value != first
    browser.client.set_cookie(COOKIE, first)
    browser.fetch("/account", 302, redirects=False)


@pytest.mark.parametrize(("lang", "title"), [("ja", "ja"), ("en", "en")])
def test_everybody_chooses_a_language(browser, lang, title):
    response = browser.fetch(
        f"/language/{lang}", 303, redirects=False, query_string={"next": "/forgot-password"}
    )
    assert response.location == "/forgot-password"
    assert browser.get("/forgot-password").html["lang"] == lang
    browser.get("/language/fr", 404)


def test_a_forgotten_password_is_set_anew(app: Flask, browser, clerk):
    attempt(browser)
    elsewhere = english(app)
    known = elsewhere.post("/forgot-password", {"email": "clerk@example.jp"})
    unknown = english(app).post("/forgot-password", {"email": "nobody@example.jp"})
    assert known.main.get_text() == unknown.main.get_text()
    link = last_link("password_reset")
    elsewhere.get(link)
    elsewhere.post(link, {"password": "short"}, 422)
    elsewhere.post(link, {"password": "entirely new words"})
    assert elsewhere.path == "/sign-in"
    assert "invit" not in elsewhere.get(link, 404).main.get_text()
    assert elsewhere.follow("Mail me a new link").select("form")
    assert elsewhere.path == "/forgot-password"
    elsewhere.post(link, {"password": "entirely new words"}, 404)
    browser.fetch("/account", 302, redirects=False)
    attempt(elsewhere, password=PASSWORD, status=422)
    attempt(elsewhere, password="entirely new words")
    assert last_mail() == "password_changed"
    elsewhere.post("/forgot-password", {"email": "not an address"}, 422)


def last_mail():
    return db.session.scalars(db.select(OutboxMail.template).order_by(OutboxMail.id.desc())).first()


def test_the_address_in_a_mail_is_never_the_one_a_request_claims(browser, clerk):
    browser.post("/forgot-password", {"email": "clerk@example.jp"}, base_url="http://evil.example")
    mail = db.session.scalars(db.select(OutboxMail)).one()
    assert "http://localhost/reset/" in mail.body
    assert "evil" not in mail.body


def test_resets_are_slowed_down_too(browser, clerk):
    for _ in range(GUESSES):
        browser.post("/forgot-password", {"email": "clerk@example.jp"})
    browser.post("/forgot-password", {"email": "clerk@example.jp"}, 429)
    assert len(db.session.scalars(db.select(OutboxMail)).all()) == 1


def test_the_settings_are_the_persons_own(app: Flask, browser, clerk):
    attempt(browser)
    page = browser.get("/account")
    assert "This device" in page.get_text()
    form = {"name": "鈴木 花", "name_kana": "スズキ ハナ", "language": "ja", "theme": "dark"}
    page = browser.post("/account", form)
    assert page.html["lang"] == "ja"
    assert page.html["data-bs-theme"] == "dark"
    browser.post("/account", {**form, "name": ""}, 422)
    browser.post("/account", {**form, "name": "あ" * 101}, 422)
    browser.post("/account", {**form, "theme": "pink"}, 422)
    assert db.session.get(Person, clerk.id).name == "鈴木 花"


def test_a_password_changes_with_the_old_one_and_signs_others_out(app: Flask, browser, clerk):
    attempt(browser)
    other = Browser(app)
    attempt(other)
    new = "entirely new words"
    browser.get("/account/password")
    for old, password in (("wrong", new), (PASSWORD, "short"), ("", new)):
        browser.post("/account/password", {"old": old, "password": password}, 422)
    browser.post("/account/password", {"old": PASSWORD, "password": new})
    assert browser.path == "/account"
    other.fetch("/account", 302, redirects=False)
    attempt(other, password=new)
    assert last_mail() == "password_changed"
    for _ in range(GUESSES - 1):
        browser.post("/account/password", {"old": "wrong", "password": new}, 422)
    browser.post("/account/password", {"old": new, "password": new}, 429)


def test_a_device_is_signed_out_from_another(app: Flask, browser, clerk):
    other = Browser(app)
    attempt(other, headers={"User-Agent": "Mozilla (iPhone) Safari/604.1"})
    attempt(browser)
    page = browser.get("/account")
    assert "Safari, iPhone" in page.get_text()
    form = page.find("form", action=lambda path: path and path.endswith("/close"))
    browser.post(form["action"])
    other.fetch("/account", 302, redirects=False)
    browser.get("/account")
    stranger = Browser(app).sign_in(make_user(email="x@example.jp"))
    stranger.post(form["action"], status=404)


def test_signing_out_everywhere_means_everywhere(app: Flask, browser, clerk):
    other = Browser(app)
    attempt(other)
    attempt(browser)
    page = browser.post("/sign-out-everywhere")
    assert (page.html["lang"], browser.path) == ("en", "/sign-in")
    for each in (browser, other):
        each.fetch("/account", 302, redirects=False)


def test_looking_around_leaves_no_trace_but_work_does(browser, clerk):
    attempt(browser)
    before = db.session.scalars(db.select(SignInSession.seen_at)).one()
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        browser.get("/account")
        assert db.session.scalars(db.select(SignInSession.seen_at)).one() == before
        browser.post("/account", {}, 422)
        assert db.session.scalars(db.select(SignInSession.seen_at)).one() > before


@pytest.mark.parametrize("role", [None, Role.OWNER, Role.CLERK, Role.SYSTEM_ADMIN])
def test_the_front_door_leads_everybody_home(browser, role):
    facility = make_facility("aoba")
    person = make_user(role, facility=facility, venture=make_venture(facility))
    browser.sign_in(person)
    place = browser.fetch("/", 303, redirects=False).location
    browser.fetch(place)
    browser.sign_out()
    assert browser.fetch("/", 302, redirects=False).location.startswith("/sign-in")
