"""What is paid, what is open, what is late."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload

from incubator.billing import rules
from incubator.billing.models import (
    Allocation,
    Invoice,
    InvoiceKind,
    Payment,
    PaymentReversal,
    RefundPart,
    RefundReversal,
)
from incubator.billing.rules.pay import OpenItem
from incubator.core.db import db


@dataclass(frozen=True)
class Settled:
    """What has come off an invoice; both as positive sums."""

    paid: int = 0
    credited: int | None = None
    """None without a credit note: one over nothing takes back an invoice over nothing."""


@dataclass(frozen=True)
class Standing:
    """An invoice with how it stands on a day."""

    invoice: Invoice
    settled: Settled
    state: rules.InvoiceState

    @property
    def open(self) -> int:
        """What is still to be paid."""
        if self.invoice.kind is InvoiceKind.CREDIT_NOTE:
            return 0
        return self.invoice.total - self.settled.paid - (self.settled.credited or 0)


@dataclass(frozen=True)
class OpenInvoice:
    """An invoice of which something is still to be paid."""

    invoice: Invoice
    open: int

    @property
    def item(self) -> OpenItem:
        """The same as rules take it."""
        one = self.invoice
        return OpenItem(one.id, one.number, one.due_on, self.open, one.currency)


@dataclass(frozen=True)
class Balance:
    """How a venture stands: open and overdue sums, money not yet set against an invoice."""

    open: int
    overdue: int
    credit: int
    next_due_on: date | None


Credit = aliased(Invoice)


def counts(payment_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether the payment of a row counts: it was not reversed."""
    return payment_id.not_in(db.select(PaymentReversal.payment_id))


def corrected(
    invoice_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
) -> ColumnElement[bool]:
    """Whether a credit note took the invoice of a row back."""
    return invoice_id.in_(db.select(Credit.corrects_id).where(Credit.corrects_id.is_not(None)))


def settles() -> ColumnElement[bool]:
    """Whether an allocation counts: its payment does, and its invoice was not taken back.

    What a payment settled of an invoice that is taken back is the venture's credit again.
    """
    return and_(counts(Allocation.payment_id), ~corrected(Allocation.invoice_id))


def back_sum() -> ScalarSelect[int]:
    """What was paid back of the payment of the outer question, and did not come back."""
    asked: Select[tuple[int]] = db.select(func.coalesce(func.sum(RefundPart.amount), 0))
    of_it = (RefundPart.payment_id == Payment.id, stands(RefundPart.refund_id))
    return asked.where(*of_it).correlate(Payment).scalar_subquery()


