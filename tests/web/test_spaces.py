from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest
import time_machine

from incubator.billing.queries import issuer_on
from incubator.core import clock, sheets
from incubator.core.audit import AuditEntry
from incubator.core.days import ONE_DAY
from incubator.core.db import db
from incubator.leases.models import Lease
from incubator.spaces import queries
from incubator.spaces.models import ClosedDay, Room, Unit, UnitOutage
from incubator.web.keys import shuffle
from tests.factories.base import (
    keep,
    make_facility,
    make_floor,
    make_person,
    make_unit,
    make_world,
    second_year,
)
from tests.factories.spaces import LET, VACANT, roll_csv, workbook
from tests.manners import made_for, words

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
ROLL_DAY = datetime(2026, 11, 24, 3, tzinfo=UTC)
START = "/f/aoba/import/rent-roll"


@pytest.fixture
def world():
    return make_world(**second_year())


@pytest.fixture
def admin(world, browser):
    return browser.sign_in(world.people["facility_admin"])


def key(app, number):
    return shuffle(number, app.config["URL_SECRET"])


def upload(browser, data, name="roll.csv", status=200):
    return browser.post(START, {"file": (BytesIO(data), name)}, status)


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize(
    "path",
    [
        "units",
        "units/new",
        "rooms",
        "rooms/new",
        "settings",
        "settings/issuer",
        "settings/closed-days",
        "import/rent-roll",
    ],
)
def test_every_page_opens_in_both_languages(world, browser, path, lang):
    world.people["facility_admin"].language = lang
    browser.sign_in(world.people["facility_admin"]).get(f"/f/aoba/{path}")


@pytest.mark.parametrize("name", ["rentroll_aoba.csv", "rentroll_aoba.xlsx"])
@time_machine.travel(ROLL_DAY)
def test_a_rent_roll_is_looked_at_and_then_taken_in(browser, name):
    facility = make_facility("empty")
    browser.sign_in(make_person("facility_admin", facility=facility))
    data = {"file": (BytesIO((SAMPLES / name).read_bytes()), name)}
    page = browser.post("/f/empty/import/rent-roll", data)
    assert words(page.h1) == "Check the rent roll"
    assert "nothing kept yet" in words(page)
    assert "older than its company" in words(page)
    assert not db.session.scalars(db.select(Unit)).all()
    checked = browser.path
    page = browser.get(f"{checked}?all=1")
    assert len(page.select("tbody tr")) == 27
    page = browser.post(f"{checked}/apply")
    assert words(page.h1) == "Units"
    assert "Rows: 27, leases: 23" in words(page)
    assert len(page.select("tbody tr")) == 27
    page = browser.post(f"{checked}/apply")
    assert "not kept any more" in words(page)
    data = {"file": (BytesIO((SAMPLES / name).read_bytes()), name)}
    page = browser.post("/f/empty/import/rent-roll", data, 422)
    assert "imported on" in words(page)
    assert len(db.session.scalars(db.select(Lease)).all()) == 23


