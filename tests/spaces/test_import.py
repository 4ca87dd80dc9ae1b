from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func

from incubator.core import sheets
from incubator.core.audit import AuditEntry
from incubator.core.db import db
from incubator.core.errors import NotAllowed, RuleBroken
from incubator.leases.importing.actions import RollFile, dry_run, import_rent_roll
from incubator.leases.importing.columns import Column
from incubator.leases.importing.fates import Fate
from incubator.leases.importing.rentroll import Level, read_roll
from incubator.leases.models import DepositEntry, DepositKind, Lease, LeaseStatus, SubsidyProgramme
from incubator.leases.rules import Method, TaxRules
from incubator.organisations.models import Organisation, Stage
from incubator.reports.units import units_on
from incubator.spaces.models import Floor, ImportRun, Unit, UnitKind, UnitOutage
from incubator.spaces.rules.states import UnitState
from tests.factories.base import actor_of, make_facility, make_person, make_venture
from tests.factories.leases import RATES, make_programme
from tests.factories.spaces import HEADER, LET, VACANT, WORKS, admin_of, roll_csv

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
TABLES = (Unit, Floor, Lease, Organisation, SubsidyProgramme, DepositEntry, ImportRun, UnitOutage)


def rolled(*rows, **how):
    return RollFile("roll.csv", roll_csv(*rows, **how))


def look(facility, file):
    return dry_run(facility, file, actor=admin_of(facility), today=TODAY)


def take(facility, file):
    return import_rent_roll(
        facility, file, actor=admin_of(facility), now=NOW, today=TODAY, tax=TaxRules(RATES)
    )


def counts():
    return {
        each.__tablename__: db.session.scalar(db.select(func.count()).select_from(each))
        for each in TABLES
    }


def read(*rows, **how):
    table = sheets.read_table(roll_csv(*rows, **how))
    return read_roll(table, today=TODAY, currency="JPY")


@pytest.fixture
def facility():
    return make_facility()


@pytest.mark.parametrize("name", ["rentroll_aoba.csv", "rentroll_aoba.xlsx"])
def test_the_sample_is_taken_in_whole(facility, name):
    file = RollFile(name, (SAMPLES / name).read_bytes())
    plan = look(facility, file)
    assert plan.count(Fate.CREATE) == 27
    assert counts()["unit"] == 0
    founded = {one.value for one in plan.warnings if one.column is Column.FOUNDED_ON}
    assert founded == {"2022/10/1", "令和8年11月1日"}
    take(facility, file)
    assert counts() == {
        "unit": 27, "floor": 3, "lease": 23, "organisation": 23, "subsidy_programme": 2,
        "deposit_entry": 34, "import_run": 1, "unit_outage": 2,
    }  # fmt: skip
    rows = {row.unit.code: row for row in units_on(facility.id, TODAY)}
    assert rows["101"].state is UnitState.OCCUPIED
    assert rows["105"].state is UnitState.VACANT
    assert rows["201"].state is UnitState.MAINTENANCE
    lease = rows["102"].lease
    assert (lease.starts_on, lease.ends_on) == (date(2022, 7, 1), date(2027, 7, 1))
    assert (lease.status, lease.deposit) == (LeaseStatus.ACTIVE, 80182 * 3)
    assert {price.amount for price in lease.prices} == {80182, 17060}
    assert [each.programme.name for each in lease.subsidies] == ["県ラボ補助"]
    venture = lease.organisation
    assert (venture.corporate_number, venture.stage) == ("2689903285048", Stage.TENANT)
    assert (venture.representative, venture.email) == ("石井 蓮", "102@example.jp")
    assert all(row.unit.plan_x is not None for row in rows.values())


def test_a_programme_known_by_name_alone_pays_nothing_until_completed(facility):
    plan = take(facility, rolled(LET))
    programme = db.session.scalars(db.select(SubsidyProgramme)).one()
    assert (programme.name, programme.steps) == ("県ラボ補助", [{"months": 0, "rate": 0}])
    assert any("県ラボ補助" in str(one.message) for one in plan.warnings)
    assert (
        take(
            facility, rolled({**LET, "区画": "102", "入居企業": "別", "法人番号": ""})
        ).new_programmes
        == ()
    )


