"""Settling the deposit of an ended lease against what the venture still owes."""

from datetime import date, datetime

from incubator.billing.actions.pay import PaymentDetails, take_in
from incubator.billing.models import PaymentMethod
from incubator.billing.queries import payments as queries
from incubator.billing.rules.pay import deposit_key
from incubator.core.access import Actor, require_any
from incubator.core.db import lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Sum, say
from incubator.leases import actions as leases
from incubator.leases.actions.deposit import KEEPERS
from incubator.leases.models import Lease
from incubator.leases.rules import Costs, Settlement
from incubator.organisations.models import Organisation


def settle_deposit(
    lease: Lease, costs: Costs, *, actor: Actor, now: datetime, today: date
) -> Settlement:
    """Settle it; arrears come first and pay the venture's open invoices, oldest due first."""
    require_any(actor, KEEPERS, facility=lease.facility_id)
    lock(Organisation, lease.organisation_id)
    found = queries.open_invoices_of(lease.facility_id, lease.organisation_id)
    owed = sum(one.open for one in found)
    if costs.arrears > owed:
        most = Sum(owed, lease.currency)
        raise RuleBroken(say("Only %(open)s of the invoices is open.", open=most), "arrears")
    settled = leases.settle_deposit(lease, costs, actor=actor, now=now, today=today)
    paid = min(settled.set_off, costs.arrears)
    if paid:
        details = PaymentDetails(
            facility_id=lease.facility_id,
            organisation_id=lease.organisation_id,
            amount=paid,
            received_on=today,
            method=PaymentMethod.SET_OFF,
            note=lease.number,
            once_key=deposit_key(lease.id),
        )
        take_in(details, actor=actor, now=now, today=today)
    return settled
