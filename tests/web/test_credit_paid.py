"""An invoice that is paid already is taken back; what came in is used for the right one."""

import pytest
import time_machine

from incubator.billing import queries
from incubator.billing.actions.pay import PaymentDetails, record_payment
from incubator.billing.models import CreditNoteRequest, Invoice, PaymentMethod
from incubator.core.db import db
from incubator.web.keys import shuffle
from tests.factories.base import actor_of, make_world
from tests.factories.billing import NOW, TODAY, bill, take_back
from tests.manners import words

WHOLE, PART = 101_730, 29_533
"""May with tax, and its first nine days."""


@pytest.fixture(autouse=True)
def _in_april():
    with time_machine.travel(NOW, tick=True):
        yield


class Office:
    """The small world, whose invoice for May was issued and paid."""

    def __init__(self, app, browser):
        self.app, self.browser, self.world = app, browser, make_world()
        (self.invoice,) = bill(self.world.facility)
        self.payment = self.pay(WHOLE)

    def pay(self, amount, **facts):
        world = self.world
        details = PaymentDetails(world.facility.id, world.venture.id, amount, TODAY, **facts)
        clerk = actor_of(world.people["clerk"])
        return record_payment(details, actor=clerk, now=NOW, today=TODAY)

    def as_(self, role):
        self.browser.sign_in(self.world.people[role])
        return self.browser

    def key(self, record):
        return shuffle(record.id, self.app.config["URL_SECRET"])

    def at(self, what, record, rest=""):
        return f"/f/aoba/{what}/{self.key(record)}{rest}"

    def own(self, record):
        return f"/v/{self.key(self.world.venture)}/invoices/{self.key(record)}"


@pytest.fixture
def office(app, browser):
    return Office(app, browser)


def take_back_on_screen(office, here):
    """The clerk asks twice, an administrator approves twice; it is one credit note."""
    clerk = office.as_("clerk")
    clerk.get(here)
    page = clerk.follow("Ask for a credit note")
    assert "¥101,730 of this invoice is paid" in words(page.main)
    for _ in range(2):
        page = clerk.post(f"{here}/credit", {"reason": "The lease ended", "follows": "anew"})
    assert "¥101,730 of this invoice is paid" in words(page.main)
    asked = db.session.scalars(db.select(CreditNoteRequest)).one()
    admin = office.as_("facility_admin")
    assert "that is the venture's credit" in words(admin.get(here).main)
    for _ in range(2):
        page = admin.post(office.at("credit-notes", asked, "/approve"))
        assert "¥101,730 paid became credit" in words(page)
        assert "Became credit" in words(page.select_one("[aria-labelledby=paid]"))


def test_what_was_paid_for_days_beyond_the_end_pays_what_is_billed_anew(office):
    here = office.at("invoices", office.invoice)
    end = {"until": "2026-05-10", "reason": "Graduated"}
    office.as_("facility_admin").post(office.at("leases", office.world.lease, "/end"), end)
    assert office.as_("clerk").get("/f/aoba/worklist").find("a", href=here)
    take_back_on_screen(office, here)
    clerk = office.as_("clerk")
    for _ in range(2):
        clerk.post("/f/aoba/billing", {"month": "2026-05"})
    again = db.session.scalars(db.select(Invoice).where(Invoice.total == PART)).one()
    use = f"/f/aoba/payments/credit/{office.key(office.world.venture)}"
    assert "¥101,730" in words(clerk.get(use))
    form = {"invoice": again.number, "amount": str(PART), "held": str(WHOLE)}
    assert "¥29,533 of the credit now settles" in words(clerk.post(use, form))
    clerk.post(use, form, status=422)
    balance = queries.balances_of(office.world.venture.id, TODAY)
    assert (balance.open, balance.credit) == (0, WHOLE - PART)
    assert queries.audit() == []


def test_the_venture_sees_that_what_it_paid_became_its_credit(office):
    take_back(office.invoice)
    owner = office.as_("owner")
    page = owner.get(office.own(office.invoice))
    assert "Credited" in words(page.select_one("#pay header"))
    assert "¥101,730 paid for this invoice became your credit." in words(page.select_one("#pay"))
    assert "¥101,730 paid became credit" in words(page.select_one("[aria-labelledby=state]"))
    page = owner.follow("See your credit")
    assert "¥101,730" in words(page.select_one("[aria-labelledby=credit]"))
    receipt = f"/v/{office.key(office.world.venture)}/receipts/{office.key(office.payment)}"
    assert page.find("a", href=receipt)


def test_a_payment_shows_what_it_settled_and_that_this_is_credit_again(office):
    note = take_back(office.invoice)
    clerk = office.as_("clerk")
    page = clerk.get(office.at("payments", office.payment))
    assert f"Taken back with {note.number}: credit again" in words(page)
    assert "¥101,730 is kept as credit." in words(page)
    page = clerk.get("/f/aoba/payments")
    assert words(page.select_one("tbody s")) == office.invoice.number
    assert "Credit ¥101,730" in words(page)
    said = words(clerk.get(office.at("payments", office.payment, "/reverse")).aside)
    assert office.invoice.number not in said
    assert "Customer credit ¥101,730" in said
    books = words(clerk.get(office.at("invoices", note)).select_one("[aria-labelledby=books]"))
    assert "Receivable ¥101,730" in books
    assert "Customer credit ¥101,730" in books


@pytest.mark.parametrize("credited", [True, False])
def test_a_reversal_says_that_something_is_open_again_only_where_it_is(office, credited):
    if credited:
        take_back(office.invoice)
    page = office.as_("clerk").post(
        office.at("payments", office.payment, "/reverse"),
        {"cause": "mistake", "on_day": str(TODAY), "reason": "x"},
    )
    assert "The payment is reversed." in words(page)
    assert ("is open again" in words(page)) is not credited


def test_of_a_payment_that_was_reversed_nothing_becomes_credit(office):
    clerk = office.as_("clerk")
    clerk.post(
        office.at("payments", office.payment, "/reverse"),
        {"cause": "mistake", "on_day": str(TODAY), "reason": "x"},
    )
    page = clerk.get(office.at("invoices", office.invoice, "/credit"))
    assert "of this invoice is paid" not in words(page)
    take_back(office.invoice)
    assert "became credit" not in words(clerk.get(office.at("invoices", office.invoice))).lower()
    owner = office.as_("owner")
    assert "became your credit" not in words(owner.get(office.own(office.invoice)))


def test_money_of_the_funder_is_named_before_anybody_approves(office):
    reverse = {"cause": "mistake", "on_day": str(TODAY), "reason": "x"}
    clerk = office.as_("clerk")
    clerk.post(office.at("payments", office.payment, "/reverse"), reverse)
    office.pay(30_000, method=PaymentMethod.SUBSIDY)
    office.pay(1_730)
    said = words(clerk.get(office.at("invoices", office.invoice, "/credit")).main)
    assert "¥31,730 of this invoice is paid" in said
    assert "¥30,000 of it came from the funder" in said


@pytest.mark.parametrize("role", ["clerk", "owner"])
def test_these_pages_speak_japanese(office, role):
    take_back(office.invoice)
    office.browser.client.set_cookie("incubator_language", "ja")
    browser = office.as_(role)
    if role == "owner":
        assert "前受金になりました" in words(browser.get(office.own(office.invoice)))
        return
    assert "入金済みの101,730円を前受金へ" in words(
        browser.get(office.at("invoices", office.invoice))
    )
    assert "前受金に戻しました" in words(browser.get(office.at("payments", office.payment)))
