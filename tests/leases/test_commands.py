"""The quote on the command line."""

import json

import pytest
from click.testing import CliRunner

from incubator.cli import leases
from incubator.cli.door import Group
from incubator.core.db import transaction
from tests.factories.base import make_world
from tests.factories.leases import make_programme

PARTS = {"kind", "amount", "rule", "inputs", "why"}


@pytest.fixture
def house(fresh_app, monkeypatch):
    monkeypatch.setattr("incubator.cli.door.create_app", lambda: fresh_app)
    with fresh_app.app_context(), transaction():
        world = make_world("aoba")
        make_programme(world.facility, code="HALF", monthly_cap=30000)
        thirds = [{"months": 0, "rate": 2, "of": 3}]
        make_programme(world.facility, code="NAMED", steps=[{"months": 0, "rate": 0}])
        make_programme(world.facility, code="YOUNG", company_age_limit_years=3)
        make_programme(world.facility, code="THIRDS", name="三分の二補助", steps=thirds)
    return fresh_app


def run(*args):
    group = Group("incubator", commands={"quote": leases.quote})
    return CliRunner().invoke(group, ["quote", *args])


def test_a_quote_as_figures(house):
    asked = ("--unit", "105", "--start", "2026-12-16", "--months", "2", "--programme", "HALF")
    answer = json.loads(run(*asked, "--facility", "aoba", "--json").output)
    assert list(answer) == ["currency", "lines_by_month", "move_in", "total"]
    months = answer["lines_by_month"]
    assert [month["month"] for month in months] == ["2026-12", "2027-01", "2027-02"]
    for month in months:
        assert month["subtotal"] == sum(line["amount"] for line in month["lines"])
        assert month["tax"] == month["subtotal"] // 10
        assert month["total"] == month["subtotal"] + month["tax"]
        assert [line["kind"] for line in month["lines"]] == ["rent", "common_fee", "subsidy"]
        assert all(
            set(line) == {"kind", "amount", "rule", "inputs", "why"} for line in month["lines"]
        )
    assert months[1]["lines"][2]["amount"] == -30000
    assert answer["total"] == sum(month["total"] for month in months)
    assert answer["move_in"] == 3 * 76257 + months[0]["total"]


def test_a_quote_in_words(house):
    said = run("--unit", "105", "--start", "R8.12.1", "--months", "1", "--programme", "HALF").output
    assert "Rent ¥76,257: ¥76,257 a month, as agreed." in said
    assert "at most ¥30,000 a month" in said
    assert "Due before the keys" in said


def test_a_quote_of_a_programme_with_a_fraction_is_exact(house):
    start = ("--unit", "105", "--start", "R8.12.1", "--months", "1")
    said = run(*start, "--programme", "三分の二補助").output
    assert "2/3 of the rent (¥76,257) = ¥50,838" in said
    month = json.loads(run(*start, "--programme", "THIRDS", "--json").stdout)["lines_by_month"][0]
    grant = month["lines"][-1]
    inputs = grant["inputs"]
    assert (grant["amount"], inputs["rate"], inputs["of"]) == (-50838, 2, 3)


def test_what_speaks_against_an_offer_is_said_beside_the_figures(house):
    asked = ("--unit", "101", "--start", "2027-03-01", "--months", "72", "--json")
    answer = run(*asked)
    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["total"]
    assert answer.stderr.splitlines()[0] == "warning: A contract lasts at most 60 months."
    assert "warning: 101 is taken from Tue 1 Apr 2025 to Fri 31 Mar 2028 by" in answer.stderr
    free = ("--unit", "105", *asked[2:4], "--months", "12")
    assert run(*free).stderr == ""
    assert "is for companies younger than 3 years" in run(*free, "--programme", "YOUNG").stderr
    assert "has no rate yet, so it takes nothing off." in run(*free, "--programme", "NAMED").stderr


def test_a_programme_named_twice_is_granted_once(house):
    asked = ("--unit", "105", "--start", "2026-12-01", "--months", "12", "--json")
    half, by_name = ("--programme", "THIRDS"), ("--programme", "三分の二補助")
    assert run(*asked, *half, *by_name).output == run(*asked, *half).output


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--unit", "999"), "no facility has a unit 999"),
        (("--unit", "999", "--facility", "aoba"), "no unit has the code 999"),
        (("--unit", "105", "--programme", "X"), "no programme has the code X"),
        (("--unit", "105", "--facility", "x"), "no facility has the code x"),
    ],
)
def test_a_quote_that_cannot_be(house, args, words):
    answer = run(*args, "--start", "2026-12-01", "--months", "12")
    assert answer.exit_code == 1
    assert words in answer.output


def test_a_quote_of_an_old_lease_has_the_tax_of_its_days(house):
    """BR-T01"""
    said = run("--unit", "105", "--start", "1989-03-01", "--months", "2").output
    assert "Tax ¥0\n" in said
    assert "Tax ¥2,774\n" in said
