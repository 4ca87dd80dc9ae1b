"""Sums are typed and shown in the currency of the facility, whatever that is."""

import pytest

from incubator.billing.actions.pay import PaymentDetails, record_payment
from incubator.billing.models import PaymentMethod
from incubator.core import clock
from incubator.core.db import db
from incubator.graduation.actions.criteria import set_up_criteria
from incubator.graduation.models import Figures
from incubator.graduation.queries.readiness import criteria_on
from incubator.leases.importing.actions import RollFile, dry_run
from incubator.leases.importing.fates import Fate
from incubator.leases.models import SubsidyProgramme
from incubator.spaces import queries
from incubator.web.keys import shuffle
from tests.factories.base import make_world, second_year
from tests.factories.payments import make_invoice
from tests.factories.people import as_actor
from tests.factories.spaces import admin_of
from tests.manners import words


@pytest.fixture
def world():
    world = make_world("aoba", **second_year())
    world.facility.currency = world.lease.currency = "EUR"
    return world


def beside(page, name):
    """What stands behind a field."""
    return words(page.find(id=name).find_next_sibling("span"))


def test_a_report_is_filed_in_the_currency_that_stands_behind_the_field(app, world, browser):
    venture = shuffle(world.venture.id, app.config["URL_SECRET"])
    month = f"/v/{venture}/figures/{clock.today():%Y-%m}"
    browser.sign_in(world.people["owner"])
    page = browser.get(month)
    assert beside(page, "sales") == beside(page, "funds_raised") == "EUR"
    sums = {"sales": "1,234.50", "funds_raised": "0.99"}
    browser.post(month, {**sums, "jobs_ft": "1", "jobs_pt": "0", "patents": "0"})
    filed = db.session.scalars(db.select(Figures)).one()
    assert (filed.sales, filed.funds_raised, filed.currency) == (123450, 99, "EUR")
    assert browser.get(month).find(id="sales")["value"] == "1234.50"
    page = browser.post(month, {**sums, "sales": "1.234"}, 422)
    assert "Write it like 1274.72" in words(page.main)


def test_a_price_is_kept_as_it_was_typed(app, world, browser):
    browser.sign_in(world.people["facility_admin"])
    form = {"code": "301", "floor": "3F", "kind": "office", "area": "40.5", "common_fee": "12.5"}
    browser.get("/f/aoba/units/new")
    browser.post("/f/aoba/units/new", {**form, "list_rent": "500.50"})
    unit = queries.unit_by_code(world.facility.id, "301")
    assert (unit.list_rent, unit.common_fee) == (50050, 1250)
    page = browser.get(f"/f/aoba/units/{shuffle(unit.id, app.config['URL_SECRET'])}/edit")
    assert page.find(id="list_rent")["value"] == "500.50"
    assert beside(page, "list_rent") == "EUR"
    lease = shuffle(world.lease.id, app.config["URL_SECRET"])
    page = browser.get(f"/f/aoba/leases/{lease}/renew")
    rent = next(each.amount for each in world.lease.prices if each.component == "rent")
    assert page.find(id="rent")["value"] == f"{rent / 100:.2f}"


def test_a_programme_gives_sums_as_they_were_typed(app, world, browser):
    browser.sign_in(world.people["facility_admin"])
    facts = {
        "code": "CITY", "name": "City grant", "method": "fixed", "rate_1": "1,050.25",
        "monthly_cap": "2000", "anchor": "move_in", "proration": "actual", "rounding_unit": "1",
        "delivery": "rent_reduction", "valid_from": "2020-04-01",
    }  # fmt: skip
    browser.get("/f/aoba/programmes/add")
    page = browser.post("/f/aoba/programmes/add", facts)
    assert "€1,050.25 a month" in words(page)
    programme = db.session.scalars(db.select(SubsidyProgramme)).one()
    assert (programme.rates[0].rate, programme.monthly_cap) == (105025, 200000)
    path = f"/f/aoba/programmes/{shuffle(programme.id, app.config['URL_SECRET'])}"
    assert browser.get(path).find(id="rate_1")["value"] == "1,050.25"


