from datetime import UTC, date, datetime

import pytest
import time_machine

from incubator.core.db import db
from incubator.organisations.models import Organisation
from incubator.web.keys import shuffle
from tests.factories.base import make_facility, make_venture, make_world
from tests.manners import words

FORM = {
    "name": "株式会社ほしぞら",
    "name_kana": "ホシゾラ",
    "language": "ja",
    "corporate_number": "4000012090001",
}


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def admin(world, browser):
    return browser.sign_in(world.people["facility_admin"])


@pytest.fixture
def page_of(app):
    return lambda venture: f"/f/aoba/ventures/{shuffle(venture.id, app.config['URL_SECRET'])}"


@pytest.fixture
def profile(app, world):
    return f"/v/{shuffle(world.venture.id, app.config['URL_SECRET'])}/profile"


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("role", ["facility_admin", "clerk", "manager"])
def test_the_list_and_the_page_open_for_staff(world, browser, page_of, role, lang):
    world.people[role].language = lang
    browser.sign_in(world.people[role])
    name = {"ja": "株式会社くもロボティクス", "en": "Kumo Robotics"}[lang]
    page = browser.get("/f/aoba/ventures")
    assert name in words(page)
    page = browser.get(page_of(world.venture))
    assert words(page.h1) == name
    assert "株式会社くもロボティクス" in words(page)
    assert world.lease.number in words(page)


def test_who_sees_money_and_figures(world, browser, page_of):
    shown = {}
    for role in ("facility_admin", "clerk", "manager"):
        page = browser.sign_in(world.people[role]).get(page_of(world.venture))
        shown[role] = {part for part in ("money", "figures", "sessions") if page.find(id=part)}
    assert shown == {
        "facility_admin": {"money", "figures"},
        "clerk": {"money"},
        "manager": {"figures", "sessions"},
    }


def test_ventures_are_searched_and_paged(admin, world):
    for number in range(25):
        make_venture(world.facility, f"会社{number:02d}", name_kana=f"カイシャ{number:02d}")
    page = admin.get("/f/aoba/ventures?q=かいしゃ")
    assert "25 ventures" in words(page)
    assert len(page.select("tbody tr")) == 20
    page = admin.follow("Next")
    assert len(page.select("tbody tr")) == 5
    assert "Nothing matches" in words(admin.get("/f/aoba/ventures?q=zzz&page=x"))
    assert "Nothing matches" in words(admin.get("/f/aoba/ventures?stage=alumnus"))


def test_a_venture_is_added_and_changed(admin, world):
    page = admin.post("/f/aoba/ventures/new", FORM)
    assert words(page.h1) == "株式会社ほしぞら"
    path = admin.path
    again = admin.post("/f/aoba/ventures/new", FORM, 422)
    assert "already has this corporate number" in words(again)
    assert again.select_one("#name")["value"] == "株式会社ほしぞら"
    admin.get(f"{path}/edit")
    page = admin.post(
        f"{path}/edit", {**FORM, "founded_on": "令和5年4月1日", "capital": "１，０００，０００円"}
    )
    venture = db.session.scalars(
        db.select(Organisation).where(Organisation.name == FORM["name"])
    ).one()
    assert (venture.founded_on, venture.capital) == (date(2023, 4, 1), 1_000_000)
    assert "¥1,000,000" in words(page)
    wrong = admin.post(f"{path}/edit", {**FORM, "corporate_number": "1234567890123"}, 422)
    assert "would begin with 9" in words(wrong)
    assert "fill this in" in words(admin.post(f"{path}/edit", {**FORM, "name": ""}, 422))


def test_at_eight_in_the_morning_today_is_the_day_of_the_house(world, browser):
    with time_machine.travel(datetime(2026, 11, 23, 23, tzinfo=UTC)):
        admin = browser.sign_in(world.people["facility_admin"])
        admin.post("/f/aoba/ventures/new", {**FORM, "founded_on": "2026-11-25"}, 422)
        page = admin.post("/f/aoba/ventures/new", {**FORM, "founded_on": "2026-11-24"})
    assert words(page.h1) == FORM["name"]


def test_a_clerk_changes_no_venture(world, browser, page_of):
    browser.sign_in(world.people["clerk"])
    browser.get("/f/aoba/ventures/new", 403)
    browser.get(f"{page_of(world.venture)}/edit", 403)


def test_a_venture_of_another_house_does_not_exist(admin, world, page_of):
    stranger = make_venture(make_facility("other"), "秘密株式会社")
    page = admin.get(page_of(stranger), 404)
    assert "秘密株式会社" not in words(page)
    admin.get(f"{page_of(stranger)}/edit", 404)


def test_an_owner_keeps_the_profile_up_to_date(world, browser, profile):
    browser.sign_in(world.people["owner"])
    page = browser.get(profile)
    assert "株式会社くもロボティクス" in words(page)
    browser.get(f"{profile}/edit")
    page = browser.post(
        f"{profile}/edit", {"phone": "022-123-4567", "name": "乗っ取り", "language": "en"}
    )
    assert "022-123-4567" in words(page)
    assert world.venture.name == "株式会社くもロボティクス"
    wrong = browser.post(f"{profile}/edit", {"email": "nobody", "language": "ja"}, 422)
    assert "an e-mail address like name@example.jp" in words(wrong)


def test_a_member_only_reads_it(world, browser, profile):
    browser.sign_in(world.people["member"])
    assert "Edit" not in words(browser.get(profile).main)
    browser.get(f"{profile}/edit", 403)
