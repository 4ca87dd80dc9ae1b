"""A preview names what would make the invoices wrong, and where."""

from datetime import date

import pytest

from incubator.billing.models import Issuer
from incubator.billing.queries import Lack, preview
from incubator.core.db import db
from incubator.leases.models import LeaseSubsidy, Method, SubsidyProgramme
from tests.factories.base import (
    keep,
    make_facility,
    make_floor,
    make_lease,
    make_unit,
    make_venture,
)
from tests.factories.billing import MAY, TODAY, bill, make_charge

JUNE = date(2026, 6, 1)


@pytest.fixture
def facility():
    return make_facility()


def let(facility, code="101", rent=76_257, **facts):
    facts = {"address": "青葉市一番町1-2-3", **facts}
    venture = make_venture(facility, facts.pop("name", "株式会社くも"), **facts)
    unit = make_unit(facility, make_floor(facility, f"F{code}"), code, list_rent=rent)
    return make_lease(unit, venture)


def grant(lease, *rates, from_month=MAY, until_month=None):
    programme = keep(
        SubsidyProgramme(
            facility_id=lease.facility_id,
            code="P1",
            name="青葉市家賃補助",
            method=Method.FIXED,
            steps=[{"months": 12, "rate": rate} for rate in rates],
            valid_from=date(2024, 4, 1),
        )
    )
    months = {"from_month": from_month, "until_month": until_month}
    keep(LeaseSubsidy(lease_id=lease.id, programme_id=programme.id, **months))


def limit_age():
    db.session.scalars(db.select(SubsidyProgramme)).one().company_age_limit_years = 3
    db.session.flush()


def seen(facility):
    db.session.expire_all()
    found = preview(facility, MAY, today=TODAY).concerns
    return {each.lack: [case.venture.name for case in each.cases] for each in found}


@pytest.mark.parametrize(
    ("founded_on", "until_month", "said"),
    [(None, None, True), (date(2025, 4, 1), None, False), (None, MAY, False)],
)
def test_an_age_limit_needs_the_day_of_the_founding(facility, founded_on, until_month, said):
    grant(let(facility, founded_on=founded_on), 30_000, until_month=until_month)
    assert seen(facility) == {}
    limit_age()
    assert seen(facility) == ({Lack.FOUNDED: ["株式会社くも"]} if said else {})


def test_where_all_is_there_nothing_is_said(facility):
    grant(let(facility), 30_000)
    assert seen(facility) == {}


@pytest.mark.parametrize(
    ("rates", "months", "said"),
    [
        ((0,), {}, True),
        ((0, 0), {}, True),
        ((30_000, 0), {}, False),
        ((0, 30_000), {}, False),
        ((0,), {"from_month": JUNE}, False),
        ((0,), {"from_month": date(2026, 1, 1), "until_month": MAY}, False),
        ((0,), {"from_month": date(2026, 1, 1), "until_month": JUNE}, True),
    ],
)
def test_a_programme_without_a_rate_is_named_while_it_is_granted(facility, rates, months, said):
    grant(let(facility), *rates, **months)
    assert (Lack.RATE in seen(facility)) is said


def test_the_programme_and_its_ventures_are_named(facility):
    lease = let(facility)
    grant(lease, 0)
    (concern,) = preview(facility, MAY, today=TODAY).concerns
    assert concern.programme.name == "青葉市家賃補助"
    assert [(case.lease_id, case.venture.name) for case in concern.cases] == [
        (lease.id, "株式会社くも")
    ]


@pytest.mark.parametrize(
    ("facts", "lack"),
    [
        ({"rent": 0}, Lack.PRICE),
        ({"name": " "}, Lack.NAME),
        ({"address": ""}, Lack.ADDRESS),
        ({"email": ""}, Lack.MAIL),
    ],
)
def test_what_a_venture_or_its_lease_lacks_is_named(facility, facts, lack):
    let(facility, "101", **facts)
    let(facility, "102", name="株式会社とり")
    assert seen(facility) == {lack: [facts.get("name", "株式会社くも")]}


@pytest.mark.parametrize(
    ("fact", "lack"), [("bank_account", Lack.BANK_ACCOUNT), ("reg_no", Lack.REG_NO)]
)
def test_what_the_issuer_lacks_is_named(facility, fact, lack):
    let(facility)
    db.session.execute(db.update(Issuer).values({fact: ""}))
    assert seen(facility) == {lack: []}


def test_only_those_who_would_be_billed_are_named(facility):
    grant(let(facility), 0)
    bill(facility)
    assert seen(facility) == {}
    waiting = make_venture(facility, "株式会社とり", address="")
    make_charge(waiting)
    assert seen(facility) == {Lack.ADDRESS: ["株式会社とり"]}
