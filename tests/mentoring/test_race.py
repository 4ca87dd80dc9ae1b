"""Many ventures want the same hour of one manager."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

from flask import Flask
from sqlalchemy.exc import IntegrityError

from incubator.core.db import db, transaction
from incubator.core.errors import RuleBroken
from incubator.mentoring import actions
from incubator.mentoring.actions import SessionRequest
from incubator.mentoring.models import MentoringSession
from tests.factories.base import actor_of, make_facility, make_person, make_venture
from tests.factories.mentoring import make_assignment, make_week

CLIENTS, SLOTS = 6, 6
NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)
START = datetime(2026, 11, 24, 1, tzinfo=UTC)


def test_one_venture_wins_each_hour(fresh_app: Flask):
    with fresh_app.app_context(), transaction():
        facility = make_facility()
        manager = make_person("manager", facility=facility)
        make_week(manager, facility.id)
        clients = []
        for _ in range(CLIENTS):
            venture = make_venture(facility)
            make_assignment(manager, venture)
            owner = make_person("owner", venture=venture)
            clients.append((venture.id, actor_of(owner)))
        manager_id = manager.id
    gate = Barrier(CLIENTS)

    def try_all(client) -> int:
        venture_id, actor = client
        won = 0
        gate.wait()
        with fresh_app.app_context():
            for number in range(SLOTS):
                start = START + timedelta(hours=number)
                request = SessionRequest(venture_id, manager_id, start, start + timedelta(hours=1))
                try:
                    with transaction():
                        actions.book_session(request, actor=actor, now=NOW)
                    won += 1
                except (RuleBroken, IntegrityError):
                    db.session.rollback()
            db.session.remove()
        return won

    with ThreadPoolExecutor(CLIENTS) as pool:
        assert sum(pool.map(try_all, clients)) == SLOTS
    with fresh_app.app_context():
        found = list(db.session.scalars(db.select(MentoringSession.starts_at)))
        assert len(found) == len(set(found)) == SLOTS
