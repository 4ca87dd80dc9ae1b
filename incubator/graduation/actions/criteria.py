"""What a facility looks at before graduation: the start, and other targets."""

from datetime import date, datetime

from incubator.core import access, audit
from incubator.core.access import Actor, Can
from incubator.core.audit import Where
from incubator.core.db import db, lock
from incubator.graduation import queries
from incubator.graduation.models import (
    Criterion,
    Measure,
)
from incubator.spaces.models import Facility

DEFAULT_CRITERIA = (
    (Measure.SALES_12_MONTHS, 70_000_000, False),
    (Measure.JOBS_FT, 6, True),
    (Measure.MONTHS_INSIDE, 12, True),
    (Measure.FIGURES_FILED, 9, True),
    (Measure.SESSIONS_12_MONTHS, 3, True),
    (Measure.RENT_PAID, 0, True),
)
"""A start for a new facility (domain.md §5.1); its admin changes them."""


def set_up_criteria(facility: Facility, *, today: date) -> None:
    """Give a new facility the default criteria."""
    if queries.criteria_on(facility.id, today):
        return
    for position, (measure, target, required) in enumerate(DEFAULT_CRITERIA):
        db.session.add(
            Criterion(
                facility_id=facility.id,
                measure=measure,
                target=target,
                required=required,
                position=position,
                from_day=today,
            )
        )


def change_criterion(
    criterion: Criterion, *, target: int, required: bool, actor: Actor, now: datetime, today: date
) -> Criterion:
    """Set another target from today on; decisions of the past keep what they saw.

    The same sent twice is one change.
    """
    access.require(actor, Can.EDIT_FACILITY, facility=criterion.facility_id)
    lock(Criterion, criterion.id)
    before = {"target": criterion.target, "required": criterion.required}
    after = {"target": target, "required": required}
    if before == after:
        return criterion
    if criterion.from_day < today:
        criterion.until_day = today
        criterion = Criterion(
            facility_id=criterion.facility_id,
            measure=criterion.measure,
            position=criterion.position,
            from_day=today,
        )
        db.session.add(criterion)
    criterion.target, criterion.required = target, required
    audit.record(
        actor,
        "criterion.changed",
        criterion,
        at=now,
        where=Where(criterion.facility_id),
        before=before,
        after=after,
    )
    return criterion
