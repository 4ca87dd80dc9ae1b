"""The quote: for whom it can be asked, and what it says beside the figures."""

from datetime import date, timedelta

import pytest

from incubator.core import clock
from incubator.core.db import db
from incubator.leases.models import Lease, LeaseStatus
from incubator.organisations.models import Stage
from incubator.spaces.models import UnitOutage
from incubator.web.keys import shuffle
from tests.factories.base import keep, make_lease, make_venture, make_world, second_year
from tests.factories.leases import grant_programme, make_programme
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


def next_month():
    return (clock.today().replace(day=1) + timedelta(days=31)).replace(day=1)


def test_a_quote_says_all_that_the_offer_would_refuse(world, browser):
    first = next_month()
    late = make_programme(world.facility, name="来年の補助", valid_from=first + timedelta(days=1))
    small = make_programme(world.facility, name="小さな補助", budget_per_fy=100)
    spent = make_programme(world.facility, name="使われた補助", budget_per_fy=200_000)
    for unit in world.units[2:5]:
        other = make_lease(unit, make_venture(world.facility), **second_year())
        grant_programme(other, small)
        grant_programme(other, spent)
    twice = grant_programme(world.lease, spent)
    keep(UnitOutage(unit_id=world.units[0].id, from_day=first))
    browser.sign_in(world.people["clerk"])
    asked = {
        "unit": "101",
        "venture": str(world.venture.id),
        "starts_on": first.isoformat(),
        "months": "72",
        "programme_1": str(late.id),
        "programme_2": str(small.id),
        "programme_3": str(spent.id),
        "expires_on": "2020-01-01",
        "explained_on": first.isoformat(),
    }
    page = browser.get("/f/aoba/quote", query_string=asked)
    said = words(page.select_one(".note.warn"))
    for reason in (
        "A contract lasts at most 60 months",
        "An offer cannot expire before today",
        "This day is still to come",
        f"101 is taken from .* by Kumo Robotics ({world.lease.number})",
        "101 is out of use from",
        "来年の補助 cannot be granted on a lease that begins on",
        f"使われた補助 is already granted to them on the lease {world.lease.number}",
        "小さな補助 has ¥0 left in fiscal year",
        "使われた補助 has ¥0 left in fiscal year",
    ):
        assert all(part in said for part in reason.split(".*")), reason
    assert twice.lease.number in said
    assert "Every month" in words(page)
    assert "Offer this lease" not in words(page)
    assert not page.select("main form[method=post]")


@pytest.mark.parametrize(("lang", "name"), [("en", "Prefecture lab grant"), ("ja", "県ラボ補助")])
def test_lines_name_a_programme_in_the_language_of_the_reader(app, world, browser, lang, name):
    grant = make_programme(world.facility, name="県ラボ補助", name_en="Prefecture lab grant")
    grant_programme(world.lease, grant)
    world.people["clerk"].language = lang
    browser.sign_in(world.people["clerk"])
    key = shuffle(world.lease.id, app.config["URL_SECRET"])
    for place in (f"/f/aoba/leases/{key}", f"/f/aoba/quote?unit=105&programme_1={grant.id}"):
        lines = browser.get(place).select("main .line-x")
        named = [words(line) for line in lines if "grant" in words(line) or "補助" in words(line)]
        assert named
        assert all(name in line for line in named), place


@pytest.mark.parametrize(("lang", "name"), [("en", "Prefecture lab grant"), ("ja", "県ラボ補助")])
def test_what_speaks_against_a_quote_names_a_programme_in_the_language_of_the_reader(
    world, browser, lang, name
):
    first = next_month()
    grant = make_programme(
        world.facility,
        name="県ラボ補助",
        name_en="Prefecture lab grant",
        valid_from=first + timedelta(days=1),
        company_age_limit_years=3,
        budget_per_fy=1,
    )
    grant_programme(world.lease, grant)
    world.venture.founded_on = None
    world.people["clerk"].language = lang
    browser.sign_in(world.people["clerk"])
    place = f"/f/aoba/quote?unit=105&venture={world.venture.id}&starts_on={first}&programme_1="
    said = " ".join(words(each) for each in browser.get(f"{place}{grant.id}").select(".note.warn"))
    assert said.count(name) >= 4, said
    assert all(other not in said for other in {"Prefecture lab grant", "県ラボ補助"} - {name})


