"""What goes on from lease to lease: renewals, and the deposit."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import ColumnElement, case, func
from sqlalchemy.orm import contains_eager, joinedload

from incubator.core.db import db
from incubator.core.errors import NotFound
from incubator.leases.models import (
    HOLDING,
    IN_FORCE,
    OVER,
    DepositEntry,
    DepositKind,
    DepositRequest,
    Lease,
)
from incubator.leases.queries.found import SIGNED
from incubator.people.models import RequestStatus

WAITING = DepositRequest.status == RequestStatus.ASKED
Signs = tuple[tuple[DepositKind, int], ...]
DUE: Signs = ((DepositKind.DUE, 1), (DepositKind.RECEIVED, -1))
HELD: Signs = (
    (DepositKind.RECEIVED, 1),
    (DepositKind.SET_OFF, -1),
    (DepositKind.REFUNDED, -1),
)


def renewal_of(lease_id: int) -> Lease | None:
    """The lease or offer that goes on from this one."""
    return renewals_of([lease_id]).get(lease_id)


def renewals_of(lease_ids: Collection[int]) -> dict[int, Lease]:
    """The leases and offers that go on from these, by the lease they renew."""
    asked = db.select(Lease).where(Lease.renews_id.in_(lease_ids), Lease.status.in_(HOLDING))
    return {each.renews_id: each for each in db.session.scalars(asked) if each.renews_id}


def tenancy_of(lease_id: int) -> list[Lease]:
    """The leases of one stay in one unit, each going on from the one before, the first first."""
    lease = db.session.get_one(Lease, lease_id)
    asked = db.select(Lease).where(
        Lease.organisation_id == lease.organisation_id, Lease.unit_id == lease.unit_id
    )
    others = asked.where(Lease.id != lease.id).options(joinedload(Lease.prices))
    return in_a_row(lease, db.session.scalars(others).unique())


def next_in(tenancy: Iterable[Lease], lease_id: int) -> Lease | None:
    """The lease or offer of a tenancy that goes on from this one."""
    following = [each for each in tenancy if each.renews_id == lease_id and each.status in HOLDING]
    return next(iter(following), None)


def in_a_row(lease: Lease, others: Iterable[Lease]) -> list[Lease]:
    """Of these leases, those this one goes on from, itself, and those that go on from it."""
    known = {each.id: each for each in others}
    next_of = {each.renews_id: each for each in known.values() if each.renews_id}
    row = [lease]
    while (before := known.get(row[0].renews_id or 0)) is not None:
        row.insert(0, before)
    while (after := next_of.get(row[-1].id)) is not None:
        row.append(after)
    return row


def deposit_of(lease_id: int) -> list[DepositEntry]:
    """The deposit ledger of the tenancy that a lease belongs to, in order (BR-D02)."""
    return deposit_in(tenancy_of(lease_id))


def deposit_in(tenancy: Iterable[Lease]) -> list[DepositEntry]:
    """The deposit ledger of these leases of one tenancy, in order."""
    ledgers = deposits_of([each.id for each in tenancy])
    return sorted(chain(*ledgers.values()), key=lambda entry: (entry.on_day, entry.id))


@dataclass(frozen=True)
class OpenDeposits:
    """Deposits with which something is to be done: the last lease of the tenancy, and how much."""

    due: list[tuple[Lease, int]]
    """Of tenancies in force: what was asked for and has not come in."""
    to_settle: list[tuple[Lease, int]]
    """Of those that are over: what is still held, unless its return waits for approval."""


def open_deposits(facility_id: int, organisation_id: int | None = None) -> OpenDeposits:
    """The deposits of a facility, or of one venture there, that wait for something."""
    which = [Lease.facility_id == facility_id]
    if organisation_id is not None:
        which.append(Lease.organisation_id == organisation_id)
    due, held = _deposit_sums(*which)
    if not due and not held:
        return OpenDeposits([], [])
    waiting = db.select(DepositRequest.lease_id).where(WAITING)
    settled = Lease.id.in_(held) & Lease.id.not_in(waiting)
    found = db.session.scalars(
        db.select(Lease)
        .options(joinedload(Lease.organisation), joinedload(Lease.unit))
        .where(Lease.id.in_(due) | settled)
        .order_by(Lease.ends_on, Lease.id)
    ).all()
    return OpenDeposits(
        [(lease, due[lease.id]) for lease in found if lease.id in due],
        [(lease, held[lease.id]) for lease in found if lease.id in held],
    )


def _deposit_sums(*which: ColumnElement[bool]) -> tuple[dict[int, int], dict[int, int]]:
    """What is due of tenancies in force, and held of those over, by the last lease of each."""
    rows = db.session.execute(
        db.select(Lease.id, Lease.renews_id, Lease.status, _sum_of(DUE), _sum_of(HELD))
        .outerjoin(DepositEntry, DepositEntry.lease_id == Lease.id)
        .where(Lease.status.in_((*IN_FORCE, *OVER)), *which)
        .group_by(Lease.id, Lease.renews_id, Lease.status)
    ).all()
    before = {lease_id: renews_id for lease_id, renews_id, *_ in rows}
    of_due, of_held = ({row[0]: int(row[place]) for row in rows} for place in (3, 4))
    going_on = set(before.values())
    due: dict[int, int] = {}
    held: dict[int, int] = {}
    for lease_id, _, status, *_ in rows:
        if lease_id not in going_on:
            sums, amounts = (held, of_held) if status in OVER else (due, of_due)
            sums[lease_id] = sum(amounts.get(each, 0) for each in _back_from(lease_id, before))
    return _above_zero(due), _above_zero(held)


def _sum_of(signs: Signs) -> ColumnElement[int]:
    whens = [(DepositEntry.kind == kind, sign * DepositEntry.amount) for kind, sign in signs]
    return func.coalesce(func.sum(case(*whens, else_=0)), 0)


def _above_zero(sums: Mapping[int, int]) -> dict[int, int]:
    return {lease_id: amount for lease_id, amount in sums.items() if amount > 0}


def _back_from(lease_id: int, before: Mapping[int, int | None]) -> Iterator[int]:
    """A lease and those it goes on from."""
    at: int | None = lease_id
    while at is not None:
        yield at
        at = before.get(at)


def deposits_of(lease_ids: Collection[int]) -> dict[int, list[DepositEntry]]:
    """What was entered on each of several leases; nothing is due on one that was called off."""
    found: dict[int, list[DepositEntry]] = {lease_id: [] for lease_id in lease_ids}
    asked = (
        db.select(DepositEntry)
        .options(joinedload(DepositEntry.request))
        .join(Lease, Lease.id == DepositEntry.lease_id)
        .where(
            DepositEntry.lease_id.in_(lease_ids),
            (DepositEntry.kind != DepositKind.DUE) | Lease.status.in_(SIGNED),
        )
    )
    for entry in db.session.scalars(asked.order_by(DepositEntry.on_day, DepositEntry.id)):
        found[entry.lease_id].append(entry)
    return found


def deposit_request_at(facility_id: int, request_id: int) -> DepositRequest:
    """A return of a deposit that was asked for at a facility; unknown otherwise."""
    asked = _last_request(Lease.facility_id == facility_id, DepositRequest.id == request_id)
    if asked is None:
        raise NotFound("nobody asked to return such a deposit")
    return asked


def last_deposit_request(lease_id: int) -> DepositRequest | None:
    """The last return of a lease's deposit that was asked for, whatever became of it."""
    return _last_request(Lease.id == lease_id)


def deposit_waiting(lease_id: int) -> DepositRequest | None:
    """The return of a lease's deposit that waits for approval; there is one at most."""
    return _last_request(Lease.id == lease_id, WAITING)


def _last_request(*which: ColumnElement[bool]) -> DepositRequest | None:
    asked = (
        db.select(DepositRequest)
        .join(DepositRequest.lease)
        .options(contains_eager(DepositRequest.lease))
        .where(*which)
        .order_by(DepositRequest.id.desc())
    )
    return next(iter(db.session.scalars(asked.limit(1))), None)
