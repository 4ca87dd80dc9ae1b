"""Issuing a document: number, lines, taxes, books, mail and record in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import update

from incubator.billing import rules
from incubator.billing.models import (
    Account,
    Charge,
    ChargeKind,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceTax,
    JournalEntry,
    Posting,
    TaxCategory,
)
from incubator.billing.queries import House
from incubator.core import audit, outbox
from incubator.core.access import Actor
from incubator.core.audit import Where
from incubator.core.db import add_rows, db, table_of
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.core.numbering import next_number
from incubator.core.outbox import Recipient
from incubator.organisations.models import Organisation


@dataclass(frozen=True)
class Order:
    """A document to be issued to a venture."""

    house: House
    venture: Organisation
    draft: rules.Draft
    service_month: date
    due_on: date
    run_key: str | None = None
    kind: InvoiceKind = InvoiceKind.INVOICE
    corrects_id: int | None = None
    to: tuple[Recipient, ...] = ()


def issue_invoice(order: Order, *, actor: Actor, now: datetime) -> Invoice:
    """Issue it: the number comes from the same transaction, so the series has no gap (BR-B02)."""
    house, draft = order.house, order.draft
    recipient = recipient_of(order.venture)
    rules.check_complete(house.issuer, recipient, lines=len(draft.lines))
    lines = [_line(position, line) for position, line in enumerate(draft.lines, 1)]
    taxes = [_tax(group) for group in draft.groups]
    header = {
        **_header(order),
        "recipient": recipient,
        "number": _take_number(house, order.kind),
        "taxable_total": draft.taxable,
        "tax_total": draft.tax,
        "untaxed_total": draft.untaxed,
        "total": draft.total,
    }
    invoice = Invoice(
        **header,
        issued_at=now,
        issued_by=actor.name,
        facts_sha256=rules.seal(header, lines, taxes),
    )
    db.session.add(invoice)
    db.session.flush()
    add_rows(InvoiceLine, *({"invoice_id": invoice.id, **line} for line in lines))
    add_rows(InvoiceTax, *({"invoice_id": invoice.id, **tax} for tax in taxes))
    _book(invoice)
    _take_charges(invoice, draft, now)
    _record(invoice, actor, now)
    _mail(invoice, order.to, now)
    return invoice


def recipient_of(venture: Organisation) -> dict[str, Any]:
    """The venture as printed on the document, as it stands today."""
    return {
        "name": venture.name,
        "name_en": venture.name_en,
        "postal_code": venture.postal_code,
        "address": venture.address,
        "representative": venture.representative,
        "reg_no": venture.invoice_reg_no,
    }


def _header(order: Order) -> dict[str, Any]:
    house = order.house
    return {
        "facility_id": house.facility_id,
        "organisation_id": order.venture.id,
        "kind": order.kind,
        "run_key": order.run_key,
        "service_month": order.service_month,
        "issued_on": house.issued_on,
        "due_on": order.due_on,
        "currency": order.draft.currency,
        "language": order.venture.language,
        "issuer": house.issuer,
        "rounding": house.rounding,
        "corrects_id": order.corrects_id,
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


def _book(invoice: Invoice) -> None:
    """Receivable against sales, tax and what is untaxed; the entry sums to zero."""
    entry_id = db.session.connection().scalar(
        table_of(JournalEntry).insert().returning(table_of(JournalEntry).c.id),
        {
            "facility_id": invoice.facility_id,
            "on_day": invoice.issued_on,
            "source": f"invoice:{invoice.id}",
        },
    )
    sides = (
        (Account.RECEIVABLE, invoice.total),
        (Account.SALES, -invoice.taxable_total),
        (Account.TAX, -invoice.tax_total),
        (Account.UNTAXED, -invoice.untaxed_total),
    )
    add_rows(
        Posting,
        *(
            {
                "entry_id": entry_id,
                "account": account,
                "organisation_id": invoice.organisation_id,
                "amount": amount,
                "currency": invoice.currency,
            }
            for account, amount in sides
            if amount
        ),
    )


def _take_charges(invoice: Invoice, draft: rules.Draft, now: datetime) -> None:
    """Note on every charge which invoice carries it; a charge is never taken twice."""
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        return
    items = [line.item for line in draft.lines]
    known = [item.charge_id for item in items if item.charge_id is not None]
    add_rows(Charge, *(_charge(invoice, item, now) for item in items if item.charge_id is None))
    if not known:
        return
    taken = db.session.execute(
        update(Charge)
        .where(Charge.id.in_(known), Charge.invoice_id.is_(None), Charge.cancelled_at.is_(None))
        .values(invoice_id=invoice.id)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != len(known):  # type: ignore[attr-defined]
        raise RuleBroken(say("A charge changed while the invoice was made. Try again."))


def _charge(invoice: Invoice, item: rules.Item, now: datetime) -> dict[str, Any]:
    return {
        "facility_id": invoice.facility_id,
        "organisation_id": invoice.organisation_id,
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


def _record(invoice: Invoice, actor: Actor, now: datetime) -> None:
    audit.record(
        actor,
        "issue_" + invoice.kind.value,
        invoice,
        at=now,
        where=Where(invoice.facility_id, invoice.organisation_id),
        after={"number": invoice.number, "total": invoice.total, "due_on": invoice.due_on},
    )


def _mail(invoice: Invoice, to: Iterable[Recipient], now: datetime) -> None:
    template = "invoice_credited" if invoice.kind is InvoiceKind.CREDIT_NOTE else "invoice_issued"
    for recipient in to:
        outbox.post(
            template,
            recipient,
            {"invoice": invoice, "issuer": invoice.issuer, "recipient": invoice.recipient},
            now=now,
            facility=invoice.facility_id,
            once=f"invoice:{invoice.id}:{recipient.address}",
        )
