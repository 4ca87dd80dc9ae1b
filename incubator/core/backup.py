"""A whole installation in one file, and back: database, secret key, mails written as files.

SQLite is copied by its backup API, never as a file, which under WAL would silently be old.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from time import sleep

from sqlalchemy import URL, Connection, create_engine, inspect, make_url, text
from sqlalchemy.pool import NullPool

from incubator.core.db import Entity
from incubator.core.settings import Settings

MANIFEST = "incubator.json"
DATABASES = {"sqlite": "database.sqlite", "postgresql": "database.dump"}
KEPT = ("secret_key", "mail", "uploads")
LAST = "last_backup.json"
FORMAT = 1
TELLING = ("facility", "person")
IN_USE = "The database is in use. Stop web and worker and whatever else has it open, then restore."
PATIENCE_SECONDS = 2
OTHERS = """
    SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class BackupFailed(Exception):
    """Why there is no backup, or why nothing was restored."""


@dataclass(frozen=True)
class Copy:
    """A backup: where it lies and how large it is."""

    path: Path
    size: int
    at: datetime


def backup(settings: Settings, target: Path, *, now: datetime) -> Copy:
    """Write the installation into one file, whole or not at all; people may work meanwhile."""
    url = make_url(settings.database_url)
    engine = url.get_backend_name()
    target = target.resolve()
    if not target.parent.is_dir():
        raise BackupFailed(f"There is no folder {target.parent}.")
    with _scratch(target.parent) as folder:
        database = folder / DATABASES[engine]
        _copy_sqlite(url, database) if engine == "sqlite" else _dump(url, database)
        _check_source(url)
        manifest = {"format": FORMAT, "engine": engine, "made_at": now.isoformat()}
        (folder / MANIFEST).write_text(json.dumps(manifest))
        part = folder / "backup.part"
        with tarfile.open(part, "w:gz") as archive:
            archive.add(folder / MANIFEST, MANIFEST)
            archive.add(database, database.name)
            for name in KEPT:
                if (settings.home / name).exists():
                    archive.add(settings.home / name, name)
        part.chmod(0o600)
        _flush(part)
        part.replace(target)
    done = Copy(target, target.stat().st_size, now)
    note = {"path": str(target), "size": done.size, "at": now.isoformat()}
    (settings.home / LAST).write_text(json.dumps(note))
    return done


def last_backup(settings: Settings) -> Copy | None:
    """The latest backup that was made from here."""
    try:
        note = json.loads((settings.home / LAST).read_text())
        return Copy(Path(note["path"]), note["size"], datetime.fromisoformat(note["at"]))
    except (OSError, ValueError, KeyError):
        return None


def restore(settings: Settings, source: Path, *, force: bool = False) -> datetime:
    """Put a backup in place of an empty installation (or, by force, of this one); when it was made.

    Nothing is touched before the backup has been unpacked and found whole.
    """
    url = make_url(settings.database_url)
    engine = url.get_backend_name()
    settings.home.mkdir(parents=True, exist_ok=True)
    with _scratch(settings.home) as folder:
        manifest = _unpack(source, folder)
        if manifest["engine"] != engine:
            raise BackupFailed(f"This is a backup of {manifest['engine']}, not of {engine}.")
        _check_target(url, force=force)
        database = folder / DATABASES[engine]
        _place_sqlite(url, database) if engine == "sqlite" else _load(url, database)
        for name in KEPT:
            _place(folder / name, settings.home / name)
    return datetime.fromisoformat(str(manifest["made_at"]))


def check_sqlite(path: Path) -> None:
    """Refuse a damaged database."""
    try:
        with closing(sqlite3.connect(path)) as database:
            found = database.execute("PRAGMA integrity_check").fetchall()
            lost = database.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as error:
        raise BackupFailed(f"The database in the backup is damaged: {error}") from error
    if found != [("ok",)] or lost:
        raise BackupFailed(f"The database in the backup is damaged: {found[:1] or lost[:1]}")


@contextmanager
def _scratch(parent: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=".incubator-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _file_of(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise BackupFailed("A database in memory cannot be backed up.")
    return Path(url.database)


def _copy_sqlite(url: URL, target: Path) -> None:
    path = _file_of(url)
    if not path.exists():
        raise BackupFailed(f"There is no database {path}.")
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise BackupFailed(f"The database {path} cannot be read: {error}.") from error
    check_sqlite(target)


def _place_sqlite(url: URL, database: Path) -> None:
    check_sqlite(database)
    target = _file_of(url)
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f"{target.name}.restored")
    shutil.move(database, staged)
    for rest in ("-wal", "-shm"):
        target.with_name(target.name + rest).unlink(missing_ok=True)
    staged.replace(target)


