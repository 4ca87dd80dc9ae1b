"""Booking, cancelling and no-shows by their trace."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from incubator.billing.models import Charge, ChargeKind, Invoice
from incubator.bookings import queries
from incubator.bookings.actions import (
    BookingRequest,
    book_room,
    cancel_booking,
    mark_no_show,
    take_back_no_show,
    tell_of_bookings,
)
from incubator.bookings.models import Booking, BookingStatus
from incubator.core import promises
from incubator.core.access import Actor
from incubator.core.audit import AuditEntry
from incubator.core.db import db, transaction
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.money import Rounding
from incubator.core.outbox import OutboxMail
from incubator.organisations.models import Stage
from tests.factories.base import (
    actor_of,
    keep,
    make_facility,
    make_person,
    make_room,
    make_venture,
    make_world,
)
from tests.factories.bookings import at
from tests.factories.people import end_roles

NOW = at("2026-11-24 10:00")
START = at("2026-11-30 13:00")


@pytest.fixture
def world():
    found = make_world()
    found.facility.included_room_minutes = 0
    return found


def request(world, start=START, minutes=60, **facts):
    values = {
        "room_id": world.rooms[0].id,
        "organisation_id": world.venture.id,
        "starts_at": start,
        "ends_at": start + timedelta(minutes=minutes),
        **facts,
    }
    return BookingRequest(**values)


def book(world, who="member", now=NOW, **facts):
    booked = book_room(request(world, **facts), actor=actor_of(world.people[who]), now=now)
    return db.session.get_one(Booking, booked)


def test_a_booking_refused_within_a_savepoint_spoils_nothing_around_it(world):
    db.session.commit()
    with transaction():
        first = book(world).id
        with pytest.raises(IntegrityError), db.session.begin_nested():
            book(world)
        second = book(world, start=START + timedelta(hours=2)).id
    assert set(db.session.scalars(db.select(Booking.id))) == {first, second}


def charges(booking):
    asked = db.select(Charge).where(Charge.source == f"booking:{booking.id}").order_by(Charge.id)
    return [
        (charge.kind, charge.amount, charge.cancelled_at is None)
        for charge in db.session.scalars(asked)
    ]


def mails():
    """What was written, the worker having had its turn."""
    tell_of_bookings(now=NOW)
    asked = db.select(OutboxMail).order_by(OutboxMail.id)
    return [(mail.template, mail.to_address) for mail in db.session.scalars(asked)]


def test_a_booking_is_held_with_its_buffers_priced_charged_audited_and_mailed(world):
    room = world.rooms[0]
    room.buffer_before, room.buffer_after = 15, 30
    booking = book(world, minutes=90, title="定例会")
    assert booking.holds_from == START - timedelta(minutes=15)
    assert booking.holds_until == START + timedelta(minutes=120)
    assert (booking.price, booking.currency, booking.status) == (1000, "JPY", "confirmed")
    assert charges(booking) == [(ChargeKind.ROOM, 1000, True)]
    charge = db.session.scalar(db.select(Charge))
    assert (charge.service_from.isoformat(), charge.title) == ("2026-11-30", room.name)
    assert charge.why["rule"] == "BR-F03"
    assert charge.why["inputs"]["steps"] == 2
    entry = db.session.scalar(db.select(AuditEntry).where(AuditEntry.deed == "booking.made"))
    assert (entry.organisation_id, entry.after["price"]) == (world.venture.id, 1000)
    assert mails() == [("booking_made", world.people["member"].email)]


def test_a_later_change_of_buffers_or_terms_leaves_old_bookings_as_they_were(world):
    booking = book(world)
    room = world.rooms[0]
    room.buffer_after, room.late_cancel_bp, room.free_cancel_hours = 60, 0, 0
    db.session.flush()
    cancelled = cancel_booking(
        booking, actor=actor_of(world.people["member"]), now=START - timedelta(hours=23)
    )
    assert cancelled.cancel_fee == 500
    assert cancelled.holds_until == START + timedelta(minutes=60)


@pytest.mark.parametrize(
    ("start", "fits"),
    [("12:00", True), ("14:00", True), ("12:30", False), ("13:00", False), ("13:45", False)],
)
def test_the_database_refuses_what_overlaps_and_lets_neighbours_be(world, start, fits):
    book(world)
    wanted = at(f"2026-11-30 {start}")
    if fits:
        assert book(world, start=wanted)
        return
    with pytest.raises(IntegrityError) as refusal:
        book(world, start=wanted)
    assert promises.broke(refusal.value, "no_two_bookings_of_a_room")


@pytest.mark.parametrize("hours_before", [48, 1])
def test_a_cancelled_booking_holds_no_time(world, hours_before):
    booking = book(world)
    owner = actor_of(world.people["owner"])
    cancel_booking(booking, actor=owner, now=START - timedelta(hours=hours_before))
    assert book(world, who="owner")


def test_a_buffer_keeps_the_next_booking_off(world):
    world.rooms[0].buffer_after = 15
    book(world)
    with pytest.raises(IntegrityError):
        book(world, start=START + timedelta(minutes=60))


def test_the_same_form_sent_twice_books_once(world):
    first = book(world, once_key="k")
    assert book(world, once_key="k").id == first.id
    assert db.session.scalar(db.select(db.func.count(Booking.id))) == 1
    assert len(mails()) == len(charges(first)) == 1
    with pytest.raises(NotFound):
        book(world, who="owner", once_key="k")


def test_nobody_pays_more_than_they_have_seen_once_a_colleague_has_used_the_hours_up(world):
    world.facility.included_room_minutes = 60
    mine = {"start": START + timedelta(hours=1), "at_most": 0, "once_key": "k"}
    book(world, who="owner")
    with pytest.raises(RuleBroken, match="confirm once more"):
        book(world, **mine)
    assert book(world, **{**mine, "at_most": 500}).price == 500
    assert book(world, **mine).price == 500


@pytest.mark.parametrize(
    ("who", "for_venture", "allowed"),
    [
        ("owner", True, True),
        ("member", True, True),
        ("manager", True, True),
        ("facility_admin", True, True),
        ("facility_admin", False, True),
        ("member", False, False),
        ("clerk", True, False),
        ("mentor", True, False),
        ("system_admin", True, False),
    ],
)
def test_who_may_book(world, who, for_venture, allowed):
    organisation = world.venture.id if for_venture else None
    if allowed:
        assert book(world, who=who, organisation_id=organisation)
        return
    with pytest.raises(NotAllowed):
        book(world, who=who, organisation_id=organisation)


def test_a_mentor_takes_a_room_for_a_session_and_nobody_pays_or_is_mailed(world):
    booking = book(world, who="mentor", free=True)
    assert (booking.price, booking.included_minutes, charges(booking), mails()) == (0, 0, [], [])
    manager = actor_of(world.people["manager"])
    with pytest.raises(RuleBroken, match="when the session is moved or cancelled"):
        cancel_booking(booking, actor=manager, now=NOW)
    assert booking.status is BookingStatus.CONFIRMED
    cancel_booking(booking, actor=manager, now=START, with_session=True)
    assert (booking.status, mails()) == (BookingStatus.CANCELLED, [])


def test_a_room_or_a_venture_of_another_place_does_not_exist(world):
    elsewhere = make_facility()
    theirs, stranger = make_room(elsewhere), make_venture(elsewhere)
    member = make_person("member", venture=stranger)
    with pytest.raises(NotFound):
        book(world, room_id=theirs.id)
    with pytest.raises(NotFound):
        book(world, room_id=999_999)
    with pytest.raises(NotFound):
        book(world, who="facility_admin", organisation_id=stranger.id)
    with pytest.raises(NotFound):
        book(world, who="facility_admin", organisation_id=999_999)
    asked = request(world, organisation_id=stranger.id)
    with pytest.raises(NotFound):
        book_room(asked, actor=actor_of(member), now=NOW)


def test_who_has_left_books_nothing(world):
    world.venture.stage = Stage.ALUMNUS
    with pytest.raises(RuleBroken, match="with us"):
        book(world)


def test_the_rules_of_use_bind_the_office_too_but_for_the_window(world):
    sunday, far = at("2026-11-29 13:00"), at("2027-08-02 13:00")
    with pytest.raises(RuleBroken, match="closed"):
        book(world, who="manager", start=sunday)
    with pytest.raises(RuleBroken, match="up to"):
        book(world, start=far)
    assert book(world, who="manager", start=far)


def test_included_minutes_of_the_month_are_used_up_first(world):
    world.facility.included_room_minutes = 120
    prices = []
    for hour in (9, 11, 13):
        booking = book(world, start=at(f"2026-11-30 {hour:02d}:00"), minutes=90)
        prices.append((booking.included_minutes, booking.price))
    december = book(world, start=at("2026-12-01 09:00"), minutes=90)
    assert prices == [(90, 0), (30, 500), (0, 1000)]
    assert (december.included_minutes, december.price) == (90, 0)
    left = queries.included_left(world.venture.id, world.facility, START.date())
    assert left == 0


@pytest.mark.parametrize(
    ("hours_before", "waive", "fee", "included", "lines"),
    [
        (30, False, 0, 0, [(ChargeKind.ROOM, 500, False)]),
        (
            3,
            False,
            500,
            30,
            [(ChargeKind.ROOM, 500, False), (ChargeKind.ROOM_CANCELLATION, 500, True)],
        ),
        (3, True, 0, 0, [(ChargeKind.ROOM, 500, False)]),
    ],
)
def test_cancelling_settles_by_the_rule_in_force_when_booked(
    world, hours_before, waive, fee, included, lines
):
    world.facility.included_room_minutes = 30
    booking = book(world, minutes=90)
    tell_of_bookings(now=NOW)
    who = actor_of(world.people["manager" if waive else "owner"])
    when = START - timedelta(hours=hours_before)
    cancel_booking(booking, actor=who, now=when, waive=waive)
    cancel_booking(booking, actor=who, now=when, waive=waive)
    assert (booking.cancel_fee, booking.included_minutes) == (fee, included)
    assert charges(booking) == lines
    assert mails()[1:] == [("booking_cancelled", world.people["member"].email)]
    assert book(world, once_key="again").id != booking.id


def test_a_price_on_an_invoice_stays_there(world):
    booking = book(world)
    charge = queries.charge_of(booking.id)
    charge.invoice_id = an_invoice(world).id
    db.session.flush()
    owner = actor_of(world.people["owner"])
    cancel_booking(booking, actor=owner, now=START - timedelta(hours=1))
    assert (booking.status, booking.cancel_fee) == (BookingStatus.CANCELLED, 0)
    assert charges(booking) == [(ChargeKind.ROOM, 500, True)]


def an_invoice(world):
    return keep(
        Invoice(
            facility_id=world.facility.id,
            organisation_id=world.venture.id,
            number="T-1",
            service_month=NOW.date(),
            issued_on=NOW.date(),
            issued_at=NOW,
            issued_by="x",
            due_on=NOW.date(),
            currency="JPY",
            issuer={},
            recipient={},
            rounding=Rounding.FLOOR,
            taxable_total=0,
            tax_total=0,
            untaxed_total=0,
            total=0,
            facts_sha256="",
        )
    )


def test_who_may_cancel(world):
    stranger = make_person("owner", venture=make_venture(world.facility))
    booking, house = (
        book(world),
        book(world, who="manager", organisation_id=None, start=at("2026-11-30 16:00")),
    )
    for actor in (actor_of(stranger), actor_of(world.people["clerk"]), Actor(None, "x")):
        with pytest.raises(NotAllowed):
            cancel_booking(booking, actor=actor, now=NOW)
    with pytest.raises(NotAllowed):
        cancel_booking(house, actor=actor_of(world.people["owner"]), now=NOW)
    with pytest.raises(NotAllowed):
        cancel_booking(booking, actor=actor_of(world.people["owner"]), now=NOW, waive=True)
    cancel_booking(house, actor=actor_of(world.people["facility_admin"]), now=NOW)
    assert house.status is BookingStatus.CANCELLED


def test_the_house_is_not_mailed_and_a_venture_without_members_is_at_its_mailbox(world):
    book(world, who="manager", organisation_id=None)
    assert mails() == []
    book(world, who="manager", start=at("2026-11-30 15:00"))
    assert mails() == [("booking_made", world.people["owner"].email)]
    end_roles(world.people["owner"], NOW.date())
    book(world, who="manager", start=at("2026-11-30 17:00"))
    assert mails()[1:] == [("booking_made", world.venture.email)]
    world.venture.email = ""
    book(world, who="manager", start=at("2026-11-30 19:00"))
    assert len(mails()) == 2


def test_who_has_left_the_venture_hears_no_more_of_what_they_booked(world):
    booking = book(world)
    end_roles(world.people["member"], NOW.date())
    cancel_booking(booking, actor=actor_of(world.people["facility_admin"]), now=NOW)
    assert mails() == [("booking_cancelled", world.people["owner"].email)]


def test_mails_are_written_once_with_what_was_true_when_it_was_booked(world):
    world.people["member"].language = "ja"
    booking = book(world)
    world.rooms[0].price_per_step, world.rooms[0].free_cancel_hours = 9_000, 1
    assert [tell_of_bookings(now=START), tell_of_bookings(now=START)] == [1, 0]
    mail = db.session.scalar(db.select(OutboxMail))
    assert "500円" in mail.body
    assert mail.written_at > booking.booked_at


def test_what_is_cancelled_before_its_mail_was_written_brings_one_mail(world):
    member = world.people["member"]
    cancel_booking(book(world), actor=actor_of(member), now=NOW)
    assert mails() == [("booking_cancelled", member.email)]


@pytest.mark.parametrize(
    ("role", "said"),
    [("member", "This booking has been cancelled"), ("manager", "The office has cancelled this")],
)
def test_the_mail_of_a_cancellation_says_whose_booking_it_was_and_who_called_it_off(
    world, role, said
):
    world.venture.name_en = "Kumo Robotics"
    cancel_booking(book(world), actor=actor_of(world.people[role]), now=NOW)
    mail = db.session.scalar(db.select(OutboxMail))
    assert said in mail.body
    assert "Venture: Kumo Robotics" in mail.body


def test_what_has_begun_is_not_cancelled_but_noted_as_a_no_show(world):
    booking = book(world)
    manager, owner = actor_of(world.people["manager"]), actor_of(world.people["owner"])
    with pytest.raises(RuleBroken, match="begun"):
        cancel_booking(booking, actor=owner, now=START)
    with pytest.raises(RuleBroken, match="not begun"):
        mark_no_show(booking, actor=manager, now=START - timedelta(minutes=1))
    with pytest.raises(NotAllowed):
        mark_no_show(booking, actor=owner, now=START)
    mark_no_show(booking, actor=manager, now=START)
    mark_no_show(booking, actor=manager, now=START)
    assert booking.status is BookingStatus.NO_SHOW
    assert charges(booking) == [(ChargeKind.ROOM, 500, True)]
    with pytest.raises(RuleBroken, match="came"):
        cancel_booking(booking, actor=owner, now=START)
    with pytest.raises(IntegrityError):
        book(world)


def test_a_no_show_is_taken_back_and_the_room_was_used(world):
    booking, manager = book(world), actor_of(world.people["manager"])
    mark_no_show(booking, actor=manager, now=START)
    with pytest.raises(NotAllowed):
        take_back_no_show(booking, actor=actor_of(world.people["owner"]), now=START)
    for _ in range(2):
        take_back_no_show(booking, actor=manager, now=START)
    assert booking.status is BookingStatus.CONFIRMED
    assert charges(booking) == [(ChargeKind.ROOM, 500, True)]
    mark_no_show(booking, actor=manager, now=START)
    assert booking.status is BookingStatus.NO_SHOW


def test_whether_people_met_is_said_of_the_session_not_of_its_room(world):
    booking, manager = book(world, who="mentor", free=True), actor_of(world.people["manager"])
    with pytest.raises(RuleBroken, match="mentoring session"):
        mark_no_show(booking, actor=manager, now=START)
    mark_no_show(booking, actor=manager, now=START, with_session=True)
    assert booking.status is BookingStatus.NO_SHOW
    with pytest.raises(RuleBroken, match="mentoring session"):
        take_back_no_show(booking, actor=manager, now=START)


def test_a_cancelled_booking_was_no_no_show(world):
    booking = book(world)
    manager = actor_of(world.people["manager"])
    cancel_booking(booking, actor=manager, now=NOW)
    with pytest.raises(RuleBroken, match="cancelled"):
        mark_no_show(booking, actor=manager, now=START)


@pytest.mark.parametrize(
    ("hours", "included", "says", "unsaid"),
    [
        (24, 0, ["Cancelling is free until Sun 29 Nov 2026, 13:00"], ["costs", "come back"]),
        (23, 0, ["Cancelling now costs ¥500 before tax."], ["free until", "come back"]),
        (1, 60, ["1 h of included time do not come back"], ["free until", "now costs"]),
        (0, 30, ["now costs ¥500", "30 min of included time do not"], ["free until"]),
    ],
)
def test_a_mail_offers_no_free_cancelling_that_is_past(world, hours, included, says, unsaid):
    world.facility.included_room_minutes = included
    book(world, now=START - timedelta(hours=hours))
    tell_of_bookings(now=START)
    body = db.session.scalars(db.select(OutboxMail)).one().body
    assert [words for words in says if words not in body] == []
    assert [words for words in unsaid if words in body] == []


@pytest.mark.parametrize(
    ("minutes", "says"),
    [
        (60, ["1 h of included time do not come back."]),
        (120, ["¥500 before tax, on your first invoice after that day", "1 h of included time"]),
    ],
)
def test_who_cancels_late_reads_what_is_lost(world, minutes, says):
    world.facility.included_room_minutes = 60
    booking = book(world, minutes=minutes)
    cancel_booking(booking, actor=actor_of(world.people["member"]), now=START - timedelta(hours=1))
    body = db.session.scalars(db.select(OutboxMail)).one().body
    assert [words for words in says if words not in body] == []
    assert "fee: none" not in body


def test_what_ends_at_midnight_ends_at_24_hours(world):
    world.facility.close_minute = world.rooms[0].close_minute = 1440
    book(world, start=at("2026-11-30 23:00"))
    tell_of_bookings(now=NOW)
    mail = db.session.scalars(db.select(OutboxMail)).one()
    assert "23:00–24:00" in mail.subject
    assert "23:00–24:00" in mail.body


@pytest.mark.parametrize("language", ["ja", "en"])
def test_mails_can_be_read_in_both_languages(world, language):
    member = world.people["member"]
    member.language = language
    world.facility.included_room_minutes = 30
    booking = book(world, minutes=90, title="T")
    tell_of_bookings(now=NOW)
    cancel_booking(booking, actor=actor_of(member), now=START - timedelta(hours=2))
    made, cancelled = db.session.scalars(db.select(OutboxMail).order_by(OutboxMail.id)).all()
    assert "13:00" in made.body
    assert "500" in cancelled.body
    assert ("会議室1" if language == "ja" else "Meeting room 1") in made.subject
