"""The auditor: recomputes the books from their rows and names everything that does not hold."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy.orm import selectinload, undefer

from incubator.billing import rules
from incubator.billing.models import (
    Account,
    Allocation,
    Charge,
    Document,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    JournalEntry,
    Payment,
    PaymentReversal,
    Posting,
    Refund,
    RefundPart,
    RefundReversal,
)
from incubator.billing.queries.approvals import APPROVALS
from incubator.billing.queries.ledger import back_sum, corrected, counts, settles, stands
from incubator.billing.queries.violation import Found, Violation
from incubator.core.days import day_at, fiscal_year
from incubator.core.db import db
from incubator.core.money import Rounding
from incubator.spaces.models import Facility

BATCH = 500


def audit() -> list[Violation]:
    """Every violation there is; an empty list is a clean bill."""
    return [violation for check in CHECKS for violation in check()]


def _entries_balance() -> Found:
    rows = db.session.execute(
        db.select(JournalEntry.source, Posting.currency, func.sum(Posting.amount))
        .join(Posting, Posting.entry_id == JournalEntry.id)
        .group_by(JournalEntry.id, JournalEntry.source, Posting.currency)
        .having(func.sum(Posting.amount) != 0)
    )
    for source, currency, amount in rows:
        yield Violation("entry_balances", source, f"postings sum to {amount} {currency}")


def _documents_have_entries() -> Found:
    """Every document stands in the books, every entry has a document behind it."""
    expected = {f"invoice:{each}" for each in db.session.scalars(db.select(Invoice.id))}
    expected |= {f"payment:{each}" for each in db.session.scalars(db.select(Payment.id))}
    expected |= {f"reversal:{each}" for each in db.session.scalars(db.select(PaymentReversal.id))}
    expected |= {f"refund:{each}" for each in db.session.scalars(db.select(Refund.id))}
    back = db.session.scalars(db.select(RefundReversal.id))
    expected |= {f"refund_reversal:{each}" for each in back}
    expected |= _released(counts(Allocation.payment_id))
    parts = db.session.scalars(db.select(Allocation.id))
    known = expected | _released() | {f"allocation:{each}" for each in parts}
    sources = set(db.session.scalars(db.select(JournalEntry.source)))
    for source in sorted(expected - sources):
        yield Violation("document_has_entry", source, "has no journal entry")
    for source in sorted(sources - known):
        yield Violation("entry_has_document", source, "there is no such document")


def _released(*which: ColumnElement[bool]) -> set[str]:
    """The entries of what settled invoices that were taken back: it is credit again.

    A payment that was reversed before has none, one that was reversed since still has its own.
    """
    asked = db.select(Allocation.id).where(corrected(Allocation.invoice_id), *which)
    return {f"released:{each}" for each in db.session.scalars(asked)}


def _invoices_hold() -> Found:
    posted = _posted("invoice")
    question = (
        db.select(Invoice)
        .options(selectinload(Invoice.lines), selectinload(Invoice.taxes))
        .order_by(Invoice.id)
        .execution_options(yield_per=BATCH, populate_existing=True)
    )
    for invoice in db.session.scalars(question):
        for check, problem in _problems(invoice, posted.get(f"invoice:{invoice.id}", {})):
            yield Violation(check, invoice.number, problem)


def _posted(*kinds: str) -> dict[str, dict[str, int]]:
    posted: dict[str, dict[str, int]] = defaultdict(dict)
    rows = db.session.execute(
        db.select(JournalEntry.source, Posting.account, func.sum(Posting.amount))
        .join(Posting, Posting.entry_id == JournalEntry.id)
        .where(or_(*(JournalEntry.source.startswith(f"{kind}:") for kind in kinds)))
        .group_by(JournalEntry.source, Posting.account)
    )
    for source, account, amount in rows:
        posted[source][account.value] = int(amount)
    return posted


def _problems(invoice: Invoice, posted: dict[str, int]) -> Iterator[tuple[str, str]]:
    lines = [(line.tax_category.value, line.rate_bp, line.amount) for line in invoice.lines]
    groups = rules.tax_groups(lines, Rounding(invoice.rounding))
    recomputed = {(group.category, group.rate_bp): (group.taxable, group.tax) for group in groups}
    stated = {(tax.category.value, tax.rate_bp): (tax.taxable, tax.tax) for tax in invoice.taxes}
    untaxed = sum(amount for _, rate_bp, amount in lines if rate_bp is None)
    sums = (
        sum(group.taxable for group in groups),
        sum(group.tax for group in groups),
        untaxed,
    )
    if not lines:
        yield "invoice_has_lines", "has no line"
    if invoice.kind is InvoiceKind.INVOICE and invoice.total < 0:
        yield "never_below_zero", f"asks for {invoice.total}"
    if (invoice.taxable_total, invoice.untaxed_total) != (sums[0], sums[2]):
        yield "lines_add_up", "its sums differ from its lines"
    if recomputed != stated or invoice.tax_total != sums[1]:
        yield "tax_recomputes", f"tax should be {sums[1]}, stated {invoice.tax_total}"
    if invoice.total != invoice.taxable_total + invoice.tax_total + invoice.untaxed_total:
        yield "total_adds_up", "its total is not the sum of its parts"
    if posted != _should_post(invoice):
        yield "posted_as_issued", "the journal says something else"
    header = {name: getattr(invoice, name) for name in rules.HEADER}
    rows = [{name: getattr(line, name) for name in rules.LINE} for line in invoice.lines]
    taxes = [{name: getattr(tax, name) for name in rules.TAX} for tax in invoice.taxes]
    if rules.seal(header, rows, taxes) != invoice.facts_sha256:
        yield "facts_unchanged", "its facts are not those it was issued with"


def _should_post(invoice: Invoice) -> dict[str, int]:
    sides = {
        Account.RECEIVABLE.value: invoice.total,
        Account.SALES.value: -invoice.taxable_total,
        Account.TAX.value: -invoice.tax_total,
        Account.UNTAXED.value: -invoice.untaxed_total,
    }
    return {account: amount for account, amount in sides.items() if amount}


def _numbers_have_no_gap() -> Found:
    """Every series counts 1, 2, 3 … within the fiscal year in which its numbers were given."""
    series: dict[tuple[str, int, int], list[int]] = defaultdict(list)
    for kind, facility_id, day, number in _numbered():
        year, last = ("", *number.split("-"))[-2:]
        good = last.isdecimal() and year == str(fiscal_year(day))
        series[kind, facility_id, fiscal_year(day)].append(int(last) if good else 0)
    for (kind, facility_id, fiscal), numbers in series.items():
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            missing = sorted(set(range(1, max(numbers) + 1)) - set(numbers))
            problem = f"missing {missing[:5]}" if missing else "a number occurs twice"
            yield Violation("numbers_without_gap", f"{kind} {facility_id}/{fiscal}", problem)


def _numbered() -> Iterator[tuple[str, int, date, str]]:
    """The kind, the facility, the day and the number of every document that has one."""
    zones = {each.id: each.zone for each in db.session.scalars(db.select(Facility))}
    for kind, facility_id, day, number in db.session.execute(
        db.select(Invoice.kind, Invoice.facility_id, Invoice.issued_on, Invoice.number)
    ):
        yield kind.value, facility_id, day, number
    receipts = db.select(Payment.facility_id, Payment.recorded_at, Payment.receipt_number)
    notices = db.select(Refund.facility_id, Refund.recorded_at, Refund.number)
    for name, asked in (("receipt", receipts), ("refund", notices)):
        for facility_id, at, number in db.session.execute(asked):
            yield name, facility_id, day_at(at, zones[facility_id]), number


def _charges_are_billed_once() -> Found:
    """The charges an invoice took are exactly its lines; none was cancelled."""
    charges: dict[int, Counter[tuple[Any, ...]]] = defaultdict(Counter)
    for charge in db.session.scalars(db.select(Charge).where(Charge.invoice_id.is_not(None))):
        charges[charge.invoice_id or 0][_face(charge)] += 1
        if charge.cancelled_at is not None:
            yield Violation("charge_state", f"charge:{charge.id}", "is both billed and cancelled")
    lines: dict[int, Counter[tuple[Any, ...]]] = defaultdict(Counter)
    rows = db.session.scalars(
        db.select(InvoiceLine)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Invoice.kind == InvoiceKind.INVOICE)
    )
    for line in rows:
        lines[line.invoice_id][_face(line)] += 1
    for invoice_id in sorted({*charges, *lines}):
        if charges[invoice_id] != lines[invoice_id]:
            problem = "its lines are not the charges it took"
            yield Violation("one_line_per_charge", f"invoice:{invoice_id}", problem)


def _only_what_was_taken_back_is_billed_anew() -> Found:
    """A charge lets go of its source only when a credit note took its invoice back."""
    credited = _credited()
    asked = db.select(Charge).where(Charge.source.contains(rules.TAKEN_BACK))
    for charge in db.session.scalars(asked):
        if charge.invoice_id not in credited:
            problem = "could be billed twice: no credit note took it back"
            yield Violation("billed_anew", f"charge:{charge.id}", problem)


def _face(row: Charge | InvoiceLine) -> tuple[Any, ...]:
    return (row.kind.value, row.title, row.service_from, row.service_until, row.amount)


def _payments_hold() -> Found:
    """Allocations never exceed a payment or an invoice; one payment id is applied once."""
    used = (
        db.select(func.coalesce(func.sum(Allocation.amount), 0))
        .where(Allocation.payment_id == Payment.id, ~corrected(Allocation.invoice_id))
        .correlate(Payment)
        .scalar_subquery()
    )
    gone = used + back_sum()
    for number, amount, spent in db.session.execute(
        db.select(Payment.receipt_number, Payment.amount, gone).where(gone > Payment.amount)
    ):
        yield Violation("payment_covers", number, f"{spent} used of {amount} received")
    paid, credited = _paid(), _credited()
    for invoice_id, number, total in db.session.execute(
        db.select(Invoice.id, Invoice.number, Invoice.total).where(
            Invoice.kind == InvoiceKind.INVOICE
        )
    ):
        left = total - paid.get(invoice_id, 0) - credited.get(invoice_id, 0)
        if left < 0:
            yield Violation("never_overpaid", number, f"{-left} too much is set against it")
    for number, company, other in db.session.execute(
        db.select(Invoice.number, Invoice.organisation_id, Payment.organisation_id)
        .select_from(Allocation)
        .join(Invoice, Invoice.id == Allocation.invoice_id)
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(Invoice.organisation_id != Payment.organisation_id)
    ):
        yield Violation("own_money", number, f"venture {company} was paid for by {other}")


def _refunds_hold() -> Found:
    """A refund is the sum of its parts, each from a payment of the venture that counts."""
    rows = db.session.execute(
        db.select(Refund.number, Refund.amount, func.coalesce(func.sum(RefundPart.amount), 0))
        .outerjoin(RefundPart, RefundPart.refund_id == Refund.id)
        .group_by(Refund.id, Refund.number, Refund.amount)
    )
    for number, amount, parts in rows:
        if amount != parts:
            yield Violation("refund_adds_up", number, f"its parts come to {parts}, not {amount}")
    for number in db.session.scalars(
        db.select(Refund.number)
        .join(RefundPart, RefundPart.refund_id == Refund.id)
        .join(Payment, Payment.id == RefundPart.payment_id)
        .where(
            stands(Refund.id),
            (Payment.organisation_id != Refund.organisation_id) | ~counts(Payment.id),
        )
    ):
        yield Violation("own_money", number, "pays back money that was not the venture's")


def _reversals_mirror() -> Found:
    """What a reversed payment or repayment said in the books, its reversal takes back."""
    posted = _posted("payment", "allocation", "released", "reversal", "refund", "refund_reversal")
    for reversal, sources in _reversed():
        left: Counter[str] = Counter()
        for source in (reversal, *sources):
            left.update(posted.get(source, {}))
        if any(left.values()):
            yield Violation("reversal_mirrors", reversal, f"leaves {dict(left)} in the journal")


def _reversed() -> Iterator[tuple[str, list[str]]]:
    """Every reversal, with the entries it takes back."""
    for reversal in db.session.scalars(db.select(PaymentReversal).order_by(PaymentReversal.id)):
        parts = db.session.scalars(
            db.select(Allocation.id).where(Allocation.payment_id == reversal.payment_id)
        )
        since = [f"{kind}:{each}" for each in parts for kind in ("allocation", "released")]
        yield f"reversal:{reversal.id}", [f"payment:{reversal.payment_id}", *since]
    for back in db.session.scalars(db.select(RefundReversal).order_by(RefundReversal.id)):
        yield f"refund_reversal:{back.id}", [f"refund:{back.refund_id}"]


def _paid() -> dict[int, int]:
    rows = db.session.execute(
        db.select(Allocation.invoice_id, func.sum(Allocation.amount))
        .where(settles())
        .group_by(Allocation.invoice_id)
    )
    return {invoice_id: int(amount) for invoice_id, amount in rows}


def _credited() -> dict[int | None, int]:
    rows = db.session.execute(
        db.select(Invoice.corrects_id, func.sum(Invoice.total))
        .where(Invoice.corrects_id.is_not(None))
        .group_by(Invoice.corrects_id)
    )
    return {invoice_id: -int(amount) for invoice_id, amount in rows}


def _receivables_agree() -> Found:
    """Per venture the journal's receivable is what is open, its credit what is not allocated."""
    billed = _by_venture(Invoice.organisation_id, Invoice.total)
    received = _by_venture(Payment.organisation_id, Payment.amount, counts(Payment.id))
    allocated = {
        venture: int(amount)
        for venture, amount in db.session.execute(
            db.select(Payment.organisation_id, func.sum(Allocation.amount))
            .join(Payment, Payment.id == Allocation.payment_id)
            .where(settles())
            .group_by(Payment.organisation_id)
        )
    }
    refunded = _by_venture(Refund.organisation_id, Refund.amount, stands(Refund.id))
    receivable, credit = _account(Account.RECEIVABLE), _account(Account.CUSTOMER_CREDIT)
    for venture in sorted({*billed, *received, *receivable, *credit}):
        open_items = billed.get(venture, 0) - allocated.get(venture, 0)
        unused = received.get(venture, 0) - allocated.get(venture, 0) - refunded.get(venture, 0)
        if receivable.get(venture, 0) != open_items:
            problem = f"the journal says {receivable.get(venture, 0)}, open items {open_items}"
            yield Violation("receivable_agrees", f"organisation:{venture}", problem)
        if -credit.get(venture, 0) != unused:
            problem = f"the journal says {-credit.get(venture, 0)}, payments leave {unused}"
            yield Violation("credit_agrees", f"organisation:{venture}", problem)


