"""What ventures report every month."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from incubator.core import access, audit
from incubator.core.access import Actor, Can
from incubator.core.audit import Where
from incubator.core.days import month_of
from incubator.core.db import db, lock
from incubator.graduation import queries, rules
from incubator.graduation.models import (
    Figures,
)
from incubator.organisations.models import Organisation
from incubator.spaces.models import Facility

COUNTED = ("sales", "jobs_ft", "jobs_pt", "funds_raised", "patents")


@dataclass(frozen=True)
class Report:
    """What a venture reports of a month; sums in minor units of the facility's currency."""

    month: date
    sales: int
    jobs_ft: int
    jobs_pt: int
    funds_raised: int = 0
    patents: int = 0
    comment: str = ""


def file_figures(
    venture: Organisation, report: Report, *, actor: Actor, now: datetime, today: date
) -> Figures:
    """File the figures of a month; filing again corrects, and both stay (domain.md §5.3).

    A month of an earlier stay can only be corrected. The same figures sent twice are filed once.
    """
    access.require(actor, Can.FILE_FIGURES, organisation=venture.id)
    month = month_of(report.month)
    facts = asdict(report) | {"month": month}
    rules.check_figures({name: facts[name] for name in COUNTED})
    (venture,) = lock(Organisation, venture.id)
    facility = db.session.get_one(Facility, venture.facility_id)
    versions = queries.versions_of(venture.id, month)
    if not versions:
        rules.check_month(month, inside=queries.inside(venture), today=today)
    last = max(versions, key=lambda one: one.version, default=None)
    if last is not None and all(getattr(last, name) == value for name, value in facts.items()):
        return last
    figures = Figures(
        facility_id=facility.id,
        organisation_id=venture.id,
        version=len(versions) + 1,
        currency=facility.currency,
        filed_at=now,
        filed_by_id=actor.id,
        filed_by_name=actor.name,
        **facts,
    )
    db.session.add(figures)
    where = Where(facility.id, venture.id)
    audit.record(actor, "figures.filed", figures, at=now, where=where, after=facts)
    return figures
