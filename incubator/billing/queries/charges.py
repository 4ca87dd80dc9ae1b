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
    .where(Organisation.id == bindparam("venture"))
    .with_for_update(key_share=True)
)


def lock_venture(organisation_id: int) -> BillTo:
    """The venture as it is today, locked so that whoever wants to bill it too waits."""
    return BillTo._make(ask(_BILL_TO, {"venture": organisation_id}).one())


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
_BILLED = (
    db.select(db.func.count())
    .select_from(Invoice)
    .where(
        Invoice.facility_id == bindparam("facility"),
        Invoice.organisation_id == bindparam("venture"),
        Invoice.service_month == bindparam("month"),
        Invoice.kind == InvoiceKind.INVOICE,
        Invoice.run_key.is_not(None),
    )
    .scalar_subquery()
)
_ON_RECORD = (
    db.select(_BILLED.label("billed"), *_FACTS)
    .select_from(Organisation)
    .outerjoin(Charge, _CONCERNED & (Charge.organisation_id == Organisation.id))
    .where(Organisation.id == bindparam("venture"))
    .order_by(Charge.id)
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


def on_record(facility_id: int, month: date, organisation_id: int) -> tuple[list[Known], int]:
    """The same for one venture, and how many invoices runs of the month have issued to it."""
    asked = {"facility": facility_id, "month": month, "venture": organisation_id}
    rows = ask(_ON_RECORD, asked).all()
    return [_known(row) for row in rows if row.id is not None], rows[0].billed


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
