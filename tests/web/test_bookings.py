"""Booking rooms at the screen."""

from datetime import date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import url_for

from incubator.bookings.actions import tell_of_bookings
from incubator.bookings.models import Booking, BookingStatus
from incubator.core import clock
from incubator.core.days import ONE_DAY
from incubator.core.db import db
from incubator.core.outbox import OutboxMail
from incubator.organisations.models import Stage
from incubator.spaces.models import ClosedDay
from incubator.web.keys import shuffle
from tests.factories.base import keep, make_facility, make_person, make_venture, make_world
from tests.factories.bookings import at, make_booking
from tests.manners import words

DAY = date(2026, 11, 30)
NOW = at("2026-11-30 10:40")
SECRET = "極秘の面談"


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world()


def path(app, endpoint, **values):
    with app.test_request_context():
        return url_for(f"bookings.{endpoint}", **values)


def own(app, world, endpoint, **values):
    return path(app, endpoint, venture_id=world.venture.id, **values)


def office(app, world, endpoint, **values):
    return path(app, endpoint, code=world.facility.code, **values)


def booked(world, start="2026-11-30 13:00", minutes=60, room=0, **facts):
    by = world.people["member"]
    return make_booking(world.rooms[room], by, at(start), minutes, **facts)


def fields(page):
    form = page.select_one("main form[method=post]")
    found = {each["name"]: each.get("value", "") for each in form.select("input[name]")}
    for select in form.select("select[name]"):
        chosen = select.select_one("option[selected]") or select.select_one("option")
        found[select["name"]] = chosen["value"]
    return form["action"], found


def bookings():
    return list(db.session.scalars(db.select(Booking).order_by(Booking.id)))


FAR = date(2027, 3, 1)
"""A Monday 91 days from today."""


def test_ventures_are_offered_nothing_behind_the_last_day_that_can_be_booked(app, world, browser):
    browser.sign_in(world.people["member"])
    last, far = (FAR - ONE_DAY * 3).isoformat(), FAR.isoformat()
    assert browser.get(own(app, world, "book", day=last)).select("a.slot")
    page = browser.get(own(app, world, "book", day=far))
    assert not page.select("a.slot")
    assert "Rooms can be booked until Sun 28 Feb 2027" in words(page)
    assert browser.get(own(app, world, "own_day", day=last)).select("a.gap")
    page = browser.get(own(app, world, "own_day", day=far))
    assert not page.select("a.gap")
    assert "Rooms can be booked until Sun 28 Feb 2027" in words(page)
    key = shuffle(world.rooms[0].id, app.config["URL_SECRET"])
    room = own(app, world, "choose", room_id=world.rooms[0].id, day=far)
    assert "This day cannot be booked yet." in words(browser.get(room))
    assert not browser.page.select('a[href*="confirm"]')
    assert "Later days" not in words(browser.page)
    page = browser.get(own(app, world, "confirm", room=key, day=far, start="10:00"))
    assert "This room can be booked up to Sun 28 Feb 2027 so far." in words(page)
    assert not page.select("main form button.btn-primary")
    browser.sign_in(world.people["facility_admin"])
    assert browser.get(office(app, world, "day", day=far)).select("a.gap")
    page = browser.get(office(app, world, "new", room=key, day=far, start="10:00"))
    assert "booked up to" not in words(page)
    action, typed = fields(page)
    browser.post(action, typed)
    assert [each.starts_at for each in bookings()] == [at("2027-03-01 10:00")]


