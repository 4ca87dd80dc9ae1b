"""What is late of invoices, and was not charged, waived or settled with a deposit before."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import Select, func, null, union_all
from sqlalchemy.orm import joinedload

from incubator.billing import rules
from incubator.billing.models import (
    Allocation,
    Charge,
    ChargeKind,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    LateChargeRequest,
    Payment,
    PaymentMethod,
)
from incubator.billing.queries.asked import requests_of
from incubator.billing.queries.funded import own_parts
from incubator.billing.queries.ledger import corrected, settles, still_open
from incubator.core.days import FOREVER, ONE_DAY, Stretch, add_months
from incubator.core.db import db
from incubator.core.errors import RuleBroken
from incubator.leases.models import DepositEntry, DepositKind, DepositRequest, Lease
from incubator.people.models import RequestStatus
from incubator.spaces.models import Facility

BACK_MONTHS = 12
"""How long ago a late payment may lie to be listed; on an invoice's own page it always stands."""


@dataclass(frozen=True)
class Late:
    """An invoice with what its days of delay come to that nobody has asked for."""

    invoice: Invoice
    charge: rules.LateCharge


@dataclass(frozen=True)
class Charged:
    """What somebody asked to charge for the delay of an invoice, and what became of it."""

    asked: LateChargeRequest
    charge: Charge | None
    on: Invoice | None
    """The invoice that carries the charge."""


def late_of(
    invoice: Invoice, today: date, *, besides: LateChargeRequest | None = None
) -> rules.LateCharge | None:
    """What is late of an invoice up to a day and open; `besides` what is just being decided."""
    return late_of_each([invoice], today, besides=besides).get(invoice.id)


def late_of_each(
    invoices: Sequence[Invoice], today: date, *, besides: LateChargeRequest | None = None
) -> dict[int, rules.LateCharge]:
    """The same of several invoices of one facility, by their numbers."""
    due = [each for each in invoices if each.kind is InvoiceKind.INVOICE and each.due_on < today]
    if not due:
        return {}
    facility = db.session.get_one(Facility, due[0].facility_id)
    return {each.invoice.id: each.charge for each in _worked_out(due, facility, today, besides)}


def late_in(facility: Facility, today: date, organisation_id: int | None = None) -> list[Late]:
    """What is late at a facility, or of one venture there, the oldest due day first."""
    of_whom = [] if organisation_id is None else [Invoice.organisation_id == organisation_id]
    invoices = db.session.scalars(
        db.select(Invoice)
        .options(joinedload(Invoice.organisation))
        .where(
            Invoice.facility_id == facility.id,
            Invoice.kind == InvoiceKind.INVOICE,
            Invoice.due_on < today,
            (still_open() > 0) | Invoice.id.in_(_paid_late(facility, today)),
            *of_whom,
        )
        .order_by(Invoice.due_on, Invoice.id)
    ).all()
    return _worked_out(invoices, facility, today)


def late_sum(facility: Facility, organisation_id: int, today: date) -> int:
    """What is late of a venture and open, in minor units; nothing while no rate is known."""
    try:
        return sum(each.charge.amount for each in late_in(facility, today, organisation_id))
    except RuleBroken:
        return 0


def _paid_late(facility: Facility, today: date) -> Select[tuple[int]]:
    """The invoices paid late not long ago, of which that is neither asked for nor decided."""
    decided = db.select(LateChargeRequest.id).where(
        LateChargeRequest.invoice_id == Invoice.id,
        LateChargeRequest.status != RequestStatus.WITHDRAWN,
        LateChargeRequest.late_until > Payment.received_on,
    )
    paid: Select[tuple[int]] = (
        db.select(Allocation.invoice_id)
        .join(Payment, Payment.id == Allocation.payment_id)
        .join(Invoice, Invoice.id == Allocation.invoice_id)
        .where(
            Payment.facility_id == facility.id,
            Payment.received_on > Invoice.due_on,
            Payment.received_on >= add_months(today, -BACK_MONTHS),
            ~decided.exists(),
        )
    )
    return paid


def _worked_out(
    invoices: Sequence[Invoice],
    facility: Facility,
    today: date,
    besides: LateChargeRequest | None = None,
) -> list[Late]:
    if facility.late_rate_bp == 0 or not invoices:
        return []
    ids = [each.id for each in invoices]
    known, paid = _known(ids, besides), _paid(ids)
    left = {each.id: each.total - sum(one.amount for one in paid[each.id]) for each in invoices}
    own = own_parts({at: left[at] for at, facts in known.items() if not facts.credited})
    closed = _settled_with_deposit(facility.id)
    found = []
    for each in invoices:
        first, facts = each.due_on + ONE_DAY, known[each.id]
        if facts.credited:
            continue
        start = max(first, facts.seen_until or first, closed.get(each.organisation_id, first))
        charge = rules.charge_late(
            rules.owed_late(each.total - facts.late, paid[each.id], own[each.id]),
            Stretch(start, today + ONE_DAY),
            rules.late_rate_bp(facility.late_rate_bp, first),
            leap=facility.late_leap_years,
        )
        if charge:
            found.append(Late(each, charge))
    return found