@pytest.mark.parametrize(
    ("currency", "lang", "first", "last"),
    [
        ("EUR", "en", "€0.01", "€1.00"),
        ("JPY", "en", "¥1", "¥100"),
        ("JPY", "ja", "1円", "100円"),
    ],
)
def test_what_is_rounded_to_is_said_in_the_currency(world, browser, currency, lang, first, last):
    world.facility.currency = currency
    world.people["facility_admin"].language = lang
    browser.sign_in(world.people["facility_admin"])
    for path in ("/f/aoba/settings", "/f/aoba/programmes/add"):
        offered = [words(each) for each in browser.get(path).select("#rounding_unit option")]
        assert offered[0] == first
        assert last in offered


@pytest.mark.parametrize(
    ("lang", "shown"), [("ja", "金額は €1,274.72 のように"), ("en", "amounts like €1,274.72,")]
)
def test_how_a_rent_roll_writes_amounts_is_said_in_the_currency(world, browser, lang, shown):
    world.people["facility_admin"].language = lang
    browser.sign_in(world.people["facility_admin"])
    page = words(browser.get("/f/aoba/import/rent-roll").main)
    assert shown in page
    assert "円" not in page


@pytest.mark.parametrize("ext", ["csv", "xlsx"])
def test_a_downloaded_rent_roll_holds_what_an_import_reads(world, browser, ext):
    browser.sign_in(world.people["clerk"])
    file = RollFile(f"roll.{ext}", browser.fetch(f"/f/aoba/rent-roll.{ext}").data)
    admin, today = admin_of(world.facility), clock.today()
    plan = dry_run(world.facility, file, actor=admin, today=today)
    assert {row.fate for row in plan.rows} == {Fate.UNCHANGED}
    assert world.units[0].list_rent == plan.rows[0].row.rent == 76257


def test_lists_of_money_are_downloaded_in_the_units_that_people_write(world, browser):
    clerk, today, venture = world.people["clerk"], clock.today(), world.venture.id
    make_invoice(world.facility, world.venture, 11, today, currency="EUR")
    details = PaymentDetails(world.facility.id, venture, 5, today, PaymentMethod.BANK)
    record_payment(details, actor=as_actor(clerk), now=clock.now(), today=today)
    browser.sign_in(clerk)
    invoices = browser.fetch("/f/aoba/invoices.csv").get_data(as_text=True)
    assert "0.10,0.01,0.00,0.11,0.05,0.06,EUR" in invoices
    assert ",0.05,EUR," in browser.fetch("/f/aoba/payments.csv").get_data(as_text=True)


def test_a_target_that_is_a_sum_is_typed_as_it_is_shown(app, world, browser):
    set_up_criteria(world.facility, today=clock.today())
    db.session.flush()
    sales, jobs, *_ = criteria_on(world.facility.id, clock.today())
    browser.sign_in(world.people["facility_admin"])
    places = [
        f"/f/aoba/criteria/{shuffle(each.id, app.config['URL_SECRET'])}" for each in (sales, jobs)
    ]
    browser.get(places[0])
    page = browser.post(places[0], {"target": "€450,000.50"})
    assert "€450,000.50" in words(page)
    assert browser.get(places[0]).find(id="target")["value"] == "450000.50"
    assert beside(browser.page, "target") == "EUR"
    browser.get(places[1])
    browser.post(places[1], {"target": "8"})
    found = criteria_on(world.facility.id, clock.today())
    assert [each.target for each in found[:2]] == [45_000_050, 8]


@pytest.mark.parametrize(("currency", "keys"), [("EUR", "decimal"), ("JPY", "numeric")])
def test_a_phone_offers_the_point_that_a_currency_has(app, world, browser, currency, keys):
    world.facility.currency = world.lease.currency = currency
    venture = shuffle(world.venture.id, app.config["URL_SECRET"])
    browser.sign_in(world.people["facility_admin"])
    fields = {"units/new": ("list_rent", "unit_price"), "rooms/new": ("price_per_step",)}
    fields[f"ventures/{venture}/edit"] = ("capital",)
    for path, names in fields.items():
        page = browser.get(f"/f/aoba/{path}")
        assert {page.find(id=name)["inputmode"] for name in names} == {keys}
    browser.sign_in(world.people["owner"])
    page = browser.get(f"/v/{venture}/figures/{clock.today():%Y-%m}")
    assert page.find(id="sales")["inputmode"] == page.find(id="funds_raised")["inputmode"] == keys
    assert page.find(id="jobs_ft")["inputmode"] == "numeric"
