from datetime import UTC, date, datetime

import pytest

from incubator.core.access import Actor, Held, Role
from incubator.core.audit import AuditEntry
from incubator.core.db import db
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.organisations import actions, queries
from incubator.organisations.actions import VentureFacts
from incubator.organisations.models import Stage
from incubator.organisations.queries import VentureSearch
from tests.factories.base import make_facility, make_venture
from tests.factories.spaces import admin_of

NOW = datetime(2026, 11, 23, 23, tzinfo=UTC)
TODAY = date(2026, 11, 24)
"""In Tokyo, at eight in the morning."""
NUMBER = "4000012090001"


@pytest.fixture
def facility():
    return make_facility()


@pytest.fixture
def deed(facility):
    return {"actor": admin_of(facility), "now": NOW, "today": TODAY}


def test_a_venture_is_taken_in_with_its_numbers_in_plain_form(facility, deed):
    facts = VentureFacts(
        "株式会社あおば", corporate_number="４０００-0120-90001", invoice_reg_no="t4000012090001"
    )
    venture = actions.add_venture(facts, facility_id=facility.id, **deed)
    assert (venture.corporate_number, venture.invoice_reg_no) == (NUMBER, f"T{NUMBER}")
    assert venture.stage is Stage.PROSPECT
    assert queries.venture_of(facility.id, venture.id) is venture


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (VentureFacts("  "), "name"),
        (VentureFacts("x", corporate_number="1234567890123"), "corporate_number"),
        (
            VentureFacts("x", corporate_number=NUMBER, invoice_reg_no="T1234567890123"),
            "invoice_reg_no",
        ),
        (VentureFacts("x", invoice_reg_no="123"), "invoice_reg_no"),
        (VentureFacts("x", email="nobody"), "email"),
        (VentureFacts("x", address="a\u202eb"), "address"),
        (VentureFacts("x", founded_on=date(2026, 11, 25)), "founded_on"),
    ],
)
def test_facts_that_cannot_be_are_refused_at_their_field(facility, deed, facts, field):
    with pytest.raises(RuleBroken) as broken:
        actions.add_venture(facts, facility_id=facility.id, **deed)
    assert broken.value.field == field


def test_a_company_founded_this_morning_is_taken_in(facility, deed):
    made = actions.add_venture(
        VentureFacts("今朝", founded_on=TODAY), facility_id=facility.id, **deed
    )
    assert made.founded_on == TODAY


def test_a_sole_proprietors_number_is_taken_as_it_is(facility, deed):
    made = actions.add_venture(
        VentureFacts("個人", invoice_reg_no="T1234567890123"), facility_id=facility.id, **deed
    )
    assert made.invoice_reg_no == "T1234567890123"


def test_one_corporate_number_is_one_venture_of_a_facility(facility, deed):
    make_venture(facility, "先", corporate_number=NUMBER)
    with pytest.raises(RuleBroken, match="先 already has"):
        actions.add_venture(
            VentureFacts("後", corporate_number=NUMBER), facility_id=facility.id, **deed
        )
    other = make_facility()
    deed["actor"] = admin_of(other)
    actions.add_venture(VentureFacts("他", corporate_number=NUMBER), facility_id=other.id, **deed)


def test_changes_leave_a_trace_of_what_changed(facility, deed):
    venture = make_venture(facility, "前")
    actions.edit_venture(venture, {"name": "後", "corporate_number": "", "capital": 5}, **deed)
    entry = db.session.scalars(db.select(AuditEntry)).one()
    assert (entry.before, entry.after) == (
        {"name": "前", "capital": None},
        {"name": "後", "capital": 5},
    )
    actions.edit_venture(venture, {"name": "後"}, **deed)
    assert db.session.scalars(db.select(AuditEntry)).one()


def test_an_owner_changes_the_profile_and_no_more(facility):
    venture = make_venture(facility, "社名")
    owner = Actor(1, "石井 蓮", (Held(Role.OWNER, organisation_id=venture.id),))
    how = {"now": NOW, "today": TODAY}
    changes = {"name": "改名", "name_kana": "しゃﾒｲ", "phone": "022-000-0000"}
    actions.edit_profile(venture, changes, actor=owner, **how)
    assert (venture.name, venture.name_kana, venture.phone) == ("社名", "シャメイ", "022-000-0000")
    member = Actor(2, "中村 葵", (Held(Role.MEMBER, organisation_id=venture.id),))
    with pytest.raises(NotAllowed):
        actions.edit_profile(venture, {"phone": "1"}, actor=member, **how)


@pytest.mark.parametrize(
    ("role", "may"),
    [(Role.FACILITY_ADMIN, True), (Role.MANAGER, True), (Role.CLERK, True), (Role.MENTOR, False)],
)
def test_who_may_add_ventures(facility, role, may):
    actor = Actor(1, "x", (Held(role, facility_id=facility.id),))
    if may:
        actions.add_venture(
            VentureFacts("新"), facility_id=facility.id, actor=actor, now=NOW, today=TODAY
        )
    else:
        with pytest.raises(NotAllowed):
            actions.add_venture(
                VentureFacts("新"), facility_id=facility.id, actor=actor, now=NOW, today=TODAY
            )


@pytest.mark.parametrize(
    ("search", "names"),
    [
        (VentureSearch(), ["イ", "ウ", "ア"]),
        (VentureSearch("ひかり"), ["ア"]),
        (VentureSearch("ﾋｶﾘ"), ["ア"]),
        (VentureSearch("KUMO"), ["イ"]),
        (VentureSearch("4000-0120"), ["ウ"]),
        (VentureSearch("100%"), []),
        (VentureSearch(stage=Stage.ALUMNUS), ["ウ"]),
        (VentureSearch(sort="founded_on", descending=True), ["イ", "ア", "ウ"]),
        (VentureSearch(sort="nonsense"), ["イ", "ウ", "ア"]),
        (VentureSearch(lang="en"), ["イ", "ア", "ウ"]),
        (VentureSearch(page=2), []),
    ],
)
def test_ventures_are_found(facility, search, names):
    make_venture(facility, "ア", name_kana="ヒカリ", name_en="x", founded_on=date(2020, 1, 1))
    make_venture(facility, "イ", name_en="Kumo Robotics", founded_on=date(2021, 1, 1))
    make_venture(
        facility, "ウ", name_en="z", corporate_number=NUMBER, stage=Stage.ALUMNUS, founded_on=None
    )
    make_venture(make_facility(), "他")
    found = [each.name for each in queries.ventures(facility.id, search).items]
    assert found == names


def test_a_list_has_pages(facility):
    for _ in range(23):
        make_venture(facility)
    found = queries.ventures(facility.id, VentureSearch(page=2))
    assert (len(found.items), found.total) == (3, 23)
    assert len(queries.all_ventures(facility.id)) == 23


def test_all_ventures_of_a_facility_can_be_narrowed_by_stage(facility):
    for stage in Stage:
        make_venture(facility, stage.value, stage=stage)
    make_venture(make_facility(), "他", stage=Stage.TENANT)
    found = queries.all_ventures(facility.id, Stage.TENANT, Stage.PROSPECT)
    assert {each.name for each in found} == {"tenant", "prospect"}
    assert len(queries.all_ventures(facility.id)) == len(Stage)


def test_ventures_of_other_facilities_do_not_exist_here(facility):
    with pytest.raises(NotFound):
        queries.venture_of(facility.id, make_venture(make_facility()).id)
