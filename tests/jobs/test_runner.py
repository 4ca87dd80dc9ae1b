"""Jobs run once for each period, whoever wakes, however often."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from incubator.core import job_runs
from incubator.core.db import db, transaction
from incubator.core.errors import NotAllowed, NotFound
from incubator.core.job_runs import BACK_OFF, PATIENCE, JobName, JobRun, Period, RunState
from incubator.core.settings import Settings
from incubator.jobs.runner import Job, Turn, run_due
from incubator.jobs.schedule import JOBS, each_day, each_month, each_year
from tests.factories.base import actor_of, make_person

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
DAY = timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def settings(app: Flask) -> Settings:
    return app.config["SETTINGS"]


class Notebook:
    """A job that writes down its turns, and fails when told to."""

    def __init__(self) -> None:
        self.days: list[date] = []
        self.failing = False

    def __call__(self, turn: Turn) -> int:
        self.days.append(turn.today())
        if self.failing:
            raise ConnectionError("no")
        return 7


@pytest.mark.parametrize(
    ("name_of", "last", "now", "expected"),
    [
        (each_day, None, "2026-11-23 03:00", ["2026-11-23"]),
        (each_day, "2026-11-23 03:00", "2026-11-23 03:00", []),
        (each_day, "2026-11-23 03:00", "2026-11-23 14:59", []),
        (each_day, "2026-11-23 03:00", "2026-11-23 15:00", ["2026-11-24"]),
        (
            each_day,
            "2026-11-23 03:00",
            "2026-11-25 20:00",
            ["2026-11-24", "2026-11-25", "2026-11-26"],
        ),
        (each_day, "2026-11-23 03:00", "2026-11-22 03:00", []),
        (each_month, "2026-11-23 03:00", "2027-01-31 15:00", ["2026-12", "2027-01", "2027-02"]),
        (each_year, "2026-11-23 03:00", "2026-12-31 15:00", ["2027"]),
        (each_day, "2027-02-27 16:00", "2027-03-01 00:00", ["2027-03-01"]),
    ],
)
def test_what_was_missed_is_named_in_order(
    name_of: Callable[[datetime], str], last: str | None, now: str, expected: list[str]
):
    missed = job_runs.missed(name_of, at(last) if last else None, at(now))
    assert [period.name for period in missed] == expected
    assert [name_of(period.at) for period in missed] == expected


def test_a_job_runs_once_for_a_period(settings: Settings):
    book = Notebook()
    jobs = {JobName.TIDY: Job(each_day, book)}
    assert run_due(jobs, settings, holder="a", tell=lambda: NOW) == 1
    assert run_due(jobs, settings, holder="b", tell=lambda: NOW + timedelta(hours=2)) == 0
    run = db.session.scalars(db.select(JobRun)).one()
    assert (run.period, run.state, run.handled, run.holder) == ("2026-11-23", "done", 7, "a")


def test_a_worker_that_was_down_for_three_days_catches_up_in_order(settings: Settings):
    book = Notebook()
    jobs = {JobName.TIDY: Job(each_day, book)}
    run_due(jobs, settings, holder="a", tell=lambda: NOW)
    assert run_due(jobs, settings, holder="a", tell=lambda: NOW + 3 * DAY) == 3
    assert book.days == [date(2026, 11, 23 + days) for days in range(4)]


def test_a_failing_job_is_shown_tried_again_ever_later_and_blocks_nobody(settings: Settings):
    bad, good = Notebook(), Notebook()
    bad.failing = True
    jobs = {JobName.TIDY: Job(each_year, bad), JobName.HOLIDAYS: Job(each_year, good)}
    now = NOW
    for wait in (*BACK_OFF, None):
        run_due(jobs, settings, holder="a", tell=lambda at=now: at)  # type: ignore[misc]
        run = db.session.scalars(db.select(JobRun).where(JobRun.job == JobName.TIDY)).one()
        assert run.error == "ConnectionError: no"
        if wait is None:
            assert (run.state, run.next_try_at) == (RunState.FAILED, None)
        else:
            assert (run.state, run.next_try_at) == (RunState.WAITING, now + wait)
            assert run_due(jobs, settings, holder="a", tell=lambda at=now: at) == 0  # type: ignore[misc]
            now += wait
    assert len(good.days) == 1
    assert len(bad.days) == len(BACK_OFF) + 1
    assert [each.job for each in job_runs.in_trouble()] == [JobName.TIDY]


def test_a_person_can_have_it_tried_again(settings: Settings):
    book = Notebook()
    jobs = {JobName.TIDY: Job(each_year, book)}
    book.failing = True
    run_due(jobs, settings, holder="a", tell=lambda: NOW)
    book.failing = False
    with transaction():
        run = db.session.scalars(db.select(JobRun)).one()
        with pytest.raises(NotAllowed):
            job_runs.retry(run, actor=actor_of(make_person()), now=NOW)
        job_runs.retry(run, actor=actor_of(make_person("system_admin")), now=NOW)
    assert run_due(jobs, settings, holder="a", tell=lambda: NOW) == 1
    run = job_runs.run_of(run.id)
    assert (run.state, run.error, run.finished_at) == (RunState.DONE, None, NOW)
    with transaction():
        job_runs.retry(run, actor=actor_of(make_person("system_admin")), now=NOW)
    assert run.state is RunState.DONE
    with pytest.raises(NotFound):
        job_runs.run_of(0)


def test_a_run_whose_worker_died_is_taken_over(settings: Settings):
    book = Notebook()
    jobs = {JobName.TIDY: Job(each_year, book)}
    with transaction():
        job_runs.begin(JobName.TIDY, Period("2026", NOW), holder="dead", now=NOW)
    assert run_due(jobs, settings, holder="a", tell=lambda: NOW + timedelta(minutes=10)) == 0
    assert run_due(jobs, settings, holder="a", tell=lambda: NOW + PATIENCE) == 1
    run = db.session.scalars(db.select(JobRun)).one()
    assert (run.state, run.attempts, run.holder) == (RunState.DONE, 2, "a")


def test_a_run_that_kills_every_worker_is_given_up(settings: Settings):
    with transaction():
        run = job_runs.begin(JobName.TIDY, Period("2026", NOW), holder="dead", now=NOW)
        assert run is not None
        run.attempts = len(BACK_OFF) + 1
    assert run_due({}, settings, holder="a", tell=lambda: NOW + PATIENCE) == 0
    assert db.session.scalars(db.select(JobRun)).one().state is RunState.FAILED


def test_one_leads_until_its_lease_runs_out():
    assert job_runs.leader(NOW) is None
    steps = [("a", 0, True), ("b", 5, False), ("a", 10, True), ("b", 20, False), ("b", 26, True)]
    for holder, second, leads in [*steps, ("a", 27, False)]:
        now = NOW + timedelta(seconds=second)
        assert job_runs.take_lead(holder, now=now, seconds=15) is leads, (holder, second)
    led = job_runs.leader(NOW + timedelta(seconds=30))
    assert led is not None
    assert led.holder == "b"
    job_runs.give_up_lead("b", now=NOW + timedelta(seconds=30))
    assert job_runs.leader(NOW + timedelta(seconds=30)) is None
    assert job_runs.take_lead("a", now=NOW + timedelta(seconds=30), seconds=15)


def test_four_workers_at_once_run_each_period_once(fresh_app: Flask):
    ran: list[date] = []
    failures: list[BaseException] = []
    start = threading.Barrier(4)

    def note(turn: Turn) -> int:
        ran.append(turn.today())
        return 1

    jobs = {JobName.TIDY: Job(each_day, note)}
    with fresh_app.app_context(), transaction():
        run = job_runs.begin(
            JobName.TIDY, Period("2026-11-13", NOW - 10 * DAY), holder="x", now=NOW
        )
        assert run is not None
        job_runs.finish(run, 0, now=NOW)

    def work(number: int) -> None:
        start.wait()
        try:
            with fresh_app.app_context():
                run_due(jobs, fresh_app.config["SETTINGS"], holder=str(number), tell=lambda: NOW)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sorted(ran) == [date(2026, 11, day) for day in range(14, 24)]


def test_every_job_has_a_name_and_a_place_in_the_table():
    assert set(JOBS) == set(JobName)
    assert all(name.label for name in JobName)
    assert all(state.label for state in RunState)
