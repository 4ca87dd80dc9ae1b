"""Whether the installation is well."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import Connection

from incubator.core import backup, job_runs, outbox, places
from incubator.core.backup import Copy
from incubator.core.db import db
from incubator.core.job_runs import JobRun, WorkerLease
from incubator.core.outbox import MailState
from incubator.core.settings import Settings

ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
SIZES = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}
UNITS = ("kB", "MB", "GB", "TB")
BACKUP_AGE = timedelta(days=7)


@dataclass(frozen=True)
class Health:
    """What the overview shows."""

    engine: str
    size: str
    revision: str | None
    newest: str
    leader: WorkerLease | None
    mails: dict[MailState, int]
    trouble: list[JobRun]
    backup: Copy | None
    backup_is_old: bool
    smtp: str

    @property
    def up_to_date(self) -> bool:
        """Whether the tables are those of this version."""
        return self.revision == self.newest


def look(now: datetime) -> Health:
    """Ask after everything once."""
    settings: Settings = current_app.config["SETTINGS"]
    connection = db.session.connection()
    engine = connection.dialect.name
    size = db.session.scalar(db.text(SIZES[engine])) or 0
    last = backup.last_backup(settings)
    return Health(
        ENGINES[engine],
        in_words(size),
        revision_of(connection),
        max(places.revisions()),
        job_runs.leader(now),
        outbox.counts(),
        job_runs.in_trouble(),
        last,
        last is None or now - last.at > BACKUP_AGE,
        f"{settings.smtp_host}:{settings.smtp_port}" if settings.smtp_host else "",
    )


def revision_of(connection: Connection) -> str | None:
    """Where the database stands; asked without Alembic, which would need eight megabytes."""
    if not db.inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(db.text("SELECT version_num FROM alembic_version"))
    return revision


def in_words(size: int) -> str:
    """1,234,567 bytes as 1.2 MB."""
    tenths, unit = size * 10 // 1000, 0
    while tenths >= 10_000 and unit < len(UNITS) - 1:
        tenths, unit = tenths // 1000, unit + 1
    return f"{tenths // 10}.{tenths % 10} {UNITS[unit]}"
