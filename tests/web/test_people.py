"""Staff and members: invited, ended, suspended; within one's own place only."""

import pytest
from flask import Flask

from incubator.core.access import Role
from incubator.core.db import db
from incubator.core.outbox import OutboxMail
from incubator.people.models import Grant, Person, PersonStatus
from incubator.web.keys import shuffle
from tests.factories.base import make_facility, make_person, make_venture, make_world
from tests.factories.people import PASSWORD
from tests.screen import Browser


@pytest.fixture
def world():
    return make_world("aoba")


@pytest.fixture
def admin(browser, world):
    return browser.sign_in(world.people["facility_admin"])


def key(app, number):
    return shuffle(number, app.config["URL_SECRET"])


def form(role, email="new@example.jp", language="en"):
    return {"email": email, "role": role, "language": language}


def mail():
    return db.session.scalars(db.select(OutboxMail).order_by(OutboxMail.id.desc())).first()


def test_an_invited_clerk_begins_with_a_name_and_a_password(app: Flask, admin, world):
    admin.get("/f/aoba/people")
    admin.follow("Invite somebody")
    page = admin.post("/f/aoba/people/invite", form("clerk"))
    assert "new@example.jp" in page.get_text()
    assert "Invited" in page.get_text()
    assert mail().subject == "Invitation to Aoba Incubation Centre"
    link = next(word for word in mail().body.split() if "://" in word).removeprefix(
        "http://localhost"
    )
    newcomer = Browser(app)
    newcomer.get("/language/en")
    newcomer.get(link)
    newcomer.post(link, {"name": "", "password": PASSWORD}, 422)
    newcomer.post(link, {"name": "新井 光", "password": "short"}, 422)
    newcomer.post(link, {"name": "新井 光", "password": PASSWORD})
    assert "Your account is ready" in newcomer.page.get_text()
    newcomer.get("/account")
    Browser(app).get(link, 404)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (form("clerk", email="nobody"), "e-mail address like"),
        (form("owner"), "choose from what is offered"),
        (form("system_admin"), "choose from what is offered"),
        ({"email": "x@example.jp"}, "choose a role"),
    ],
)
def test_a_bad_invitation_says_why(admin, world, data, said):
    page = admin.post("/f/aoba/people/invite", data, 422)
    assert said in page.get_text()


def test_staff_hear_that_an_account_existed(admin, world):
    make_person(email="known@example.jp", name="既知 花")
    page = admin.post("/f/aoba/people/invite", form("mentor", "known@example.jp"))
    assert "has an account already" in page.get_text()
    page = admin.post("/f/aoba/people/invite", form("mentor", "known@example.jp"), 422)
    assert "already has this role" in page.get_text()


def test_who_gives_a_role_to_a_suspended_account_hears_that_no_mail_left(app: Flask, world):
    known = make_person(email="known@example.jp", status=PersonStatus.SUSPENDED)
    members = f"/v/{key(app, world.venture.id)}/members"
    for giver, path, role in (
        ("facility_admin", "/f/aoba/people/invite", "mentor"),
        ("owner", f"{members}/invite", "member"),
    ):
        page = Browser(app).sign_in(world.people[giver]).post(path, form(role, known.email))
        assert "known@example.jp is suspended, so no mail was sent" in page.get_text()
    assert mail() is None
    assert {grant.role for grant in known.grants} == {Role.MENTOR, Role.MEMBER}


def test_a_role_ends_after_a_question(app: Flask, admin, world):
    clerk = Browser(app).sign_in(world.people["clerk"])
    grant = world.people["clerk"].grants[0]
    path = f"/f/aoba/people/roles/{key(app, grant.id)}/end"
    assert "鈴木 花子" in admin.get(path).get_text()
    admin.post(path)
    assert db.session.get(Grant, grant.id).until_day
    admin.post(path, status=404)
    clerk.get("/f/aoba/people", 404)
    own = world.people["facility_admin"].grants[0]
    admin.post(f"/f/aoba/people/roles/{key(app, own.id)}/end", status=422)