def stands(refund_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether the repayment of a row counts: it was not reversed."""
    return refund_id.not_in(db.select(RefundReversal.refund_id))


def paid_sum() -> ScalarSelect[int]:
    """What payments settled of the invoice of the outer question."""
    asked: Select[tuple[int]] = db.select(func.coalesce(func.sum(Allocation.amount), 0))
    of_it = (Allocation.invoice_id == Invoice.id, settles())
    return asked.where(*of_it).correlate(Invoice).scalar_subquery()


def credited_sum() -> ScalarSelect[int]:
    """What credit notes took off the invoice of the outer question, as a positive sum."""
    asked: Select[tuple[int]] = db.select(func.coalesce(-func.sum(Credit.total), 0))
    return asked.where(Credit.corrects_id == Invoice.id).correlate(Invoice).scalar_subquery()


def still_open() -> ColumnElement[int]:
    """What is open of the invoice of a row, in SQL: total less paid less credited."""
    return Invoice.total - paid_sum() - credited_sum()


def settled(invoice_ids: Collection[int]) -> dict[int, Settled]:
    """What came off each of these invoices, in one question."""
    rows = db.session.execute(
        db.select(Invoice.id, paid_sum(), credited_sum(), corrected(Invoice.id)).where(
            Invoice.id.in_(invoice_ids)
        )
    )
    return {
        invoice: Settled(int(paid), int(credited) if back else None)
        for invoice, paid, credited, back in rows
    }


def standings(invoices: Sequence[Invoice], today: date) -> list[Standing]:
    """Invoices with their states on a day."""
    found = settled([invoice.id for invoice in invoices])
    return [standing(invoice, found[invoice.id], today) for invoice in invoices]


def standing(invoice: Invoice, done: Settled, today: date) -> Standing:
    """One invoice with its state on a day; a credit note has nothing left to pay."""
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        return Standing(invoice, done, rules.InvoiceState.CREDIT_NOTE)
    state = rules.state_of(invoice.total, done.paid, invoice.due_on, today, credited=done.credited)
    return Standing(invoice, done, state)


def open_amount(invoice_id: int) -> int:
    """What is still to be paid of an invoice; never below zero."""
    left = db.session.scalar(db.select(still_open()).where(Invoice.id == invoice_id))
    return max(int(left or 0), 0)


def open_invoices(*which: ColumnElement[bool]) -> list[OpenInvoice]:
    """Those of which something is left to pay, the oldest due first."""
    amount = still_open()
    rows = db.session.execute(
        db.select(Invoice, amount)
        .options(joinedload(Invoice.organisation))
        .where(Invoice.kind == InvoiceKind.INVOICE, amount > 0, *which)
        .order_by(Invoice.due_on, Invoice.id)
    )
    return [OpenInvoice(invoice, int(left)) for invoice, left in rows]


def balances_of(organisation_id: int, today: date) -> Balance:
    """How a venture stands on a day."""
    rows = open_invoices(Invoice.organisation_id == organisation_id)
    overdue = sum(one.open for one in rows if one.invoice.due_on < today)
    next_due = min((one.invoice.due_on for one in rows), default=None)
    total = sum(one.open for one in rows)
    return Balance(total, overdue, credit_of(organisation_id), next_due)


def still_held() -> ColumnElement[int]:
    """What the payment of a row still holds, in SQL: not settled with it and not paid back."""
    used = (
        db.select(func.coalesce(func.sum(Allocation.amount), 0))
        .where(Allocation.payment_id == Payment.id, settles())
        .correlate(Payment)
        .scalar_subquery()
    )
    left: ColumnElement[int] = Payment.amount - used - back_sum()
    return left


def left_over(*which: ColumnElement[bool]) -> list[tuple[int, int, int]]:
    """(payment, venture, what it still holds) of payments not wholly used, the oldest first."""
    left = still_held()
    rows = db.session.execute(
        db.select(Payment.id, Payment.organisation_id, left)
        .where(left > 0, counts(Payment.id), *which)
        .order_by(Payment.received_on, Payment.id)
    )
    return [
        (payment_id, organisation_id, int(amount)) for payment_id, organisation_id, amount in rows
    ]


def credit_of(organisation_id: int, facility_id: int | None = None) -> int:
    """Money received from a venture that no invoice has taken up; at one facility if named."""
    here = [] if facility_id is None else [Payment.facility_id == facility_id]
    return sum(left for *_, left in left_over(Payment.organisation_id == organisation_id, *here))


def overdue_organisations(
    facility_id: int, today: date, ventures: Collection[int] | None = None
) -> dict[int, int]:
    """What each venture of a facility, or each of these, is late with, by its id."""
    left = still_open()
    asked = db.select(Invoice.organisation_id, left).where(
        Invoice.facility_id == facility_id,
        Invoice.kind == InvoiceKind.INVOICE,
        Invoice.due_on < today,
        left > 0,
    )
    if ventures is not None:
        asked = asked.where(Invoice.organisation_id.in_(ventures))
    rows = db.session.execute(asked)
    late: dict[int, int] = {}
    for organisation_id, amount in rows:
        late[organisation_id] = late.get(organisation_id, 0) + int(amount)
    return late


def billed_and_collected(facility_id: int, months: Sequence[date]) -> list[tuple[date, int, int]]:
    """For each month what was billed for it, less credit notes, and what of that came in."""
    of_months = (Invoice.facility_id == facility_id, Invoice.service_month.in_(months))
    billed = db.session.execute(
        db.select(Invoice.service_month, func.sum(Invoice.total))
        .where(*of_months)
        .group_by(Invoice.service_month)
    )
    collected = db.session.execute(
        db.select(Invoice.service_month, func.sum(Allocation.amount))
        .join(Allocation, Allocation.invoice_id == Invoice.id)
        .where(*of_months, settles())
        .group_by(Invoice.service_month)
    )
    out = {month: int(amount) for month, amount in billed}
    back = {month: int(amount) for month, amount in collected}
    return [(month, out.get(month, 0), back.get(month, 0)) for month in months]
