"""The office's invoices: searching them, one with its history, its PDF, taking it back."""

from collections.abc import Sequence

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.billing import queries
from incubator.billing.actions.asked import ASKERS
from incubator.billing.models import Allocation, CreditNoteRequest, InvoiceKind, Payment
from incubator.billing.queries.asked import waiting_on
from incubator.billing.queries.credit_notes import taken_back
from incubator.billing.queries.funded import shared
from incubator.billing.rules import reason
from incubator.core.access import Can
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.core.money import as_decimal
from incubator.core.sheets import Cell
from incubator.web.answers import table_file
from incubator.web.billing.blueprint import pages
from incubator.web.billing.forms import search_asked
from incubator.web.billing.pdfs import pdf_of, pdfs_of
from incubator.web.deciding import Decision, decision_on
from incubator.web.filters import language, t
from incubator.web.forms import PageForm, page_asked
from incubator.web.guard import Here, at_facility

MOST = 300
STATES = tuple(queries.InvoiceState)
COLUMNS = (
    say("Number"),
    say("Issued on"),
    say("Due on"),
    say("Billed for"),
    say("Venture"),
    say("Net amount"),
    say("Tax amount"),
    say("Outside consumption tax"),
    say("Total"),
    say("Paid"),
    say("Still open"),
    say("Currency"),
    say("State"),
)


@pages.get("/f/<code>/invoices")
@at_facility(Can.VIEW_BILLING)
def invoices(here: Here) -> ResponseReturnValue:
    """The invoices of a facility by day, amount and counterparty (BR-E10)."""
    wanted, wrong = search_asked(here.facility.currency)
    page = page_asked()
    return render_template(
        "billing/invoices.html",
        here=here,
        found=queries.search(here.facility.id, wanted, here.today, page=page),
        unread=wrong,
        page=page,
        per_page=queries.PAGE,
        states=STATES,
        asked=request.args,
    )


@pages.get("/f/<code>/invoices.csv")
@at_facility(Can.VIEW_BILLING)
def invoices_file(here: Here) -> ResponseReturnValue:
    """Everything that matches, as a file."""
    wanted, wrong = search_asked(here.facility.currency)
    if wrong:
        raise RuleBroken(wrong[0])
    found = queries.search(here.facility.id, wanted, here.today, page=None)
    name = f"invoices-{here.facility.code}-{here.today:%Y%m%d}.csv"
    return table_file(name, COLUMNS, (_cells(row) for row in found.rows))


@pages.get("/f/<code>/invoices.zip")
@at_facility(Can.VIEW_BILLING)
def invoices_pdfs(here: Here) -> ResponseReturnValue:
    """The PDFs of everything that matches, as many as a browser waits for."""
    wanted, wrong = search_asked(here.facility.currency)
    found = queries.documents_in(here.facility.id, wanted, here.today, MOST + 1)
    if wrong:
        raise RuleBroken(wrong[0])
    if len(found) > MOST:
        raise RuleBroken(
            say("More than %(most)s documents match. Choose a month or fewer days.", most=MOST)
        )
    name = f"invoices-{here.facility.code}-{here.today:%Y%m%d}.zip"
    return pdfs_of(found, name, now=here.now)


def _cells(row: queries.Standing) -> list[Cell]:
    invoice = row.invoice
    sums = (invoice.taxable_total, invoice.tax_total, invoice.untaxed_total, invoice.total)
    return [
        invoice.number,
        invoice.issued_on,
        invoice.due_on,
        f"{invoice.service_month:%Y-%m}",
        invoice.organisation.name,
        *(as_decimal(each, invoice.currency) for each in (*sums, row.settled.paid, row.open)),
        invoice.currency,
        t(row.state),
    ]


@pages.get("/f/<code>/invoices/<key:invoice_id>")
@at_facility(Can.VIEW_BILLING)
def invoice(here: Here, invoice_id: int) -> ResponseReturnValue:
    """One document with its lines, payments, books and history."""
    return show(here, invoice_id)


def show(here: Here, invoice_id: int, tried: PageForm | None = None) -> str:
    """The page of a document; `tried` is a form that was refused."""
    found = queries.invoice_of(here.facility.id, invoice_id)
    g.nav_here = "billing.invoices"
    (standing,) = queries.standings([found], here.today)
    allocations = queries.allocations_of(found.id)
    may_bill = here.may(Can.RUN_BILLING)
    may_ask = here.may(*ASKERS)
    asked = waiting_on(CreditNoteRequest, found.id)
    return render_template(
        "billing/invoice.html",
        here=here,
        invoice=found,
        standing=standing,
        part=shared({found.id: standing.open}).get(found.id),
        paper=queries.invoice_paper(found, language()),
        title=queries.title_of(found),
        allocations=allocations,
        received=queries.received_of(allocations),
        credit_notes=queries.credit_notes_of(found.id),
        history=queries.history_of(found.id),
        postings=queries.postings_of(found),
        reason=reason,
        decision=asked and _decision(here, asked, tried),
        form=tried,
        was_late=_was_late(standing, allocations),
        may_pay=may_bill and standing.open > 0,
        anew=may_bill and bool(taken_back(found.id)),
        may_credit=may_ask
        and asked is None
        and found.kind is InvoiceKind.INVOICE
        and standing.settled.credited is None,
    )


def _was_late(standing: queries.Standing, paid: Sequence[tuple[Allocation, Payment]]) -> bool:
    """Whether it is overdue, or money that counts came after its due day."""
    due = standing.invoice.due_on
    late = any(by.received_on > due for _, by in paid if not by.reversal)
    overdue = standing.state is queries.InvoiceState.OVERDUE
    return overdue or (late and standing.settled.credited is None)


def _decision(here: Here, asked: CreditNoteRequest, tried: PageForm | None) -> Decision:
    return decision_on(
        asked,
        here,
        lambda deed: url_for(f".{deed}_credit", code=here.facility.code, credit_note_id=asked.id),
        tried=tried,
        askers=ASKERS,
    )


@pages.get("/f/<code>/invoices/<key:invoice_id>/pdf")
@at_facility(Can.VIEW_BILLING)
def invoice_pdf(here: Here, invoice_id: int) -> ResponseReturnValue:
    """The PDF."""
    return pdf_of(queries.invoice_of(here.facility.id, invoice_id), now=here.now)
