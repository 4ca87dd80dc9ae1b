"""Commands about the installation itself: run it, keep it, bring it back."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NoReturn, TypeVar

import click

from incubator.app import create_app
from incubator.billing import queries as billing
from incubator.cli.demo import SIGN_INS, load_demo
from incubator.cli.door import as_json, inside, json_option
from incubator.core import backup as backups
from incubator.core import clock, migrate
from incubator.core.backup import BackupFailed
from incubator.core.db import db
from incubator.core.settings import Settings
from incubator.jobs.worker import Worker
from incubator.people.models import Person

T = TypeVar("T")
FRUGAL = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072"}
"""What makes glibc give memory back that setting invoices in type has used for a moment."""
SERVER = ("--threads=2", "--ident=", "--no-clear-untrusted-proxy-headers")
"""Slow readers hold no thread; more of them only need memory. Which proxies to trust, we know."""


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8000,
    show_default=True,
    help="Where to listen.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0: for everybody.")
@click.option("--no-demo", is_flag=True, help="Leave an empty database empty.")
def run(port: int, host: str, *, no_demo: bool) -> None:
    """Serve the pages and work in the background, until Ctrl-C.

    The database is brought up to date first; an empty one gets the demo data. For an office of
    any size; on a server, run gunicorn "incubator.cli.serving:pages()" and `incubator worker`.
    """
    _check_free(host, port)
    if not os.environ.get("INCUBATOR_BASE_URL"):
        Settings().serve_at(f"http://{_reachable(host)}:{port}")
    settings = Settings()
    migrate.upgrade(settings)
    with inside(create_app(settings)):
        if not no_demo and _is_empty():
            click.echo("Building the demo: a facility with two years of history …")
            load_demo()
        sign_ins = _sign_ins()
    for name, value in FRUGAL.items():
        os.environ.setdefault(name, value)
    click.echo(f"Incubator is at {settings.base_url} (Ctrl-C stops it)")
    for line in sign_ins:
        click.echo(f"  {line}")
    sys.stdout.flush()
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    most = f"--max-request-body-size={10 * settings.max_upload_bytes}"
    _become(
        sys.executable, "-m", "waitress", *SERVER, most, f"--listen={address}",
        "--call", "incubator.cli.serving:pages_and_worker",
    )  # fmt: skip


def _become(*command: str) -> NoReturn:
    """Go on as another program: its memory replaces ours, its Ctrl-C is ours."""
    os.execv(command[0], command)  # noqa: S606 - our own interpreter


def _reachable(host: str) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - not a bind
    return f"[{shown}]" if ":" in shown and not shown.startswith("[") else shown


def _check_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"Cannot listen on {host}:{port} ({error.strerror}). "
                "Choose another port with --port (make run PORT=8123)."
            ) from error


def _is_empty() -> bool:
    return db.session.scalar(db.select(Person.id).limit(1)) is None


def _sign_ins() -> list[str]:
    """The demo's sign-ins, as long as the demo is what is in the database."""
    here = set(db.session.scalars(db.select(Person.email)))
    return [f"{role}: {email}  {password}" for role, email, password in SIGN_INS if email in here]


@click.command()
def worker() -> None:
    """Send mail and run the nightly jobs, until stopped. Several may run; one of them leads."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    at_work = Worker(create_app())
    at_work.start()
    click.echo(f"Worker {at_work.name} is at work (Ctrl-C stops it)")
    stop.wait()
    at_work.stop()


@click.command("migrate")
def migrate_command() -> None:
    """Bring the database up to date. Safe to run again; a second one waits for the first."""
    settings = Settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    migrate.upgrade(settings)
    click.echo("The database is up to date.")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
def backup(file: Path, *, as_data: bool) -> None:
    """Write database, secret key and filed mails into FILE (.tar.gz), while people work.

    FILE holds the secret key of the installation: keep it where only you can read it.
    """
    done = _or_explain(lambda: backups.backup(Settings(), file, now=clock.now()))
    if as_data:
        as_json({"path": str(done.path), "bytes": done.size, "at": done.at.isoformat()})
    else:
        click.echo(f"{done.path}: {done.size:,} bytes")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace all data that is here.")
@json_option
def restore(file: Path, *, force: bool, as_data: bool) -> None:
    """Bring back what FILE holds, bring it up to date and audit it.

    Stop Incubator first. Data that is here already is only replaced with --force.
    """
    settings = Settings()
    made_at = _or_explain(lambda: backups.restore(settings, file, force=force))
    settings = Settings()
    migrate.upgrade(settings)
    with inside(create_app(settings)):
        found = len(billing.audit())
    if as_data:
        as_json({"made_at": made_at, "violations": found})
    else:
        told = f"{made_at:%Y-%m-%d %H:%M}"
        click.echo(f"Restored the backup of {told} UTC; {found} violations found.")
    if found:
        raise click.ClickException("Run `incubator audit` to see them.")


def _or_explain(deed: Callable[[], T]) -> T:
    try:
        return deed()
    except BackupFailed as failed:
        raise click.ClickException(str(failed)) from failed


COMMANDS: tuple[click.Command, ...] = (run, worker, migrate_command, backup, restore)
