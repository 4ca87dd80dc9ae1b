"""What the payment service tells us, and card payments that find no invoice."""

from flask import current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.billing import gateway
from incubator.billing.actions.checkout import set_event_aside, settle_event, take_event
from incubator.billing.actions.pay import PaymentDetails
from incubator.billing.models import Payment, PaymentMethod
from incubator.billing.queries import cards as queries
from incubator.billing.queries.cards import Unmatched
from incubator.billing.queries.ledger import OpenInvoice
from incubator.billing.queries.payments import open_invoices_in
from incubator.core import clock
from incubator.core.access import Can
from incubator.core.db import transaction
from incubator.core.i18n import Message, Sum, say
from incubator.web.answers import lead_on
from incubator.web.filters import t
from incubator.web.forms import choices
from incubator.web.guard import Here, at_facility, public
from incubator.web.payments.blueprint import pages
from incubator.web.payments.forms import AsideForm, CardEventForm
from incubator.web.payments.service import event_secret, is_live


@pages.post("/stripe/webhook")
@public
def webhook() -> ResponseReturnValue:
    """Take in a signed message; whatever it says is kept, so that it is never sent for ever."""
    signature = request.headers.get("Stripe-Signature", "")
    try:
        event = gateway.read_event(request.get_data(), signature, event_secret())
    except gateway.Forged as forged:
        current_app.logger.warning("A message that Stripe did not send: %s", forged)
        return "", 400
    with transaction():
        outcome = take_event(event, live=is_live(), now=clock.now())
    current_app.logger.info("%s %s: %s", event.kind, event.id, outcome)
    return "", 200


@pages.get("/f/<code>/payments/card/<key:event_id>")
@at_facility(Can.RUN_BILLING)
def card_event(here: Here, event_id: int) -> ResponseReturnValue:
    """A card payment without an invoice, or one that goes back."""
    found = queries.unmatched_event(here.facility.id, event_id)
    return _page(here, found, CardEventForm(), AsideForm()), 200


@pages.post("/f/<code>/payments/card/<key:event_id>")
@at_facility(Can.RUN_BILLING)
def settle_card_event(here: Here, event_id: int) -> ResponseReturnValue:
    """Record it on the invoice that it was meant for; a form sent twice does so once."""
    if (known := queries.recorded_from(here.facility.id, event_id)) is not None:
        return _lead_to(here, known)
    found = queries.unmatched_event(here.facility.id, event_id)
    form = CardEventForm()
    chosen = _offer(here, form)
    if form.validate_on_submit():
        invoice = chosen[form.invoice.data].invoice
        details = PaymentDetails(
            facility_id=here.facility.id,
            organisation_id=invoice.organisation_id,
            amount=found.amount,
            received_on=min(found.on_day(here.facility.zone), here.today),
            method=PaymentMethod.CARD,
            invoices=(invoice.id,),
            external_id=found.payment_id,
        )
        with form.refusing(), transaction():
            settle_event(found.event, details, actor=here.actor, now=here.now, today=here.today)
        if (known := queries.recorded_from(here.facility.id, event_id)) is not None:
            return _lead_to(here, known)
    return _page(here, found, form, AsideForm(formdata=None)), 422


def _lead_to(here: Here, payment: Payment) -> ResponseReturnValue:
    return lead_on(
        say("The card payment is recorded."),
        url_for("payments.payment", code=here.facility.code, payment_id=payment.id),
    )


@pages.post("/f/<code>/payments/card/<key:event_id>/aside")
@at_facility(Can.RUN_BILLING)
def set_aside(here: Here, event_id: int) -> ResponseReturnValue:
    """Take it off the list because it is not ours, or because nothing is to be done."""
    found = queries.unmatched_event(here.facility.id, event_id)
    form = AsideForm()
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                set_event_aside(
                    found.event,
                    facility_id=here.facility.id,
                    reason=form.reason.data or "",
                    actor=here.actor,
                    now=here.now,
                )
            return lead_on(
                say("The card payment is off the list."),
                url_for("home.clerk", code=here.facility.code),
            )
    return _page(here, found, CardEventForm(formdata=None), form), 422


def _offer(here: Here, form: CardEventForm) -> dict[str, OpenInvoice]:
    found = {one.invoice.number: one for one in open_invoices_in(here.facility.id)}
    pairs = [(number, t(_words(one))) for number, one in found.items()]
    form.invoice.choices = choices([("", say("Choose an invoice")), *pairs])
    return found


def _words(one: OpenInvoice) -> Message:
    return say(
        "%(number)s – %(venture)s – %(amount)s open",
        number=one.invoice.number,
        venture=one.invoice.organisation.name,
        amount=Sum(one.open, one.invoice.currency),
    )


def _page(here: Here, found: Unmatched, form: CardEventForm, aside: AsideForm) -> str:
    if found.goes_back:
        payment = queries.recordings_of(found.payment_id)[-1]
        return render_template(
            "payments/card_back.html", here=here, found=found, payment=payment, form=aside
        )
    _offer(here, form)
    wrong = form if form.errors else aside
    return render_template(
        "payments/card_event.html",
        here=here,
        found=found,
        settle=form,
        aside=aside,
        form=wrong,
        recordable=found.currency == here.facility.currency and not found.is_gone,
    )
