"""The demo: whole or not at all, and the same each time."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from incubator.billing.queries import audit
from incubator.cli.demo import history, load_demo
from incubator.core import clock
from incubator.core.db import db
from incubator.core.errors import RuleBroken
from incubator.core.outbox import OutboxMail
from incubator.leases.models import Lease
from incubator.people.actions import open_session
from incubator.people.models import Person
from incubator.people.queries import person_by_email
from incubator.spaces.models import Facility
from incubator.web.session import COOKIE
from tests.factories.demo import shorten

BY_CHANCE = {"token_hash", "password_hash", "message_id", "body"}
"""Secrets, and the mails that hold them."""


def test_a_demo_cut_short_leaves_nothing_and_can_be_built_again(
    fresh_app: Flask, monkeypatch: pytest.MonkeyPatch
):
    shorten(monkeypatch, 1)

    def cut(*_facts: object) -> None:
        assert db.session.scalar(db.select(Person.id).limit(1))
        raise KeyboardInterrupt

    with fresh_app.app_context():
        with monkeypatch.context() as patch:
            patch.setattr(history, "_collect", cut)
            with pytest.raises(KeyboardInterrupt):
                load_demo()
        assert db.session.scalar(db.select(Facility.id)) is None
        db.session.remove()
        load_demo()
        assert set(db.session.scalars(db.select(Facility.code))) == {"aoba", "west"}
        assert audit() == []
        assert db.session.scalar(db.select(Lease).where(Lease.renews_id.is_not(None)))
        with pytest.raises(RuleBroken, match="not empty"):
            load_demo()


def test_every_mail_leads_its_reader_to_a_page_that_opens(
    fresh_app: Flask, monkeypatch: pytest.MonkeyPatch
):
    shorten(monkeypatch, 3)
    base = fresh_app.config["SETTINGS"].base_url
    links: dict[str, tuple[str, str]] = {}
    with fresh_app.app_context():
        load_demo()
        for mail in db.session.scalars(db.select(OutboxMail)):
            for link in [word for word in mail.body.split() if word.startswith(f"{base}/")]:
                reader = person_by_email(mail.to_address)
                token = open_session(reader, now=clock.now())
                links[mail.template] = (link.removeprefix(base), token)
        db.session.commit()
    led: dict[str, int] = {}
    for template, (path, token) in links.items():
        browser = fresh_app.test_client()
        browser.set_cookie(COOKIE, token)
        led[template] = browser.get(path, follow_redirects=True).status_code
    assert len(led) > 9
    assert set(led.values()) == {200}, led


def figures(home: Path, seed: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of a demo built by a process of its own, without what is left to chance."""
    build = "from incubator.cli.main import main; main(['demo', '--today', '2026-11-26'])"
    around = {name: value for name, value in os.environ.items() if "DATABASE_URL" not in name}
    around |= {"INCUBATOR_HOME": str(home), "PYTHONHASHSEED": seed}
    subprocess.run([sys.executable, "-c", build], env=around, check=True, capture_output=True)
    with closing(sqlite3.connect(home / "incubator.db")) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = {}
        for (table,) in tables:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            kept = ", ".join(name for name in columns if name not in BY_CHANCE)
            found[table] = database.execute(f"SELECT {kept} FROM {table}").fetchall()
    return found


@pytest.mark.long
def test_two_demos_of_one_day_are_the_same(tmp_path: Path):
    first, second = (figures(tmp_path / seed, seed) for seed in ("1", "2"))
    assert first == second
    assert len(first["invoice"]) > 400
    shown = ("payment_reversal", "refund_request", "refund", "deposit_request")
    assert [len(first[table]) for table in shown] == [1, 1, 1, 1]
