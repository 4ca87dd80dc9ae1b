"""Bookings as the office sees them: the day, on behalf of a company or the house, cancelling."""

from datetime import timedelta
from functools import partial

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.bookings import actions, queries, rules
from incubator.bookings.models import Booking, BookingStatus
from incubator.core.access import Can
from incubator.core.days import day_at
from incubator.core.db import transaction
from incubator.core.errors import NotFound, RuleBroken
from incubator.core.i18n import Message, say
from incubator.organisations.models import Organisation, Stage
from incubator.organisations.queries import all_ventures
from incubator.spaces.queries import floors_of
from incubator.web import guard
from incubator.web.answers import lead_on
from incubator.web.bookings import plan as planning
from incubator.web.bookings.blueprint import pages
from incubator.web.bookings.forms import OfficeBookingForm
from incubator.web.bookings.plan import Plan
from incubator.web.bookings.session import session_url
from incubator.web.bookings.timeline import Links, Scene, picture
from incubator.web.filters import language, name_of, t
from incubator.web.guard import Here
from incubator.web.keys import key_of, number_of


@pages.get("/f/<code>/bookings")
@guard.at_facility(Can.VIEW_BOOKINGS)
def day(here: Here) -> ResponseReturnValue:
    """All rooms on one day."""
    shown = planning.day_asked(here)
    seats = planning.number_asked(request.args.get("seats")) or 0
    floor = planning.number_asked(request.args.get("floor"))
    rooms = queries.rooms_of(here.facility.id, seats=seats, floor_id=floor, all_rooms=True)
    house = queries.house_on(here.facility, shown)
    taken = queries.day_of(here.facility, shown, queries.eyes_of(here.actor, here.facility.id))
    reach = planning.reach_of(here)
    manages, code = reach.any_time, here.facility.code
    links = Links(
        booking=url_for("bookings.day", code=code) + "/" if manages else "",
        book=url_for("bookings.new", code=code, day=shown.isoformat()) if manages else "",
    )
    return render_template(
        "bookings/day.html",
        here=here,
        day=shown,
        seats=seats,
        floor=floor or "",
        floors=floors_of(here.facility.id),
        manages=manages,
        closed=house.calendar.closed_because(shown),
        picture=picture(rooms, taken, Scene(shown, here.now, house, reach), links),
        step=timedelta(days=1),
    )


@pages.route("/f/<code>/bookings/new", methods=["GET", "POST"])
@guard.at_facility(Can.MANAGE_BOOKINGS)
def new(here: Here) -> ResponseReturnValue:
    """Book for a company or for the house."""
    g.nav_here = "bookings.day"
    form = OfficeBookingForm()
    venture = _venture_asked(here, planning.given().get("venture", ""))
    room_key = planning.given().get("room") or _first_room(here)
    room = planning.room_asked(here.facility, room_key)
    planned = partial(planning.plan_of, here, room, planning.asked(here), venture)
    plan = planned()
    if form.validate_on_submit():
        with form.refusing(no_two_bookings_of_a_room=lambda: planning.clash_with(plan)):
            booking_id = planning.book(here, form, plan)
            booking = queries.at_facility(here.facility.id, booking_id)
            told = planning.booked_message(booking, here.facility.zone)
            return lead_on(told, _one(here, booking_id))
        plan = planned()
    return _new_page(here, form, plan), form.status


def _first_room(here: Here) -> str:
    rooms = queries.rooms_of(here.facility.id)
    if not rooms:
        raise NotFound
    return key_of(rooms[0].id)


def _venture_asked(here: Here, key: str) -> Organisation | None:
    """The company that a form names; NotFound for one that is not ours, None for the house."""
    if not key:
        return None
    found = {each.id: each for each in _ventures(here)}.get(number_of(key))
    if found is None:
        raise NotFound
    return found


def _ventures(here: Here) -> list[Organisation]:
    """The companies for which the office may book."""
    return all_ventures(here.facility.id, Stage.TENANT, Stage.PROSPECT, lang=language())


