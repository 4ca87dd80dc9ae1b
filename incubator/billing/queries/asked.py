"""What is asked about one invoice and decided by somebody else."""

from typing import TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.orm import contains_eager

from incubator.billing.models import CreditNoteRequest, Invoice, LateChargeRequest
from incubator.core.db import db
from incubator.core.errors import NotFound
from incubator.people.models import RequestStatus

R = TypeVar("R", CreditNoteRequest, LateChargeRequest)


def request_in(kind: type[R], facility_id: int, request_id: int) -> R:
    """What was asked for at a facility; unknown otherwise."""
    found = requests_of(kind, Invoice.facility_id == facility_id, kind.id == request_id)
    if not found:
        raise NotFound(f"there is no such {kind.__tablename__}")
    return found[0]


def waiting_on(kind: type[R], invoice_id: int) -> R | None:
    """What waits for a decision about an invoice; there is one at most."""
    waits = kind.status == RequestStatus.ASKED
    return next(iter(requests_of(kind, Invoice.id == invoice_id, waits)), None)


def requests_of(kind: type[R], *which: ColumnElement[bool]) -> list[R]:
    """Requests with their invoices, the first first."""
    return list(
        db.session.scalars(
            db.select(kind)
            .join(kind.invoice)
            .options(contains_eager(kind.invoice).joinedload(Invoice.organisation))
            .where(*which)
            .order_by(kind.id)
        )
    )
