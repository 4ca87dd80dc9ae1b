"""Pages about leases: what each person sees and can do."""

from datetime import date, timedelta

import pytest
from flask import url_for

from incubator.billing.actions.pay import PaymentDetails, take_in
from incubator.billing.queries import issuer_on
from incubator.core import clock
from incubator.core.days import ONE_DAY
from incubator.core.db import db
from incubator.core.money import Rounding
from incubator.leases import queries
from incubator.leases.models import (
    DepositEntry,
    DepositKind,
    DepositRequest,
    Lease,
    LeaseStatus,
    SubsidyProgramme,
)
from incubator.leases.rules import Delivery, Method
from incubator.organisations.models import Organisation, Stage
from incubator.web.keys import shuffle
from tests.factories.base import (
    actor_of,
    keep,
    make_lease,
    make_unit,
    make_venture,
    make_world,
    second_year,
    three_years,
)
from tests.factories.leases import grant_programme, make_programme
from tests.factories.payments import make_invoice
from tests.manners import words

LATER = clock.today() + timedelta(days=150)
"""A last day that notice can be given for."""


@pytest.fixture
def world():
    world = make_world("aoba", **second_year())
    db.session.flush()
    return world


def address(app, world, lease_id, deed=""):
    return f"/f/aoba/leases/{shuffle(lease_id, app.config['URL_SECRET'])}{deed}"


def own_address(app, world, lease_id=None, deed=""):
    venture = shuffle(world.venture.id, app.config["URL_SECRET"])
    tail = f"/{shuffle(lease_id, app.config['URL_SECRET'])}{deed}" if lease_id else ""
    return f"/v/{venture}/lease{tail}"


def terms(offered_unit, **changes):
    start = clock.today().replace(day=1) + timedelta(days=62)
    return {
        "unit": offered_unit.code,
        "venture": "",
        "new_venture": "新星バイオ株式会社",
        "starts_on": start.replace(day=1).isoformat(),
        "months": "36",
        "deposit_months": "3",
        "steps": "50, 70%",
        "free_months": "1",
        "programme_1": "",
        "programme_2": "",
        "programme_3": "",
        "expires_on": (clock.today() + timedelta(days=14)).isoformat(),
        "explained_on": clock.today().isoformat(),
        **changes,
    }


def offered(world) -> Lease:
    return db.session.scalars(db.select(Lease).where(Lease.status == LeaseStatus.OFFERED)).one()


def test_list_shows_and_filters(app, world, browser):
    browser.sign_in(world.people["clerk"])
    page = browser.get("/f/aoba/leases")
    assert world.lease.number in page.get_text()
    page = browser.get("/f/aoba/leases?status=ended")
    assert "Nothing matches" in page.get_text()
    assert world.lease.number not in browser.get("/f/aoba/leases?ends=3").get_text()


def test_a_lease_from_before_the_newest_tax_rate_can_be_opened(app, browser):
    """BR-T01"""
    world = make_world("aoba", starts_on=date(1989, 2, 1), ends_on=date(2030, 2, 1))
    browser.sign_in(world.people["clerk"])
    assert world.lease.number in browser.get(address(app, world, world.lease.id)).get_text()
    asked = terms(world.units[4], starts_on="1989-03-01", months="2")
    assert "Every month" in browser.get("/f/aoba/quote", query_string=asked).get_text()
    browser.sign_in(world.people["owner"])
    browser.get(own_address(app, world))


def test_list_of_an_empty_house(app, browser):
    world = make_world("leer", **second_year())
    world.lease.status = LeaseStatus.DECLINED
    browser.sign_in(world.people["facility_admin"])
    assert "No leases yet" in browser.get("/f/leer/leases").get_text()


