"""A page to pay on is closed once its invoice was settled or cancelled in another way."""

import pytest

from incubator.billing.actions.checkout import note_session, start_checkout
from incubator.billing.actions.pay import PaymentDetails, record_payment
from incubator.billing.gateway import Order, StripePayments, Unavailable
from incubator.billing.models import Checkout, CheckoutState
from incubator.cli.fake_stripe import serve_fake
from incubator.core.access import Role
from incubator.core.db import db, transaction
from incubator.core.settings import Settings
from incubator.jobs.cards import close_pages
from incubator.jobs.worker import Worker
from tests import stripe_fake
from tests.factories.base import actor_of, make_person
from tests.factories.billing import take_back
from tests.factories.payments import NOW, TODAY, make_desk, make_invoice
from tests.stripe_fake import QuickCards

PAGES_AT = "https://checkout.stripe.com/"


class Till:
    """An invoice for which a page to pay on is open."""

    def __init__(self, session_id="cs_1", url=f"{PAGES_AT}c/1"):
        self.desk = make_desk()
        self.invoice = make_invoice(self.desk.facility, self.desk.venture, 11_000, TODAY)
        owner = make_person(Role.OWNER, venture=self.desk.venture)
        started = start_checkout(
            self.invoice, person_id=owner.id, actor=actor_of(owner), now=NOW, pages_at=PAGES_AT
        )
        db.session.flush()
        self.checkout = note_session(started.checkout.id, session_id, url)
        db.session.commit()

    def pay_by_bank(self, amount=11_000):
        details = PaymentDetails(self.desk.facility.id, self.desk.venture.id, amount, TODAY)
        record_payment(details, actor=self.desk.clerk, now=NOW, today=TODAY)
        db.session.commit()

    def cancel(self):
        take_back(self.invoice, now=NOW, today=TODAY)
        db.session.commit()

    @property
    def state(self):
        return db.session.get_one(Checkout, self.checkout.id).state


@pytest.fixture
def cards():
    return QuickCards()


@pytest.fixture
def till(app):
    return Till()


@pytest.mark.parametrize("otherwise", [Till.pay_by_bank, Till.cancel, lambda t: t.pay_by_bank(1)])
def test_a_page_that_asks_for_too_much_is_closed_once(till, cards, otherwise):
    assert close_pages(cards, PAGES_AT) == 0
    otherwise(till)
    assert [close_pages(cards, PAGES_AT), close_pages(cards, PAGES_AT)] == [1, 0]
    assert cards.closed == ["cs_1"]
    assert till.state is CheckoutState.EXPIRED


def test_a_service_that_is_away_is_asked_again(till, cards):
    till.pay_by_bank()
    close, seen = cards.close_page, []

    def away(_session_id):
        seen.append(db.session().in_transaction())
        raise Unavailable("away")

    cards.close_page = away
    assert close_pages(cards, PAGES_AT) == 0
    assert (seen, till.state) == ([False], CheckoutState.OPEN)
    cards.close_page = close
    assert close_pages(cards, PAGES_AT) == 1


def test_what_was_paid_while_it_was_closed_stays_paid(till, cards):
    till.pay_by_bank()

    def close_page(_session_id):
        with transaction():
            till.checkout.state = CheckoutState.PAID

    cards.close_page = close_page
    close_pages(cards, PAGES_AT)
    assert till.state is CheckoutState.PAID


def test_a_service_that_is_gone_is_not_asked(till, cards):
    till.pay_by_bank()
    assert close_pages(cards, "http://127.0.0.1:1") == 0
    assert cards.closed == []


def test_the_worker_closes_it_at_the_service(fresh_app):
    fake = serve_fake(0, "http://127.0.0.1:9/stripe/webhook", stripe_fake.SECRET)
    known = fresh_app.config["SETTINGS"]
    here = {"home": known.home, "database_url": known.database_url, "secret_key": "x"}
    order = Order(7, "key", 11_000, "JPY", "1", "1", "http://localhost/", "http://localhost/")
    page = StripePayments(stripe_fake.KEY, fake.base).open_page(order)
    with fresh_app.app_context():
        Till(page.session_id, page.url).pay_by_bank()
    for base, status in (("", "open"), (fake.base, "expired")):
        fresh_app.config["SETTINGS"] = Settings(**here, stripe_api_base=base)
        worker = Worker(fresh_app)
        worker.renew()
        worker.cards()
        worker.stop()
        assert fake.service.get(page.session_id, "checkout.session")["status"] == status
    fake.stop()
