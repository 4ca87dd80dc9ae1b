"""The clerk sees what is late and asks for it; somebody else approves or waives it."""

from datetime import date, timedelta

import pytest
import time_machine

from incubator.billing.actions.pay import PaymentDetails, record_payment
from incubator.billing.models import LateChargeRequest
from incubator.core.db import db
from incubator.leases.models import DepositEntry, DepositKind, LeaseStatus
from incubator.web.keys import key_of
from tests.factories.base import World, actor_of, keep, make_facility, make_venture, make_world
from tests.factories.payments import NOW, TODAY, make_invoice
from tests.manners import words
from tests.screen import Browser

DUE = TODAY - timedelta(days=30)


@pytest.fixture(autouse=True)
def _in_november():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def invoice(world):
    return make_invoice(world.facility, world.venture, 110_000, DUE)


def key(browser: Browser, endpoint: str, **values: object) -> str:
    with browser.client.application.test_request_context():
        return browser.client.application.url_for(endpoint, code="aoba", **values)


def asked(browser: Browser, invoice) -> str:
    """The clerk asks; where it is decided."""
    browser.post(key(browser, "billing.ask_late", invoice_id=invoice.id), {})
    request = db.session.scalars(db.select(LateChargeRequest)).one()
    decide = key(browser, "billing.approve_late", late_charge_id=request.id)
    return decide.removesuffix("/approve")


def test_the_clerk_finds_what_is_late_where_he_works(browser: Browser, world: World, invoice):
    browser.sign_in(world.people["clerk"])
    here = key(browser, "billing.late", invoice_id=invoice.id)
    said = "1 invoice is overdue or was paid late; ¥1,320 of late charges are not asked for yet."
    assert said in words(browser.get("/f/aoba/billing?month=2026-12"))
    assert browser.get("/f/aoba/invoices").find("a", href="/f/aoba/late-charges")
    assert browser.get("/f/aoba/late-charges").find("a", href=here)
    assert "¥1,320" in words(browser.page)
    shown = browser.get(key(browser, "billing.invoice", invoice_id=invoice.id))
    assert shown.find("a", href=here)
    page = words(browser.get(here))
    assert f"Invoice {invoice.number} was late: ¥110,000 × 30 days ÷ 365, at 14.6% a year" in page
    assert "waives it with a reason" in page
    assert browser.get(key(browser, "billing.late", invoice_id=invoice.id)).find("button")


def test_several_are_asked_for_at_once_and_once(browser: Browser, world: World, invoice):
    others = [make_invoice(world.facility, make_venture(world.facility), 55_000, DUE) for _ in "ab"]
    browser.sign_in(world.people["clerk"])
    page = browser.get("/f/aoba/late-charges")
    boxes = {box["aria-label"].split()[-1]: box["value"] for box in page.select("tbody input")}
    assert set(boxes) == {each.number for each in (invoice, *others)}
    place = page.select_one("main form")["action"]
    browser.post(place, {}, status=422)
    assert "Please choose one." in words(browser.page.main)
    two = {"invoices": [boxes[invoice.number], boxes[others[0].number]]}
    for _ in range(2):
        assert "Asked for 2 late charges." in words(browser.post(place, two))
    waiting = db.session.scalars(db.select(LateChargeRequest.invoice_id)).all()
    assert sorted(waiting) == sorted([invoice.id, others[0].id])
    assert [box["value"] for box in browser.page.select("tbody input")] == [boxes[others[1].number]]
    one = words(browser.post(place, {"invoices": boxes[others[1].number]}))
    assert "Asked for 1 late charge." in one
    assert "No late charge is open." in one


def test_all_are_asked_for_or_none(browser: Browser, world: World, invoice):
    """What cannot be asked for is named; others' invoices are not there."""
    fresh = make_invoice(world.facility, world.venture, 11_000, TODAY + timedelta(days=9))
    other = make_facility("hama")
    theirs = make_invoice(other, make_venture(other), 11_000, DUE)
    with browser.client.application.test_request_context():
        late, due, foreign = (key_of(each.id) for each in (invoice, fresh, theirs))
    browser.sign_in(world.people["clerk"])
    place = key(browser, "billing.ask_late_charges")
    page = browser.post(place, {"invoices": [late, due]}, status=422)
    assert f"No late charge is open on {fresh.number}." in words(page.main)
    assert [box["value"] for box in page.select("tbody input[checked]")] == [late]
    browser.post(place, {"invoices": [late, foreign]}, status=404)
    browser.post(place, {"invoices": [late, "x"]}, status=404)
    assert not db.session.scalars(db.select(LateChargeRequest)).all()
    browser.sign_in(world.people["manager"]).post(place, {"invoices": [late]}, status=403)