def _place(source: Path, target: Path) -> None:
    if not source.exists():
        return
    if target.is_dir():
        shutil.rmtree(target)
    shutil.move(source, target)
    if target.is_file():
        target.chmod(0o600)


def _unpack(source: Path, folder: Path) -> dict[str, object]:
    try:
        with tarfile.open(source, "r:*") as archive:
            for member in archive:
                _extract(archive, member, folder)
        manifest = json.loads((folder / MANIFEST).read_text())
        if manifest["format"] != FORMAT or not (folder / DATABASES[manifest["engine"]]).exists():
            raise BackupFailed(f"{source} is a backup of another version of Incubator.")
    except (OSError, EOFError, tarfile.TarError, KeyError, ValueError) as error:
        why = str(error).partition("\n")[0].rstrip(":")
        raise BackupFailed(f"{source} is not a backup of Incubator: {why}") from error
    return dict(manifest)


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Take out a file that belongs into a backup; what points elsewhere does not."""
    path = PurePosixPath(member.name)
    known = path.parts and path.parts[0] in {MANIFEST, *DATABASES.values(), *KEPT}
    if member.isdir() and known and ".." not in path.parts:
        return
    content = archive.extractfile(member) if member.isfile() else None
    if content is None or not known or ".." in path.parts:
        raise BackupFailed(f"The backup holds something strange: {member.name}")
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(content, file)


@contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _check_source(url: URL) -> None:
    """Refuse to keep a database in which there are no tables yet."""
    with _connected(url) as connection:
        if not set(TELLING) <= set(inspect(connection).get_table_names()):
            raise BackupFailed("There are no tables here yet. Run `incubator migrate` first.")


def _check_target(url: URL, *, force: bool) -> None:
    """Refuse to write over data, or while somebody may write."""
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite and not _file_of(url).exists():
        return
    if _is_open(_file_of(url)) if sqlite else _has_company(url):
        raise BackupFailed(IN_USE)
    if force:
        return
    with _connected(url) as connection:
        if _holds_data(connection):
            raise BackupFailed("There is data here. Add --force to replace all of it.")


def _is_open(path: Path) -> bool:
    """Whether somebody has the file open: only the last one to do so may end its WAL mode."""
    with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS)) as database:
        try:
            database.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.DatabaseError as error:
            return error.sqlite_errorcode == sqlite3.SQLITE_BUSY
    return False


def _has_company(url: URL) -> bool:
    """Whether others are connected, a moment after they may have been told to go as well."""
    for _ in range(PATIENCE_SECONDS):
        with _connected(url) as connection:
            if connection.execute(text(OTHERS)).first() is None:
                return False
        sleep(1)
    return True


def _holds_data(connection: Connection) -> bool:
    tables = set(inspect(connection).get_table_names())
    return any(
        connection.execute(text(f"SELECT 1 FROM {table} LIMIT 1")).first()  # noqa: S608
        for table in TELLING
        if table in tables
    )


def _dump(url: URL, target: Path) -> None:
    options = ("--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
    _run("pg_dump", _address(url), *options, password=url.password)


def _load(url: URL, source: Path) -> None:
    """Load all or nothing; our tables go first, for a backup knows none that came after it."""
    script = source.with_suffix(".sql")
    options = ("--clean", "--if-exists", "--no-owner", "--no-privileges", f"--file={script}")
    _run("pg_restore", *options, str(source))
    tables = ", ".join(f'"{name}"' for name in Entity.metadata.tables)
    _run(
        "psql",
        _address(url),
        "--no-psqlrc",
        "--quiet",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        "--command=SET client_min_messages = warning",
        f"--command=DROP TABLE IF EXISTS {tables} CASCADE",
        f"--file={script}",
        password=url.password,
    )


def _address(url: URL) -> str:
    plain = url._replace(drivername="postgresql", password=None)
    return f"--dbname={plain.render_as_string()}"


def _run(program: str, *arguments: str, password: str | None = None) -> None:
    """Run one of PostgreSQL's own programs; the password travels in the environment."""
    found = shutil.which(program)
    if found is None:
        raise BackupFailed(
            f"{program} is not installed. It comes with PostgreSQL's client programs "
            "(Debian: apt-get install postgresql-client)."
        )
    env = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    done = subprocess.run(  # noqa: S603 - a fixed program, arguments of our own
        [found, *arguments], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupFailed(f"{program}: {' '.join(done.stderr.split())}")
