"""Credit that a funder's payment left settles what a funder pays, and nothing else (§3.3)."""

import pytest

from incubator.billing.actions.pay import CreditUse, use_credit
from incubator.billing.models import PaymentMethod
from incubator.billing.queries import audit as violations
from incubator.billing.queries import credit_of, open_amount
from incubator.billing.queries.funded import shared
from incubator.billing.queries.payments import funded_of
from incubator.core import clock
from incubator.core.days import add_months, month_of
from incubator.core.db import db
from incubator.core.errors import RuleBroken
from incubator.core.outbox import OutboxMail
from incubator.web.keys import shuffle
from tests.factories.base import actor_of
from tests.factories.billing import bill, take_back
from tests.factories.payments import make_invoice
from tests.manners import words
from tests.web.test_funder_pays import Tenancy


class Office(Tenancy):
    """The invoice of TV-015, of which the city paid ¥50,000 and the venture ¥134,800, is credited.

    A plain invoice of ¥40,000 and the next month's, which the city pays ¥50,000 of, are open.
    """

    def __init__(self, app, browser):
        super().__init__(app, browser)
        self.record(50_000, PaymentMethod.SUBSIDY)
        self.record(134_800, PaymentMethod.BANK)
        take_back(self.invoice, now=clock.now(), today=self.today)
        self.plain = make_invoice(self.facility, self.venture, 44_000, self.today)
        month = add_months(month_of(self.today), 1)
        (self.next,) = bill(self.facility, month, today=self.today, now=clock.now())
        db.session.expire_all()

    def use(self, invoice, amount):
        details = CreditUse(self.facility.id, self.venture.id, invoice.id, amount)
        return use_credit(details, actor=actor_of(self.clerk), now=clock.now(), today=self.today)

    def credit(self):
        venture, here = self.venture.id, self.facility.id
        return credit_of(venture, here), funded_of(venture, here)

    def page(self, rest=""):
        self.browser.sign_in(self.clerk)
        key = shuffle(self.venture.id, self.app.config["URL_SECRET"])
        return self.browser.get(f"/f/aoba/payments/credit/{key}{rest}")


@pytest.fixture
def office(app, browser):
    return Office(app, browser)


def test_each_part_of_an_invoice_is_settled_with_the_money_of_whoever_pays_it(office):
    assert office.credit() == (184_800, 50_000)
    office.use(office.plain, 44_000)
    assert office.credit() == (140_800, 50_000)
    office.use(office.next, 140_800)
    assert office.credit() == (0, 0)
    left = open_amount(office.next.id)
    assert left == 44_000
    assert shared({office.next.id: left}) == {}
    assert violations() == []


def test_a_part_of_it_is_the_funders_first(office):
    office.use(office.next, 30_000)
    assert office.credit() == (154_800, 20_000)
    office.use(office.next, 30_000)
    assert office.credit() == (124_800, 0)


def test_a_funders_money_settles_nothing_that_no_funder_pays(office):
    dear = make_invoice(office.facility, office.venture, 154_000, office.today)
    with pytest.raises(RuleBroken) as refused:
        office.use(dear, 134_801)
    assert "Only ¥134,800 of the credit can be used for this invoice" in str(refused.value)
    office.use(dear, 134_800)
    assert office.credit() == (50_000, 50_000)
    with pytest.raises(RuleBroken, match="Only ¥0 of the credit"):
        office.use(office.plain, 1)
    office.use(office.next, 50_000)
    assert office.credit() == (0, 0)


def test_the_page_says_what_is_the_funders_and_proposes_no_more_than_can_be_used(office):
    page = office.page()
    assert "¥50,000 of it is a funder’s money" in words(page.aside)
    assert page.select_one("#amount")["value"] == "44000"


def test_who_pays_credit_back_reads_what_of_it_is_the_funders(office):
    page = office.page("/refund")
    assert "¥50,000 of it is a funder’s money" in words(page.aside)
    assert page.select_one("#amount")["value"] == "134800"
    asked = office.browser.post(
        page.select_one("main form")["action"], {"amount": "150000", "paid_to": "x"}
    )
    assert "¥15,200 of this repayment is a funder’s money" in words(asked.main)


def test_the_mail_offers_the_venture_its_own_part_only(office):
    asked = db.select(OutboxMail.body).where(OutboxMail.template == "invoice_credited")
    (body,) = db.session.scalars(asked)
    assert "is your credit now: ¥134,800. Tell us which invoice to use it for" in body
    assert "kept for what the funder pays: ¥50,000." in body
    assert "¥184,800. Tell us" not in body
