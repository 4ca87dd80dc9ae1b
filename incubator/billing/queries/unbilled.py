"""The months before the one that is billed next in which leases are not billed yet."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Date, Subquery, func, union_all

from incubator.billing.models import Charge, ChargeKind, Invoice
from incubator.core.days import Stretch, add_months, month_of, whole_month
from incubator.core.db import db
from incubator.leases.models import Lease, LeasePrice
from incubator.leases.queries import SIGNED

LOOKED_BACK = 12
"""Months."""


@dataclass(frozen=True)
class Unbilled:
    """A month, and how many leases have nothing on record in it."""

    month: date
    leases: int


def unbilled_months(facility_id: int, until: date, today: date) -> list[Unbilled]:
    """Months of the last year, before that of `until`, in which leases are still to be billed.

    What a facility billed elsewhere is none of them: its months count from the first that was
    billed here, those of a lease that starts in this month or later always.
    """
    this_month = month_of(today)
    months = _rows_of(Stretch(add_months(this_month, -LOOKED_BACK), month_of(until)))
    first = db.select(func.min(Invoice.service_month)).where(Invoice.facility_id == facility_id)
    charged = db.select(Charge.id).where(
        Charge.kind.in_((ChargeKind.RENT, ChargeKind.COMMON_FEE)),
        Charge.service_month == months.c.start,
        Charge.source == db.literal("lease:").concat(db.cast(Lease.id, db.String)),
    )
    priced = db.select(LeasePrice.id).where(
        LeasePrice.lease_id == Lease.id,
        LeasePrice.from_day < months.c.until,
        LeasePrice.from_day < Lease.ends_on,
    )
    asked = (
        db.select(months.c.start, func.count(Lease.id))
        .join(Lease, (Lease.starts_on < months.c.until) & (Lease.ends_on > months.c.start))
        .where(
            Lease.facility_id == facility_id,
            Lease.status.in_(SIGNED),
            (months.c.start >= first.scalar_subquery()) | (Lease.starts_on >= this_month),
            priced.exists(),
            ~charged.exists(),
        )
        .group_by(months.c.start)
        .order_by(months.c.start)
    )
    return [Unbilled(month, leases) for month, leases in db.session.execute(asked)]


def _rows_of(days: Stretch) -> Subquery:
    """The first day of each month and that of the next, for a question to join."""
    return union_all(
        *(
            db.select(
                db.literal(each, Date).label("start"),
                db.literal(whole_month(each).until, Date).label("until"),
            )
            for each in days.months()
        )
    ).subquery()
