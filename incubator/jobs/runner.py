"""Run what is due: each job once for each period, missed ones in order, failed ones again."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from incubator.core import clock, job_runs
from incubator.core.days import day_at
from incubator.core.db import db, transaction
from incubator.core.job_runs import JobName, JobRun, Period
from incubator.core.settings import Settings

Clock = Callable[[], datetime]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Turn:
    """One job's turn: `at` is the moment its period stands for, `now` is now."""

    at: datetime
    now: datetime
    settings: Settings

    def today(self, zone: str = clock.HOME_ZONE) -> date:
        """The day that the job works for, where a building stands."""
        return day_at(self.at, zone)


@dataclass(frozen=True)
class Job:
    """What runs once in each period; `run` opens its own transactions, says how much it did."""

    period_of: Callable[[datetime], str]
    run: Callable[[Turn], int]


Jobs = Mapping[JobName, Job]


@dataclass(frozen=True)
class Ticket:
    """A claimed run, as plain values."""

    run_id: int
    job: JobName
    at: datetime


def run_due(jobs: Jobs, settings: Settings, *, holder: str, tell: Clock = clock.now) -> int:
    """Run every job that is due; a failing one never stops the others. How many ran."""
    ran = 0
    for ticket in _again(holder, tell()):
        if ticket.job in jobs:
            _run(ticket, jobs[ticket.job], settings, tell)
            ran += 1
    for name, job in jobs.items():
        last = job_runs.last_at(name)
        db.session.rollback()
        for period in job_runs.missed(job.period_of, last, tell()):
            claimed = _claim(name, period, holder, tell())
            if claimed:
                _run(claimed, job, settings, tell)
                ran += 1
    return ran


def _again(holder: str, now: datetime) -> list[Ticket]:
    with transaction():
        return [_ticket(run) for run in job_runs.claim_again(holder=holder, now=now)]


def _claim(name: JobName, period: Period, holder: str, now: datetime) -> Ticket | None:
    with transaction():
        run = job_runs.begin(name, period, holder=holder, now=now)
        return _ticket(run) if run else None


def _ticket(run: JobRun) -> Ticket:
    return Ticket(run.id, run.job, run.at)


def _run(ticket: Ticket, job: Job, settings: Settings, tell: Clock) -> None:
    try:
        handled = job.run(Turn(ticket.at, tell(), settings))
    except Exception as error:
        log.exception("The job %s failed", ticket.job.value)
        with transaction():
            run = job_runs.run_of(ticket.run_id)
            job_runs.stumble(run, f"{type(error).__name__}: {error}", now=tell())
    else:
        with transaction():
            job_runs.finish(job_runs.run_of(ticket.run_id), handled, now=tell())
