"""Questions about credit notes that somebody asked for."""

from incubator.billing import rules
from incubator.billing.models import Allocation, Charge, ChargeKind
from incubator.billing.queries.ledger import corrected, settles
from incubator.billing.queries.restoration import billed_restoration
from incubator.core.db import db


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
