"""Asking that credit is paid back to a venture, and the notice of it."""

from secrets import token_urlsafe

from flask import abort, g, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.actions.refund import RefundDetails, ask_refund
from incubator.billing.queries import credit_of, refunds
from incubator.billing.queries.payments import funded_of
from incubator.billing.queries.waiting import WaitingKind
from incubator.core.access import Can
from incubator.core.db import db, transaction
from incubator.organisations.models import Organisation
from incubator.web.answers import lead_on
from incubator.web.deciding import ASKED
from incubator.web.guard import Here, Home, at_facility, at_venture
from incubator.web.payments.blueprint import pages
from incubator.web.payments.forms import RefundForm
from incubator.web.payments.paper import notice_of
from incubator.web.waiting import waiting_here


@pages.route("/f/<code>/payments/credit/<key:organisation_id>/refund", methods=["GET", "POST"])
@at_facility(Can.RUN_BILLING)
def refund(here: Here, organisation_id: int) -> ResponseReturnValue:
    """Ask that a venture's credit is paid back by bank transfer."""
    venture = db.session.get(Organisation, organisation_id)
    held = credit_of(organisation_id, here.facility.id)
    funded = funded_of(organisation_id, here.facility.id)
    if venture is None or not (held or venture.facility_id == here.facility.id):
        abort(404)
    g.nav_here = "payments.index"
    form = RefundForm(amount=held - funded or None, once_key=token_urlsafe(16))
    if form.validate_on_submit():
        with form.refusing():
            return _ask(here, form, organisation_id)
    page = render_template(
        "payments/refund.html",
        here=here,
        form=form,
        venture=venture,
        held=held,
        funded=funded,
        waiting=[
            each
            for each in waiting_here(here, WaitingKind.REFUND)
            if each.asked.venture.id == organisation_id
        ],
    )
    return page, form.status


def _ask(here: Here, form: RefundForm, organisation_id: int) -> ResponseReturnValue:
    details = RefundDetails(
        facility_id=here.facility.id,
        organisation_id=organisation_id,
        amount=form.amount.data,
        paid_to=form.paid_to.data or "",
        note=form.note.data or "",
        once_key=form.once_key.data or None,
    )
    with transaction():
        request_id = ask_refund(details, actor=here.actor, now=here.now, today=here.today).id
    return lead_on(
        ASKED,
        url_for(".refund_request", code=here.facility.code, request_id=request_id),
    )


@pages.get("/f/<code>/refunds/<key:refund_id>")
@at_facility(Can.VIEW_BILLING)
def refund_pdf(here: Here, refund_id: int) -> ResponseReturnValue:
    """The notice of a refund as PDF."""
    return notice_of(refunds.refund_in(here.facility.id, refund_id), here.now)


@pages.get("/v/<key:venture_id>/refunds/<key:refund_id>")
@at_venture(Can.VIEW_OWN_INVOICES)
def own_refund_pdf(here: Home, refund_id: int) -> ResponseReturnValue:
    """The notice of a refund to the venture as PDF."""
    return notice_of(refunds.refund_for(here.venture.id, refund_id), here.now)