def test_a_programme_that_cannot_be_granted_is_refused_in_the_check_with_its_cell(facility):
    take(facility, rolled(LET))
    programme = db.session.scalars(db.select(SubsidyProgramme)).one()
    programme.valid_from, programme.valid_until = date(2026, 4, 1), date(2026, 10, 1)
    row = {**LET, "区画": "102", "入居企業": "別", "法人番号": ""}
    for start in ("2026/3/31", "2026/10/1"):
        begins = {**row, "契約開始": start, "契約終了": "2029/3/31"}
        plan = look(facility, rolled(begins))
        found = plan.errors[0]
        assert (found.row, found.column) == (2, Column.PROGRAMMES)
        assert (found.cell, found.value) == ("P2", "県ラボ補助")
        assert "cannot be granted on a lease that begins on" in str(found.message)
        with pytest.raises(RuleBroken, match="row 2 has an error"):
            take(facility, rolled(begins))
    last = {**row, "契約開始": "2026/9/30", "契約終了": "2029/3/31"}
    assert look(facility, rolled(last)).errors == []
    assert take(facility, rolled(last)).leases == 1


def test_of_two_programmes_of_a_name_the_one_is_taken_that_can_be_granted_at_the_start(facility):
    old = make_programme(facility, code="OLD", name="県ラボ補助", valid_until=date(2026, 4, 1))
    new = make_programme(facility, code="NEW", name="県ラボ補助", valid_from=date(2026, 4, 1))
    later = {**LET, "区画": "102", "入居企業": "別", "法人番号": "", "契約開始": "2026/4/1"}
    take(facility, rolled(LET, {**later, "契約終了": "2029/3/31"}))
    granted = {
        lease.unit.code: [each.programme for each in lease.subsidies]
        for lease in db.session.scalars(db.select(Lease))
    }
    assert granted == {"101": [old], "102": [new]}


def test_two_programmes_of_a_name_are_not_one_granted_twice(facility):
    make_programme(facility, code="OLD", name="県ラボ補助", valid_until=date(2026, 4, 1))
    make_programme(facility, code="NEW", name="県ラボ補助", valid_from=date(2026, 4, 1))
    later = {**LET, "区画": "102", "契約開始": "2026/4/1", "契約終了": "2029/3/31"}
    third = {**later, "区画": "103", "契約開始": "2026/5/1"}
    (found,) = look(facility, rolled(LET, later, third)).errors
    assert (found.cell, found.value) == ("P4", "県ラボ補助")
    assert "on unit 102 already" in str(found.message)
    assert take(facility, rolled(LET)).leases == 1
    assert take(facility, rolled(later)).leases == 1
    (found,) = look(facility, rolled(third)).errors
    assert "on unit 102 already" in str(found.message)


def test_of_two_programmes_of_a_name_that_can_both_be_granted_none_is_taken(facility):
    for code in ("A", "B"):
        make_programme(facility, code=code, name="県ラボ補助")
    (found,) = look(facility, rolled(LET)).errors
    assert (found.row, found.column) == (2, Column.PROGRAMMES)
    assert (found.cell, found.value) == ("P2", "県ラボ補助")
    assert "Several programmes called “県ラボ補助”" in str(found.message)
    assert "Give each its own name" in str(found.message)
    with pytest.raises(RuleBroken, match="row 2 has an error"):
        take(facility, rolled(LET))


def test_what_a_programme_paid_on_an_earlier_lease_counts_with_its_tax(facility):
    take(facility, rolled(LET))
    first = db.session.scalars(db.select(Lease)).one()
    programme = first.subsidies[0].programme
    programme.includes_tax, programme.method = True, Method.RATIO
    programme.steps = [{"months": 0, "rate": 5000}]
    after = {**LET, "契約開始": "令和10年7月1日", "契約終了": "令和12年6月30日"}
    take(facility, rolled(after))
    newest = db.session.scalars(db.select(Lease).order_by(Lease.id.desc()).limit(1)).one()
    month = (66_058 + 6_605) // 2
    assert newest.subsidies[0].drawn_before == {
        "2025": 9 * month, "2026": 12 * month, "2027": 12 * month, "2028": 3 * month,
    }  # fmt: skip


