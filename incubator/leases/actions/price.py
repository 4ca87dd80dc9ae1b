"""Changing a price from a month on; what is issued stays (BR-R04)."""

from dataclasses import dataclass
from datetime import date, datetime

from incubator.core import audit
from incubator.core.access import Actor, Can, require
from incubator.core.days import month_of
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Month, say
from incubator.leases.actions.common import require_status, where
from incubator.leases.models import IN_FORCE, Component, Lease, LeasePrice


@dataclass(frozen=True)
class PriceChange:
    """A new monthly price from a month on, tax-exclusive."""

    component: Component
    amount: int
    from_month: date
    unit_price: int | None = None


def change_price(
    lease: Lease, change: PriceChange, *, actor: Actor, now: datetime, not_before: date
) -> None:
    """Add a price row; `not_before` is the first month that has not been issued yet."""
    require(actor, Can.APPROVE_LEASES, facility=lease.facility_id)
    require_status(lease, *IN_FORCE)
    from_day = max(month_of(change.from_month), lease.starts_on)
    if month_of(from_day) < month_of(not_before):
        raise RuleBroken(
            say(
                "Invoices are issued already up to then. The first month that can change is"
                " %(month)s.",
                month=Month(not_before),
            ),
            "from_month",
        )
    if from_day >= lease.ends_on:
        raise RuleBroken(say("The lease has ended by then."), "from_month")
    if change.amount < 0:
        raise RuleBroken(say("A price cannot be negative."), "new_price")
    before = _set(lease, change, from_day)
    after = {"component": change.component.value, "amount": change.amount, "from_day": from_day}
    audit.record(
        actor,
        "lease.price_changed",
        lease,
        at=now,
        where=where(lease),
        before={"amount": before},
        after=after,
    )


def _set(lease: Lease, change: PriceChange, from_day: date) -> int | None:
    """Write the row; a price announced for the same day and not in force yet gives way."""
    known = [price for price in lease.prices if price.component is change.component]
    valid = [price for price in known if price.from_day <= from_day]
    before = valid[-1].amount if valid else None
    for price in known:
        if price.from_day == from_day:
            price.amount, price.unit_price = change.amount, change.unit_price
            return before
    lease.prices.append(
        LeasePrice(
            component=change.component,
            amount=change.amount,
            unit_price=change.unit_price,
            from_day=from_day,
        )
    )
    return before
