"""Using what a venture has paid too much."""

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.actions.pay import CreditUse, use_credit
from incubator.billing.queries import credit_of
from incubator.billing.queries import payments as queries
from incubator.billing.queries.funded import awaited_of
from incubator.billing.queries.ledger import OpenInvoice
from incubator.billing.queries.refunds import waiting_for
from incubator.billing.rules.pay import credit_for
from incubator.core.access import Can
from incubator.core.db import db, transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Sum, say
from incubator.organisations.models import Organisation
from incubator.web.answers import lead_on
from incubator.web.forms import choices
from incubator.web.guard import Here, at_facility
from incubator.web.payments.blueprint import pages
from incubator.web.payments.forms import CreditForm, notes_on


@pages.route("/f/<code>/payments/credit/<key:organisation_id>", methods=["GET", "POST"])
@at_facility(Can.RUN_BILLING)
def credit(here: Here, organisation_id: int) -> ResponseReturnValue:
    """Settle an invoice with a venture's credit."""
    venture = db.session.get(Organisation, organisation_id)
    held = credit_of(organisation_id, here.facility.id)
    funded = queries.funded_of(organisation_id, here.facility.id)
    found = queries.open_invoices_of(here.facility.id, organisation_id)
    if venture is None or not (held or found or venture.facility_id == here.facility.id):
        abort(404)
    form = CreditForm()
    form.invoice.choices = choices((one.invoice.number, one.invoice.number) for one in found)
    if found and not form.is_submitted():
        form.invoice.data = found[0].invoice.number
        form.amount.data = _settled(found[0], held - funded, funded) or None
        form.held.data = str(held)
    if form.validate_on_submit():
        chosen = next(one for one in found if one.invoice.number == form.invoice.data)
        use = CreditUse(here.facility.id, organisation_id, chosen.invoice.id, form.amount.data)
        with form.refusing():
            with transaction():
                _check_unchanged(form, here, organisation_id)
                used = use_credit(use, actor=here.actor, now=here.now, today=here.today)[0]
                payment_id = used.payment_id
            told = {"amount": Sum(use.amount, here.facility.currency), "number": form.invoice.data}
            return lead_on(
                say("%(amount)s of the credit now settles %(number)s.", **told),
                url_for("payments.payment", code=here.facility.code, payment_id=payment_id),
            )
        found = queries.open_invoices_of(here.facility.id, organisation_id)
    page = render_template(
        "payments/credit.html",
        here=here,
        form=form,
        venture=venture,
        held=held,
        funded=funded,
        found=found,
        notes=notes_on(found),
        waiting=waiting_for(here.facility.id, organisation_id),
    )
    return page, form.status


def _settled(chosen: OpenInvoice, own: int, funded: int) -> int:
    """What the credit can settle of an invoice."""
    return credit_for(chosen.open, awaited_of(chosen.invoice.id, chosen.open), own, funded)


def _check_unchanged(form: CreditForm, here: Here, organisation_id: int) -> None:
    """A second click must not use the credit once more."""
    held = credit_of(organisation_id, here.facility.id)
    if form.held.data and form.held.data != str(held):
        left = Sum(held, here.facility.currency)
        raise RuleBroken(say("The credit has changed: it is now %(credit)s.", credit=left))
