"""Databases for tests, on the engine that INCUBATOR_TEST_ENGINE names."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from incubator.core.db import db
from tests import postgres

ENGINE = os.environ.get("INCUBATOR_TEST_ENGINE", "sqlite")
SELDOM = pytest.mark.long if ENGINE == "postgres" else ()
"""For what is decided above the database: on the second engine in the long run only."""
SERVER = "INCUBATOR_TEST_POSTGRES_SOCKET"


@dataclass(frozen=True)
class Database:
    """An address, and the same database as the start of others."""

    url: str
    name: str

    @contextmanager
    def copy(self, folder: Path) -> Iterator["Database"]:
        """Another database that begins as this one stands."""
        with another(folder, template=self) as database:
            yield database


@contextmanager
def another(folder: Path, template: Database | None = None) -> Iterator[Database]:
    """A new database, empty unless it has a template, gone afterwards."""
    name = f"test_{uuid4().hex}"
    if ENGINE == "postgres":
        server = os.environ[SERVER]
        url = postgres.create_database(server, name, template.name if template else "template1")
        yield Database(url, name)
        postgres.drop_database(server, name)
    else:
        path = folder / f"{name}.db"
        if template:
            shutil.copyfile(template.name, path)
        yield Database(f"sqlite:///{path}", str(path))


@contextmanager
def unlocked(promises: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """Without these promises of an engine, and SQLite's checks: what an auditor is to find."""
    for sql in promises[ENGINE]:
        db.session.execute(text(sql))
    if ENGINE == "sqlite":
        db.session.execute(text("PRAGMA ignore_check_constraints = ON"))
    yield
    if ENGINE == "sqlite":
        db.session.execute(text("PRAGMA ignore_check_constraints = OFF"))
