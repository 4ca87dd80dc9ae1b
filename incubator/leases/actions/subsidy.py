"""Ending a subsidy of a lease before the lease; what is issued stays (BR-S09)."""

from dataclasses import dataclass
from datetime import date, datetime

from incubator.core import audit
from incubator.core.access import Actor, Can, require
from incubator.core.days import add_months, month_of
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Month, say
from incubator.leases.actions.common import require_status, where
from incubator.leases.models import IN_FORCE, Lease, LeaseSubsidy


@dataclass(frozen=True)
class SubsidyEnd:
    """Which programme a lease loses after which month; that of its end means not at all."""

    code: str
    last_month: date
    reason: str


def end_subsidy(
    lease: Lease, end: SubsidyEnd, *, actor: Actor, now: datetime, not_before: date
) -> None:
    """Grant a programme up to a month; `not_before` is the first that has not been issued yet.

    The same sent twice is one end.
    """
    require(actor, Can.APPROVE_LEASES, facility=lease.facility_id)
    require_status(lease, *IN_FORCE)
    granted = next((each for each in lease.subsidies if each.programme.code == end.code), None)
    if granted is None:
        raise RuleBroken(say("Choose one from the list."), "programme")
    if not end.reason.strip():
        raise RuleBroken(say("Say why the subsidy ends."), "why")
    before, until = granted.last_month, add_months(month_of(end.last_month), 1)
    _check_months(granted, until, not_before)
    granted.until_month = until if until < lease.ends_on else None
    if granted.last_month == before:
        return
    audit.record(
        actor,
        "lease.subsidy_ended",
        lease,
        at=now,
        where=where(lease),
        before={"programme": granted.programme.name, "last_month": before},
        after={"last_month": granted.last_month, "reason": end.reason.strip()},
    )


def _check_months(granted: LeaseSubsidy, until: date, not_before: date) -> None:
    """Neither the new end nor the present one lies in what is issued; budgets come not back."""
    if min(until, granted.until_month or until) < not_before:
        raise RuleBroken(
            say(
                "Invoices are issued already up to then. The first month that can change is"
                " %(month)s.",
                month=Month(not_before),
            ),
            "last_month",
        )
    known, budgeted = granted.last_month, granted.programme.budget_per_fy is not None
    if budgeted and known and until > add_months(known, 1):
        raise RuleBroken(
            say(
                "It ends with %(month)s and can only end earlier: the budget that this freed may"
                " be granted to others already.",
                month=Month(known),
            ),
            "last_month",
        )
