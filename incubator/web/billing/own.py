"""A venture's own invoices."""

from flask import render_template
from flask.typing import ResponseReturnValue

from incubator.billing import queries
from incubator.billing.queries import payments
from incubator.billing.queries.funded import shared
from incubator.billing.queries.refunds import refunds_of
from incubator.billing.rules import reason
from incubator.core.access import Can
from incubator.web.billing.blueprint import pages
from incubator.web.billing.pdfs import pdf_of
from incubator.web.filters import language
from incubator.web.forms import page_asked
from incubator.web.guard import Home, at_venture


@pages.get("/v/<key:venture_id>/invoices")
@at_venture(Can.VIEW_OWN_INVOICES)
def own_invoices(here: Home) -> ResponseReturnValue:
    """What the venture owes and what it was billed."""
    page = page_asked()
    to_pay = payments.open_invoices_of(here.facility.id, here.venture.id)
    parts = shared({each.invoice.id: each.open for each in to_pay})
    return render_template(
        "billing/own_invoices.html",
        here=here,
        balance=queries.balances_of(here.venture.id, here.today),
        funder=sum(part.funder for part in parts.values()),
        rows=queries.invoices_of(here.venture.id, here.today, page=page),
        page=page,
        total=queries.count_invoices(here.venture.id),
        per_page=queries.PAGE,
        credits=payments.with_credit(here.venture.id),
        refunds=refunds_of(here.venture.id),
    )


@pages.get("/v/<key:venture_id>/invoices/<key:invoice_id>")
@at_venture(Can.VIEW_OWN_INVOICES)
def own_invoice(here: Home, invoice_id: int) -> ResponseReturnValue:
    """One of the venture's invoices, with how to pay it."""
    found = queries.own_invoice(here.venture.id, invoice_id)
    (standing,) = queries.standings([found], here.today)
    allocations = queries.allocations_of(found.id)
    return render_template(
        "billing/own_invoice.html",
        here=here,
        invoice=found,
        standing=standing,
        part=shared({found.id: standing.open}).get(found.id),
        paper=queries.invoice_paper(found, language()),
        title=queries.title_of(found),
        allocations=allocations,
        received=queries.received_of(allocations),
        credit_notes=queries.credit_notes_of(found.id),
        reason=reason,
        may_pay=here.actor.can(Can.PAY_OWN_INVOICES, organisation=here.venture.id),
    )


@pages.get("/v/<key:venture_id>/invoices/<key:invoice_id>/pdf")
@at_venture(Can.VIEW_OWN_INVOICES)
def own_invoice_pdf(here: Home, invoice_id: int) -> ResponseReturnValue:
    """The PDF."""
    return pdf_of(queries.own_invoice(here.venture.id, invoice_id), now=here.now)
