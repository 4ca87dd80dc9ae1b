import csv
from datetime import date
from io import BytesIO, StringIO

import openpyxl
import pytest

from incubator.core import clock
from incubator.core.days import ONE_DAY, add_months
from incubator.core.db import db
from incubator.leases.importing.actions import RollFile, dry_run
from incubator.leases.importing.columns import Column
from incubator.leases.importing.fates import Fate
from incubator.leases.models import LeaseStatus
from incubator.reports import rent_roll
from incubator.spaces.models import UnitOutage
from tests.factories.base import (
    World,
    make_facility,
    make_lease,
    make_person,
    make_venture,
    make_world,
    second_year,
    three_years,
)
from tests.factories.payments import make_invoice
from tests.factories.spaces import admin_of
from tests.manners import words


@pytest.fixture
def world() -> World:
    return make_world(**second_year())


def test_an_admin_sees_occupancy_plan_and_rent_roll(world, browser):
    browser.sign_in(world.people["facility_admin"])
    page = browser.get(f"/f/aoba/?day={clock.today()}")
    assert "12.5%" in page.select_one(".kpis").text
    assert "Kumo Robotics" not in page.select_one(".kpis").text
    assert len(page.select("svg a.f-occupied")) == 1
    assert len(page.select("svg a.f-vacant")) == 4
    assert [axis.span.text for axis in page.select(".chart .y")] == ["8"]
    assert "Nothing was billed in these twelve months." in words(page)
    make_invoice(world.facility, world.venture, 11_000, clock.today() - ONE_DAY)
    page = browser.get(f"/f/aoba/?day={clock.today()}")
    axes = page.select(".chart .y")
    assert [axis.span.text.startswith("¥") for axis in axes] == [False, True]
    up = browser.get(f"/f/aoba/?floor=2F&day={clock.today()}")
    assert len(up.select("svg a.f-vacant")) == 3


def test_as_many_units_as_a_year_ago_are_counted_in_a_sentence_that_fits_one(browser):
    since = date(clock.today().year - 2, 4, 1)
    world = make_world(**three_years(since))
    browser.sign_in(world.people["facility_admin"])
    assert "Let units: 1, as many as a year ago." in words(browser.get("/f/aoba/"))


def kpis(browser, day=None):
    page = browser.get(f"/f/aoba/?day={day or clock.today()}")
    return [" ".join(one.get_text(" ").split()) for one in page.select(".kpis > *")]


def test_what_is_overdue_is_so_on_every_day_and_whoever_has_left(world, browser):
    gone = make_venture(world.facility)
    make_invoice(world.facility, gone, 11_000, clock.today() - ONE_DAY)
    browser.sign_in(world.people["facility_admin"])
    assert kpis(browser)[3].startswith("Overdue ¥11,000 1 tenant")
    for day in (add_months(clock.today(), -9), add_months(clock.today(), 40)):
        assert kpis(browser, day)[3].startswith("Overdue today ¥11,000 1 tenant")


def test_the_rent_roll_of_another_day_says_that_what_is_owed_is_so_today(world, browser):
    browser.sign_in(world.people["facility_admin"])
    make_invoice(world.facility, world.venture, 11_000, clock.today() - ONE_DAY)
    browser.get(f"/f/aoba/?day={(other := add_months(clock.today(), -1))}&unit=101")
    assert {"Overdue today", "Open today"} <= set(browser.page.stripped_strings)
    later = add_months(clock.today(), 40)
    panel = browser.get(f"/f/aoba/?day={later}&unit=101").select_one("#room-panel")
    assert f"starts_on={later}" in str(panel)
    browser.get(f"/f/aoba/?day={other}&unit=101")
    roll = browser.follow("Whole rent roll")
    assert f"day={other}" in browser.path
    assert {"Overdue today", "Open today"} <= set(roll.stripped_strings)
    assert f"day={other}" in roll.select_one(".crumbs a, nav a[href*='day=']")["href"]
    head = browser.fetch(f"/f/aoba/rent-roll.csv?day={other}").text.splitlines()[0]
    assert head.endswith(f"未収額（{clock.today()}現在）,延滞額（{clock.today()}現在）")


def test_a_unit_that_is_let_and_under_works_is_left_out_by_name(world, browser):
    db.session.add(UnitOutage(unit_id=world.units[0].id, from_day=clock.today(), reason="works"))
    browser.sign_in(world.people["facility_admin"])
    assert "0 of 7 units let (1 out of service)" in kpis(browser)[0]


def test_leases_that_end_soon_are_named(world, browser):
    world.lease.ends_on = add_months(clock.today(), 2)
    browser.sign_in(world.people["facility_admin"])
    listed = browser.get("/f/aoba/").select_one("[aria-labelledby=ending-leases]")
    assert "Kumo Robotics" in listed.text