def test_three_taps_book_a_room(app, world, browser):
    browser.sign_in(world.people["member"])
    page = browser.get(own(app, world, "book"))
    assert "Free now" in page.get_text()
    slot = page.select_one("a.slot")
    page = browser.get(slot["href"])
    assert page.h1.get_text() == "Book Meeting room 1"
    action, typed = fields(page)
    assert (typed["start"], typed["minutes"]) == ("10:45", "60")
    page = browser.post(action, typed)
    assert "Meeting room 1 is booked on Mon 30 Nov 2026, 10:45–11:45." in page.get_text()
    [booking] = bookings()
    assert (booking.starts_at, booking.price) == (at("2026-11-30 10:45"), 500)
    page = browser.post(action, typed | {"start": "14:00"})
    assert "Meeting room 1 is booked on Mon 30 Nov 2026, 10:45–11:45." in page.get_text()
    assert bookings() == [booking]
    browser.post(action, typed)
    assert bookings() == [booking]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_opens_in_both_languages(app, world, browser, language):
    world.facility.included_room_minutes = 600
    ours = booked(world, venture=world.venture, title="定例", price=500)
    booked(world, "2026-11-30 15:00", status=BookingStatus.CANCELLED, venture=world.venture,
           cancelled_at=NOW, cancel_fee=300)  # fmt: skip
    room = world.rooms[0].id
    for who, pages in (
        ("member", [
            own(app, world, "book"), own(app, world, "book", day="2026-12-01", seats="4"),
            own(app, world, "book", day="2026-12-06"), own(app, world, "own_day"),
            own(app, world, "choose", room_id=room), own(app, world, "own_bookings"),
            own(app, world, "own_booking", booking_id=ours.id),
        ]),
        ("facility_admin", [
            office(app, world, "day"), office(app, world, "new"),
            office(app, world, "day", seats="99"), office(app, world, "day", floor="1"),
            office(app, world, "booking", booking_id=ours.id),
        ]),
        ("clerk", [office(app, world, "day")]),
    ):  # fmt: skip
        world.people[who].language = language
        browser.sign_in(world.people[who])
        for address in pages:
            browser.get(address)


@pytest.mark.parametrize("who", ["member", "clerk"])
def test_others_bookings_are_only_busy(app, world, browser, who):
    other = make_venture(world.facility, "よその株式会社", name_en="Elsewhere Inc")
    booking = booked(world, venture=other, title=SECRET)
    browser.sign_in(world.people[who])
    at_desk = who == "clerk"
    page = browser.get(office(app, world, "day") if at_desk else own(app, world, "own_day"))
    text = str(page)
    assert "13:00" in page.select_one(".ev").get_text()
    assert "Booked" in page.select_one(".ev").get_text()
    for secret in (SECRET, "よその", "Elsewhere"):
        assert secret not in text
    if at_desk:
        browser.fetch(office(app, world, "booking", booking_id=booking.id), 403)
        assert not page.select("a.gap")
    else:
        browser.fetch(own(app, world, "own_booking", booking_id=booking.id), 404)
        cancel = own(app, world, "own_cancel", booking_id=booking.id)
        browser.fetch(cancel, 404, method="POST")


@pytest.mark.parametrize(
    ("paid", "said", "unsaid"),
    [
        ({"included_minutes": 60}, "of included time do not come back", "Cancelling now costs"),
        ({"price": 500}, "Cancelling now costs ¥500 before tax.", "of included time do"),
    ],
)
def test_only_what_cancelling_late_costs_is_said(app, world, browser, paid, said, unsaid):
    booking = booked(world, venture=world.venture, **paid)
    browser.sign_in(world.people["member"])
    page = browser.get(own(app, world, "own_booking", booking_id=booking.id)).main.get_text()
    assert said in page
    assert unsaid not in page


def test_the_office_sees_who_and_what(app, world, browser):
    booked(world, venture=world.venture, title=SECRET)
    browser.sign_in(world.people["manager"])
    page = browser.get(office(app, world, "day"))
    event = page.select_one("a.ev")
    assert "Kumo Robotics" in event.get_text()
    assert SECRET in event.get_text()
    page = browser.get(event["href"])
    assert "Kumo Robotics" in page.get_text()


