"""Questions about credit notes that somebody asked for."""

from sqlalchemy import ColumnElement
from sqlalchemy.orm import contains_eager

from incubator.billing.models import CreditNoteRequest, Invoice
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