def test_quote_then_offer_then_sign(app, world, browser):
    programme = make_programme(world.facility, monthly_cap=20000)
    agent = make_programme(
        world.facility,
        method=Method.PER_M2,
        steps=[{"months": 12, "rate": 300}],
        delivery=Delivery.LANDLORD_AGENT,
    )
    browser.sign_in(world.people["facility_admin"])
    assert "New quote" in browser.get("/f/aoba/quote").h1.get_text()
    wanted = terms(world.units[4], programme_1=str(programme.id), programme_2=str(agent.id))
    page = browser.get("/f/aoba/quote", query_string=wanted)
    said = page.get_text()
    for part in ("Year 2", "Due before the keys", "¥228,771", "1/2 of the rent", "月に1回以上"):
        assert part in said
    sums = {
        each.get_text(strip=True): int("".join(filter(str.isdigit, each.find_next("dd").text)))
        for each in page.select("[aria-labelledby=card-whole] dt")
    }
    funders, tenant = sums["Paid by funders to the facility"], sums["Paid by the tenant"]
    assert funders > 0
    assert sums["Invoices in total"] == funders + tenant
    page = browser.post("/f/aoba/quote", wanted)
    assert "is held by the offer" in page.get_text()
    lease = offered(world)
    assert lease.organisation.name == "新星バイオ株式会社"
    assert lease.organisation.stage is Stage.PROSPECT
    browser.post("/f/aoba/quote", wanted)
    assert db.session.scalar(db.select(db.func.count()).select_from(Organisation)) == 2
    page = browser.post(
        address(app, world, lease.id, "/sign"),
        {"signer_name": "新星 花子", "signed_on": clock.today().isoformat()},
    )
    assert "The lease is signed" in page.get_text()
    assert lease.organisation.stage is Stage.TENANT


def test_an_offer_that_overlaps_is_refused(app, world, browser):
    browser.sign_in(world.people["facility_admin"])
    browser.post("/f/aoba/quote", terms(world.units[4]))
    page = browser.post("/f/aoba/quote", terms(world.units[4], new_venture="他社"), 422)
    assert "is taken from" in page.get_text()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"new_venture": ""}, "Choose a venture"),
        ({"months": "x"}, "is not a whole number"),
        ({"months": ""}, "Please fill this in"),
        ({"months": "100"}, "at most 60 months"),
        ({"starts_on": "soon"}, "is not a date"),
        ({"steps": "half"}, "is not a share"),
        ({"unit": "nowhere"}, "Choose one from the list"),
        ({"expires_on": "2020-01-01"}, "cannot expire before today"),
    ],
)
def test_offer_says_what_is_wrong(app, world, browser, changes, words):
    browser.sign_in(world.people["facility_admin"])
    page = browser.post("/f/aoba/quote", terms(world.units[4], **changes), 422)
    assert words in page.get_text()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"starts_on": "2020-01-01", "months": "12"}, "would have ended on"),
        ({"explained_on": LATER.isoformat()}, "This day is still to come."),
    ],
)
def test_no_offer_of_what_is_over_or_explained_only_later(app, world, browser, changes, said):
    browser.sign_in(world.people["clerk"])
    page = browser.post("/f/aoba/quote", terms(world.units[4], **changes), 422)
    assert said in page.get_text()
    assert db.session.scalar(db.select(Lease).where(Lease.status == LeaseStatus.OFFERED)) is None


def test_quote_by_area_and_for_a_known_venture(app, world, browser):
    venture = make_venture(world.facility, "既知株式会社")
    browser.sign_in(world.people["clerk"])
    wanted = terms(
        world.units[4],
        venture=str(venture.id),
        unit_price="2,350",
        common_fee="0",
        steps="",
        free_months="",
    )
    page = browser.get("/f/aoba/quote", query_string=wanted)
    assert "32.45 m² × ¥2,350 = ¥76,257" in page.get_text()
    assert "既知株式会社" in page.get_text()
    page = browser.get("/f/aoba/quote", query_string=terms(world.units[4], rent="90000"))
    assert "¥90,000" in page.get_text()
    browser.get("/f/aoba/quote", 422, query_string=terms(world.units[4], steps="x"))
    third = terms(world.units[4], steps="1/3, 1/2")
    page = browser.get("/f/aoba/quote", 422, query_string=third)
    assert "“1/3” is no percentage with two decimals" in page.get_text()
    assert "such as 33.33%" in page.get_text()


def test_only_the_unit_in_the_address_is_enough(app, world, browser):
    browser.sign_in(world.people["facility_admin"])
    assert "Every month" in browser.get(f"/f/aoba/quote?unit={world.units[3].code}").get_text()