def test_a_programme_that_the_company_has_here_already_is_refused_in_the_check(facility):
    take(facility, rolled(LET))
    again = {**LET, "区画": "102"}
    found = look(facility, rolled(again)).errors[0]
    assert (found.row, found.cell, found.value) == (2, "P2", "県ラボ補助")
    assert "on unit 101 already. Name it on one unit only" in str(found.message)
    assert look(facility, rolled({**again, "補助制度": ""})).errors == []
    assert look(facility, rolled({**again, "契約終了": "2026/11/1"})).errors == []


def test_a_deposit_counts_as_received_once_its_lease_has_begun(facility):
    begins = {"102": "2026/11/24", "103": "2026/11/25"}
    rows = [{**LET, "区画": unit, "契約開始": day, "補助制度": ""} for unit, day in begins.items()]
    assert take(facility, rolled(*rows)).deposits_received == 1
    asked = db.select(Unit.code, DepositEntry.kind, DepositEntry.on_day)
    asked = asked.join(Lease, Lease.unit_id == Unit.id).join(DepositEntry)
    assert {tuple(row) for row in db.session.execute(asked)} == {
        ("102", DepositKind.DUE, TODAY),
        ("102", DepositKind.RECEIVED, TODAY),
        ("103", DepositKind.DUE, TODAY),
    }


def test_the_same_file_is_taken_in_once(facility):
    take(facility, rolled(LET))
    with pytest.raises(RuleBroken, match="imported on Tue 24 Nov 2026 12:00 already"):
        look(facility, rolled(LET))


def test_the_same_rows_in_another_file_change_nothing(facility):
    take(facility, rolled(LET, VACANT, WORKS))
    before = counts()
    plan = take(facility, rolled(VACANT, WORKS, LET))
    assert plan.count(Fate.UNCHANGED) == 3
    assert counts() == {**before, "import_run": 2}


def test_a_changed_row_changes_its_unit_and_no_lease(facility):
    take(facility, rolled(LET, VACANT))
    dearer = {**LET, "月額賃料": "70000", "階": "2F"}
    plan = take(facility, rolled(dearer, {**VACANT, "状態": "工事中"}))
    assert plan.count(Fate.UPDATE) == 2
    db.session.expire_all()
    unit = db.session.scalars(db.select(Unit).where(Unit.code == "101")).one()
    assert (unit.list_rent, unit.floor.name) == (70000, "2F")
    prices = db.session.scalars(db.select(Lease)).one().prices
    assert {price.amount for price in prices} == {66058, 14055}
    assert counts()["unit_outage"] == 1
    floor, price = plan.warnings
    assert (floor.cell, floor.value) == ("B2", "2F")
    assert (price.row, price.cell, price.value) == (2, "E2", "66058")
    assert "its running lease keeps its price" in str(price.message)


def test_terms_of_a_running_lease_that_differ_are_only_pointed_out(facility):
    take(facility, rolled(LET))
    other = {**LET, "敷金月数": "6", "補助制度": "", "共益費": "20000"}
    plan = take(facility, rolled(other))
    assert {(one.cell, one.value) for one in plan.warnings} == {
        ("F2", "14055"),
        ("O2", "3"),
        ("P2", "県ラボ補助"),
    }
    lease = db.session.scalars(db.select(Lease)).one()
    assert (lease.deposit_months, len(lease.subsidies)) == (3, 1)


def test_a_venture_that_is_there_is_found_and_only_completed(facility):
    venture = make_venture(
        facility, "㈱くもロボティクス", stage=Stage.PROSPECT, email="", representative="別人"
    )
    venture.founded_on = date(2021, 1, 1)
    plan = take(facility, rolled(LET))
    assert counts()["organisation"] == 1
    assert (venture.email, venture.representative, venture.stage) == (
        "101@example.jp",
        "別人",
        Stage.TENANT,
    )
    assert any(one.column is Column.REPRESENTATIVE for one in plan.warnings)


