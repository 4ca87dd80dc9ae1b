"""The deposit: received, set off, paid back (BR-D01 to BR-D05)."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime

from incubator.core import audit
from incubator.core.access import Actor, Can, require_any
from incubator.core.db import db, lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Sum, say
from incubator.leases import queries, rules
from incubator.leases.actions.common import require_status, where
from incubator.leases.models import IN_FORCE, DepositEntry, DepositKind, Lease, LeaseStatus
from incubator.leases.rules import Costs, Settlement

KEEPERS = (Can.RUN_BILLING, Can.APPROVE_LEASES)


def receive_deposit(
    lease: Lease, *, amount: int, on_day: date, actor: Actor, now: datetime, today: date
) -> DepositEntry:
    """Record money received as a deposit, never more than is still due.

    The same sum on the same day is the same money, so a form sent twice records it once.
    """
    require_any(actor, KEEPERS, facility=lease.facility_id)
    ledger = _locked_ledger(lease)
    for known in ledger:
        if (known.kind, known.amount, known.on_day) == (DepositKind.RECEIVED, amount, on_day):
            return known
    due = rules.still_due(_sums(ledger))
    if amount <= 0:
        raise RuleBroken(say("Enter an amount above zero."), "amount")
    if amount > due:
        raise RuleBroken(
            say("Only %(due)s of the deposit are still due.", due=Sum(due, lease.currency)),
            "amount",
        )
    if on_day > today:
        raise RuleBroken(say("This day is still to come."), "on_day")
    entry = _enter(lease, DepositKind.RECEIVED, amount, on_day)
    after = {"amount": amount, "on_day": on_day}
    audit.record(actor, "deposit.received", lease, at=now, where=where(lease), after=after)
    return entry


def settle_deposit(
    lease: Lease, costs: Costs, *, actor: Actor, now: datetime, today: date
) -> Settlement:
    """Set costs off against the deposit of an ended lease and pay back the rest (BR-D03)."""
    require_any(actor, KEEPERS, facility=lease.facility_id)
    ledger = _locked_ledger(lease)
    require_status(lease, LeaseStatus.ENDED)
    require_last(lease)
    held = rules.balance(_sums(ledger))
    if not held:
        raise RuleBroken(say("No deposit is held for this lease."))
    settled = rules.settle(held, costs)
    if settled.set_off:
        _enter(lease, DepositKind.SET_OFF, settled.set_off, today, asdict(costs))
    if settled.refund:
        _enter(lease, DepositKind.REFUNDED, settled.refund, today)
    after = {**asdict(settled), **asdict(costs)}
    audit.record(actor, "deposit.settled", lease, at=now, where=where(lease), after=after)
    return settled


def give_back_deposit(lease: Lease, *, actor: Actor, now: datetime, today: date) -> DepositEntry:
    """Pay back what is held beyond the lower deposit of a renewal."""
    require_any(actor, KEEPERS, facility=lease.facility_id)
    ledger = _locked_ledger(lease)
    require_status(lease, *IN_FORCE)
    require_last(lease)
    if today < lease.starts_on:
        raise RuleBroken(say("The lease before still runs, and its deposit stays until then."))
    over = rules.to_give_back(rules.balance(_sums(ledger)), lease.deposit)
    if not over:
        raise RuleBroken(say("No more than the agreed deposit is held."))
    entry = _enter(lease, DepositKind.REFUNDED, over, today)
    after = {"amount": over, "on_day": today}
    audit.record(actor, "deposit.given_back", lease, at=now, where=where(lease), after=after)
    return entry


def _locked_ledger(lease: Lease) -> list[DepositEntry]:
    """The deposit is one for the whole tenancy, so all its leases are locked."""
    tenancy = queries.tenancy_of(lease.id)
    lock(Lease, *(each.id for each in tenancy))
    return queries.deposit_in(tenancy)


def require_last(lease: Lease) -> None:
    """Stop where another lease goes on from this one, and the deposit with it."""
    after = queries.renewal_of(lease.id)
    if after is not None and after.status is not LeaseStatus.OFFERED:
        raise RuleBroken(say("The deposit goes on with the lease %(number)s.", number=after.number))


def _sums(ledger: Iterable[DepositEntry]) -> list[tuple[str, int]]:
    return [(entry.kind.value, entry.amount) for entry in ledger]


def _enter(
    lease: Lease, kind: DepositKind, amount: int, on_day: date, facts: dict[str, int] | None = None
) -> DepositEntry:
    entry = DepositEntry(
        lease_id=lease.id, kind=kind, amount=amount, on_day=on_day, facts=facts or {}
    )
    db.session.add(entry)
    db.session.flush()
    return entry
