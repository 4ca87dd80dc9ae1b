"""What waits for a second person at a facility, whatever it is, in one question."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, literal, union_all

from incubator.billing.models import (
    CreditNoteRequest,
    Invoice,
    LateChargeRequest,
    OfInvoice,
    RefundRequest,
)
from incubator.core.db import db
from incubator.leases.models import DepositRequest, Lease
from incubator.organisations.models import Organisation
from incubator.people.models import Asked, RequestStatus


class WaitingKind(StrEnum):
    """What somebody asked for."""

    REFUND = "refund"
    CREDIT_NOTE = "credit_note"
    DEPOSIT = "deposit"
    LATE_CHARGE = "late_charge"


@dataclass(frozen=True)
class Waiting:
    """One thing that waits, and the record on whose page it is decided."""

    kind: WaitingKind
    record: int
    number: str
    venture: Organisation
    amount: int
    currency: str
    asked_by: str
    asked_at: datetime


def waiting_at(facility_id: int) -> list[Waiting]:
    """Everything that waits at a facility, the oldest first."""
    kinds = (_refunds, _credit_notes, _deposits, _late_charges)
    every = union_all(*(asked(facility_id) for asked in kinds)).subquery()
    rows = db.session.execute(
        db.select(every, Organisation)
        .join(Organisation, Organisation.id == every.c.venture)
        .order_by(every.c.asked_at)
    )
    return [
        Waiting(
            WaitingKind(row.kind),
            row.record,
            row.number,
            row.Organisation,
            row.amount,
            row.currency,
            row.asked_by,
            row.asked_at,
        )
        for row in rows
    ]


def _refunds(facility_id: int) -> Select[Any]:
    return _asked(
        RefundRequest,
        WaitingKind.REFUND,
        RefundRequest.id,
        literal(""),
        RefundRequest.organisation_id,
        RefundRequest.amount,
        RefundRequest.currency,
    ).where(RefundRequest.facility_id == facility_id)


def _credit_notes(facility_id: int) -> Select[Any]:
    return _on_invoices(facility_id, CreditNoteRequest, WaitingKind.CREDIT_NOTE, Invoice.total)


def _late_charges(facility_id: int) -> Select[Any]:
    amount = LateChargeRequest.amount
    return _on_invoices(facility_id, LateChargeRequest, WaitingKind.LATE_CHARGE, amount)


def _on_invoices(
    facility_id: int,
    asked: type[OfInvoice],
    kind: WaitingKind,
    amount: Any,
) -> Select[Any]:
    facts = (Invoice.id, Invoice.number, Invoice.organisation_id, amount, Invoice.currency)
    waiting = _asked(asked, kind, *facts).join(Invoice, Invoice.id == asked.invoice_id)
    return waiting.where(Invoice.facility_id == facility_id)


def _deposits(facility_id: int) -> Select[Any]:
    asked = _asked(
        DepositRequest,
        WaitingKind.DEPOSIT,
        Lease.id,
        Lease.number,
        Lease.organisation_id,
        DepositRequest.amount,
        Lease.currency,
    )
    asked = asked.join(Lease, Lease.id == DepositRequest.lease_id)
    return asked.where(Lease.facility_id == facility_id)


def _asked(asked: type[Asked], kind: WaitingKind, *facts: Any) -> Select[Any]:
    names = ("record", "number", "venture", "amount", "currency")
    columns = [fact.label(name) for name, fact in zip(names, facts, strict=True)]
    question: Select[Any] = db.select(
        literal(kind.value).label("kind"), *columns, asked.asked_by, asked.asked_at
    )
    return question.select_from(asked).where(asked.status == RequestStatus.ASKED)
