"""How a venture pays, and what it gets for it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import current_app, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.actions.checkout import note_session, start_checkout
from incubator.billing.gateway import Order, Unavailable
from incubator.billing.models import Checkout, Invoice, InvoiceKind, Payment
from incubator.billing.queries import TO_PAY, allocations_of, own_invoice, settled
from incubator.billing.queries.cards import card_payment_of, waiting_checkouts
from incubator.billing.queries.funded import shared
from incubator.billing.queries.ledger import open_amount
from incubator.billing.queries.payments import payment_for
from incubator.billing.queries.receipt import rest_of
from incubator.core.access import Can
from incubator.core.db import db, transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say, translate
from incubator.organisations.models import Organisation
from incubator.web.answers import lead_on
from incubator.web.guard import Home, at_venture
from incubator.web.payments.blueprint import pages
from incubator.web.payments.paper import receipt_of
from incubator.web.payments.service import card_payments, settings


@dataclass(frozen=True)
class PayPanel:
    """What the panel beside a venture's invoice shows."""

    open: int
    due_on: date
    currency: str
    payments: list[Payment]
    by_card: bool
    bank_account: str
    payer_hint: str


@pages.app_template_global("payment_panel")
def payment_panel(here: Home, invoice: Invoice) -> PayPanel | None:
    """What can be paid of an invoice and how; nothing for a credit note."""
    if invoice.kind is not InvoiceKind.INVOICE:
        return None
    may = here.actor.can(Can.PAY_OWN_INVOICES, organisation=here.venture.id)
    paid = {payment.id: payment for _, payment in allocations_of(invoice.id)}
    return PayPanel(
        open=open_amount(invoice.id),
        due_on=invoice.due_on,
        currency=invoice.currency,
        payments=list(paid.values()),
        by_card=may and settings().takes_cards,
        bank_account=str(invoice.issuer.get("bank_account", "")),
        payer_hint=here.venture.name_kana or here.venture.name,
    )


@pages.post("/v/<key:venture_id>/invoices/<key:invoice_id>/pay")
@at_venture(Can.PAY_OWN_INVOICES)
def pay(here: Home, invoice_id: int) -> ResponseReturnValue:
    """Lead to the page of the payment service; the attempt is on record before it is asked."""
    back = url_for("billing.own_invoice", venture_id=here.venture.id, invoice_id=invoice_id)
    try:
        with transaction():
            invoice = own_invoice(here.venture.id, invoice_id, TO_PAY)
            started = start_checkout(
                invoice,
                person_id=_person(here),
                actor=here.actor,
                now=here.now,
                pages_at=settings().stripe_api_base,
            )
            url, superseded = started.checkout.url, started.superseded
            order = _order(started.checkout, invoice, here.venture)
    except RuleBroken as broken:
        return lead_on(broken.message, back, "error")
    if url is None:
        url = _open(order, superseded)
    if url is None:
        said = say("The card service does not answer. Nothing was paid; please try again.")
        return lead_on(said, back, "error")
    return redirect(url, 303)


def _person(here: Home) -> int:
    if here.actor.id is None:
        raise RuleBroken(say("Only a person can pay by card."))
    return here.actor.id


def _order(checkout: Checkout, invoice: Invoice, venture: Organisation) -> Order:
    db.session.flush()
    base = settings().base_url.rstrip("/")
    where: dict[str, Any] = {"venture_id": venture.id, "invoice_id": invoice.id}
    number = say("Invoice %(number)s", number=invoice.number)
    return Order(
        checkout_id=checkout.id,
        key=f"checkout-{checkout.id}-{checkout.started_at:%Y%m%d%H%M%S%f}",
        amount=checkout.amount,
        currency=checkout.currency,
        title=translate(number, invoice.language),
        reference=invoice.number,
        success_url=base + url_for("payments.returned", **where),
        cancel_url=base + url_for("billing.own_invoice", **where),
    )


def _open(order: Order, superseded: tuple[str, ...]) -> str | None:
    """Ask the service for a page; no transaction is open meanwhile."""
    try:
        for session_id in superseded:
            card_payments().close_page(session_id)
        page = card_payments().open_page(order)
    except Unavailable as why:
        current_app.logger.warning("No payment page for checkout %s: %s", order.checkout_id, why)
        return None
    with transaction():
        note_session(order.checkout_id, page.session_id, page.url)
    return page.url


@pages.get("/v/<key:venture_id>/invoices/<key:invoice_id>/returned")
@at_venture(Can.VIEW_OWN_INVOICES)
def returned(here: Home, invoice_id: int) -> ResponseReturnValue:
    """What is known once somebody comes back from the payment service; the books decide."""
    g.nav_here = "billing.own_invoices"
    invoice = own_invoice(here.venture.id, invoice_id, TO_PAY)
    waiting = any(each.session_id for each in waiting_checkouts(invoice.id))
    payment = None if waiting else card_payment_of(invoice.id)
    left = open_amount(invoice.id)
    return render_template(
        "payments/returned.html",
        here=here,
        invoice=invoice,
        left=left,
        part=shared({invoice.id: left}).get(invoice.id),
        credited=settled([invoice.id])[invoice.id].credited is not None,
        payment=payment,
        rest=rest_of(payment) if payment else 0,
        waiting=waiting,
    )


@pages.get("/v/<key:venture_id>/receipts/<key:payment_id>")
@at_venture(Can.VIEW_OWN_INVOICES)
def own_receipt_pdf(here: Home, payment_id: int) -> ResponseReturnValue:
    """The receipt of a payment as PDF."""
    return receipt_of(payment_for(here.venture.id, payment_id), here.now)
