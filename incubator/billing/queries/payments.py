"""Questions about money received and money still open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from operator import eq, ge, le
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_
from sqlalchemy.orm import joinedload, selectinload

from incubator.billing.models import (
    Allocation,
    Invoice,
    Payment,
    PaymentMethod,
)
from incubator.billing.queries.ledger import (
    OpenInvoice,
    counts,
    left_over,
    open_invoices,
    still_held,
)
from incubator.core.db import PAGE, db
from incubator.core.errors import NotFound
from incubator.organisations.models import Organisation
from incubator.organisations.queries import named
from incubator.organisations.rules import kana_key


@dataclass(frozen=True)
class Credit:
    """What a venture has paid beyond what it owed."""

    organisation: Organisation
    amount: int


@dataclass(frozen=True)
class Held:
    """A payment of which something is left as credit."""

    payment: Payment
    left: int


@dataclass(frozen=True)
class PaymentSearch:
    """What somebody looks for; days are both inside, amounts too."""

    words: str = ""
    first: date | None = None
    last: date | None = None
    least: int | None = None
    most: int | None = None
    method: PaymentMethod | None = None


def open_invoices_of(facility_id: int, organisation_id: int) -> list[OpenInvoice]:
    """What a venture still owes at a facility, oldest due first."""
    return open_invoices(
        Invoice.facility_id == facility_id, Invoice.organisation_id == organisation_id
    )


def open_invoices_in(facility_id: int) -> list[OpenInvoice]:
    """What all still owe at a facility, oldest due first."""
    return open_invoices(Invoice.facility_id == facility_id)


def overdue_in(facility_id: int, today: date) -> list[OpenInvoice]:
    """What is late at a facility, longest late first."""
    return open_invoices(Invoice.facility_id == facility_id, Invoice.due_on < today)


def payment_in(facility_id: int, payment_id: int) -> Payment:
    """A payment at a facility with what it settled; unknown otherwise."""
    return _one_payment(Payment.facility_id == facility_id, Payment.id == payment_id)


def payment_receipted(facility_id: int, number: str) -> Payment:
    """The payment at a facility that a receipt's number tells of; unknown otherwise."""
    return _one_payment(Payment.facility_id == facility_id, Payment.receipt_number == number)


def last_payment(organisation_id: int) -> Payment | None:
    """The payment of a venture that was recorded last; none when it has not paid yet."""
    found: Payment | None = db.session.scalar(
        db.select(Payment)
        .where(Payment.organisation_id == organisation_id, counts(Payment.id))
        .order_by(Payment.id.desc())
        .limit(1)
    )
    return found


def payment_for(organisation_id: int, payment_id: int) -> Payment:
    """A payment of a venture with what it settled; unknown otherwise."""
    return _one_payment(Payment.organisation_id == organisation_id, Payment.id == payment_id)


def _one_payment(*which: ColumnElement[bool]) -> Payment:
    """Read afresh, whatever was read before."""
    asked = _payments().where(*which).execution_options(populate_existing=True)
    found: Payment | None = db.session.scalar(asked)
    if found is None:
        raise NotFound("there is no such payment")
    return found


def _payments() -> Select[Any]:
    """Payments with what they settled and what was paid back of them."""
    parts = selectinload(Payment.allocations)
    asked: Select[Any] = db.select(Payment)
    return asked.options(
        joinedload(Payment.organisation),
        parts.joinedload(Allocation.invoice),
        parts.joinedload(Allocation.credit_note),
        selectinload(Payment.refunds),
    )


def payment_once(once_key: str | None = None, external_id: str | None = None) -> Payment | None:
    """The payment that this form, or this card payment, has already become."""
    same = [
        column == value
        for column, value in ((Payment.once_key, once_key), (Payment.external_id, external_id))
        if value
    ]
    return db.session.scalar(db.select(Payment).where(or_(*same))) if same else None


def left_of(payment: Payment) -> int:
    """What a payment still holds as credit; one that was reversed holds nothing."""
    if payment.reversal is not None:
        return 0
    used = sum(part.amount for part in payment.allocations if part.credit_note is None)
    return payment.amount - used - payment.paid_back


def search(facility_id: int, wanted: PaymentSearch, page: int | None = 1) -> list[Payment]:
    """The payments somebody looks for, newest first; all of them without a page."""
    found = (
        _payments()
        .where(*_matching(facility_id, wanted))
        .order_by(Payment.received_on.desc(), Payment.id.desc())
    )
    if page is not None:
        found = found.limit(PAGE).offset((page - 1) * PAGE)
    return list(db.session.scalars(found))


