"""Asking to take an invoice back with a credit note, and deciding on it."""

from functools import partial

from flask import g, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.billing import actions
from incubator.billing.actions.asked import ASKERS
from incubator.billing.models import CreditNoteRequest, Invoice
from incubator.billing.queries import allocations_of, invoice_of, received_of
from incubator.billing.queries.asked import request_in
from incubator.billing.queries.other_days import billed_for_other_days
from incubator.billing.queries.unsubsidised import billed_unsubsidised
from incubator.core.access import Can
from incubator.core.db import transaction
from incubator.core.i18n import Message, say
from incubator.web.answers import lead_on
from incubator.web.billing.blueprint import pages
from incubator.web.billing.forms import ANEW, CreditForm
from incubator.web.billing.invoices import show
from incubator.web.deciding import ASKED, Deciding
from incubator.web.forms import PageForm
from incubator.web.guard import Here, at_facility


@pages.route("/f/<code>/invoices/<key:invoice_id>/credit", methods=["GET", "POST"])
@at_facility(*ASKERS)
def credit(here: Here, invoice_id: int) -> ResponseReturnValue:
    """Ask to take an invoice back with a credit note."""
    found = invoice_of(here.facility.id, invoice_id)
    g.nav_here = "billing.invoices"
    form = CreditForm(follows=ANEW if _billed_wrongly(here, found) else None)
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                actions.ask_credit_note(
                    invoice_of(here.facility.id, invoice_id),
                    form.reason.data or "",
                    anew=form.follows.data == ANEW,
                    actor=here.actor,
                    now=here.now,
                    today=here.today,
                )
            return lead_on(
                ASKED, url_for(".invoice", code=here.facility.code, invoice_id=invoice_id)
            )
    received = received_of(allocations_of(found.id))
    page = render_template(
        "billing/credit.html", here=here, invoice=found, received=received, form=form
    )
    return page, form.status


def _billed_wrongly(here: Here, found: Invoice) -> bool:
    """Whether it bills a lease for other days or without its subsidy, so that it is owed anew."""
    facility, month = here.facility.id, found.service_month
    other = {each.invoice.id for each in billed_for_other_days(facility)}
    in_full = {each.invoice.id for each in billed_unsubsidised(facility, here.today, month=month)}
    return found.id in other | in_full


@pages.post("/f/<code>/credit-notes/<key:credit_note_id>/approve")
@at_facility(Can.APPROVE_MONEY)
def approve_credit(here: Here, credit_note_id: int) -> ResponseReturnValue:
    """Issue the credit note that somebody else asked for."""

    def deed(asked: CreditNoteRequest) -> Message:
        made = actions.approve_credit_note(asked, actor=here.actor, now=here.now, today=here.today)
        return say("Credit note %(number)s was issued.", number=made.number)

    return _deciding(here, credit_note_id).approve(deed)


@pages.post("/f/<code>/credit-notes/<key:credit_note_id>/refuse")
@at_facility(Can.APPROVE_MONEY)
def refuse_credit(here: Here, credit_note_id: int) -> ResponseReturnValue:
    """Say no, with a reason."""
    said = say("The credit note is refused.")
    return _deciding(here, credit_note_id).refuse(actions.refuse_credit_note, said)


@pages.post("/f/<code>/credit-notes/<key:credit_note_id>/withdraw")
@at_facility(*ASKERS)
def withdraw_credit(here: Here, credit_note_id: int) -> ResponseReturnValue:
    """Take the question back."""
    said = say("The credit note is withdrawn.")
    return _deciding(here, credit_note_id).withdraw(actions.withdraw_credit_note, said)


def _deciding(here: Here, credit_note_id: int) -> Deciding[CreditNoteRequest]:
    find = partial(request_in, CreditNoteRequest, here.facility.id, credit_note_id)
    invoice_id = find().invoice_id
    back = url_for(".invoice", code=here.facility.code, invoice_id=invoice_id)
    return Deciding(here, find, back, partial(show, here, invoice_id))


@pages.post("/f/<code>/invoices/<key:invoice_id>/anew")
@at_facility(Can.RUN_BILLING)
def bill_anew(here: Here, invoice_id: int) -> ResponseReturnValue:
    """Let the run of its month bill anew what a credit note took back."""
    form = PageForm()
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                found = invoice_of(here.facility.id, invoice_id)
                actions.bill_anew(found, actor=here.actor, now=here.now)
                month = found.service_month
            return lead_on(
                say("What was on the invoice is billed anew as soon as you issue it here."),
                url_for(".run", code=here.facility.code, month=f"{month:%Y-%m}"),
            )
    return show(here, invoice_id, form), form.status
