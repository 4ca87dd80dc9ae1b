"""What a confirm page shows: a room, a time, what it costs, and the times that are free."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from flask import request
from werkzeug.datastructures import MultiDict

from incubator.bookings import actions, queries, rules
from incubator.bookings.actions import BookingRequest
from incubator.bookings.models import Booking
from incubator.bookings.rules import Cancelling, CancelTerms, Gap, Period, Price, Reach
from incubator.core import reading
from incubator.core.access import Can
from incubator.core.days import ONE_DAY, Stretch
from incubator.core.db import transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, Sum, format_end, say
from incubator.organisations.models import Organisation
from incubator.spaces.models import Facility, Room
from incubator.spaces.queries import room_of
from incubator.web import forms
from incubator.web.bookings.forms import BookingForm
from incubator.web.filters import name_of, t
from incubator.web.guard import Here
from incubator.web.keys import key_of, number_of

CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
USUAL = 60
SEARCHED = timedelta(days=14)
LONGEST_PRICE = 15


@dataclass(frozen=True)
class Asked:
    """What was asked for so far; the rest is filled in."""

    day: date
    start: int | None = None
    minutes: int | None = None
    within: timedelta = ONE_DAY
    """How many days from that one will do where it has no free time."""


@dataclass(frozen=True)
class Plan:
    """One booking before it is made."""

    room: Room
    facility: Facility
    venture: Organisation | None
    """Who it is for; nobody when the house books for itself."""
    reach: Reach
    asked: date
    """The day asked for, which may have no free time."""
    day: date
    start: int
    minutes: int
    gaps: list[Gap]
    left: int
    price: Price
    means: Cancelling

    @property
    def end(self) -> str:
        """When it would end, on the wall clock."""
        return rules.clock(self.start + self.minutes)

    @property
    def begin(self) -> str:
        """When it would begin, on the wall clock."""
        return rules.clock(self.start)

    @property
    def gap(self) -> Gap | None:
        """The free stretch around the start."""
        return next((gap for gap in self.gaps if gap[0] <= self.start < gap[1]), None)

    @property
    def key(self) -> str:
        """The room as addresses write it."""
        return key_of(self.room.id)

    @property
    def name(self) -> str:
        """What the room is called in the reader's language."""
        return name_of(self.room)

    @property
    def step(self) -> Message:
        """How long one step of the price is."""
        return rules.length(self.room.step_minutes)

    def starts(self) -> list[tuple[str, str]]:
        """When one may begin, with the time asked for even if it is taken."""
        free = {each for gap in self.gaps for each in rules.starts_in(gap, self.rules)}
        return [(rules.clock(each),) * 2 for each in sorted(free | {self.start})]

    def lengths(self) -> list[tuple[str, Message]]:
        """How long one may stay."""
        offered = sorted({*rules.lengths(self.rules), self.minutes})
        return [(str(each), rules.length(each)) for each in offered]

    @property
    def rules(self) -> rules.RoomRules:
        """The room's rules of use."""
        return queries.rules_of(self.room)

    @property
    def moved(self) -> bool:
        """Whether it is on a later day than asked for."""
        return self.day != self.asked

    def period(self, day: date | None = None) -> Period:
        """The moments it stands for, or would on another day."""
        start = rules.instant(day or self.day, self.start, self.facility.zone)
        return Period(start, start + timedelta(minutes=self.minutes))


def room_asked(facility: Facility, key: str) -> Room:
    """The room that an address or a form names, or 404."""
    return room_of(facility.id, number_of(key))


def given() -> MultiDict[str, str]:
    """What a form sent, else what the address says."""
    return request.form if request.method == "POST" else request.args


def day_asked(here: Here) -> date:
    """The day asked for, else today; a form says itself what it holds that is no day."""
    if request.method == "GET":
        return forms.day_asked() or here.today
    try:
        return reading.day(request.form.get("day", ""))
    except RuleBroken:
        return here.today


def clock_asked(text: str | None) -> int | None:
    """13:30 as minutes after midnight."""
    found = CLOCK.fullmatch(text or "")
    return int(found[1]) * 60 + int(found[2]) if found else None


def number_asked(text: str | None, digits: int = 4) -> int | None:
    """A length in minutes that a form holds, or whatever else is whole and not too long."""
    if text and text.isascii() and text.isdigit() and len(text) <= digits:
        return int(text)
    return None


def plan_of(here: Here, room: Room, asked: Asked, venture: Organisation | None) -> Plan:
    """Fill in what was not asked for, and work out what it costs and what cancelling would."""
    facility, reach = here.facility, reach_of(here, venture)
    days = Stretch(asked.day, asked.day + asked.within)
    free = queries.gaps_by_day(room, facility, days, now=here.now, reach=reach)
    day = next((day for day, gaps in free.items() if gaps), asked.day)
    gaps, start = free[day], asked.start
    if start is None:
        start = gaps[0][0] if gaps else room.open_minute
    minutes = asked.minutes or _usual(room, start, gaps)
    left, price = 0, Price(minutes, 0, 0, 0, 0)
    if venture is not None:
        left = queries.included_left(venture.id, facility, day)
        price = rules.price_of(minutes, queries.rules_of(room), left)
    begins = _moment(day, start, facility.zone)
    terms = CancelTerms(room.free_cancel_hours, room.late_cancel_bp)
    means = rules.cancelling(price, terms, begins, here.now)
    when = (asked.day, day, start, minutes)
    return Plan(room, facility, venture, reach, *when, gaps, left, price, means)