def test_a_manager_may_look_and_not_draft(app, world, browser):
    browser.sign_in(world.people["manager"])
    browser.get("/f/aoba/quote", 403)
    page = browser.get(address(app, world, world.lease.id))
    assert "Record a notice" not in page.get_text()
    browser.post(address(app, world, world.lease.id, "/end"), {"until": LATER.isoformat()}, 403)


def test_another_house_is_not_found(app, world, browser):
    other = make_world("anders", **second_year())
    browser.sign_in(world.people["facility_admin"])
    browser.get(address(app, world, other.lease.id), 404)


def test_deeds_on_a_lease(app, world, browser):
    lease = world.lease
    browser.sign_in(world.people["facility_admin"])
    page = browser.post(
        address(app, world, lease.id, "/price"),
        {
            "component": "rent",
            "new_price": "80,000",
            "from_month": LATER.replace(day=1).isoformat(),
        },
    )
    assert "¥80,000" in page.get_text()
    of_unit = f"/f/aoba/units/{shuffle(lease.unit_id, app.config['URL_SECRET'])}"
    for path in ("/f/aoba/leases", of_unit):
        rows = "".join(row.get_text() for row in browser.get(path).select("tbody tr"))
        assert f"¥{lease.rent_on(clock.today()):,}" in rows
        assert "¥80,000" not in rows
    soon = (clock.today() + timedelta(days=10)).isoformat()
    page = browser.post(address(app, world, lease.id, "/notice"), {"leave_on": soon}, 422)
    assert "the earliest last day is" in page.get_text()
    browser.post(address(app, world, lease.id, "/notice"), {"leave_on": LATER.isoformat()})
    assert lease.status is LeaseStatus.NOTICE
    assert lease.ends_on == LATER + ONE_DAY
    browser.post(address(app, world, lease.id, "/end"), {"until": soon, "reason": ""}, 422)
    page = browser.post(address(app, world, lease.id, "/end"), {"until": soon, "reason": "移転"})
    assert lease.status is LeaseStatus.NOTICE
    assert "The lease ends; its last day is" in page.get_text()
    assert "移転" in page.get_text()
    assert "Ended on" not in page.get_text()
    today = str(clock.today())
    page = browser.post(address(app, world, lease.id, "/end"), {"until": today, "reason": "移転"})
    assert lease.status is LeaseStatus.ENDED
    assert "The lease has ended." in page.get_text()


def test_an_offer_can_be_explained_and_taken_back(app, world, browser):
    browser.sign_in(world.people["facility_admin"])
    browser.post("/f/aoba/quote", terms(world.units[4], explained_on=""))
    lease = offered(world)
    page = browser.post(
        address(app, world, lease.id, "/sign"),
        {"signer_name": "花子", "signed_on": clock.today().isoformat()},
        422,
    )
    assert "Record the day of the explanation first" in page.get_text()
    browser.post(
        address(app, world, lease.id, "/explain"), {"explained_on": clock.today().isoformat()}
    )
    assert lease.prior_explained_on == clock.today()
    page = browser.post(address(app, world, lease.id, "/decline"), {"reason": "辞退"})
    assert "the unit is free" in page.get_text()


def settled_by_the_clerk(app, world, browser):
    """A deposit is received and settled: the lease, where it is decided, and the form."""
    unit = make_unit(world.facility, world.floor)
    lease = make_lease(unit, world.venture, deposit=228771, deposit_months=3)
    db.session.add(
        DepositEntry(lease_id=lease.id, kind="due", amount=228771, on_day=date(2025, 4, 1))
    )
    db.session.flush()
    browser.sign_in(world.people["clerk"])
    page = browser.post(
        address(app, world, lease.id, "/deposit"), {"amount": "300000", "on_day": "2025-04-01"}, 422
    )
    assert "still due" in page.get_text()
    browser.post(
        address(app, world, lease.id, "/deposit"), {"amount": "228,771", "on_day": "2025-04-01"}
    )
    lease.status = LeaseStatus.ENDED
    db.session.flush()
    make_invoice(world.facility, world.venture, 112_656, clock.today())
    browser.get(address(app, world, lease.id))
    costs = {"arrears": "112656", "late_charges": "901", "restoration": "50000"}
    page = browser.post(address(app, world, lease.id, "/settle"), costs, 422)
    assert "Write which account it goes to" in page.get_text()
    costs["paid_to"] = "あおば銀行 本店"
    page = browser.post(address(app, world, lease.id, "/settle"), costs)
    assert "The return of the deposit waits for approval" in page.get_text()
    assert "Nothing is left to do" not in page.get_text()
    assert not page.find("form", action=address(app, world, lease.id, "/settle"))
    asked = queries.deposit_waiting(lease.id)
    return lease, decide_at(app, asked), costs


