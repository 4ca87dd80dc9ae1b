"""What staff see of payments: the list, one payment, its receipt."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.models import Payment, PaymentMethod
from incubator.billing.queries import payments as queries
from incubator.billing.queries.cards import unmatched_events
from incubator.billing.queries.receipt import first_parts
from incubator.billing.queries.refunds import refunds_in
from incubator.billing.rules.card import payment_id_of
from incubator.core.access import Can
from incubator.core.i18n import say
from incubator.core.money import as_decimal
from incubator.core.sheets import Cell
from incubator.web.answers import table_file
from incubator.web.filters import t
from incubator.web.forms import page_asked
from incubator.web.guard import Here, at_facility
from incubator.web.keys import key_of
from incubator.web.payments.blueprint import pages
from incubator.web.payments.forms import search_asked
from incubator.web.payments.paper import receipt_of
from incubator.web.waiting import waiting_here

COLUMNS = (
    say("Received on"),
    say("Receipt"),
    say("Venture"),
    say("Payer"),
    say("Paid by"),
    say("Amount"),
    say("Currency"),
    say("Invoices"),
    say("Credit left"),
    say("Reversed amount"),
    say("Reversed on"),
    say("Reason"),
    say("Note"),
    say("Recorded by"),
)


@pages.get("/f/<code>/payments")
@at_facility(Can.VIEW_BILLING)
def index(here: Here) -> ResponseReturnValue:
    """The payments of a facility, searched by day, amount and counterparty (BR-E10)."""
    wanted, page = search_asked(here.facility.currency), page_asked()
    count, total = queries.count_and_sum(here.facility.id, wanted)
    return render_template(
        "payments/index.html",
        here=here,
        payments=queries.search(here.facility.id, wanted, page),
        refunds=refunds_in(here.facility.id),
        waiting=waiting_here(here),
        left_of=queries.left_of,
        wanted=wanted,
        count=count,
        total=total,
        page=page,
        methods=[(method.value, method.label) for method in PaymentMethod],
        may_record=here.may(Can.RUN_BILLING),
    )


@pages.get("/f/<code>/payments.csv")
@at_facility(Can.VIEW_BILLING)
def index_file(here: Here) -> ResponseReturnValue:
    """The same as a file."""
    found = queries.search(here.facility.id, search_asked(here.facility.currency), None)
    name = f"payments-{here.facility.code}-{here.today}.csv"
    return table_file(name, COLUMNS, (_cells(payment) for payment in found))


def _cells(payment: Payment) -> tuple[Cell, ...]:
    def money(amount: int) -> Cell:
        return as_decimal(amount, payment.currency)

    void = payment.reversal
    return (
        payment.received_on,
        payment.receipt_number,
        payment.organisation.name,
        payment.payer_name,
        t(payment.method),
        money(payment.amount),
        payment.currency,
        " ".join(part.invoice.number for part in payment.allocations),
        money(queries.left_of(payment)),
        money(-payment.amount if void else 0),
        void.on_day if void else "",
        f"{t(void.cause)}: {void.reason}" if void else "",
        payment.note,
        payment.recorded_by,
    )


@pages.get("/f/<code>/payments/<key:payment_id>")
@at_facility(Can.VIEW_BILLING)
def payment(here: Here, payment_id: int) -> ResponseReturnValue:
    """One payment and what became of it."""
    found = queries.payment_in(here.facility.id, payment_id)
    first = {part.id for part in first_parts(found)}
    may_record = here.may(Can.RUN_BILLING)
    return render_template(
        "payments/payment.html",
        here=here,
        payment=found,
        first=first,
        left=queries.left_of(found),
        may_record=may_record,
        again=may_record and found.reversal and _again(here, found),
    )


def _again(here: Here, payment: Payment) -> str:
    """Where the right payment is recorded: one by card waits as it came in."""
    for one in unmatched_events(here.facility.id):
        if one.payment_id == payment_id_of(payment.external_id or ""):
            return url_for(".card_event", code=here.facility.code, event_id=one.event.id)
    venture = key_of(payment.organisation_id)
    return url_for(".record", code=here.facility.code, venture=venture)


@pages.get("/f/<code>/payments/<key:payment_id>/receipt")
@at_facility(Can.VIEW_BILLING)
def receipt_pdf(here: Here, payment_id: int) -> ResponseReturnValue:
    """The receipt of a payment as PDF."""
    return receipt_of(queries.payment_in(here.facility.id, payment_id), here.now)
