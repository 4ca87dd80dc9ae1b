"""What tests may ask for. `INCUBATOR_TEST_ENGINE=postgres` runs everything on PostgreSQL."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from incubator.app import create_app
from incubator.core.db import db
from incubator.core.settings import Settings
from tests import databases, moment, postgres
from tests.databases import ENGINE, SERVER, Database
from tests.screen import Browser

RUNNING: list[postgres.Server] = []

moment.begin()


def pytest_configure(config: pytest.Config) -> None:
    """Start PostgreSQL once, before the workers."""
    if ENGINE != "postgres" or SERVER in os.environ:
        return
    server = postgres.start()
    if server is None:
        pytest.exit("No PostgreSQL here: these tests are left out.", returncode=0)
    RUNNING.append(server)
    os.environ[SERVER] = str(server.folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what we started."""
    while RUNNING:
        RUNNING.pop().stop()
        os.environ.pop(SERVER, None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the other engine is for."""
    if ENGINE == "postgres":
        return
    out = [item for item in items if item.get_closest_marker("postgres")]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]


def settings(home: Path, url: str) -> Settings:
    """The settings of a test installation."""
    return Settings(
        home=home,
        database_url=url,
        secret_key="not a secret in tests",
        testing=True,
        base_url="http://localhost",
    )


def build(home: Path, url: str) -> Flask:
    """The application on one database, without the tokens that only a real form carries."""
    app = create_app(settings(home, url))
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the test installation keeps its files."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def template(home: Path) -> Iterator[Database]:
    """An empty database with all tables; others are copied from it."""
    with databases.another(home) as database:
        app = build(home, database.url)
        with app.app_context():
            db.create_all()
            for engine in db.engines.values():
                with engine.connect() as connection:
                    if ENGINE == "sqlite":
                        connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                engine.dispose()
        yield database


@pytest.fixture(scope="session")
def app(home: Path, template: Database) -> Iterator[Flask]:
    """The application; its context is open in every test."""
    with template.copy(home) as database:
        app = build(home, database.url)
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(autouse=True)
def database(app: Flask) -> Iterator[None]:
    """Each test runs inside a transaction that is thrown away."""
    connection = db.engine.connect()
    outer = connection.begin()
    engine, db.engines[None] = db.engines[None], connection
    db.session.remove()
    db.session.configure(join_transaction_mode="create_savepoint")
    yield
    db.session.remove()
    db.engines[None] = engine
    if outer.is_active:
        outer.rollback()
    connection.close()


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Somebody who has not signed in yet."""
    return Browser(app)


@pytest.fixture
def empty_database(tmp_path: Path) -> Iterator[str]:
    """The address of a database without a table, for migrations."""
    with databases.another(tmp_path) as database:
        yield database.url


@pytest.fixture
def fresh_database(template: Database, tmp_path: Path) -> Iterator[Engine]:
    """A database of its own that really commits, for races and kills; its address is `.url`."""
    with template.copy(tmp_path) as database:
        engine = create_engine(database.url, poolclass=NullPool)
        yield engine
        engine.dispose()


@pytest.fixture
def fresh_app(fresh_database: Engine, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database that really commits; open its context yourself."""
    app = build(tmp_path, fresh_database.url.render_as_string(hide_password=False))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
