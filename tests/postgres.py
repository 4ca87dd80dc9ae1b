"""A PostgreSQL server of our own, started from the programs installed here and thrown away."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, create_engine, text

PLACES = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")
SAFE = ("listen_addresses=''",)
FAST = (*SAFE, "fsync=off", "synchronous_commit=off", "full_page_writes=off")


def programs() -> Path | None:
    """Where `initdb` and `pg_ctl` are, the newest version first."""
    found = [path for place in PLACES for path in Path("/").glob(place)]
    on_path = shutil.which("initdb")
    found += [Path(on_path).parent] if on_path else []
    found = [path for path in found if (path / "initdb").exists() and _runner() is not None]
    return max(found, key=_version, default=None)


def _version(path: Path) -> int:
    return max((int(number) for number in re.findall(r"\d+", str(path))), default=0)


def _runner() -> list[str] | None:
    """PostgreSQL refuses to run as root; then it runs as `postgres`, if there is one."""
    if os.getuid() != 0:
        return []
    if not shutil.which("setpriv") or "postgres" not in {user.pw_name for user in pwd.getpwall()}:
        return None
    return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--"]


@dataclass(frozen=True)
class Server:
    """A running server, reached through a socket in its own folder."""

    bin: Path
    folder: Path
    settings: tuple[str, ...] = FAST

    def stop(self) -> None:
        """Stop at once and leave nothing behind."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Make an empty cluster and start it."""
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        data = str(self.folder / "data")
        utf8 = ["-E", "UTF8", "--locale=C.UTF-8"]
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", *utf8)
        sockets = f"unix_socket_directories='{self.folder}'"
        options = [f"-c {option}" for option in (*self.settings, sockets)]
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", data, "-w", "-l", log, "-o", " ".join(options), "start")

    def _run(self, program: str, *arguments: str) -> None:
        command = [*(_runner() or []), str(self.bin / program), *arguments]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL)


def start(settings: tuple[str, ...] = FAST) -> Server | None:
    """Start a server, or say by `None` that there is no PostgreSQL."""
    bin_ = programs()
    if bin_ is None:
        return None
    server = Server(bin_, Path(tempfile.mkdtemp(prefix="incubator-pg-")), settings)
    server.start()
    return server


def url(folder: str, database: str) -> str:
    """The address of a database on the server whose socket is in `folder`."""
    address = URL.create(
        "postgresql+psycopg", username="postgres", database=database, query={"host": folder}
    )
    return address.render_as_string(hide_password=False)


def create_database(folder: str, name: str, template: str = "template1") -> str:
    """Create a database from a template and return its address."""
    _admin(folder, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return url(folder, name)


def drop_database(folder: str, name: str) -> None:
    """Drop a database, whoever is still connected."""
    _admin(folder, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _admin(folder: str, sql: str) -> None:
    engine = create_engine(url(folder, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(sql))
    engine.dispose()