def test_a_room_that_is_closed_stays_on_the_day_while_our_booking_of_it_stands(app, world, browser):
    booked(world, venture=world.venture)
    booked(world, room=1)
    for room in world.rooms[:2]:
        room.bookable = False
    browser.sign_in(world.people["member"])
    page = browser.get(own(app, world, "own_day"))
    assert [words(each) for each in page.select(".tl-room h2")] == [
        "Meeting room 1",
        "Meeting room 3",
    ]
    first, _ = page.select(".tl-room")
    assert first.select_one(".ev.mine")
    assert not first.select("a.gap")


def test_a_gap_on_the_timeline_leads_to_its_own_confirm_page(app, world, browser):
    booked(world, "2026-11-30 12:00", venture=world.venture)
    browser.sign_in(world.people["member"])
    page = browser.get(own(app, world, "own_day"))
    assert page.select_one(".ev.mine")
    gap = page.select("a.gap")[1]
    asked = parse_qs(urlsplit(gap["href"]).query)
    assert asked["start"] == ["13:00"]
    page = browser.get(gap["href"])
    assert fields(page)[1]["start"] == "13:00"


def test_a_taken_time_is_refused_with_the_nearest_free_ones(app, world, browser):
    browser.sign_in(world.people["member"])
    confirm = own(app, world, "confirm")
    page = browser.get(own(app, world, "book"))
    action, typed = fields(browser.get(page.select_one("a.slot")["href"]))
    booked(world, "2026-11-30 13:00", 120, venture=make_venture(world.facility), title=SECRET)
    typed |= {"start": "14:00", "minutes": "60", "title": "会議"}
    page = browser.post(action, typed, 409)
    text = page.get_text()
    assert "Meeting room 1 is taken from Mon 30 Nov 2026 13:00 to 15:00." in text
    assert SECRET not in text
    links = [link for link in page.select("main a.btn") if confirm in link["href"]]
    assert [link.get_text() for link in links] == [
        "12:00–13:00", "15:00–16:00", "Tue 1 Dec 14:00–15:00"
    ]  # fmt: skip
    assert page.select_one("input[name=title]")["value"] == "会議"
    page = browser.get(links[1]["href"])
    action, again = fields(page)
    assert (again["start"], again["title"]) == ("15:00", "会議")
    browser.post(action, again)
    assert len(bookings()) == 2


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"start": "06:00"}, "This time has passed"),
        ({"start": "20:30"}, "from 08:00 to 21:00"),
        ({"day": "2026-12-06"}, "We are closed on"),
        ({"day": "2027-12-06"}, "so far"),
        ({"day": "garbage"}, "is not a date"),
        ({"minutes": "15"}, "at least"),
        ({"minutes": "xx"}, "Choose how long"),
        ({"start": "25:00"}, "Choose when to begin"),
        ({"seen": "0", "minutes": "120"}, "the price is ¥1,000"),
        ({"title": "a\u202eb"}, "cannot be shown"),
    ],
)
def test_a_refusal_says_why_and_keeps_what_was_typed(app, world, browser, changes, says):
    browser.sign_in(world.people["member"])
    page = browser.get(own(app, world, "book"))
    action, typed = fields(browser.get(page.select_one("a.slot")["href"]))
    page = browser.post(action, {**typed, "title": "会議", **changes}, 422)
    assert says in page.select_one("[role=alert]").get_text()
    assert page.title.get_text().count("Error") == 1
    if "title" not in changes:
        assert page.select_one("input[name=title]")["value"] == "会議"
    assert bookings() == []


@pytest.mark.parametrize("seen", ["12000", "", "x", "-24000", "9" * 5000])
def test_nobody_books_at_a_price_they_have_not_seen(app, world, browser, seen):
    world.rooms[0].price_per_step = 12_000
    browser.sign_in(world.people["member"])
    page = browser.get(own(app, world, "book"))
    action, typed = fields(browser.get(page.select_one("a.slot")["href"]))
    assert typed["seen"] == "12000"
    page = browser.post(action, {**typed, "minutes": "120", "seen": seen}, 422)
    assert "the price is ¥24,000" in page.select_one("[role=alert]").get_text()
    assert bookings() == []
    action, typed = fields(page)
    browser.post(action, typed)
    assert [each.price for each in bookings()] == [24_000]


