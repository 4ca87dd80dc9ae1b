"""Who is to leave, who has left, and what became of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from sqlalchemy.sql import Select

from incubator.core.days import FOREVER, Stretch
from incubator.core.db import db
from incubator.core.errors import NotFound
from incubator.graduation import rules
from incubator.graduation.models import (
    GRADUATIONS,
    ExitDestination,
    ExitProposal,
    FollowUp,
    FollowUpAnswer,
    ProposalStatus,
)
from incubator.leases.models import IN_FORCE, Lease, LeaseStatus
from incubator.leases.queries import of_venture
from incubator.organisations.models import Organisation, Stage

E = TypeVar("E", Lease, ExitProposal, ExitDestination)


def _about(organisation_id: int | None) -> list[ColumnElement[bool]]:
    return [] if organisation_id is None else [ExitProposal.organisation_id == organisation_id]


def waiting_proposals(facility_id: int, *, only: int | None = None) -> dict[int, ExitProposal]:
    """Proposals that wait for a decision, by venture; `only` about one."""
    rows = db.session.scalars(
        db.select(ExitProposal)
        .options(joinedload(ExitProposal.organisation))
        .where(
            ExitProposal.facility_id == facility_id,
            ExitProposal.status == ProposalStatus.PROPOSED,
            *_about(only),
        )
        .order_by(ExitProposal.id)
    )
    return {row.organisation_id: row for row in rows}


def proposals_of(organisation_id: int) -> list[ExitProposal]:
    """All proposals about a venture, newest first."""
    return list(
        db.session.scalars(
            db.select(ExitProposal)
            .where(ExitProposal.organisation_id == organisation_id)
            .order_by(ExitProposal.id.desc())
        )
    )


def proposal_in(facility_id: int, proposal_id: int) -> ExitProposal:
    """One proposal of a facility."""
    found = db.session.get(ExitProposal, proposal_id)
    if found is None or found.facility_id != facility_id:
        raise NotFound(proposal_id)
    return found


def leases_cut_short(proposal: ExitProposal) -> list[Lease]:
    """The leases that run beyond the day on which a venture is to leave, the latest first."""
    return [
        lease
        for lease in of_venture(proposal.organisation_id)
        if lease.status in IN_FORCE and lease.ends_on > proposal.leave_on
    ]


def approved_exits(facility_id: int | None, *, only: int | None = None) -> dict[int, ExitProposal]:
    """Approved exits that are still to come, by venture; `only` of one.

    A graduate whose last lease ended before is still to become an alumnus; a venture that came
    back and holds a lease beyond the day is not to leave.
    """
    stays = db.exists().where(
        Lease.organisation_id == ExitProposal.organisation_id,
        Lease.status.in_(IN_FORCE),
        Lease.ends_on > ExitProposal.leave_on,
    )
    just_left = and_(
        Organisation.stage == Stage.LEFT,
        Organisation.left_on <= ExitProposal.leave_on,
        ExitProposal.reason.in_(GRADUATIONS),
    )
    rows = db.session.scalars(
        db.select(ExitProposal)
        .join(ExitProposal.organisation)
        .options(contains_eager(ExitProposal.organisation))
        .where(
            ExitProposal.facility_id == facility_id,
            ExitProposal.status == ProposalStatus.APPROVED,
            *_about(only),
            or_(Organisation.stage == Stage.TENANT, just_left),
            ~stays,
        )
        .order_by(ExitProposal.id)
    )
    return {row.organisation_id: row for row in rows}


def exit_of(venture: Organisation) -> ExitProposal | None:
    """The approved exit that is still to come, or by which a venture left this time."""
    if not venture.stage.gone:
        return approved_exits(venture.facility_id, only=venture.id).get(venture.id)
    since = venture.admitted_on or date.min
    return next(
        (
            each
            for each in proposals_of(venture.id)
            if each.status is ProposalStatus.APPROVED and each.leave_on > since
        ),
        None,
    )


def unanswered(organisation_id: int) -> dict[int, FollowUp]:
    """The questions to a graduate that nobody has answered, by the year they are about."""
    found = db.session.scalars(
        db.select(FollowUp).where(
            FollowUp.organisation_id == organisation_id, ~FollowUp.answers.any()
        )
    )
    return {each.year: each for each in found}


def follow_ups(facility_id: int) -> list[FollowUp]:
    """Every question to alumni with its answers, by the day it is due.

    Whoever came back is not asked meanwhile.
    """
    asked = _follow_ups(facility_id).options(selectinload(FollowUp.answers))
    return list(db.session.scalars(asked))


def _follow_ups(facility_id: int) -> Select[Any]:
    asked: Select[Any] = (
        db.select(FollowUp)
        .join(FollowUp.organisation)
        .options(contains_eager(FollowUp.organisation))
        .where(FollowUp.facility_id == facility_id, Organisation.stage == Stage.ALUMNUS)
        .order_by(FollowUp.due_on, FollowUp.organisation_id)
    )
    return asked


def due_before(facility_id: int, day: date) -> list[FollowUp]:
    """The unanswered questions to alumni that are due before a day, by the day."""
    asked = _follow_ups(facility_id).where(FollowUp.due_on < day, ~FollowUp.answers.any())
    return list(db.session.scalars(asked))


def follow_up_in(facility_id: int, follow_up_id: int) -> FollowUp:
    """One question of a facility."""
    found = db.session.get(FollowUp, follow_up_id)
    if found is None or found.facility_id != facility_id:
        raise NotFound(follow_up_id)
    return found


@dataclass(frozen=True)
class Departed:
    """A stay that is over, the decision behind it or the lease it ended with, and what is known."""

    venture: Organisation
    days: Stretch
    proposal: ExitProposal | None
    lease: Lease | None
    told: ExitDestination | None
    """Where it went, as somebody wrote down afterwards; a decision says it itself."""
    answers: Sequence[FollowUpAnswer]
    """The one that counts of each question, by the day they are of."""
    again_on: date | None
    """When it moved in again: it was in business then, and here."""

    @property
    def destination(self) -> str | None:
        """Where it went, as far as anybody said."""
        known = self.proposal or self.told
        return known.destination if known else None

    @property
    def answer(self) -> FollowUpAnswer | None:
        """The latest."""
        return self.answers[-1] if self.answers else None

    @property
    def exit(self) -> rules.Exit:
        """The same as rules take it."""
        back, answer = self.again_on is not None, self.answer
        alive = [each.as_of for each in self.answers if each.operating]
        return rules.Exit(
            admitted_on=self.days.start,
            left_on=self.days.until,
            graduated=self.proposal is not None and self.proposal.reason in GRADUATIONS,
            operating=back or (answer.operating if answer else None),
            in_region=back or (answer.in_region if answer else None),
            alive_on=self.again_on or max(alive, default=None),
        )


def departed(facility_id: int) -> list[Departed]:
    """Every time that somebody left a facility, latest first, also those who came back since."""
    stayed_before = db.exists().where(
        Lease.organisation_id == Organisation.id,
        Lease.status == LeaseStatus.ENDED,
        Lease.ends_on <= Organisation.admitted_on,
    )
    ventures = db.session.scalars(
        db.select(Organisation).where(
            Organisation.facility_id == facility_id,
            or_(Organisation.stage.in_((Stage.ALUMNUS, Stage.LEFT)), stayed_before),
        )
    ).all()
    found = _departures(ventures)
    return sorted(found, key=lambda each: (each.days.until, -each.venture.id), reverse=True)


def departures_of(venture: Organisation) -> list[Departed]:
    """Every time that a venture left, latest first."""
    return _departures([venture])[::-1]


def departure_on(venture: Organisation, left_on: date) -> Departed:
    """The time that a venture left on a day."""
    for each in departures_of(venture):
        if each.days.until == left_on:
            return each
    raise NotFound(venture.id)


def _departures(ventures: Sequence[Organisation]) -> list[Departed]:
    ids = [venture.id for venture in ventures]
    ended = _of_each(ids, Lease, Lease.status == LeaseStatus.ENDED)
    approved = _of_each(ids, ExitProposal, ExitProposal.status == ProposalStatus.APPROVED)
    told = _of_each(ids, ExitDestination)
    known = _answers(ids)
    return [
        each
        for venture in ventures
        for each in _exits(
            venture,
            ended[venture.id],
            approved[venture.id],
            told[venture.id],
            known[venture.id],
        )
    ]


def _of_each(ids: Sequence[int], kind: type[E], *which: ColumnElement[bool]) -> dict[int, list[E]]:
    asked = db.select(kind).where(kind.organisation_id.in_(ids), *which).order_by(kind.id)
    found: dict[int, list[E]] = defaultdict(list)
    for row in db.session.scalars(asked):
        found[row.organisation_id].append(row)
    return found


def _answers(ids: Sequence[int]) -> dict[int, list[FollowUpAnswer]]:
    asked = db.select(FollowUp).where(FollowUp.organisation_id.in_(ids))
    found: dict[int, list[FollowUpAnswer]] = defaultdict(list)
    for question in db.session.scalars(asked.options(selectinload(FollowUp.answers))):
        found[question.organisation_id] += question.answers[-1:]
    for known in found.values():
        known.sort(key=lambda answer: (answer.as_of, answer.id))
    return found


def _exits(
    venture: Organisation,
    ended: Sequence[Lease],
    approved: Sequence[ExitProposal],
    told: Sequence[ExitDestination],
    known: Sequence[FollowUpAnswer],
) -> Iterator[Departed]:
    """The stays of a venture that are over: those before it came back, and the last if it left."""
    since = venture.admitted_on or venture.left_on or FOREVER
    stays = rules.stays(
        (lease.days, lease.signed_on or lease.starts_on)
        for lease in ended
        if lease.ends_on <= since
    )
    if venture.stage.gone and venture.left_on is not None:
        stays.append(Stretch(min(since, venture.left_on), venture.left_on))
    following = [*(each.start for each in stays), FOREVER if venture.stage.gone else since][1:]
    for days, again_on in zip(stays, following, strict=True):
        yield Departed(
            venture,
            days,
            _last(approved, lambda each: each.leave_on, days.start, again_on),
            _last(ended, lambda each: each.ends_on, days.start, again_on),
            _last(told, lambda each: each.left_on, days.start, again_on),
            [each for each in known if days.until <= each.as_of < again_on],
            again_on if again_on < FOREVER else None,
        )


def _last(rows: Iterable[E], day: Callable[[E], date], after: date, until: date) -> E | None:
    """The latest of them whose day lies in a stay, or between it and the next."""
    return max((each for each in rows if after < day(each) <= until), key=day, default=None)
