"""Booking, moving and cancelling: the same steps on both sides."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from incubator.bookings import queries as rooms
from incubator.bookings.models import BookingStatus
from incubator.core.days import Stretch, wall_clock
from incubator.core.db import transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, say
from incubator.mentoring import actions, queries, rules
from incubator.mentoring.actions import NewTime, SessionRequest
from incubator.mentoring.models import MentoringSession, SessionStatus
from incubator.people.queries import members_of
from incubator.spaces.models import Room
from incubator.web.answers import lead_on
from incubator.web.filters import name_of, t
from incubator.web.forms import TooLate, choices, day_asked
from incubator.web.keys import key_of, number_of
from incubator.web.mentoring.forms import (
    ROOM_TAKEN,
    BookForm,
    CancelForm,
    OwnTimeForm,
    PlaceForm,
    place_choices,
)
from incubator.web.mentoring.side import (
    Side,
    asked_slot,
    by_day,
    place_of,
    room_name,
    slot_address,
)

WINDOW = timedelta(days=14)
FURTHEST = timedelta(days=182)
TWO = 2
"""A manager and a guest: a room for a session has that many seats at least."""
RACES = {
    "no_two_sessions_of_a_manager": lambda: TooLate(
        say("This time has just been taken. Please choose another.")
    ),
    "no_two_bookings_of_a_room": lambda: TooLate(ROOM_TAKEN),
}


@dataclass(frozen=True)
class Manager:
    """Whom one meets."""

    id: int
    name: str


@dataclass(frozen=True)
class Choice:
    """With whom a time is sought, and which session it will move."""

    side: Side
    manager: Manager
    moving: MentoringSession | None = None
    tabs: tuple[dict[str, object], ...] = ()


def show_times(choice: Choice, status: int = 200) -> ResponseReturnValue:
    """The free times of a manager, day by day, as buttons."""
    here = choice.side.here
    first = _first_day(here.today)
    days = Stretch(first, first + WINDOW)
    moving = choice.moving.id if choice.moving else None
    slots = queries.free_times(
        choice.manager.id, here.facility, days, now=here.now, except_session=moving
    )
    free = by_day(slots, here.facility.zone)
    return (
        render_template(
            "mentoring/times.html",
            choice=choice,
            ours=choice.side,
            days={day: free[day] for day in free if choice.side.venture.stays_on(day)},
            stretch=days,
            earlier=first - WINDOW if first > here.today else None,
            later=days.until if days.until < here.today + FURTHEST else None,
            time_url=lambda slot: _address(choice, slot),
            own_time=_own_time(choice),
        ),
        status,
    )


def _first_day(today: date) -> date:
    asked = day_asked("from") or today
    return min(max(asked, today), today + FURTHEST)


def _address(choice: Choice, slot: rules.Slot) -> str:
    if choice.moving is not None:
        return choice.side.url("reschedule", session_id=choice.moving.id, **slot_address(slot))
    manager = {"manager": key_of(choice.manager.id)} if choice.side.own else {}
    return choice.side.url("book", **manager, **slot_address(slot))


def _own_time(choice: Choice) -> OwnTimeForm | None:
    """Managers may also name a time of their own."""
    if choice.side.own:
        return None
    asked = "day" in request.args
    form = OwnTimeForm(request.args if asked else None)
    if not asked:
        form.day.data = choice.side.here.today
    return form


def own_time_asked(choice: Choice) -> ResponseReturnValue | None:
    """Lead from a time the manager typed to the page that books it."""
    form = _own_time(choice)
    if form is None or "day" not in request.args:
        return None
    if not form.validate():
        return show_times(choice, 422)
    zone = choice.side.here.facility.zone
    start = wall_clock(form.day.data, form.at.data, zone)
    if start is None:
        form.refuse(RuleBroken(say("The clock skips this time on that day."), "at"))
        return show_times(choice, 422)
    slot = rules.Slot(start, start + timedelta(minutes=form.minutes.data))
    return redirect(_address(choice, slot), 303)


def _room_choices(choice: Choice, slot: rules.Slot) -> dict[str, Room]:
    here = choice.side.here
    if slot.starts_at < here.now:
        return {}
    free = rooms.free_rooms(
        here.facility,
        slot.starts_at,
        slot.ends_at,
        now=here.now,
        except_booking=choice.moving.booking_id if choice.moving else None,
    )
    return {room.code: room for room in free if room.capacity >= TWO}


def _room_label(room: Room) -> Message:
    return say("%(room)s, %(seats)s seats", room=name_of(room), seats=room.capacity)


def book(choice: Choice) -> ResponseReturnValue:
    """Choose a time, then confirm it with topic, place and guests."""
    slot = asked_slot()
    if slot is None:
        return own_time_asked(choice) or show_times(choice)
    side, here = choice.side, choice.side.here
    found = _room_choices(choice, slot)
    members = members_of(side.venture.id, here.today)
    form = BookForm()
    places = place_choices((code, _room_label(room)) for code, room in found.items())
    invited = [(key_of(person.id), person.name) for person in members]
    form.offer(places)
    form.guests.choices = choices(invited)
    if request.method == "GET":
        large = (f"room:{code}" for code, room in found.items() if room.capacity > len(members))
        form.place.data = next(large, places[0][0])
        form.guests.data = [value for value, _ in invited]
    key = form.once_key.data if request.method == "POST" else None
    if key and (known := queries.session_named(rules.uid(here.actor.id, key))):
        return lead_on(_booked(known, here.now), side.url("session", session_id=known.id))
    if form.validate_on_submit():
        wanted = _request(choice, slot, form, found)
        with form.refusing(**RACES):
            with transaction():
                made = actions.book_session(wanted, actor=here.actor, now=here.now)
            return lead_on(_booked(made, here.now), side.url("session", session_id=made.id))
    page = render_template(
        "mentoring/confirm.html",
        choice=choice,
        ours=side,
        slot=slot,
        form=form,
        past=slot.starts_at < here.now,
        again=_again(choice),
    )
    return page, form.status


def _request(
    choice: Choice, slot: rules.Slot, form: BookForm, found: dict[str, Room]
) -> SessionRequest:
    return SessionRequest(
        organisation_id=choice.side.venture.id,
        manager_id=choice.manager.id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        topic=form.topic.data or "",
        mode=form.mode,
        room_id=found[form.room_code].id if form.room_code else None,
        guest_ids=[number_of(key) for key in form.guests.data or ()],
        once_key=form.once_key.data or "",
    )


def _booked(session: MentoringSession, now: Any) -> Message:
    if session.starts_at < now:
        return say("The session is written down. Now add the record.")
    return say("The session is booked. Everybody gets an invitation by mail.")


def _again(choice: Choice) -> str:
    """Back to the free times."""
    if choice.moving is not None:
        return choice.side.url("reschedule", session_id=choice.moving.id)
    manager = {"manager": key_of(choice.manager.id)} if choice.side.own else {}
    return choice.side.url("book", **manager)


def reschedule(choice: Choice) -> ResponseReturnValue:
    """Choose another time, then confirm it with the place."""
    if off := _off(choice):
        return off
    slot, session = asked_slot(), choice.moving
    if slot is None or session is None:
        return own_time_asked(choice) or show_times(choice)
    side, here = choice.side, choice.side.here
    found = _room_choices(choice, slot)
    form = PlaceForm()
    places = place_choices((code, _room_label(room)) for code, room in found.items())
    form.offer(places)
    place = _place_now(session)
    if place not in dict(places):
        taken = say(
            "%(room)s is not free at this time. Choose another place.", room=room_name(session)
        )
        form.place.description = str(t(taken))
    elif request.method == "GET":
        form.place.data = place
    if form.validate_on_submit():
        room_id = found[form.room_code].id if form.room_code else None
        said = _moved(session, slot, same_place=form.place.data == place)
        to = NewTime(slot.starts_at, slot.ends_at, form.mode, room_id)
        with form.refusing(**RACES):
            with transaction():
                moving = _load(choice)
                actions.reschedule_session(moving, to, actor=here.actor, now=here.now)
            return lead_on(said, side.url("session", session_id=session.id))
    page = render_template(
        "mentoring/confirm.html",
        choice=choice,
        ours=side,
        slot=slot,
        form=form,
        past=False,
        again=_again(choice),
    )
    return page, form.status


def _moved(session: MentoringSession, slot: rules.Slot, *, same_place: bool) -> Message:
    """What is new about it."""
    if (slot.starts_at, slot.ends_at) == (session.starts_at, session.ends_at):
        return say("The place of the session is changed. Everybody gets an update by mail.")
    if same_place:
        return say("The session is moved. Everybody gets an update by mail.")
    return say("The session is moved to a new time and place. Everybody gets an update by mail.")


def _place_now(session: MentoringSession) -> str:
    booking = session.booking
    if booking is not None and booking.status is BookingStatus.CONFIRMED:
        return f"room:{booking.room.code}"
    return session.mode.value


def _load(choice: Choice) -> MentoringSession:
    """The session afresh, inside the transaction."""
    here, side = choice.side.here, choice.side
    session, _ = queries.session_for(
        choice.moving.id if choice.moving else 0,
        here.actor,
        here.today,
        facility=here.facility.id,
        organisation=side.venture.id if side.own else None,
    )
    return session


def _off(choice: Choice) -> Response | None:
    """The way back to the page of a session that was cancelled already."""
    session = choice.moving
    if session is None or session.status is not SessionStatus.CANCELLED:
        return None
    said = say("This session was cancelled.")
    return lead_on(said, choice.side.url("session", session_id=session.id), "warning")


def cancel(choice: Choice) -> ResponseReturnValue:
    """Say what cancelling means, then do it."""
    if off := _off(choice):
        return off
    form, side, here = CancelForm(), choice.side, choice.side.here
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                reason = form.reason.data or ""
                actions.cancel_session(_load(choice), reason=reason, actor=here.actor, now=here.now)
            said = say("The session is cancelled. Everybody gets word by mail.")
            return lead_on(said, side.back)
    session = choice.moving
    place = place_of(session) if session else ""
    page = render_template(
        "mentoring/cancel.html", ours=side, session=session, form=form, place=place
    )
    return page, form.status
