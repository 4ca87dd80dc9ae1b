"""Card payments: each once, in any order, and nothing lost."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import permutations
from queue import Empty, SimpleQueue
from random import Random
from threading import Barrier, Thread
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from incubator.billing.actions.checkout import (
    note_session,
    set_event_aside,
    settle_event,
    start_checkout,
    take_event,
)
from incubator.billing.actions.pay import PaymentDetails, record_payment
from incubator.billing.actions.reverse import ReversalDetails, reverse_payment
from incubator.billing.gateway import Forged, Order, StripePayments, Unavailable, read_event
from incubator.billing.models import (
    Checkout,
    CheckoutState,
    Payment,
    PaymentMethod,
    ReversalCause,
    WebhookEvent,
)
from incubator.billing.queries import audit as violations
from incubator.billing.queries import cards as queries
from incubator.billing.queries import credit_of, open_amount
from incubator.billing.rules.card import CardEvent, Mismatch, Outcome
from incubator.cli.fake_stripe import serve_fake
from incubator.core.access import Actor, Held, Role
from incubator.core.db import db, transaction
from incubator.core.errors import NotAllowed, RuleBroken
from tests import stripe_fake
from tests.factories.base import make_person
from tests.factories.payments import NOW, TODAY, make_desk, make_invoice
from tests.stripe_fake import SECRET, charge, dispute, event, intent, session, signed
from tests.vectors import VECTORS

DUE = date(2026, 11, 30)


class Shop:
    """A venture with an open invoice and somebody who pays it."""

    def __init__(self, total: int = 11_000) -> None:
        self.desk = make_desk()
        self.person = make_person(Role.OWNER, venture=self.desk.venture)
        self.owner = Actor(
            self.person.id,
            self.person.name,
            (Held(Role.OWNER, organisation_id=self.desk.venture.id),),
        )
        self.invoice = make_invoice(self.desk.facility, self.desk.venture, total, DUE)

    def start(self, now: datetime = NOW):
        return start_checkout(
            self.invoice, person_id=self.person.id, actor=self.owner, now=now
        ).checkout

    def begun(self) -> Checkout:
        checkout = self.start()
        db.session.flush()
        return note_session(checkout.id, f"cs_{checkout.id}", "https://checkout.stripe.com/x")

    def payments(self) -> list[Payment]:
        return list(db.session.scalars(db.select(Payment).order_by(Payment.id)))


def told(about, kind="checkout.session.completed", **facts) -> CardEvent:
    send = signed(event(about, kind, **facts))
    return read_event(send["data"].encode(), send["headers"]["Stripe-Signature"], SECRET)


def take(card_event: CardEvent) -> Outcome:
    return take_event(card_event, live=False, now=NOW)


@pytest.fixture
def shop():
    return Shop()


def paid(checkout, amount=None, **facts):
    about = {"id": checkout.session_id, **facts}
    return session(checkout.id, amount or checkout.amount, **about)


def test_a_card_payment_settles_its_invoice(shop):
    checkout = shop.begun()
    assert take(told(paid(checkout, payment_intent="pi_a"))) is Outcome.APPLIED
    (payment,) = shop.payments()
    assert (payment.amount, payment.method, payment.external_id) == (
        11_000,
        PaymentMethod.CARD,
        "pi_a",
    )
    assert open_amount(shop.invoice.id) == 0
    assert checkout.state is CheckoutState.PAID
    assert violations() == []


YEN = VECTORS["TV-093"]


@pytest.mark.parametrize("total", [550, YEN["inputs"]["invoice_total"]])
def test_500_yen_is_500(total):
    shop = Shop(total)
    assert shop.begun().amount == total
    assert shop.start().currency == "JPY"


def test_five_deliveries_of_two_events_are_one_payment(shop):
    checkout = shop.begun()
    of_session = told(paid(checkout, payment_intent="pi_a"))
    of_intent = told(intent(checkout.id, 11_000, id="pi_a"), "payment_intent.succeeded")
    outcomes = [take(each) for each in (of_intent, of_session) * 5]
    assert outcomes == [Outcome.APPLIED] + [Outcome.DUPLICATE] * 9
    assert len(shop.payments()) == 1


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_order_of_events_does_not_matter(order):
    shop = Shop()
    checkout = shop.begun()
    events = [
        told(
            session(
                checkout.id,
                11_000,
                id=checkout.session_id,
                payment_status="unpaid",
                payment_intent=None,
            )
        ),
        told(
            intent(checkout.id, 0, status="requires_payment_method"),
            "payment_intent.payment_failed",
        ),
        told(paid(checkout, payment_intent="pi_a"), "checkout.session.async_payment_succeeded"),
        told(
            session(checkout.id, 11_000, id=checkout.session_id, payment_status="unpaid"),
            "checkout.session.expired",
        ),
    ]
    for at in order:
        take(events[at])
    assert [payment.amount for payment in shop.payments()] == [11_000]
    assert checkout.state is CheckoutState.PAID
    assert violations() == []


def test_more_than_is_open_becomes_credit(shop):
    checkout = shop.begun()
    details = PaymentDetails(shop.desk.facility.id, shop.desk.venture.id, 10_000, TODAY)
    record_payment(details, actor=shop.desk.clerk, now=NOW, today=TODAY)
    make_invoice(shop.desk.facility, shop.desk.venture, 22_000, DUE)
    assert take(told(paid(checkout))) is Outcome.APPLIED
    assert open_amount(shop.invoice.id) == 0
    assert credit_of(shop.desk.venture.id) == 10_000
    assert violations() == []


@pytest.mark.parametrize(
    ("facts", "about", "why"),
    [
        ({}, {"metadata": {}}, Mismatch.UNKNOWN),
        ({}, {"metadata": {"checkout": "999999"}}, Mismatch.UNKNOWN),
        ({}, {"metadata": {"checkout": "1; DROP"}}, Mismatch.UNKNOWN),
        ({}, {"id": "cs_other"}, Mismatch.SESSION),
        ({}, {"currency": "usd"}, Mismatch.CURRENCY),
        ({}, {"amount_total": 1_100_000}, Mismatch.AMOUNT),
        ({"livemode": True}, {}, Mismatch.MODE),
        ({"account": "acct_1"}, {}, Mismatch.ACCOUNT),
    ],
)
def test_what_finds_no_invoice_waits_for_the_clerk(shop, facts, about, why):
    checkout = shop.begun()
    card_event = told(paid(checkout, **about), **facts)
    assert take(card_event) is Outcome.UNMATCHED
    assert take(card_event) is Outcome.DUPLICATE
    assert shop.payments() == []
    (found,) = queries.unmatched_events(shop.desk.facility.id)
    assert found.why is why
    assert open_amount(shop.invoice.id) == 11_000


def settle(shop, found):
    details = PaymentDetails(
        shop.desk.facility.id,
        shop.desk.venture.id,
        found.amount,
        TODAY,
        method=PaymentMethod.CARD,
        invoices=(shop.invoice.id,),
        external_id=found.payment_id,
    )
    settle_event(found.event, details, actor=shop.desk.clerk, now=NOW, today=TODAY)


def test_the_clerk_says_where_a_card_payment_belongs(shop):
    take(told(session(None, 11_000, payment_intent="pi_x")))
    take(told(intent(None, 11_000, id="pi_x"), "payment_intent.succeeded"))
    (found,) = queries.unmatched_events(shop.desk.facility.id)
    settle(shop, found)
    assert open_amount(shop.invoice.id) == 0
    assert queries.unmatched_events(shop.desk.facility.id) == []
    with pytest.raises(RuleBroken):
        settle(shop, found)
    assert (
        take(told(intent(None, 11_000, id="pi_x"), "payment_intent.succeeded")) is Outcome.DUPLICATE
    )


BACK = pytest.mark.parametrize(
    ("kind", "about", "why"),
    [
        ("charge.refunded", charge, Mismatch.REFUNDED),
        ("charge.dispute.created", dispute, Mismatch.DISPUTED),
    ],
)


@BACK
def test_money_that_goes_back_waits_for_the_clerk_until_the_payment_is_reversed(
    shop, kind, about, why
):
    take(told(paid(shop.begun(), payment_intent="pi_a")))
    take(told(about("pi_a", 4_000), kind))
    take(told(about("pi_a", 11_000), kind))
    (found,) = queries.unmatched_events(shop.desk.facility.id)
    assert (found.why, found.amount, found.goes_back) == (why, 4_000, True)
    assert [one.amount for one in found.later] == [11_000]
    assert queries.unmatched_events(make_desk().facility.id) == []
    assert open_amount(shop.invoice.id) == 0
    reverse(shop, ReversalCause.RETURNED)
    assert open_amount(shop.invoice.id) == 11_000
    take(told(about("pi_a", 11_000), kind))
    assert queries.unmatched_events(shop.desk.facility.id) == []
    assert take(told(intent(None, 11_000, id="pi_a"), "payment_intent.succeeded")) is (
        Outcome.DUPLICATE
    )
    assert violations() == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
@BACK
def test_money_that_goes_back_waits_whatever_was_told_first(kind, about, why, order):
    shop = Shop()
    checkout = shop.begun()
    events = [
        told(about("pi_a", 11_000), kind),
        told(intent(checkout.id, 11_000, id="pi_a"), "payment_intent.succeeded"),
        told(paid(checkout, payment_intent="pi_a")),
    ]
    for at in order:
        take(events[at])
    assert [payment.amount for payment in shop.payments()] == [11_000]
    (found,) = queries.unmatched_events(shop.desk.facility.id)
    assert (found.why, found.goes_back, found.later) == (why, True, [])
    assert queries.unmatched_event(shop.desk.facility.id, found.event.id).why is why


@pytest.mark.parametrize("refund_first", [True, False])
def test_what_goes_back_of_a_payment_that_waits_is_seen_with_it_and_after_it(shop, refund_first):
    here = shop.desk.facility.id
    events = [
        told(charge("pi_x", 4_000), "charge.refunded"),
        told(intent(None, 11_000, id="pi_x"), "payment_intent.succeeded"),
    ]
    for each in events if refund_first else reversed(events):
        take(each)
    for cause in (ReversalCause.MISTAKE, ReversalCause.RETURNED):
        (found,) = queries.unmatched_events(here)
        assert (found.goes_back, found.amount, found.is_gone) == (False, 11_000, False)
        assert [one.why for one in found.later] == [Mismatch.REFUNDED]
        settle(shop, found)
        (found,) = queries.unmatched_events(here)
        assert (found.goes_back, found.amount, found.why) == (True, 4_000, Mismatch.REFUNDED)
        reverse(shop, cause)
    assert queries.unmatched_events(here) == []
    assert violations() == []


def test_a_payment_that_was_refunded_whole_is_taken_off_the_list_with_its_refund(shop):
    here = shop.desk.facility.id
    take(told(intent(None, 11_000, id="pi_x"), "payment_intent.succeeded"))
    take(told(charge("pi_x", 11_000), "charge.refunded"))
    (found,) = queries.unmatched_events(here)
    assert found.is_gone
    set_event_aside(
        found.event, facility_id=here, reason="refunded", actor=shop.desk.clerk, now=NOW
    )
    late = told(session(None, 11_000, payment_intent="pi_x"))
    assert take(late) is Outcome.DUPLICATE
    assert queries.unmatched_events(here) == []


def test_a_second_word_on_a_payment_that_finds_its_invoice_leaves_nothing_to_do(shop):
    checkout = shop.begun()
    take(told(paid(checkout, id="cs_other", payment_intent="pi_a")))
    take(told(intent(checkout.id, 11_000, id="pi_a"), "payment_intent.succeeded"))
    assert [payment.amount for payment in shop.payments()] == [11_000]
    assert queries.unmatched_events(shop.desk.facility.id) == []


def reverse(shop, cause):
    details = ReversalDetails(TODAY, cause, "why")
    reverse_payment(shop.payments()[-1], details, actor=shop.desk.clerk, now=NOW, today=TODAY)


def test_a_card_payment_is_recorded_again_as_often_as_it_was_reversed(shop):
    take(told(paid(shop.begun(), payment_intent="pi_a")))
    for count in (1, 2, 3):
        assert [one.external_id for one in shop.payments()][1:] == [
            f"pi_a#{number}" for number in range(2, count + 1)
        ]
        reverse(shop, ReversalCause.MISTAKE)
        (found,) = queries.unmatched_events(shop.desk.facility.id)
        assert (found.why, found.goes_back, found.amount) == (Mismatch.REVERSED, False, 11_000)
        settle(shop, found)
        assert open_amount(shop.invoice.id) == 0
    assert queries.unmatched_events(shop.desk.facility.id) == []
    assert violations() == []


def test_a_card_payment_that_is_not_ours_is_set_aside_with_a_reason(shop):
    take(told(session(None, 500)))
    (found,) = queries.unmatched_events(shop.desk.facility.id)
    where = {"facility_id": shop.desk.facility.id, "actor": shop.desk.clerk, "now": NOW}
    with pytest.raises(RuleBroken):
        set_event_aside(found.event, reason=" ", **where)
    set_event_aside(found.event, reason="another shop", **where)
    assert queries.unmatched_events(shop.desk.facility.id) == []
    with pytest.raises(NotAllowed):
        set_event_aside(found.event, reason="x", **{**where, "actor": shop.owner})


def test_what_does_not_concern_us_is_kept_and_ignored(shop):
    assert take(told({"id": "cus_1", "object": "customer"}, "customer.created")) is Outcome.IGNORED
    assert take(told(session(None, 5), "checkout.session.expired")) is Outcome.IGNORED
    assert db.session.scalar(db.select(db.func.count()).select_from(WebhookEvent)) == 2


def test_a_page_that_ran_out_can_be_opened_anew(shop):
    checkout = shop.begun()
    expired = session(checkout.id, 11_000, id=checkout.session_id, payment_status="unpaid")
    assert take(told(expired, "checkout.session.expired")) is Outcome.ENDED
    assert checkout.state is CheckoutState.EXPIRED
    assert shop.start().id != checkout.id


def test_a_doubled_click_opens_one_page(shop):
    first = shop.begun()
    again = start_checkout(shop.invoice, person_id=shop.person.id, actor=shop.owner, now=NOW)
    assert again.checkout.id == first.id
    assert again.checkout.url
    assert again.superseded == ()


def test_after_a_part_was_paid_the_old_page_is_closed(shop):
    first = shop.begun()
    details = PaymentDetails(shop.desk.facility.id, shop.desk.venture.id, 1_000, TODAY)
    record_payment(details, actor=shop.desk.clerk, now=NOW, today=TODAY)
    again = start_checkout(shop.invoice, person_id=shop.person.id, actor=shop.owner, now=NOW)
    assert again.superseded == (first.session_id,)
    assert again.checkout.amount == 10_000
    assert first.state is CheckoutState.EXPIRED


def test_a_page_of_yesterday_is_not_offered_again(shop):
    first = shop.begun()
    assert shop.start(NOW + timedelta(days=1)).id != first.id


def test_a_page_of_a_service_that_is_gone_is_not_offered_again(shop):
    first = shop.begun()
    who = {"person_id": shop.person.id, "actor": shop.owner, "now": NOW}
    again = start_checkout(shop.invoice, pages_at="http://127.0.0.1:1", **who)
    assert again.checkout.id != first.id
    assert again.superseded == (first.session_id,)


def test_only_the_venture_pays_its_invoice(shop):
    with pytest.raises(NotAllowed):
        start_checkout(shop.invoice, person_id=1, actor=shop.desk.clerk, now=NOW)
    take(told(paid(shop.begun())))
    with pytest.raises(RuleBroken):
        shop.start()


@pytest.mark.parametrize(
    "spoil",
    [
        {"data": "{}"},
        {"headers": {"Stripe-Signature": ""}},
        {"headers": {"Stripe-Signature": "t=1,v1=00"}},
    ],
)
def test_what_is_not_signed_is_refused(spoil):
    send = {**signed(event(session(1, 500))), **spoil}
    with pytest.raises(Forged):
        read_event(send["data"].encode(), send["headers"]["Stripe-Signature"], SECRET)


@pytest.mark.parametrize(("secret", "age"), [("whsec_other", 0), (SECRET, 600)])
def test_what_is_forged_or_stale_is_refused(secret, age):
    send = signed(event(session(1, 500)), secret, age)
    with pytest.raises(Forged):
        read_event(send["data"].encode(), send["headers"]["Stripe-Signature"], SECRET)
    with pytest.raises(Forged):
        read_event(send["data"].encode(), send["headers"]["Stripe-Signature"], "")


@pytest.mark.parametrize(
    "body", [b"\xff", b"[]", b'{"id": "evt"}', b'{"id":1,"type":2,"created":"x"}']
)
def test_what_makes_no_sense_is_refused(body):
    signature = stripe_fake.stripe.WebhookSignature.generate_signature_header(
        payload=body.decode("latin-1"), secret=SECRET
    )
    with pytest.raises(Forged):
        read_event(body, signature, SECRET)


def order(**facts) -> Order:
    facts = {
        "checkout_id": 7,
        "key": "checkout-7",
        "amount": 500,
        "currency": "JPY",
        "title": "請求書 AOBA-2026-00001",
        "reference": "AOBA-2026-00001",
        "success_url": "http://localhost/ok",
        "cancel_url": "http://localhost/no",
        **facts,
    }
    return Order(**facts)


@pytest.fixture
def fake():
    server = serve_fake(0, "http://127.0.0.1:9/stripe/webhook", SECRET)
    yield server
    server.stop()


def test_yen_are_sent_as_they_are(fake):
    """TV-093."""
    page = StripePayments(stripe_fake.KEY, fake.base).open_page(
        order(amount=YEN["inputs"]["invoice_total"])
    )
    sent = fake.service.get(page.session_id, "checkout.session")
    assert (sent["amount_total"], sent["currency"]) == (
        YEN["expected"]["stripe_amount"],
        YEN["inputs"]["currency"],
    )


def test_the_real_client_speaks_with_the_stand_in(fake):
    cards = StripePayments(stripe_fake.KEY, fake.base)
    page = cards.open_page(order())
    assert cards.open_page(order()) == page
    assert fake.service.get(page.session_id, "checkout.session")["amount_total"] == 500
    with pytest.raises(Unavailable):
        cards.open_page(order(amount=600))
    with pytest.raises(Unavailable):
        cards.open_page(order(key="other", amount=49))
    cards.close_page(page.session_id)
    assert fake.service.get(page.session_id, "checkout.session")["status"] == "expired"
    cards.close_page(page.session_id)
    with pytest.raises(Unavailable):
        StripePayments("sk_live_x", fake.base).open_page(order(key="third"))


def test_a_service_that_is_away_is_said_so():
    with pytest.raises(Unavailable):
        StripePayments(stripe_fake.KEY, "http://127.0.0.1:9").open_page(order())


def test_the_stand_in_shows_a_page_and_takes_or_declines_a_card(fake):
    page = StripePayments(stripe_fake.KEY, fake.base).open_page(order())
    with urlopen(page.url) as answer:
        text = answer.read().decode()
    assert "500" in text
    asked = Request(page.url, urlencode({"card": "0002"}).encode())
    with pytest.raises(OSError, match="402"):
        urlopen(asked)
    assert fake.service.pay(page.session_id, "4242")
    kinds = [each["type"] for each in fake.service.all("event")]
    assert kinds == [
        "checkout.session.completed",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
    ]
    with urlopen(fake.base) as answer:
        assert "checkout.session.completed" in answer.read().decode()


def crowd(fresh_app, deliver: Callable[[], None]) -> None:
    """Sixteen who begin at the same moment."""
    start = Barrier(16)

    def one() -> None:
        with fresh_app.app_context():
            start.wait()
            deliver()
            db.session.remove()

    threads = [Thread(target=one) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_sixteen_deliveries_at_once_are_one_payment_each(fresh_app):
    events = []
    with fresh_app.app_context(), transaction():
        for number in range(4):
            checkout = Shop().begun()
            of_session = told(paid(checkout, payment_intent=f"pi_{number}_race"))
            of_intent = intent(checkout.id, checkout.amount, id=f"pi_{number}_race")
            events += [of_session, told(of_intent, "payment_intent.succeeded")] * 5
    Random(5).shuffle(events)
    waiting, outcomes = SimpleQueue[CardEvent](), []
    for card_event in events:
        waiting.put(card_event)

    def deliver() -> None:
        with suppress(Empty):
            while card_event := waiting.get_nowait():
                with transaction():
                    outcomes.append(take(card_event))

    crowd(fresh_app, deliver)
    assert (len(outcomes), outcomes.count(Outcome.APPLIED)) == (len(events), 4)
    with fresh_app.app_context():
        rows = db.session.scalars(db.select(Payment)).all()
        assert sorted(row.external_id for row in rows) == [f"pi_{n}_race" for n in range(4)]
        assert sum(row.amount for row in rows) == 4 * 11_000
        assert violations() == []
