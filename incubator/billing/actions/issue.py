"""Issuing a document: number, lines, taxes, books, mail and record in one transaction.

All of it is written as rows, not as objects: a monthly run does this for every venture.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, update

from incubator.billing import rules
from incubator.billing.actions.books import Event, enter
from incubator.billing.models import (
    Account,
    Charge,
    ChargeKind,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceTax,
    TaxCategory,
)
from incubator.billing.queries import BillTo, House, allocations_of, received_of
from incubator.core import audit, outbox
from incubator.core.access import Actor
from incubator.core.audit import Where
from incubator.core.db import add_row, add_rows, db, table_of
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.core.numbering import next_number
from incubator.core.outbox import Recipient
from incubator.organisations.models import Organisation


@dataclass(frozen=True)
class Order:
    """A document to be issued to a venture."""

    house: House
    venture: Organisation | BillTo
    draft: rules.Draft
    service_month: date
    due_on: date
    run_key: str | None = None
    kind: InvoiceKind = InvoiceKind.INVOICE
    corrects: Invoice | None = None
    to: tuple[Recipient, ...] = ()
    released: int = 0
    """What had been paid of the invoice that is taken back, and is credit from now on."""


@dataclass(frozen=True)
class Issued:
    """A document as it was issued: its id and what its head says."""

    id: int
    head: Mapping[str, Any]

    @property
    def number(self) -> str:
        """As printed on it."""
        return str(self.head["number"])

    @property
    def total(self) -> int:
        """What is to be paid, in minor units."""
        return int(self.head["total"])


def issue_invoice(order: Order, *, actor: Actor, now: datetime) -> Issued:
    """Issue it: the number comes from the same transaction, so the series has no gap (BR-B02)."""
    draft, recipient = order.draft, recipient_of(order.venture)
    rules.check_complete(order.house.issuer, recipient, lines=len(draft.lines))
    lines = [_line(position, line) for position, line in enumerate(draft.lines, 1)]
    taxes = [_tax(group) for group in draft.groups]
    head = _head(order, recipient)
    seal = rules.seal(head, lines, taxes)
    signed = {"issued_at": now, "issued_by": actor.name, "facts_sha256": seal}
    invoice = Issued(add_row(Invoice, {**head, **signed}), head)
    add_rows(InvoiceLine, *({"invoice_id": invoice.id, **line} for line in lines))
    add_rows(InvoiceTax, *({"invoice_id": invoice.id, **tax} for tax in taxes))
    _book(order, invoice)
    if order.kind is InvoiceKind.INVOICE:
        _take_charges(order, invoice, now)
    _record(order, invoice, actor, now)
    _mail(order, invoice, now)
    return invoice


def recipient_of(venture: Organisation | BillTo) -> dict[str, Any]:
    """The venture as printed on the document, as it stands today."""
    return {
        "name": venture.name,
        "name_en": venture.name_en,
        "postal_code": venture.postal_code,
        "address": venture.address,
        "representative": venture.representative,
        "reg_no": venture.invoice_reg_no,
    }


def _head(order: Order, recipient: Mapping[str, Any]) -> dict[str, Any]:
    house, draft = order.house, order.draft
    return {
        "facility_id": house.facility_id,
        "organisation_id": order.venture.id,
        "kind": order.kind,
        "run_key": order.run_key,
        "service_month": order.service_month,
        "issued_on": house.issued_on,
        "due_on": order.due_on,
        "currency": draft.currency,
        "language": order.venture.language,
        "issuer": house.issuer,
        "rounding": house.rounding,
        "corrects_id": order.corrects.id if order.corrects else None,
        "recipient": recipient,
        "number": _take_number(house, order.kind),
        "taxable_total": draft.taxable,
        "tax_total": draft.tax,
        "untaxed_total": draft.untaxed,
        "total": draft.total,
    }


def _take_number(house: House, kind: InvoiceKind) -> str:
    number = next_number(rules.series_of(house.facility_id, kind.value, house.issued_on))
    return rules.number_of(house.prefix, kind.value, house.issued_on, number)


def _line(position: int, line: rules.DraftLine) -> dict[str, Any]:
    item = line.item
    return {
        "position": position,
        "kind": ChargeKind(item.kind),
        "title": item.title,
        "service_from": item.service.start,
        "service_until": item.service.until,
        "amount": item.amount,
        "tax_category": TaxCategory(item.category),
        "rate_bp": line.rate_bp,
        "why": item.why,
    }


def _tax(group: rules.TaxGroup) -> dict[str, Any]:
    return {
        "category": TaxCategory(group.category),
        "rate_bp": group.rate_bp,
        "taxable": group.taxable,
        "tax": group.tax,
    }


def _book(order: Order, invoice: Issued) -> None:
    """Receivable against sales, tax and what is untaxed."""
    house, draft = order.house, order.draft
    source = f"invoice:{invoice.id}"
    sides = (
        (Account.RECEIVABLE, draft.total),
        (Account.SALES, -draft.taxable),
        (Account.TAX, -draft.tax),
        (Account.UNTAXED, -draft.untaxed),
    )
    enter(
        Event(house.facility_id, order.venture.id, house.issued_on, source, draft.currency),
        [(account, amount) for account, amount in sides if amount],
    )


_CHARGES = table_of(Charge)
_TAKE = (
    update(_CHARGES)
    .where(
        _CHARGES.c.id.in_(bindparam("known", expanding=True)),
        _CHARGES.c.invoice_id.is_(None),
        _CHARGES.c.cancelled_at.is_(None),
    )
    .values(invoice_id=bindparam("invoice"))
)


def _take_charges(order: Order, invoice: Issued, now: datetime) -> None:
    """Note on every charge which invoice carries it; a charge is never taken twice."""
    items = [line.item for line in order.draft.lines]
    new = [_charge(order, invoice, item, now) for item in items if item.charge_id is None]
    known = [item.charge_id for item in items if item.charge_id is not None]
    add_rows(Charge, *new)
    if not known:
        return
    taken = db.session.connection().execute(_TAKE, {"known": known, "invoice": invoice.id})
    if taken.rowcount != len(known):
        raise RuleBroken(say("A charge changed while the invoice was made. Try again."))


def _charge(order: Order, invoice: Issued, item: rules.Item, now: datetime) -> dict[str, Any]:
    return {
        "facility_id": order.house.facility_id,
        "organisation_id": order.venture.id,
        "lease_id": item.lease_id,
        "kind": ChargeKind(item.kind),
        "source": item.source,
        "service_month": item.service_month,
        "service_from": item.service.start,
        "service_until": item.service.until,
        "amount": item.amount,
        "currency": item.currency,
        "tax_category": TaxCategory(item.category),
        "title": item.title,
        "why": item.why,
        "created_at": now,
        "invoice_id": invoice.id,
    }


def _record(order: Order, invoice: Issued, actor: Actor, now: datetime) -> None:
    audit.record(
        actor,
        "issue_" + order.kind.value,
        (Invoice, invoice.id),
        at=now,
        where=Where(order.house.facility_id, order.venture.id),
        after={"number": invoice.number, "total": invoice.total, "due_on": order.due_on},
    )


def _mail(order: Order, invoice: Issued, now: datetime) -> None:
    credit, head = order.kind is InvoiceKind.CREDIT_NOTE, invoice.head
    values = {
        "invoice": head,
        "invoice_id": invoice.id,
        "corrected": order.corrects,
        "released": order.released,
        "funded": received_of(allocations_of(order.corrects.id)).funded if order.corrects else 0,
        "issuer": head["issuer"],
        "recipient": head["recipient"],
    }
    for recipient in order.to:
        outbox.post(
            "invoice_credited" if credit else "invoice_issued",
            recipient,
            values,
            now=now,
            facility=order.house.facility_id,
            once=f"invoice:{invoice.id}:{recipient.address}",
        )
