"""Explaining and signing a lease."""

from datetime import date, datetime

from incubator.core import audit
from incubator.core.access import Actor, Can, require
from incubator.core.db import db
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.leases import rules
from incubator.leases.actions.common import (
    require_owner_or,
    require_status,
    tell_owners,
    tell_staff,
    where,
)
from incubator.leases.models import DepositEntry, DepositKind, Lease, LeaseStatus
from incubator.organisations.models import Stage


def explain_lease(
    lease: Lease, *, explained_on: date, actor: Actor, now: datetime, today: date
) -> None:
    """Record the day on which a fixed-term lease was explained in writing (BR-N02)."""
    require(actor, Can.DRAFT_LEASES, facility=lease.facility_id)
    require_status(lease, LeaseStatus.OFFERED)
    if explained_on > today:
        raise RuleBroken(say("This day is still to come."), "explained_on")
    before = {"prior_explained_on": lease.prior_explained_on}
    lease.prior_explained_on = explained_on
    after = {"prior_explained_on": explained_on}
    audit.record(
        actor, "lease.explained", lease, at=now, where=where(lease), before=before, after=after
    )


def sign_lease(
    lease: Lease,
    *,
    signer_name: str,
    actor: Actor,
    now: datetime,
    today: date,
    signed_on: date | None = None,
) -> None:
    """The venture's owner signs by name, or the office records a signature on paper.

    From then on the lease is in force for its days, and the venture is a tenant.
    """
    require_owner_or(actor, Can.APPROVE_LEASES, lease)
    require_status(lease, LeaseStatus.OFFERED)
    day = signed_on or today
    if not signer_name.strip():
        raise RuleBroken(say("Type the name of whoever signs."), "signer_name")
    if day > today:
        raise RuleBroken(say("This day is still to come."), "signed_on")
    rules.check_signature(lease.legal_basis, lease.prior_explained_on, day, lease.offer_expires_on)
    lease.status = LeaseStatus.ACTIVE
    lease.signed_on, lease.signed_by_id, lease.signed_by_name = day, actor.id, signer_name.strip()
    venture = lease.organisation
    if venture.stage.gone or venture.admitted_on is None:
        venture.admitted_on = lease.starts_on
    venture.stage, venture.left_on = Stage.TENANT, None
    due = _ask_for_deposit(lease, day)
    after = {"signed_on": day, "signed_by": signer_name.strip()}
    audit.record(actor, "lease.signed", lease, at=now, where=where(lease), after=after)
    tell_owners(lease, "lease_signed", now=now, due=due)
    if actor.belongs_to(lease.organisation_id):
        tell_staff(lease, "lease_signed_staff", now=now)


def _ask_for_deposit(lease: Lease, day: date) -> int:
    """A renewal asks only for what the deposit of the lease before lacks (BR-D02)."""
    due = rules.to_top_up(lease.deposit, lease.renews.deposit if lease.renews else 0)
    if due:
        on_day = max(day, lease.starts_on)
        entry = DepositEntry(lease_id=lease.id, kind=DepositKind.DUE, amount=due, on_day=on_day)
        db.session.add(entry)
    return due
