"""What calendars receive."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from icalendar import Calendar

from incubator.mentoring.calendar import Guest, Meeting, Method, write

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
