"""The deposit: received, set off, paid back (BR-D01 to BR-D05)."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime

from incubator.core import audit
from incubator.core.access import Actor, Can, require, require_any
from incubator.core.db import db, lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Sum, say
from incubator.leases import queries, rules
from incubator.leases.actions.common import check_status, tell_owners, where
from incubator.leases.models import (
    IN_FORCE,
    OVER,
    DepositEntry,
    DepositKind,
    DepositRequest,
    Lease,
    LeaseStatus,
)
from incubator.leases.rules import Costs, Settlement
from incubator.people.actions import asking
from incubator.people.actions.asking import Told
from incubator.spaces.models import Facility

KEEPERS = (Can.RUN_BILLING, Can.APPROVE_LEASES)
WAITS = say("The deposit waits for approval already.")


def receive_deposit(
    lease: Lease, *, amount: int, on_day: date, actor: Actor, now: datetime, today: date
) -> DepositEntry:
    """Record money received as a deposit, never more than is still due.

    The same sum on the same day is the same money, so a form sent twice records it once.
    """
    require_any(actor, KEEPERS, facility=lease.facility_id)
    ledger = queries.deposit_in(_locked_tenancy(lease))
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
    lease: Lease, costs: Costs, paid_to: str = "", *, actor: Actor, now: datetime, today: date
) -> Settlement:
    """Set costs off against the deposit of a lease that ended or was called off (BR-D03).

    What is left goes back once somebody else approves; until then nothing of it counts (BR-D05).
    """
    require_any(actor, KEEPERS, facility=lease.facility_id)
    tenancy = _locked_tenancy(lease)
    check_status(lease, *OVER)
    settled = _figures(lease, tenancy, _held(tenancy), costs, today)
    if settled.refund:
        _ask(lease, settled.refund, costs, paid_to, actor=actor, now=now, today=today)
        return settled
    if queries.deposit_waiting(lease.id) is not None:
        raise RuleBroken(WAITS)
    _enter(lease, DepositKind.SET_OFF, settled.set_off, today, asdict(costs))
    after = {**asdict(settled), **asdict(costs)}
    audit.record(actor, "deposit.settled", lease, at=now, where=where(lease), after=after)
    tell_owners(lease, "deposit_settled", now=now, settled=settled, costs=costs, asked=None)
    return settled


def give_back_deposit(
    lease: Lease, paid_to: str, *, actor: Actor, now: datetime, today: date
) -> DepositRequest:
    """Ask to pay back what is held beyond the lower deposit of a renewal."""
    require_any(actor, KEEPERS, facility=lease.facility_id)
    tenancy = _locked_tenancy(lease)
    check_status(lease, *IN_FORCE)
    over = _figures(lease, tenancy, _held(tenancy), Costs(), today).refund
    return _ask(lease, over, Costs(), paid_to, actor=actor, now=now, today=today)


def _ask(
    lease: Lease,
    amount: int,
    costs: Costs,
    paid_to: str,
    *,
    actor: Actor,
    now: datetime,
    today: date,
) -> DepositRequest:
    """Ask for it once; a form sent twice asks for the same."""
    if not paid_to.strip():
        raise RuleBroken(say("Write which account it goes to."), "paid_to")
    known = queries.deposit_waiting(lease.id)
    wanted = {"amount": amount, "paid_to": paid_to.strip(), **asdict(costs)}
    if known is not None:
        if any(getattr(known, name) != value for name, value in wanted.items()):
            raise RuleBroken(WAITS)
        return known
    asked = DepositRequest(lease=lease, **wanted, **asking.asked_by(actor, now))
    db.session.add(asked)
    after = {"amount": amount, **asdict(costs)}
    audit.record(actor, "deposit.asked", lease, at=now, where=where(lease), after=after)
    asking.tell_approvers(asked, _told(asked), now=now, today=today)
    return asked


def return_deposit(
    asked: DepositRequest, *, paid_on: date, actor: Actor, now: datetime, today: date
) -> Settlement:
    """Approve what somebody else asked for, as long as its figures are still true."""
    lease, tenancy = _locked(asked, actor)
    settled = settled_as_asked(asked, tenancy, _held(tenancy), today)
    asking.approve(asked, actor=actor, now=now)
    if settled.set_off:
        _enter(lease, DepositKind.SET_OFF, settled.set_off, today, asdict(asked.costs))
    _enter(lease, DepositKind.REFUNDED, asked.amount, paid_on, request_id=asked.id)
    deed = "deposit.settled" if lease.status in OVER else "deposit.given_back"
    after = {**asdict(settled), **asdict(asked.costs), "asked_by": asked.asked_by, "day": paid_on}
    audit.record(actor, deed, lease, at=now, where=where(lease), after=after)
    asking.tell_asker(asked, _told(asked), now=now)
    tell_owners(
        lease,
        "deposit_settled",
        now=now,
        settled=settled,
        costs=asked.costs,
        asked=asked,
        paid_on=paid_on,
    )
    return settled


def refuse_deposit(asked: DepositRequest, reason: str, *, actor: Actor, now: datetime) -> None:
    """Say no, with a reason for whoever asked: the deposit is held as before."""
    lease, _ = _locked(asked, actor)
    asking.refuse(asked, reason, actor=actor, now=now)
    after = {"amount": asked.amount, "asked_by": asked.asked_by, "reason": asked.reason}
    audit.record(actor, "deposit.refused", lease, at=now, where=where(lease), after=after)
    asking.tell_asker(asked, _told(asked), now=now)


def withdraw_deposit(asked: DepositRequest, *, actor: Actor, now: datetime) -> None:
    """Take the question back, as long as nobody has decided."""
    lease = asked.lease
    require_any(actor, KEEPERS, facility=lease.facility_id)
    lock(DepositRequest, asked.id)
    asking.withdraw(asked, actor=actor, now=now)
    after = {"amount": asked.amount, "asked_by": asked.asked_by}
    audit.record(actor, "deposit.withdrawn", lease, at=now, where=where(lease), after=after)


def _locked(asked: DepositRequest, actor: Actor) -> tuple[Lease, list[Lease]]:
    """Whoever may decide does so alone: the leases and the question are locked."""
    require(actor, Can.APPROVE_MONEY, facility=asked.lease.facility_id)
    tenancy = _locked_tenancy(asked.lease)
    lock(DepositRequest, asked.id)
    asking.check_may_decide(asked, actor)
    return asked.lease, tenancy


def _told(asked: DepositRequest) -> Told:
    lease = asked.lease
    code = db.session.get_one(Facility, lease.facility_id).code
    what = say("return of a deposit of %(amount)s", amount=Sum(asked.amount, lease.currency))
    return Told(lease.facility_id, code, lease.organisation, what, lease.number)


def settled_as_asked(
    asked: DepositRequest, tenancy: Iterable[Lease], held: int, today: date
) -> Settlement:
    """What becomes of the deposit now, as long as what was asked for is still what is left."""
    settled = _figures(asked.lease, tenancy, held, asked.costs, today)
    rules.check_return(asked.amount, settled.refund, asked.lease.currency)
    return settled


def _figures(
    lease: Lease, tenancy: Iterable[Lease], held: int, costs: Costs, today: date
) -> Settlement:
    """What becomes of the deposit now: at the end, or of what a renewal holds too much."""
    require_last(lease, tenancy)
    if lease.status in OVER:
        if not held:
            raise RuleBroken(say("No deposit is held for this lease."))
        return rules.settle(held, costs)
    if today < lease.starts_on:
        raise RuleBroken(say("The lease before still runs, and its deposit stays until then."))
    over = rules.to_give_back(held, lease.deposit)
    if not over:
        raise RuleBroken(say("No more than the agreed deposit is held."))
    return Settlement(0, over, 0)


def _locked_tenancy(lease: Lease) -> list[Lease]:
    """The deposit is one for the whole tenancy, so all its leases are locked."""
    tenancy = queries.tenancy_of(lease.id)
    lock(Lease, *(each.id for each in tenancy))
    return tenancy


def require_last(lease: Lease, tenancy: Iterable[Lease]) -> None:
    """Stop where another lease goes on from this one, and the deposit with it."""
    after = queries.next_in(tenancy, lease.id)
    if after is not None and after.status is not LeaseStatus.OFFERED:
        raise RuleBroken(say("The deposit goes on with the lease %(number)s.", number=after.number))


def _held(tenancy: Iterable[Lease]) -> int:
    return rules.balance(_sums(queries.deposit_in(tenancy)))


def _sums(ledger: Iterable[DepositEntry]) -> list[tuple[str, int]]:
    return [(entry.kind.value, entry.amount) for entry in ledger]


def _enter(
    lease: Lease,
    kind: DepositKind,
    amount: int,
    on_day: date,
    facts: dict[str, object] | None = None,
    *,
    request_id: int | None = None,
) -> DepositEntry:
    entry = DepositEntry(
        lease_id=lease.id,
        kind=kind,
        amount=amount,
        on_day=on_day,
        facts=facts or {},
        request_id=request_id,
    )
    db.session.add(entry)
    db.session.flush()
    return entry
