"""Using what a venture has paid too much."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.actions.pay import CreditUse, use_credit
from incubator.billing.queries import payments as queries
from incubator.core.access import Can
from incubator.core.db import db, transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Sum, say
from incubator.organisations.models import Organisation
from incubator.web.filters import t
from incubator.web.guard import Here, at_facility
from incubator.web.payments.blueprint import pages
from incubator.web.payments.forms import CreditForm, choices


@pages.route("/f/<code>/payments/credit/<key:organisation_id>", methods=["GET", "POST"])
@at_facility(Can.RUN_BILLING)
def credit(here: Here, organisation_id: int) -> ResponseReturnValue:
    """Settle an invoice with a venture's credit."""
    venture = db.session.get(Organisation, organisation_id)
    held = queries.credit_of(here.facility.id, organisation_id)
    found = queries.open_invoices_of(here.facility.id, organisation_id)
    if venture is None or not (held or found or venture.facility_id == here.facility.id):
        abort(404)
    form = CreditForm()
    form.amount.currency = here.facility.currency
    form.invoice.choices = choices((one.invoice.number, one.invoice.number) for one in found)
    if found and not form.is_submitted():
        form.invoice.data = found[0].invoice.number
        form.amount.data = min(held, found[0].open) or None
    if form.validate_on_submit():
        chosen = next(one for one in found if one.invoice.number == form.invoice.data)
        use = CreditUse(here.facility.id, organisation_id, chosen.invoice.id, form.amount.data)
        answer = _save(here, form, use)
        if answer is not None:
            return answer
        found = queries.open_invoices_of(here.facility.id, organisation_id)
    page = render_template(
        "payments/credit.html",
        here=here,
        form=form,
        venture=venture,
        held=held,
        found=found,
        notes={
            one.invoice.number: t(
                say(
                    "%(amount)s open, due %(day)s",
                    amount=Sum(one.open, one.invoice.currency),
                    day=one.invoice.due_on,
                )
            )
            for one in found
        },
    )
    return page, 422 if form.errors else 200


def _save(here: Here, form: CreditForm, use: CreditUse) -> ResponseReturnValue | None:
    number = form.invoice.data
    try:
        with transaction():
            (payment_id, *_) = [
                part.payment_id
                for part in use_credit(use, actor=here.actor, now=here.now, today=here.today)
            ]
    except RuleBroken as broken:
        form.refuse(broken)
        return None
    amount = Sum(use.amount, here.facility.currency)
    flash(
        t(say("%(amount)s of the credit now settles %(number)s.", amount=amount, number=number)),
        "success",
    )
    return redirect(
        url_for("payments.payment", code=here.facility.code, payment_id=payment_id), 303
    )
