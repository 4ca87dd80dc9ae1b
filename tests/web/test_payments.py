"""Pages about payments, as people see them."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from incubator.billing.actions import approve_credit_note, ask_credit_note
from incubator.billing.actions.pay import PaymentDetails, record_payment
from incubator.billing.gateway import Unavailable
from incubator.billing.models import (
    Checkout,
    CheckoutState,
    Payment,
    PaymentReversal,
    Refund,
    RefundRequest,
    WebhookEvent,
)
from incubator.billing.queries import credit_of, document_of, open_amount
from incubator.core import clock
from incubator.core.access import Role
from incubator.core.db import db
from incubator.core.settings import TEST_WEBHOOK_SECRET
from incubator.leases.models import DepositEntry, DepositKind, Lease, LeaseStatus
from incubator.people.models import Grant
from incubator.web.keys import shuffle
from tests import stripe_fake
from tests.factories.base import actor_of, keep, make_person, make_venture, make_world
from tests.factories.payments import make_invoice
from tests.manners import words
from tests.stripe_fake import charge, event, session, signed

CODE = "aoba"
RECEIPT = "#outcome a[href*='/receipts/']"


class Office:
    """The small world with one open invoice and one that is late."""

    def __init__(self, app, browser):
        self.app, self.browser, self.world = app, browser, make_world(CODE)
        self.today = clock.today()
        facility, self.venture = self.world.facility, self.world.venture
        self.late = make_invoice(facility, self.venture, 11_000, self.today - timedelta(days=40))
        self.open = make_invoice(facility, self.venture, 127_600, self.today + timedelta(days=6))

    def as_(self, role):
        self.browser.sign_in(self.world.people[role])
        return self.browser

    def key(self, number):
        return shuffle(number, self.app.config["URL_SECRET"])

    def record(self, amount, **facts):
        details = PaymentDetails(
            self.world.facility.id, self.venture.id, amount, self.today, **facts
        )
        clerk = actor_of(self.world.people["clerk"])
        return record_payment(details, actor=clerk, now=clock.now(), today=self.today)

    def own(self, rest=""):
        return f"/v/{self.key(self.venture.id)}/invoices/{self.key(self.open.id)}{rest}"


@pytest.fixture
def office(app, browser):
    return Office(app, browser)


def form(office, **facts):
    return {
        "amount": "127,600円",
        "received_on": str(office.today),
        "method": "bank",
        "payer_name": "カ）クモロボテイクス",
        "invoices": [office.open.number],
        "note": "",
        "once_key": "key-1",
        **facts,
    }


def test_the_clerk_records_a_bank_transfer(office):
    clerk = office.as_("clerk")
    page = clerk.get(f"/f/{CODE}/payments/record?invoice={office.open.number}")
    assert page.select_one("#amount")["value"] == "127600"
    page = clerk.post(f"/f/{CODE}/payments/record?invoice={office.open.number}", form(office))
    assert "¥127,600 recorded" in page.get_text()
    assert office.open.number in page.get_text()
    assert open_amount(office.open.id) == 0


def test_a_form_sent_twice_leads_to_the_one_payment(office):
    clerk = office.as_("clerk")
    path = f"/f/{CODE}/payments/record?invoice={office.open.number}"
    clerk.post(path, form(office))
    first = clerk.path
    clerk.post(path, form(office))
    assert clerk.path == first
    assert db.session.scalar(db.select(db.func.count()).select_from(Payment)) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount": "0"}, "above zero"),
        ({"amount": "many"}, "is not an amount"),
        ({"received_on": "2199-01-01"}, "still to come"),
        ({"amount": ""}, "Amount received: Please fill this in."),
        ({"method": ""}, "How it was paid: Please choose one."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(office, wrong, said):
    clerk = office.as_("clerk")
    path = f"/f/{CODE}/payments/record?invoice={office.open.number}"
    page = clerk.post(path, form(office, **wrong), 422)
    assert said in page.get_text()
    assert page.select_one("#payer_name")["value"] == "カ）クモロボテイクス"


def test_one_chooses_among_open_invoices(office):
    clerk = office.as_("clerk")
    page = clerk.get(f"/f/{CODE}/payments/record")
    assert office.late.number in page.get_text()
    page = clerk.get(f"/f/{CODE}/payments/record?q={office.open.number}")
    assert office.late.number not in page.get_text()
    office.venture.name_kana = "クモロボ"
    assert office.open.number in words(clerk.get(f"/f/{CODE}/payments/record?q=くもろぼ").main)
    page = clerk.get(f"/f/{CODE}/payments/record?q=nobody")
    assert "Nothing matches" in page.get_text()
    page = clerk.get(f"/f/{CODE}/payments/record?venture={office.key(office.venture.id)}")
    assert page.select_one("#amount")["value"] == "138600"


def test_the_list_the_file_and_the_payment(office):
    payment = office.record(130_000, invoices=(office.open.id,), payer_name="=1+1")
    clerk = office.as_("clerk")
    page = clerk.get(f"/f/{CODE}/payments")
    assert payment.receipt_number in page.get_text()
    assert "Credit ¥2,400" in page.get_text()
    text = clerk.fetch(f"/f/{CODE}/payments.csv").get_data().decode("utf-8-sig")
    assert "'=1+1" in text
    assert clerk.get(f"/f/{CODE}/payments?q=nobody&from=&least=y&page=0")
    page = clerk.get(f"/f/{CODE}/payments?method=cash")
    assert "Nothing matches" in page.get_text()
    page = clerk.get(f"/f/{CODE}/payments/{office.key(payment.id)}")
    assert "¥2,400 is kept as credit" in page.get_text()


def test_credit_is_used_by_a_deed_of_its_own(office):
    office.record(15_000, invoices=(office.late.id,))
    clerk = office.as_("clerk")
    path = f"/f/{CODE}/payments/credit/{office.key(office.venture.id)}"
    page = clerk.get(path)
    assert page.select_one("#amount")["value"] == "4000"
    held = page.select_one("input[name=held]")["value"]
    page = clerk.post(path, {"invoice": office.open.number, "amount": "5000"}, 422)
    assert "only ¥4,000" in page.get_text()
    part = {"invoice": office.open.number, "amount": "1000", "held": held}
    clerk.post(path, part)
    page = clerk.post(path, part, 422)
    assert "The credit has changed: it is now ¥3,000" in page.get_text()
    clerk.post(path, {"invoice": office.open.number, "amount": "3000", "held": "3000"})
    assert open_amount(office.open.id) == 123_600
    assert credit_of(office.venture.id) == 0
    assert "no credit" in clerk.get(path).get_text()


def test_the_receipt_is_a_pdf_and_stays_as_first_made(office):
    payment = office.record(11_000)
    clerk = office.as_("clerk")
    path = f"/f/{CODE}/payments/{office.key(payment.id)}/receipt?lang="
    first = clerk.fetch(f"{path}ja").get_data()
    assert first.startswith(b"%PDF")
    assert clerk.fetch(f"{path}ja").get_data() == first
    assert clerk.fetch(f"{path}en").get_data() != first
    clerk.fetch(f"{path}de", 404)
    owner = office.as_("owner")
    own = f"/v/{office.key(office.venture.id)}/receipts/{office.key(payment.id)}?lang=ja"
    assert owner.fetch(own).get_data() == first


def test_the_worklist_says_what_to_do(office):
    office.record(200_000)
    page = office.as_("clerk").get(f"/f/{CODE}/worklist")
    text = page.get_text()
    assert "To issue" in text
    assert "¥61,400 not used yet" in text
    assert "Nothing is late" in text


def test_the_worklist_shows_who_is_late(office):
    page = office.as_("clerk").get(f"/f/{CODE}/worklist")
    assert "40 days late" in page.get_text()
    assert office.venture.name_en in page.get_text()


def test_the_venture_pays_by_card(office, cards):
    owner = office.as_("owner")
    page = owner.get(office.own())
    assert "Pay ¥127,600" in page.get_text()
    answer = owner.fetch(office.own("/pay"), 303, method="POST", redirects=False)
    assert answer.headers["Location"].startswith("https://checkout.stripe.com/c/")
    again = owner.fetch(office.own("/pay"), 303, method="POST", redirects=False)
    assert again.headers["Location"] == answer.headers["Location"]
    (order,) = cards.orders
    assert (order.amount, order.currency) == (127_600, "JPY")
    assert order.success_url.endswith("/returned")
    page = owner.get(office.own("/returned"))
    assert "being confirmed" in page.h1.get_text()
    checkout = db.session.scalars(db.select(Checkout)).one()
    about = session(checkout.id, 127_600, id=checkout.session_id)
    send = signed(event(about))
    owner.fetch("/stripe/webhook", method="POST", **send)
    owner.fetch("/stripe/webhook", method="POST", **send)
    assert open_amount(office.open.id) == 0
    page = owner.get(office.own("/returned"))
    assert "the invoice is paid" in page.h1.get_text()
    assert "Receipt" in owner.get(office.own()).get_text()
    owner.fetch(office.own("/pay"), method="POST")
    assert len(cards.orders) == 1


def pay_page(office, owner):
    """The owner opens the page to pay on; what the service tells once it is paid."""
    owner.fetch(office.own("/pay"), 303, method="POST", redirects=False)
    checkout = db.session.scalars(db.select(Checkout)).one()
    return signed(event(session(checkout.id, checkout.amount, id=checkout.session_id)))


def test_whoever_pays_what_was_paid_meanwhile_reads_of_the_credit(office, cards):
    owner = office.as_("owner")
    told = pay_page(office, owner)
    by_bank = office.record(127_600, invoices=(office.open.id,))
    assert "being confirmed" in owner.get(office.own("/returned")).h1.get_text()
    owner.fetch("/stripe/webhook", method="POST", **told)
    page = owner.get(office.own("/returned"))
    assert "received your payment" in page.h1.get_text()
    assert "¥127,600 of it was no longer owed and is kept as credit" in words(page.main)
    by_card = db.session.scalars(db.select(Payment).where(Payment.id != by_bank.id)).one()
    assert page.select_one(RECEIPT)["href"].endswith(f"/receipts/{office.key(by_card.id)}")
    assert page.main.find("a", string="Back to the invoice", href=office.own())


def test_whoever_pays_a_cancelled_invoice_reads_of_the_credit(office, cards):
    owner = office.as_("owner")
    told = pay_page(office, owner)
    credit_invoice(office)
    owner.fetch("/stripe/webhook", method="POST", **told)
    page = owner.get(office.own("/returned"))
    assert "received your payment" in page.h1.get_text()
    assert "cancelled by a credit note" in words(page.main)
    assert "¥127,600 of it was no longer owed and is kept as credit" in words(page.main)
    assert page.select_one(RECEIPT)
    assert page.main.find("a", string="Back to the invoice", href=office.own())


def test_whoever_paid_an_invoice_that_was_cancelled_since_reads_of_the_credit(office, cards):
    owner = office.as_("owner")
    owner.fetch("/stripe/webhook", method="POST", **pay_page(office, owner))
    assert "the invoice is paid" in owner.get(office.own("/returned")).h1.get_text()
    credit_invoice(office)
    page = owner.get(office.own("/returned"))
    assert "received your payment" in page.h1.get_text()
    assert "cancelled by a credit note" in words(page.main)
    assert "¥127,600 of it was no longer owed and is kept as credit" in words(page.main)


def test_nobody_who_paid_nothing_is_thanked_for_a_cancelled_invoice(office, cards):
    credit_invoice(office)
    owner = office.as_("owner")
    assert words(owner.get(office.own()).select_one("#pay header")) == "Payment Credited"
    page = owner.get(office.own("/returned"))
    assert "This invoice is cancelled" in page.h1.get_text()
    assert page.main.find("a", string="Back to the invoice", href=office.own())
    assert not page.select(RECEIPT)


def credit_invoice(office):
    """A credit note takes the open invoice back."""
    people = office.world.people
    when = {"now": clock.now(), "today": office.today}
    clerk = actor_of(people["clerk"])
    asked = ask_credit_note(office.open, "Twice", anew=False, actor=clerk, **when)
    approve_credit_note(asked, actor=actor_of(people["facility_admin"]), **when)


def test_no_transaction_is_open_while_the_service_is_asked(office, cards):
    seen = []
    ask = cards.open_page

    def open_page(order):
        seen.append((db.session().in_transaction(), bool(db.session.info.get("writing"))))
        db.session.rollback()
        return ask(order)

    cards.open_page = open_page
    office.as_("owner").fetch(office.own("/pay"), 303, method="POST", redirects=False)
    assert seen == [(False, False)]


def test_a_service_that_is_away_costs_nothing(office, cards):
    def away(_order):
        raise Unavailable("away")

    cards.open_page = away
    page = office.as_("owner").post(office.own("/pay"))
    assert "does not answer" in page.get_text()
    checkout = db.session.scalars(db.select(Checkout)).one()
    assert checkout.state is CheckoutState.STARTED
    page = office.browser.get(office.own("/returned?payment=success"))
    assert "the invoice is paid" not in page.get_text()


def test_nobody_is_believed_who_only_comes_back(office, cards):
    page = office.as_("owner").get(office.own("/returned?session_id=cs_1&status=paid"))
    assert "not paid yet" in page.h1.get_text()
    assert open_amount(office.open.id) == 127_600


@pytest.mark.parametrize(
    ("secret", "age"), [("whsec_forged", 0), (stripe_fake.SECRET, 3600), (TEST_WEBHOOK_SECRET, 0)]
)
def test_forged_and_stale_messages_are_refused(office, cards, secret, age):
    send = signed(event(session(1, 500)), secret, age)
    office.browser.fetch("/stripe/webhook", 400, method="POST", **send)
    assert db.session.scalars(db.select(WebhookEvent)).all() == []


def test_the_secret_that_everybody_knows_opens_nothing(office):
    send = signed(event(session(1, 500)), TEST_WEBHOOK_SECRET)
    office.browser.fetch("/stripe/webhook", 400, method="POST", **send)


def test_a_card_payment_without_an_invoice_is_dealt_with(office, cards):
    about = session("77", 11_000)
    office.browser.fetch("/stripe/webhook", method="POST", **signed(event(about)))
    office.browser.fetch("/stripe/webhook", method="POST", **signed(event(session(None, 1))))
    clerk = office.as_("clerk")
    page = clerk.get(f"/f/{CODE}/worklist")
    assert about["payment_intent"] in page.get_text()
    first, second = db.session.scalars(db.select(WebhookEvent).order_by(WebhookEvent.id)).all()
    path = f"/f/{CODE}/payments/card/{office.key(first.id)}"
    assert "names no invoice" in clerk.get(path).get_text()
    clerk.post(path, {"invoice": "X"}, 422)
    for _ in range(2):
        page = clerk.post(path, {"invoice": office.late.number})
        assert "The card payment is recorded" in words(page)
    assert len(db.session.scalars(db.select(Payment)).all()) == 1
    assert open_amount(office.late.id) == 0
    clerk.get(path, 404)
    path = f"/f/{CODE}/payments/card/{office.key(second.id)}"
    for empty in ("", "  "):
        page = clerk.post(f"{path}/aside", {"reason": empty}, 422)
        assert page.select_one("[name=reason]")["aria-invalid"] == "true"
    clerk.post(f"{path}/aside", {"reason": "another shop"})
    assert "Every payment has its invoice" in clerk.get(f"/f/{CODE}/worklist").get_text()


PLACES = [
    ("/f/aoba/payments", {"facility_admin", "clerk"}),
    ("/f/aoba/payments.csv", {"facility_admin", "clerk"}),
    ("/f/aoba/payments/record", {"clerk"}),
    ("/f/aoba/worklist", {"clerk"}),
]


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_only_those_who_may_come_in(office, role):
    browser = office.as_(role)
    for path, allowed in PLACES:
        outside = role in {"owner", "member", "system_admin"}
        browser.fetch(path, 200 if role in allowed else 404 if outside else 403)


def test_another_venture_finds_nothing(office, cards):
    payment = office.record(11_000)
    other = make_venture(office.world.facility)
    browser = office.browser.sign_in(make_person(Role.OWNER, venture=other))
    base = f"/v/{office.key(other.id)}"
    for method, rest in (
        ("POST", f"/invoices/{office.key(office.open.id)}/pay"),
        ("GET", f"/invoices/{office.key(office.open.id)}/returned"),
        ("GET", f"/receipts/{office.key(payment.id)}"),
    ):
        browser.fetch(base + rest, 404, method=method)
    assert cards.orders == []


def test_pages_speak_japanese(office, cards):
    payment = office.record(12_000, invoices=(office.late.id,))
    clerk = office.as_("clerk")
    clerk.client.set_cookie("incubator_language", "ja")
    for path in (
        "payments",
        "worklist",
        "payments/record",
        f"payments/record?invoice={office.open.number}",
        f"payments/{office.key(payment.id)}",
        f"payments/credit/{office.key(office.venture.id)}",
    ):
        assert clerk.get(f"/f/{CODE}/{path}").html["lang"] == "ja"
    owner = office.as_("owner")
    owner.get(office.own("/returned"))
    assert owner.get(office.own())


def reversal(office, **facts):
    return {
        "cause": "mistake",
        "on_day": str(office.today),
        "reason": "隣の会社の入金でした。",
        **facts,
    }


def test_a_payment_recorded_by_mistake_is_reversed_and_every_page_knows(office):
    payment = office.record(11_000, invoices=(office.late.id,))
    clerk = office.as_("clerk")
    here = f"/f/{CODE}/payments/{office.key(payment.id)}"
    assert clerk.fetch(f"{here}/receipt?lang=ja").get_data().startswith(b"%PDF")
    assert "Reverse this payment" in clerk.get(here).get_text()
    page = clerk.post(f"{here}/reverse", reversal(office, reason=" "), 422)
    assert "why it is reversed" in page.get_text()
    page = clerk.post(f"{here}/reverse", reversal(office))
    assert "The payment is reversed" in page.get_text()
    assert "this payment does not count" in page.get_text()
    assert "Reverse this payment" not in page.get_text()
    assert page.find("a", string="Record the right payment")
    page = clerk.post(f"{here}/reverse", reversal(office))
    assert "The payment is reversed" in page.get_text()
    assert len(db.session.scalars(db.select(PaymentReversal)).all()) == 1
    page = clerk.post(f"{here}/reverse", reversal(office, reason="Another one"), 422)
    assert "reversed already" in page.get_text()
    page = clerk.get(f"/f/{CODE}/payments")
    assert "Reversed" in page.select_one("tbody").get_text()
    assert "1 payment · ¥0" in page.get_text()
    assert "40 days late" in clerk.get(f"/f/{CODE}/worklist").get_text()
    page = clerk.get(f"/f/{CODE}/invoices/{office.key(office.late.id)}")
    assert "This payment was reversed" in page.get_text()
    assert "Overdue" in page.get_text()
    rows = clerk.fetch(f"/f/{CODE}/payments.csv").get_data(as_text=True).splitlines()
    assert f"-11000,{office.today}" in rows[1]
    assert "0,11000" in clerk.fetch(f"/f/{CODE}/invoices.csv").get_data(as_text=True)


def test_the_receipt_of_a_reversed_payment_is_void_for_all_and_the_first_is_kept(office):
    payment = office.record(11_000, invoices=(office.late.id,))
    clerk = office.as_("clerk")
    here = f"/f/{CODE}/payments/{office.key(payment.id)}"
    first = clerk.fetch(f"{here}/receipt?lang=en").get_data()
    clerk.post(f"{here}/reverse", reversal(office))
    void = clerk.fetch(f"{here}/receipt?lang=en")
    assert "void" in void.headers["Content-Disposition"]
    assert void.get_data() != first
    assert document_of(f"payment:{payment.id}", "en").pdf == first
    owner = office.as_("owner")
    own = f"/v/{office.key(office.venture.id)}/receipts/{office.key(payment.id)}?lang=en"
    assert owner.fetch(own).get_data() == void.get_data()
    page = owner.get(f"/v/{office.key(office.venture.id)}/invoices/{office.key(office.late.id)}")
    assert "Void receipt" in page.get_text()
    assert "Overdue" in page.select_one("#pay").get_text()


def test_a_card_payment_on_the_wrong_invoice_waits_for_the_right_one(office, cards):
    about = session(None, 11_000)
    office.browser.fetch("/stripe/webhook", method="POST", **signed(event(about)))
    clerk = office.as_("clerk")
    (row,) = db.session.scalars(db.select(WebhookEvent)).all()
    waiting = f"/f/{CODE}/payments/card/{office.key(row.id)}"
    clerk.post(waiting, {"invoice": office.late.number})
    (payment,) = db.session.scalars(db.select(Payment)).all()
    here = f"/f/{CODE}/payments/{office.key(payment.id)}"
    assert "in Stripe's dashboard" in clerk.get(f"{here}/reverse").get_text()
    page = clerk.post(f"{here}/reverse", reversal(office))
    assert page.select_one(f"a[href='{waiting}']").get_text() == "Record the right payment"
    assert "another invoice by mistake" in clerk.get(waiting).get_text()
    clerk.post(waiting, {"invoice": office.late.number})
    again = db.session.scalars(db.select(Payment).order_by(Payment.id)).all()[-1]
    assert (again.id != payment.id, again.amount, open_amount(office.late.id)) == (True, 11_000, 0)
    clerk.get(waiting, 404)


def test_a_card_payment_that_goes_back_is_reversed_from_the_worklist(office, cards):
    about = session(None, 11_000)
    office.browser.fetch("/stripe/webhook", method="POST", **signed(event(about)))
    clerk = office.as_("clerk")
    (row,) = db.session.scalars(db.select(WebhookEvent)).all()
    clerk.post(f"/f/{CODE}/payments/card/{office.key(row.id)}", {"invoice": office.late.number})
    told = event(charge(about["payment_intent"], 11_000), "charge.refunded")
    office.browser.fetch("/stripe/webhook", method="POST", **signed(told))
    worklist = clerk.get(f"/f/{CODE}/worklist").get_text()
    assert "refunded at Stripe" in worklist
    assert "Everything has its invoice" not in worklist
    row = db.session.scalars(db.select(WebhookEvent).order_by(WebhookEvent.id)).all()[-1]
    back = f"/f/{CODE}/payments/card/{office.key(row.id)}"
    page = clerk.get(back)
    (way,) = [one["href"] for one in page.select("main a") if one["href"].endswith("/reverse")]
    clerk.post(back, {"invoice": office.late.number}, 422)
    clerk.post(way, reversal(office, cause="returned"))
    assert open_amount(office.late.id) == 11_000
    assert "Every payment has its invoice" in clerk.get(f"/f/{CODE}/worklist").get_text()


def test_a_waiting_card_payment_says_that_it_was_refunded(office, cards):
    about = session(None, 11_000)
    office.browser.fetch("/stripe/webhook", method="POST", **signed(event(about)))
    (row,) = db.session.scalars(db.select(WebhookEvent)).all()
    path = f"/f/{CODE}/payments/card/{office.key(row.id)}"
    clerk = office.as_("clerk")
    for amount, offered in ((4_000, True), (11_000, False)):
        told = event(charge(about["payment_intent"], amount), "charge.refunded")
        office.browser.fetch("/stripe/webhook", method="POST", **signed(told))
        assert "refunded at Stripe" in clerk.get(f"/f/{CODE}/worklist").get_text()
        page = clerk.get(path)
        assert f"¥{amount:,}" in page.get_text()
        assert bool(page.select("[name=invoice]")) is offered
        assert ("nothing to record" in page.get_text()) is not offered
    clerk.post(f"{path}/aside", {"reason": "refunded"})
    assert "Every payment has its invoice" in clerk.get(f"/f/{CODE}/worklist").get_text()


def asked_back(office, clerk, **facts):
    """The page of a repayment that the clerk has just asked for."""
    form = {"amount": "1500", "paid_to": "あおば銀行", "once_key": "k", **facts}
    page = clerk.post(f"/f/{CODE}/payments/credit/{office.key(office.venture.id)}/refund", form)
    asked = db.session.scalars(db.select(RefundRequest)).one()
    return page, f"/f/{CODE}/payments/refunds/{office.key(asked.id)}"


def test_credit_is_paid_back_once_somebody_else_approves_it(office):
    office.record(15_000, invoices=(office.late.id,))
    clerk = office.as_("clerk")
    credit = f"/f/{CODE}/payments/credit/{office.key(office.venture.id)}"
    assert clerk.get(credit).find("a", string="Pay it back")
    assert clerk.get(f"{credit}/refund").select_one("#amount")["value"] == "4000"
    form = {"amount": "5000", "paid_to": "あおば銀行", "once_key": "k"}
    assert "only ¥4,000" in clerk.post(f"{credit}/refund", form, 422).get_text()
    page, here = asked_back(office, clerk)
    assert "It counts once somebody else has approved it" in page.get_text()
    asked_back(office, clerk)
    assert credit_of(office.venture.id) == 4_000
    other = {**form, "amount": "1", "once_key": "other"}
    assert "waits for its approval" in clerk.post(f"{credit}/refund", other, 422).get_text()
    assert "¥1,500 of it waits" in clerk.get(credit).get_text()
    for place in ("worklist", "payments"):
        assert clerk.get(f"/f/{CODE}/{place}").find("a", href=here)
    assert not clerk.get(here).find("form", action=f"{here}/approve")
    clerk.post(f"{here}/approve", {"paid_on": str(office.today)}, 403)
    head = office.as_("facility_admin")
    assert head.get(f"/f/{CODE}/").find("a", href=here)
    approval = head.get(here).find("form", action=f"{here}/approve")
    assert approval.select_one("#paid_on")["value"] == str(office.today)
    day = str(office.today + timedelta(days=1))
    assert "still to come" in head.post(f"{here}/approve", {"paid_on": day}, 422).get_text()
    page = head.post(f"{here}/approve", {"paid_on": str(office.today)})
    assert "¥1,500 paid back" in page.get_text()
    assert "Approved" in page.get_text()
    assert credit_of(office.venture.id) == 2_500
    assert not head.get(f"/f/{CODE}/").find("a", href=here)


def test_an_approval_sent_twice_counts_once_and_nobody_decides_after_another(office):
    office.record(15_000, invoices=(office.late.id,))
    _, here = asked_back(office, office.as_("clerk"))
    head, day = office.as_("facility_admin"), {"paid_on": str(office.today)}
    head.post(f"{here}/approve", day)
    page = head.post(f"{here}/approve", day)
    assert (head.path, "already done" in page.get_text()) == (here, True)
    assert len(db.session.scalars(db.select(Refund)).all()) == 1
    assert credit_of(office.venture.id) == 2_500
    assert "decided already" in head.post(f"{here}/refuse", {"refusal": "No"}, 422).get_text()
    head.sign_in(make_person(Role.FACILITY_ADMIN, facility=office.world.facility))
    assert "decided already" in head.post(f"{here}/approve", day, 422).get_text()


def test_the_notice_of_a_repayment_is_the_same_for_both_sides(office):
    office.record(15_000, invoices=(office.late.id,))
    _, here = asked_back(office, office.as_("clerk"))
    head = office.as_("facility_admin")
    head.post(f"{here}/approve", {"paid_on": str(office.today)})
    page = head.get(f"/f/{CODE}/payments")
    row = page.select_one("#refunds").find_parent("section")
    assert "approved by" in row.get_text()
    notice = head.fetch(row.select_one("tbody a")["href"] + "?lang=ja").get_data()
    assert notice.startswith(b"%PDF")
    owner = office.as_("owner")
    page = owner.get(f"/v/{office.key(office.venture.id)}/invoices")
    assert "¥2,500" in page.get_text()
    mine = page.find("a", string="¥1,500 paid back")
    assert owner.fetch(mine["href"] + "?lang=ja").get_data() == notice


def test_whoever_reverses_credit_that_waits_to_be_paid_back_reads_so(office):
    credit = office.record(15_000, invoices=(office.late.id,))
    used = office.record(100_000, invoices=(office.open.id,))
    clerk = office.as_("clerk")
    held, spent = (f"/f/{CODE}/payments/{office.key(each.id)}/reverse" for each in (credit, used))
    assert "waits to be paid back" not in words(clerk.get(held))
    _, asked = asked_back(office, clerk)
    page = clerk.get(held)
    assert "¥1,500 of this venture's credit waits to be paid back" in words(page)
    assert page.find("a", string="See the repayment", href=asked)
    assert "waits to be paid back" not in words(clerk.get(spent))


def test_a_repayment_that_came_back_is_reversed_and_every_page_knows(office):
    payment = office.record(15_000, invoices=(office.late.id,))
    _, asked = asked_back(office, office.as_("clerk"))
    head = office.as_("facility_admin")
    head.post(f"{asked}/approve", {"paid_on": str(office.today)})
    assert not head.get(asked).find("a", string="Reverse this repayment")
    clerk = office.as_("clerk")
    here = clerk.get(asked).find("a", string="Reverse this repayment")["href"]
    notice = here.removesuffix("/reverse")
    first = clerk.fetch(f"{notice}?lang=en").get_data()
    form = {"cause": "returned", "on_day": str(office.today), "reason": " "}
    assert "why it is reversed" in clerk.post(here, form, 422).get_text()
    for _ in range(2):
        page = clerk.post(here, {**form, "reason": "Account closed"})
        assert "The repayment is reversed" in page.get_text()
    assert "¥4,000" in page.get_text()
    assert "reversed already" in clerk.post(here, {**form, "reason": "again"}, 422).get_text()
    assert "this repayment does not count" in clerk.get(asked).get_text()
    row = clerk.get(f"/f/{CODE}/payments").select_one("#refunds").find_parent("section")
    assert "Reversed" in row.get_text()
    page = clerk.get(f"/f/{CODE}/payments/{office.key(payment.id)}")
    assert "Reverse this payment" in page.get_text()
    void = clerk.fetch(f"{notice}?lang=en")
    assert "void" in void.headers["Content-Disposition"]
    assert void.get_data() != first
    owner = office.as_("owner")
    page = owner.get(f"/v/{office.key(office.venture.id)}/invoices")
    mine = page.find("a", string="¥1,500 paid back (void)")
    assert owner.fetch(mine["href"] + "?lang=en").get_data() == void.get_data()


def test_nobody_is_told_to_transfer_credit_that_is_gone(office):
    payment = office.record(15_000, invoices=(office.late.id,))
    clerk = office.as_("clerk")
    _, here = asked_back(office, clerk)
    head = office.as_("facility_admin")
    assert "release the transfer" in words(head.get(here).main)
    office.as_("clerk")
    clerk.post(f"/f/{CODE}/payments/{office.key(payment.id)}/reverse", reversal(office))
    assert "Make no transfer: the credit is only ¥0 now" in words(clerk.get(here).main)
    page = office.as_("facility_admin").get(here)
    assert "Make no transfer" in words(page.main)
    assert "release the transfer" not in words(page.main)
    assert not page.find("form", action=f"{here}/approve")
    page = head.post(f"{here}/approve", {"paid_on": str(office.today)}, 422)
    assert "The credit is only ¥0" in words(page.main)
    page = head.post(f"{here}/refuse", {"refusal": "The payment was reversed"})
    assert "Make no transfer" not in words(page.main)


def test_a_repayment_is_refused_with_a_reason(office):
    office.record(15_000, invoices=(office.late.id,))
    _, here = asked_back(office, office.as_("clerk"), note="by phone")
    head = office.as_("facility_admin")
    assert "by phone" in head.get(here).get_text()
    head.post(f"{here}/refuse", {"refusal": " "}, 422)
    for _ in range(2):
        page = head.post(f"{here}/refuse", {"refusal": "Another name on the account"})
        assert "Another name on the account" in page.get_text()
    assert "decided already" in head.post(f"{here}/refuse", {"refusal": "Else"}, 422).get_text()
    page = office.as_("clerk").get(here)
    assert "Another name on the account" in page.get_text()
    assert credit_of(office.venture.id) == 4_000


def test_a_repayment_is_withdrawn_by_the_office(office):
    office.record(15_000, invoices=(office.late.id,))
    clerk = office.as_("clerk")
    _, here = asked_back(office, clerk)
    for said in ("is withdrawn", "already done"):
        page = clerk.post(f"{here}/withdraw", {})
        assert "Withdrawn" in page.get_text()
        assert said in words(page.select_one("[role=status]"))
    assert not clerk.get(f"/f/{CODE}/worklist").find("a", href=here)
    head = office.as_("facility_admin")
    assert "decided already" in head.post(f"{here}/refuse", {"refusal": "No"}, 422).get_text()


def test_whoever_asked_sees_that_somebody_else_must_decide(office):
    office.record(15_000, invoices=(office.late.id,))
    person = office.world.people["clerk"]
    keep(
        Grant(
            person_id=person.id,
            role=Role.FACILITY_ADMIN,
            facility_id=office.world.facility.id,
            from_day=office.today,
        )
    )
    db.session.expire(person)
    both = office.as_("clerk")
    page, here = asked_back(office, both)
    assert "Somebody else must decide" in page.get_text()
    assert "It waits for: 高橋 一郎" in words(page.main)
    db.session.execute(db.delete(Grant).where(Grant.person_id != person.id))
    assert "invite another facility administrator" in words(both.get(here).main)
    page = both.post(f"{here}/approve", {"paid_on": str(office.today)}, 422)
    assert "Ask a colleague" in page.get_text()


def test_without_credit_there_is_nothing_to_pay_back(office):
    page = office.as_("clerk").get(
        f"/f/{CODE}/payments/credit/{office.key(office.venture.id)}/refund"
    )
    assert "no credit" in page.get_text()


def left_with_deposit(office):
    """The lease has ended, and a deposit is held for it."""
    lease = db.session.scalars(db.select(Lease)).first()
    lease.status, lease.ends_on = LeaseStatus.ENDED, office.today
    keep(
        DepositEntry(
            lease_id=lease.id, kind=DepositKind.RECEIVED, amount=20_000, on_day=office.today
        )
    )
    return lease


def test_a_deposit_is_settled_against_what_is_open(office):
    lease = left_with_deposit(office)
    clerk = office.as_("clerk")
    page = clerk.get(f"/f/{CODE}/worklist")
    assert "¥20,000" in page.select_one("#deposits").find_parent("section").get_text()
    here = f"/f/{CODE}/leases/{office.key(lease.id)}"
    page = clerk.get(here)
    assert page.select_one("#card-next").find_parent("section").select_one("[href='#card-deposit']")
    deposit = page.select_one("#card-deposit").find_parent("section")
    assert "¥138,600" in deposit.get_text()
    assert office.late.number in deposit.get_text()
    assert deposit.select_one("input[name=arrears]")["value"] == "138600"
    page = clerk.post(f"{here}/settle", {"arrears": "138601"}, 422)
    assert "Only ¥138,600" in page.get_text()
    clerk.post(f"{here}/settle", {"arrears": "138600"})
    assert (open_amount(office.late.id), open_amount(office.open.id)) == (0, 118_600)
    assert "Set-off" in clerk.get(f"/f/{CODE}/payments").get_text()
    assert "Nothing is left to do" in clerk.get(here).get_text()
    assert not clerk.get(f"/f/{CODE}/worklist").select_one("#deposits")


def test_what_the_deposit_does_not_cover_is_put_on_an_invoice(office):
    lease = left_with_deposit(office)
    clerk = office.as_("clerk")
    here = f"/f/{CODE}/leases/{office.key(lease.id)}"
    assert not clerk.get(here).find("button", string="Put it on the next invoice")
    clerk.post(f"{here}/settle", {"arrears": "", "late_charges": "", "restoration": "100000"})
    page = clerk.get(here)
    form = page.find("form", action=f"{here}/restoration")
    assert form.select_one("#amount")["value"] == "81819"
    page = clerk.post(f"{here}/restoration", {"amount": "81820", "what": "壁紙"}, 422)
    assert "only ¥81,819 uncovered" in page.get_text()
    page = clerk.post(f"{here}/restoration", {"amount": "81819", "what": "壁紙"})
    assert "waits for the next billing run" in page.get_text()
    page = clerk.post(f"{here}/restoration", {"amount": "1", "what": "壁紙"}, 422)
    assert "billed already" in page.get_text()
    page = clerk.post(f"{here}/restoration/drop", {})
    assert "taken off the next invoice" in page.get_text()
    clerk.post(f"{here}/restoration/drop", {}, 404)
    clerk.post(f"{here}/restoration", {"amount": "81819", "what": "壁紙"})
    preview = clerk.get(f"/f/{CODE}/billing").get_text()
    assert "Restoration 101 壁紙" in preview
    assert "did not cover" in preview


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("ｶ)ｸﾓﾛﾎﾞﾃｲｸｽ", True),
        ("ｸﾓ ﾛﾎﾞﾃｲｸｽ(ｶ", True),
        ("127,600", True),
        ("１２７，６００円", True),
        ("138,600", True),
        ("127,601", False),
        ("ｶ)ﾊﾅｺｽﾒ", False),
    ],
)
def test_a_line_of_the_bank_statement_finds_what_it_pays(office, line, found):
    office.venture.name_kana = "クモロボティクス"
    page = office.as_("clerk").get(f"/f/{CODE}/payments/record?q={quote(line)}")
    assert (office.open.number in words(page.main)) is found


def test_what_is_overdue_comes_longest_late_first(office):
    later = make_invoice(
        office.world.facility, office.venture, 1_100, office.today - timedelta(days=3)
    )
    page = office.as_("clerk").get(f"/f/{CODE}/invoices?state=overdue")
    assert [words(each) for each in page.select("tbody th")] == [office.late.number, later.number]


def test_who_pays_before_there_is_an_invoice_is_found_as_well(office):
    other = make_venture(office.world.facility, "株式会社よそ", name_en="Yoso", name_kana="ヨソ")
    clerk = office.as_("clerk")
    for line, offered in (("ｶ)ﾖｿ", 1), ("nobody", 2), ("", 2)):
        page = clerk.get(f"/f/{CODE}/payments/record?q={quote(line)}")
        options = page.select("#advance-venture option")
        assert len(options) == offered
        assert office.key(other.id) in {option["value"] for option in options}


def test_the_next_payment_of_the_same_day_is_one_step_away(office):
    clerk, day = office.as_("clerk"), office.today - timedelta(days=3)
    clerk.get(f"/f/{CODE}/payments/record?day={day}")
    page = clerk.follow(f"Record a payment {office.open.number}")
    assert page.select_one("#received_on")["value"] == str(day)
    clerk.post(clerk.path, form(office, received_on=str(day)))
    page = clerk.follow("Record another payment")
    assert page.select_one("#filter-day")["value"] == str(day)
    assert office.late.number in words(page.main)


def test_open_invoices_come_by_pages(office):
    for back in range(20):
        due = office.today - timedelta(days=back)
        make_invoice(office.world.facility, office.venture, 1_100, due)
    clerk = office.as_("clerk")
    assert office.open.number not in words(clerk.get(f"/f/{CODE}/payments/record").main)
    assert office.open.number in words(clerk.follow("Next").main)


def test_a_payer_is_found_however_the_bank_writes_the_name(office):
    payment = office.record(1_000, payer_name="ﾔﾏﾀﾞ ﾀﾛｳ")
    clerk = office.as_("clerk")
    for asked in ("ヤマダ", "やまだ", "ﾔﾏﾀﾞ"):
        page = clerk.get(f"/f/{CODE}/payments?q={quote(asked)}")
        assert payment.receipt_number in words(page.main), asked