@pytest.mark.parametrize("who", ["member", "manager"])
def test_a_second_click_leads_to_what_the_first_booked_with_the_last_included_hour(
    app, world, browser, who
):
    def key_of(row):
        return shuffle(row.id, app.config["URL_SECRET"])

    world.facility.included_room_minutes = 60
    asked = {"room": key_of(world.rooms[0]), "day": "2026-11-30", "start": "13:00"}
    if who == "member":
        address = own(app, world, "confirm", **asked)
    else:
        address = office(app, world, "new", **asked, venture=key_of(world.venture))
    browser.sign_in(world.people[who])
    action, typed = fields(browser.get(address))
    assert (typed["minutes"], typed["seen"]) == ("60", "0")
    places = []
    for _ in range(2):
        page = browser.post(action, typed)
        assert "Meeting room 1 is booked on Mon 30 Nov 2026, 13:00–14:00." in page.get_text()
        places.append(browser.path)
    [booking] = bookings()
    assert (booking.price, booking.included_minutes) == (0, 60)
    assert places[0] == places[1]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"day": "2026-11-30", "start": "13:30"}, "This time is not free."),
        ({"day": "2026-12-06"}, "We are closed on Sun 6 Dec 2026."),
        ({"day": "2026-12-08"}, "We are closed on Tue 8 Dec 2026 (点検日)."),
        ({"day": "2026-11-30", "start": "08:30"}, "This time has passed."),
        ({"day": "2026-12-01", "start": "22:00"}, "This room can be used from 08:00 to 21:00."),
        ({"day": "2026-12-01", "start": "12:00"}, None),
    ],
)
def test_a_time_that_cannot_be_had_says_why(app, world, browser, asked, says):
    keep(ClosedDay(facility_id=world.facility.id, day=date(2026, 12, 8), name="点検日"))
    booked(world)
    room = own(app, world, "choose", room_id=world.rooms[0].id).rpartition("/")[2]
    for who, page in (
        ("member", own(app, world, "confirm", room=room, **asked)),
        ("facility_admin", office(app, world, "new", room=room, **asked)),
    ):
        browser.sign_in(world.people[who])
        note = browser.get(page).select_one("main .note.warn")
        assert (says in note.get_text()) if says else note is None


def test_a_house_that_is_closed_today_says_so_at_any_hour(app, world, browser):
    keep(ClosedDay(facility_id=world.facility.id, day=DAY, name="点検日"))
    browser.sign_in(world.people["facility_admin"])
    page = browser.get(office(app, world, "new", day=DAY.isoformat()))
    assert "(点検日)" in page.select_one("main .note.warn").get_text()
    assert fields(page)[1]["day"] == (DAY + ONE_DAY).isoformat()


def test_the_price_shows_what_is_included(app, world, browser):
    world.facility.included_room_minutes = 90
    browser.sign_in(world.people["member"])
    page = browser.get(own(app, world, "book"))
    assert "within included hours" in page.get_text()
    page = browser.get(page.select_one("a.slot")["href"] + "&minutes=120")
    text = page.select_one("#price").get_text()
    assert "−¥500" in text
    assert "¥500" in page.select_one(".line-x.total").get_text()


@pytest.mark.parametrize(
    ("day", "says"),
    [
        ("2026-11-30", "Included this month: 30 min left of 1 h 30 min."),
        ("2026-12-01", "Included in Dec 2026: 1 h 30 min left of 1 h 30 min."),
    ],
)
def test_included_hours_are_named_with_their_month(app, world, browser, day, says):
    world.facility.included_room_minutes = 90
    booked(world, venture=world.venture, included_minutes=60)
    browser.sign_in(world.people["member"])
    assert says in words(browser.get(own(app, world, "book", day=day)))


