import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import text

from incubator.cli.billing import COMMANDS
from incubator.cli.door import Group
from incubator.core.days import Roll
from incubator.core.db import db, transaction
from incubator.leases.models import Lease, SubsidyProgramme
from incubator.organisations.models import Organisation
from incubator.spaces.models import DueRule, Facility
from tests.databases import ENGINE
from tests.factories.base import make_facility
from tests.factories.billing import NOW, make_charge, make_tenants
from tests.factories.leases import grant_programme, make_programme

MONTH = ("--facility", "aoba", "--month", "2026-05")
Run = Callable[..., Result]


@pytest.fixture
def run(fresh_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command on a database of its own, on the day of the run."""
    monkeypatch.setattr("incubator.cli.door.create_app", lambda: fresh_app)
    with fresh_app.app_context(), transaction():
        make_tenants(2, make_facility("aoba"))
    commands = Group(commands={str(each.name): each for each in COMMANDS})

    def run(*words: str, code: int = 0) -> Result:
        with time_machine.travel(NOW, tick=True):
            result = CliRunner().invoke(commands, words)
        assert result.exit_code == code, result.output
        return result

    return run


def figures(result: Result) -> Any:
    return json.loads(result.stdout)


def test_a_month_from_preview_to_pdf(run: Run, tmp_path: Path):
    preview = figures(run("rent", "preview", *MONTH, "--json"))
    assert (len(preview["invoices"]), preview["total"]) == (2, 203_460)
    assert [each["lack"] for each in preview["warnings"]] == ["address"]
    shown = run("rent", "preview", *MONTH).stdout
    assert "2 to issue" in shown
    assert "Warning: These ventures have no address" in shown
    done = figures(run("rent", "run", *MONTH, "--json"))
    assert done["total"] == preview["total"]
    assert "Invoices issued: 0" in run("rent", "run", *MONTH).stdout
    number = done["issued"][0]["number"]
    assert number in run("invoices", "list", "--facility", "aoba", "--state", "open").stdout
    listed = figures(run("invoices", "list", "--facility", "aoba", "--json"))
    assert [each["open"] for each in listed] == [101_730, 101_730]
    shown = figures(run("invoices", "show", number, "--json"))
    assert [line["kind"] for line in shown["lines"]] == ["rent", "common_fee"]
    assert {line["rule"] for line in shown["lines"]} == {"BR-R01"}
    assert not any("%(" in line["why"] for line in shown["lines"])
    said = run("invoices", "show", number, "--facility", "aoba").stdout
    assert "¥101,730" in said
    assert "tax at 10%" in said
    first, again = tmp_path / "a.pdf", tmp_path / "b.pdf"
    run("invoices", "pdf", number, str(first))
    run("invoices", "pdf", number, str(again), "--facility", "aoba")
    assert first.read_bytes() == again.read_bytes()
    assert first.read_bytes().startswith(b"%PDF-")
    told = figures(run("invoices", "pdf", number, str(again), "--json"))
    assert told == {
        "number": number,
        "language": "ja",
        "sha256": sha256(first.read_bytes()).hexdigest(),
        "file": str(again),
        "bytes": first.stat().st_size,
    }
    assert "The books hold." in run("audit").stdout
    assert figures(run("audit", "--json")) == []


def test_what_comes_to_less_than_zero_is_named_as_waiting(run: Run, fresh_app: Flask):
    run("rent", "run", *MONTH)
    with fresh_app.app_context(), transaction():
        venture = db.session.scalars(db.select(Organisation).order_by(Organisation.id)).first()
        make_charge(venture, amount=-500)
    assert "−¥550  株式会社" in run("rent", "preview", *MONTH).stdout
    told = figures(run("rent", "preview", *MONTH, "--json"))
    assert (told["invoices"], [each["total"] for each in told["waiting"]]) == ([], [-550])


def test_a_month_billed_without_a_subsidy_is_named(run: Run, fresh_app: Flask):
    with fresh_app.app_context(), transaction():
        lease = db.session.scalars(db.select(Lease).order_by(Lease.id)).first()
        facility = db.session.get_one(Facility, lease.facility_id)
        names = {"name": "P", "name_en": "Rent subsidy"}
        programme = make_programme(facility, **names, steps=[{"months": 0, "rate": 0}])
        grant_programme(lease, programme)
        code, programme_id = lease.unit.code, programme.id
    issued = run("rent", "run", *MONTH, "--json")
    assert "Warning: These ventures have no address" in issued.stderr
    number = figures(issued)["issued"][0]["number"]
    assert "Warning: Rent subsidy - This subsidy programme has no rate yet" in issued.stderr
    assert "without the subsidy" not in run("rent", "preview", *MONTH).stdout
    with fresh_app.app_context(), transaction():
        found = db.session.get_one(SubsidyProgramme, programme_id)
        found.steps = [{"months": 0, "rate": 5000}]
    said = f"Warning: {number} bills {code} without the subsidy Rent subsidy."
    assert said in run("rent", "preview", *MONTH).stdout
    assert said in run("rent", "run", *MONTH).stderr
    told = figures(run("rent", "preview", *MONTH, "--json"))
    assert (told["invoices"], told["total"]) == ([], 0)
    named = {"invoice": number, "lease": code, "programme": "P"}
    assert told["billed_without_subsidy"] == [named]


def test_an_invoice_is_overdue_by_the_clock_of_its_facility(run: Run, fresh_app: Flask):
    west = {"zone": "America/Los_Angeles", "due_day": 19, "holiday_roll": Roll.NONE}
    with fresh_app.app_context(), transaction():
        facts = {**west, "due_rule": DueRule.PREV_MONTH_DAY}
        db.session.execute(db.update(Facility).values(facts))
    number = figures(run("rent", "run", *MONTH, "--json"))["issued"][0]["number"]
    shown = figures(run("invoices", "show", number, "--json"))
    assert (shown["due_on"], shown["state"]) == ("2026-04-19", "open")


def test_a_month_too_far_ahead_is_shown_and_not_issued(run: Run):
    ahead = ("--facility", "aoba", "--month", "2026-07")
    preview = figures(run("rent", "preview", *ahead, "--json"))
    assert (len(preview["invoices"]), preview["issuable_from"]) == (2, "2026-05-01")
    assert "They can be issued from 2026-05-01." in run("rent", "preview", *ahead).stdout
    assert "They can be issued" not in run("rent", "preview", *MONTH).stdout
    refused = run("rent", "run", *ahead, code=1)
    assert "The invoices for Jul 2026 can be issued from" in refused.stderr
    assert figures(run("rent", "preview", *ahead, "--json"))["already_issued"] == 0


def test_what_does_not_exist_is_one_clear_line(run: Run):
    run("invoices", "show", "none", code=1)
    run("rent", "preview", "--facility", "nowhere", "--month", "2026-05", code=1)
    wrong = run("rent", "run", "--facility", "aoba", "--month", "2026-13", code=1)
    assert "2026-13 is not a month" in wrong.output
    assert wrong.output.count("\n") == 1


def test_a_pdf_that_cannot_be_written_is_one_clear_line(run: Run, tmp_path: Path):
    number = figures(run("rent", "run", *MONTH, "--json"))["issued"][0]["number"]
    said = run("invoices", "pdf", number, str(tmp_path / "none" / "a.pdf"), code=1)
    assert said.output == f"{tmp_path}/none/a.pdf: No such file or directory\n"


def test_the_auditor_complains_with_exit_code_1(run: Run, fresh_app: Flask):
    run("rent", "run", *MONTH)
    name = "invoice_stays_as_issued"
    drop = f"{name} ON invoice" if ENGINE == "postgres" else f"{name}_update"
    with fresh_app.app_context(), transaction():
        db.session.execute(text(f"DROP TRIGGER {drop}"))
        db.session.execute(text("UPDATE invoice SET due_on = '2030-01-01' WHERE id = 1"))
    assert "facts_unchanged" in run("audit", code=1).stdout
    assert figures(run("audit", "--json", code=1))[0]["check"] == "facts_unchanged"
