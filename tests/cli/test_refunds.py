"""Paying credit back from the command line: it asks; a person approves."""

import json
from datetime import date

import pytest
from click.testing import CliRunner

from incubator.billing.actions.pay import PaymentDetails, record_payment
from incubator.billing.actions.refund import approve_refund
from incubator.billing.queries import credit_of
from incubator.billing.queries.refunds import waiting_in
from incubator.cli import refunds
from incubator.cli.door import Group
from incubator.core.db import transaction
from tests.factories.payments import NOW, TODAY, make_desk


@pytest.fixture
def desk(fresh_app, monkeypatch):
    monkeypatch.setattr("incubator.cli.door.create_app", lambda: fresh_app)
    with fresh_app.app_context(), transaction():
        made = make_desk()
        details = PaymentDetails(made.facility.id, made.venture.id, 5_000, date(2026, 11, 2))
        record_payment(details, actor=made.clerk, now=NOW, today=TODAY)
        made.code, made.name = made.facility.code, made.venture.name
        made.ids = (made.facility.id, made.venture.id)
    return made


def run(*args):
    group = Group("incubator", commands={"refund": refunds.refund})
    return CliRunner().invoke(group, ["refund", *args])


def ask(desk, amount="1,500円", *more):
    where = ("--facility", desk.code, "--venture", desk.name, "--to", "あおば銀行 1234567")
    return run("ask", *where, "--amount", amount, *more)


def approve(app, desk):
    with app.app_context(), transaction():
        (asked,) = waiting_in(desk.ids[0])
        return approve_refund(asked, paid_on=TODAY, actor=desk.head, now=NOW, today=TODAY).number


def test_it_asks_and_lists_and_does_not_pay(desk, fresh_app):
    done = ask(desk)
    assert done.output == f"¥1,500 to {desk.name}: waits for approval\n"
    with fresh_app.app_context():
        assert credit_of(desk.ids[1]) == 5_000
    again = ask(desk, "1", "--json")
    assert (again.exit_code, "waits" in again.output) == (1, True)
    (row,) = json.loads(run("list", "--facility", desk.code, "--json").output)
    assert (row["status"], row["amount"], row["asked_by"]) == ("asked", 1_500, "operator")
    assert "¥1,500" in run("list", "--facility", desk.code).output


def test_what_was_asked_for_can_be_read_by_a_script(desk):
    row = json.loads(ask(desk, "1500", "--json").output)
    assert (row["venture"], row["amount"], row["status"]) == (desk.name, 1_500, "asked")


def test_a_repayment_is_reversed_once(desk, fresh_app):
    ask(desk)
    number = approve(fresh_app, desk)
    listed = run("list", "--facility", desk.code).output
    assert number in listed
    why = ("--facility", desk.code, "--cause", "returned", "--reason", "組戻し")
    done = run("reverse", number, *why)
    assert done.output == f"{number}: ¥1,500 is credit again; the notice is void\n"
    again = run("reverse", number, *why, "--date", "2026-11-25")
    assert (again.exit_code, again.output) == (1, "This repayment is reversed already.\n")
    assert run("reverse", "NOPE", *why).exit_code == 1
    (row,) = json.loads(run("list", "--facility", desk.code, "--json").output)
    assert (row["status"], row["number"]) == ("reversed", number)


def test_a_reversal_can_be_read_by_a_script(desk, fresh_app):
    ask(desk)
    number = approve(fresh_app, desk)
    why = ("--facility", desk.code, "--cause", "mistake", "--reason", "x")
    facts = json.loads(run("reverse", number, *why, "--date", "2026-11-25", "--json").output)
    assert facts == {
        "number": number,
        "amount": 1_500,
        "currency": "JPY",
        "reversed_on": "2026-11-25",
        "cause": "mistake",
    }


def test_an_unknown_venture_is_one_clear_line(desk):
    said = run("ask", "--facility", desk.code, "--venture", "Nobody", "--amount", "1", "--to", "x")
    assert (said.exit_code, said.output) == (1, "Not found: no venture is called Nobody\n")
