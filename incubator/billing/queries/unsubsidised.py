"""What was billed in full for months in which a subsidy, completed since, reduces the rent."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import aliased, joinedload

from incubator.billing.models import Charge, ChargeKind, Invoice
from incubator.billing.queries.lease_tax import tax_rules
from incubator.billing.queries.ledger import corrected
from incubator.core.days import add_months, month_of
from incubator.core.db import db
from incubator.leases import queries as leases
from incubator.leases.models import Lease, LeaseSubsidy, SubsidyProgramme
from incubator.leases.rules import Delivery, LeaseTerms, month_lines

LOOKED_BACK = 12
"""Months; what is older, or of a lease that has ended, stands on the page of that lease."""


@dataclass(frozen=True)
class Unsubsidised:
    """An invoice that bills a lease without a subsidy that is given for the month."""

    invoice: Invoice
    lease: Lease
    programme: SubsidyProgramme


def billed_unsubsidised(
    facility_id: int,
    today: date,
    *,
    month: date | None = None,
    lease_id: int | None = None,
    terms: Mapping[int, LeaseTerms] | None = None,
) -> list[Unsubsidised]:
    """Invoices, not taken back, that bill leases in full although a subsidy reduces their rent.

    Those of a month, of a lease, or since a year ago of the leases whose `terms` were read already.
    """
    asked = db.session.execute(_billed(facility_id, *_which(today, month, lease_id, terms)))
    billed = [row for row in asked if row.SubsidyProgramme.has_rate]
    known = terms or {}
    unknown = {row.Lease.id for row in billed} - known.keys()
    terms = {**known, **_terms_of(facility_id, unknown, today)}
    return [
        Unsubsidised(row.Invoice, row.Lease, row.SubsidyProgramme)
        for row in billed
        if _reduces(terms[row.Lease.id], row.service_month, row.SubsidyProgramme)
    ]


def _which(
    today: date, month: date | None, lease_id: int | None, terms: Mapping[int, LeaseTerms] | None
) -> Iterator[ColumnElement[bool]]:
    if month is not None:
        yield Charge.service_month == month
    if lease_id is not None:
        yield Charge.lease_id == lease_id
    if terms is not None and month is None:
        yield Charge.lease_id.in_(terms)
        yield Charge.service_month >= add_months(month_of(today), -LOOKED_BACK)


def _terms_of(facility_id: int, lease_ids: Collection[int], today: date) -> dict[int, LeaseTerms]:
    if not lease_ids:
        return {}
    tax = tax_rules(facility_id, today)
    return {lease.id: leases.terms_of(lease, tax) for lease in leases.of_ids(lease_ids)}


def _billed(facility_id: int, *which: ColumnElement[bool]) -> Select[Any]:
    """The months of rent that carry nothing of a programme granted for them."""
    given = aliased(Charge)
    source = db.literal("lease:").concat(db.cast(Charge.lease_id, db.String))
    programme = db.literal(":programme:").concat(db.cast(SubsidyProgramme.id, db.String))
    reduced = db.select(given.id).where(
        given.kind == ChargeKind.SUBSIDY,
        given.service_month == Charge.service_month,
        given.source == source.concat(programme),
    )
    asked: Select[Any] = db.select(Invoice, Lease, SubsidyProgramme, Charge.service_month)
    return (
        asked.join(Charge, Charge.invoice_id == Invoice.id)
        .join(Lease, Lease.id == Charge.lease_id)
        .join(LeaseSubsidy, LeaseSubsidy.lease_id == Lease.id)
        .join(SubsidyProgramme)
        .options(joinedload(Invoice.organisation), joinedload(Lease.unit))
        .where(
            Invoice.facility_id == facility_id,
            Charge.kind == ChargeKind.RENT,
            ~corrected(Charge.invoice_id),
            SubsidyProgramme.delivery == Delivery.RENT_REDUCTION,
            LeaseSubsidy.from_month <= Charge.service_month,
            LeaseSubsidy.until_month.is_(None) | (LeaseSubsidy.until_month > Charge.service_month),
            ~reduced.exists(),
            *which,
        )
        .order_by(Invoice.id, Lease.id, LeaseSubsidy.position)
    )


def _reduces(terms: LeaseTerms, month: date, programme: SubsidyProgramme) -> bool:
    lines = month_lines(terms, month)
    return any(line.programme_id == programme.id and line.amount < 0 for line in lines)
