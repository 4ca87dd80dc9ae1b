"""Invitations that calendars understand (RFC 5545, RFC 5546): a pure function of the session."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress, vText

PRODUCT = "-//Incubator//Mentoring//EN"


class Method(StrEnum):
    """What the invitation wants: take it into the calendar, or out of it."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True)
class Guest:
    """Somebody with a name and an address."""

    name: str
    address: str


class Told(NamedTuple):
    """When and where a session is, as somebody is told."""

    starts_at: datetime
    ends_at: datetime
    location: str


@dataclass(frozen=True)
class Meeting:
    """A session as a calendar shows it; a change keeps `uid` and raises `sequence`."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    zone: str
    summary: str
    description: str
    location: str
    organiser: Guest
    guests: tuple[Guest, ...]
    written_at: datetime


def write(meeting: Meeting, method: Method) -> str:
    """The invitation, or its withdrawal, as a whole iCalendar file with CRLF lines."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method.value)
    calendar.add_component(_zone(meeting.zone, meeting.starts_at.year))
    calendar.add_component(_event(meeting, method))
    return str(calendar.to_ical().decode())


def told_in(text: str) -> Told:
    """What such a file says of when and where a session is."""
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    starts_at, ends_at = event.decoded("DTSTART"), event.decoded("DTEND")
    location = str(event.get("LOCATION", ""))
    return Told(starts_at.astimezone(UTC), ends_at.astimezone(UTC), location)


@lru_cache(maxsize=64)
def _zone(name: str, year: int) -> Timezone:
    return Timezone.from_tzid(name, first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1))


def _event(meeting: Meeting, method: Method) -> Event:
    zone = ZoneInfo(meeting.zone)
    event = Event()
    event.add("uid", meeting.uid)
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", meeting.written_at)
    event.add("dtstart", meeting.starts_at.astimezone(zone))
    event.add("dtend", meeting.ends_at.astimezone(zone))
    event.add("summary", meeting.summary)
    if meeting.description:
        event.add("description", meeting.description)
    if meeting.location:
        event.add("location", meeting.location)
    event.add("status", "CANCELLED" if method is Method.CANCEL else "CONFIRMED")
    event["organizer"] = _address(meeting.organiser)
    event.add("attendee", _invited(meeting.organiser, "CHAIR", "ACCEPTED"), encode=False)
    for guest in meeting.guests:
        event.add("attendee", _invited(guest, "REQ-PARTICIPANT", "NEEDS-ACTION"), encode=False)
    return event


def _address(guest: Guest) -> vCalAddress:
    address = vCalAddress(f"mailto:{guest.address}")
    address.params["CN"] = vText(guest.name)
    return address


def _invited(guest: Guest, role: str, answer: str) -> vCalAddress:
    address = _address(guest)
    address.params["ROLE"] = vText(role)
    address.params["PARTSTAT"] = vText(answer)
    address.params["RSVP"] = vText("TRUE" if answer == "NEEDS-ACTION" else "FALSE")
    return address
