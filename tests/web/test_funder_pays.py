"""A funder pays a part of the rent to the facility: the invoice stays whole (domain.md §3.3)."""

from datetime import timedelta

import pytest

from incubator.billing.actions.pay import PaymentDetails, record_payment
from incubator.billing.actions.remind import remind_overdue
from incubator.billing.actions.reverse import ReversalDetails, reverse_payment
from incubator.billing.models import Checkout, PaymentMethod, ReversalCause
from incubator.billing.queries import open_amount
from incubator.core import clock
from incubator.core.access import Actor, Role
from incubator.core.days import add_months, month_of
from incubator.core.db import db
from incubator.core.outbox import OutboxMail
from incubator.leases.rules import Delivery, Method
from incubator.web.keys import shuffle
from tests.factories.base import (
    actor_of,
    make_facility,
    make_floor,
    make_lease,
    make_person,
    make_unit,
    make_venture,
    second_year,
)
from tests.factories.billing import bill
from tests.factories.leases import grant_programme, make_programme
from tests.manners import words
from tests.stripe_fake import event, session, signed
from tests.vectors import VECTORS

FACTS = VECTORS["TV-015"]["inputs"]
LINE = "The funder (City grant) pays ¥50,000 of this to the facility; you pay ¥134,800."


class Tenancy:
    """A venture with the invoice of TV-015: ¥168,000 and tax, of which the city pays ¥50,000."""

    def __init__(self, app, browser, delivery=Delivery.LANDLORD_AGENT):
        self.app, self.browser = app, browser
        self.today = clock.today()
        self.facility = make_facility("aoba")
        unit = make_unit(
            self.facility, make_floor(self.facility), list_rent=FACTS["rent_ex_tax"], common_fee=0
        )
        self.venture = make_venture(self.facility)
        self.owner = make_person(Role.OWNER, venture=self.venture)
        self.clerk = make_person(Role.CLERK, facility=self.facility)
        city = make_programme(
            self.facility,
            name="市の補助",
            name_en="City grant",
            method=Method.FIXED,
            steps=[{"months": 0, "rate": FACTS["subsidy"]}],
            delivery=delivery,
        )
        grant_programme(make_lease(unit, self.venture, **second_year()), city)
        db.session.expire_all()
        (self.invoice,) = bill(
            self.facility, month_of(self.today), today=self.today, now=clock.now()
        )

    def record(self, amount, method, invoices=None):
        chosen = invoices or (self.invoice.id,)
        details = PaymentDetails(
            self.facility.id, self.venture.id, amount, self.today, method, chosen
        )
        return record_payment(
            details, actor=actor_of(self.clerk), now=clock.now(), today=self.today
        )

    def own(self, rest=""):
        venture, invoice = (
            shuffle(each, self.app.config["URL_SECRET"])
            for each in (self.venture.id, self.invoice.id)
        )
        return f"/v/{venture}/invoices/{invoice}{rest}"

    def seen_by_owner(self, rest=""):
        self.browser.sign_in(self.owner)
        return words(self.browser.get(self.own(rest)).main)

    def home(self):
        self.browser.sign_in(self.owner)
        return words(self.browser.get(self.own().partition("invoices")[0]).main)

    def office(self):
        self.browser.sign_in(self.clerk)
        return words(self.browser.get(f"/f/aoba/invoices/{self.own().split('/')[-1]}").main)


@pytest.fixture
def tenancy(app, browser):
    return Tenancy(app, browser)


def test_the_invoice_is_whole_and_everybody_reads_who_pays_what(tenancy, cards):
    assert tenancy.invoice.total == 184_800
    for seen in (tenancy.seen_by_owner(), tenancy.home()):
        assert "¥184,800" in seen
        assert LINE in seen
    assert "Pay ¥134,800" in tenancy.seen_by_owner()
    assert "Pay ¥184,800" not in tenancy.seen_by_owner()
    assert (
        "Of what is open, the funder (City grant) pays ¥50,000 to the facility"
        " and the venture ¥134,800." in tenancy.office()
    )
    tenancy.browser.sign_in(tenancy.owner)
    listed = words(tenancy.browser.get(tenancy.own().rpartition("/")[0]).main)
    assert "¥50,000 of it is paid by a funder" in listed


