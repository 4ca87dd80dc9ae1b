"""Leaving: proposed, decided, and what follows from it."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from incubator.core import access, audit, outbox
from incubator.core.access import Actor, Can
from incubator.core.audit import Where
from incubator.core.db import db, lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.core.packing import pack
from incubator.graduation import queries, rules
from incubator.graduation.actions.leaving import ask_each_year, call_off_from, leave
from incubator.graduation.models import (
    GRADUATIONS,
    ExitDestination,
    ExitProposal,
    ExitReason,
    ProposalStatus,
)
from incubator.leases import queries as leases
from incubator.leases.actions import cut_short, decline_lease
from incubator.leases.models import LeaseStatus
from incubator.organisations.models import Organisation, Stage
from incubator.organisations.queries import addressees
from incubator.spaces.models import Facility


@dataclass(frozen=True)
class Plan:
    """How a venture is to leave."""

    reason: ExitReason
    leave_on: date
    destination: str
    in_region: bool
    grounds: str


def propose_exit(
    venture: Organisation, plan: Plan, *, actor: Actor, now: datetime, today: date
) -> ExitProposal:
    """Propose that a venture leaves; the criteria are kept as they stand (BR-G01)."""
    facility = db.session.get_one(Facility, venture.facility_id)
    access.require(actor, Can.PROPOSE_GRADUATION, facility=facility.id)
    lock(Organisation, venture.id)
    waiting = venture.id in queries.waiting_proposals(facility.id, only=venture.id)
    approved = queries.approved_exits(facility.id, only=venture.id).get(venture.id)
    rules.check_proposal(
        plan.leave_on,
        today=today,
        waiting=waiting,
        inside=venture.stage is Stage.TENANT,
        leaves_on=approved.leave_on if approved else None,
    )
    results = queries.readiness(facility, venture, today)
    proposal = ExitProposal(
        facility_id=facility.id,
        organisation_id=venture.id,
        criteria=[asdict(result) | {"evidence": pack(result.evidence)} for result in results],
        proposed_by_id=actor.id,
        proposed_at=now,
        **asdict(plan),
    )
    db.session.add(proposal)
    where = Where(facility.id, venture.id)
    audit.record(actor, "exit.proposed", proposal, at=now, where=where, after=asdict(plan))
    return proposal


def withdraw_proposal(proposal: ExitProposal, *, actor: Actor, now: datetime) -> None:
    """Take one's own proposal back."""
    access.require(actor, Can.PROPOSE_GRADUATION, facility=proposal.facility_id)
    _lock(proposal)
    rules.check_withdrawal(
        status=proposal.status, proposed_by=proposal.proposed_by_id, actor=actor.id
    )
    proposal.status = ProposalStatus.WITHDRAWN
    where = Where(proposal.facility_id, proposal.organisation_id)
    audit.record(actor, "exit.withdrawn", proposal, at=now, where=where)


def refuse_exit(proposal: ExitProposal, *, note: str, actor: Actor, now: datetime) -> None:
    """Say no, with a reason."""
    _lock_to_decide(proposal, actor)
    if not note.strip():
        raise RuleBroken(say("Write why it is refused."), "note")
    _decide(proposal, ProposalStatus.REFUSED, note, actor=actor, now=now)


def approve_exit(
    proposal: ExitProposal, *, note: str, actor: Actor, now: datetime, today: date
) -> None:
    """Say yes: leases end on the day, what lies behind it is called off, questions are set.

    Whoever has left meanwhile keeps the day on which it did.
    """
    _lock_to_decide(proposal, actor)
    venture = proposal.organisation
    if not venture.stage.gone:
        rules.check_approval(proposal.leave_on, today)
    _decide(proposal, ProposalStatus.APPROVED, note, actor=actor, now=now)
    _end_leases(proposal, actor=actor, now=now, today=today)
    if venture.stage is Stage.TENANT:
        venture.left_on = proposal.leave_on
    call_off_from(venture, proposal.leave_on, actor=actor, now=now)
    if proposal.reason in GRADUATIONS:
        ask_each_year(venture, proposal.leave_on)
    if venture.stage.gone or proposal.leave_on <= today:
        leave(proposal, actor=actor, now=now)
    _tell_the_venture(proposal, now=now, today=today)


def _end_leases(proposal: ExitProposal, *, actor: Actor, now: datetime, today: date) -> None:
    until, reason = proposal.leave_on, proposal.reason.value
    for lease in leases.of_venture(proposal.organisation_id):
        if lease.status is LeaseStatus.OFFERED:
            decline_lease(lease, actor=actor, now=now, reason=reason)
    for lease in queries.leases_cut_short(proposal):
        cut_short(lease, until=until, reason=reason, actor=actor, now=now, today=today)


def _lock_to_decide(proposal: ExitProposal, actor: Actor) -> None:
    access.require(actor, Can.APPROVE_GRADUATION, facility=proposal.facility_id)
    _lock(proposal)
    rules.check_decision(
        status=proposal.status, proposed_by=proposal.proposed_by_id, decided_by=actor.id
    )


def _lock(proposal: ExitProposal) -> None:
    lock(Organisation, proposal.organisation_id)
    lock(ExitProposal, proposal.id)


def _decide(
    proposal: ExitProposal, status: ProposalStatus, note: str, *, actor: Actor, now: datetime
) -> None:
    proposal.status, proposal.decision_note = status, note
    proposal.decided_by_id, proposal.decided_at = actor.id, now
    where = Where(proposal.facility_id, proposal.organisation_id)
    audit.record(actor, f"exit.{status.value}", proposal, at=now, where=where, after={"note": note})


def tell_destination(
    venture: Organisation, left_on: date, destination: str, *, actor: Actor, now: datetime
) -> None:
    """Write down where a venture went that left without a decision; the last word counts (BR-G01).

    Whoever may decide how ventures leave may do so; what a decision says of it stays.
    """
    access.require(actor, Can.APPROVE_GRADUATION, facility=venture.facility_id)
    lock(Organisation, venture.id)
    left = queries.departure_on(venture, left_on)
    if left.proposal is not None:
        raise RuleBroken(say("The decision says where the venture went."))
    if not destination.strip():
        raise RuleBroken(say("Write where the venture went."), "destination")
    if left.destination == destination.strip():
        return
    before = {"destination": left.destination} if left.told else None
    told = left.told or ExitDestination(
        facility_id=venture.facility_id, organisation_id=venture.id, left_on=left_on
    )
    told.destination = destination.strip()
    db.session.add(told)
    where = Where(venture.facility_id, venture.id)
    after = {"left_on": left_on, "destination": told.destination}
    audit.record(actor, "exit.destination", told, at=now, where=where, before=before, after=after)


def complete_exits(facility_id: int, *, actor: Actor, now: datetime, today: date) -> int:
    """Let everybody leave whose approved day has come; return how many (nightly job)."""
    lock(Organisation, *queries.approved_exits(facility_id))
    approved = queries.approved_exits(facility_id).values()
    due = [each for each in approved if each.organisation.stage.gone or each.leave_on <= today]
    for proposal in due:
        leave(proposal, actor=actor, now=now)
    return len(due)


def _tell_the_venture(proposal: ExitProposal, *, now: datetime, today: date) -> None:
    venture = proposal.organisation
    for place, to in enumerate(addressees(venture, today)):
        outbox.post(
            "exit_approved",
            to,
            {
                "venture": venture,
                "leave_on": venture.left_on or proposal.leave_on,
                "graduated": proposal.reason in GRADUATIONS,
                "reason": proposal.reason.label,
            },
            now=now,
            once=f"exit_approved:{proposal.id}:{place}",
        )
