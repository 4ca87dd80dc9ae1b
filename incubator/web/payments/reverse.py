"""Reversing a payment, or a repayment, that was a mistake or that the bank took back."""

from flask import g, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.actions.reverse import (
    RefundReversalDetails,
    ReversalDetails,
    reverse_payment,
)
from incubator.billing.actions.reverse import reverse_refund as take_refund_back
from incubator.billing.models import RefundReversalCause, ReversalCause
from incubator.billing.queries import payments as queries
from incubator.billing.queries.refunds import refund_in, waiting_for
from incubator.core.access import Can
from incubator.core.db import transaction
from incubator.core.i18n import say
from incubator.web.answers import lead_on
from incubator.web.guard import Here, at_facility
from incubator.web.payments.blueprint import pages
from incubator.web.payments.forms import RefundReversalForm, ReversalForm

REVERSED = say("The payment is reversed.")
REVERSED_OPEN = say("The payment is reversed. What it settled is open again.")


@pages.route("/f/<code>/payments/<key:payment_id>/reverse", methods=["GET", "POST"])
@at_facility(Can.RUN_BILLING)
def reverse(here: Here, payment_id: int) -> ResponseReturnValue:
    """Ask why, and reverse."""
    found = queries.payment_in(here.facility.id, payment_id)
    g.nav_here = "payments.index"
    form = ReversalForm(on_day=here.today)
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                details = ReversalDetails(
                    form.on_day.data, ReversalCause(form.cause.data), form.reason.data or ""
                )
                payment = queries.payment_in(here.facility.id, payment_id)
                reverse_payment(payment, details, actor=here.actor, now=here.now, today=here.today)
            settled = any(part.credit_note is None for part in found.allocations)
            return lead_on(
                REVERSED_OPEN if settled else REVERSED,
                url_for(".payment", code=here.facility.code, payment_id=payment_id),
            )
    left = queries.left_of(found)
    page = render_template(
        "payments/reverse.html",
        here=here,
        form=form,
        payment=found,
        left=left,
        waiting=left and waiting_for(here.facility.id, found.organisation_id),
    )
    return page, form.status


@pages.route("/f/<code>/refunds/<key:refund_id>/reverse", methods=["GET", "POST"])
@at_facility(Can.RUN_BILLING)
def reverse_refund(here: Here, refund_id: int) -> ResponseReturnValue:
    """Ask why, and make what was paid back the venture's credit again."""
    found = refund_in(here.facility.id, refund_id)
    organisation_id = found.organisation_id
    g.nav_here = "payments.index"
    form = RefundReversalForm(on_day=here.today)
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                details = RefundReversalDetails(
                    form.on_day.data, RefundReversalCause(form.cause.data), form.reason.data or ""
                )
                refund = refund_in(here.facility.id, refund_id)
                take_refund_back(refund, details, actor=here.actor, now=here.now, today=here.today)
            return lead_on(
                say("The repayment is reversed. The amount is credit again."),
                url_for(".credit", code=here.facility.code, organisation_id=organisation_id),
            )
    page = render_template("payments/reverse_refund.html", here=here, form=form, refund=found)
    return page, form.status
