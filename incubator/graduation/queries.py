"""Questions about figures, readiness, proposals and alumni. Nothing here changes anything."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, or_
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from incubator.billing.queries import overdue_organisations
from incubator.core.days import (
    FOREVER,
    Stretch,
    add_months,
    day_at,
    full_months_since,
    midnight,
    month_of,
)
from incubator.core.db import db
from incubator.core.errors import NotFound
from incubator.core.i18n import Month, say
from incubator.graduation import rules
from incubator.graduation.models import (
    GRADUATIONS,
    Criterion,
    ExitProposal,
    Figures,
    FollowUp,
    FollowUpAnswer,
    ProposalStatus,
)
from incubator.graduation.rules import Aim, CriterionResult, Evidence
from incubator.leases.models import IN_FORCE, Lease
from incubator.leases.queries import of_venture
from incubator.mentoring.models import MentoringSession, SessionStatus
from incubator.organisations.models import Organisation, Stage
from incubator.spaces.models import Facility


def criteria_on(facility_id: int, day: date) -> list[Criterion]:
    """What a facility looks at on a day, in its order."""
    return list(
        db.session.scalars(
            db.select(Criterion)
            .where(
                Criterion.facility_id == facility_id,
                Criterion.from_day <= day,
                or_(Criterion.until_day.is_(None), Criterion.until_day > day),
            )
            .order_by(Criterion.position, Criterion.id)
        )
    )


def filed(organisation_ids: Iterable[int]) -> dict[int, dict[date, Figures]]:
    """What each venture reported of each month: the latest version."""
    rows = db.session.scalars(
        db.select(Figures)
        .where(Figures.organisation_id.in_(tuple(organisation_ids)))
        .order_by(Figures.organisation_id, Figures.month, Figures.version)
    )
    found: dict[int, dict[date, Figures]] = defaultdict(dict)
    for row in rows:
        found[row.organisation_id][row.month] = row
    return found


def versions_of(organisation_id: int, month: date) -> list[Figures]:
    """All that was ever reported of a month, newest first."""
    return list(
        db.session.scalars(
            db.select(Figures)
            .where(Figures.organisation_id == organisation_id, Figures.month == month_of(month))
            .order_by(Figures.version.desc())
        )
    )


def inside(venture: Organisation) -> Stretch:
    """The days a venture was or is inside; none before it was admitted."""
    if venture.admitted_on is None:
        return Stretch(FOREVER, FOREVER)
    return Stretch(venture.admitted_on, venture.left_on or FOREVER)


def months_asked(venture: Organisation, facility: Facility, today: date) -> list[date]:
    """The finished months of the last year that a venture is to report, oldest first."""
    entered_on = day_at(venture.created_at, facility.zone)
    return rules.months_to_report(inside(venture), today, known_from=entered_on)


def missing_figures(venture: Organisation, facility: Facility, today: date) -> list[date]:
    """Which of these months the venture has not reported."""
    months = months_asked(venture, facility, today)
    return rules.missing(months, filed([venture.id])[venture.id]) if months else []


@dataclass(frozen=True)
class Known:
    """What is known of all ventures of a facility, gathered with few questions."""

    figures: Mapping[int, Mapping[date, Figures]]
    sessions: Mapping[int, int]
    overdue: Mapping[int, int]


def known_of(facility: Facility, ventures: Sequence[Organisation], today: date) -> Known:
    """Gather it for these ventures."""
    ids = [venture.id for venture in ventures]
    since = midnight(rules.a_year_before(today), facility.zone)
    held = db.session.execute(
        db.select(MentoringSession.organisation_id, func.count())
        .where(
            MentoringSession.organisation_id.in_(ids),
            MentoringSession.status == SessionStatus.HELD,
            MentoringSession.starts_at >= since,
        )
        .group_by(MentoringSession.organisation_id)
    )
    overdue = overdue_organisations(facility.id, today, ids)
    return Known(filed(ids), {row[0]: row[1] for row in held}, overdue)


def readiness_of(
    facility: Facility, ventures: Sequence[Organisation], today: date
) -> dict[int, list[CriterionResult]]:
    """Each criterion of each venture, actual against target, with its evidence."""
    criteria = criteria_on(facility.id, today)
    known = known_of(facility, ventures, today)
    return {
        venture.id: [
            rules.judge(
                Aim(each.measure, each.target, each.required),
                _evidence(each.measure, venture, known, today),
            )
            for each in criteria
        ]
        for venture in ventures
    }


def readiness(facility: Facility, venture: Organisation, today: date) -> list[CriterionResult]:
    """The same for one venture."""
    return readiness_of(facility, [venture], today)[venture.id]


def _evidence(measure: str, venture: Organisation, known: Known, today: date) -> Evidence:
    figures = known.figures.get(venture.id, {})
    since = add_months(month_of(today), -rules.LONGEST_MEMORY)
    year = [row for month, row in figures.items() if since <= month < month_of(today)]
    latest = figures[max(figures)] if figures else None
    several = say("Sum of %(n)s monthly reports", n=len(year))
    reports = say("One monthly report") if len(year) == 1 else several
    everything = say("Sum of all monthly reports")
    late = say("Open invoices past their day")
    held = say("Sessions held since %(day)s", day=rules.a_year_before(today))
    handed_in = say(
        "%(reports)s, up to %(month)s",
        reports=say("Monthly reports since %(month)s", month=Month(since)),
        month=Month(add_months(today, -1)),
    )
    found = {
        "sales_12_months": Evidence(sum(row.sales for row in year) if year else None, reports),
        "jobs_ft": (
            Evidence(latest.jobs_ft, say("Report of %(month)s", month=Month(latest.month)))
            if latest
            else Evidence(None, say("No monthly report yet"))
        ),
        "funds_raised": Evidence(
            sum(row.funds_raised for row in figures.values()) if figures else None, everything
        ),
        "figures_filed": Evidence(len(year), handed_in),
        "sessions_12_months": Evidence(known.sessions.get(venture.id, 0), held),
        "rent_paid": Evidence(known.overdue.get(venture.id, 0), late),
    }
    return found[measure] if measure in found else _stay(venture, today)


def _stay(venture: Organisation, today: date) -> Evidence:
    if venture.admitted_on is None:
        return Evidence(None, say("Not admitted yet"))
    if venture.admitted_on > today:
        return Evidence(0, say("Moves in on %(day)s", day=venture.admitted_on))
    months = full_months_since(venture.admitted_on, today)
    return Evidence(months, say("Moved in on %(day)s", day=venture.admitted_on))


def waiting_proposals(facility_id: int) -> dict[int, ExitProposal]:
    """Proposals that wait for a decision, by venture."""
    rows = db.session.scalars(
        db.select(ExitProposal)
        .options(joinedload(ExitProposal.organisation))
        .where(
            ExitProposal.facility_id == facility_id,
            ExitProposal.status == ProposalStatus.PROPOSED,
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


def criterion_in(facility_id: int, criterion_id: int, today: date) -> Criterion:
    """One criterion of a facility as it counts today, also by the number of one it replaced."""
    found = db.session.get(Criterion, criterion_id)
    if found is None or found.facility_id != facility_id:
        raise NotFound(criterion_id)
    in_force = {each.measure: each for each in criteria_on(facility_id, today)}
    return in_force.get(found.measure, found)


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


def approved_exits(facility_id: int) -> dict[int, ExitProposal]:
    """Approved exits that are still to come, by venture.

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
            or_(Organisation.stage == Stage.TENANT, just_left),
            ~stays,
        )
        .order_by(ExitProposal.id)
    )
    return {row.organisation_id: row for row in rows}


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
    return list(
        db.session.scalars(
            db.select(FollowUp)
            .join(FollowUp.organisation)
            .options(contains_eager(FollowUp.organisation), selectinload(FollowUp.answers))
            .where(FollowUp.facility_id == facility_id, Organisation.stage == Stage.ALUMNUS)
            .order_by(FollowUp.due_on, FollowUp.organisation_id)
        )
    )


