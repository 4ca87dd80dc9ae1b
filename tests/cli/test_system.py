"""Commands about the installation itself, as an operator types them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from incubator.cli import serving, system
from incubator.cli.main import main
from incubator.core import clock, job_runs
from incubator.core.db import db, transaction
from incubator.core.settings import Settings
from incubator.people.models import Person
from tests.conftest import build
from tests.factories.base import make_person, make_world

RESTORABLE = "Restored the backup of"


@pytest.fixture
def place(tmp_path: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INCUBATOR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INCUBATOR_DATABASE_URL", empty_database)
    monkeypatch.setenv("INCUBATOR_BASE_URL", "")
    monkeypatch.delenv("INCUBATOR_BASE_URL")
    return tmp_path / "home"


def command(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("name", ["run", "worker", "migrate", "backup", "restore"])
def test_every_command_explains_itself(name: str):
    said = command(name, "--help")
    assert said.exit_code == 0
    assert len(said.output.splitlines()) > 4


def test_migrating_twice_is_migrating_once(place: Path):
    for _ in range(2):
        said = command("migrate")
        assert (said.exit_code, said.output) == (0, "The database is up to date.\n")


def test_a_first_run_builds_the_demo_and_becomes_the_server(
    place: Path, monkeypatch: pytest.MonkeyPatch
):
    became: list[tuple[str, ...]] = []
    built: list[str] = []

    def build_demo() -> None:
        built.append("demo")
        with transaction():
            make_person(email=system.SIGN_INS[0][1])

    monkeypatch.setattr(system, "_become", lambda *words: became.append(words))
    monkeypatch.setattr(system, "load_demo", build_demo)
    port = str(free_port())
    said = command("run", "--no-demo", "--port", port)
    assert said.exit_code == 0, said.output
    assert not built
    for _ in range(2):
        said = command("run", "--port", port)
        assert said.exit_code == 0, said.output
        assert f"http://127.0.0.1:{port}" in said.output
        assert f"{system.SIGN_INS[0][1]}  {system.SIGN_INS[0][2]}" in said.output
        assert system.SIGN_INS[1][1] not in said.output
    assert built == ["demo"]
    assert became[-1][0] == sys.executable
    assert f"--listen=127.0.0.1:{port}" in became[-1]


def test_links_of_other_commands_lead_to_where_it_runs(
    place: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(system, "_become", lambda *_words: None)
    invite = ("user", "invite", "new@example.jp", "--role", "system_admin")
    for port in (str(free_port()), str(free_port())):
        assert command("run", "--no-demo", "--port", port).exit_code == 0
        assert command(*invite).output.startswith(f"http://127.0.0.1:{port}/")
    monkeypatch.setenv("INCUBATOR_BASE_URL", "https://incubator.example.jp")
    said = command("run", "--no-demo", "--port", port)
    assert "https://incubator.example.jp" in said.output
    assert command(*invite).output.startswith("https://incubator.example.jp/")


def test_a_port_that_is_taken_is_named(place: Path):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        said = command("run", "--port", str(taken.getsockname()[1]))
    assert said.exit_code == 1
    assert "--port" in said.output


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "[::1]"),
        ("::1", "[::1]"),
        ("pc.example.jp", "pc.example.jp"),
    ],
)
def test_the_address_printed_can_be_opened(host: str, shown: str):
    assert system._reachable(host) == shown


def test_a_backup_is_made_and_restored_and_audited(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(system.migrate, "upgrade", lambda _settings: None)
    app = build(place, Settings().database_url)
    with app.app_context():
        db.create_all()
        with transaction():
            make_world()
        db.session.remove()
        db.engine.dispose()
    file = str(tmp_path / "b.tar.gz")
    told = json.loads(command("backup", file, "--json").output)
    assert (told["path"], told["bytes"]) == (file, Path(file).stat().st_size)
    assert file in command("backup", file).output
    refused = command("restore", file)
    assert (refused.exit_code, "--force" in refused.output) == (1, True)
    said = command("restore", file, "--force")
    assert said.exit_code == 0, said.output
    assert said.output.startswith(RESTORABLE)
    assert "0 violations" in said.output
    told = json.loads(command("restore", file, "--force", "--json").output)
    assert (told["violations"], told["made_at"][:2]) == (0, "20")
    monkeypatch.setattr(system.billing, "audit", lambda: ["something"])
    doubtful = command("restore", file, "--force")
    assert (doubtful.exit_code, "incubator audit" in doubtful.output) == (1, True)
    assert command("backup", str(tmp_path / "none" / "x")).exit_code == 1


def test_a_worker_starts_leads_and_stops_when_asked(place: Path):
    app = build(place, Settings().database_url)
    with app.app_context():
        db.create_all()
        worker = subprocess.Popen(
            [sys.executable, "-c", "from incubator.cli.main import main; main(['worker'])"],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        assert worker.stdout is not None
        assert "is at work" in worker.stdout.readline()
        assert job_runs.leader(clock.now()) is not None
        db.session.rollback()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
        worker.stdout.close()
        assert job_runs.leader(clock.now()) is None
        assert db.session.scalar(db.select(Person.id)) is None
        db.session.remove()
        db.engine.dispose()


def test_without_an_account_at_stripe_a_stand_in_takes_the_cards(tmp_path: Path):
    settings = serving.with_stand_in(Settings(home=tmp_path))
    assert settings.stripe_api_base.startswith("http://127.0.0.1:")
    for chosen in ({"stripe_api_key": "sk_live_x"}, {"stripe_api_base": "http://127.0.0.1:1"}):
        own = Settings(home=tmp_path, **chosen)  # type: ignore[arg-type]
        assert serving.with_stand_in(own) is own


def test_pages_and_worker_come_in_one_process(place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("INCUBATOR_STRIPE_API_BASE", "http://127.0.0.1:1")
    farewells: list[Callable[[], None]] = []
    heard: list[int] = []
    monkeypatch.setattr(serving.atexit, "register", farewells.append)
    monkeypatch.setattr(serving.signal, "signal", lambda number, _deed: heard.append(number))
    app = build(place, Settings().database_url)
    with app.app_context():
        db.create_all()
        db.session.remove()
        db.engine.dispose()
    served = serving.pages_and_worker()
    assert served.test_client().get("/healthz").status_code == 200
    deadline = time.monotonic() + 10
    with served.app_context():
        while job_runs.leader(clock.now()) is None:
            assert time.monotonic() < deadline
            db.session.rollback()
        db.session.remove()
    farewells[0]()
    assert heard == [signal.SIGTERM]
    with served.app_context():
        assert job_runs.leader(clock.now()) is None
        db.session.remove()
        db.engine.dispose()