def test_a_file_with_an_error_cannot_be_taken_in(admin):
    bad = {**LET, "区画": "901", "契約終了": "2027/2/30"}
    page = upload(admin, roll_csv({**VACANT, "区画": "900"}, bad))
    summary = words(page.select_one(".errsum"))
    assert "cell N3" in summary
    assert "2027/2/30" in summary
    assert "has 28 days" in summary
    assert not page.select(f'form[action="{admin.path}/apply"]')
    page = admin.post(f"{admin.path}/apply")
    assert "Nothing was imported: row 3 has an error" in words(page)
    assert not [unit for unit in db.session.scalars(db.select(Unit)) if unit.code.startswith("90")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"PK\x03\x04x", "cannot be read"),
        (b"a,b\n1,2\n", "No heading row"),
        (workbook(("表紙",)), "on “Sheet”, the first sheet"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(admin, data, why):
    assert why in words(upload(admin, data, status=422))


def test_a_file_must_be_chosen(admin):
    assert "Choose a file" in words(admin.post(START, {}, 422))


def test_uploads_of_one_facility_are_unknown_at_another(admin, world, browser):
    upload(admin, roll_csv({**VACANT, "区画": "900"}))
    sha = admin.path.rsplit("/", 1)[1]
    other = make_facility("other")
    browser.sign_in(make_person("facility_admin", facility=other))
    browser.get(f"/f/other/import/rent-roll/{sha}", 404)
    browser.get("/f/other/import/rent-roll/..%2f..%2fsecret_key", 404)


def test_units_are_filtered_and_downloaded(admin, world):
    assert len(admin.get("/f/aoba/units?kind=wet_lab").select("tbody tr")) == 3
    assert len(admin.get("/f/aoba/units?state=occupied").select("tbody tr")) == 1
    assert "Nothing matches" in words(admin.get("/f/aoba/units?state=notice"))
    first = admin.get("/f/aoba/units?sort=rent&dir=desc").select_one("tbody th")
    assert words(first)
    response = admin.fetch("/f/aoba/units.csv?kind=wet_lab")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = sheets.read_table(response.get_data()).rows
    assert [row.cells[0] for row in rows[1:]] == ["201", "202", "203"]
    assert "attachment" in response.headers["Content-Disposition"]


def test_units_are_found_by_code_or_tenant_and_come_by_pages(admin, world):
    floor = world.units[0].floor
    for number in range(30):
        make_unit(world.facility, floor, f"9{number:02d}")
    first = words(admin.get("/f/aoba/units").main)
    assert world.units[0].code in first
    assert "929" not in first
    assert "929" in words(admin.follow("Next").main)
    assert len(admin.get("/f/aoba/units?q=91").select("tbody tr")) == 10
    (found,) = admin.get(f"/f/aoba/units?q={quote(world.venture.name)}").select("tbody th")
    assert words(found) == world.units[0].code
    file = str(admin.page.select_one("a[href*='units.csv']")["href"])
    assert len(sheets.read_table(admin.fetch(file).get_data()).rows) == 2
    assert "Nothing matches" in words(admin.get("/f/aoba/units?q=nobody"))


def test_a_unit_is_added_changed_and_taken_out_of_service(admin, world, app):
    form = {
        "code": "301",
        "floor": "3F",
        "kind": "dry_lab",
        "area": "40.5",
        "common_fee": "",
        "unit_price": "2,350",
    }
    page = admin.post("/f/aoba/units/new", form)
    assert words(page.h1) == "Unit 301"
    assert "¥95,175" in words(page)
    assert "already" in words(admin.post("/f/aoba/units/new", form, 422))
    assert "monthly rent" in words(
        admin.post("/f/aoba/units/new", {**form, "code": "302", "unit_price": ""}, 422)
    )
    unit = queries.unit_by_code(world.facility.id, "301")
    path = f"/f/aoba/units/{key(app, unit.id)}"
    admin.get(f"{path}/edit")
    page = admin.post(f"{path}/edit", {**form, "floor": "1F", "list_rent": "９０，０００円"})
    assert "¥90,000" in words(page)
    assert "already" in words(admin.post(f"{path}/edit", {**form, "code": "101"}, 422))
    assert "monthly rent" in words(admin.post(f"{path}/edit", {**form, "unit_price": ""}, 422))
    page = admin.post(f"{path}/outages", {"from_day": "2020-01-01", "reason": "空調"})
    assert "Maintenance" in words(page.aside)
    overlap = {"from_day": "2020-02-01", "until_day": "2020-03-01"}
    assert "some of these days already" in words(admin.post(f"{path}/outages", overlap, 422))
    wrong = {"from_day": "2020-02-01", "until_day": "2020-01-01"}
    assert "after the start" in words(admin.post(f"{path}/outages", wrong, 422))
    outage = db.session.scalars(db.select(UnitOutage)).one()
    end = f"{path}/outages/{key(app, outage.id)}/end"
    admin.post(end, {"until": "never"}, 422)
    page = admin.post(end, {"until": "2020-03-01"})
    assert "Vacant" in words(page.aside)


@pytest.mark.parametrize(
    ("past_the_end", "until_past_the_end", "told"), [(-1, 9, True), (-9, 0, True), (0, 9, False)]
)
def test_whoever_takes_a_unit_out_of_service_hears_who_has_it_then(
    admin, world, app, past_the_end, until_past_the_end, told
):
    lease = world.lease
    days = {
        "from_day": lease.ends_on + ONE_DAY * past_the_end,
        "until_day": lease.ends_on + ONE_DAY * until_past_the_end,
    }
    page = admin.post(f"/f/aoba/units/{key(app, lease.unit_id)}/outages", days)
    assert "The unit is out of service on these days" in words(page)
    told_of = f"The lease {lease.number} of {lease.organisation.name_en} stays as it is"
    assert (told_of in words(page)) is told


NEW_UNIT = {"code": "301", "floor": "3F", "kind": "office", "area": "10", "list_rent": "1"}


def test_full_width_signs_name_the_same_unit_floor_and_room(admin, world):
    admin.post("/f/aoba/units/new", {**NEW_UNIT, "code": "３０１", "floor": "３Ｆ"})
    assert queries.unit_by_code(world.facility.id, "301").floor.name == "3F"
    page = admin.post("/f/aoba/units/new", {**NEW_UNIT, "code": "３０１"}, 422)
    assert "There is a unit 301 already" in words(page)
    page = admin.post("/f/aoba/units/new", {**NEW_UNIT, "code": "302", "floor": "\u3000"}, 422)
    assert "Floor: Please fill this in" in words(page)
    form = filled(admin.get("/f/aoba/rooms/new"))
    page = admin.post("/f/aoba/rooms/new", {**form, "code": "Ｍ１", "name": "会議室"}, 422)
    assert "code already" in words(page)


def test_floors_are_offered_while_something_stands_on_them(admin, world, app):
    def floors(path, where):
        return [words(one) or one["value"] for one in admin.get(path).select(where)]

    admin.post("/f/aoba/units/new", NEW_UNIT)
    assert floors("/f/aoba/units/new", "datalist option") == ["1F", "2F", "3F"]
    unit = queries.unit_by_code(world.facility.id, "301")
    admin.post(f"/f/aoba/units/{key(app, unit.id)}/edit", {**NEW_UNIT, "floor": "1F"})
    assert floors("/f/aoba/units/new", "datalist option") == ["1F", "2F"]
    assert floors("/f/aoba/rooms/new", "#floor_id option") == ["None", "1F", "2F"]


def test_a_unit_added_by_mistake_is_removed(admin, world, app):
    admin.post("/f/aoba/units/new", NEW_UNIT)
    unit_id = queries.unit_by_code(world.facility.id, "301").id
    path = f"/f/aoba/units/{key(app, unit_id)}"
    page = admin.get(admin.get(path).select_one(f'a[href="{path}/remove"]')["href"])
    assert words(page.h1) == "Remove unit 301?"
    remove = (page.select_one("main form")["action"], made_for(page.select_one("main form")))
    assert "Unit 301 was removed" in words(admin.post(*remove))
    assert db.session.get(Unit, unit_id) is None
    admin.get(path, 404)
    entry = db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.deed, entry.before["code"]) == ("unit.removed", "301")
    floor_id = world.units[0].floor_id
    facts = {"facility_id": world.facility.id, "floor_id": floor_id, "area": 1, "list_rent": 1}
    keep(Unit(id=unit_id, code="302", kind="office", **facts))
    assert "already done" in words(admin.post(*remove))
    assert db.session.get(Unit, unit_id).code == "302"


