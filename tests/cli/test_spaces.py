"""Facilities, units and rent rolls from the command line."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner

from incubator.cli import spaces
from incubator.cli.door import UNREADABLE, Group
from incubator.core.db import transaction
from tests.factories.base import make_facility, make_floor, make_unit
from tests.factories.spaces import HEADER, LET, VACANT, roll_csv

SAMPLE = Path(__file__).parents[1] / "data" / "samples" / "rentroll_aoba.xlsx"


@pytest.fixture
def run(fresh_app, monkeypatch):
    monkeypatch.setattr("incubator.cli.door.create_app", lambda: fresh_app)
    group = Group("incubator", commands={each.name: each for each in spaces.COMMANDS})
    return lambda *args, **how: CliRunner(**how).invoke(group, [str(arg) for arg in args])


@time_machine.travel(datetime(2026, 11, 24, 3, tzinfo=UTC))
def test_a_facility_is_opened_a_rent_roll_looked_at_and_taken_in(run):
    opened = run("facility", "add", "AOBA", "--name", "あおばインキュベーションセンター")
    assert (opened.exit_code, opened.output) == (
        0,
        "Facility aoba (あおばインキュベーションセンター) is open.\n",
    )
    assert run("units", "--facility", "aoba").output == "0 units\n"
    looked = run("import", "rentroll", SAMPLE, "--facility", "aoba")
    assert looked.exit_code == 0
    assert "Dry run: 27 rows (27 create), 23 leases." in looked.output
    assert "Sheet: " in looked.stderr
    assert "warning: row 25, L25 [令和8年11月1日]" in looked.output
    taken = run("import", "rentroll", SAMPLE, "--facility", "aoba", "--apply", "--json")
    figures = json.loads(taken.output)
    assert (figures["applied"], figures["create"], figures["leases"]) == (True, 27, 23)
    again = run("import", "rentroll", SAMPLE, "--facility", "aoba", "--apply")
    assert again.exit_code == 1
    assert "imported on" in again.output
    vacant = json.loads(run("units", "--vacant", "--facility", "aoba", "--json").output)
    assert [unit["code"] for unit in vacant] == ["105", "208"]
    assert (vacant[0]["area_m2"], vacant[0]["list_rent"]) == ("49.20", 162360)
    held = json.loads(run("units", "--facility", "aoba", "--json").output)[0]
    assert (held["code"], held["lease_ends"]) == ("101", "2027-06-30")
    lines = run("units", "--facility", "aoba").output.splitlines()
    assert lines[-1] == "27 units"
    assert "株式会社くもロボティクス" in lines[0]


def test_a_unit_with_a_price_by_area_shows_its_monthly_rent(run, fresh_app):
    with fresh_app.app_context(), transaction():
        place = make_facility("aoba")
        floor = make_floor(place)
        make_unit(place, floor, "101", list_rent=None, unit_price=4_000, area=5550)
        make_unit(place, floor, "102", list_rent=76_257)
    first, second, _ = run("units", "--vacant", "--facility", "aoba").output.splitlines()
    assert ("¥222,000" in first, "¥76,257" in second) == (True, True)


@pytest.mark.parametrize("how", [(), ("--apply",), ("--apply", "--json")])
def test_an_error_in_a_row_is_said_and_nothing_is_taken_in(run, tmp_path, how):
    run("facility", "add", "aoba", "--name", "あおば")
    path = tmp_path / "roll.csv"
    path.write_bytes(roll_csv(VACANT, {**LET, "契約終了": "2027/2/30"}))
    result = run("import", "rentroll", path, "--facility", "aoba", *how)
    assert result.exit_code == 1
    assert "N3" in result.output
    assert "2027-2 has 28 days" in result.output
    assert run("units", "--facility", "aoba").output == "0 units\n"


def test_what_a_file_says_and_nobody_takes_is_named(run, tmp_path):
    run("facility", "add", "aoba", "--name", "あおば")
    rows = (VACANT | {"色": "青"}, {"区画": "合計"})
    path = tmp_path / "roll.csv"
    path.write_bytes(roll_csv(*rows, header=(*HEADER, "色")))
    ask = ("import", "rentroll", path, "--facility", "aoba")
    said = run(*ask).stderr
    assert ("Columns not taken: 色\n" in said, "left out: 3\n" in said) == (True, True)
    assert "Sheet" not in said
    figures = json.loads(run(*ask, "--json").output)
    told = [figures[name] for name in ("columns_not_taken", "rows_skipped", "sheet")]
    assert told == [["色"], [3], None]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("facility", "add", "青葉", "--name", "x"), "only letters, digits and hyphens"),
        (("facility", "add", "aoba", "--name", ""), "name: Please fill this in."),
        (("units", "--facility", "nowhere"), "no facility has the code nowhere"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_1(run, args, said):
    result = run(*args)
    assert result.exit_code == 1
    assert said in result.output
    assert result.output.count("\n") == 1


def test_characters_that_are_no_utf_8_are_said_in_one_line(run):
    result = run("units", "--facility", "\udcff")
    assert (result.exit_code, result.output) == (1, f"{UNREADABLE}\n")


def test_what_a_terminal_cannot_show_stops_no_list(run, fresh_app):
    with fresh_app.app_context(), transaction():
        facility = make_facility("aoba")
        make_unit(facility, make_floor(facility), "101")
    result = run("units", "--facility", "aoba", charset="cp932")
    assert result.exit_code == 0, result.output
    assert "32.45 m?" in result.output
