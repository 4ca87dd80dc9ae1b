"""Reversing a payment that was recorded by mistake, or that the bank took back."""

from flask import g, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.actions.reverse import ReversalDetails, reverse_payment
from incubator.billing.models import ReversalCause
from incubator.billing.queries import payments as queries
from incubator.core.access import Can
from incubator.core.db import transaction
from incubator.core.i18n import say
from incubator.web.answers import lead_on
from incubator.web.guard import Here, at_facility
from incubator.web.payments.blueprint import pages
from incubator.web.payments.forms import ReversalForm


@pages.route("/f/<code>/payments/<key:payment_id>/reverse", methods=["GET", "POST"])
@at_facility(Can.RUN_BILLING)
def reverse(here: Here, payment_id: int) -> ResponseReturnValue:
    """Ask why, and reverse."""
    found = queries.payment_in(here.facility.id, payment_id)
    g.nav_here = "payments.index"
    form = ReversalForm()
    if not form.is_submitted():
        form.on_day.data = here.today
    if form.validate_on_submit():
        details = ReversalDetails(
            form.on_day.data, ReversalCause(form.cause.data), form.reason.data or ""
        )
        with form.refusing():
            with transaction():
                reverse_payment(
                    queries.payment_in(here.facility.id, payment_id),
                    details,
                    actor=here.actor,
                    now=here.now,
                    today=here.today,
                )
            return lead_on(
                say("The payment is reversed. Its invoices are open again."),
                url_for(".payment", code=here.facility.code, payment_id=payment_id),
            )
    page = render_template("payments/reverse.html", here=here, form=form, payment=found)
    return page, form.status
