"""A change of hours names what it closes over."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from incubator.core import clock
from incubator.core.days import ONE_DAY
from incubator.core.db import db
from incubator.mentoring.models import Mode
from incubator.web.keys import shuffle
from tests.factories.base import World, make_venture, make_world
from tests.factories.bookings import make_booking
from tests.factories.mentoring import make_session
from tests.manners import words
from tests.screen import Browser
from tests.web.test_spaces import filled

LIST = "/f/aoba/settings/outside"


@pytest.fixture
def world() -> World:
    world = make_world()
    world.facility.closed_weekdays, world.facility.closed_on_holidays = "", False
    return world


@pytest.fixture
def admin(world: World, browser: Browser) -> Browser:
    return browser.sign_in(world.people["facility_admin"])


def at(days: int, hour: int) -> datetime:
    day = clock.today() + days * ONE_DAY
    return datetime.combine(day, time(hour), ZoneInfo("Asia/Tokyo")).astimezone(UTC)


def booked(world: World, days: int, hour: int, room: int = 0, **facts):
    facts = {"venture": world.venture, **facts}
    return make_booking(world.rooms[room], world.people["member"], at(days, hour), **facts)


def listed(browser: Browser) -> list[str]:
    """Where the rows of the list lead."""
    assert browser.path == LIST
    return [str(link["href"]).rsplit("/", 1)[1] for link in browser.page.select("main tbody a")]


def key(app: Flask, row) -> str:
    return shuffle(row.id, app.config["URL_SECRET"])


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_shorter_hours_lead_to_what_lies_outside_them(app, admin, world, lang):
    admin.client.set_cookie("incubator_language", lang)
    early, late = booked(world, 2, 9), booked(world, 3, 19)
    for facts in ({"days": 4, "hour": 12}, {"days": 2, "hour": 20, "status": "cancelled"}):
        booked(world, **facts)
    booked(world, -1, 19)
    data = filled(admin.get("/f/aoba/settings"))
    page = admin.post("/f/aoba/settings", {**data, "open_minute": "10:00", "close_minute": "18:00"})
    assert listed(admin) == [key(app, early), key(app, late)]
    said = words(page.select_one(".flash.warn"))
    assert said.startswith("2 bookings lie outside" if lang == "en" else "この変更により")
    assert "10:00" in words(page.main)
    admin.get(f"/f/aoba/bookings/{key(app, late)}")
    page = admin.post("/f/aoba/settings", filled(admin.get("/f/aoba/settings")))
    assert admin.path == "/f/aoba/settings", "Nothing new lies outside."
    assert len(page.select(".flash")) == 1


def test_a_closed_weekday_or_day_names_rooms_and_sessions_without_one(app, admin, world):
    manager, day = world.people["manager"], clock.today() + 3 * ONE_DAY
    room = booked(world, 3, 12)
    with_room = booked(world, 3, 14, terms={**room.terms, "free": True})
    make_session(manager, world.venture, at(3, 14), booking_id=with_room.id)
    alone = make_session(manager, world.venture, at(3, 16), mode=Mode.ONLINE, topic="Secret")
    make_session(manager, make_venture(world.facility), at(4, 16), mode=Mode.ONLINE)
    page = admin.post("/f/aoba/settings/closed-days", {"day": str(day), "name": "棚卸し"})
    assert "3 bookings lie outside" in words(page)
    assert listed(admin) == [key(app, row) for row in (room, with_room, world.venture)]
    assert "Online" in words(page.main)
    assert alone.topic not in words(page.main), "What is talked about is not for the office."
    data = filled(admin.get("/f/aoba/settings"))
    page = admin.post(
        "/f/aoba/settings", {**data, "closed_weekdays": [str((day.weekday() + 1) % 7)]}
    )
    assert "1 booking lies outside" in words(page)
    assert len(listed(admin)) == 4


def test_a_room_closed_for_booking_or_earlier_names_what_is_booked_in_it(app, admin, world):
    first, second = booked(world, 1, 10), booked(world, 2, 17)
    booked(world, 2, 17, room=1)
    path = f"/f/aoba/rooms/{key(app, world.rooms[0])}"
    form = filled(admin.get(path))
    assert "Saved." in words(admin.post(path, form))
    assert admin.path == "/f/aoba/rooms"
    page = admin.post(path, {**form, "close_minute": "17:30"})
    assert "This room can be used from" in words(page.main)
    assert listed(admin) == [key(app, second)]
    del form["bookable"]
    page = admin.post(path, form)
    assert "This room cannot be booked at the moment." in words(page.main)
    assert listed(admin) == [key(app, first), key(app, second)]


def test_the_list_is_empty_bounded_and_for_those_who_set_the_hours(admin, world):
    assert "Nothing is booked outside" in words(admin.get(LIST).main)
    for days in range(1, 25):
        booked(world, days, 22)
    world.facility.close_minute = 20 * 60
    db.session.flush()
    assert len(admin.get(LIST).select("tbody tr")) == 20
    assert len(admin.follow("Next").select("tbody tr")) == 4
    admin.sign_out().sign_in(world.people["manager"])
    admin.get(LIST, 403)
