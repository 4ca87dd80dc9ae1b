"""What funders pay of invoices to the facility, for the venture (domain.md §3.3)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func

from incubator.billing.models import OF_A_LEASE, Allocation, Charge, Payment, PaymentMethod
from incubator.billing.queries.house import tax_rates
from incubator.billing.queries.lease_tax import rules_of
from incubator.billing.queries.ledger import settles
from incubator.core.db import db
from incubator.core.money import Rounding
from incubator.leases import queries as leases
from incubator.leases.models import LeaseSubsidy, SubsidyProgramme
from incubator.leases.rules import Delivery, month_lines


@dataclass(frozen=True)
class Shared:
    """What is open of an invoice, in minor units: what funders pay of it and what is left to pay.

    A part that a funder has paid already is open no more.
    """

    programmes: tuple[SubsidyProgramme, ...]
    funder: int
    own: int


def shared(left: Mapping[int, int]) -> dict[int, Shared]:
    """Of invoices by their ids, with what is open of each, those that a funder pays a part of."""
    billed = _billed([invoice_id for invoice_id, amount in left.items() if amount > 0])
    if not billed:
        return {}
    granted, programmes = _granted(billed)
    paid = _paid(granted)
    found = {}
    for invoice_id, sums in granted.items():
        funder = min(sum(sums.values()) - paid.get(invoice_id, 0), left[invoice_id])
        if funder > 0:
            giving = tuple(programmes[each] for each in sums)
            found[invoice_id] = Shared(giving, funder, left[invoice_id] - funder)
    return found


def awaited_of(invoice_id: int, left: int) -> int:
    """What funders are still to pay of an invoice of which so much is open."""
    part = shared({invoice_id: left}).get(invoice_id)
    return part.funder if part else 0


def own_parts(left: Mapping[int, int]) -> dict[int, int]:
    """Of invoices by their ids, with what is open of each, what the venture itself is to pay."""
    return {**left, **{invoice_id: part.own for invoice_id, part in shared(left).items()}}


def _billed(invoice_ids: Collection[int]) -> list[tuple[int, int, date]]:
    """(invoice, lease, month) of what they bill of leases that a funder pays a part of."""
    helped = (
        db.select(LeaseSubsidy.lease_id)
        .join(SubsidyProgramme)
        .where(SubsidyProgramme.delivery == Delivery.LANDLORD_AGENT)
    )
    asked = db.select(Charge.invoice_id, Charge.lease_id, Charge.service_month).where(
        Charge.invoice_id.in_(invoice_ids),
        Charge.kind.in_(OF_A_LEASE),
        Charge.lease_id.in_(helped),
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(asked.distinct())]


def _granted(
    billed: list[tuple[int, int, date]],
) -> tuple[dict[int, dict[int, int]], dict[int, SubsidyProgramme]]:
    """What each programme gives, by invoice, and the programmes by their ids."""
    held = {lease.id: lease for lease in leases.of_ids({lease_id for _, lease_id, _ in billed})}
    tax = rules_of(tax_rates(), Rounding.FLOOR)
    sums: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for invoice_id, lease_id, month in billed:
        for line in month_lines(leases.terms_of(held[lease_id], tax), month):
            if line.programme_id and line.granted and line.delivery is Delivery.LANDLORD_AGENT:
                sums[invoice_id][line.programme_id] += line.granted
    granted = (each for lease in held.values() for each in lease.subsidies)
    return sums, {each.programme_id: each.programme for each in granted}


def _paid(invoice_ids: Collection[int]) -> dict[int, int]:
    """What funders have paid of them."""
    rows = db.session.execute(
        db.select(Allocation.invoice_id, func.sum(Allocation.amount))
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(
            Allocation.invoice_id.in_(invoice_ids),
            Payment.method == PaymentMethod.SUBSIDY,
            settles(),
        )
        .group_by(Allocation.invoice_id)
    )
    return {invoice_id: int(amount) for invoice_id, amount in rows}
