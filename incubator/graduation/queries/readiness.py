"""What ventures reported, and how ready they are to leave."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_

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
    Criterion,
    Figures,
)
from incubator.graduation.rules import Aim, CriterionResult, Evidence
from incubator.mentoring.models import MentoringSession, SessionStatus
from incubator.organisations.models import Organisation
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


def criterion_in(facility_id: int, criterion_id: int, today: date) -> Criterion:
    """One criterion of a facility as it counts today, also by the number of one it replaced."""
    found = db.session.get(Criterion, criterion_id)
    if found is None or found.facility_id != facility_id:
        raise NotFound(criterion_id)
    in_force = {each.measure: each for each in criteria_on(facility_id, today)}
    return in_force.get(found.measure, found)


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
    """The same for one venture; of one that has left, as of the day on which it did."""
    left_on = venture.left_on if venture.stage.gone else None
    return readiness_of(facility, [venture], left_on or today)[venture.id]


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
