"""Issuing a document: number, lines, taxes, books, mail and record in one transaction.

All of it is written as rows, not as objects: a monthly run does this for every venture.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, update

from incubator.billing import rules
from incubator.billing.actions.books import Event, Sides, enter_all
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
from incubator.core.db import add_all, add_rows, db, table_of
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.core.numbering import next_numbers
from incubator.core.outbox import Mail, Recipient
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
    """Issue one document."""
    (invoice,) = issue_invoices([order], actor=actor, now=now)
    return invoice


def issue_invoices(orders: Sequence[Order], *, actor: Actor, now: datetime) -> list[Issued]:
    """Issue them: the numbers come from the same transaction, so the series has no gap (BR-B02)."""
    papers = [_paper(order, number) for order, number in zip(orders, _numbers(orders), strict=True)]
    signature = {"issued_at": now, "issued_by": actor.name}
    ids = add_all(Invoice, [{**paper.head, **signature, **paper.seal} for paper in papers])
    add_rows(InvoiceLine, *_parts(ids, [paper.lines for paper in papers]))
    add_rows(InvoiceTax, *_parts(ids, [paper.taxes for paper in papers]))
    issued = [Issued(number, paper.head) for number, paper in zip(ids, papers, strict=True)]
    made = list(zip(orders, issued, strict=True))
    enter_all([_entry(*each) for each in made])
    _take_charges([each for each in made if each[0].kind is InvoiceKind.INVOICE], now)
    audit.record_all(actor, [_fact(*each) for each in made], at=now)
    outbox.post_all([mail for each in made for mail in _mails(*each)], now=now)
    return issued


@dataclass(frozen=True)
class _Paper:
    """A document as it will be written."""

    head: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]
    taxes: Sequence[Mapping[str, Any]]

    @property
    def seal(self) -> dict[str, str]:
        return {"facts_sha256": rules.seal(self.head, self.lines, self.taxes)}


def _paper(order: Order, number: str) -> _Paper:
    draft, recipient = order.draft, recipient_of(order.venture)
    rules.check_complete(order.house.issuer, recipient, lines=len(draft.lines))
    return _Paper(
        _head(order, recipient, number),
        [_line(position, line) for position, line in enumerate(draft.lines, 1)],
        [_tax(group) for group in draft.groups],
    )


def _parts(
    ids: Sequence[int], parts: Sequence[Sequence[Mapping[str, Any]]]
) -> Iterator[dict[str, Any]]:
    for number, rows in zip(ids, parts, strict=True):
        yield from ({"invoice_id": number, **row} for row in rows)


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


def _head(order: Order, recipient: Mapping[str, Any], number: str) -> dict[str, Any]:
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
        "number": number,
        "taxable_total": draft.taxable,
        "tax_total": draft.tax,
        "untaxed_total": draft.untaxed,
        "total": draft.total,
    }


def _numbers(orders: Sequence[Order]) -> list[str]:
    named = [(each.house, each.kind.value, each.house.issued_on) for each in orders]
    series = [rules.series_of(house.facility_id, kind, day) for house, kind, day in named]
    taken = {each: iter(next_numbers(each, count)) for each, count in Counter(series).items()}
    return [
        rules.number_of(house.prefix, kind, day, next(taken[each]))
        for (house, kind, day), each in zip(named, series, strict=True)
    ]


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


def _entry(order: Order, invoice: Issued) -> tuple[Event, Sides]:
    """Receivable against sales, tax and what is untaxed."""
    house, draft = order.house, order.draft
    sides = (
        (Account.RECEIVABLE, draft.total),
        (Account.SALES, -draft.taxable),
        (Account.TAX, -draft.tax),
        (Account.UNTAXED, -draft.untaxed),
    )
    source = f"invoice:{invoice.id}"
    return (
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


def _take_charges(made: Sequence[tuple[Order, Issued]], now: datetime) -> None:
    """Note on every charge which invoice carries it; a charge is never taken twice."""
    new = []
    for order, invoice in made:
        items = [line.item for line in order.draft.lines]
        new += [_charge(order, invoice, item, now) for item in items if item.charge_id is None]
        known = [item.charge_id for item in items if item.charge_id is not None]
        if known:
            _take(known, invoice)
    add_rows(Charge, *new)


def _take(known: list[int], invoice: Issued) -> None:
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


def _fact(order: Order, invoice: Issued) -> audit.Fact:
    return audit.Fact(
        "issue_" + order.kind.value,
        (Invoice, invoice.id),
        Where(order.house.facility_id, order.venture.id),
        after={"number": invoice.number, "total": invoice.total, "due_on": order.due_on},
    )


def _mails(order: Order, invoice: Issued) -> list[Mail]:
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
    return [
        Mail(
            "invoice_credited" if credit else "invoice_issued",
            recipient,
            values,
            facility=order.house.facility_id,
            once=f"invoice:{invoice.id}:{recipient.address}",
        )
        for recipient in order.to
    ]
