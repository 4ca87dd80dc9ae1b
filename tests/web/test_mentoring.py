"""Pages about mentoring, by what a person sees."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from incubator.bookings.models import BookingStatus
from incubator.core import clock
from incubator.core.audit import AuditEntry
from incubator.core.days import ONE_DAY
from incubator.core.db import db
from incubator.core.outbox import OutboxMail
from incubator.mentoring.models import (
    ActionItem,
    ActionOwner,
    Assignment,
    Availability,
    AvailabilityException,
    MentoringSession,
    SessionNote,
    SessionStatus,
    Visibility,
)
from incubator.web.keys import shuffle
from tests.factories.base import (
    World,
    keep,
    make_facility,
    make_person,
    make_venture,
    make_world,
)
from tests.factories.bookings import TERMS, make_booking
from tests.factories.mentoring import (
    make_assignment,
    make_item,
    make_note,
    make_session,
    make_week,
)
from tests.factories.people import end_roles
from tests.manners import made_for, words
from tests.screen import Browser

TOKYO = ZoneInfo("Asia/Tokyo")
HOUR = timedelta(hours=1)
OWNERS = {"owner_1": "venture", "owner_2": "venture", "owner_3": "manager"}


@pytest.fixture
def world() -> World:
    world = make_world()
    world.facility.closed_weekdays = ""
    manager = world.people["manager"]
    make_assignment(manager, world.venture)
    make_week(manager, world.facility.id)
    return world


@pytest.fixture
def key(app: Flask):
    return lambda row: shuffle(row.id, app.config["URL_SECRET"])


def noon(days: int) -> datetime:
    """Noon in Tokyo some days from today."""
    return datetime.combine(clock.today() + days * ONE_DAY, time(12), TOKYO).astimezone(UTC)


def now() -> datetime:
    return clock.now().replace(microsecond=0)


def text(page) -> str:
    return words(page.find("main"))


def slot(at: datetime) -> str:
    return f"start={at:%Y%m%dT%H%MZ}&minutes=60"


def one_session() -> MentoringSession:
    return db.session.scalars(db.select(MentoringSession)).one()


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_venture_books_moves_and_cancels(browser: Browser, world, key, lang):
    browser.client.set_cookie("incubator_language", lang)
    browser.sign_in(world.people["owner"])
    home = f"/v/{key(world.venture)}/mentoring"
    browser.get(home)
    browser.get(f"{home}/book")
    link = browser.page.select_one(f'a[href*="{noon(2):%Y%m%dT%H%MZ}"]')
    browser.get(str(link["href"]))
    room = world.rooms[0]
    form = {"topic": "販路開拓", "place": f"room:{room.code}", "once_key": "once"}
    page = browser.post(str(link["href"]), form)
    assert "販路開拓" in text(page)
    session = one_session()
    assert (session.starts_at, session.booking.room_id) == (noon(2), room.id)
    move = f"{home}/{key(session)}/reschedule"
    browser.get(move)
    address = f"{move}?{slot(noon(3))}"
    browser.get(address)
    browser.post(address, {"place": "online"})
    session = one_session()
    assert (session.starts_at, session.booking, session.ics_sequence) == (noon(3), None, 1)
    browser.get(f"{home}/{key(session)}/cancel")
    browser.post(f"{home}/{key(session)}/cancel", {"reason": "日程変更"})
    assert one_session().status is SessionStatus.CANCELLED


def test_the_room_of_a_session_goes_with_it_and_never_alone(browser, world, key):
    browser.sign_in(world.people["owner"])
    address = f"/v/{key(world.venture)}/mentoring/book?{slot(noon(2))}"
    browser.post(address, {"place": f"room:{world.rooms[0].code}", "once_key": "once"})
    session, told = one_session(), mails()
    at_home = f"/v/{key(world.venture)}/bookings/{key(session.booking)}"
    at_desk = f"/f/aoba/bookings/{key(session.booking)}"
    for role, page, link in (
        ("owner", at_home, f"/v/{key(world.venture)}/mentoring/{key(session)}"),
        ("manager", at_desk, f"/f/aoba/sessions/{key(session)}"),
        ("facility_admin", at_desk, None),
    ):
        browser.sign_in(world.people[role])
        assert "becomes free when the session is moved or cancelled" in text(browser.get(page))
        assert not browser.page.select(f'form[action="{page}/cancel"]')
        shown = browser.page.select_one(f'a[href="{link}"]')
        assert (shown is not None) == (link is not None)
        refused = browser.post(f"{page}/cancel", status=422).select_one("[role=alert]")
        assert "booked for a mentoring session" in words(refused)
        assert one_session().booking.status is BookingStatus.CONFIRMED
        if link:
            browser.get(link)
    assert mails() == told
    browser.sign_in(world.people["owner"])
    cancel = f"/v/{key(world.venture)}/mentoring/{key(session)}/cancel"
    assert "The room becomes free" in text(browser.get(cancel))
    browser.post(cancel, {})
    for off in (cancel, cancel.replace("/cancel", "/reschedule")):
        assert "This session was cancelled." in text(browser.get(off))
        assert browser.path == cancel.removesuffix("/cancel")
    assert "This session was cancelled." in text(browser.post(cancel, {}))
    assert one_session().booking.status is BookingStatus.CANCELLED
    browser.get(at_home)
    assert "moved or cancelled" not in text(browser.page)
    page = browser.get(f"/v/{key(world.venture)}/mentoring/{key(session)}")
    assert f"Where it was to be {world.rooms[0].name_en}" in text(page)
    assert "Who was invited" in text(page)


def mails() -> list[str]:
    return list(db.session.scalars(db.select(OutboxMail.once_key).order_by(OutboxMail.id)))


def test_a_session_moves_with_its_room_only_where_nobody_else_has_it(browser, world, key):
    room, owner = world.rooms[0], world.people["owner"]
    make_booking(room, world.people["clerk"], noon(3), 60)
    browser.sign_in(owner)
    book = f"/v/{key(world.venture)}/mentoring/book?{slot(noon(2))}"
    browser.post(book, {"place": f"room:{room.code}", "once_key": "once"})
    move = f"/v/{key(world.venture)}/mentoring/{key(one_session())}/reschedule"
    here = f'input[value="room:{room.code}"]'
    taken = f"{move}?{slot(noon(3))}"
    page = browser.get(taken)
    assert f"{room.name_en} is not free at this time" in text(page)
    assert not page.select(f"{here}, input[name=place][checked]")
    page = browser.post(taken, {"place": f"room:{room.code}"}, 422)
    assert f"{room.name_en} is not free at this time" in text(page)
    assert "Where: This room has just been taken" in text(page)
    assert "quicker" not in text(page)
    assert one_session().starts_at == noon(2)
    free = f"{move}?{slot(noon(2) + HOUR)}"
    page = browser.get(free)
    assert "is not free" not in text(page)
    assert page.select_one(here).has_attr("checked")
    assert "The session is moved." in text(browser.post(free, {"place": f"room:{room.code}"}))
    session = one_session()
    assert (session.starts_at, session.booking.room_id) == (noon(2) + HOUR, room.id)
    assert "The place of the session is changed." in text(browser.post(free, {"place": "online"}))
    page = browser.post(f"{move}?{slot(noon(2))}", {"place": "phone"})
    assert "moved to a new time and place" in text(page)


@pytest.mark.parametrize("in_room", [False, True])
def test_the_same_form_sent_twice_books_once(browser, world, key, in_room):
    browser.sign_in(world.people["member"])
    address = f"/v/{key(world.venture)}/mentoring/book?{slot(noon(2))}"
    place = f"room:{world.rooms[0].code}" if in_room else "online"
    for _ in range(2):
        browser.post(address, {"place": place, "once_key": "same"})
        assert browser.path.endswith(key(one_session()))
    assert one_session().starts_at == noon(2)


def test_who_has_left_the_venture_is_expected_at_no_session_but_stays_in_the_record(
    browser, world, key
):
    gone, owner = world.people["member"], world.people["owner"]
    manager = world.people["manager"]
    ahead = make_session(manager, world.venture, noon(2), guests=(gone, owner))
    held = make_session(manager, world.venture, noon(-2), guests=(gone, owner), status="held")
    end_roles(gone, clock.today())
    browser.sign_in(owner)
    home = f"/v/{key(world.venture)}/mentoring"
    shown = text(browser.get(f"{home}/{key(ahead)}"))
    assert owner.name in shown
    assert gone.name not in shown
    assert gone.name in text(browser.get(f"{home}/{key(held)}"))


def test_what_cannot_be_chosen_is_said_in_the_language_of_the_reader(browser, world, key):
    owner = world.people["owner"]
    owner.language = "ja"
    make_booking(world.rooms[0], world.people["clerk"], noon(2), 60)
    browser.sign_in(owner)
    address = f"/v/{key(world.venture)}/mentoring/book?{slot(noon(2))}"
    page = browser.post(address, {"place": f"room:{world.rooms[0].code}"}, 422)
    assert "場所：この会議室はたった今予約されました" in text(page)
    page = browser.post(address, {"place": "moon", "guests": "x", "topic": "長" * 201}, 422)
    assert "Not a valid" not in text(page)
    assert text(page).count("これは選べません") >= 2
    assert "200文字以内で入力してください" in text(page)


def test_a_time_just_taken_is_refused_kindly(browser, world, key):
    make_session(world.people["manager"], world.venture, noon(2))
    browser.sign_in(world.people["owner"])
    address = f"/v/{key(world.venture)}/mentoring/book?{slot(noon(2))}"
    page = browser.post(address, {"place": "online", "topic": "kept"}, 422)
    assert "no longer free" in text(page)
    assert page.select_one("#topic")["value"] == "kept"


@pytest.mark.parametrize(
    "query",
    ["start=x&minutes=60", "start=20261201T0100Z&minutes=x", "manager=zzzzzzzzzzzzz", "manager=x"],
)
def test_addresses_that_name_nothing(browser, world, key, query):
    browser.sign_in(world.people["owner"])
    browser.get(f"/v/{key(world.venture)}/mentoring/book?{query}", 404)


def test_without_a_manager_nobody_can_be_booked(browser, world, key):
    venture = make_venture(world.facility)
    owner = make_person("owner", venture=venture)
    browser.sign_in(owner)
    page = browser.get(f"/v/{key(venture)}/mentoring/book")
    assert "No manager looks after you yet" in text(page)


def test_a_venture_sees_shared_records_and_ticks_off_its_part(browser, world, key):
    session = make_session(world.people["manager"], world.venture, noon(-7), status="held")
    make_note(session, world.people["manager"], "合意した内容")
    make_note(session, world.people["manager"], "ZQ-PRIVATE", "private")
    ours = make_item(session, "顧客リストを送る")
    theirs = make_item(session, "紹介する", owner="manager")
    browser.sign_in(world.people["owner"])
    home = f"/v/{key(world.venture)}/mentoring"
    for path in (home, f"{home}/{key(session)}"):
        page = browser.get(path)
        assert "合意した内容" in text(page)
        assert "ZQ-PRIVATE" not in browser.response.get_data(as_text=True)
    browser.get(home)
    assert len(browser.page.select('form[action*="/actions/"]')) == 1
    page = browser.post(f"{home}/actions/{key(ours)}/done")
    assert "Done: 顧客リストを送る" in text(page)
    browser.post(f"{home}/actions/{key(theirs)}/done", status=403)
    browser.get(home)
    assert browser.page.select_one("[name=done][value=no]")
    browser.post(f"{home}/actions/{key(ours)}/done", {"done": "no"})
    assert len(open_items()) == 2
    browser.post(f"{home}/actions/{key(ours)}/done")
    assert [item.title for item in open_items()] == ["紹介する"]


def open_items() -> list[ActionItem]:
    return list(db.session.scalars(db.select(ActionItem).where(ActionItem.done_at.is_(None))))


def test_another_ventures_session_does_not_exist(browser, world, key):
    session = make_session(world.people["manager"], world.venture, noon(2))
    venture = make_venture(world.facility)
    browser.sign_in(make_person("owner", venture=venture))
    for page in ("", "/reschedule", "/cancel"):
        browser.get(f"/v/{key(venture)}/mentoring/{key(session)}{page}", 404)
        browser.get(f"/v/{key(world.venture)}/mentoring/{key(session)}{page}", 404)


# managers


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_manager_writes_the_record_and_it_stands_on_both_homes(browser, world, key, lang):
    session = make_session(
        world.people["manager"], world.venture, now() - 2 * HOUR, guests=(world.people["owner"],)
    )
    browser.client.set_cookie("incubator_language", lang)
    browser.sign_in(world.people["manager"])
    address = f"/f/aoba/sessions/{key(session)}"
    browser.get(address)
    due = clock.today() - ONE_DAY
    form = {
        "shared": "合意した内容",
        "private": "ここだけの話",
        "title_1": "顧客リストを送る",
        "due_1": due.isoformat(),
        **OWNERS,
    }
    page = browser.post(address, form)
    assert "合意した内容" in text(page)
    assert "ここだけの話" not in text(page)
    assert one_session().status is SessionStatus.HELD
    notes = {note.visibility for note in db.session.scalars(db.select(SessionNote))}
    assert notes == {Visibility.SHARED, Visibility.PRIVATE}
    assert "顧客リストを送る" in text(browser.get("/f/aoba/today"))
    assert "顧客リストを送る" in text(browser.get("/f/aoba/actions"))
    browser.sign_in(world.people["owner"])
    assert "顧客リストを送る" in text(browser.get(f"/v/{key(world.venture)}/mentoring"))


def test_an_empty_record_keeps_the_page_and_says_why(browser, world, key):
    session = make_session(world.people["manager"], world.venture, now() - 2 * HOUR)
    browser.sign_in(world.people["manager"])
    page = browser.post(f"/f/aoba/sessions/{key(session)}", {"shared": "  ", **OWNERS}, 422)
    assert "Please write something" in text(page)
    page = browser.post(f"/f/aoba/sessions/{key(session)}", {"title_1": "x", "due_1": "soon"}, 422)
    assert "To be done by 1: “soon” is not a date" in text(page)
    page = browser.post(f"/f/aoba/sessions/{key(session)}", {"private": "a\x00b", **OWNERS}, 422)
    assert "cannot be shown" in text(page)


def test_private_notes_are_shown_on_request_and_that_is_written_down(browser, world, key):
    session = make_session(world.people["manager"], world.venture, now() - 2 * HOUR)
    note = make_note(session, world.people["manager"], "ここだけの話", "private")
    browser.sign_in(world.people["manager"])
    address = f"/f/aoba/sessions/{key(session)}"
    assert "ここだけの話" not in text(browser.get(address))
    assert "ここだけの話" in text(browser.post(f"{address}/private"))
    [entry] = db.session.scalars(
        db.select(AuditEntry).where(AuditEntry.deed == "private_note.viewed")
    )
    assert (entry.subject_id, entry.actor_name) == (note.id, world.people["manager"].name)
    assert browser.response.headers["Cache-Control"] == "no-store"


def test_what_is_over_stands_in_the_log_before_it_is_written_up(browser, world, key):
    make_session(world.people["manager"], world.venture, now() - 2 * HOUR, topic="販路開拓")
    make_session(
        world.people["manager"],
        world.venture,
        now() - 4 * HOUR,
        topic="中止",
        status=SessionStatus.CANCELLED,
    )
    browser.sign_in(world.people["owner"])
    browser.get(f"/v/{key(world.venture)}/mentoring")
    [entry] = browser.page.select(".log > li")
    assert "販路開拓" in words(entry)


@pytest.mark.parametrize(("answer", "status"), [("yes", "held"), ("no", "cancelled")])
def test_did_you_meet(browser, world, key, answer, status):
    session = make_session(world.people["manager"], world.venture, now() - 2 * HOUR)
    browser.sign_in(world.people["manager"])
    assert "Did you meet?" in text(browser.get("/f/aoba/today"))
    browser.post(f"/f/aoba/sessions/{key(session)}/met", {"met": answer})
    assert one_session().status.value == status


def test_that_people_met_can_be_taken_back_until_something_is_written(browser, world, key):
    session = make_session(world.people["manager"], world.venture, now() - 2 * HOUR)
    place = f"/f/aoba/sessions/{key(session)}"
    browser.sign_in(world.people["manager"])
    page = browser.post(f"{place}/met", {"met": "yes"})
    assert page.select_one("[name=met]")["value"] == "open"
    for _ in range(2):
        page = browser.post(f"{place}/met", {"met": "open"})
        assert "Whether you met is open again." in words(page)
    assert one_session().status is SessionStatus.BOOKED
    assert "Did you meet?" in str(page)
    browser.post(f"{place}/met", {"met": "yes"})
    page = browser.post(place, OWNERS | {"shared": "記録"})
    assert not page.select("[name=met]")
    page = browser.post(f"{place}/met", {"met": "open"}, 422)
    assert "Something is written of this session, so it stays as held." in words(page)


def test_the_room_of_a_session_nobody_came_to_was_not_used(browser, world, key):
    mentor, admin = world.people["mentor"], world.people["facility_admin"]
    make_assignment(mentor, world.venture, "mentor")
    begun = now() - HOUR
    terms = {**TERMS, "free": True}
    booking = make_booking(world.rooms[0], mentor, begun, venture=world.venture, terms=terms)
    session = make_session(mentor, world.venture, begun, booking_id=booking.id)
    desk = f"/f/aoba/bookings/{key(booking)}"
    browser.sign_in(admin)
    page = browser.get(desk)
    assert "Whether people met is written down there." in text(page)
    assert not page.select('form[action$="/no-show"]')
    browser.post(f"{desk}/no-show", status=422)
    browser.sign_in(mentor)
    for said in ("Noted that you did not meet.", "already done"):
        assert said in text(browser.post(f"/f/aoba/sessions/{key(session)}/met", {"met": "no"}))
    session = one_session()
    assert (session.status, session.booking.status) == (
        SessionStatus.CANCELLED,
        BookingStatus.NO_SHOW,
    )
    page = text(browser.get(f"/f/aoba/sessions/{key(session)}"))
    assert f"Where it was to be {world.rooms[0].name_en}" in page
    assert "Did not meet" in page
    browser.sign_in(world.people["owner"])
    for place in ("", f"/{key(booking)}"):
        shown = text(browser.get(f"/v/{key(world.venture)}/bookings{place}"))
        assert "Not used" in shown
        assert "No-show" not in shown
    browser.sign_in(mentor)
    page = browser.get(f"/f/aoba/sessions/{key(session)}")
    assert page.select_one("[name=met][value=yes]")
    page = browser.post(f"/f/aoba/sessions/{key(session)}/met", {"met": "yes"})
    assert "Now write what was agreed." in words(page)
    session = one_session()
    assert (session.status, session.booking.status) == (
        SessionStatus.HELD,
        BookingStatus.CONFIRMED,
    )


def test_today_names_the_ventures_at_risk_and_why(browser, world):
    venture = make_venture(world.facility, "静かな会社", name_en="Quiet Works")
    make_assignment(world.people["manager"], venture, from_day=clock.today() - 90 * ONE_DAY)
    browser.sign_in(world.people["manager"])
    page = browser.get("/f/aoba/today")
    assert "Quiet Works" in text(page)
    assert "No contact for 90 days" in text(page)


@pytest.mark.parametrize(("back_for", "quiet"), [(10, False), (70, True)])
def test_time_away_is_no_time_without_contact(browser, world, back_for, quiet):
    venture = make_venture(
        world.facility, name_en="Back Works", admitted_on=clock.today() - back_for * ONE_DAY
    )
    make_assignment(world.people["manager"], venture, from_day=clock.today() - 90 * ONE_DAY)
    browser.sign_in(world.people["manager"])
    page = text(browser.get("/f/aoba/today"))
    assert (f"No contact for {back_for} days" in page) is quiet
    assert "90 days" not in page


def test_a_manager_schedules_moves_and_cancels(browser, world, key):
    browser.sign_in(world.people["manager"])
    browser.get("/f/aoba/sessions/book")
    start = f"/f/aoba/sessions/book?venture={key(world.venture)}"
    browser.get(start)
    own = f"{start}&day={clock.today() + 2 * ONE_DAY}&at=1140&minutes=90"
    browser.get(own)
    browser.post(browser.path, {"place": "visit", "topic": "工場見学"})
    session = one_session()
    assert session.ends_at - session.starts_at == timedelta(minutes=90)
    browser.get("/f/aoba/sessions")
    move = f"/f/aoba/sessions/{key(session)}/reschedule"
    browser.get(move)
    browser.post(f"{move}?{slot(noon(4))}", {"place": f"room:{world.rooms[1].code}"})
    assert one_session().booking.room_id == world.rooms[1].id
    browser.get(f"/f/aoba/sessions/{key(session)}/cancel")
    browser.post(f"/f/aoba/sessions/{key(session)}/cancel", {})
    assert one_session().status is SessionStatus.CANCELLED
    browser.get("/f/aoba/sessions?show=past")
    browser.get(f"{start}&day=never&at=600&minutes=60", 422)


def test_a_colleague_reads_but_does_not_move(browser, world, key):
    session = make_session(world.people["manager"], world.venture, noon(2))
    other = make_person("manager", facility=world.facility)
    make_assignment(other, world.venture, "support")
    browser.sign_in(other)
    page = browser.get(f"/f/aoba/sessions/{key(session)}")
    assert not page.select('a[href$="/cancel"]')
    browser.get(f"/f/aoba/sessions/{key(session)}/cancel", 404)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("facility_admin", 403),
        ("clerk", 403),
        ("mentor", 404),
        ("owner", 404),
        ("system_admin", 404),
    ],
)
def test_others_do_not_open_a_session(browser, world, key, role, status):
    session = make_session(world.people["manager"], world.venture, noon(-2), status="held")
    make_note(session, world.people["manager"], "ZQ-PRIVATE", "private")
    browser.sign_in(world.people[role])
    address = f"/f/aoba/sessions/{key(session)}"
    for page in (address, f"{address}/reschedule"):
        browser.get(page, status)
    page = browser.post(f"{address}/private", status=status)
    assert "ZQ" not in text(page)
    assert not list(db.session.scalars(db.select(AuditEntry)))


# mentors


def test_a_mentor_never_sees_two_ventures_on_one_page(browser, world, key):
    mentor = world.people["mentor"]
    second = make_venture(world.facility, "第二の会社")
    for venture, topic in ((world.venture, "ZQ-A"), (second, "ZQ-B")):
        make_assignment(mentor, venture, "mentor")
        session = make_session(mentor, venture, noon(2 if topic == "ZQ-A" else 3), topic=topic)
        make_item(session, f"{topic}-ITEM")
    browser.sign_in(mentor)
    for path in (
        "/f/aoba/today",
        "/f/aoba/mentor",
        "/f/aoba/sessions",
        f"/f/aoba/sessions?venture={key(second)}",
        "/f/aoba/actions",
        f"/f/aoba/mentoring/{key(world.venture)}",
    ):
        body = text(browser.get(path))
        assert not ("ZQ-A" in body and "ZQ-B" in body), path
    assert "ZQ-B" in text(browser.get(f"/f/aoba/sessions?venture={key(second)}"))


def test_access_ends_with_the_assignment(browser, world, key):
    mentor = world.people["mentor"]
    assignment = make_assignment(mentor, world.venture, "mentor")
    session = make_session(mentor, world.venture, noon(-2), status="held")
    paths = (f"/f/aoba/sessions/{key(session)}", f"/f/aoba/mentoring/{key(world.venture)}")
    browser.sign_in(mentor)
    for path in paths:
        browser.get(path)
    assignment.until_day = clock.today()
    for path in paths:
        browser.get(path, 404)
    assert "no venture at present" in text(browser.get("/f/aoba/mentor"))
    for path in ("/f/aoba/sessions", "/f/aoba/actions", "/f/aoba/sessions/book"):
        browser.get(path)


# hours, assignments, things to do


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_hours_are_published_and_taken_back(browser, world, key, lang):
    mentor = world.people["mentor"]
    browser.client.set_cookie("incubator_language", lang)
    browser.sign_in(mentor)
    home = "/f/aoba/availability"
    browser.get(home)
    form = {"weekday": "1", "from_minute": "600", "until_minute": "720", "slot_minutes": "60"}
    browser.post(home, form)
    browser.post(home, form, 422)
    day = (clock.today() + ONE_DAY).isoformat()
    browser.post(f"{home}/days", {"other-day": day, "other-away": "y"})
    open_hours = {"other-day": day, "other-from_minute": "600", "other-until_minute": "540"}
    browser.post(f"{home}/days", open_hours, 422)
    browser.post(f"{home}/days", {"other-day": "x"}, 422)
    hours = db.session.scalars(
        db.select(Availability).where(Availability.person_id == mentor.id)
    ).one()
    exception = db.session.scalars(db.select(AvailabilityException)).one()
    foreign = db.session.scalars(
        db.select(Availability).where(Availability.person_id != mentor.id)
    ).first()
    browser.post(f"{home}/{key(foreign)}/remove", status=404)
    done = {"en": "This is already done.", "ja": "すでに完了しています。"}[lang]
    for back in (f"{home}/{key(hours)}/remove", f"{home}/days/{key(exception)}/remove"):
        assert done not in words(browser.post(back))
        assert done in words(browser.post(back))
    browser.post(f"{home}/{key(foreign)}/remove", status=404)
    mine = db.select(Availability).where(Availability.person_id == mentor.id)
    assert not list(db.session.scalars(mine))


def test_who_is_away_hears_of_the_sessions_of_that_day(browser, world, key):
    manager = world.people["manager"]
    for start in (noon(3), noon(3) + 2 * HOUR, noon(4)):
        make_session(manager, world.venture, start)
    make_session(manager, world.venture, noon(3) + 4 * HOUR, status=SessionStatus.CANCELLED)
    browser.sign_in(manager)
    days = {each: (clock.today() + each * ONE_DAY).isoformat() for each in (3, 5)}
    path = "/f/aoba/availability/days"
    page = browser.post(path, {"other-day": days[3], "other-away": "y"})
    assert "until somebody moves or cancels them; there are 2." in words(page)
    page = browser.post(path, {"other-day": days[5], "other-away": "y"})
    assert "The day is noted." in words(page)
    assert "there are" not in words(page)


def test_a_day_of_another_facility_is_taken_back_where_it_is_listed(browser, world, key):
    west, manager = make_facility("west"), world.people["manager"]
    facts = {"person_id": manager.id, "facility_id": west.id}
    day = clock.today() + ONE_DAY
    away = keep(AvailabilityException(day=day, **facts))
    hours = {"from_minute": 600, "until_minute": 720}
    other = keep(AvailabilityException(day=day + ONE_DAY, **hours, **facts))
    browser.sign_in(manager)
    page = browser.get("/f/aoba/availability")
    forms = [form["action"] for form in page.select("#others form, [aria-labelledby=others] form")]
    back = f"/f/aoba/availability/days/{key(away)}/remove"
    assert forms == [back]
    browser.post(f"/f/aoba/availability/days/{key(other)}/remove", status=404)
    browser.post(back)
    assert list(db.session.scalars(db.select(AvailabilityException))) == [other]


@pytest.mark.parametrize("role", ["facility_admin", "manager"])
def test_assignments_show_the_caseload_and_keep_history(browser, world, key, role):
    venture = make_venture(world.facility, "新しい会社")
    browser.sign_in(world.people[role])
    home = "/f/aoba/assignments"
    without = browser.get(f"{home}?venture={key(venture)}").select_one("[aria-labelledby=without]")
    assert venture.name_en in words(without)
    form = {
        "venture": key(venture),
        "person": key(world.people["manager"]),
        "kind": "lead",
        "from_day": (clock.today() - 3 * ONE_DAY).isoformat(),
    }
    assert "2 of 15" in text(browser.post(home, form))
    browser.post(home, form, 422)
    given = db.session.scalars(
        db.select(Assignment).where(Assignment.organisation_id == venture.id)
    ).one()
    end = f"{home}/{key(given)}/end"
    browser.get(end)
    browser.post(end, {"until": "2020-01-01"}, 422)
    page = browser.post(end, {"until": clock.today().isoformat()})
    assert "1 of 15" in text(page)
    assert db.session.get(Assignment, given.id).until_day == clock.today()
    assert "already done" in text(browser.post(end, {"until": clock.today().isoformat()}))
    browser.post(end, {"until": (clock.today() + ONE_DAY).isoformat()}, 422)


def test_an_old_page_of_an_assignment_never_touches_another_that_took_its_number(
    browser, world, key
):
    first, second = (make_person("manager", facility=world.facility) for _ in range(2))
    tomorrow = clock.today() + ONE_DAY
    planned = make_assignment(first, world.venture, "support", from_day=tomorrow)
    browser.sign_in(world.people["facility_admin"])
    number = planned.id
    page = browser.get(f"/f/aoba/assignments/{key(planned)}/end")
    withdraw, end = ((each["action"], made_for(each)) for each in page.select("main form"))
    browser.post(*withdraw)
    keep(
        Assignment(
            id=number,
            facility_id=world.facility.id,
            person_id=second.id,
            organisation_id=world.venture.id,
            kind="support",
            from_day=tomorrow,
        )
    )
    assert "already done" in text(browser.post(*withdraw))
    until = (tomorrow + ONE_DAY).isoformat()
    browser.post(end[0], {**end[1], "until": until}, status=404)
    assert db.session.get(Assignment, number).until_day is None
    audited = db.session.scalars(
        db.select(AuditEntry).where(AuditEntry.deed == "manager.withdrawn")
    ).one()
    assert audited.before["person"] == first.name
    assert audited.before["venture"] == world.venture.name


def test_a_planned_assignment_is_withdrawn_and_leaves_no_trace_in_the_history(browser, world, key):
    other = make_person("manager", facility=world.facility)
    planned = make_assignment(other, world.venture, "support", from_day=clock.today() + ONE_DAY)
    browser.sign_in(world.people["facility_admin"])
    home = "/f/aoba/assignments"
    assert "Supporting manager · from" in text(browser.get(home))
    page = browser.get(f"{home}/{key(planned)}/end")
    withdraw = page.select_one('form[action$="/withdraw"]')["action"]
    page = text(browser.post(withdraw))
    assert "The planned assignment is withdrawn." in page
    assert "No assignment has ended yet." in page
    assert "already done" in text(browser.post(withdraw))
    [running] = db.session.scalars(db.select(Assignment))
    assert not browser.get(f"{home}/{key(running)}/end").select('form[action$="/withdraw"]')
    browser.post(f"{home}/{key(running)}/withdraw", status=422)


@pytest.mark.parametrize(("role", "status"), [("clerk", 403), ("mentor", 403), ("owner", 404)])
def test_others_assign_nobody(browser, world, role, status):
    browser.sign_in(world.people[role])
    browser.get("/f/aoba/assignments", status)


def test_a_long_caseload_is_in_order_of_names_and_the_form_one_step_away(browser, world):
    manager = world.people["manager"]
    for name in ("Zebra", "Ant"):
        make_assignment(manager, make_venture(world.facility, name_en=name), kind="support")
    page = browser.sign_in(manager).get("/f/aoba/assignments")
    shown = text(page)
    assert shown.index("Ant") < shown.index(world.venture.name_en) < shown.index("Zebra")
    (jump,) = page.select("main a[href^='#']")
    assert words(page.select_one(jump["href"])) == "Assign"


def test_who_has_left_the_house_counts_nowhere_but_stays_to_be_read(browser, world, key):
    manager = world.people["manager"]
    gone = make_venture(world.facility, "卒業した会社", stage="alumnus", left_on=clock.today())
    make_assignment(manager, gone)
    make_session(manager, gone, noon(-100), status="held", topic="修了面談")
    owner = make_person("owner", venture=gone)
    browser.sign_in(manager)
    today = text(browser.get("/f/aoba/today"))
    assert "1 of 15" in today
    assert "of your 1" in today
    assert gone.name not in today
    assert gone.name not in text(browser.get("/f/aoba/sessions/book"))
    page = text(browser.get(f"/f/aoba/mentoring/{key(gone)}"))
    assert "修了面談" in page
    assert "Schedule session" not in page
    assert "Schedule session" not in text(browser.get(f"/f/aoba/sessions?venture={key(gone)}"))
    page = text(browser.get(f"/f/aoba/sessions/book?venture={key(gone)}"))
    assert "Only ventures that are with us" in page
    loads = text(browser.get("/f/aoba/assignments"))
    assert "1 of 15" in loads
    assert "Alumnus" in loads
    browser.sign_in(owner)
    ours = f"/v/{key(gone)}/mentoring"
    assert "See free times" not in text(browser.get(ours))
    assert "Only ventures that are with us" in text(browser.get(f"{ours}/book"))


@pytest.mark.parametrize("role", ["owner", "manager"])
def test_what_was_agreed_is_dated_with_its_year(browser, world, key, role):
    held = noon(-500)
    session = make_session(world.people["manager"], world.venture, held, status="held")
    make_note(session, world.people["mentor"], "助言")
    make_item(session, "見積もり", due_on=held.date())
    browser.sign_in(world.people[role])
    home = "/f/aoba/mentoring/" if role == "manager" else "/v/"
    page = browser.get(f"{home}{key(world.venture)}{'' if role == 'manager' else '/mentoring'}")
    log = page.select_one("ol.log")
    assert len(log.select("time")) == 3
    for each in (*log.select("time"), *page.select(".sess time")):
        assert str(held.year) in each.text
    browser.follow(session.topic)
    assert str(held.year) in browser.page.select_one("nav[aria-label=Breadcrumb]").text


def test_ventures_of_a_manager_whose_role_ended_wait_for_another(browser, world, key):
    former, admin = world.people["manager"], world.people["facility_admin"]
    session = make_session(former, world.venture, noon(2), guests=(world.people["owner"],))
    browser.sign_in(admin)
    home = f"/f/aoba/people/roles/{key(former.grants[0])}/end"
    assert "1 venture" in text(browser.get(home))
    page = text(browser.post(home))
    assert "No longer active here" in page
    assert world.venture.name_en in page.partition("Without a manager")[2]
    browser.sign_in(world.people["owner"])
    ours = f"/v/{key(world.venture)}/mentoring"
    page = text(browser.get(ours))
    assert "No manager looks after you yet" in page
    page = text(browser.get(f"{ours}/{key(session)}"))
    assert "Cancel the session" in page
    assert "Move the session" not in page


def test_actions_are_done_or_get_a_new_date(browser, world, key):
    session = make_session(world.people["manager"], world.venture, noon(-7), status="held")
    first, second = make_item(session, "一つ目"), make_item(session, "二つ目")
    browser.sign_in(world.people["manager"])
    home = "/f/aoba/actions"
    browser.get(f"{home}?venture={key(world.venture)}")
    browser.post(f"{home}/{key(first)}/done", {"back": "home"})
    tomorrow = clock.today() + ONE_DAY
    browser.post(
        f"{home}/{key(second)}/move",
        {"due_on": tomorrow.isoformat(), "back": "venture", "venture": key(world.venture)},
    )
    [left] = open_items()
    assert (left.title, left.due_on) == ("二つ目", tomorrow)
    assert "Done in the past two weeks" in text(browser.get(home))
    again = browser.page.select_one("[name=done][value=no]").find_parent("form")["action"]
    page = browser.post(again, {"done": "no"})
    assert "Reopened: 一つ目" in text(page)
    assert len(open_items()) == 2
    page = browser.post(f"{home}/{key(second)}/move", {"due_on": "2020-01-01"}, 422)
    assert "This day is past" in text(page)


@pytest.mark.parametrize("owner", ActionOwner)
def test_what_was_agreed_stands_on_both_homes_until_it_is_done(browser, world, key, owner):
    session = make_session(world.people["manager"], world.venture, noon(-7), status="held")
    item = make_item(session, "販路の紹介", owner=owner, due_on=clock.today() - ONE_DAY)
    homes = {"owner": f"/v/{key(world.venture)}/", "manager": "/f/aoba/today"}
    for role, home in homes.items():
        browser.sign_in(world.people[role])
        assert item.title in text(browser.get(home))
        assert ("Your manager does this" in text(browser.page)) is (
            (role, owner) == ("owner", ActionOwner.MANAGER)
        )
    browser.post(f"/f/aoba/actions/{key(item)}/done", {"back": "home"})
    for role, home in homes.items():
        browser.sign_in(world.people[role])
        assert item.title not in text(browser.get(home))


def test_a_venture_nobody_assigned_to_me_does_not_exist(browser, world, key):
    venture = make_venture(world.facility)
    browser.sign_in(world.people["manager"])
    for path in ("sessions?venture=", "actions?venture=", "sessions/book?venture=", "mentoring/"):
        browser.get(f"/f/aoba/{path}{key(venture)}", 404)
