"""What is learnt of those who left."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from incubator.core import access, audit
from incubator.core.access import Actor, Can
from incubator.core.audit import Where
from incubator.core.db import lock
from incubator.graduation import rules
from incubator.graduation.models import AnswerSource, FollowUp, FollowUpAnswer
from incubator.organisations.models import Organisation


@dataclass(frozen=True)
class Answer:
    """What was learnt of an alumnus; None is unknown, and unknown is an answer."""

    as_of: date
    source: AnswerSource
    operating: bool | None
    in_region: bool | None
    jobs_ft: int | None = None
    sales_year: int | None = None
    comment: str = ""


def record_answer(
    follow_up: FollowUp, answer: Answer, *, actor: Actor, now: datetime, today: date
) -> FollowUpAnswer:
    """Write down an answer; the last one counts, the same sent twice is one (domain.md §5.3)."""
    access.require_any(
        actor, (Can.APPROVE_GRADUATION, Can.PROPOSE_GRADUATION), facility=follow_up.facility_id
    )
    lock(Organisation, follow_up.organisation_id)
    lock(FollowUp, follow_up.id)
    rules.check_answer(answer.as_of, due_on=follow_up.due_on, today=today)
    known = follow_up.answers[-1] if follow_up.answers else None
    facts = asdict(answer)
    if known is not None and all(getattr(known, name) == each for name, each in facts.items()):
        return known
    row = FollowUpAnswer(recorded_at=now, recorded_by=actor.name, **facts)
    follow_up.answers.append(row)
    where = Where(follow_up.facility_id, follow_up.organisation_id)
    audit.record(actor, "follow_up.answered", row, at=now, where=where, after=facts)
    return row