def test_a_changed_note_is_taken(facility):
    take(facility, rolled({**VACANT, "備考": "北向き"}))
    unit = db.session.scalars(db.select(Unit)).one()
    for note in ("南向き", ""):
        plan = take(facility, rolled({**VACANT, "備考": note}))
        assert (plan.rows[0].changed, unit.note) == ([Column.NOTE], note)


def test_a_file_says_nothing_of_what_it_has_no_column_for(facility):
    take(facility, rolled({**LET, "種別": "ウェットラボ", "備考": "北向き"}))
    left_out = {"種別", "共益費", "敷金月数", "補助制度", "備考"}
    header = tuple(name for name in HEADER if name not in left_out)
    plan = take(facility, rolled(LET, header=header))
    assert (plan.rows[0].fate, plan.rows[0].changes) == (Fate.UNCHANGED, {})
    assert [one.column for one in plan.findings] == [Column.DEPOSIT_MONTHS]


def test_a_company_that_is_called_otherwise_here_is_pointed_out(facility):
    take(facility, rolled(LET))
    plan = take(facility, rolled({**LET, "入居企業": "株式会社そらロボティクス"}))
    ((level, cell, value, message),) = told(plan.findings)
    assert (level, cell, value) == (Level.WARNING, "H2", "株式会社くもロボティクス")
    assert "Tenant is known otherwise here and stays so" in message
    assert not look(facility, rolled({**LET, "入居企業": "㈱くもロボティクス"})).findings


def test_a_new_area_is_taken_by_the_unit_alone(facility):
    take(facility, rolled(LET))
    plan = take(facility, rolled({**LET, "面積": "70"}))
    ((level, cell, value, message),) = told(plan.findings)
    assert (level, cell, value) == (Level.WARNING, "D2", "70")
    assert "in the occupancy of past days as well. Its leases keep the area" in message
    assert plan.rows[0].changed == [Column.AREA]
    areas = db.session.execute(db.select(Unit.area, Lease.area).join(Lease)).one()
    assert tuple(areas) == (7000, 2811)


def test_one_company_in_two_units_is_one_venture(facility):
    second = {**LET, "区画": "102", "補助制度": ""}
    plan = take(facility, rolled(LET, second))
    assert (counts()["organisation"], counts()["lease"]) == (1, 2)
    assert any("rents unit 101 as well" in str(one.message) for one in plan.warnings)


def test_a_number_with_a_wrong_check_digit_is_left_out(facility):
    plan = take(facility, rolled({**LET, "法人番号": "1234567890123"}))
    assert any("check digit is wrong" in str(one.message) for one in plan.warnings)
    assert db.session.scalars(db.select(Organisation)).one().corporate_number is None


def test_what_was_missing_of_a_tenant_is_filled_in_later(facility):
    take(facility, rolled({**LET, "法人番号": "3062632597598", "代表者": "", "設立日": ""}))
    venture = db.session.scalars(db.select(Organisation)).one()
    plan = take(facility, rolled(LET))
    assert set(plan.rows[0].fills) == {
        Column.CORPORATE_NUMBER, Column.REPRESENTATIVE, Column.FOUNDED_ON,
    }  # fmt: skip
    assert (plan.count(Fate.UPDATE), plan.leases, plan.findings) == (1, 0, ())
    assert (venture.corporate_number, venture.representative, venture.founded_on) == (
        "3062632597597",
        "石井 蓮",
        date(2021, 1, 1),
    )
    again = look(facility, rolled(LET, VACANT))
    assert (again.rows[0].fills, again.rows[0].fate) == ({}, Fate.UNCHANGED)


def test_the_first_row_of_a_company_fills_in_what_was_missing(facility):
    venture = make_venture(facility, "㈱くもロボティクス", email="")
    second = {**LET, "区画": "102", "補助制度": "", "メール": "102@example.jp"}
    take(facility, rolled(LET, second))
    assert venture.email == "101@example.jp"


