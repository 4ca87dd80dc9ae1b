"""Announcing the end, giving notice, and ending a lease."""

from collections.abc import Iterable
from datetime import date, datetime

from incubator.core import audit
from incubator.core.access import Actor, Can, require, require_any
from incubator.core.days import ONE_DAY, Stretch
from incubator.core.db import lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.leases import queries, rules
from incubator.leases.actions.common import (
    lock_leases,
    require_owner_or,
    require_status,
    tell_owners,
    tell_staff,
    where,
)
from incubator.leases.models import HOLDING, IN_FORCE, EndReason, Lease, LeaseStatus
from incubator.organisations.models import Stage
from incubator.spaces.models import Unit


def give_notice(lease: Lease, *, leave_on: date, actor: Actor, now: datetime, today: date) -> None:
    """Give notice; `leave_on` is the last day, rent is owed for it and not beyond (BR-N01)."""
    require_owner_or(actor, Can.DRAFT_LEASES, lease)
    require_status(lease, LeaseStatus.ACTIVE)
    after = _locked_renewal(lease)
    rules.check_notice(lease.days, lease.notice_months, today, leave_on)
    before = {"ends_on": lease.ends_on}
    lease.status, lease.agreed_until = LeaseStatus.NOTICE, lease.ends_on
    lease.notice_given_on, lease.ends_on = today, leave_on + ONE_DAY
    told = {"ends_on": lease.ends_on, "given_on": today}
    audit.record(
        actor, "lease.notice_given", lease, at=now, where=where(lease), before=before, after=told
    )
    if after is not None:
        _call_off(after, EndReason.NOTICE_BEFORE.value, actor=actor, now=now)
    tell_owners(lease, "lease_notice", now=now)
    if actor.belongs_to(lease.organisation_id):
        tell_staff(lease, "lease_notice_staff", now=now)


def go_on(lease: Lease, *, actor: Actor, now: datetime, today: date) -> None:
    """Take a notice, or an end set for a later day, back: the lease runs as it was agreed.

    Both sides want it, so the office does it; a renewal that was called off stays so. Sent twice
    it is done once.
    """
    require(actor, Can.APPROVE_LEASES, facility=lease.facility_id)
    require_status(lease, *IN_FORCE)
    if lease.status is LeaseStatus.ACTIVE:
        return
    lock(Unit, lease.unit_id)
    until = rules.check_goes_on(lease.days, lease.agreed_until, today)
    taken = queries.overlapping(lease.unit_id, Stretch(lease.ends_on, until))
    if taken is not None:
        raise queries.is_taken(lease.unit, taken)
    before = {"ends_on": lease.ends_on, "given_on": lease.notice_given_on}
    lease.status, lease.ends_on, lease.agreed_until = LeaseStatus.ACTIVE, until, None
    lease.notice_given_on, lease.end_reason = None, None
    audit.record(
        actor,
        "lease.goes_on",
        lease,
        at=now,
        where=where(lease),
        before=before,
        after={"ends_on": until},
    )
    tell_owners(lease, "lease_goes_on", now=now)


def announce_end(
    lease: Lease, *, announced_on: date, actor: Actor, now: datetime, today: date
) -> None:
    """Record the day on which the venture was told that its term will end (BR-N02)."""
    require(actor, Can.DRAFT_LEASES, facility=lease.facility_id)
    require_status(lease, LeaseStatus.ACTIVE)
    window = rules.end_notice_window(lease.days, lease.legal_basis)
    rules.check_end_notice(window, announced_on, today)
    before, after = {"end_notice_on": lease.end_notice_on}, {"end_notice_on": announced_on}
    if before == after:
        return
    lease.end_notice_on = announced_on
    audit.record(
        actor, "lease.end_announced", lease, at=now, where=where(lease), before=before, after=after
    )


def end_lease(
    lease: Lease, *, until: date, reason: str, actor: Actor, now: datetime, today: date
) -> None:
    """End a lease as the office decides, and tell the venture."""
    cut_short(lease, until=until, reason=reason, actor=actor, now=now, today=today)
    tell_owners(lease, "lease_ended", now=now)