@pytest.mark.parametrize("delivery", [Delivery.TENANT_REIMBURSE, Delivery.RENT_REDUCTION])
def test_no_funder_is_named_where_none_pays_the_facility(app, browser, cards, delivery):
    tenancy = Tenancy(app, browser, delivery)
    paid = VECTORS["TV-015"]["expected"][delivery.value.upper()]["tenant_pays"]
    assert f"Pay ¥{paid:,}" in tenancy.seen_by_owner()
    assert "he funder (" not in tenancy.seen_by_owner() + tenancy.home() + tenancy.office()


def test_the_card_pays_the_own_part_and_the_rest_is_awaited(tenancy, cards):
    tenancy.browser.sign_in(tenancy.owner)
    tenancy.browser.fetch(tenancy.own("/pay"), 303, method="POST", redirects=False)
    checkout = db.session.scalars(db.select(Checkout)).one()
    assert [order.amount for order in cards.orders] == [checkout.amount] == [134_800]
    told = session(checkout.id, 134_800, id=checkout.session_id)
    tenancy.browser.fetch("/stripe/webhook", method="POST", **signed(event(told)))
    assert open_amount(tenancy.invoice.id) == 50_000
    awaited = "The funder (City grant) pays this ¥50,000 to the facility; nothing is left"
    assert awaited in tenancy.seen_by_owner("/returned")
    seen = tenancy.seen_by_owner()
    assert awaited in seen
    assert "Pay ¥" not in seen
    assert "Go to payment" not in seen + tenancy.home()
    page = tenancy.browser.post(tenancy.own("/pay"))
    assert "nothing is left for you to pay" in words(page)
    assert len(cards.orders) == 1


def test_nobody_is_reminded_of_what_the_funder_is_to_pay(tenancy):
    tenancy.facility.reminder_days = "3, 10"

    def reminded(days):
        late = tenancy.invoice.due_on + timedelta(days=days)
        by = {"actor": Actor(None, "nightly"), "now": clock.now(), "today": late}
        remind_overdue(tenancy.facility, **by)
        asked = db.select(OutboxMail.subject).where(OutboxMail.template == "invoice_overdue")
        return db.session.scalars(asked).all()

    (subject,) = reminded(3)
    assert "¥134,800 was due" in subject
    tenancy.record(134_800, PaymentMethod.BANK)
    assert reminded(10) == [subject]


def test_what_the_funder_has_paid_is_not_said_again(tenancy, cards):
    came = tenancy.record(50_000, PaymentMethod.SUBSIDY)
    seen = tenancy.seen_by_owner()
    assert "Pay ¥134,800" in seen
    assert "he funder (" not in seen + tenancy.home() + tenancy.office()
    reverse_payment(
        came,
        ReversalDetails(tenancy.today, ReversalCause.MISTAKE, "Another invoice"),
        actor=actor_of(tenancy.clerk),
        now=clock.now(),
        today=tenancy.today,
    )
    assert LINE in tenancy.seen_by_owner()


def test_what_the_funder_has_paid_in_part_is_awaited_in_part(tenancy, cards):
    tenancy.record(20_000, PaymentMethod.SUBSIDY)
    tenancy.record(100_000, PaymentMethod.BANK)
    seen = tenancy.seen_by_owner()
    assert "pays ¥30,000 of this to the facility; you pay ¥34,800." in seen
    assert "Pay ¥34,800" in seen


@pytest.mark.parametrize(
    ("method", "each", "other"),
    [
        (PaymentMethod.SUBSIDY, 50_000, PaymentMethod.BANK),
        (PaymentMethod.BANK, 134_800, PaymentMethod.SUBSIDY),
    ],
)
def test_of_two_invoices_everybody_pays_the_own_part(tenancy, method, each, other):
    month = add_months(month_of(tenancy.today), 1)
    (later,) = bill(tenancy.facility, month, today=tenancy.today, now=clock.now())
    both, rest = (tenancy.invoice.id, later.id), 184_800 - each
    tenancy.record(2 * each, method, both)
    assert [open_amount(invoice_id) for invoice_id in both] == [rest, rest]
    tenancy.record(rest + 1_000, other, both)
    assert [open_amount(invoice_id) for invoice_id in both] == [0, rest - 1_000]
