"""Finding documents: one, a venture's, or by day, amount and counterparty (BR-E10)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func
from sqlalchemy.orm import selectinload, undefer

from incubator.billing import rules
from incubator.billing.models import (
    Allocation,
    BillingRun,
    Document,
    Invoice,
    InvoiceKind,
    JournalEntry,
    Payment,
    PaymentMethod,
    Posting,
)
from incubator.billing.queries.ledger import Standing, corrected, credited_sum, paid_sum, standings
from incubator.core.audit import AuditEntry
from incubator.core.db import db
from incubator.core.errors import NotFound
from incubator.organisations.models import Organisation
from incubator.organisations.queries import named

PAGE = 50
TO_PAY = Invoice.kind == InvoiceKind.INVOICE
"""Narrows a question to documents that ask for money."""


@dataclass(frozen=True)
class InvoiceSearch:
    """What somebody looks for; every part narrows, none is needed (TV-098)."""

    issued_from: date | None = None
    issued_to: date | None = None
    least: int | None = None
    most: int | None = None
    party: str = ""
    number: str = ""
    state: rules.InvoiceState | None = None
    month: date | None = None


@dataclass(frozen=True)
class Found:
    """One page of what was found, with the count and the sum of all of it."""

    rows: list[Standing]
    count: int
    total: int


@dataclass(frozen=True)
class Received:
    """What payments brought for an invoice, and how much of it the funder paid."""

    total: int
    funded: int


def invoice_of(facility_id: int, invoice_id: int, *only: ColumnElement[bool]) -> Invoice:
    """A document of this facility with its lines; anything else does not exist."""
    return _one(Invoice.id == invoice_id, Invoice.facility_id == facility_id, *only)


def own_invoice(organisation_id: int, invoice_id: int, *only: ColumnElement[bool]) -> Invoice:
    """A document of this venture with its lines; anything else does not exist."""
    return _one(Invoice.id == invoice_id, Invoice.organisation_id == organisation_id, *only)


def invoice_by_number(
    number: str, facility_id: int | None = None, *only: ColumnElement[bool]
) -> Invoice:
    """The document with this number; where several facilities use it, name one."""
    here = [Invoice.facility_id == facility_id] if facility_id is not None else []
    return _one(Invoice.number == number, *here, *only)


def _one(*conditions: ColumnElement[bool]) -> Invoice:
    found: Sequence[Invoice] = db.session.scalars(
        db.select(Invoice)
        .where(*conditions)
        .options(
            selectinload(Invoice.lines),
            selectinload(Invoice.taxes),
            selectinload(Invoice.organisation),
        )
        .limit(2)
    ).all()
    if len(found) != 1:
        raise NotFound("there is no such invoice, or more than one")
    return found[0]


def count_invoices(organisation_id: int) -> int:
    """How many documents a venture has got."""
    asked = db.select(func.count()).where(Invoice.organisation_id == organisation_id)
    return int(db.session.scalar(asked) or 0)


def invoices_of(
    organisation_id: int, today: date, *, page: int = 1, per_page: int = PAGE
) -> list[Standing]:
    """A page of a venture's documents with their states, the newest first."""
    rows = db.session.scalars(
        db.select(Invoice)
        .where(Invoice.organisation_id == organisation_id)
        .order_by(Invoice.issued_on.desc(), Invoice.id.desc())
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    return standings(list(rows), today)


def search(facility_id: int, wanted: InvoiceSearch, today: date, *, page: int | None = 1) -> Found:
    """The documents of a facility that match, the newest first; all of them without a page.

    What is overdue comes as it is chased, longest late first.
    """
    matching = _matching(facility_id, wanted, today)
    count, total = db.session.execute(
        matching.with_only_columns(func.count(), func.coalesce(func.sum(Invoice.total), 0))
    ).one()
    chased = wanted.state is rules.InvoiceState.OVERDUE
    order = (
        (Invoice.due_on, Invoice.id) if chased else (Invoice.issued_on.desc(), Invoice.id.desc())
    )
    question = matching.options(selectinload(Invoice.organisation)).order_by(*order)
    if page is not None:
        question = question.limit(PAGE).offset((page - 1) * PAGE)
    return Found(standings(list(db.session.scalars(question)), today), count, int(total))


def documents_in(
    facility_id: int, wanted: InvoiceSearch, today: date, most: int
) -> list[tuple[Invoice, Document | None]]:
    """Up to so many documents that match, as they are printed, with the bytes kept of each."""
    asked = (
        _matching(facility_id, wanted, today)
        .options(selectinload(Invoice.lines), selectinload(Invoice.taxes))
        .options(selectinload(Invoice.organisation))
        .order_by(Invoice.issued_on.desc(), Invoice.id.desc())
        .limit(most)
    )
    found = list(db.session.scalars(asked))
    subjects = [f"invoice:{each.id}" for each in found]
    with_bytes = db.select(Document).options(undefer(Document.pdf))
    known = db.session.scalars(with_bytes.where(Document.subject.in_(subjects)))
    kept = {(each.subject, each.language): each for each in known}
    return [(each, kept.get((f"invoice:{each.id}", each.language))) for each in found]


def _matching(facility_id: int, wanted: InvoiceSearch, today: date) -> Select[Invoice]:
    question: Select[Invoice] = db.select(Invoice)
    question = question.where(Invoice.facility_id == facility_id, *_ranges(wanted))
    if wanted.number:
        question = question.where(Invoice.number.icontains(wanted.number, autoescape=True))
    if wanted.party:
        question = question.join(Organisation, Organisation.id == Invoice.organisation_id).where(
            named(wanted.party)
        )
    if wanted.state:
        question = question.where(*_in_state(wanted.state, today))
    return question


def _ranges(wanted: InvoiceSearch) -> list[ColumnElement[bool]]:
    found = (
        (wanted.issued_from, Invoice.issued_on.__ge__),
        (wanted.issued_to, Invoice.issued_on.__le__),
        (wanted.least, Invoice.total.__ge__),
        (wanted.most, Invoice.total.__le__),
        (wanted.month, Invoice.service_month.__eq__),
    )
    return [compare(value) for value, compare in found if value is not None]


def _in_state(state: rules.InvoiceState, today: date) -> list[ColumnElement[bool]]:
    paid, credited = paid_sum(), credited_sum()
    left = Invoice.total - paid - credited
    bill = Invoice.kind == InvoiceKind.INVOICE
    late = Invoice.due_on < today
    touched = (paid + credited) > 0
    back = bill & corrected(Invoice.id) & (credited >= Invoice.total)
    conditions: dict[rules.InvoiceState, list[ColumnElement[bool]]] = {
        rules.InvoiceState.OPEN: [bill, left > 0, ~late, ~touched],
        rules.InvoiceState.PARTIAL: [bill, left > 0, ~late, touched],
        rules.InvoiceState.OVERDUE: [bill, left > 0, late],
        rules.InvoiceState.PAID: [bill, left <= 0, ~back],
        rules.InvoiceState.CREDITED: [back],
        rules.InvoiceState.CREDIT_NOTE: [~bill],
    }
    return conditions[state]


def allocations_of(invoice_id: int) -> list[tuple[Allocation, Payment]]:
    """What payments settled of an invoice, the oldest first."""
    rows = db.session.execute(
        db.select(Allocation, Payment)
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(Allocation.invoice_id == invoice_id)
        .order_by(Allocation.on_day, Allocation.id)
    )
    return [(allocation, payment) for allocation, payment in rows]


def received_of(allocations: Iterable[tuple[Allocation, Payment]]) -> Received:
    """What of these counts: it is credit once a credit note takes the invoice back."""
    counting = [(part.amount, by.method) for part, by in allocations if not by.reversal]
    funded = sum(amount for amount, method in counting if method is PaymentMethod.SUBSIDY)
    return Received(sum(amount for amount, _ in counting), funded)


def credit_notes_of(invoice_id: int) -> list[Invoice]:
    """The credit notes that correct an invoice."""
    return list(
        db.session.scalars(
            db.select(Invoice).where(Invoice.corrects_id == invoice_id).order_by(Invoice.id)
        )
    )


def history_of(invoice_id: int) -> list[AuditEntry]:
    """What was done to a document, the newest first."""
    return list(
        db.session.scalars(
            db.select(AuditEntry)
            .where(AuditEntry.subject_kind == "invoice", AuditEntry.subject_id == invoice_id)
            .order_by(AuditEntry.id.desc())
        )
    )


def postings_of(invoice: Invoice) -> list[dict[str, Any]]:
    """The journal lines of a document, with those of what it made credit: account and amount."""
    parts = db.select(Allocation.id).where(Allocation.invoice_id == invoice.corrects_id)
    released = [f"released:{each}" for each in db.session.scalars(parts)]
    rows = db.session.execute(
        db.select(Posting.account, Posting.amount)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(JournalEntry.source.in_([f"invoice:{invoice.id}", *released]))
        .order_by(Posting.id)
    )
    return [{"account": account, "amount": amount} for account, amount in rows]


def document_of(subject: str, language: str) -> Document | None:
    """The kept bytes of a document in a language."""
    found: Document | None = db.session.scalar(
        db.select(Document).where(Document.subject == subject, Document.language == language)
    )
    return found


def runs_of(facility_id: int, month: date) -> Sequence[BillingRun]:
    """The passes over a month, the newest first."""
    return db.session.scalars(
        db.select(BillingRun)
        .where(BillingRun.facility_id == facility_id, BillingRun.month == month)
        .order_by(BillingRun.id.desc())
        .limit(5)
    ).all()
