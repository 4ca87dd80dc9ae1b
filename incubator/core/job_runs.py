"""Which job ran for which period: the table, not the scheduler, decides that a job runs once."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from incubator.core.db import Entity


class JobRun(Entity):
    """One job for one period."""

    __tablename__ = "job_run"
    __table_args__ = (UniqueConstraint("job", "period"),)

    job: Mapped[str]
    period: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None]


class WorkerLease(Entity):
    """Which worker leads; whoever renews it in time stays the leader."""

    __tablename__ = "worker_lease"
    __table_args__ = (UniqueConstraint("name"),)

    name: Mapped[str]
    holder: Mapped[str | None]
    expires_at: Mapped[datetime]