def test_a_unit_with_a_history_stays(admin, world, app):
    let = f"/f/aoba/units/{key(app, world.units[0].id)}"
    admin.post("/f/aoba/units/new", NEW_UNIT)
    broken = f"/f/aoba/units/{key(app, queries.unit_by_code(world.facility.id, '301').id)}"
    admin.post(f"{broken}/outages", {"from_day": "2020-01-01"})
    for path in (let, broken):
        assert not admin.get(path).select(f'a[href="{path}/remove"]')
        assert "stays in the books" in words(admin.post(f"{path}/remove", status=422))
    assert len(queries.units_of(world.facility.id)) == len(world.units) + 1


@pytest.mark.parametrize(
    ("role", "paths"),
    [
        ("facility_admin", ["", "units", "quote", "rent-roll"]),
        ("clerk", ["", "units", "quote", "rent-roll"]),
        ("manager", ["", "units"]),
    ],
)
def test_a_house_without_units_says_who_adds_them(browser, role, paths):
    browser.sign_in(make_person(role, facility=make_facility("empty")))
    ways = {f"/f/empty/{path}" for path in ("units/new", "import/rent-roll")}
    for path in paths:
        page = browser.get(f"/f/empty/{path}")
        assert "There are no units yet" in words(page.main)
        assert ("administrator adds them" in words(page.main)) is (role != "facility_admin")
        offered = {link["href"] for link in page.select(".empty a")}
        assert offered == (ways if role == "facility_admin" else set())
        assert path != "quote" or not page.select("main form")


