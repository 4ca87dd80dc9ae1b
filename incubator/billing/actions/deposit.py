"""Settling the deposit of an ended lease against what the venture still owes."""

from datetime import date, datetime

from incubator.billing.actions.charges import NewCharge, add_charge
from incubator.billing.actions.pay import PaymentDetails, take_in
from incubator.billing.models import ChargeKind, PaymentMethod, TaxCategory
from incubator.billing.queries import payments as queries
from incubator.billing.rules import refund as rules
from incubator.billing.rules.pay import deposit_key
from incubator.core.access import Actor, Can, require, require_any
from incubator.core.days import ONE_DAY, Stretch
from incubator.core.db import lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Sum, say
from incubator.core.packing import pack
from incubator.leases import actions as leases
from incubator.leases.actions.deposit import KEEPERS
from incubator.leases.models import DepositKind, DepositRequest, Lease
from incubator.leases.queries import deposit_of
from incubator.leases.rules import Costs, Settlement, late_left
from incubator.organisations.models import Organisation
from incubator.people.actions.asking import check_may_decide


def settle_deposit(
    lease: Lease, costs: Costs, paid_to: str = "", *, actor: Actor, now: datetime, today: date
) -> Settlement:
    """Settle it; arrears come first and pay the venture's open invoices, oldest due first.

    Where something goes back, all of it waits until somebody else has approved it.
    """
    require_any(actor, KEEPERS, facility=lease.facility_id)
    lock(Organisation, lease.organisation_id)
    owed = _owed(lease)
    if costs.arrears > owed:
        most = Sum(owed, lease.currency)
        raise RuleBroken(say("Only %(open)s of the invoices is open.", open=most), "arrears")
    settled = leases.settle_deposit(lease, costs, paid_to, actor=actor, now=now, today=today)
    if not settled.refund:
        _pay(lease, min(settled.set_off, costs.arrears), actor, now, today)
        _charge_late(lease, late_left(costs, settled.set_off), now, today)
    return settled


def approve_deposit(
    asked: DepositRequest, *, paid_on: date, actor: Actor, now: datetime, today: date
) -> Settlement:
    """Approve what somebody else asked for: arrears are paid, and the rest has gone back."""
    lease = asked.lease
    require(actor, Can.APPROVE_MONEY, facility=lease.facility_id)
    lock(Organisation, lease.organisation_id)
    check_may_decide(asked, actor)
    check_arrears(asked, _owed(lease))
    received = [each.on_day for each in deposit_of(lease.id) if each.kind is DepositKind.RECEIVED]
    rules.check_paid_on(paid_on, max(received, default=paid_on), today)
    settled = leases.return_deposit(asked, paid_on=paid_on, actor=actor, now=now, today=today)
    _pay(lease, asked.arrears, actor, now, today)
    return settled


def check_arrears(asked: DepositRequest, owed: int) -> None:
    """Arrears are set off against what the venture still owes, in minor units (BR-D03)."""
    if asked.arrears > owed:
        currency = asked.lease.currency
        raise RuleBroken(
            say(
                "Only %(open)s of the invoices is open now, so %(arrears)s cannot be set off. "
                "Refuse it, so that it is asked anew.",
                open=Sum(owed, currency),
                arrears=Sum(asked.arrears, currency),
            )
        )


def _charge_late(lease: Lease, amount: int, now: datetime, today: date) -> None:
    """Late charges that the deposit does not cover stay owed: the next invoice carries them."""
    if amount:
        why = say(
            "Late charges that the deposit of lease %(number)s did not cover", number=lease.number
        )
        add_charge(
            NewCharge(
                facility_id=lease.facility_id,
                organisation_id=lease.organisation_id,
                kind=ChargeKind.LATE,
                source=f"deposit:{lease.id}:{today}",
                service=Stretch(today, today + ONE_DAY),
                amount=amount,
                currency=lease.currency,
                title=lease.unit.code,
                why={"rule": "BR-D04", "inputs": {}, "say": pack(why)},
                tax_category=TaxCategory.OUT_OF_SCOPE,
                lease_id=lease.id,
            ),
            now=now,
        )


def _owed(lease: Lease) -> int:
    found = queries.open_invoices_of(lease.facility_id, lease.organisation_id)
    return sum(one.open for one in found)


def _pay(lease: Lease, amount: int, actor: Actor, now: datetime, today: date) -> None:
    """Pay open invoices out of the deposit."""
    if amount:
        details = PaymentDetails(
            facility_id=lease.facility_id,
            organisation_id=lease.organisation_id,
            amount=amount,
            received_on=today,
            method=PaymentMethod.SET_OFF,
            note=lease.number,
            once_key=deposit_key(lease.id),
        )
        take_in(details, actor=actor, now=now, today=today)
