"""The worker: it leads or it waits, and it comes and goes without harm."""

import threading
import time
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from incubator.core import clock, job_runs, outbox
from incubator.core.db import db, transaction
from incubator.core.job_runs import JobName, JobRun
from incubator.core.outbox import MailState, OutboxMail
from incubator.jobs import worker as workers
from incubator.jobs.runner import Job, Turn
from incubator.jobs.schedule import each_year
from incubator.jobs.worker import Worker
from tests.factories.base import make_world
from tests.factories.bookings import make_booking

JOBS = {JobName.TIDY: Job(each_year, lambda _turn: 3)}


def wait_for(what: object) -> None:
    deadline = time.monotonic() + 20
    while not what():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_worker_sends_mail_runs_jobs_and_hands_over(
    fresh_app: Flask, monkeypatch: pytest.MonkeyPatch
):
    for name in ("RENEW_SECONDS", "WORK_SECONDS", "MAIL_SECONDS"):
        monkeypatch.setattr(workers, name, 1)
    with fresh_app.app_context(), transaction():
        db.session.add(
            OutboxMail(
                to_name="x",
                to_address="x@example.jp",
                language="ja",
                template="x",
                subject="x",
                body="x\n",
                message_id="<1@incubator>",
                written_at=clock.now(),
                next_try_at=clock.now(),
            )
        )
    with fresh_app.app_context(), transaction():
        world = make_world()
        start = clock.now() + timedelta(days=3)
        make_booking(
            world.rooms[0], world.people["member"], start, venture=world.venture, untold=True
        )
    first, second = Worker(fresh_app, JOBS), Worker(fresh_app, JOBS)
    first.start()
    second.renew()
    assert (first.leads, second.leads) == (True, False)
    second.work()

    def done() -> bool:
        with fresh_app.app_context():
            sent = outbox.counts()[MailState.SENT]
            ran = db.session.scalars(db.select(JobRun.handled)).all()
            return sent == 2 and ran == [3]

    wait_for(done)
    first.stop()
    second.renew()
    assert (first.leads, second.leads) == (False, True)
    second.work()
    with fresh_app.app_context():
        assert db.session.scalars(db.select(JobRun.holder)).all() == [first.name]
        led = job_runs.leader(clock.now())
        assert led is not None
        assert led.holder == second.name
    second.stop()


def test_without_a_database_a_worker_waits(fresh_app: Flask, monkeypatch: pytest.MonkeyPatch):
    worker = Worker(fresh_app, JOBS)
    worker.renew()
    assert worker.leads

    def fail(*_: object, **__: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(job_runs, "take_lead", fail)
    monkeypatch.setattr(workers, "run_due", fail)
    worker.renew()
    worker.work()
    monkeypatch.undo()
    worker.leads_until = 0.0
    worker.mail()
    worker.stop()


def test_what_takes_long_does_not_keep_the_process_from_ending(
    fresh_app: Flask, monkeypatch: pytest.MonkeyPatch
):
    began, end = threading.Event(), threading.Event()

    def take_long(_turn: Turn) -> int:
        began.set()
        end.wait(30)
        return 1

    monkeypatch.setattr(workers, "LEAVE_SECONDS", 0)
    monkeypatch.setattr(workers, "WORK_SECONDS", 1)
    worker = Worker(fresh_app, {JobName.TIDY: Job(each_year, take_long)})
    worker.start()
    assert began.wait(20)
    worker.stop()
    assert not worker.leads
    with fresh_app.app_context():
        assert job_runs.leader(clock.now()) is None
        with transaction():
            assert len(job_runs.claim_again(holder="next", now=clock.now())) == 1
        db.session.remove()
    end.set()
    for thread in worker.threads:
        thread.join(20)


def test_trouble_of_any_kind_is_told_and_outlived(
    fresh_app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    worker = Worker(fresh_app, JOBS)
    worker.renew()

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(workers, "deliver", fail)
    worker.mail()
    assert "stumbled" in caplog.text
    worker.stop()