def decide_at(app, asked):
    with app.test_request_context():
        path = url_for("leases.approve_deposit", code="aoba", deposit_id=asked.id)
    return path.removesuffix("/approve")


def test_a_deposit_is_on_the_lists_until_all_of_it_is_recorded(app, world, browser):
    due = {"kind": DepositKind.DUE, "amount": 228_771, "on_day": world.lease.starts_on}
    keep(DepositEntry(lease_id=world.lease.id, **due))
    here = address(app, world, world.lease.id)
    own = own_address(app, world)

    def listed(role, page, href):
        browser.sign_in(world.people[role])
        found = browser.get(page).find("a", href=href)
        return " ".join(found.find_parent("li").get_text().split()) if found else None

    home = own.removesuffix("lease")
    at_own = f"{own}#{world.lease.number.lower()}"
    assert "¥228,771 of the deposit is due" in listed("owner", home, at_own)
    assert browser.get(at_own).find(id=world.lease.number.lower())
    assert "¥228,771" in listed("clerk", "/f/aoba/worklist", f"{here}#card-deposit")
    part = {"amount": "200000", "on_day": str(clock.today())}
    browser.post(f"{here}/deposit", part)
    assert "¥28,771" in listed("clerk", "/f/aoba/worklist", f"{here}#card-deposit")
    browser.post(f"{here}/deposit", {**part, "amount": "28771"})
    assert not browser.get("/f/aoba/worklist").select_one("#deposits-due")
    assert listed("owner", home, at_own) is None


def kinds_of(lease):
    return {entry.kind.value: entry.amount for entry in queries.deposit_of(lease.id)}


def test_tax_on_restoration_is_rounded_as_the_issuer_of_the_day_rounds(app, world, browser):
    lease, decide, costs = settled_by_the_clerk(app, world, browser)
    browser.post(f"{decide}/withdraw")
    issuer_on(world.facility.id, clock.today()).rounding = Rounding.CEIL
    browser.post(address(app, world, lease.id, "/settle"), {**costs, "restoration": "50001"})
    asked = queries.deposit_waiting(lease.id)
    assert asked.costs.rounding is Rounding.CEIL
    assert asked.amount == 228771 - 112656 - 901 - 50001 - 5001


def test_a_deposit_goes_back_once_somebody_else_approves_it(app, world, browser):
    lease, decide, costs = settled_by_the_clerk(app, world, browser)
    browser.post(address(app, world, lease.id, "/settle"), costs)
    page = browser.post(address(app, world, lease.id, "/settle"), {**costs, "arrears": "1"}, 422)
    assert "waits for approval already" in page.get_text()
    here = address(app, world, lease.id)
    assert browser.get("/f/aoba/worklist").find("a", href=here)
    assert not browser.page.select_one("#deposits")
    browser.post(f"{decide}/approve", {"paid_on": str(clock.today())}, 403)
    browser.sign_in(world.people["facility_admin"])
    assert browser.get("/f/aoba/").find("a", href=here)
    page = browser.get(here)
    assert "¥60,214" in page.select_one("#deposit-asked").find_parent("section").get_text()
    assert page.find("form", action=f"{decide}/approve").select_one("#paid_on")
    day = str(clock.today() + timedelta(days=1))
    page = browser.post(f"{decide}/approve", {"paid_on": day}, 422)
    assert "still to come" in page.get_text()
    assert "refunded" not in kinds_of(lease)
    page = browser.post(f"{decide}/approve", {"paid_on": str(clock.today())})
    assert "settled and paid back" in page.get_text()
    ledger = page.select_one("[aria-label='Deposit ledger']").get_text()
    assert "あおば銀行 本店" in ledger
    assert f"approved by {world.people['facility_admin'].name}" in ledger
    assert kinds_of(lease)["refunded"] == 60214
    page = browser.post(f"{decide}/approve", {"paid_on": str(clock.today())})
    assert (browser.path, "already done" in page.get_text()) == (here, True)
    assert [each.kind.value for each in queries.deposit_of(lease.id)].count("refunded") == 1
    page = browser.post(f"{decide}/refuse", {"refusal": "No"}, 422)
    assert "decided already" in page.get_text()