def test_a_person_is_suspended_and_taken_up_again(app: Flask, admin, world):
    person = world.people["clerk"]
    clerk = Browser(app).sign_in(person)
    clerk.get("/account")
    path = f"/f/aoba/people/{key(app, person.id)}"
    admin.get(path)
    assert "Suspended" in admin.post(f"{path}/suspend").get_text()
    clerk.fetch("/account", 302, redirects=False)
    admin.post(f"{path}/reactivate")
    assert db.session.get(Person, person.id).status is not PersonStatus.SUSPENDED
    clerk.fetch("/account", 302, redirects=False)


def test_people_elsewhere_do_not_exist_here(app: Flask, admin, world):
    other = make_facility("other")
    stranger = make_person(Role.CLERK, facility=other)
    venture = make_venture(other)
    member = make_person(Role.MEMBER, venture=venture)
    grant = stranger.grants[0]
    for path in (
        f"/f/aoba/people/{key(app, stranger.id)}",
        f"/f/aoba/people/{key(app, member.id)}",
        f"/f/aoba/people/roles/{key(app, grant.id)}/end",
        f"/f/aoba/ventures/{key(app, venture.id)}/people",
        f"/f/other/people/{key(app, stranger.id)}",
    ):
        admin.get(path, 404)
    admin.post(f"/f/aoba/people/{key(app, stranger.id)}/suspend", status=404)


def test_who_also_works_elsewhere_is_not_suspended_here(app: Flask, admin, world):
    person = world.people["mentor"]
    db.session.add(
        Grant(
            person_id=person.id,
            role=Role.MENTOR,
            facility_id=make_facility("other").id,
            from_day=person.grants[0].from_day,
        )
    )
    path = f"/f/aoba/people/{key(app, person.id)}"
    assert "Suspend" not in admin.get(path).get_text()
    admin.post(f"{path}/suspend", status=422)


def test_an_owner_invites_and_ends_members_only(app: Flask, browser, world):
    browser.sign_in(world.people["owner"])
    base = f"/v/{key(app, world.venture.id)}/members"
    browser.get(base)
    browser.follow("Invite a member")
    known = make_person(email="known@example.jp", name="既知 花")
    page = browser.post(f"{base}/invite", form("member", known.email))
    assert "has an account already" not in page.get_text()
    browser.post(f"{base}/invite", form("owner"), 422)
    grant = db.session.scalar(db.select(Grant).where(Grant.person_id == known.id))
    path = f"{base}/{key(app, grant.id)}/end"
    browser.get(path)
    browser.post(path)
    own = world.people["owner"].grants[0]
    browser.get(f"{base}/{key(app, own.id)}/end", 403)
    browser.post(f"{base}/{key(app, own.id)}/end", status=403)


def test_a_member_sees_colleagues_and_invites_nobody(app: Flask, browser, world):
    browser.sign_in(world.people["member"])
    base = f"/v/{key(app, world.venture.id)}/members"
    assert not browser.get(base).find_all("a", href=lambda path: path and "/end" in path)
    assert "Invite" not in browser.page.main.get_text()
    browser.get(f"{base}/invite", 403)


@pytest.mark.parametrize(("role", "status"), [("manager", 200), ("clerk", 403), ("mentor", 403)])
def test_managers_invite_the_people_of_ventures(app: Flask, browser, world, role, status):
    browser.sign_in(world.people[role])
    path = f"/f/aoba/ventures/{key(app, world.venture.id)}/people"
    browser.get(path, status)
    browser.post(path, form("owner"), status)
    browser.get("/f/aoba/people", 403)
    if status == 200:
        assert "new@example.jp" in browser.page.get_text() or browser.get(path)
        grant = world.people["member"].grants[0]
        browser.get(f"{path}/{key(app, grant.id)}/end")
        browser.post(f"{path}/{key(app, grant.id)}/end")
        assert db.session.get(Grant, grant.id).until_day
        browser.post(path, form("clerk"), 422)


def test_a_venture_without_people_says_what_to_do(app: Flask, admin, world):
    empty = make_venture(world.facility)
    page = admin.get(f"/f/aoba/ventures/{key(app, empty.id)}/people")
    assert "Invite the owner first" in page.get_text()
