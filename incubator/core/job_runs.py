"""Which job ran for which period: the table, not the scheduler, decides that a job runs once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, UniqueConstraint, or_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from incubator.core import access, audit
from incubator.core.access import Actor, Can
from incubator.core.db import Entity, db, lock, page_of
from incubator.core.errors import NotFound
from incubator.core.i18n import Label, Message, say

LEADER = "worker"
PATIENCE = timedelta(hours=1)
"""A run that says nothing for so long has died and is taken over."""
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720))
STEP = timedelta(hours=1)
LONGEST_ERROR = 500


class JobName(Label):
    """What runs by itself."""

    LAPSE_OFFERS = "lapse_offers"
    END_LEASES = "end_leases"
    RENDER_INVOICES = "render_invoices"
    REMIND_OVERDUE = "remind_overdue"
    FOLLOW_UPS = "follow_ups"
    HOLIDAYS = "holidays"
    TIDY = "tidy"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What each of them does."""
        return {
            cls.LAPSE_OFFERS: say("Let offers lapse that nobody answered"),
            cls.END_LEASES: say("End the leases whose last day has passed"),
            cls.RENDER_INVOICES: say("Prepare the PDFs of new invoices"),
            cls.REMIND_OVERDUE: say("Remind ventures of invoices past their due date"),
            cls.FOLLOW_UPS: say("Remind of follow-ups of alumni"),
            cls.HOLIDAYS: say("Take in the public holidays of the coming years"),
            cls.TIDY: say("Clear away expired sessions and links"),
        }


class RunState(Label):
    """How far a job has come with a period."""

    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.RUNNING: say("Running"),
            cls.WAITING: say("Failed, will be tried again"),
            cls.DONE: say("Done"),
            cls.FAILED: say("Given up"),
        }


class JobRun(Entity):
    """One job for one period."""

    __tablename__ = "job_run"
    __table_args__ = (
        UniqueConstraint("job", "period"),
        Index("ix_job_run_due", "state", "next_try_at"),
    )

    job: Mapped[JobName]
    period: Mapped[str]
    at: Mapped[datetime]
    """The moment the period stands for; its day is the job's today."""
    state: Mapped[RunState] = mapped_column(default=RunState.RUNNING)
    attempts: Mapped[int] = mapped_column(default=1)
    holder: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]
    handled: Mapped[int | None]
    """How many things were done."""
    error: Mapped[str | None]


class WorkerLease(Entity):
    """Which worker leads; whoever renews it in time stays the leader."""

    __tablename__ = "worker_lease"
    __table_args__ = (UniqueConstraint("name"),)

    name: Mapped[str]
    holder: Mapped[str | None]
    expires_at: Mapped[datetime]


@dataclass(frozen=True)
class Period:
    """A name for a stretch of time, and a moment in it."""

    name: str
    at: datetime


def missed(
    name_of: Callable[[datetime], str], last: datetime | None, now: datetime
) -> list[Period]:
    """The periods after the one of `last` up to the one of `now`, in order.

    A job that never ran begins with the present period.
    """
    if last is None:
        return [Period(name_of(now), now)]
    found: dict[str, datetime] = {}
    at = last + STEP
    while at < now:
        found.setdefault(name_of(at), at)
        at += STEP
    if now > last:
        found.setdefault(name_of(now), now)
    found.pop(name_of(last), None)
    return [Period(name, at) for name, at in found.items()]


def last_at(job: JobName) -> datetime | None:
    """The moment of the latest period that a job began."""
    found: datetime | None = db.session.scalar(
        db.select(db.func.max(JobRun.at)).where(JobRun.job == job)
    )
    return found


def begin(job: JobName, period: Period, *, holder: str, now: datetime) -> JobRun | None:
    """Claim a period; None when somebody else has."""
    run = JobRun(
        job=job,
        period=period.name,
        at=period.at,
        holder=holder,
        started_at=now,
        next_try_at=now + PATIENCE,
        attempts=1,
        state=RunState.RUNNING,
    )
    try:
        with db.session.begin_nested():
            db.session.add(run)
    except IntegrityError:
        return None
    return run