def test_what_was_paid_for_a_lease_called_off_before_its_first_day_is_settled(app, world, browser):
    begins_on = date(clock.today().year + 1, 4, 1)
    lease = make_lease(world.units[4], world.venture, **three_years(begins_on))
    for kind, amount in ((DepositKind.DUE, 200_000), (DepositKind.RECEIVED, 50_000)):
        entry = {"kind": kind, "amount": amount, "on_day": clock.today()}
        keep(DepositEntry(lease_id=lease.id, **entry))
    here = address(app, world, lease.id)
    browser.sign_in(world.people["facility_admin"])
    browser.get(here)
    browser.post(f"{here}/end", {"until": str(begins_on), "reason": "計画変更"})
    assert lease.status is LeaseStatus.DECLINED
    browser.sign_in(world.people["clerk"])
    listed = browser.get("/f/aoba/worklist").find("a", href=f"{here}#card-deposit")
    assert "¥50,000" in listed.find_parent("li").get_text()
    assert lease.number in listed.find_parent("li").get_text()
    next_step = browser.get(here).select_one("#card-next").find_parent("section")
    assert "Settle the deposit" in next_step.get_text()
    page = browser.post(f"{here}/settle", {"paid_to": "あおば銀行 本店"})
    assert "The return of the deposit waits for approval" in page.get_text()
    browser.sign_in(world.people["facility_admin"])
    decide = decide_at(app, queries.deposit_waiting(lease.id))
    browser.get(here)
    page = browser.post(f"{decide}/approve", {"paid_on": str(clock.today())})
    assert "settled and paid back" in page.get_text()
    assert kinds_of(lease) == {"received": 50_000, "refunded": 50_000}


@pytest.mark.parametrize("changed", ["arrears", "held"])
def test_a_return_that_cannot_be_approved_asks_for_no_transfer(app, world, browser, changed):
    lease, decide, _ = settled_by_the_clerk(app, world, browser)
    here = address(app, world, lease.id)
    assert "Make no transfer" not in browser.get(here).get_text()
    if changed == "arrears":
        today = clock.today()
        paid = PaymentDetails(world.facility.id, world.venture.id, 112_656, received_on=today)
        take_in(paid, actor=actor_of(world.people["clerk"]), now=clock.now(), today=today)
        why = "of the invoices is open now"
    else:
        entry = DepositEntry(
            lease_id=lease.id, kind="received", amount=5000, on_day=date(2025, 4, 2)
        )
        keep(entry)
        why = "¥65,214 would go back now, not ¥60,214"
    assert "Make no transfer" in browser.get(here).get_text()
    browser.sign_in(world.people["facility_admin"])
    page = browser.get(here)
    assert why in page.select_one(".note.warn").get_text()
    assert not page.find("form", action=f"{decide}/approve")
    assert page.find("form", action=f"{decide}/refuse")
    if changed == "arrears":
        page = browser.post(f"{decide}/approve", {"paid_on": str(clock.today())}, 422)
        assert why in page.select_one(".errsum").get_text()


