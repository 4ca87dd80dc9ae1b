"""A backup holds everything that was done before it began, and comes back whole."""

import io
import json
import tarfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from incubator.billing.queries import audit
from incubator.core import backup, migrate
from incubator.core.audit import AuditEntry
from incubator.core.backup import BackupFailed
from incubator.core.db import db, transaction
from incubator.core.settings import Settings
from incubator.people.models import Person, PersonStatus
from tests import databases
from tests.conftest import build
from tests.databases import ENGINE
from tests.factories.base import make_person, make_world

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


def settings_of(home: Path, url: str) -> Settings:
    home.mkdir(exist_ok=True)
    return Settings(home=home, database_url=url)


def leave(app: Flask) -> None:
    """Stop serving."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def here(fresh_app: Flask, fresh_database: Engine, tmp_path: Path) -> Settings:
    with fresh_app.app_context(), transaction():
        make_world()
    leave(fresh_app)
    url = fresh_database.url.render_as_string(hide_password=False)
    settings = settings_of(tmp_path / "here", url)
    (settings.home / "mail").mkdir()
    (settings.home / "mail" / "1.eml").write_text("a mail")
    return settings


@pytest.fixture
def there(tmp_path: Path) -> Any:
    folder = tmp_path / "there"
    folder.mkdir()
    with databases.another(folder) as database:
        yield settings_of(folder, database.url)


def names(settings: Settings) -> set[str]:
    engine = create_engine(settings.database_url, poolclass=NullPool)
    with engine.connect() as connection:
        return set(connection.execute(text("SELECT name FROM person")).scalars())


def test_what_was_there_comes_back(here: Settings, there: Settings, tmp_path: Path):
    made = backup.backup(here, tmp_path / "b.tar.gz", now=NOW)
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert backup.last_backup(here) == made
    assert backup.last_backup(there) is None
    assert backup.restore(there, made.path) == NOW
    assert names(there) == names(here)
    assert (there.home / "mail" / "1.eml").read_text() == "a mail"
    assert (there.home / "secret_key").read_text() == (here.home / "secret_key").read_text()
    app = build(there.home, there.database_url)
    with app.app_context():
        assert audit() == []
        entry = AuditEntry(
            at=NOW, actor_id=None, actor_name="x", deed="x", subject_kind="x", subject_id=1
        )
        with transaction():
            db.session.add(entry)
        with pytest.raises(Exception, match="audit_stays"), transaction():
            db.session.get_one(AuditEntry, entry.id).deed = "y"
        db.session.remove()
        db.engine.dispose()


def test_a_backup_taken_while_people_work_holds_all_that_was_done_before(
    here: Settings, there: Settings, fresh_app: Flask, tmp_path: Path
):
    written: list[str] = []
    stop = threading.Event()

    def work() -> None:
        with fresh_app.app_context():
            number = 0
            while not stop.is_set():
                number += 1
                with transaction():
                    make_person(name=f"w{number}", email=f"w{number}@example.jp")
                written.append(f"w{number}")

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for turn in range(3):
            while len(written) < 5 * (turn + 1):
                assert worker.is_alive()
            before = set(written)
            made = backup.backup(here, tmp_path / f"{turn}.tar.gz", now=NOW)
            backup.restore(there, made.path, force=True)
            assert before <= names(there)
    finally:
        stop.set()
        worker.join()
    app = build(there.home, there.database_url)
    with app.app_context():
        assert audit() == []
        assert db.session.scalar(db.select(Person.status).limit(1)) is PersonStatus.ACTIVE
        db.session.remove()
        db.engine.dispose()


def test_data_is_only_replaced_by_force(here: Settings, tmp_path: Path, fresh_app: Flask):
    made = backup.backup(here, tmp_path / "b.tar.gz", now=NOW)
    with fresh_app.app_context(), transaction():
        make_person(name="later")
    leave(fresh_app)
    with pytest.raises(BackupFailed, match="--force"):
        backup.restore(here, made.path)
    assert "later" in names(here)
    backup.restore(here, made.path, force=True)
    assert "later" not in names(here)


def test_a_backup_of_an_older_version_replaces_what_was_migrated_since(
    there: Settings, empty_database: str, tmp_path: Path
):
    old = settings_of(tmp_path / "old", empty_database)
    migrate.upgrade(old, "0001")
    engine = create_engine(old.database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO person (email, name, name_kana, language, theme, status, created_at)"
                f" VALUES ('o@example.jp', 'old', '', 'ja', 'auto', 'active', '{NOW:%F %T.%f}')"
            )
        )
    made = backup.backup(old, tmp_path / "b.tar.gz", now=NOW)
    migrate.upgrade(there)
    for force in (False, True):
        backup.restore(there, made.path, force=force)
        migrate.upgrade(there)
        migrate.check(there)
        assert names(there) == {"old"}


@pytest.mark.postgres
def test_what_stands_in_the_way_of_a_restore_leaves_all_as_it_was(
    here: Settings, fresh_database: Engine, tmp_path: Path
):
    made = backup.backup(here, tmp_path / "b.tar.gz", now=NOW)
    with fresh_database.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (id int)"))
        connection.execute(
            text(
                "CREATE TRIGGER theirs BEFORE UPDATE ON theirs"
                " FOR EACH ROW EXECUTE FUNCTION refuse_change('theirs')"
            )
        )
    before = names(here)
    with pytest.raises(BackupFailed, match=r"psql: .*trigger theirs"):
        backup.restore(here, made.path, force=True)
    assert names(here) == before


def test_nothing_is_restored_while_pages_are_served(
    here: Settings, tmp_path: Path, fresh_app: Flask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(backup, "PATIENCE_SECONDS", 1)
    made = backup.backup(here, tmp_path / "b.tar.gz", now=NOW)
    fresh_app.test_client().get("/healthz")
    with pytest.raises(BackupFailed, match="Stop web and worker"):
        backup.restore(here, made.path, force=True)
    leave(fresh_app)
    backup.restore(here, made.path, force=True)


def test_a_database_without_tables_is_not_kept(there: Settings, tmp_path: Path):
    if ENGINE == "sqlite":
        (there.home / "empty.db").touch()
        there = settings_of(there.home, f"sqlite:///{there.home}/empty.db")
    with pytest.raises(BackupFailed, match="incubator migrate"):
        backup.backup(there, tmp_path / "b.tar.gz", now=NOW)
    assert not (tmp_path / "b.tar.gz").exists()


def pack(path: Path, **files: bytes) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def told(engine: str = ENGINE, version: int = 1) -> bytes:
    engine = {"postgres": "postgresql"}.get(engine, engine)
    return json.dumps({"format": version, "engine": engine, "made_at": NOW.isoformat()}).encode()


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, "not a backup"),
        ({"incubator.json": b"{}"}, "not a backup"),
        ({"incubator.json": told("oracle")}, "not a backup"),
        ({"incubator.json": told(version=2)}, "another version"),
        ({"incubator.json": told()}, "another version"),
        ({"..__evil": b"x"}, "strange"),
        ({"mail__..__..__evil": b"x"}, "strange"),
        (
            {"incubator.json": told("sqlite"), "database.sqlite": b"x" * 5000},
            "damaged" if ENGINE == "sqlite" else "backup of sqlite",
        ),
        (
            {"incubator.json": told("postgresql"), "database.dump": b"x" * 5000},
            "backup of postgresql" if ENGINE == "sqlite" else "pg_restore",
        ),
    ],
)
def test_what_is_no_backup_changes_nothing(
    there: Settings, tmp_path: Path, files: dict[str, bytes], why: str
):
    before = {each.name for each in there.home.iterdir() if each.suffix != ".db"}
    with pytest.raises(BackupFailed, match=why):
        backup.restore(there, pack(tmp_path / "x.tar.gz", **files))
    after = {each.name for each in there.home.iterdir() if each.suffix != ".db"}
    assert after == before


def test_a_text_file_is_no_backup(there: Settings, tmp_path: Path):
    (tmp_path / "x").write_text("hello")
    with pytest.raises(BackupFailed, match="not a backup"):
        backup.restore(there, tmp_path / "x")


def test_a_backup_needs_a_place_and_a_database(here: Settings, tmp_path: Path):
    with pytest.raises(BackupFailed, match="no folder"):
        backup.backup(here, tmp_path / "nowhere" / "b.tar.gz", now=NOW)
    for url, why in (("sqlite://", "memory"), (f"sqlite:///{tmp_path}/none.db", "no database")):
        with pytest.raises(BackupFailed, match=why):
            backup.backup(settings_of(tmp_path, url), tmp_path / "b.tar.gz", now=NOW)
    assert not (tmp_path / "b.tar.gz").exists()


def test_missing_programs_are_named(
    here: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", "")
    elsewhere = settings_of(tmp_path, "postgresql+psycopg://u:p@localhost/x")
    with pytest.raises(BackupFailed, match="pg_dump is not installed"):
        backup.backup(elsewhere, tmp_path / "b.tar.gz", now=NOW)


def test_the_password_of_the_database_travels_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\n(echo error:; echo "$PGPASSWORD for $1") >&2; exit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    elsewhere = settings_of(tmp_path, "postgresql+psycopg://u:secret@localhost/x")
    with pytest.raises(
        BackupFailed, match=r"^pg_dump: error: secret for --dbname=postgresql://u@localhost/x$"
    ):
        backup.backup(elsewhere, tmp_path / "b.tar.gz", now=NOW)


def test_an_address_of_the_old_kind_is_understood(tmp_path: Path):
    assert settings_of(tmp_path, "postgres://u:p@h/x").database_url == "postgresql://u:p@h/x"


def test_a_damaged_database_is_not_backed_up_and_is_replaced_by_force(tmp_path: Path):
    """A file of SQLite can be damaged, whatever engine the other tests are on."""
    place = tmp_path / "incubator.db"
    here = settings_of(tmp_path, f"sqlite:///{place}")
    migrate.upgrade(here)
    made = backup.backup(here, tmp_path / "b.tar.gz", now=NOW)
    place.write_bytes(b"x" * 5000)
    with pytest.raises(BackupFailed, match="cannot be read: file is not a database"):
        backup.backup(here, tmp_path / "none.tar.gz", now=NOW)
    assert not (tmp_path / "none.tar.gz").exists()
    backup.restore(here, made.path, force=True)
    assert names(here) == set()