def test_the_panel_works_as_a_plain_link(world, browser):
    browser.sign_in(world.people["facility_admin"])
    page = browser.get(f"/f/aoba/?day={clock.today()}&unit=101")
    panel = page.select_one("#room-panel")
    assert "Kumo Robotics" in panel.text
    assert "¥76,257" in panel.text


def test_a_manager_sees_no_amounts(world, browser):
    browser.sign_in(world.people["manager"])
    page = browser.get("/f/aoba/?unit=101")
    assert "¥" not in page.select_one("main").text
    browser.get("/f/aoba/rent-roll", status=403)


def test_the_rent_roll_downloads_as_csv_and_excel(world, browser):
    browser.sign_in(world.people["clerk"])
    browser.get("/f/aoba/rent-roll?sort=rent&dir=desc&only=let&day=R8.4.1")
    data = browser.fetch("/f/aoba/rent-roll.csv").data
    assert data.startswith(b"\xef\xbb\xbf")
    assert "株式会社くもロボティクス" in data.decode()
    sheet = openpyxl.load_workbook(BytesIO(browser.fetch("/f/aoba/rent-roll.xlsx").data)).active
    assert (sheet["D2"].value, sheet["E2"].value) == (32.45, 76257)
    browser.fetch("/f/aoba/rent-roll.pdf", status=404)


def test_a_downloaded_rent_roll_says_what_the_page_says_and_can_be_imported_again(world, browser):
    browser.sign_in(world.people["clerk"])
    page = browser.get("/f/aoba/rent-roll")
    for ext in ("csv", "xlsx"):
        data = browser.fetch(f"/f/aoba/rent-roll.{ext}").data
        plan = dry_run(
            world.facility,
            RollFile(f"roll.{ext}", data),
            actor=admin_of(world.facility),
            today=clock.today(),
        )
        assert {row.fate for row in plan.rows} == {Fate.UNCHANGED}
        assert [one.column for one in plan.findings] == [Column.DEPOSIT_MONTHS]
        assert plan.roll.unknown == ("当月賃料", "当月共益費", "当月補助額", "未収額", "延滞額")
    header, first, *_ = csv.reader(StringIO(browser.fetch("/f/aoba/rent-roll.csv").text))
    told = dict(zip(header, first, strict=True))
    assert f"¥{int(told['当月賃料']):,}" in page.select_one("main table").text
    assert told["当月賃料"] == "76257"


def test_a_downloaded_rent_roll_has_the_rows_of_the_page_in_its_order(world, browser):
    make_lease(
        world.units[1],
        make_venture(world.facility),
        status=LeaseStatus.OFFERED,
        signed_on=None,
        starts_on=add_months(clock.today(), 1),
        ends_on=add_months(clock.today(), 13),
    )
    browser.sign_in(world.people["clerk"])

    def downloaded(asked: str) -> dict[str, str]:
        page = browser.get(f"/f/aoba/rent-roll{asked}")
        (link,) = (each["href"] for each in page.select("a") if words(each) == "CSV")
        rows = csv.DictReader(StringIO(browser.fetch(link).text.removeprefix("\ufeff")))
        found = {row["区画"]: row["状態"] for row in rows}
        assert list(found) == [words(each.a) for each in page.select("tbody th")]
        return found

    assert downloaded("?sort=unit&dir=desc")["102"] == "入居予定"
    assert downloaded("?only=let") == {"101": "入居中"}
    file = RollFile("roll.csv", browser.fetch("/f/aoba/rent-roll.csv").data)
    admin, today = admin_of(world.facility), clock.today()
    plan = dry_run(world.facility, file, actor=admin, today=today)
    assert {row.fate for row in plan.rows} == {Fate.UNCHANGED}


def test_the_panel_alone_is_a_fragment(world, browser):
    browser.sign_in(world.people["facility_admin"])
    assert "Kumo Robotics" in browser.fetch("/f/aoba/units-panel?unit=101").text
    browser.fetch("/f/aoba/units-panel?unit=nope", status=404)


def test_the_panel_works_out_no_unit_but_its_own(world, browser, monkeypatch):
    browser.sign_in(world.people["facility_admin"])
    monkeypatch.setattr(rent_roll, "units_on", None)
    monkeypatch.setattr(rent_roll, "open_invoices_in", None)
    assert "¥76,257" in browser.fetch("/f/aoba/units-panel?unit=101").text
    assert browser.fetch("/f/aoba/units-panel?unit=102").text


def test_another_facility_does_not_exist(world, browser):
    stranger = make_person("facility_admin", facility=make_facility("other"))
    browser.sign_in(stranger)
    browser.get("/f/aoba/", status=404)
    browser.fetch("/f/aoba/rent-roll.csv", status=404)
