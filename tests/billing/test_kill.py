"""Fault 1 of the fault model: the run is killed anywhere, and simply run again."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from incubator.billing import queries
from incubator.billing.models import Charge, ChargeKind, Invoice
from incubator.core.db import db, transaction
from incubator.leases.models import Lease
from incubator.spaces.models import Facility
from tests.factories.base import (
    make_facility,
    make_floor,
    make_lease,
    make_unit,
    make_venture,
)

ROOT = Path(__file__).resolve().parents[2]
LEASES = 40
PATIENCE = 120
CODE = "import sys; from incubator.cli.main import main; main()"
COMMAND = ("rent", "run", "--facility", "aoba", "--month", "2026-05")


def start(url: str, home: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", CODE, *COMMAND],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "INCUBATOR_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def issued() -> int:
    db.session.rollback()
    return issued_so_far()


def kill_on_the_way(url: str, home: Path, chance: random.Random) -> None:
    """Wait until some invoices of this pass are there, then a moment more, then kill -9."""
    before, process = issued(), start(url, home)
    wanted = before + chance.randint(0, 6)
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and issued() < wanted and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(chance.random() / 100)
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize(
    "kills", [pytest.param(4), pytest.param(50, marks=pytest.mark.long)], ids=["4", "50"]
)
def test_a_run_that_is_killed_bills_every_lease_once(
    fresh_app: Flask, fresh_database: Engine, tmp_path: Path, kills: int
):
    url = fresh_database.url.render_as_string(hide_password=False)
    chance = random.Random(kills)
    interrupted = 0
    with fresh_app.app_context():
        left = kills
        while left:
            with transaction():
                leases = more_tenants()
            for _ in range(min(left, 10)):
                before = issued()
                kill_on_the_way(url, tmp_path, chance)
                left -= 1
                interrupted += before < issued()
                assert queries.audit() == []
            finished = start(url, tmp_path)
            out, errors = finished.communicate(timeout=PATIENCE)
            assert finished.returncode == 0, (out + errors).decode()
            assert queries.audit() == []
            assert_each_lease_once(leases)
        assert interrupted, "No kill fell into a run; the test shows nothing."


def more_tenants() -> int:
    """Forty more leases at the facility `aoba`; how many there are now."""
    facility = db.session.scalar(db.select(Facility).where(Facility.code == "aoba"))
    floor = make_floor(facility or make_facility("aoba"), f"F{issued_so_far()}")
    facility = db.session.get_one(Facility, floor.facility_id)
    for _ in range(LEASES):
        make_lease(make_unit(facility, floor), make_venture(facility))
    return db.session.scalar(db.select(db.func.count()).select_from(Lease)) or 0


def issued_so_far() -> int:
    return db.session.scalar(db.select(db.func.count()).select_from(Invoice)) or 0


def assert_each_lease_once(leases: int) -> None:
    db.session.rollback()
    rents = db.session.scalars(
        db.select(Charge.source).where(
            Charge.kind == ChargeKind.RENT, Charge.invoice_id.is_not(None)
        )
    ).all()
    assert len(rents) == len(set(rents)) == leases
