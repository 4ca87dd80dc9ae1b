"""Commands about payments."""

from threading import Event

import click

from incubator.billing.actions.pay import PaymentDetails, record_payment
from incubator.billing.actions.reverse import ReversalDetails, reverse_payment
from incubator.billing.models import Payment, PaymentMethod, ReversalCause
from incubator.billing.queries import TO_PAY, credit_notes_of, invoice_by_number
from incubator.billing.queries import payments as queries
from incubator.billing.queries.ledger import open_amount
from incubator.cli.door import (
    as_json,
    facility_of,
    facility_option,
    json_option,
    operator,
    with_app,
)
from incubator.cli.fake_stripe import serve_fake
from incubator.core import clock, reading
from incubator.core.db import db, transaction
from incubator.core.i18n import format_money
from incubator.core.settings import Settings
from incubator.spaces.models import Facility

STAND_IN_PORT = 8430


@click.group()
def payment() -> None:
    """Money that came in."""


@payment.command("record")
@click.option("--invoice", "number", required=True, help="The invoice's number.")
@click.option("--amount", required=True, help="What came in, tax included.")
@click.option("--date", "on", required=True, help="The day it came in.")
@click.option("--facility", "code", help="The facility's code, if several use the number.")
@click.option("--method", type=click.Choice([each.value for each in PaymentMethod]), default="bank")
@click.option("--payer", default="", help="Who paid, as the bank says.")
@json_option
@with_app
def record(
    number: str,
    amount: str,
    on: str,
    code: str | None,
    method: str,
    payer: str,
    *,
    as_data: bool,
) -> None:
    """Record a payment of an invoice; what is too much becomes credit."""
    with transaction():
        here = facility_of(code) if code else None
        invoice = invoice_by_number(number, here.id if here else None, TO_PAY)
        facility = db.session.get_one(Facility, invoice.facility_id)
        now = clock.now()
        details = PaymentDetails(
            facility_id=facility.id,
            organisation_id=invoice.organisation_id,
            amount=reading.amount(amount, facility.currency, field="amount"),
            received_on=reading.day(on, field="date"),
            method=PaymentMethod(method),
            invoices=(invoice.id,),
            payer_name=payer,
        )
        made = record_payment(
            details, actor=operator(facility), now=now, today=clock.today(facility.zone)
        )
        back = bool(credit_notes_of(invoice.id))
        _tell(made, number, open_amount(invoice.id), taken_back=back, as_data=as_data)


@payment.command("reverse")
@click.argument("receipt")
@facility_option
@click.option("--reason", required=True, help="For the office and the auditor.")
@click.option("--cause", type=click.Choice([each.value for each in ReversalCause]), required=True)
@click.option("--date", "on", help="The day of the reversal; else today.")
@json_option
@with_app
def reverse(
    receipt: str, code: str, reason: str, cause: str, on: str | None, *, as_data: bool
) -> None:
    """Take a payment back that was recorded by mistake, or that the bank took back."""
    with transaction():
        facility = facility_of(code)
        today = clock.today(facility.zone)
        found = queries.payment_receipted(facility.id, receipt)
        details = ReversalDetails(
            reading.day(on, field="date") if on else today, ReversalCause(cause), reason
        )
        reverse_payment(found, details, actor=operator(facility), now=clock.now(), today=today)
        if as_data:
            facts = {"receipt": receipt, "amount": found.amount, "currency": found.currency}
            as_json({**facts, "reversed_on": details.on_day, "cause": cause})
            return
        amount = format_money(found.amount, found.currency, "en")
        click.echo(f"{found.receipt_number}: {amount} reversed; the receipt is void")


def _tell(made: Payment, number: str, left: int, *, taken_back: bool, as_data: bool) -> None:
    rest = queries.left_of(made)
    if as_data:
        as_json(
            {
                "receipt": made.receipt_number,
                "invoice": number,
                "amount": made.amount,
                "currency": made.currency,
                "open": left,
                "credit": rest,
            }
        )
        return
    say = [f"{made.receipt_number}: {format_money(made.amount, made.currency, 'en')} for {number}"]
    paid = "taken back with a credit note" if taken_back else "paid in full"
    say.append(f"{format_money(left, made.currency, 'en')} still open" if left else paid)
    if rest:
        say.append(f"{format_money(rest, made.currency, 'en')} kept as credit")
    click.echo("; ".join(say))


@click.command("fake-stripe")
@click.option("--port", default=STAND_IN_PORT, show_default=True)
@click.option("--webhook", help="Where to send events; this installation by default.")
def fake_stripe(port: int, webhook: str | None) -> None:
    """Run a stand-in for Stripe (test mode) until interrupted."""
    settings = Settings()
    url = webhook or f"{settings.base_url.rstrip('/')}/stripe/webhook"
    server = serve_fake(port, url, settings.stripe_webhook_secret.get_secret_value())
    click.echo(f"Stripe stand-in (test mode): {server.base}, events go to {url}")
    click.echo(f"Start Incubator with INCUBATOR_STRIPE_API_BASE={server.base}")
    try:
        Event().wait()
    except KeyboardInterrupt:
        server.stop()


COMMANDS: tuple[click.Command, ...] = (payment, fake_stripe)