def test_the_return_of_a_deposit_is_refused_with_a_reason_or_withdrawn(app, world, browser):
    lease, decide, costs = settled_by_the_clerk(app, world, browser)
    browser.sign_in(world.people["facility_admin"])
    browser.post(f"{decide}/refuse", {"refusal": " "}, 422)
    page = browser.post(f"{decide}/refuse", {"refusal": "Another account"})
    assert "The return of the deposit is refused." in page.get_text()
    assert "Another account" in page.select_one("#card-deposit").find_parent("section").get_text()
    browser.post(address(app, world, lease.id, "/settle"), costs)
    asked = queries.deposit_waiting(lease.id)
    page = browser.post(f"{decide_at(app, asked)}/withdraw")
    assert "The return of the deposit is withdrawn." in page.get_text()
    assert set(kinds_of(lease)) == {"due", "received"}


def test_the_deposit_of_another_facility_is_not_decided_here(app, world, browser):
    other = make_world("kita")
    asked = keep(
        DepositRequest(
            lease_id=other.lease.id,
            amount=1,
            paid_to="x",
            arrears=0,
            late_charges=0,
            restoration=0,
            tax_bp=1000,
            asked_at=clock.now(),
            asked_by="somebody",
        )
    )
    browser.sign_in(world.people["facility_admin"])
    for deed in ("approve", "refuse", "withdraw"):
        sent = {"refusal": "x", "paid_on": str(clock.today())}
        browser.post(f"{decide_at(app, asked)}/{deed}", sent, 404)


def test_programmes_are_kept_in_plain_words(app, world, browser):
    browser.sign_in(world.people["facility_admin"])
    assert "No programmes yet" in browser.get("/f/aoba/programmes").get_text()
    facts = {
        "code": "D-EGG",
        "name": "京田辺市補助",
        "method": "per_m2",
        "months_1": "60",
        "rate_1": "500",
        "area_cap": "100",
        "anchor": "move_in",
        "proration": "fixed30",
        "rounding_unit": "1",
        "delivery": "tenant_reimburse",
        "valid_from": "2020-04-01",
        "conditions": "年1回申請する。",
    }
    browser.get("/f/aoba/programmes/add")
    page = browser.post("/f/aoba/programmes/add", {**facts, "rate_1": "x"}, 422)
    assert "is not an amount" in page.get_text()
    page = browser.post("/f/aoba/programmes/add", facts)
    assert "¥500 for each m² for 60 months" in page.get_text()
    assert "Counts at most 100 m²" in page.get_text()
    browser.post("/f/aoba/programmes/add", facts, 422)
    programme = db.session.scalars(db.select(SubsidyProgramme)).one()
    edit = f"/f/aoba/programmes/{shuffle(programme.id, app.config['URL_SECRET'])}"
    browser.get(edit)
    ratio = {**facts, "method": "ratio", "rate_1": "1/2", "months_1": "", "monthly_cap": "50000"}
    page = browser.post(edit, ratio)
    assert "1/2 of the rent to the end of the lease" in page.get_text()
    for wrong, why in (("2/0", "is not a share"), ("5/3", "at most 100%"), ("1/99999999", "fine")):
        assert why in browser.post(edit, {**ratio, "rate_1": wrong}, 422).get_text()
    page = browser.post(edit, {**ratio, "rate_1": "2/3"})
    assert "2/3 of the rent to the end of the lease" in page.get_text()
    assert browser.get(edit).find(id="rate_1")["value"] == "2/3"
    ratio["rate_1"] = "3分の2"
    grant_programme(world.lease, programme)
    browser.get(edit)
    page = browser.post(edit, {**ratio, "rate_1": "75%"}, 422)
    assert "its amounts stay as they are" in page.get_text()
    browser.post(edit, {**ratio, "name": "新しい名前"})
    page = browser.post(edit, {**ratio, "method": "fixed", "rate_1": "1/2"}, 422)
    browser.sign_in(world.people["clerk"])
    browser.get(edit, 403)


def test_a_programme_without_a_rate_opens_like_a_new_one(app, world, browser):
    named = make_programme(
        world.facility, method=Method.FIXED, steps=[{"months": 0, "rate": 0}], monthly_cap=50_000
    )
    browser.sign_in(world.people["facility_admin"])
    edit = f"/f/aoba/programmes/{shuffle(named.id, app.config['URL_SECRET'])}"
    page = browser.get(edit)
    chosen = [each["value"] for each in page.find(id="method").find_all("option", selected=True)]
    assert chosen == ["ratio"]
    assert not page.find(id="rate_1").get("value")
    named.steps = [{"months": 0, "rate": 20_000}]
    db.session.flush()
    page = browser.get(edit)
    assert page.find(id="method").find("option", selected=True)["value"] == "fixed"
    assert page.find(id="rate_1")["value"] == "20,000"