def test_rooms_are_added_and_changed(admin, world, app):
    form = {
        "code": "E1", "name": "イベントホール", "floor_id": "0", "capacity": "60",
        "step_minutes": "60",
        "min_minutes": "60", "max_minutes": "480", "open_minute": "09:00", "close_minute": "22:00",
        "window_days": "180", "price_per_step": "3,000", "late_cancel_percent": "50",
        "bookable": "y",
    }  # fmt: skip
    page = admin.post("/f/aoba/rooms/new", form)
    assert "イベントホール" in words(page)
    room = db.session.scalars(db.select(Room).where(Room.code == "E1")).one()
    assert (room.late_cancel_bp, room.price_per_step, room.open_minute) == (5000, 3000, 540)
    assert "code already" in words(admin.post("/f/aoba/rooms/new", form, 422))
    path = f"/f/aoba/rooms/{key(app, room.id)}"
    page = admin.get(path)
    assert page.select_one("#open_minute")["value"] == "09:00"
    assert "after opening" in words(admin.post(path, {**form, "close_minute": "08:00"}, 422))
    assert "not a time" in words(admin.post(path, {**form, "close_minute": "25:00"}, 422))
    assert "number from 1 to 2,000" in words(admin.post(path, {**form, "capacity": "0"}, 422))
    assert "code already" in words(admin.post(path, {**form, "code": "M1"}, 422))
    admin.post(path, {**form, "floor_id": str(world.floor.id), "close_minute": "24:00"})
    db.session.refresh(room)
    assert (room.floor_id, room.close_minute) == (world.floor.id, 1440)


def filled(page):
    """What a browser would send back of the page's own form."""
    form = page.select_one("main form.form")
    data = {
        one["name"]: one.get("value", "")
        for one in form.select("input[name]")
        if one.get("type") != "checkbox"
    }
    for one in form.select("input[type=checkbox][checked]"):
        data.setdefault(one["name"], []).append(one["value"])
    for one in form.select("select"):
        chosen = one.select_one("option[selected]") or one.option
        data[one["name"]] = chosen["value"]
    return data


