"""Tell everybody of a session by mail, each in their language, with the calendar entry."""

from datetime import datetime

from incubator.bookings.models import BookingStatus
from incubator.core import i18n, outbox
from incubator.core.access import Role
from incubator.core.days import day_at
from incubator.core.db import db
from incubator.core.i18n import Message, Name, say
from incubator.core.outbox import Invitation
from incubator.mentoring import calendar, queries
from incubator.mentoring.calendar import Guest, Meeting, Method, Told
from incubator.mentoring.models import MentoringSession
from incubator.organisations.models import Organisation
from incubator.people.models import Person
from incubator.people.queries import people_at
from incubator.spaces.models import Facility, Room


def invite(session: MentoringSession, *, now: datetime) -> None:
    """Mail the manager and every guest an invitation, or its update if one may have arrived."""
    seen = _call_off_what_waits(session)
    for person in _people(session, now):
        template = "session_moved" if person.id in seen else "session_booked"
        _post(session, person, template, Method.REQUEST, now, known=seen.get(person.id))


def withdraw(session: MentoringSession, reason: str, *, now: datetime) -> None:
    """Mail those who may know of a session that it is off, as they know it, and why.

    Nobody is told to take out of the calendar what never came into it (RFC 5546, 3.2.5).
    """
    seen = _call_off_what_waits(session)
    for person in _people(session, now):
        if person.id in seen:
            known = seen[person.id]
            _post(session, person, "session_cancelled", Method.CANCEL, now, known, reason=reason)


def _people(session: MentoringSession, now: datetime) -> list[Person]:
    """The manager, while they work here, and the guests who still belong to the venture."""
    facility = db.session.get_one(Facility, session.facility_id)
    today = day_at(now, facility.zone)
    staff = people_at(facility.id, (Role.MANAGER, Role.MENTOR), today)
    managers = [each for each in staff if each.id == session.manager_id]
    return list(dict.fromkeys((*managers, *queries.guests_of(session, now))))


def _call_off_what_waits(session: MentoringSession) -> dict[int, Told]:
    """Stop mails that are out of date; the latest that each person may have been told."""
    db.session.flush()
    posted = {
        _once(session, sequence, person_id): person_id
        for sequence in range(session.ics_sequence)
        for person_id in (session.manager_id, *(guest.person_id for guest in session.guests))
    }
    return {
        posted[mail.once_key or ""]: calendar.told_in(mail.calendar or "")
        for mail in outbox.call_off(*posted)
    }


def _once(session: MentoringSession, sequence: int, person_id: int) -> str:
    return f"session:{session.id}:{sequence}:{person_id}"


def _post(
    session: MentoringSession,
    person: Person,
    template: str,
    method: Method,
    now: datetime,
    told: Told | None = None,
    *,
    known: Told | None = None,
    reason: str = "",
) -> None:
    """`told` is what the mail repeats; `known` what was told before and is not so any more."""
    facility = db.session.get_one(Facility, session.facility_id)
    place = _place(session, facility, room_of(session), person.language)
    told = told or Told(session.starts_at, session.ends_at, place)
    meeting = _meeting(session, person.language, told, now)
    values = {
        "session": session,
        "manager": db.session.get_one(Person, session.manager_id),
        "venture": db.session.get_one(Organisation, session.organisation_id),
        "facility": facility,
        "to_manager": person.id == session.manager_id,
        "starts_at": meeting.starts_at,
        "ends_at": meeting.ends_at,
        "day": day_at(meeting.starts_at, facility.zone),
        "zone": facility.zone,
        "place": meeting.location,
        "reason": reason,
        "new_time": known is None or known[:2] != told[:2],
        "new_place": known is not None and known.location != told.location,
    }
    outbox.post(
        template,
        person.recipient,
        values,
        now=now,
        facility=facility.id,
        calendar=Invitation(calendar.write(meeting, method), method.value),
        once=_once(session, session.ics_sequence, person.id),
    )


def _meeting(session: MentoringSession, lang: str, told: Told, now: datetime) -> Meeting:
    manager = db.session.get_one(Person, session.manager_id)
    venture = db.session.get_one(Organisation, session.organisation_id)
    facility = db.session.get_one(Facility, session.facility_id)
    guests = [person for person in queries.guests_of(session, now) if person != manager]
    return Meeting(
        uid=session.ics_uid,
        sequence=session.ics_sequence,
        starts_at=told.starts_at,
        ends_at=told.ends_at,
        zone=facility.zone,
        summary=i18n.translate(_title(venture, manager), lang),
        description=session.topic,
        location=told.location,
        organiser=Guest(manager.name, manager.email),
        guests=tuple(Guest(guest.name, guest.email) for guest in guests),
        written_at=now,
    )


def room_of(session: MentoringSession) -> Room | None:
    """The room that is booked for a session."""
    booking = session.booking
    return booking.room if booking and booking.status is BookingStatus.CONFIRMED else None


def _title(venture: Organisation, manager: Person) -> Message:
    company = Name.of(venture)
    return say("Mentoring: %(venture)s and %(manager)s", venture=company, manager=manager.name)


def _place(session: MentoringSession, facility: Facility, room: Room | None, lang: str) -> str:
    if room is None:
        return i18n.translate(session.mode.label, lang)
    if lang == "en":
        return f"{room.name_en or room.name}, {facility.name_en or facility.name}"
    return f"{facility.name} {room.name}"
