"""Tell everybody of a session by mail, each in their language, with the calendar entry."""

from datetime import datetime

from incubator.bookings.models import BookingStatus
from incubator.core import i18n, outbox
from incubator.core.days import day_at
from incubator.core.db import db
from incubator.core.i18n import Message, say
from incubator.core.outbox import Invitation
from incubator.mentoring import calendar
from incubator.mentoring.calendar import Guest, Meeting, Method
from incubator.mentoring.models import MentoringSession
from incubator.organisations.models import Organisation
from incubator.people.models import Person
from incubator.spaces.models import Facility, Room


def invite(session: MentoringSession, template: str, *, now: datetime) -> None:
    """Mail an invitation, or its update, to the manager and every guest."""
    _post(session, template, Method.REQUEST, now)


def withdraw(session: MentoringSession, *, now: datetime) -> None:
    """Mail everybody that the session is off."""
    _post(session, "session_cancelled", Method.CANCEL, now)


def _post(session: MentoringSession, template: str, method: Method, now: datetime) -> None:
    db.session.flush()
    manager = db.session.get_one(Person, session.manager_id)
    venture = db.session.get_one(Organisation, session.organisation_id)
    facility = db.session.get_one(Facility, session.facility_id)
    guests = [guest.person for guest in session.guests]
    room = room_of(session)
    values = {
        "session": session,
        "manager": manager,
        "venture": venture,
        "facility": facility,
        "day": day_at(session.starts_at, facility.zone),
        "zone": facility.zone,
    }
    for person in dict.fromkeys((manager, *guests)):
        place = _place(session, facility, room, person.language)
        meeting = Meeting(
            uid=session.ics_uid,
            sequence=session.ics_sequence,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            zone=facility.zone,
            summary=i18n.translate(_title(venture, manager), person.language),
            description=session.topic,
            location=place,
            organiser=Guest(manager.name, manager.email),
            guests=tuple(Guest(guest.name, guest.email) for guest in guests if guest != manager),
            written_at=now,
        )
        outbox.post(
            template,
            person.recipient,
            {**values, "place": place},
            now=now,
            facility=facility.id,
            calendar=Invitation(calendar.write(meeting, method), method.value),
            once=f"session:{session.id}:{session.ics_sequence}:{person.id}",
        )


def room_of(session: MentoringSession) -> Room | None:
    """The room that is booked for a session."""
    booking = session.booking
    return booking.room if booking and booking.status is BookingStatus.CONFIRMED else None


def _title(venture: Organisation, manager: Person) -> Message:
    return say("Mentoring: %(venture)s and %(manager)s", venture=venture.name, manager=manager.name)


def _place(session: MentoringSession, facility: Facility, room: Room | None, lang: str) -> str:
    if room is None:
        return i18n.translate(session.mode.label, lang)
    if lang == "en":
        return f"{room.name_en or room.name}, {facility.name_en or facility.name}"
    return f"{facility.name} {room.name}"
