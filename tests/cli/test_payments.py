"""Recording a payment from the command line."""

import json
from datetime import date

import pytest
from click.testing import CliRunner

from incubator.billing.models import Invoice
from incubator.cli import payments
from incubator.cli.door import Group
from incubator.core.db import db, transaction
from tests.factories.billing import take_back
from tests.factories.payments import NOW, TODAY, make_desk, make_invoice


@pytest.fixture
def invoice(fresh_app, monkeypatch):
    monkeypatch.setattr("incubator.cli.door.create_app", lambda: fresh_app)
    with fresh_app.app_context(), transaction():
        desk = make_desk()
        made = make_invoice(desk.facility, desk.venture, 11_000, date(2026, 10, 30))
        return made.number


def run(*args, command="record"):
    group = Group("incubator", commands={"payment": payments.payment})
    return CliRunner().invoke(group, ["payment", command, *args])


def test_a_payment_in_part_and_the_rest_and_too_much(invoice):
    first = run("--invoice", invoice, "--amount", "4,000円", "--date", "2026-11-02")
    assert first.exit_code == 0
    assert "¥7,000 still open" in first.output
    second = run("--invoice", invoice, "--amount", "8000", "--date", "R8.11.3", "--json")
    figures = json.loads(second.output)
    assert (figures["open"], figures["credit"], figures["amount"]) == (0, 1_000, 8_000)
    third = run("--invoice", invoice, "--amount", "1", "--date", "2026-11-04")
    assert "paid in full" in third.output
    assert "¥1 kept as credit" in third.output


def test_money_for_an_invoice_that_was_taken_back_is_credit(invoice, fresh_app):
    with fresh_app.app_context(), transaction():
        take_back(db.session.scalars(db.select(Invoice)).one(), now=NOW, today=TODAY)
    done = run("--invoice", invoice, "--amount", "1000", "--date", "2026-11-02")
    assert "taken back with a credit note; ¥1,000 kept as credit" in done.output
    assert "paid in full" not in done.output


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--amount", "0", "--date", "2026-11-02"), "above zero"),
        (("--amount", "x", "--date", "2026-11-02"), "not an amount"),
        (("--amount", "1", "--date", "2026-13-02"), "no month"),
        (("--amount", "1", "--date", "2199-01-01"), "still to come"),
        (("--amount", "1", "--date", "2026-11-02", "--facility", "nowhere"), "no facility"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_1(invoice, args, said):
    result = run("--invoice", invoice, *args)
    assert result.exit_code == 1
    assert said in result.output
    assert result.output.count("\n") == 1


def test_an_unknown_invoice_is_said_so(invoice):
    result = run("--invoice", "NOPE", "--amount", "1", "--date", "2026-11-02")
    assert result.exit_code == 1
    assert "Not found" in result.output


def test_a_payment_is_reversed_once(invoice):
    asked = ("--invoice", invoice, "--amount", "9", "--date", "2026-11-02", "--json")
    paid = json.loads(run(*asked).output)
    code = paid["receipt"].partition("-")[0].lower()
    why = ("--facility", code, "--cause", "returned", "--reason", "組戻し")
    done = run(paid["receipt"], *why, command="reverse")
    assert done.output == f"{paid['receipt']}: ¥9 reversed; the receipt is void\n"
    again = run(paid["receipt"], *why, "--date", "2026-11-03", command="reverse")
    assert (again.exit_code, again.output) == (1, "This payment is reversed already.\n")
    assert run("NOPE", *why, command="reverse").exit_code == 1
    paid = json.loads(run(*asked).output)
    told = json.loads(run(paid["receipt"], *why, "--json", command="reverse").output)
    assert (told["receipt"], told["amount"], told["cause"]) == (paid["receipt"], 9, "returned")
