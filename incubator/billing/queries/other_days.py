"""What was billed for other days than a lease, ended, called off or prolonged since, is held.

BR-B06
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, extract, func
from sqlalchemy.orm import joinedload

from incubator.billing.models import OF_A_LEASE, Charge, Invoice
from incubator.billing.queries.ledger import corrected
from incubator.core.days import Stretch, whole_month
from incubator.core.db import db
from incubator.leases.models import Lease
from incubator.leases.queries import SIGNED
from incubator.leases.rules import part_charged


@dataclass(frozen=True)
class OtherDays:
    """An invoice that bills a lease beyond its end, or only to an end that was taken back."""

    invoice: Invoice
    lease: Lease


def billed_for_other_days(facility_id: int, *, lease_id: int | None = None) -> list[OtherDays]:
    """Invoices, not taken back, that bill leases of a facility, or one of them, not as they end.

    A last month that is owed like the days billed is billed rightly (BR-P02, BR-P04).
    """
    billed = _billed(facility_id).subquery()
    asked = (
        db.select(Invoice, Lease, billed.c.start, billed.c.until)
        .join(billed, billed.c.invoice_id == Invoice.id)
        .join(Lease, Lease.id == billed.c.lease_id)
        .options(joinedload(Invoice.organisation), joinedload(Lease.unit))
        .order_by(Invoice.id, Lease.id)
    )
    if lease_id is not None:
        asked = asked.where(Lease.id == lease_id)
    return [
        OtherDays(invoice, lease)
        for invoice, lease, start, until in db.session.execute(asked)
        if not _owed(lease, Stretch(start, until))
    ]


def _billed(facility_id: int) -> Select[Any]:
    """The days of a month for which a lease is charged something, if they are not all it holds."""
    stops = (Charge.service_until < Lease.ends_on) & (extract("day", Charge.service_until) != 1)
    asked: Select[Any] = db.select(
        Charge.lease_id,
        Charge.invoice_id,
        func.min(Charge.service_from).label("start"),
        func.max(Charge.service_until).label("until"),
    )
    return (
        asked.join(Lease, Lease.id == Charge.lease_id)
        .where(
            Lease.facility_id == facility_id,
            (Charge.service_until > Lease.ends_on) | stops | Lease.status.not_in(SIGNED),
            Charge.kind.in_(OF_A_LEASE),
            Charge.invoice_id.is_not(None),
            ~corrected(Charge.invoice_id),
        )
        .group_by(Charge.lease_id, Charge.invoice_id, Charge.service_month)
        .having(func.sum(Charge.amount) > 0)
    )


def _owed(lease: Lease, billed: Stretch) -> bool:
    """Whether as much of the month is owed as was billed."""
    held = Stretch(billed.start, whole_month(billed.start).until).within(lease.days)
    if lease.status not in SIGNED or not held.days:
        return False
    return Fraction(*part_charged(lease, held)) == Fraction(*part_charged(lease, billed))