def test_an_owner_accepts_an_offer(app, world, browser):
    browser.sign_in(world.people["facility_admin"])
    wanted = terms(world.units[4], venture=str(world.venture.id), months="12")
    browser.post("/f/aoba/quote", wanted)
    lease = offered(world)
    browser.sign_out().sign_in(world.people["member"])
    page = browser.get(own_address(app, world))
    assert "The owner of your venture can sign" in page.get_text()
    browser.post(own_address(app, world, lease.id, "/sign"), {"signer_name": "x"}, 403)
    browser.sign_out().sign_in(world.people["owner"])
    page = browser.get(own_address(app, world))
    assert "What accepting does" in page.get_text()
    browser.post(own_address(app, world, lease.id, "/sign"), {"signer_name": ""}, 422)
    page = browser.post(own_address(app, world, lease.id, "/sign"), {"signer_name": "石井 蓮"})
    assert "Thank you. The lease is signed" in page.get_text()
    assert lease.signed_by_name == "石井 蓮"


def test_an_owner_declines_or_leaves(app, world, browser):
    browser.sign_in(world.people["facility_admin"])
    who = str(world.venture.id)
    wanted = terms(world.units[4], venture=who, months="12", explained_on="")
    browser.post("/f/aoba/quote", wanted)
    lease = offered(world)
    browser.sign_out().sign_in(world.people["owner"])
    assert "After that you can sign here" in browser.get(own_address(app, world)).get_text()
    browser.post(own_address(app, world, lease.id, "/decline"))
    assert lease.status is LeaseStatus.DECLINED
    wanted = {"leave_on": LATER.isoformat()}
    page = browser.post(own_address(app, world, world.lease.id, "/notice"), wanted)
    assert "Return keys and cards" in page.get_text()
    other = make_world("fremd", **second_year())
    browser.post(own_address(app, world, other.lease.id, "/notice"), wanted, 404)


def test_a_venture_without_a_lease(app, world, browser):
    world.lease.status = LeaseStatus.DECLINED
    db.session.flush()
    browser.sign_in(world.people["owner"])
    assert "No lease yet" in browser.get(own_address(app, world)).get_text()


def test_pages_speak_japanese(app, world, browser):
    programme = make_programme(world.facility)
    grant_programme(world.lease, programme)
    browser.client.set_cookie("incubator_language", "ja")
    browser.sign_in(world.people["facility_admin"])
    for path in (
        "/f/aoba/leases",
        address(app, world, world.lease.id),
        f"/f/aoba/quote?unit={world.units[3].code}",
        "/f/aoba/programmes",
        "/f/aoba/programmes/add",
    ):
        browser.get(path)
    shown = browser.get("/f/aoba/leases").main.get_text()
    first, last = world.lease.starts_on, world.lease.days.last
    assert f"{first.year}年{first.month}月{first.day}日〜{last.year}年{last.month}月" in shown
    assert "提示中（0）" in shown
    assert "32.45㎡" in browser.get("/f/aoba/quote").select_one("#unit").get_text()


def test_an_end_still_to_come_is_taken_back_at_the_lease(app, world, browser):
    lease = address(app, world, world.lease.id)
    last, until = world.lease.days.last, clock.today() + timedelta(days=40)
    browser.sign_in(world.people["facility_admin"])
    assert "Take the end back" not in words(browser.get(lease))
    browser.post(f"{lease}/end", {"until": until.isoformat(), "reason": "Moves"})
    assert f"Agreed until {last.day} {last:%b %Y}" in words(browser.page)
    assert "Take the end back" in words(browser.page)
    for _ in range(2):
        page = browser.post(f"{lease}/go-on", {})
        assert "runs as it was agreed" in words(page.select_one("[role=status]"))
    assert (world.lease.days.last, world.lease.status) == (last, LeaseStatus.ACTIVE)
