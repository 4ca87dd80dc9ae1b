"""Lists that grow for years stand page by page, and nothing of them is lost."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from incubator.core import clock
from incubator.core.days import ONE_DAY
from incubator.graduation.models import FollowUp
from incubator.leases.importing.actions import KIND
from incubator.mentoring.models import SessionStatus
from incubator.organisations.models import Stage
from incubator.spaces.models import ImportRun
from incubator.web.keys import shuffle
from tests.factories.base import World, keep, make_venture, make_world
from tests.factories.bookings import make_booking
from tests.factories.mentoring import make_assignment, make_session
from tests.manners import words
from tests.screen import Browser

MANY = 23
HOUR = timedelta(hours=1)


def sessions(world: World) -> None:
    manager = world.people["manager"]
    make_assignment(manager, world.venture)
    now = clock.now().replace(microsecond=0)
    for day in range(1, MANY + 1):
        at, facts = now - day * ONE_DAY, {"status": SessionStatus.HELD}
        make_session(manager, world.venture, at, topic=f"Topic {day}", **facts)
    make_assignment(manager, other := make_venture(world.facility))
    make_session(manager, other, now - timedelta(hours=30), topic="Topic of others")


def assignments(world: World) -> None:
    first = clock.today() - 2 * MANY * ONE_DAY
    for day in range(MANY):
        venture = make_venture(world.facility, stage=Stage.LEFT, name_en=f"Topic {day}")
        days = {"from_day": first + day * ONE_DAY, "until_day": first + (day + 1) * ONE_DAY}
        make_assignment(world.people["manager"], venture, **days)


def without(world: World) -> None:
    make_assignment(world.people["manager"], world.venture)
    for number in range(MANY):
        make_venture(world.facility, f"Topic {number}", name_en="", stage=Stage.PROSPECT)


def alumni(world: World) -> None:
    for number in range(MANY):
        facts = {"stage": Stage.ALUMNUS, "name_en": f"Topic {number}"}
        left = clock.today() - (MANY - number) * ONE_DAY
        venture = make_venture(world.facility, left_on=left, **facts)
        about = {"facility_id": world.facility.id, "organisation_id": venture.id}
        keep(FollowUp(year=1, due_on=left + 365 * ONE_DAY, **about))


def imports(world: World) -> None:
    for number in range(MANY):
        keep(
            ImportRun(
                facility_id=world.facility.id,
                kind=KIND,
                sha256=f"{number:064}",
                file_name=f"Topic {number}",
                rows=27,
                applied_at=clock.now() - number * HOUR,
            )
        )


def bookings(world: World, sign: int) -> None:
    member, now = world.people["member"], clock.now().replace(microsecond=0)
    for day in range(1, MANY + 1):
        at, facts = now + sign * day * ONE_DAY, {"title": f"Topic {day}"}
        make_booking(world.rooms[0], member, at, venture=world.venture, **facts)


LISTS: list[tuple[str, str, str, Callable[[World], None]]] = [
    ("owner", "/v/{venture}/mentoring", "log", sessions),
    ("manager", "/f/aoba/mentoring/{venture}", "log", sessions),
    ("manager", "/f/aoba/sessions?show=past&venture={venture}", "", sessions),
    ("facility_admin", "/f/aoba/assignments", "history", assignments),
    ("facility_admin", "/f/aoba/assignments", "without", without),
    ("facility_admin", "/f/aoba/alumni", "departed", alumni),
    ("facility_admin", "/f/aoba/alumni", "to-ask", alumni),
    ("facility_admin", "/f/aoba/import/rent-roll", "runs", imports),
    ("owner", "/v/{venture}/bookings", "coming", lambda world: bookings(world, 1)),
    ("owner", "/v/{venture}/bookings", "past", lambda world: bookings(world, -1)),
]


@pytest.mark.parametrize(("who", "place", "card", "fill"), LISTS)
def test_every_row_stands_on_one_of_the_pages(app: Flask, browser: Browser, who, place, card, fill):
    world = make_world()
    fill(world)
    browser.sign_in(world.people[who])
    place = place.format(venture=shuffle(world.venture.id, app.config["URL_SECRET"]))
    around = f"section:has(#{card})" if card else "main section"
    first, link = on_page(browser, place, around, "next")
    assert urlsplit(link).fragment == card, "The next page begins where the list does."
    assert set(parse_qs(urlsplit(place).query)) < set(parse_qs(urlsplit(link).query))
    rest, none = on_page(browser, link, around, "next")
    assert (len(first), len(rest), none) == (20, MANY - 20, "")
    assert len({*first, *rest}) == MANY
    beyond = on_page(browser, re.sub(r"(\w+)=2", r"\1=9", link), around, "prev")
    assert beyond == ([], link), "Whoever asks for too much is led to the last page."
    assert on_page(browser, link, around, "prev")[0] == rest


def on_page(browser: Browser, place: str, around: str, rel: str) -> tuple[list[str], str]:
    """The rows of a list, and where another page of it is."""
    section = browser.get(place).select_one(around)
    link = section.select_one(f"nav.pager a[rel={rel}]")
    rows = [words(row) for row in section.select("li, tbody tr")]
    return rows, str(link["href"]) if link else ""
