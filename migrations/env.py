"""How migrations reach the database: one at a time, whole or not at all."""

from alembic import context
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from incubator import tables
from incubator.core.db import Entity
from incubator.core.sqlite import WRITING

LOCK = 0x1AC0BA70
PATIENCE_MS = 600_000
TABLES = tables


class BrokenReferencesError(RuntimeError):
    """A migration left rows that point nowhere; nothing of it was kept."""


def leave_foreign_keys_alone(connection: Connection) -> None:
    """Rebuilding a table in SQLite must not delete the rows that point to it.

    The pragma does nothing inside a transaction, so it goes past SQLAlchemy, which would begin one.
    """
    raw = connection.connection.cursor()
    raw.execute("PRAGMA foreign_keys = OFF")
    raw.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
    raw.close()


def refuse_broken_references(connection: Connection) -> None:
    """Raise when a row points nowhere."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise BrokenReferencesError(broken[:5])


def run(connection: Connection) -> None:
    """Run the revisions that are asked for, in one transaction that others wait for."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        leave_foreign_keys_alone(connection)
    with connection.execution_options(**WRITING).begin():
        if not sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        context.configure(
            connection=connection,
            target_metadata=Entity.metadata,
            render_as_batch=sqlite,
            compare_type=True,
            compare_server_default=True,
        )
        context.run_migrations()
        if sqlite:
            refuse_broken_references(connection)


engine = create_engine(context.config.attributes["database_url"], poolclass=NullPool)
with engine.connect() as there:
    run(there)
engine.dispose()
