"""Booking a room for one's own company: three taps from home."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial, wraps
from typing import Any, Concatenate

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.bookings import actions, queries, rules
from incubator.bookings.models import Booking
from incubator.bookings.queries import Eyes, RoomFacts
from incubator.bookings.rules import QUARTER, Gap, Reach
from incubator.core.access import Can
from incubator.core.days import Stretch
from incubator.core.db import transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, Sum, say
from incubator.spaces.queries import room_of
from incubator.web import guard
from incubator.web.answers import lead_on
from incubator.web.bookings import plan as planning
from incubator.web.bookings.blueprint import pages
from incubator.web.bookings.forms import BookingForm
from incubator.web.bookings.plan import Plan
from incubator.web.bookings.session import session_url
from incubator.web.bookings.timeline import Links, Scene, meta_of, picture
from incubator.web.filters import name_of
from incubator.web.forms import page_asked
from incubator.web.guard import Home
from incubator.web.keys import key_of

TABS = 3
SLOTS = 60
WEEK = 7
View = Callable[Concatenate[Home, ...], ResponseReturnValue]


@dataclass(frozen=True)
class Slot:
    """A free stretch of a room, ready to be pressed."""

    href: str
    start: str
    end: str
    name: str
    meta: str
    price: Message
    note: Message


def _inside(view: View) -> View:
    """Who has left is told so instead of being offered what it cannot have."""

    @wraps(view)
    def shown(here: Home, **kwargs: Any) -> ResponseReturnValue:
        if here.venture.stage.gone:
            to = url_for("bookings.own_bookings", venture_id=here.venture.id)
            return lead_on(rules.ONLY_INSIDERS, to, "warning")
        return view(here, **kwargs)

    return shown


@pages.get("/v/<key:venture_id>/book")
@guard.at_venture(Can.BOOK_ROOMS)
@_inside
def book(here: Home) -> ResponseReturnValue:
    """Free now and next, or free on another day."""
    day = planning.day_asked(here)
    seats = planning.number_asked(request.args.get("seats")) or 0
    shortest = planning.number_asked(request.args.get("length")) or 0
    rooms = queries.rooms_of(here.facility.id, seats=seats)
    house = queries.house_of(here.facility, Stretch(day, day + timedelta(days=WEEK)))
    taken = queries.day_of(here.facility, day, Eyes(organisation_id=here.venture.id))
    left = queries.included_left(here.venture.id, here.facility, day)
    reach = planning.reach_of(here, here.venture)
    found = [
        (gap, room)
        for room in rooms
        for gap in queries.gaps_of(
            room.rules, taken.get(room.id, ()), house, day, here.now, reach=reach
        )
        if gap[1] - gap[0] >= shortest
    ]
    found.sort(key=lambda each: each[0][0])
    begun = rules.clip_earliest(day, here.now, here.facility.zone) + QUARTER
    soon = [each for each in found if day == here.today and each[0][0] < begun]
    later = [each for each in found if each not in soon]
    return render_template(
        "bookings/book.html",
        here=here,
        day=day,
        tabs=_tabs(here, day),
        soon=[_slot(here, day, gap, room, left) for gap, room in soon],
        later=[_slot(here, day, gap, room, left) for gap, room in later[:SLOTS]],
        more=max(len(later) - SLOTS, 0),
        left=left,
        closed=house.calendar.closed_because(day),
        last=_last_day(here, reach, rooms),
        rooms=rooms,
        next_bookings=queries.next_of(here.venture.id, here.now, limit=3),
        asked={"seats": seats, "length": shortest},
    )


def _last_day(here: Home, reach: Reach, rooms: list[RoomFacts]) -> date:
    """The last day on which any of the rooms can be booked so far."""
    bookable = (room.rules for room in rooms if room.rules.bookable)
    lasts = (reach.last_day(each, here.now, here.facility.zone) for each in bookable)
    return max(lasts, default=here.today)


def _tabs(here: Home, day: date) -> list[dict[str, object]]:
    house = queries.house_of(here.facility, Stretch(here.today, here.today + timedelta(days=14)))
    days = queries.next_days(house, here.today, TABS)
    if day not in days:
        days.append(day)
    names = {here.today: say("Today"), here.today + timedelta(days=1): say("Tomorrow")}
    return [
        {
            "label": names.get(each, each),
            "href": url_for("bookings.book", venture_id=here.venture.id, day=each.isoformat()),
            "current": each == day,
        }
        for each in days
    ]


def _slot(here: Home, day: date, gap: Gap, room: RoomFacts, left: int) -> Slot:
    start, end = gap
    href = url_for(
        "bookings.confirm",
        venture_id=here.venture.id,
        room=key_of(room.id),
        day=day.isoformat(),
        start=rules.clock(start),
    )
    price, note = _price_words(room, here.facility.currency, left)
    return Slot(
        href, rules.clock(start), rules.clock(end), name_of(room), meta_of(room), price, note
    )


def _price_words(room: RoomFacts, currency: str, left: int) -> tuple[Message, Message]:
    price = room.rules.price_per_step
    if not price:
        return say("%(price)s", price=Sum(0, currency)), say("always free")
    if room.rules.spends_included and left >= room.rules.min_minutes:
        return say("%(price)s", price=Sum(0, currency)), say("within included hours")
    step = rules.length(room.rules.step_minutes)
    return say("%(price)s", price=Sum(price, currency)), say("per %(step)s", step=step)


@pages.get("/v/<key:venture_id>/book/<key:room_id>")
@guard.at_venture(Can.BOOK_ROOMS)
@_inside
def choose(here: Home, room_id: int) -> ResponseReturnValue:
    """One room: its rules of use and its free times of the next days."""
    g.nav_here = "bookings.book"
    room = room_of(here.facility.id, room_id)
    first = planning.day_asked(here)
    days = Stretch(first, first + timedelta(days=WEEK))
    reach = planning.reach_of(here, here.venture)
    free = queries.gaps_by_day(room, here.facility, days, now=here.now, reach=reach)
    return render_template(
        "bookings/choose.html",
        here=here,
        room=room,
        name=name_of(room),
        key=key_of(room.id),
        step=rules.length(room.step_minutes),
        days=free if room.bookable else {},
        earlier=max(first - timedelta(days=WEEK), here.today) if first > here.today else None,
        later=days.until,
        last=reach.last_day(queries.rules_of(room), here.now, here.facility.zone),
        clock=rules.clock,
    )


@pages.route("/v/<key:venture_id>/book/confirm", methods=["GET", "POST"])
@guard.at_venture(Can.BOOK_ROOMS)
@_inside
def confirm(here: Home) -> ResponseReturnValue:
    """Check the time and the price, then book."""
    g.nav_here = "bookings.book"
    form = BookingForm()
    room = planning.room_asked(here.facility, planning.given().get("room", ""))
    planned = partial(planning.plan_of, here, room, planning.asked(here), here.venture)
    plan = planned()
    if form.validate_on_submit():
        with form.refusing(no_two_bookings_of_a_room=lambda: planning.clash_with(plan)):
            booking_id = planning.book(here, form, plan)
            booking = queries.of_venture(here.venture.id, booking_id)
            told = planning.booked_message(booking, here.facility.zone)
            return lead_on(told, _own(here, booking_id))
        plan = planned()
    return _confirm_page(here, form, plan), form.status


def _confirm_page(here: Home, form: BookingForm, plan: Plan) -> str:
    planning.fill(form, plan)
    return render_template(
        "bookings/confirm.html",
        here=here,
        form=form,
        plan=plan,
        office=False,
        action=url_for("bookings.confirm", venture_id=here.venture.id),
        back=url_for("bookings.book", venture_id=here.venture.id, day=plan.day.isoformat()),
        why_not=planning.why_not(plan, here.now),
        instead=planning.instead_of(plan, here.now) if form.too_late or not plan.gap else [],
    )


def _own(here: Home, booking_id: int) -> str:
    return url_for("bookings.own_booking", venture_id=here.venture.id, booking_id=booking_id)


@pages.get("/v/<key:venture_id>/rooms")
@guard.at_venture(Can.BOOK_ROOMS)
@_inside
def own_day(here: Home) -> ResponseReturnValue:
    """All rooms on one day; of others' bookings only that there is one.

    A room that cannot be booked any more is shown while one's own booking of it stands.
    """
    g.nav_here = "bookings.book"
    day = planning.day_asked(here)
    seats = planning.number_asked(request.args.get("seats")) or 0
    house = queries.house_on(here.facility, day)
    taken = queries.day_of(here.facility, day, Eyes(organisation_id=here.venture.id))
    rooms = [
        room
        for room in queries.rooms_of(here.facility.id, seats=seats, all_rooms=True)
        if room.rules.bookable or any(each.mine for each in taken.get(room.id, ()))
    ]
    reach, venture_id = planning.reach_of(here, here.venture), here.venture.id
    links = Links(
        booking=url_for("bookings.own_bookings", venture_id=venture_id) + "/",
        room=url_for("bookings.book", venture_id=venture_id) + "/",
        book=url_for("bookings.confirm", venture_id=venture_id, day=day.isoformat()),
    )
    return render_template(
        "bookings/own_day.html",
        here=here,
        day=day,
        seats=seats,
        last=_last_day(here, reach, rooms),
        closed=house.calendar.closed_because(day),
        picture=picture(rooms, taken, Scene(day, here.now, house, reach), links),
        step=timedelta(days=1),
    )


@pages.get("/v/<key:venture_id>/bookings")
@guard.at_venture(Can.BOOK_ROOMS)
def own_bookings(here: Home) -> ResponseReturnValue:
    """What the company has booked, and what it had."""
    page, ahead = page_asked(), page_asked("ahead")
    earlier, total = queries.past(here.venture.id, here.now, page)
    upcoming, coming = queries.upcoming(here.venture.id, here.now, ahead)
    return render_template(
        "bookings/own_bookings.html",
        here=here,
        upcoming=upcoming,
        coming=coming,
        ahead=ahead,
        earlier=earlier,
        total=total,
        page=page,
        left=queries.included_left(here.venture.id, here.facility, here.today),
    )


@pages.get("/v/<key:venture_id>/bookings/<key:booking_id>")
@guard.at_venture(Can.BOOK_ROOMS)
def own_booking(here: Home, booking_id: int) -> ResponseReturnValue:
    """One booking, with what cancelling it now would mean."""
    return _booking_page(here, queries.of_venture(here.venture.id, booking_id))


def _booking_page(here: Home, booking: Booking, refused: Message | None = None) -> str:
    charge = queries.charge_of(booking.id)
    return render_template(
        "bookings/own_booking.html",
        here=here,
        booking=booking,
        name=name_of(booking.room),
        means=queries.cancelling(booking, here.now),
        billed=charge is not None and charge.invoice_id is not None,
        length=rules.length(rules.Period(booking.starts_at, booking.ends_at).minutes),
        refused=refused,
        session_url=session_url(here, booking),
    )


@pages.post("/v/<key:venture_id>/bookings/<key:booking_id>/cancel")
@guard.at_venture(Can.BOOK_ROOMS)
def own_cancel(here: Home, booking_id: int) -> ResponseReturnValue:
    """Cancel by the rule that was in force when it was booked."""
    try:
        with transaction():
            booking = queries.of_venture(here.venture.id, booking_id)
            booking = actions.cancel_booking(booking, actor=here.actor, now=here.now)
            words = planning.cancelled_message(booking)
    except RuleBroken as broken:
        booking = queries.of_venture(here.venture.id, booking_id)
        return _booking_page(here, booking, broken.message), 422
    return lead_on(words, _own(here, booking_id))
