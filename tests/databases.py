"""Databases for tests, on the engine that INCUBATOR_TEST_ENGINE names."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests import postgres

ENGINE = os.environ.get("INCUBATOR_TEST_ENGINE", "sqlite")
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
