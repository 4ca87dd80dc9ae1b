"""The auditor on what takes two people: approved as it is, by somebody else than who asked."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy.orm import aliased, joinedload

from incubator.billing.models import (
    Charge,
    ChargeKind,
    CreditNoteRequest,
    Invoice,
    InvoiceKind,
    LateChargeRequest,
    Refund,
    RefundRequest,
)
from incubator.billing.queries.violation import Found, Violation
from incubator.billing.rules import TAKEN_BACK
from incubator.core.db import db
from incubator.leases.models import DepositEntry, DepositKind, DepositRequest
from incubator.people.models import Asked, RequestStatus


def _approved(check: str, rows: Iterable[tuple[str, Asked | None, bool]]) -> Found:
    """Of each record, who asked for it, and whether for just that; none before it was the rule."""
    rule_holds = False
    for record, asked, same in rows:
        if asked is None:
            if rule_holds:
                yield Violation(check, record, "nobody approved it")
            continue
        rule_holds = True
        if asked.status is not RequestStatus.APPROVED or asked.decided_by_id is None:
            yield Violation(check, record, "nobody approved it")
        elif asked.decided_by_id == asked.asked_by_id:
            yield Violation(check, record, "who asked for it approved it")
        if not same:
            yield Violation(check, record, "something else was approved")


def _refunds() -> Found:
    every = db.select(Refund).options(joinedload(Refund.request)).order_by(Refund.id)
    yield from _approved(
        "refund_is_approved",
        (
            (each.number, each.request, _transfer(each.request) == _transfer(each))
            for each in db.session.scalars(every)
        ),
    )


def _transfer(row: Refund | RefundRequest | None) -> tuple[Any, ...]:
    if row is None:
        return ()
    return (row.facility_id, row.organisation_id, row.amount, row.currency, row.paid_to)


def _refunds_follow() -> Found:
    asked = db.select(RefundRequest.id).where(
        RefundRequest.status == RequestStatus.APPROVED, ~RefundRequest.refund.has()
    )
    for each in db.session.scalars(asked):
        yield Violation("approval_is_paid", f"refund_request:{each}", "approved, but never paid")


def _credit_notes() -> Found:
    approved = db.select(CreditNoteRequest).where(
        CreditNoteRequest.status == RequestStatus.APPROVED
    )
    asked = {each.invoice_id: each for each in db.session.scalars(approved)}
    notes = db.select(Invoice.number, Invoice.corrects_id).where(
        Invoice.kind == InvoiceKind.CREDIT_NOTE
    )
    rows = db.session.execute(notes.order_by(Invoice.id)).all()
    yield from _approved(
        "credit_note_is_approved",
        ((number, asked.get(corrects or 0), True) for number, corrects in rows),
    )


def _credit_notes_follow() -> Found:
    note = aliased(Invoice)
    asked = (
        db.select(CreditNoteRequest.id)
        .outerjoin(note, note.corrects_id == CreditNoteRequest.invoice_id)
        .where(CreditNoteRequest.status == RequestStatus.APPROVED, note.id.is_(None))
    )
    for each in db.session.scalars(asked):
        problem = "approved, but never issued"
        yield Violation("approval_is_issued", f"credit_note_request:{each}", problem)


def _deposits() -> Found:
    returned = db.select(DepositEntry).options(joinedload(DepositEntry.request))
    rows = db.session.scalars(
        returned.where(DepositEntry.kind == DepositKind.REFUNDED).order_by(DepositEntry.id)
    )
    yield from _approved(
        "deposit_is_approved",
        (
            (f"deposit_entry:{each.id}", each.request, _return(each.request) == _return(each))
            for each in rows
        ),
    )


def _return(row: DepositEntry | DepositRequest | None) -> tuple[int, ...]:
    return () if row is None else (row.lease_id, row.amount)


def _deposits_follow() -> Found:
    asked = (
        db.select(DepositRequest.id)
        .outerjoin(DepositEntry, DepositEntry.request_id == DepositRequest.id)
        .where(DepositRequest.status == RequestStatus.APPROVED, DepositEntry.id.is_(None))
    )
    for each in db.session.scalars(asked):
        yield Violation("approval_is_paid", f"deposit_request:{each}", "approved, but never paid")


def _late_charges() -> Found:
    approved = db.select(LateChargeRequest).where(
        LateChargeRequest.status == RequestStatus.APPROVED
    )
    asked = {each.source: each for each in db.session.scalars(approved)}
    charges = db.session.execute(
        db.select(Charge.source, Charge.amount)
        .where(Charge.kind == ChargeKind.LATE, Charge.lease_id.is_(None))
        .order_by(Charge.id)
    ).all()
    for source, amount in charges:
        known = asked.get(source.partition(TAKEN_BACK)[0])
        if known is None:
            yield Violation("late_charge_is_approved", source, "nobody approved it")
        elif known.amount != amount:
            yield Violation("late_charge_is_approved", source, "something else was approved")
    for source in asked.keys() - {source for source, _ in charges}:
        yield Violation("approval_is_charged", source, "approved, but never charged")


APPROVALS: tuple[Callable[[], Found], ...] = (
    _refunds,
    _refunds_follow,
    _credit_notes,
    _credit_notes_follow,
    _deposits,
    _deposits_follow,
    _late_charges,
)
