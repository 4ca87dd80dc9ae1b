"""Putting something on a venture's next invoice, and taking it off while that is possible."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from incubator.billing.models import Charge, ChargeKind, Invoice, TaxCategory
from incubator.core.days import Stretch, month_of
from incubator.core.db import add_row_once, db
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say


@dataclass(frozen=True)
class NewCharge:
    """Something to be billed once; `source` names what it comes from, such as `booking:55`.

    `why` is {"rule": …, "inputs": …, "say": pack(message)}; `amount` is tax-exclusive.
    """

    facility_id: int
    organisation_id: int
    kind: ChargeKind
    source: str
    service: Stretch
    amount: int
    currency: str
    title: str = ""
    why: dict[str, Any] = field(default_factory=dict)
    tax_category: TaxCategory = TaxCategory.STANDARD
    lease_id: int | None = None


def add_charge(new: NewCharge, *, now: datetime) -> None:
    """Put it on record once; asked again for the same thing, what is there stays (BR-B03)."""
    add_row_once(
        Charge,
        {
            "facility_id": new.facility_id,
            "organisation_id": new.organisation_id,
            "lease_id": new.lease_id,
            "kind": new.kind,
            "source": new.source,
            "service_month": month_of(new.service.start),
            "service_from": new.service.start,
            "service_until": new.service.until,
            "amount": new.amount,
            "currency": new.currency,
            "tax_category": new.tax_category,
            "title": new.title,
            "why": new.why,
            "created_at": now,
        },
    )


def cancel_charge(
    charge_source: str, kind: ChargeKind, *, reason: str, now: datetime
) -> Charge | None:
    """Take a charge off the next invoice; one that was billed needs a credit note (BR-T11)."""
    charge: Charge | None = db.session.scalar(
        db.select(Charge)
        .where(Charge.source == charge_source, Charge.kind == kind)
        .order_by(Charge.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if charge is None or charge.cancelled_at is not None:
        return charge
    if charge.invoice_id is not None:
        invoice = db.session.get_one(Invoice, charge.invoice_id)
        raise RuleBroken(
            say(
                "This is already on invoice %(number)s. Issue a credit note instead.",
                number=invoice.number,
            )
        )
    charge.cancelled_at, charge.cancel_reason = now, reason
    db.session.flush()
    return charge
