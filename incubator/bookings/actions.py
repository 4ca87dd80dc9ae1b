"""Booking rooms, cancelling, and noting who did not come; the caller commits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, bindparam

from incubator.billing import actions as billing
from incubator.billing import rules as billing_rules
from incubator.billing.actions import NewCharge
from incubator.billing.models import ChargeKind
from incubator.bookings import queries, rules
from incubator.bookings.models import Booking, BookingStatus
from incubator.bookings.rules import CancelTerms, Period, Price, RoomRules
from incubator.core import audit, outbox
from incubator.core.access import Actor, Can, require
from incubator.core.audit import Where
from incubator.core.days import ONE_DAY, Stretch, day_at
from incubator.core.db import db, lock
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.i18n import Message, say
from incubator.core.outbox import Recipient
from incubator.organisations.models import Organisation, Stage
from incubator.spaces.models import Facility, Room

GONE = (Stage.ALUMNUS, Stage.LEFT)


@dataclass(frozen=True)
class BookingRequest:
    """What somebody wants; without an organisation it is for the house itself."""

    room_id: int
    organisation_id: int | None
    starts_at: datetime
    ends_at: datetime
    title: str = ""
    once_key: str | None = None
    free: bool = False
    """Part of a mentoring session: costs nothing, and the session's own mail tells of it."""


@dataclass(frozen=True)
class _Place:
    """Where a booking happens, and for whom."""

    room: Room
    facility: Facility
    venture: Organisation | None

    def day_of(self, at: datetime) -> Stretch:
        day = day_at(at, self.facility.zone)
        return Stretch(day, day + ONE_DAY)


def book_room(request: BookingRequest, *, actor: Actor, now: datetime) -> Booking:
    """Book a room; asked a second time with the same key, give back what was booked.

    IntegrityError "no_two_bookings_of_a_room" when somebody else has it.
    """
    place = _lock_place(request)
    manages = _require_booking(request, place, actor)
    if again := _already(request, actor):
        return again
    wanted = Period(request.starts_at, request.ends_at)
    room_rules = queries.rules_of(place.room)
    house = queries.house_on(place.facility, place.day_of(wanted.start).start)
    rules.may_book(wanted, room_rules, house, now=now, any_time_ahead=manages)
    price = _price(request, place, room_rules)
    booking = _booking(request, place, price, actor=actor, now=now)
    db.session.add(booking)
    db.session.flush()
    _charge(booking, place, price, now=now)
    audit.record(
        actor,
        "booking.made",
        booking,
        at=now,
        where=Where(place.facility.id, request.organisation_id),
        after={
            "room": place.room.code,
            "starts_at": request.starts_at,
            "ends_at": request.ends_at,
            "price": price.amount,
        },
    )
    if not request.free:
        _tell("booking_made", booking, place, actor=actor, now=now)
    return booking


_PLACE = (
    db.select(Room, Facility, Organisation)
    .join(Facility, Facility.id == Room.facility_id)
    .outerjoin(
        Organisation,
        (Organisation.facility_id == Facility.id)
        & (Organisation.id == bindparam("organisation_id", type_=Integer)),
    )
    .where(Room.id == bindparam("room_id"))
    .with_for_update(of=Room, key_share=True)
    .execution_options(populate_existing=True)
)


def _lock_place(request: BookingRequest) -> _Place:
    """The room, locked so that whoever wants it too waits, with its facility and the venture."""
    asked = {"room_id": request.room_id, "organisation_id": request.organisation_id}
    found = db.session.execute(_PLACE, asked).one_or_none()
    if found is None:
        raise NotFound
    place = _Place(*found)
    if request.organisation_id is not None and place.venture is None:
        raise NotFound
    return place


def _require_booking(request: BookingRequest, place: _Place, actor: Actor) -> bool:
    """Whether the office books; NotAllowed unless it or the venture itself does."""
    manages = actor.can(Can.MANAGE_BOOKINGS, facility=place.facility.id)
    own = request.organisation_id is not None and actor.can(
        Can.BOOK_ROOMS, organisation=request.organisation_id
    )
    in_session = request.free and actor.can(Can.MENTOR, facility=place.facility.id)
    if not (manages or own or in_session):
        raise NotAllowed(Can.BOOK_ROOMS)
    if place.venture is not None and place.venture.stage in GONE:
        raise RuleBroken(say("Only companies that are with us can book rooms."))
    return manages