def test_house_rules_change(admin, world):
    data = filled(admin.get("/f/aoba/settings"))
    assert data["late_rate_percent"] == "14.6"
    zones = [one["value"] for one in admin.page.select("#zone option")]
    assert zones[0] == world.facility.zone
    assert len(zones) < 10
    page = admin.post(
        "/f/aoba/settings", {**data, "closed_weekdays": ["5", "6"], "late_rate_percent": "3"}
    )
    assert "Saved" in words(page)
    facility = world.facility
    assert (facility.closed_weekdays, facility.late_rate_bp, facility.due_day) == ("56", 300, 25)
    assert "percentage like" in words(
        admin.post("/f/aoba/settings", {**data, "late_rate_percent": "x"}, 422)
    )
    assert "after opening" in words(
        admin.post("/f/aoba/settings", {**data, "close_minute": "07:00"}, 422)
    )
    assert data["reminder_days"] == "3, 10, 30"
    admin.post("/f/aoba/settings", {**data, "reminder_days": "14、7"})
    assert facility.reminder_days == "7, 14"
    admin.post("/f/aoba/settings", {**data, "reminder_days": ""})
    assert facility.reminder_days == ""
    page = admin.post("/f/aoba/settings", {**data, "reminder_days": "soon"}, 422)
    assert "numbers of days" in words(page)


def test_the_issuer_changes_from_a_day_on(admin, world):
    data = filled(admin.get("/f/aoba/settings/issuer"))
    assert data["reg_no"] == "T9234567890123"
    page = admin.post(
        "/f/aoba/settings/issuer",
        {**data, "name": "新財団", "from_day": "2030-04-01", "number_prefix": "YOK-"},
    )
    assert "Saved" in words(page)
    before, after = (issuer_on(world.facility.id, date(year, 4, 2)) for year in (2029, 2030))
    assert (before.name, after.name) == ("公益財団法人あおば産業振興財団", "新財団")
    assert after.number_prefix == "YOK"
    early = words(admin.post("/f/aoba/settings/issuer", {**data, "from_day": "2029-04-01"}))
    assert "only for days before Mon 1 Apr 2030: from then on what you see here applies" in early
    wrong = admin.post("/f/aoba/settings/issuer", {**data, "reg_no": "T1234567890123"}, 422)
    assert "would begin with 9" in words(wrong)


def test_closed_days_are_added_and_removed(admin, world):
    day = (clock.today() + ONE_DAY).isoformat()
    page = admin.post("/f/aoba/settings/closed-days", {"day": day, "name": "棚卸し"})
    assert "棚卸し" in words(page)
    again = admin.post("/f/aoba/settings/closed-days", {"day": day}, 422)
    assert "closed already" in words(again)
    closed = db.session.scalars(db.select(ClosedDay)).one()
    form, closed_id = page.select_one('form[action*="/remove"]'), closed.id
    remove = (form["action"], made_for(form))
    assert "棚卸し" not in words(admin.post(*remove))
    other = clock.today() + ONE_DAY * 2
    keep(ClosedDay(id=closed_id, facility_id=world.facility.id, day=other, name="停電"))
    assert "停電" in words(admin.post(*remove))


@pytest.mark.parametrize("role", ["clerk", "manager"])
def test_others_look_and_do_not_touch(world, browser, role, app):
    browser.sign_in(world.people[role])
    page = browser.get("/f/aoba/units")
    assert "Add a unit" not in words(page)
    page = browser.get(f"/f/aoba/units/{key(app, world.units[0].id)}")
    assert "out of service" not in words(page.main).replace("Out of service", "")
    for path in (
        "units/new",
        "rooms/new",
        "settings",
        "settings/issuer",
        "settings/closed-days",
        "import/rent-roll",
    ):
        browser.get(f"/f/aoba/{path}", 403)


def test_a_unit_of_another_house_does_not_exist(admin, world, app):
    other = make_facility("other")
    unit = make_unit(other, make_floor(other))
    admin.get(f"/f/aoba/units/{key(app, unit.id)}", 404)
    admin.get(f"/f/other/units/{key(app, unit.id)}", 404)


@pytest.mark.parametrize("role", ["owner", "member", "mentor", "system_admin"])
def test_people_of_other_trades_do_not_come_in(world, browser, role):
    browser.sign_in(world.people[role]).get("/f/aoba/units", 403 if role == "mentor" else 404)
