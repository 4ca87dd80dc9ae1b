"""Sixteen clients want the same times: one wins each, and without the promise it goes wrong."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier, BrokenBarrierError
from time import sleep
from uuid import uuid4

import pytest
from flask import url_for
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from incubator.bookings.actions import BookingRequest, book_room
from incubator.bookings.models import Booking
from incubator.core import clock, promises
from incubator.core.db import db, transaction
from incubator.people.actions import open_session
from incubator.people.models import Person
from incubator.web.session import COOKIE
from tests.databases import ENGINE
from tests.factories.base import make_person, make_venture, make_world

PROMISE = "no_two_bookings_of_a_room"
CLIENTS = 16
PATIENCE = 30
NOW = datetime(2026, 11, 29, tzinfo=UTC)
FIRST = datetime(2026, 11, 30, tzinfo=UTC)
OVERLAPS = """SELECT count(*) FROM booking a JOIN booking b ON a.room_id = b.room_id
AND a.id < b.id AND a.holds_from < b.holds_until AND b.holds_from < a.holds_until
AND a.status <> 'cancelled' AND b.status <> 'cancelled'"""


@pytest.fixture
def arena(fresh_app):
    """Rooms that are always open, and sixteen ventures with a member each."""
    with fresh_app.app_context():
        with transaction():
            world = make_world()
            world.facility.open_minute, world.facility.close_minute = 0, 1440
            world.facility.closed_weekdays = ""
            for room in world.rooms:
                room.open_minute, room.close_minute, room.window_days = 0, 1440, 3650
            members = []
            for _ in range(CLIENTS):
                venture = make_venture(world.facility)
                members.append((make_person("member", venture=venture).id, venture.id))
            rooms = [room.id for room in world.rooms]
        yield fresh_app, members, rooms


def slots(rooms, number):
    """Times in all rooms, each overlapping the one before by a quarter of an hour or not at all."""
    found = []
    for each in range(number):
        start = FIRST + timedelta(hours=2 * (each // len(rooms)))
        found.append((rooms[each % len(rooms)], start, start + timedelta(hours=1)))
    return found


def meet(app, clients, attempt):
    """Let every client try every slot, all at the same moment."""
    barrier = Barrier(len(clients), timeout=PATIENCE)

    def run(client):
        try:
            return attempt(client, barrier)
        except BaseException:
            barrier.abort()
            raise

    with ThreadPoolExecutor(len(clients)) as pool:
        running = [pool.submit(run, client) for client in clients]
    troubles = [each.exception() for each in running if each.exception()]
    for trouble in sorted(troubles, key=lambda each: isinstance(each, BrokenBarrierError)):
        raise trouble
    return [result for each in running for result in each.result()]


def by_action(app, wanted):
    def attempt(client, barrier):
        person_id, venture_id = client
        results = []
        for room_id, start, end in wanted:
            barrier.wait()
            asked = BookingRequest(room_id, venture_id, start, end, once_key=uuid4().hex)
            try:
                with app.app_context(), transaction():
                    actor = db.session.get_one(Person, person_id).as_actor(NOW.date())
                    book_room(asked, actor=actor, now=NOW)
                results.append("won")
            except IntegrityError as error:
                results.append("lost" if promises.broke(error, PROMISE) else str(error))
        return results

    return attempt


def check_fair(results, wanted):
    assert Counter(results) == {"won": len(wanted), "lost": len(wanted) * (CLIENTS - 1)}
    assert db.session.scalar(text("SELECT count(*) FROM booking")) == len(wanted)
    assert db.session.scalar(text(OVERLAPS)) == 0
    assert db.session.scalar(text("SELECT count(*) FROM charge")) == len(wanted)


@pytest.mark.parametrize(
    "number", [40, pytest.param(200, marks=pytest.mark.long)], ids=["40 slots", "200 slots"]
)
def test_sixteen_clients_and_one_winner_each(arena, number):
    app, members, rooms = arena
    wanted = slots(rooms, number)
    check_fair(meet(app, members, by_action(app, wanted)), wanted)


@pytest.mark.parametrize(
    "number", [6, pytest.param(200, marks=pytest.mark.long)], ids=["6 slots", "200 slots"]
)
def test_the_losers_at_the_screen_hear_that_somebody_was_quicker(arena, number, monkeypatch):
    app, members, rooms = arena
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with app.test_request_context():
        keys = {
            room: url_for("bookings.choose", venture_id=1, room_id=room)[-13:] for room in rooms
        }
        paths = {venture: url_for("bookings.confirm", venture_id=venture) for _, venture in members}
    wanted = slots(rooms, number)

    def attempt(member, barrier):
        person_id, venture_id = member
        with app.app_context(), transaction():
            token = open_session(db.session.get_one(Person, person_id), now=NOW)
        client = app.test_client()
        client.set_cookie(COOKIE, token)
        results = []
        for room_id, start, _ in wanted:
            local = start + timedelta(hours=9)
            form = {"room": keys[room_id], "day": f"{local:%Y-%m-%d}", "start": f"{local:%H:%M}"}
            barrier.wait()
            answer = client.post(paths[venture_id], data={**form, "minutes": "60", "seen": "500"})
            assert answer.status_code in {303, 409}, answer.status
            results.append("won" if answer.status_code == 303 else "lost")
        return results

    check_fair(meet(app, members, attempt), wanted)


def test_one_form_sent_sixteen_times_at_once_leads_to_one_booking(arena):
    app, [(person_id, venture_id), *_], [room_id, *_] = arena
    with transaction():
        db.session.execute(text("UPDATE facility SET included_room_minutes = 60"))
    end = FIRST + timedelta(hours=1)
    asked = BookingRequest(room_id, venture_id, FIRST, end, once_key="same", at_most=0)

    def attempt(_, barrier):
        barrier.wait()
        with app.app_context(), transaction():
            actor = db.session.get_one(Person, person_id).as_actor(NOW.date())
            return [book_room(asked, actor=actor, now=NOW)]

    assert len(set(meet(app, range(CLIENTS), attempt))) == 1
    assert db.session.scalar(text("SELECT count(*) FROM booking")) == 1


def test_without_the_promise_the_same_race_books_twice(arena):
    app, members, rooms = arena
    with transaction():
        if ENGINE == "postgres":
            db.session.execute(text(f"ALTER TABLE booking DROP CONSTRAINT {PROMISE}"))
        else:
            db.session.execute(text(f"DROP TRIGGER {PROMISE}_insert"))
        facility_id = db.session.scalar(text("SELECT facility_id FROM room LIMIT 1"))
    wanted = slots(rooms, 40)

    def attempt(client, barrier):
        person_id, venture_id = client
        results = []
        for room_id, start, end in wanted:
            barrier.wait()
            with app.app_context(), db.engine.connect() as connection:
                taken = connection.scalar(
                    db.select(db.func.count(Booking.id)).where(
                        Booking.room_id == room_id,
                        Booking.holds_from < end,
                        Booking.holds_until > start,
                    )
                )
            sleep(0.002)
            if taken:
                results.append("lost")
                continue
            row = {
                "facility_id": facility_id,
                "room_id": room_id,
                "organisation_id": venture_id,
                "booked_by_id": person_id,
                "starts_at": start,
                "ends_at": end,
                "holds_from": start,
                "holds_until": end,
                "currency": "JPY",
                "booked_at": NOW,
            }
            with app.app_context(), transaction():
                db.session.execute(insert(Booking).values(**row))
            results.append("won")
        return results

    results = meet(app, members, attempt)
    doubled = Counter(results)["won"] - len(wanted)
    print(f"\nWithout the promise: {doubled} bookings too many for {len(wanted)} slots.")
    assert doubled > 0
    assert db.session.scalar(text(OVERLAPS)) > 0