def claim_again(*, holder: str, now: datetime) -> list[JobRun]:
    """Claim the runs that failed and are due again, and those whose worker died; oldest first."""
    due = list(
        db.session.scalars(
            db.select(JobRun)
            .where(JobRun.state.in_((RunState.RUNNING, RunState.WAITING)))
            .where(JobRun.next_try_at <= now)
            .order_by(JobRun.at, JobRun.id)
            .with_for_update(skip_locked=True)
        )
    )
    for run in due:
        run.attempts += 1
        if run.attempts > len(BACK_OFF) + 1:
            stumble(run, run.error or "The worker died on it again and again.", now=now)
            continue
        run.state, run.holder = RunState.RUNNING, holder
        run.started_at, run.next_try_at = now, now + PATIENCE
    return [run for run in due if run.state is RunState.RUNNING]


def finish(run: JobRun, handled: int, *, now: datetime) -> None:
    """The job is done with this period."""
    lock(JobRun, run.id)
    run.state, run.handled = RunState.DONE, handled
    run.finished_at, run.next_try_at, run.error = now, None, None


def stumble(run: JobRun, error: str, *, now: datetime) -> None:
    """The job failed: try again later, each time after a longer while, and give up in the end."""
    lock(JobRun, run.id)
    run.error = error[:LONGEST_ERROR]
    if run.attempts > len(BACK_OFF):
        run.state, run.next_try_at, run.finished_at = RunState.FAILED, None, now
    else:
        run.state, run.next_try_at = RunState.WAITING, now + BACK_OFF[run.attempts - 1]


def retry(run: JobRun, *, actor: Actor, now: datetime) -> None:
    """Let the worker try once more, now."""
    access.require(actor, Can.RUN_SYSTEM)
    lock(JobRun, run.id)
    if run.state in {RunState.WAITING, RunState.FAILED}:
        before = {"state": run.state.value}
        run.state, run.attempts, run.next_try_at = RunState.WAITING, 0, now
        audit.record(actor, "retry_job", run, at=now, before=before, after={"period": run.period})


def latest() -> dict[JobName, JobRun]:
    """The latest run of each job."""
    last = db.select(db.func.max(JobRun.id)).group_by(JobRun.job)
    return {
        run.job: run for run in db.session.scalars(db.select(JobRun).where(JobRun.id.in_(last)))
    }


def in_trouble() -> list[JobRun]:
    """Runs that failed, whether they will be tried again or not."""
    wanted = (RunState.WAITING, RunState.FAILED)
    return list(
        db.session.scalars(
            db.select(JobRun).where(JobRun.state.in_(wanted)).order_by(JobRun.id.desc())
        )
    )


def runs(page: int, per_page: int) -> tuple[list[JobRun], int]:
    """One page of runs, the latest first, and how many there are."""
    return page_of(db.select(JobRun).order_by(JobRun.id.desc()), page, per_page)


def run_of(run_id: int) -> JobRun:
    """A run by its number."""
    found = db.session.get(JobRun, run_id)
    if found is None:
        raise NotFound
    return found


def take_lead(holder: str, *, now: datetime, seconds: int) -> bool:
    """Become the leader, or stay it; False while another worker leads."""
    until = now + timedelta(seconds=seconds)
    mine = or_(WorkerLease.holder == holder, WorkerLease.expires_at < now)
    changed: Any = db.session.execute(
        db.update(WorkerLease)
        .where(WorkerLease.name == LEADER, mine)
        .values(holder=holder, expires_at=until)
    )
    if changed.rowcount:
        return True
    try:
        with db.session.begin_nested():
            db.session.add(WorkerLease(name=LEADER, holder=holder, expires_at=until))
    except IntegrityError:
        return False
    return True


def give_up_lead(holder: str, *, now: datetime) -> None:
    """Leave the lead to whoever comes next."""
    db.session.execute(
        db.update(WorkerLease)
        .where(WorkerLease.name == LEADER, WorkerLease.holder == holder)
        .values(holder=None, expires_at=now - timedelta(seconds=1))
    )


def let_go(holder: str, *, now: datetime) -> None:
    """Leave what was cut off to whoever comes next, without the wait for a dead worker."""
    db.session.execute(
        db.update(JobRun)
        .where(JobRun.holder == holder, JobRun.state == RunState.RUNNING)
        .values(next_try_at=now)
    )


def leader(now: datetime) -> WorkerLease | None:
    """The lease, if a worker holds it now."""
    found: WorkerLease | None = db.session.scalar(
        db.select(WorkerLease).where(
            WorkerLease.name == LEADER,
            WorkerLease.holder.is_not(None),
            WorkerLease.expires_at >= now,
        )
    )
    return found