def _new_page(here: Here, form: OfficeBookingForm, plan: Plan) -> str:
    planning.fill(form, plan)
    rooms = queries.rooms_of(here.facility.id)
    form.room.choices = [(key_of(room.id), name_of(room)) for room in rooms]
    form.venture.choices = [
        ("", str(t(say("The house")))),
        *((key_of(each.id), name_of(each)) for each in _ventures(here)),
    ]
    form.venture.data = key_of(plan.venture.id) if plan.venture else ""
    code = here.facility.code
    return render_template(
        "bookings/confirm.html",
        here=here,
        form=form,
        plan=plan,
        office=True,
        action=url_for("bookings.new", code=code),
        back=url_for("bookings.day", code=code, day=plan.day.isoformat()),
        why_not=planning.why_not(plan, here.now),
        instead=planning.instead_of(plan, here.now) if form.too_late or not plan.gap else [],
    )


def _one(here: Here, booking_id: int) -> str:
    return url_for("bookings.booking", code=here.facility.code, booking_id=booking_id)


@pages.get("/f/<code>/bookings/<key:booking_id>")
@guard.at_facility(Can.SEE_BOOKING_TITLES)
def booking(here: Here, booking_id: int) -> ResponseReturnValue:
    """One booking."""
    g.nav_here = "bookings.day"
    return _booking_page(here, queries.at_facility(here.facility.id, booking_id))


def _booking_page(here: Here, found: Booking, refused: Message | None = None) -> str:
    charge = queries.charge_of(found.id)
    manages = here.may(Can.MANAGE_BOOKINGS)
    stands = found.status is BookingStatus.CONFIRMED
    return render_template(
        "bookings/booking.html",
        here=here,
        booking=found,
        day=day_at(found.starts_at, here.facility.zone),
        name=name_of(found.room),
        means=queries.cancelling(found, here.now),
        billed=charge is not None and charge.invoice_id is not None,
        length=rules.length(rules.Period(found.starts_at, found.ends_at).minutes),
        may_cancel=manages and stands and here.now < found.starts_at,
        may_note=manages and stands and here.now >= found.starts_at,
        may_take_back=manages and found.status is BookingStatus.NO_SHOW,
        sees_venture=here.may(Can.VIEW_VENTURES),
        refused=refused,
        session_url=session_url(here, found),
    )


@pages.post("/f/<code>/bookings/<key:booking_id>/cancel")
@guard.at_facility(Can.MANAGE_BOOKINGS)
def cancel(here: Here, booking_id: int) -> ResponseReturnValue:
    """Cancel for a company; the office may waive the fee."""
    waive = request.form.get("waive") == "yes"
    try:
        with transaction():
            found = queries.at_facility(here.facility.id, booking_id)
            found = actions.cancel_booking(found, actor=here.actor, now=here.now, waive=waive)
            words = planning.cancelled_message(found)
    except RuleBroken as broken:
        found = queries.at_facility(here.facility.id, booking_id)
        return _booking_page(here, found, broken.message), 422
    return lead_on(words, _one(here, booking_id))


@pages.post("/f/<code>/bookings/<key:booking_id>/no-show")
@guard.at_facility(Can.MANAGE_BOOKINGS)
def no_show(here: Here, booking_id: int) -> ResponseReturnValue:
    """Note that nobody came, or that somebody did after all."""
    came = request.form.get("came") == "yes"
    deed = actions.take_back_no_show if came else actions.mark_no_show
    try:
        with transaction():
            found = queries.at_facility(here.facility.id, booking_id)
            deed(found, actor=here.actor, now=here.now)
    except RuleBroken as broken:
        found = queries.at_facility(here.facility.id, booking_id)
        return _booking_page(here, found, broken.message), 422
    said = say("Noted: they came.") if came else say("Noted: nobody came. The price stays.")
    return lead_on(said, _one(here, booking_id))
