"""Billing what it costs to restore a unit beyond the deposit of whoever left it."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from incubator.billing.actions.charges import NewCharge, add_charge, cancel_charge
from incubator.billing.models import ChargeKind
from incubator.billing.queries.restoration import (
    billed_restoration,
    restoration_left,
    restorations_of,
)
from incubator.billing.rules import restoration
from incubator.core import audit
from incubator.core.access import Actor, require_any
from incubator.core.days import ONE_DAY, Stretch
from incubator.core.db import lock
from incubator.core.errors import NotFound
from incubator.core.packing import pack
from incubator.leases.actions.common import check_status, where
from incubator.leases.actions.deposit import KEEPERS, require_last
from incubator.leases.models import Lease, LeaseStatus
from incubator.leases.queries import deposit_in, tenancy_of


@dataclass(frozen=True)
class RestorationCosts:
    """What was restored, and for how much before tax, in minor units."""

    amount: int
    what: str


def bill_restoration(
    lease: Lease, costs: RestorationCosts, *, actor: Actor, now: datetime, today: date
) -> None:
    """Put it on the venture's next invoice, its own if nothing else is billed (BR-D04); once."""
    require_any(actor, KEEPERS, facility=lease.facility_id)
    lock(Lease, lease.id)
    check_status(lease, LeaseStatus.ENDED)
    tenancy = tenancy_of(lease.id)
    require_last(lease, tenancy)
    billed = billed_restoration(lease.id) is not None
    left = restoration_left(lease, deposit_in(tenancy), today, billed=billed)
    restoration.check_restoration(costs.amount, costs.what, left)
    why = restoration.reason_of(lease.number, covered=left.covered)
    add_charge(
        NewCharge(
            facility_id=lease.facility_id,
            organisation_id=lease.organisation_id,
            kind=ChargeKind.RESTORATION,
            source=f"restoration:{lease.id}:{len(restorations_of(lease.id)) + 1}",
            service=Stretch(today, today + ONE_DAY),
            amount=costs.amount,
            currency=lease.currency,
            title=f"{lease.unit.code} {costs.what.strip()}",
            why={"rule": "BR-D04", "inputs": asdict(left), "say": pack(why)},
            lease_id=lease.id,
        ),
        now=now,
    )
    after = {"amount": costs.amount, "what": costs.what.strip()}
    audit.record(actor, "lease.restoration_billed", lease, at=now, where=where(lease), after=after)


def drop_restoration(lease: Lease, *, actor: Actor, now: datetime) -> None:
    """Take it off again while no invoice carries it."""
    require_any(actor, KEEPERS, facility=lease.facility_id)
    lock(Lease, lease.id)
    billed = billed_restoration(lease.id)
    if billed is None:
        raise NotFound("no restoration waits for an invoice")
    cancel_charge(billed[0].source, ChargeKind.RESTORATION, reason="taken off", now=now)
    after = {"amount": billed[0].amount}
    audit.record(actor, "lease.restoration_dropped", lease, at=now, where=where(lease), after=after)