def test_a_house_open_at_midnight_shows_now_only_today(app, world, browser):
    world.facility.open_minute = 0
    for room in world.rooms:
        room.open_minute = 0
    browser.sign_in(world.people["member"])
    assert browser.get(own(app, world, "own_day")).select("li.now")
    assert not browser.get(own(app, world, "own_day", day="2026-12-01")).select("li.now")


def test_a_booking_until_midnight_ends_at_24_hours_everywhere(app, world, browser):
    booking = booked(world, "2026-11-30 23:00", venture=world.venture)
    browser.sign_in(world.people["member"])
    page = browser.get(own(app, world, "own_booking", booking_id=booking.id))
    assert "23:00–24:00" in words(page)


def test_included_hours_that_are_lost_are_said_after_cancelling(app, world, browser):
    booking = booked(world, "2026-11-30 16:00", venture=world.venture, included_minutes=60)
    browser.sign_in(world.people["member"])
    page = browser.post(own(app, world, "own_cancel", booking_id=booking.id))
    assert "1 h of included time do not come back." in words(page)


def test_cancelling_shows_the_fee_first(app, world, browser):
    browser.sign_in(world.people["member"])
    page = browser.get(own(app, world, "book"))
    action, typed = fields(browser.get(page.select_one("a.slot")["href"]))
    page = browser.post(action, {**typed, "start": "16:00"})
    assert "Cancelling now costs ¥500 before tax." in page.get_text()
    action, typed = fields(page)
    page = browser.post(action, typed)
    assert "The fee of ¥500 is on the first invoice after the booked day." in page.get_text()
    [booking] = bookings()
    assert (booking.status, booking.cancel_fee) == (BookingStatus.CANCELLED, 500)
    browser.post(action, typed)


def test_what_has_begun_cannot_be_cancelled_by_a_stale_page(app, world, browser):
    ours = booked(world, "2026-11-30 10:00", venture=world.venture)
    browser.sign_in(world.people["member"])
    page = browser.post(own(app, world, "own_cancel", booking_id=ours.id), status=422)
    assert "already begun" in page.get_text()


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-11-30 22:10", "2026-11-30"),
        ("2026-11-30 22:10", ""),
        ("2026-11-30 10:40", "2026-11-28"),
    ],
)
def test_the_office_is_offered_the_next_time_there_is(app, world, browser, monkeypatch, now, day):
    """After closing, on a closed day, and in the past, nothing that has passed is chosen before."""
    keep(ClosedDay(facility_id=world.facility.id, day=date(2026, 12, 1), name="停電"))
    monkeypatch.setattr(clock, "now", lambda: at(now))
    browser.sign_in(world.people["facility_admin"])
    page = browser.get(office(app, world, "new", day=day) if day else office(app, world, "new"))
    late = now.endswith("22:10")
    expected = ("2026-12-02", "08:00") if late else ("2026-11-30", "10:45")
    action, form = fields(page)
    assert (form["day"], form["start"]) == expected
    told = words(page.select_one("main .note.warn"))
    assert told.startswith("Nothing is free in this room on")
    assert told.endswith("The next free time is chosen below.")
    assert "is booked on" in words(browser.post(action, form))


def test_the_office_is_offered_the_nearest_times_for_one_that_cannot_be_had(app, world, browser):
    booked(world, "2026-11-30 13:00")
    browser.sign_in(world.people["facility_admin"])
    for start, nearest in (("13:00", "14:00–15:00"), ("09:00", "10:45–11:45")):
        page = browser.get(office(app, world, "new", day=DAY.isoformat(), start=start))
        assert page.select(".note.warn")
        assert nearest in words(page.select_one("section:has(#instead)"))
    full = browser.get(office(app, world, "new", day=DAY.isoformat(), start="10:45"))
    assert not full.select("#instead")


