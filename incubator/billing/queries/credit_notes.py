"""Questions about credit notes that somebody asked for."""

from sqlalchemy import ColumnElement
from sqlalchemy.orm import contains_eager

from incubator.billing import rules
from incubator.billing.models import Allocation, Charge, ChargeKind, CreditNoteRequest, Invoice
from incubator.billing.queries.ledger import corrected, settles
from incubator.billing.queries.restoration import billed_restoration
from incubator.core.db import db
from incubator.core.errors import NotFound
from incubator.people.models import RequestStatus


def credit_note_asked_in(facility_id: int, request_id: int) -> CreditNoteRequest:
    """What was asked for at a facility; unknown otherwise."""
    found = _requests(Invoice.facility_id == facility_id, CreditNoteRequest.id == request_id)
    if not found:
        raise NotFound("nobody asked for such a credit note")
    return found[0]


def credit_note_waiting(invoice_id: int) -> CreditNoteRequest | None:
    """What waits for a decision about an invoice; there is one at most."""
    waits = CreditNoteRequest.status == RequestStatus.ASKED
    return next(iter(_requests(Invoice.id == invoice_id, waits)), None)


def settling(invoice_id: int) -> list[Allocation]:
    """What payments settle of an invoice: what becomes credit when it is taken back."""
    asked = db.select(Allocation).where(Allocation.invoice_id == invoice_id, settles())
    return list(db.session.scalars(asked.order_by(Allocation.id)))


def taken_back(invoice_id: int) -> list[Charge]:
    """What a credit note took back with an invoice and nobody has billed anew."""
    asked = db.select(Charge).where(
        Charge.invoice_id == invoice_id,
        corrected(Charge.invoice_id),
        ~Charge.source.contains(rules.TAKEN_BACK),
    )
    return [each for each in db.session.scalars(asked.order_by(Charge.id)) if not _restored(each)]


def _restored(charge: Charge) -> bool:
    """Whether it is restoration that was billed anew from the lease's page."""
    if charge.kind is not ChargeKind.RESTORATION or charge.lease_id is None:
        return False
    return billed_restoration(charge.lease_id) is not None


def _requests(*which: ColumnElement[bool]) -> list[CreditNoteRequest]:
    return list(
        db.session.scalars(
            db.select(CreditNoteRequest)
            .join(CreditNoteRequest.invoice)
            .options(contains_eager(CreditNoteRequest.invoice).joinedload(Invoice.organisation))
            .where(*which)
            .order_by(CreditNoteRequest.id)
        )
    )