def _by_venture(venture: Any, amount: Any, *which: ColumnElement[bool]) -> dict[int, int]:
    asked = db.select(venture, func.sum(amount)).where(*which).group_by(venture)
    rows = db.session.execute(asked)
    return {organisation_id: int(total) for organisation_id, total in rows}


def _account(account: Account) -> dict[int, int]:
    rows = db.session.execute(
        db.select(Posting.organisation_id, func.sum(Posting.amount))
        .where(Posting.account == account)
        .group_by(Posting.organisation_id)
    )
    return {organisation_id: int(total) for organisation_id, total in rows}


def _documents_are_as_made() -> Found:
    question = (
        db.select(Document)
        .options(undefer(Document.pdf))
        .order_by(Document.id)
        .execution_options(yield_per=BATCH, populate_existing=True)
    )
    for document in db.session.scalars(question):
        if sha256(document.pdf).hexdigest() != document.sha256:
            name = f"{document.subject}/{document.language}"
            yield Violation("document_unchanged", name, "its bytes are not those first made")


CHECKS: tuple[Callable[[], Found], ...] = (
    _entries_balance,
    _documents_have_entries,
    _invoices_hold,
    _numbers_have_no_gap,
    _charges_are_billed_once,
    _only_what_was_taken_back_is_billed_anew,
    _payments_hold,
    _refunds_hold,
    *APPROVALS,
    _reversals_mirror,
    _receivables_agree,
    _documents_are_as_made,
)
