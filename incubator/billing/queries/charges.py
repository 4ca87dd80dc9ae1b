"""The charges that may go on a venture's next invoice, and whom it is made out to."""

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam

from incubator.billing import rules
from incubator.billing.models import Charge, Invoice, InvoiceKind
from incubator.core.days import Stretch
from incubator.core.db import ask, db
from incubator.organisations.models import Organisation

OPEN = Charge.invoice_id.is_(None) & Charge.cancelled_at.is_(None)
"""A charge waits for an invoice."""


class BillTo(NamedTuple):
    """A venture as its documents name it."""

    id: int
    name: str
    name_en: str
    postal_code: str
    address: str
    representative: str
    invoice_reg_no: str | None
    language: str


_BILL_TO = (
    db.select(*(getattr(Organisation, name) for name in BillTo._fields))
    .where(Organisation.id.in_(bindparam("ventures", expanding=True)))
    .order_by(Organisation.id)
    .with_for_update(key_share=True)
)


def lock_ventures(*organisations: int) -> dict[int, BillTo]:
    """Ventures by id as they are today, locked so that whoever wants to bill them too waits."""
    rows = ask(_BILL_TO, {"ventures": organisations})
    return {row.id: BillTo._make(row) for row in rows}


class Known(NamedTuple):
    """A charge on record, and whether it still waits for an invoice."""

    item: rules.Item
    waits: bool


_FACTS = (
    Charge.organisation_id,
    OPEN.label("waits"),
    Charge.kind,
    Charge.source,
    Charge.service_month,
    Charge.service_from,
    Charge.service_until,
    Charge.amount,
    Charge.currency,
    Charge.title,
    Charge.tax_category,
    Charge.why,
    Charge.lease_id,
    Charge.id,
)
_CONCERNED = (Charge.facility_id == bindparam("facility")) & (
    OPEN | ((Charge.service_month == bindparam("month")) & Charge.lease_id.is_not(None))
)
_CHARGES = (
    db.select(*_FACTS)
    .where(_CONCERNED, Charge.organisation_id.in_(bindparam("ventures", expanding=True)))
    .order_by(Charge.id)
)
_TIMES = (
    db.select(Invoice.organisation_id, db.func.count().label("times"))
    .where(
        Invoice.facility_id == bindparam("facility"),
        Invoice.organisation_id.in_(bindparam("ventures", expanding=True)),
        Invoice.service_month == bindparam("month"),
        Invoice.kind == InvoiceKind.INVOICE,
        Invoice.run_key.is_not(None),
    )
    .group_by(Invoice.organisation_id)
)


def charges_for(
    facility_id: int, month: date, organisations: Collection[int]
) -> dict[int, list[Known]]:
    """By venture: the open charges, and those of the month whatever became of them."""
    found: dict[int, list[Known]] = {}
    asked = {"facility": facility_id, "month": month, "ventures": list(organisations)}
    for row in ask(_CHARGES, asked):
        found.setdefault(row.organisation_id, []).append(_known(row))
    return found


def times_billed(facility_id: int, month: date, organisations: Collection[int]) -> dict[int, int]:
    """How many invoices runs of the month have issued, by venture; left out are those with none."""
    asked = {"facility": facility_id, "month": month, "ventures": list(organisations)}
    return {row.organisation_id: row.times for row in ask(_TIMES, asked)}


def _known(row: Row[Any]) -> Known:
    item = rules.Item(
        kind=row.kind.value,
        source=row.source,
        service_month=row.service_month,
        service=Stretch(row.service_from, row.service_until),
        amount=row.amount,
        currency=row.currency,
        title=row.title,
        category=row.tax_category.value,
        why=row.why,
        lease_id=row.lease_id,
        charge_id=row.id,
    )
    return Known(item, row.waits)