def _already(request: BookingRequest, actor: Actor) -> Booking | None:
    if request.once_key is None:
        return None
    booking: Booking | None = db.session.scalar(
        db.select(Booking).where(Booking.once_key == request.once_key)
    )
    if booking is not None and booking.booked_by_id != actor.id:
        raise NotFound
    return booking


def _price(request: BookingRequest, place: _Place, room_rules: RoomRules) -> Price:
    """Ventures pay, the house and mentoring sessions do not."""
    minutes = Period(request.starts_at, request.ends_at).minutes
    if place.venture is None or request.free:
        return Price(minutes, 0, 0, 0, 0)
    left = 0
    if room_rules.spends_included and place.facility.included_room_minutes:
        lock(Organisation, place.venture.id)
        day = place.day_of(request.starts_at).start
        left = queries.included_left(place.venture.id, place.facility, day)
    return rules.price_of(minutes, room_rules, left)


def _booking(
    request: BookingRequest, place: _Place, price: Price, *, actor: Actor, now: datetime
) -> Booking:
    room = place.room
    return Booking(
        facility_id=place.facility.id,
        room_id=room.id,
        organisation_id=request.organisation_id,
        booked_by_id=actor.id,
        title=request.title,
        starts_at=request.starts_at,
        ends_at=request.ends_at,
        holds_from=request.starts_at - timedelta(minutes=room.buffer_before),
        holds_until=request.ends_at + timedelta(minutes=room.buffer_after),
        price=price.amount,
        currency=place.facility.currency,
        included_minutes=price.included,
        terms={
            "price_per_step": room.price_per_step,
            "step_minutes": room.step_minutes,
            "steps": price.steps,
            "included_minutes": price.included,
            "free_cancel_hours": room.free_cancel_hours,
            "late_cancel_bp": room.late_cancel_bp,
            "free": request.free,
        },
        booked_at=now,
        once_key=request.once_key,
    )