def latest(facility_id: int, count: int) -> list[Payment]:
    """The payments that came in last and count, with who paid."""
    return list(
        db.session.scalars(
            db.select(Payment)
            .options(joinedload(Payment.organisation))
            .where(Payment.facility_id == facility_id, counts(Payment.id))
            .order_by(Payment.received_on.desc(), Payment.id.desc())
            .limit(count)
        )
    )


def count_and_sum(facility_id: int, wanted: PaymentSearch) -> tuple[int, int]:
    """How many payments match, and what those that count add up to."""
    received = case((counts(Payment.id), Payment.amount), else_=0)
    number, total = db.session.execute(
        db.select(func.count(), func.coalesce(func.sum(received), 0))
        .select_from(Payment)
        .where(*_matching(facility_id, wanted))
    ).one()
    return number, int(total)


def _matching(facility_id: int, wanted: PaymentSearch) -> list[ColumnElement[bool]]:
    found = [Payment.facility_id == facility_id]
    bounds: Sequence[tuple[Any, Any, Any]] = (
        (ge, Payment.received_on, wanted.first),
        (le, Payment.received_on, wanted.last),
        (ge, Payment.amount, wanted.least),
        (le, Payment.amount, wanted.most),
        (eq, Payment.method, wanted.method),
    )
    found += [holds(column, value) for holds, column, value in bounds if value is not None]
    return [*found, _named(wanted.words)] if wanted.words else found


def _named(words: str) -> ColumnElement[bool]:
    of_venture = Payment.organisation_id.in_(db.select(Organisation.id).where(named(words)))
    of_invoice = Payment.id.in_(
        db.select(Allocation.payment_id)
        .join(Invoice)
        .where(Invoice.number.icontains(words, autoescape=True))
    )
    own = (
        column.icontains(words, autoescape=True)
        for column in (Payment.payer_name, Payment.receipt_number, Payment.note)
    )
    of_payer = Payment.payer_name.icontains(kana_key(words), autoescape=True)
    return or_(of_venture, of_invoice, of_payer, *own)


def with_credit(organisation_id: int) -> list[Held]:
    """A venture's payments that hold credit, oldest first."""
    left = {
        number: amount
        for number, _, amount in left_over(Payment.organisation_id == organisation_id)
    }
    asked = db.select(Payment).where(Payment.id.in_(left))
    found = db.session.scalars(asked.order_by(Payment.received_on, Payment.id))
    return [Held(payment, left[payment.id]) for payment in found]


def credit_parts(facility_id: int, organisation_id: int) -> list[tuple[int, int]]:
    """(payment id, what it still holds): the venture's own first, then what a funder paid."""
    here = (facility_id, organisation_id)
    return [*own_credit(*here), *funded_credit(*here)]


def own_credit(facility_id: int, organisation_id: int) -> list[tuple[int, int]]:
    """(payment id, what it still holds) of what the venture itself paid, oldest first."""
    return _held(facility_id, organisation_id, Payment.method != PaymentMethod.SUBSIDY)


def funded_credit(facility_id: int, organisation_id: int) -> list[tuple[int, int]]:
    """(payment id, what it still holds) of what a funder paid for a venture, oldest first."""
    return _held(facility_id, organisation_id, Payment.method == PaymentMethod.SUBSIDY)


def funded_of(organisation_id: int, facility_id: int) -> int:
    """How much of a venture's credit at a facility is a funder's money."""
    return sum(left for _, left in funded_credit(facility_id, organisation_id))


def _held(
    facility_id: int, organisation_id: int, whose: ColumnElement[bool]
) -> list[tuple[int, int]]:
    found = left_over(
        Payment.facility_id == facility_id, Payment.organisation_id == organisation_id, whose
    )
    return [(payment_id, left) for payment_id, _, left in found]


def credits_in(facility_id: int) -> list[Credit]:
    """Everybody with a credit at a facility, the largest first."""
    left = still_held()
    amount = func.sum(left)
    rows = db.session.execute(
        db.select(Organisation, amount)
        .join(Payment, Payment.organisation_id == Organisation.id)
        .where(Payment.facility_id == facility_id, counts(Payment.id), left > 0)
        .group_by(Organisation.id)
        .order_by(amount.desc(), Organisation.id)
    )
    return [Credit(venture, int(held)) for venture, held in rows]