def reach_of(here: Here, venture: Organisation | None = None) -> Reach:
    """How far ahead whoever looks may book for a company, or for the house."""
    manages = here.may(Can.MANAGE_BOOKINGS)
    return Reach(any_time=manages, left_on=venture.left_on if venture else None)


def _moment(day: date, minute: int, zone: str) -> datetime:
    """The moment, also where the clocks skip it: for what is only shown."""
    return rules.whole_day(day, zone).start + timedelta(minutes=minute)


def _usual(room: Room, start: int, gaps: list[Gap]) -> int:
    """An hour, or as much of it as is free."""
    until = next((gap[1] for gap in gaps if gap[0] <= start < gap[1]), start + USUAL)
    return max(room.min_minutes, min(USUAL, until - start, room.max_minutes))


def asked(here: Here) -> Asked:
    """The time that a form or an address asks for."""
    start, minutes = clock_asked(given().get("start")), number_asked(given().get("minutes"))
    within = SEARCHED if start is None and request.method == "GET" else ONE_DAY
    return Asked(day_asked(here), start, minutes, within)


def fill(form: BookingForm, plan: Plan) -> None:
    """Show a plan in its form; what was typed stays."""
    form.start.choices = plan.starts()
    form.minutes.choices = [(value, str(t(words))) for value, words in plan.lengths()]
    form.start.data, form.minutes.data = plan.begin, str(plan.minutes)
    form.room.data, form.seen.data = plan.key, str(plan.price.amount)
    if not form.is_submitted():
        form.day.data = plan.day
        form.title.data = request.args.get("title", "")
    form.once_key.data = form.once_key.data or uuid4().hex


def _check_sent(form: BookingForm) -> None:
    """Refuse times that cannot be read."""
    if clock_asked(form.start.data) is None:
        raise RuleBroken(say("Choose when to begin."), "start")
    if number_asked(form.minutes.data) is None:
        raise RuleBroken(say("Choose how long."), "minutes")


def book(here: Here, form: BookingForm, plan: Plan) -> int:
    """Book what was confirmed; the number of the booking."""
    _check_sent(form)
    wanted = plan.period()
    asked_for = BookingRequest(
        room_id=plan.room.id,
        organisation_id=plan.venture.id if plan.venture else None,
        starts_at=wanted.start,
        ends_at=wanted.end,
        title=form.title.data or "",
        once_key=form.once_key.data or None,
        at_most=number_asked(form.seen.data, LONGEST_PRICE) or 0,
    )
    with transaction():
        return actions.book_room(asked_for, actor=here.actor, now=here.now)


def why_not(plan: Plan, now: datetime) -> Message | None:
    """Why nothing can begin at this time, or could on the day asked for, if so."""
    if plan.gap and not plan.moved:
        return None
    house = queries.house_on(plan.facility, plan.asked)
    full = say("Nothing is free in this room on %(day)s any more.", day=plan.asked)
    try:
        if plan.moved:
            return rules.why_closed(plan.period(plan.asked), plan.rules, house) or full
        rules.may_book(plan.period(), plan.rules, house, now=now, reach=plan.reach)
    except RuleBroken as broken:
        return broken.message
    return say("This time is not free.")


@dataclass(frozen=True)
class Instead:
    """Another time, as a button."""

    day: date
    start: str
    end: str
    minutes: int


def instead_of(plan: Plan, now: datetime) -> list[Instead]:
    """The nearest times of the same length that are free."""
    zone = ZoneInfo(plan.facility.zone)
    found = queries.nearest_free(
        plan.room, plan.period(), now=now, facility=plan.facility, reach=plan.reach
    )
    return [
        Instead(
            local.date(), f"{local:%H:%M}", format_end(each.end, plan.facility.zone), each.minutes
        )
        for each in found
        for local in (each.start.astimezone(zone),)
    ]


def clash_with(plan: Plan) -> RuleBroken:
    """Why a time cannot be had: somebody else has it."""
    wanted = plan.period()
    clash = queries.clash_of(plan.room, wanted) or wanted
    return forms.TooLate(rules.taken(plan.name, clash, plan.facility.zone), "start")


def booked_message(booking: Booking, zone: str) -> Message:
    """What the page says after booking: what stands there, also where the form was an old one."""
    starts = booking.starts_at.astimezone(ZoneInfo(zone))
    return say(
        "%(room)s is booked on %(day)s, %(start)s–%(end)s.",
        room=name_of(booking.room),
        day=starts.date(),
        start=f"{starts:%H:%M}",
        end=format_end(booking.ends_at, zone),
    )


def cancelled_message(booking: Booking) -> Message:
    """What the page says after cancelling."""
    charge = queries.charge_of(booking.id)
    if charge is not None and charge.invoice_id is not None:
        return say(
            "The booking is cancelled. Its price is already on an invoice; "
            "the office can give it back by a credit note."
        )
    if booking.cancel_fee:
        fee = Sum(booking.cancel_fee, booking.currency)
        return say(
            "The booking is cancelled. "
            "The fee of %(fee)s is on the first invoice after the booked day.",
            fee=fee,
        )
    if booking.included_minutes:
        kept = rules.length(booking.included_minutes)
        return say(
            "The booking is cancelled. %(length)s of included time do not come back.", length=kept
        )
    return say("The booking is cancelled. It costs nothing.")