def test_the_office_books_for_a_company_and_for_the_house(app, world, browser):
    browser.sign_in(world.people["facility_admin"])
    page = browser.get(office(app, world, "day"))
    page = browser.get(page.select_one("a.gap")["href"])
    action, typed = fields(page)
    assert typed["venture"] == ""
    page = browser.post(action, {**typed, "title": "清掃"})
    assert "The house" in page.get_text()
    make_venture(world.facility, stage=Stage.ALUMNUS)
    options = browser.get(office(app, world, "new")).select("#venture option")
    assert [each.text for each in options] == ["The house", "Kumo Robotics"]
    key = next(each["value"] for each in options if each["value"])
    again = {**typed, "venture": key, "start": "12:00", "once_key": "", "seen": "500"}
    browser.post(action, again)
    house, ours = bookings()
    assert (house.organisation_id, house.price) == (None, 0)
    assert (ours.organisation_id, ours.price) == (world.venture.id, 500)
    taken = browser.post(action, {**again, "once_key": "z"}, 409)
    assert "Nearest free times" in taken.get_text()
    browser.post(action, {**again, "day": "2026-12-06"}, 422)
    browser.post(action, {**again, "day": "?"}, 422)
    browser.fetch(action, 404, method="POST", data={**again, "venture": "nonsense"})
    browser.fetch(action, 404, method="POST", data={**again, "room": "nonsense"})
    stranger = make_venture(make_world("other").facility)
    with app.test_request_context():
        foreign = url_for("bookings.own_bookings", venture_id=stranger.id).split("/")[2]
    browser.fetch(action, 404, method="POST", data={**again, "venture": foreign})


def test_the_office_cancels_without_a_fee_and_notes_no_shows(app, world, browser):
    soon = booked(world, "2026-11-30 13:00", venture=world.venture, price=500)
    begun = booked(world, "2026-11-30 10:00", venture=world.venture, price=500)
    browser.sign_in(world.people["manager"])
    page = browser.get(office(app, world, "booking", booking_id=soon.id))
    assert "cancelling now costs ¥500" in page.get_text()
    cancel = office(app, world, "cancel", booking_id=soon.id)
    browser.post(office(app, world, "no_show", booking_id=soon.id), status=422)
    page = browser.post(cancel, {"waive": "yes"})
    assert "without a fee" in page.get_text()
    browser.post(office(app, world, "cancel", booking_id=begun.id), status=422)
    page = browser.post(office(app, world, "no_show", booking_id=begun.id))
    assert page.select_one("[name=came][value=yes]")
    browser.post(office(app, world, "no_show", booking_id=begun.id), {"came": "yes"})
    assert db.session.get(Booking, begun.id).status is BookingStatus.CONFIRMED
    page = browser.post(office(app, world, "no_show", booking_id=begun.id))
    assert "Noted: nobody came" in page.get_text()
    db.session.expire_all()
    assert (soon.status, soon.cancel_fee) == (BookingStatus.CANCELLED, 0)
    assert begun.status is BookingStatus.NO_SHOW


def test_doors(app, world, browser):
    stranger = make_person("owner", venture=make_venture(world.facility))
    browser.sign_in(stranger)
    for endpoint in ("book", "own_day", "own_bookings", "confirm"):
        browser.fetch(own(app, world, endpoint), 404)
    browser.sign_in(world.people["clerk"])
    browser.fetch(office(app, world, "new"), 403)
    browser.sign_in(world.people["member"])
    browser.fetch(office(app, world, "day"), 404)
    browser.fetch(own(app, world, "confirm", room="nonsense"), 404)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "Europe/Berlin"])