def test_a_mistyped_number_of_a_known_tenant_only_warns(facility):
    take(facility, rolled(LET))
    plan = take(facility, rolled({**LET, "法人番号": "3062632597598"}))
    ((level, cell, value, message),) = told(plan.findings)
    assert (level, cell, value) == (Level.WARNING, "I2", "3062632597598")
    assert "check digit is wrong, so the number is left out" in message
    assert plan.count(Fate.UNCHANGED) == 1


def test_two_companies_with_one_number_are_an_error(facility):
    plan = look(facility, rolled(LET, {**LET, "区画": "102", "入居企業": "別の会社"}))
    ((_, cell, value, message),) = told(plan.errors)
    assert (cell, value) == ("I3", "3062632597597")
    assert "Row 2 gives this number to 株式会社くもロボティクス" in message


def test_a_lease_that_has_ended_is_not_taken_over(facility):
    plan = take(facility, rolled({**LET, "契約終了": "令和8年6月30日"}))
    assert any("has ended" in str(one.message) for one in plan.warnings)
    assert (counts()["unit"], counts()["lease"]) == (1, 0)


ERRORS = [
    ({"契約終了": "2027/2/30"}, "N3", "2027/2/30", "2027-2 has 28 days"),
    ({"面積": "広い"}, "D3", "広い", "Write square metres like 28.11"),
    ({"月額賃料": "六万円"}, "E3", "六万円", "Write it like 127472"),
    ({"月額賃料": "-5"}, "E3", "-5", "must not be negative"),
    ({"状態": "?"}, "G3", "?", "Write 入居中, 空室 or 工事中"),
    ({"種別": "城"}, "C3", "城", "kind of unit is not known"),
    ({"入居企業": ""}, "H3", "", "Fill it in"),
    ({"状態": "空室"}, "H3", "株式会社くもロボティクス", "that is not let has no tenant"),
    ({"契約開始": "令和12年1月1日"}, "N3", "令和10年6月30日", "ends before it starts"),
    ({"設立日": "2030-01-01"}, "L3", "2030-01-01", "in the future"),
    ({"法人番号": "123"}, "I3", "123", "13 digits"),
    ({"メール": "nobody"}, "K3", "nobody", "not an e-mail address"),
    ({"敷金月数": "三"}, "O3", "三", "number of months"),
    ({"代表者": "a\u202eb"}, "J3", "a\u202eb", "cannot be shown"),
    ({"区画": ""}, "A3", "", "Fill it in"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "cell", "value", "cure"), ERRORS)
def test_a_bad_row_keeps_everything_out_and_names_place_value_and_cure(
    facility, wrong, cell, value, cure
):
    file = rolled(VACANT, {**LET, **wrong})
    plan = look(facility, file)
    found = next(one for one in plan.errors if one.cell == cell)
    assert (found.row, found.value) == (3, value)
    assert cure in str(found.message)
    assert plan.in_order[0].row.number == 3
    with pytest.raises(RuleBroken, match="row 3 has an error"):
        take(facility, file)
    assert not any(counts().values())


def test_a_unit_named_twice_is_an_error():
    (found,) = read(VACANT, VACANT).errors
    assert (found.cell, found.value) == ("A3", "105")
    assert "stands in row 2 already. Keep one" in str(found.message)


def test_a_floor_that_is_new_beside_others_is_worth_a_look(facility):
    assert take(facility, rolled(VACANT)).warnings == []
    third = {**VACANT, "区画": "301", "階": "屋上"}
    plan = look(facility, rolled(VACANT, third, {**third, "区画": "302"}))
    (warned,) = plan.warnings
    assert (warned.cell, warned.value) == ("B3", "屋上")
    assert plan.rows[1].findings == (warned,)


def test_a_programme_is_granted_to_a_company_once(facility):
    plan = look(facility, rolled(LET, {**LET, "区画": "102"}))
    assert [one.column for one in plan.errors] == [Column.PROGRAMMES]
    later = {**LET, "区画": "102", "契約開始": "令和10年7月1日", "契約終了": "令和12年6月30日"}
    assert not look(facility, rolled(LET, later)).errors


