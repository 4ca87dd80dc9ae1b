"""What calendars receive."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from incubator.core import outbox
from incubator.core.db import db
from incubator.core.outbox import Letter, OutboxMail
from incubator.mentoring import actions
from incubator.mentoring.actions import NewTime, SessionRequest
from incubator.mentoring.calendar import Guest, Meeting, Method, told_in, write
from tests.factories.base import actor_of, make_person, make_world
from tests.factories.mentoring import make_assignment, make_week

MEETING = Meeting(
    uid="abc@incubator",
    sequence=0,
    starts_at=datetime(2026, 11, 24, 1, tzinfo=UTC),
    ends_at=datetime(2026, 11, 24, 2, tzinfo=UTC),
    zone="Asia/Tokyo",
    summary="面談：株式会社くもロボティクスと佐藤 美佳、販路開拓と資金調達についての長い題名",
    description="PL保険, 病院; 実証\n次回まで",
    location="あおばインキュベーションセンター 会議室A",
    organiser=Guest("佐藤 美佳", "sato@example.jp"),
    guests=(Guest("石井 蓮", "ishii@example.jp"), Guest('Aoi "A" Nakamura', "aoi@example.jp")),
    written_at=datetime(2026, 11, 1, tzinfo=UTC),
)


def event_of(text: str):
    return Calendar.from_ical(text).walk("VEVENT")[0]


def test_an_invitation_says_who_when_and_where():
    text = write(MEETING, Method.REQUEST)
    calendar, event = Calendar.from_ical(text), event_of(text)
    assert calendar["METHOD"] == "REQUEST"
    assert event["UID"] == "abc@incubator"
    assert event["SEQUENCE"] == 0
    assert event["STATUS"] == "CONFIRMED"
    assert event["SUMMARY"] == MEETING.summary
    assert event["DESCRIPTION"] == MEETING.description
    assert event["LOCATION"] == MEETING.location
    assert event["ORGANIZER"] == "mailto:sato@example.jp"
    assert event["ORGANIZER"].params["CN"] == "佐藤 美佳"
    assert [str(each) for each in event["ATTENDEE"]] == [
        "mailto:sato@example.jp",
        "mailto:ishii@example.jp",
        "mailto:aoi@example.jp",
    ]
    assert "DTSTART;TZID=Asia/Tokyo:20261124T100000" in text
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Asia/Tokyo"]


def test_lines_are_folded_and_end_as_the_standard_wants():
    text = write(MEETING, Method.REQUEST)
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75


def test_a_cancellation_names_the_same_event_with_a_higher_sequence():
    event = event_of(write(replace(MEETING, sequence=2), Method.CANCEL))
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == ("abc@incubator", 2, "CANCELLED")


@pytest.mark.parametrize(
    ("zone", "starts_at", "wall", "offset"),
    [
        ("Europe/Berlin", datetime(2026, 3, 27, 9, tzinfo=UTC), "20260327T100000", "+0100"),
        ("Europe/Berlin", datetime(2026, 3, 30, 8, tzinfo=UTC), "20260330T100000", "+0200"),
    ],
)
def test_the_zone_comes_along_with_its_changes(zone, starts_at, wall, offset):
    text = write(replace(MEETING, zone=zone, starts_at=starts_at), Method.REQUEST)
    assert f"DTSTART;TZID={zone}:{wall}" in text
    assert f"TZOFFSETTO:{offset}" in text
    assert event_of(text)["DTSTART"].dt.astimezone(UTC) == starts_at


def test_what_is_empty_is_left_out():
    event = event_of(write(replace(MEETING, description="", location=""), Method.REQUEST))
    assert "DESCRIPTION" not in event
    assert "LOCATION" not in event


NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)
START = datetime(2026, 11, 24, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALL = ("manager", "owner", "member")


class Story:
    """A session, what is done to it, and what people find in their mail and their calendars."""

    def __init__(self) -> None:
        self.world = make_world()
        manager = self.world.people["manager"]
        make_assignment(manager, self.world.venture)
        make_week(manager, self.world.facility.id)
        self.how = {"actor": actor_of(manager), "now": NOW}
        self.letters: list[Letter] = []
        self.at = START
        self.clock = NOW

    def book(self) -> None:
        venture, manager = self.world.venture, self.world.people["manager"]
        request = SessionRequest(venture.id, manager.id, START, START + HOUR)
        self.session = actions.book_session(request, **self.how)

    def move(self) -> None:
        self.at += 2 * HOUR
        actions.reschedule_session(self.session, NewTime(self.at, self.at + HOUR), **self.how)

    def cancel(self) -> None:
        actions.cancel_session(self.session, reason="", **self.how)

    def try_mails(self, *, many: int = 99) -> list[Letter]:
        """The worker takes mails; each of them leaves from here on, as far as anybody knows."""
        self.clock += timedelta(days=1)
        return outbox.claim(now=self.clock, many=many)

    def send(self, *, many: int = 99) -> None:
        for letter in self.try_mails(many=many):
            outbox.note_sent(letter.id, now=self.clock)
            self.letters.append(letter)

    def send_one(self) -> None:
        self.send(many=1)

    def lose(self) -> None:
        """They arrive, and the worker dies before it can say so."""
        self.letters += self.try_mails()

    def fail(self) -> None:
        for letter in self.try_mails():
            outbox.note_not_sent(letter.id, "451 later", now=self.clock)

    def refuse(self) -> None:
        for letter in self.try_mails():
            outbox.note_not_sent(letter.id, "550 no", now=self.clock, forever=True)

    def again(self) -> None:
        """The system administrator sends everything again that can be."""
        admin = actor_of(make_person("system_admin"))
        for mail in db.session.scalars(db.select(OutboxMail)).all():
            outbox.send_again(mail, actor=admin, now=self.clock)

    def got(self, role: str) -> list[str]:
        address = self.world.people[role].email
        found = []
        for letter in self.letters:
            if letter.to.address == address:
                event = event_of(letter.calendar.ics)
                assert event["UID"] == self.session.ics_uid
                found.append(f"{letter.calendar.method} {event['SEQUENCE']}")
        return found

    def calendar_of(self, role: str) -> datetime | None:
        """What a calendar shows that follows RFC 5546 to the letter."""
        known, shown = -1, None
        for letter in self.letters:
            event = event_of(letter.calendar.ics)
            if letter.to.address == self.world.people[role].email and event["SEQUENCE"] >= known:
                known = event["SEQUENCE"]
                on = letter.calendar.method == "REQUEST"
                shown = told_in(letter.calendar.ics).starts_at if on else None
        return shown


@pytest.mark.parametrize(
    ("story", "got"),
    [
        ("book send", ["REQUEST 0"]),
        ("book cancel send", []),
        ("book move send", ["REQUEST 1"]),
        ("book move move send", ["REQUEST 2"]),
        ("book move cancel send", []),
        ("book send cancel send", ["REQUEST 0", "CANCEL 1"]),
        ("book send move send", ["REQUEST 0", "REQUEST 1"]),
        ("book send move cancel send", ["REQUEST 0", "CANCEL 2"]),
        ("book send move move send", ["REQUEST 0", "REQUEST 2"]),
        ("book move send cancel send", ["REQUEST 1", "CANCEL 2"]),
        ("book fail cancel send", []),
        ("book fail move send", ["REQUEST 1"]),
        ("book refuse cancel again send", []),
        ("book refuse move send", ["REQUEST 1"]),
        ("book lose cancel send", ["REQUEST 0", "CANCEL 1"]),
        ("book lose move send", ["REQUEST 0", "REQUEST 1"]),
        ("book fail lose cancel send", ["REQUEST 0", "CANCEL 1"]),
        ("book cancel again send", []),
        ("book send move refuse cancel again send", ["REQUEST 0", "CANCEL 2"]),
    ],
)
def test_mails_that_are_out_of_date_never_leave(story, got):
    told = Story()
    for deed in story.split():
        getattr(told, deed)()
    assert [told.got(role) for role in ALL] == [got] * 3
    expected = None if "cancel" in story else told.at
    assert {told.calendar_of(role) for role in ALL} == {expected}


def test_each_is_told_what_they_need_to_know():
    told = Story()
    told.book()
    told.send_one()
    told.move()
    (first,) = [role for role in ALL if told.got(role)]
    others = [role for role in ALL if role != first]
    mails = {mail.to_address: mail.template for mail in waiting()}
    assert mails[told.world.people[first].email] == "session_moved"
    assert {mails[told.world.people[role].email] for role in others} == {"session_booked"}
    told.cancel()
    (mail,) = waiting()
    assert (mail.template, mail.to_address) == (
        "session_cancelled",
        told.world.people[first].email,
    )
    assert told_in(mail.calendar) == (START, START + HOUR, "In person")
    assert "10:00–11:00" in mail.body


def waiting() -> list[OutboxMail]:
    state = outbox.MailState.WAITING
    return list(db.session.scalars(db.select(OutboxMail).where(OutboxMail.state == state)))
