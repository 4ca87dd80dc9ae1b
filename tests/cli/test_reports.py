"""Figures of a facility from the command line."""

import json

from click.testing import CliRunner

from incubator.cli import reports
from incubator.core.db import transaction
from tests.factories.base import make_facility, make_floor, make_lease, make_unit, make_venture


def test_occupancy_says_of_how_much(fresh_app, monkeypatch):
    monkeypatch.setattr("incubator.cli.door.create_app", lambda: fresh_app)
    with fresh_app.app_context(), transaction():
        place = make_facility("aoba")
        floor = make_floor(place)
        small, _large = (make_unit(place, floor, area=area) for area in (3245, 6490))
        make_lease(small, make_venture(place))
    ask = ["--facility", "aoba", "--from", "2026-11-01", "--to", "2026-11-30"]
    said = CliRunner().invoke(reports.occupancy, ask).output
    assert said.splitlines() == [
        "by units  50.00 %  (30 of 60 days)",
        "by area   33.33 %  (973.50 of 2920.50 m² × days)",
    ]
    figures = json.loads(CliRunner().invoke(reports.occupancy, [*ask, "--json"]).output)
    assert figures["area_days"] == {"let": 97350, "available": 292050}