def test_a_booking_shows_the_same_time_wherever_it_is_shown(app, world, browser, zone):
    world.facility.zone = zone
    world.people["member"].language = "en"
    browser.sign_in(world.people["member"])
    gap = browser.get(own(app, world, "own_day", day="2026-12-02")).select_one("a.gap")
    action, typed = fields(browser.get(gap["href"]))
    typed |= {"start": "13:15", "minutes": "90", "seen": "1000"}
    said = browser.post(action, typed).select_one("main").get_text()
    [booking] = bookings()
    shown = {
        "said": said,
        "own": browser.get(own(app, world, "own_booking", booking_id=booking.id)).main.get_text(),
        "list": browser.get(own(app, world, "own_bookings")).main.get_text(),
        "day": browser.get(own(app, world, "own_day", day="2026-12-02")).main.get_text(),
        "home": browser.get(
            own(app, world, "own_bookings").rpartition("/")[0] + "/"
        ).main.get_text(),
    }
    browser.sign_in(world.people["facility_admin"])
    shown["office"] = browser.get(
        office(app, world, "booking", booking_id=booking.id)
    ).main.get_text()
    shown["office day"] = browser.get(office(app, world, "day", day="2026-12-02")).main.get_text()
    tell_of_bookings(now=booking.booked_at)
    shown["mail"] = db.session.scalars(db.select(OutboxMail)).one().body
    assert {name for name, text in shown.items() if "13:15–14:45" not in text} == set()


def test_a_facility_without_rooms_says_so(app, world, browser):
    for room in world.rooms:
        room.bookable = False
    browser.sign_in(world.people["member"])
    assert "no room to book" in browser.get(own(app, world, "book")).get_text()
    page = browser.get(own(app, world, "choose", room_id=world.rooms[0].id))
    assert "cannot be booked" in page.get_text()
    browser.sign_in(world.people["manager"])
    browser.fetch(office(app, world, "new"), 404)


def test_a_day_with_many_bookings_asks_no_more_questions(app, world, browser):
    start = datetime.fromisoformat("2026-11-30T08:00+09:00")
    for number in range(20):
        booked(world, (start + timedelta(minutes=30 * number)).strftime("%Y-%m-%d %H:%M"), 30,
               venture=world.venture)  # fmt: skip
    browser.sign_in(world.people["manager"])
    page = browser.get(office(app, world, "day"))
    assert len(page.select("a.ev")) == 20
    assert page.select_one("li.now")


def test_what_people_typed_is_never_markup(app, world, browser):
    world.venture.name_en = "<b>& Co"
    world.rooms[0].name_en = '"><i>room'
    booked(world, venture=world.venture, title="<script>alert(1)</script>")
    booked(world, "2026-11-30 16:00", 30, title="<u>")
    browser.sign_in(world.people["manager"])
    page = browser.get(office(app, world, "day"))
    assert not page.select(".tl-room :is(b, i, u, script)")
    assert "<script>alert(1)</script>" in page.select_one("a.ev").get_text()
    assert '"><i>room is free' in page.select_one("a.gap").get_text()


@pytest.mark.parametrize("role", ["facility_admin", "manager"])
def test_the_day_of_a_house_without_rooms_says_who_adds_them(browser, role):
    browser.sign_in(make_person(role, facility=make_facility("empty")))
    for place in ("bookings", "rooms"):
        page = browser.get(f"/f/empty/{place}")
        assert "There are no shared rooms yet" in words(page.main)
        assert ("administrator adds them" in words(page.main)) is (role == "manager")
        offered = [link["href"] for link in page.select(".empty a")]
        assert offered == (["/f/empty/rooms/new"] if role == "facility_admin" else [])
    page = browser.get("/f/empty/bookings?seats=8&day=2026-12-01")
    assert page.select_one(".empty a")["href"] == "/f/empty/bookings?day=2026-12-01"


def test_a_venture_is_told_to_clear_its_filter_only_if_it_set_one(app, browser):
    venture = make_venture(make_facility("empty"))
    browser.sign_in(make_person("owner", venture=venture))
    for endpoint in ("book", "own_day"):
        place = path(app, endpoint, venture_id=venture.id, day="2026-12-01")
        page = browser.get(place)
        assert "There is no room to book" in words(page.main)
        assert not page.select(".empty a")
        page = browser.get(f"{place}&seats=8")
        assert "Nothing matches these filters" in words(page.main)
        assert page.select_one(".empty a")["href"] == place