def follow_up_in(facility_id: int, follow_up_id: int) -> FollowUp:
    """One question of a facility."""
    found = db.session.get(FollowUp, follow_up_id)
    if found is None or found.facility_id != facility_id:
        raise NotFound(follow_up_id)
    return found


@dataclass(frozen=True)
class Departed:
    """A venture that left, the decision behind it, and what was learnt of it since."""

    venture: Organisation
    proposal: ExitProposal
    answers: list[FollowUpAnswer]
    """The one that counts of each question, by the day they are of."""

    @property
    def answer(self) -> FollowUpAnswer | None:
        """The latest."""
        return self.answers[-1] if self.answers else None

    @property
    def exit(self) -> rules.Exit:
        """The same as rules take it."""
        left_on = self.venture.left_on or self.proposal.leave_on
        return rules.Exit(
            admitted_on=self.venture.admitted_on or left_on,
            left_on=left_on,
            graduated=self.proposal.reason in GRADUATIONS,
            operating=self.answer.operating if self.answer else None,
            in_region=self.answer.in_region if self.answer else None,
            alive_on=max((each.as_of for each in self.answers if each.operating), default=None),
        )


def departed(facility_id: int) -> list[Departed]:
    """All who left a facility, latest first; of who came back and left again, the last time."""
    last = (
        db.select(func.max(ExitProposal.id))
        .where(ExitProposal.status == ProposalStatus.APPROVED)
        .group_by(ExitProposal.organisation_id)
    )
    rows = db.session.execute(
        db.select(Organisation, ExitProposal)
        .join(ExitProposal, ExitProposal.organisation_id == Organisation.id)
        .where(
            Organisation.facility_id == facility_id,
            Organisation.stage.in_((Stage.ALUMNUS, Stage.LEFT)),
            ExitProposal.id.in_(last),
        )
        .order_by(Organisation.left_on.desc(), Organisation.id)
    ).all()
    answers: dict[int, list[FollowUpAnswer]] = defaultdict(list)
    for question in follow_ups(facility_id):
        answers[question.organisation_id] += question.answers[-1:]
    for known in answers.values():
        known.sort(key=lambda answer: (answer.as_of, answer.id))
    return [Departed(venture, proposal, answers[venture.id]) for venture, proposal in rows]
