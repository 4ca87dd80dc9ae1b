"""Booking a room: rows, not objects, since it is done more often than anything else."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from incubator.billing import actions as billing
from incubator.billing.actions import NewCharge
from incubator.billing.models import ChargeKind
from incubator.bookings import queries, rules
from incubator.bookings.models import Booking
from incubator.bookings.queries import Place
from incubator.bookings.rules import Period, Price, Reach
from incubator.core import audit
from incubator.core.access import Actor, Can
from incubator.core.audit import Where
from incubator.core.db import add_row, lock
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.i18n import Message, Sum, say
from incubator.core.packing import pack
from incubator.organisations.models import Organisation


@dataclass(frozen=True)
class BookingRequest:
    """What somebody wants; without an organisation it is for the house itself."""

    room_id: int
    organisation_id: int | None
    starts_at: datetime
    ends_at: datetime
    title: str = ""
    once_key: str | None = None
    at_most: int | None = None
    """The price that whoever books has seen, before tax."""
    free: bool = False
    """Part of a mentoring session: costs nothing, and the session's own mail tells of it."""

    @property
    def period(self) -> Period:
        """The time that is wanted."""
        return Period(self.starts_at, self.ends_at)


def book_room(request: BookingRequest, *, actor: Actor, now: datetime) -> int:
    """Book a room; the booking's id. Asked again with the same key, that of what was booked.

    IntegrityError "no_two_bookings_of_a_room" when somebody else has it.
    """
    place = queries.lock_place(request.room_id, request.organisation_id)
    manages = _require_booking(request, place, actor)
    day = place.day_of(request.starts_at).start
    house, made = queries.day_and_made(place.facility, day, request.once_key)
    if made:
        if made.booked_by_id != actor.id:
            raise NotFound
        return made.id
    left_on = place.venture.left_on if place.venture else None
    reach = Reach(any_time=manages, left_on=left_on)
    rules.may_book(request.period, place.rules, house, now=now, reach=reach)
    price = _price(request, place)
    booking = add_row(Booking, _row(request, place, price, actor=actor, now=now))
    _charge(booking, request, place, price, now=now)
    audit.record(
        actor,
        "booking.made",
        (Booking, booking),
        at=now,
        where=Where(place.facility.id, request.organisation_id),
        after={
            "room": place.room.code,
            "starts_at": request.starts_at,
            "ends_at": request.ends_at,
            "price": price.amount,
        },
    )
    return booking


def _require_booking(request: BookingRequest, place: Place, actor: Actor) -> bool:
    """Whether the office books; NotAllowed unless it or the venture itself does."""
    manages = actor.can(Can.MANAGE_BOOKINGS, facility=place.facility.id)
    own = request.organisation_id is not None and actor.can(
        Can.BOOK_ROOMS, organisation=request.organisation_id
    )
    in_session = request.free and actor.can(Can.MENTOR, facility=place.facility.id)
    if not (manages or own or in_session):
        raise NotAllowed(Can.BOOK_ROOMS)
    if place.venture is not None and place.venture.stage.gone:
        raise RuleBroken(rules.ONLY_INSIDERS)
    return manages


def _price(request: BookingRequest, place: Place) -> Price:
    """Ventures pay, the house and mentoring sessions do not; never more than they have seen."""
    minutes = request.period.minutes
    if place.venture is None or request.free:
        return Price(minutes, 0, 0, 0, 0)
    left = 0
    if place.rules.spends_included and place.facility.included_room_minutes:
        lock(Organisation, place.venture.id)
        day = place.day_of(request.starts_at).start
        left = queries.included_left(place.venture.id, place.facility, day)
    price = rules.price_of(minutes, place.rules, left)
    if request.at_most is not None and price.amount > request.at_most:
        shown = Sum(price.amount, place.facility.currency)
        raise RuleBroken(
            say("At this time the price is %(price)s. Please confirm once more.", price=shown),
            "minutes",
        )
    return price


def _row(
    request: BookingRequest, place: Place, price: Price, *, actor: Actor, now: datetime
) -> dict[str, Any]:
    room = place.rules
    return {
        "facility_id": place.facility.id,
        "room_id": place.room.id,
        "organisation_id": request.organisation_id,
        "booked_by_id": actor.id,
        "title": request.title,
        "starts_at": request.starts_at,
        "ends_at": request.ends_at,
        "holds_from": request.starts_at - timedelta(minutes=room.buffer_before),
        "holds_until": request.ends_at + timedelta(minutes=room.buffer_after),
        "price": price.amount,
        "currency": place.facility.currency,
        "included_minutes": price.included,
        "terms": {
            "price_per_step": room.price_per_step,
            "step_minutes": room.step_minutes,
            "steps": price.steps,
            "included_minutes": price.included,
            "free_cancel_hours": room.free_cancel_hours,
            "late_cancel_bp": room.late_cancel_bp,
            "free": request.free,
        },
        "booked_at": now,
        "once_key": request.once_key,
        "untold": place.venture is not None and not request.free,
    }


def _charge(
    booking: int, request: BookingRequest, place: Place, price: Price, *, now: datetime
) -> None:
    """A priced booking stands on the venture's next invoice, once."""
    if place.venture is None or not price.amount:
        return
    inputs = {
        "minutes": price.minutes,
        "included_minutes": price.included,
        "steps": price.steps,
        "price_per_step": place.rules.price_per_step,
        "step_minutes": place.rules.step_minutes,
    }
    why = _arithmetic(price, place.rules.step_minutes)
    billing.add_charge(
        NewCharge(
            facility_id=place.facility.id,
            organisation_id=place.venture.id,
            kind=ChargeKind.ROOM,
            source=queries.source_of(booking),
            service=place.day_of(request.starts_at),
            amount=price.amount,
            currency=place.facility.currency,
            title=place.room.name,
            why={"rule": "BR-F03", "inputs": inputs, "say": pack(why)},
        ),
        now=now,
    )


def _arithmetic(price: Price, step_minutes: int) -> Message:
    step = rules.length(step_minutes)
    if not price.included:
        return say("%(steps)s × %(step)s begun", steps=price.steps, step=step)
    return say(
        "%(length)s, of which %(included)s are included; %(steps)s × %(step)s begun",
        length=rules.length(price.minutes),
        included=rules.length(price.included),
        steps=price.steps,
        step=step,
    )