def cut_short(
    lease: Lease, *, until: date, reason: str, actor: Actor, now: datetime, today: date
) -> None:
    """End a lease; the unit is free from the day `until`, which is not charged any more.

    It is in force until that day, as after a notice. One that has not begun by then is called off,
    and so is a renewal that was to follow.
    """
    permissions = (Can.APPROVE_LEASES, Can.APPROVE_GRADUATION)
    require_any(actor, permissions, facility=lease.facility_id)
    require_status(lease, *IN_FORCE)
    after = _locked_renewal(lease)
    if not reason.strip():
        raise RuleBroken(say("Say why the lease ends."), "reason")
    begins = not rules.never_begins(lease.days, until, today)
    if begins:
        rules.check_end(lease.days, until)
    if after is not None and until < after.starts_on:
        _call_off(after, reason.strip(), actor=actor, now=now)
    if not begins:
        _call_off(lease, reason.strip(), actor=actor, now=now)
        _move_in_with_another(lease)
        _leave_with_the_last(lease, until, today)
    elif until > today:
        _end_later(lease, until, reason.strip(), actor=actor, now=now, today=today)
    else:
        _end(lease, until, reason.strip(), actor=actor, now=now, today=today)


def close_finished(facility_id: int, *, actor: Actor, now: datetime, today: date) -> list[Lease]:
    """Close leases whose last day has passed; a nightly job, so no permission is asked."""
    lock_leases(*queries.run_out(facility_id, today))
    finished = queries.run_out(facility_id, today)
    for lease in finished:
        known = EndReason.NOTICE if lease.notice_given_on else EndReason.TERM
        reason = lease.end_reason or known.value
        _end(lease, lease.ends_on, reason, actor=actor, now=now, today=today)
    return finished


def _locked_renewal(lease: Lease) -> Lease | None:
    """The renewal that was to follow, if there is one."""
    after = queries.renewal_of(lease.id)
    return lock(Lease, after.id)[0] if after else None


def _call_off(lease: Lease, reason: str, *, actor: Actor, now: datetime) -> None:
    """An offer or a lease that has not begun holds the unit no more, and goes on from none."""
    before = {"status": lease.status.value}
    lease.status, lease.end_reason = LeaseStatus.DECLINED, reason
    lease.renews_id = None
    after = {"status": lease.status.value, "reason": reason}
    audit.record(
        actor, "lease.called_off", lease, at=now, where=where(lease), before=before, after=after
    )


def _end_later(
    lease: Lease, until: date, reason: str, *, actor: Actor, now: datetime, today: date
) -> None:
    """The tenant is inside until the day; then `close_finished` ends the lease."""
    before = {"status": lease.status.value, "ends_on": lease.ends_on}
    lease.agreed_until = lease.agreed_until or lease.ends_on
    lease.status, lease.ends_on, lease.end_reason = LeaseStatus.NOTICE, until, reason
    lease.notice_given_on = lease.notice_given_on or today
    after = {"status": lease.status.value, "ends_on": until, "reason": reason}
    audit.record(
        actor, "lease.end_set", lease, at=now, where=where(lease), before=before, after=after
    )


def _end(
    lease: Lease, until: date, reason: str, *, actor: Actor, now: datetime, today: date
) -> None:
    before = {"status": lease.status.value, "ends_on": lease.ends_on}
    lease.status, lease.ends_on = LeaseStatus.ENDED, until
    lease.ended_on, lease.end_reason = today, reason
    after = {"status": lease.status.value, "ends_on": until, "reason": reason}
    audit.record(
        actor, "lease.ended", lease, at=now, where=where(lease), before=before, after=after
    )
    _leave_with_the_last(lease, until, today)


def _move_in_with_another(lease: Lease) -> None:
    """A venture that was to move in with a lease called off does so with its next, or with none."""
    venture = lease.organisation
    if venture.admitted_on != lease.starts_on:
        return
    others = [each for each in queries.of_venture(venture.id) if each.status in queries.SIGNED]
    running = [each for each in others if each.status in IN_FORCE]
    venture.admitted_on = min((each.starts_on for each in running or others), default=None)
    if not others:
        venture.stage = Stage.PROSPECT


def _leave_with_the_last(lease: Lease, until: date, today: date) -> None:
    """Who holds nothing any more left when the last lease ended, not when one was called off."""
    others = queries.of_venture(lease.organisation_id)
    venture = lease.organisation
    if venture.stage is Stage.TENANT and not _still_here(others, today):
        ended = (each.ends_on for each in others if each.status is LeaseStatus.ENDED)
        venture.stage, venture.left_on = Stage.LEFT, max(ended, default=until)


def _still_here(leases: Iterable[Lease], today: date) -> bool:
    return any(
        lease.status.value in HOLDING
        and lease.ends_on > today
        and not (lease.status is LeaseStatus.OFFERED and _lapses(lease, today))
        for lease in leases
    )


def _lapses(lease: Lease, today: date) -> bool:
    return lease.offer_expires_on is not None and lease.offer_expires_on < today