@pytest.mark.parametrize(("day", "months"), [(1, 36), (16, 36), (31, 1), (15, 12)])
def test_the_months_of_a_term_are_counted_wherever_it_begins(world, browser, day, months):
    browser.sign_in(world.people["clerk"])
    first = date(clock.today().year + 1, 1, day)
    asked = {"unit": "105", "starts_on": first.isoformat(), "months": str(months)}
    page = browser.get("/f/aoba/quote", query_string=asked)
    counted = page.select_one("[aria-labelledby=card-whole] dd")
    assert words(counted) == str(months)


def test_a_quote_that_can_be_offered_has_no_warning(world, browser):
    programme = make_programme(world.facility, budget_per_fy=10_000_000)
    browser.sign_in(world.people["clerk"])
    asked = {"unit": "105", "months": "12", "programme_1": str(programme.id)}
    page = browser.get("/f/aoba/quote", query_string=asked)
    assert not page.select(".note.warn")
    offer = page.select_one("main form[method=post], aside form[method=post]")
    assert "Choose a venture" in words(offer)
    assert "Offer this lease" in words(offer)
    for who in ({"new_venture": "新会社"}, {"venture": str(world.venture.id)}):
        page = browser.get("/f/aoba/quote", query_string={**asked, **who})
        assert "Offer this lease" in words(page)
        assert "Choose a venture" not in words(page)


def test_a_subsidy_for_young_companies_needs_the_day_of_the_founding(app, world, browser):
    young = make_programme(world.facility, name="若い企業の補助", company_age_limit_years=3)
    grant_programme(world.lease, young)
    world.venture.founded_on = None
    doubt = "若い企業の補助 is for companies younger than 3 years. The founding day is not known"
    browser.sign_in(world.people["facility_admin"])
    key = shuffle(world.lease.id, app.config["URL_SECRET"])
    places = (
        f"/f/aoba/quote?unit=105&programme_1={young.id}",
        f"/f/aoba/leases/{key}",
        f"/f/aoba/leases/{key}/renew",
    )
    for place in places:
        assert doubt in words(browser.get(place)), place
    assert "the day of their founding is not known" in words(browser.get("/f/aoba/billing"))
    world.venture.founded_on = clock.today()
    for place in places[1:]:
        assert doubt not in words(browser.get(place)), place


def test_units_that_nobody_holds_on_the_first_day_are_offered_first(world, browser):
    browser.sign_in(world.people["clerk"])

    def offered(**asked):
        page = browser.get("/f/aoba/quote", query_string=asked)
        return {
            group["label"]: [each["value"] for each in group.select("option")]
            for group in page.select("#unit optgroup")
        }

    let, first = world.lease.unit.code, world.lease.starts_on
    free, held = offered().items()
    assert (free[0], held) == ("Not let on that day", ("Let on that day", [let]))
    assert let not in free[1]
    assert set(offered(starts_on=(first - timedelta(days=1)).isoformat())) == {free[0]}


def test_an_offer_that_is_refused_asks_no_more_than_any_page(world, browser):
    programmes = [make_programme(world.facility, name=f"補助{each}") for each in range(3)]
    for unit in world.units[2:5]:
        other = make_lease(unit, make_venture(world.facility), **second_year())
        for programme in programmes:
            grant_programme(other, programme)
    browser.sign_in(world.people["clerk"])
    asked = {
        "unit": "101",
        "venture": str(world.venture.id),
        "starts_on": next_month().isoformat(),
        "months": "12",
        "deposit_months": "3",
        "expires_on": next_month().isoformat(),
        **{f"programme_{place}": str(each.id) for place, each in enumerate(programmes, 1)},
    }
    page = browser.post("/f/aoba/quote", asked, status=422)
    assert "101 is taken" in words(page.select_one("[role=alert]"))