class _Known(NamedTuple):
    """What is known of an invoice beside its payments."""

    credited: bool
    late: int
    """The late charges that it carries itself."""
    seen_until: date | None
    """Until when its days were asked for, charged or waived."""


def _known(invoice_ids: Collection[int], besides: LateChargeRequest | None) -> dict[int, _Known]:
    late = db.select(func.coalesce(func.sum(InvoiceLine.amount), 0)).where(
        InvoiceLine.invoice_id == Invoice.id, InvoiceLine.kind == ChargeKind.LATE
    )
    seen = db.select(func.max(LateChargeRequest.late_until)).where(
        LateChargeRequest.invoice_id == Invoice.id,
        LateChargeRequest.status != RequestStatus.WITHDRAWN,
        LateChargeRequest.id != (besides.id if besides else 0),
    )
    rows = db.session.execute(
        db.select(
            Invoice.id,
            corrected(Invoice.id),
            late.correlate(Invoice).scalar_subquery(),
            seen.correlate(Invoice).scalar_subquery(),
        ).where(Invoice.id.in_(invoice_ids))
    )
    return {at: _Known(bool(back), int(late), until) for at, back, late, until in rows}


def _paid(invoice_ids: Collection[int]) -> dict[int, list[rules.Paid]]:
    rows = db.session.execute(
        db.select(Allocation.invoice_id, Payment.received_on, Allocation.amount, Payment.method)
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(Allocation.invoice_id.in_(invoice_ids), settles())
        .order_by(Payment.received_on, Allocation.id)
    )
    found = defaultdict(list)
    for invoice_id, day, amount, method in rows:
        by_funder = method is PaymentMethod.SUBSIDY
        found[invoice_id].append(rules.Paid(day, amount, by_funder=by_funder))
    return found


def _settled_with_deposit(facility_id: int) -> dict[int, date]:
    """From when a venture's days count again: what its deposit is settled against is over."""
    done = (
        db.select(Lease.organisation_id, DepositEntry.on_day)
        .join(Lease, Lease.id == DepositEntry.lease_id)
        .where(
            Lease.facility_id == facility_id,
            DepositEntry.kind == DepositKind.SET_OFF,
            DepositEntry.facts["late_charges"].as_integer() > 0,
        )
    )
    waiting = (
        db.select(Lease.organisation_id, null())
        .join(DepositRequest, DepositRequest.lease_id == Lease.id)
        .where(
            Lease.facility_id == facility_id,
            DepositRequest.status == RequestStatus.ASKED,
            DepositRequest.late_charges > 0,
        )
    )
    found: dict[int, date] = {}
    for organisation_id, day in db.session.execute(union_all(done, waiting)):
        since = day + ONE_DAY if day else FOREVER
        found[organisation_id] = max(since, found.get(organisation_id, since))
    return found


def charged_of(invoice_id: int) -> list[Charged]:
    """What was asked for the delay of an invoice and not withdrawn, the first first."""
    kept = LateChargeRequest.status != RequestStatus.WITHDRAWN
    asked = requests_of(LateChargeRequest, Invoice.id == invoice_id, kept)
    named = {each.source: each for each in asked}
    rows = db.session.execute(
        db.select(Charge, Invoice)
        .outerjoin(Invoice, Invoice.id == Charge.invoice_id)
        .where(Charge.kind == ChargeKind.LATE, Charge.source.in_(named))
    )
    made = {charge.source: (charge, invoice) for charge, invoice in rows}
    return [Charged(each, *made.get(each.source, (None, None))) for each in asked]


def charge_of(asked: LateChargeRequest) -> Charge | None:
    """The charge that an approval made."""
    found: Charge | None = db.session.scalar(
        db.select(Charge).where(Charge.kind == ChargeKind.LATE, Charge.source == asked.source)
    )
    return found


def late_left_of(lease_id: int) -> list[tuple[Charge, Invoice | None]]:
    """Late charges that the deposit of a lease did not cover, and on which invoices they are."""
    rows = db.session.execute(
        db.select(Charge, Invoice)
        .outerjoin(Invoice, Invoice.id == Charge.invoice_id)
        .where(Charge.lease_id == lease_id, Charge.kind == ChargeKind.LATE)
        .order_by(Charge.id)
    )
    return [(charge, invoice) for charge, invoice in rows]