def _charge(booking: Booking, place: _Place, price: Price, *, now: datetime) -> None:
    """A priced booking stands on the venture's next invoice, once."""
    if place.venture is None or not price.amount:
        return
    inputs = {
        "minutes": price.minutes,
        "included_minutes": price.included,
        "steps": price.steps,
        "price_per_step": place.room.price_per_step,
        "step_minutes": place.room.step_minutes,
    }
    why = _arithmetic(price, place.room.step_minutes)
    billing.add_charge(
        NewCharge(
            facility_id=booking.facility_id,
            organisation_id=place.venture.id,
            kind=ChargeKind.ROOM,
            source=queries.source_of(booking.id),
            service=place.day_of(booking.starts_at),
            amount=price.amount,
            currency=booking.currency,
            title=place.room.name,
            why={"rule": "BR-F03", "inputs": inputs, "say": billing_rules.pack(why)},
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


def terms_of(booking: Booking) -> CancelTerms:
    """The cancellation rule that was in force when it was booked."""
    return CancelTerms(booking.terms["free_cancel_hours"], booking.terms["late_cancel_bp"])


def price_of(booking: Booking) -> Price:
    """What it was booked for."""
    minutes = Period(booking.starts_at, booking.ends_at).minutes
    included = booking.terms["included_minutes"]
    return Price(minutes, included, booking.terms["steps"], booking.price, booking.price)


def cancelling(booking: Booking, now: datetime) -> rules.Cancelling:
    """What cancelling it now would mean."""
    return rules.cancelling(price_of(booking), terms_of(booking), booking.starts_at, now)


def cancel_booking(
    booking: Booking, *, actor: Actor, now: datetime, waive: bool = False
) -> Booking:
    """Cancel by the rule in force when it was booked; the office may waive the fee.

    What an invoice already bills stays there: a credit note is the way to give it back.
    """
    manages = actor.can(Can.MANAGE_BOOKINGS, facility=booking.facility_id)
    if not manages:
        if booking.organisation_id is None or waive:
            raise NotAllowed(Can.MANAGE_BOOKINGS)
        require(actor, Can.BOOK_ROOMS, organisation=booking.organisation_id)
    [booking] = lock(Booking, booking.id)
    if booking.status is BookingStatus.CANCELLED:
        return booking
    _check_may_cancel(booking, now)
    means = cancelling(booking, now)
    booking.status = BookingStatus.CANCELLED
    booking.cancelled_at, booking.cancelled_by_id = now, actor.id
    booking.included_minutes = 0 if waive else means.kept_minutes
    booking.cancel_fee = 0 if waive else means.fee
    place = _place_of(booking)
    _settle(booking, place, now=now)
    audit.record(
        actor,
        "booking.cancelled",
        booking,
        at=now,
        where=Where(booking.facility_id, booking.organisation_id),
        before={"price": booking.price, "included_minutes": booking.terms["included_minutes"]},
        after={"fee": booking.cancel_fee, "included_minutes": booking.included_minutes},
    )
    if not booking.terms["free"]:
        _tell("booking_cancelled", booking, place, actor=actor, now=now)
    return booking


def _check_may_cancel(booking: Booking, now: datetime) -> None:
    if booking.status is BookingStatus.NO_SHOW:
        raise RuleBroken(say("Nobody came to this booking, so it can no longer be cancelled."))
    if not booking.terms["free"]:
        rules.may_cancel(booking.starts_at, now)


def _place_of(booking: Booking) -> _Place:
    facility = db.session.get_one(Facility, booking.facility_id)
    return _Place(booking.room, facility, booking.organisation)


def _settle(booking: Booking, place: _Place, *, now: datetime) -> None:
    """Take the price off the next invoice and put the fee there, unless it is already billed."""
    source = queries.source_of(booking.id)
    charge = queries.charge_of(booking.id)
    if place.venture is None or charge is None:
        return
    if charge.invoice_id is not None:
        booking.cancel_fee = 0
        return
    billing.cancel_charge(source, ChargeKind.ROOM, reason="booking cancelled", now=now)
    if not booking.cancel_fee:
        return
    terms = terms_of(booking)
    why = say(
        "Cancelled less than %(hours)s hours before the start: %(percent)s%% of the price",
        hours=terms.free_hours,
        percent=_percent(terms.late_bp),
    )
    inputs: dict[str, Any] = {"price": booking.price, **booking.terms}
    billing.add_charge(
        NewCharge(
            facility_id=booking.facility_id,
            organisation_id=place.venture.id,
            kind=ChargeKind.ROOM_CANCELLATION,
            source=source,
            service=place.day_of(booking.starts_at),
            amount=booking.cancel_fee,
            currency=booking.currency,
            title=place.room.name,
            why={"rule": "BR-F03", "inputs": inputs, "say": billing_rules.pack(why)},
        ),
        now=now,
    )


def _percent(bp: int) -> str:
    whole, rest = divmod(bp, 100)
    return f"{whole}.{rest:02d}" if rest else str(whole)


def mark_no_show(booking: Booking, *, actor: Actor, now: datetime) -> Booking:
    """Note that nobody came; the price stays (BR-F04)."""
    require(actor, Can.MANAGE_BOOKINGS, facility=booking.facility_id)
    [booking] = lock(Booking, booking.id)
    if booking.status is BookingStatus.NO_SHOW:
        return booking
    if booking.status is BookingStatus.CANCELLED:
        raise RuleBroken(say("This booking was cancelled."))
    rules.may_be_no_show(booking.starts_at, now)
    booking.status = BookingStatus.NO_SHOW
    audit.record(
        actor,
        "booking.no_show",
        booking,
        at=now,
        where=Where(booking.facility_id, booking.organisation_id),
    )
    return booking


def _tell(template: str, booking: Booking, place: _Place, *, actor: Actor, now: datetime) -> None:
    to = _addressee(booking, place, actor)
    if to is None:
        return
    room = place.room
    means = cancelling(booking, now)
    values = {
        "room": _name(room, to),
        "facility": _name(place.facility, to),
        "zone": place.facility.zone,
        "day": place.day_of(booking.starts_at).start,
        "booking": booking,
        "means": means,
        "free_until_day": place.day_of(means.free_until).start,
        "title": booking.title,
    }
    outbox.post(template, to, values, now=now, facility=place.facility.id)


def _name(place: Room | Facility, to: Recipient) -> str:
    return (place.name_en if to.language == "en" else "") or place.name


def _addressee(booking: Booking, place: _Place, actor: Actor) -> Recipient | None:
    """Who booked, if one of the venture; else its mailbox. The house tells nobody."""
    venture = place.venture
    if venture is None:
        return None
    if booking.booked_by_id == actor.id:
        one_of_them = actor.belongs_to(venture.id)
    else:
        one_of_them = queries.is_of(booking.booked_by_id, venture.id)
    if one_of_them:
        return queries.address_of(booking.booked_by_id)
    return venture.mailbox
