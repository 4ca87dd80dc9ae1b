"""Questions about restoration that is billed to a venture."""

from collections.abc import Iterable
from datetime import date

from incubator.billing.models import Charge, ChargeKind, Invoice
from incubator.billing.queries.lease_tax import rounding_on
from incubator.billing.queries.ledger import settled
from incubator.billing.rules.restoration import Left
from incubator.core.db import db
from incubator.leases import rules
from incubator.leases.models import DepositEntry, DepositKind, Lease


def restorations_of(lease_id: int) -> list[Charge]:
    """What was ever put on record for restoring a lease's unit, the first first."""
    asked = db.select(Charge).where(
        Charge.lease_id == lease_id, Charge.kind == ChargeKind.RESTORATION
    )
    return list(db.session.scalars(asked.order_by(Charge.id)))


def billed_restoration(lease_id: int) -> tuple[Charge, Invoice | None] | None:
    """What a venture is billed, and on which invoice; nothing once that is dropped or credited."""
    for charge in restorations_of(lease_id):
        if charge.cancelled_at is not None:
            continue
        if charge.invoice_id is None:
            return charge, None
        if settled([charge.invoice_id])[charge.invoice_id].credited is None:
            return charge, db.session.get_one(Invoice, charge.invoice_id)
    return None


def restoration_left(
    lease: Lease, ledger: Iterable[DepositEntry], today: date, *, billed: bool
) -> Left:
    """What is known of the costs, by the deposit ledger of the tenancy, as invoices round today."""
    held = rules.balance((entry.kind.value, entry.amount) for entry in ledger)
    covered, most = False, 0
    for entry in ledger:
        if entry.kind is DepositKind.SET_OFF and entry.facts.get("restoration"):
            costs, mode = rules.Costs(**entry.facts), rounding_on(lease.facility_id, today)
            covered, most = True, rules.restoration_left(costs, entry.amount, mode)
    return Left(held, covered, most, billed, lease.currency)