def test_a_unit_let_to_somebody_else_is_an_error(facility):
    take(facility, rolled(LET))
    plan = look(facility, rolled({**LET, "入居企業": "別の会社", "法人番号": ""}))
    (found,) = plan.errors
    assert (found.cell, found.value) == ("M2", "令和7年7月1日")
    assert "has another lease" in str(found.message)


def told(findings):
    return [(one.level, one.cell, one.value, str(one.message)) for one in findings]


def test_no_lease_begins_on_a_unit_out_of_service(facility):
    take(facility, rolled(WORKS))
    file = rolled({**LET, "区画": "201", "階": "2F", "契約開始": "令和9年1月1日"})
    (found,) = look(facility, file).errors
    assert (found.row, found.cell, found.value) == (2, "G2", "入居中")
    assert "201 is out of service here from Tue 24 Nov 2026. End that" in str(found.message)
    with pytest.raises(RuleBroken, match="row 2 has an error"):
        take(facility, file)
    outage = db.session.scalars(db.select(UnitOutage)).one()
    outage.until_day = date(2027, 1, 1)
    db.session.flush()
    assert take(facility, file).leases == 1


def test_days_out_of_service_in_the_past_keep_a_lease_out_as_well(facility):
    take(facility, rolled(WORKS))
    outage = db.session.scalars(db.select(UnitOutage)).one()
    outage.from_day, outage.until_day = date(2026, 1, 1), date(2026, 2, 1)
    db.session.flush()
    plan = look(facility, rolled({**LET, "区画": "201", "階": "2F"}))
    assert [one.column for one in plan.errors] == [Column.STATE]


@pytest.mark.parametrize("wrong", [{"契約開始": "2025-04-31"}, {"契約終了": ""}])
def test_a_day_that_cannot_be_read_is_the_only_error_of_its_row(facility, wrong):
    take(facility, rolled(LET))
    (found,) = look(facility, rolled({**LET, **wrong})).errors
    assert found.value == "".join(wrong.values())


def test_a_row_that_stands_twice_is_one_error(facility):
    take(facility, rolled(LET))
    (found,) = look(facility, rolled(LET, {**LET, "契約開始": "2025-08-01"})).errors
    assert (found.row, found.column) == (3, Column.UNIT)


def test_a_let_unit_that_the_file_calls_vacant_stays_let(facility):
    take(facility, rolled(LET))
    plan = take(facility, rolled({**VACANT, **{k: LET[k] for k in HEADER[:6]}}))
    ((level, cell, value, message),) = told(plan.findings)
    assert (level, cell, value) == (Level.WARNING, "G2", "空室")
    assert "101 is let to 株式会社くもロボティクス until Fri 30 Jun 2028" in message
    assert "End the lease on its own page" in message
    assert plan.count(Fate.UNCHANGED) == 1


def test_a_lease_that_ended_in_the_file_alone_is_pointed_out(facility):
    take(facility, rolled(LET))
    plan = look(facility, rolled({**LET, "契約終了": "令和8年6月30日"}))
    assert [one.column for one in plan.warnings] == [Column.ENDS_ON, Column.STATE]


def test_no_works_begin_on_a_let_unit(facility):
    take(facility, rolled(LET))
    plan = take(facility, rolled({**WORKS, **{k: LET[k] for k in HEADER[:6]}}))
    ((level, cell, value, message),) = told(plan.findings)
    assert (level, cell, value) == (Level.WARNING, "G2", "工事中")
    assert "so no works begin" in message
    assert counts()["unit_outage"] == 0


def test_works_that_the_file_does_not_know_go_on(facility):
    take(facility, rolled(WORKS))
    plan = take(facility, rolled({**WORKS, "状態": "空室"}))
    ((level, cell, value, message),) = told(plan.findings)
    assert (level, cell, value) == (Level.WARNING, "G2", "空室")
    assert "201 is out of service here from Tue 24 Nov 2026 and stays so" in message


