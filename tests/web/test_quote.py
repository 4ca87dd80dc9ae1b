"""The quote: for whom it can be asked, and what it says beside the figures."""

import pytest

from incubator.core.db import db
from incubator.leases.models import Lease, LeaseStatus
from incubator.organisations.models import Stage
from tests.factories.base import make_venture, make_world, second_year
from tests.manners import words


@pytest.fixture
def world():
    world = make_world("aoba", **second_year())
    db.session.flush()
    return world


@pytest.mark.parametrize("stage", [Stage.LEFT, Stage.ALUMNUS])
def test_who_was_inside_before_can_be_offered_a_lease_again(world, browser, stage):
    name = make_venture(world.facility, "出戻株式会社", stage=stage, name_en="Return").name
    browser.sign_in(world.people["clerk"])
    browser.get("/f/aoba/ventures")
    browser.follow("Return")
    page = browser.follow("Quote Leases")
    chosen = page.select_one("#venture option[selected]")
    assert words(chosen) == f"Return · {stage.label.text}"
    asked = {"unit": "104", "venture": chosen["value"]}
    assert "Offer this lease" in words(browser.get("/f/aoba/quote", query_string=asked))
    form = browser.page.select("form[method=post] input[name]")
    browser.post("/f/aoba/quote", {each["name"]: each["value"] for each in form})
    offer = db.session.scalars(db.select(Lease).where(Lease.status == LeaseStatus.OFFERED)).one()
    assert offer.organisation.name == name