def test_it_is_approved_by_somebody_else_and_is_on_the_next_invoice(
    browser: Browser, world: World, invoice
):
    browser.sign_in(world.people["clerk"])
    here = key(browser, "billing.late", invoice_id=invoice.id)
    decide = asked(browser, invoice)
    assert "The late charge waits for approval" in words(browser.page)
    asked(browser, invoice)
    assert browser.get("/f/aoba/worklist").find("a", href=here)
    browser.post(f"{decide}/approve", {}, status=403)
    browser.sign_in(world.people["facility_admin"])
    assert browser.get("/f/aoba/").find("a", href=here)
    browser.get(here)
    assert "waits for the next billing run" in words(browser.post(f"{decide}/approve", {}))
    assert "already done" in words(browser.post(f"{decide}/approve", {}))
    browser.sign_in(world.people["clerk"])
    preview = words(browser.get("/f/aoba/billing?month=2026-12"))
    assert f"Late charge {invoice.number}" in preview
    assert "not asked for yet" not in preview
    browser.post("/f/aoba/billing", {"month": "2026-12"})
    browser.get(here)
    assert "AOBA-2026-0000" in words(browser.page.select_one("[id^=late-]").find_parent("section"))


def test_it_is_waived_with_a_reason_before_or_after_it_is_approved(
    browser: Browser, world: World, invoice
):
    browser.sign_in(world.people["clerk"])
    decide = asked(browser, invoice)
    browser.sign_in(world.people["facility_admin"])
    browser.post(f"{decide}/refuse", {"refusal": ""}, status=422)
    browser.post(f"{decide}/approve", {})
    browser.post(f"{decide}/refuse", {"refusal": ""}, status=422)
    page = words(browser.post(f"{decide}/refuse", {"refusal": "振込の事故"}))
    assert "Why it was waived" in page
    assert "振込の事故" in page
    assert "No late charge is open on this invoice." in page
    page = browser.post(f"{decide}/refuse", {"refusal": "振込の事故"})
    assert not page.find("form", action=f"{decide}/refuse")


def test_it_is_withdrawn_where_the_books_changed(browser: Browser, world: World, invoice):
    browser.sign_in(world.people["clerk"])
    decide = asked(browser, invoice)
    parts = {invoice.id: 110_000}
    here = (world.facility.id, world.venture.id)
    paid = PaymentDetails(*here, 110_000, DUE + timedelta(days=10), parts=parts)
    record_payment(paid, actor=actor_of(world.people["clerk"]), now=NOW, today=TODAY)
    db.session.commit()
    browser.sign_in(world.people["facility_admin"])
    page = browser.get(key(browser, "billing.late", invoice_id=invoice.id))
    assert "it would be ¥440 now" in words(page)
    assert not page.find("form", action=f"{decide}/approve")
    browser.post(f"{decide}/approve", {}, status=422)
    browser.sign_in(world.people["clerk"])
    assert "¥440" in words(browser.post(f"{decide}/withdraw", {}))


def test_those_of_another_facility_are_not_there(browser: Browser, world: World, invoice):
    other = make_facility("hama")
    theirs = make_invoice(other, make_venture(other), 11_000, DUE)
    browser.sign_in(world.people["clerk"])
    browser.get(key(browser, "billing.late", invoice_id=theirs.id), 404)
    browser.post(key(browser, "billing.ask_late", invoice_id=theirs.id), {}, status=404)
    assert theirs.number not in words(browser.get("/f/aoba/late-charges"))


def test_a_rate_that_nobody_knows_is_asked_for(browser: Browser, world: World):
    world.facility.late_rate_bp = None
    unknown = make_invoice(world.facility, world.venture, 11_000, DUE)
    db.session.commit()
    browser.sign_in(world.people["clerk"])
    path = key(browser, "billing.late", invoice_id=unknown.id)
    assert "at 3% a year" in words(browser.get(path))


def test_a_settlement_proposes_what_is_late_and_bills_what_is_left(
    browser: Browser, world: World, invoice
):
    lease = world.lease
    lease.status, lease.ends_on = LeaseStatus.ENDED, date(2026, 11, 20)
    for kind in (DepositKind.DUE, DepositKind.RECEIVED):
        keep(DepositEntry(lease_id=lease.id, kind=kind, amount=110_500, on_day=DUE))
    db.session.commit()
    browser.sign_in(world.people["clerk"])
    here = key(browser, "leases.lease", lease_id=lease.id)
    page = browser.get(here)
    form = page.find("form", action=f"{here}/settle")
    assert form.select_one("#late_charges")["value"] == "1320"
    page = browser.post(f"{here}/settle", {"arrears": "110000", "late_charges": "1320"})
    assert "Late charges not covered, ¥820: waits for the next billing run" in words(page)
    assert "Late charge 101" in words(browser.get("/f/aoba/billing?month=2026-12"))