def test_units_that_a_file_does_not_name_are_listed(facility):
    assert take(facility, rolled(LET, VACANT, WORKS)).unnamed == ()
    assert look(facility, rolled(VACANT)).unnamed == ("101", "201")


def test_a_storey_is_one_however_the_file_writes_it(facility):
    take(facility, rolled({**VACANT, "階": "1"}, {**VACANT, "区画": "106", "階": "１階"}))
    assert [floor.name for floor in db.session.scalars(db.select(Floor))] == ["1F"]
    db.session.scalars(db.select(Floor)).one().name = "1階"
    plan = look(facility, rolled({**VACANT, "階": "F1"}))
    assert (plan.count(Fate.UNCHANGED), plan.findings) == (1, ())


def test_case_does_not_tell_units_apart(facility):
    take(facility, rolled({**VACANT, "区画": "LAB-A"}))
    plan = take(facility, rolled({**VACANT, "区画": "lab-a", "月額賃料": "200"}))
    assert (plan.count(Fate.UPDATE), plan.unnamed) == (1, ())
    unit = db.session.scalars(db.select(Unit)).one()
    assert (unit.code, unit.list_rent) == ("LAB-A", 200)


def test_a_lease_that_ends_otherwise_is_only_pointed_out(facility):
    take(facility, rolled(LET))
    plan = take(facility, rolled({**LET, "契約終了": "令和11年6月30日"}))
    assert any("ends otherwise" in str(one.message) for one in plan.warnings)
    assert plan.count(Fate.UNCHANGED) == 1


def test_headings_may_be_english_and_in_any_order():
    english = {
        "Note": "", "State": "occupied", "Unit": "１０１", "Monthly rent (¥)": "５０,０００円",
        "Area (m2)": "20㎡", "Floor": "1F", "Tenant": "Kumo", "Lease starts": "R7.7.1",
        "Lease ends": "R10.6.30", "Kind": "Wet lab", "Colour": "blue",
    }  # fmt: skip
    roll = read(english, header=tuple(english))
    assert roll.unknown == ("Colour",)
    row = roll.rows[0]
    assert (row.unit, row.kind, row.area, row.rent) == ("101", UnitKind.WET_LAB, 2000, 50000)
    assert row.tenancy.days.until == date(2028, 7, 1)


def test_totals_and_empty_rows_are_left_out():
    roll = read(VACANT, {}, {"区画": "合計", "月額賃料": "162360"})
    assert (len(roll.rows), roll.skipped) == (1, (4,))


@pytest.mark.parametrize("nobody", ["-", "―", "なし", ""])
def test_a_dash_is_nobody(nobody):
    assert not read({**VACANT, "入居企業": nobody, "法人番号": nobody}).errors
    roll = read({**LET, "法人番号": nobody, "補助制度": nobody})
    assert (roll.rows[0].tenancy.corporate_number, roll.rows[0].tenancy.programmes) == (None, ())


@pytest.mark.parametrize(
    ("header", "why"),
    [(("a", "b"), "No heading"), (tuple(h for h in HEADER if h != "面積"), "“Area” is missing")],
)
def test_a_table_without_the_needed_columns_is_refused(header, why):
    with pytest.raises(RuleBroken, match=why):
        read(LET, header=header)


def test_a_table_without_rows_is_refused():
    with pytest.raises(RuleBroken, match="no rows below the heading"):
        read()


def test_missing_deposits_are_pointed_out():
    levels = {(one.level, one.column) for one in read({**LET, "敷金月数": "0"}).findings}
    assert levels == {(Level.WARNING, Column.DEPOSIT_MONTHS)}


def test_only_who_may_import_does(facility):
    clerk = actor_of(make_person("clerk", facility=facility))
    with pytest.raises(NotAllowed):
        dry_run(facility, rolled(LET), actor=clerk, today=TODAY)


def test_an_import_leaves_its_trace(facility):
    take(facility, rolled(LET))
    deeds = set(db.session.scalars(db.select(AuditEntry.deed)))
    assert {"import.applied", "unit.added", "venture.added", "lease.imported"} <= deeds
