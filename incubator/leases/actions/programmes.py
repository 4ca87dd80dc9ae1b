"""Subsidy programmes are data that the office keeps."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from incubator.core import audit
from incubator.core.access import Actor, Can, require
from incubator.core.audit import Where
from incubator.core.db import db, lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.core.money import WHOLE
from incubator.leases import queries
from incubator.leases.models import SubsidyProgramme
from incubator.leases.rules import Method, ProgrammeTerms, Step


@dataclass(frozen=True, kw_only=True)
class ProgrammeFacts(ProgrammeTerms):
    """A programme as its funder wrote it."""

    code: str
    steps: tuple[Step, ...]
    valid_from: date
    valid_until: date | None = None
    funder: str = ""
    budget_per_fy: int | None = None
    conditions: str = ""


def add_programme(
    facts: ProgrammeFacts, *, facility_id: int, actor: Actor, now: datetime
) -> SubsidyProgramme:
    """Take a programme into the facility's list."""
    require(actor, Can.EDIT_FACILITY, facility=facility_id)
    _check(facts, facility_id, None)
    programme = SubsidyProgramme(facility_id=facility_id, **_columns(facts))
    db.session.add(programme)
    where = Where(facility_id)
    audit.record(actor, "programme.added", programme, at=now, where=where, after=_columns(facts))
    return programme


def edit_programme(
    programme: SubsidyProgramme, facts: ProgrammeFacts, *, actor: Actor, now: datetime
) -> None:
    """Change a programme; once granted, only its name, conditions, budget and last day."""
    require(actor, Can.EDIT_FACILITY, facility=programme.facility_id)
    lock(SubsidyProgramme, programme.id)
    _check(facts, programme.facility_id, programme.id)
    columns = _columns(facts)
    before = {name: getattr(programme, name) for name in columns}
    changed = {name for name, value in columns.items() if before[name] != value}
    unlike = changed - {"name", "name_en", "funder", "conditions", "budget_per_fy", "valid_until"}
    if unlike and programme.has_rate and queries.with_programmes([programme.id]):
        raise RuleBroken(
            say(
                "This programme is granted on leases, so its amounts stay as they are."
                " Add a new programme for other terms."
            )
        )
    for name in changed:
        setattr(programme, name, columns[name])
    where = Where(programme.facility_id)
    audit.record(
        actor,
        "programme.changed",
        programme,
        at=now,
        where=where,
        before={name: before[name] for name in sorted(changed)},
        after={name: columns[name] for name in sorted(changed)},
    )


def _columns(facts: ProgrammeFacts) -> dict[str, Any]:
    return {**asdict(facts), "steps": [_stored(step) for step in facts.steps]}


def _stored(step: Step) -> dict[str, int]:
    parts = {} if step.of == WHOLE else {"of": step.of}
    return {"months": step.months, "rate": step.rate, **parts}


def _check(facts: ProgrammeFacts, facility_id: int, itself: int | None) -> None:
    if not facts.steps or any(step.rate < 0 or step.months < 0 for step in facts.steps):
        raise RuleBroken(say("Enter at least one rate."), "steps")
    if any(not step.months for step in facts.steps[:-1]):
        raise RuleBroken(say("Only the last step can go on to the end."), "steps")
    if facts.method is Method.RATIO and any(step.rate > step.of for step in facts.steps):
        raise RuleBroken(say("A share is at most 100%%."), "steps")
    if facts.rounding_unit not in {1, 10, 100, 1000}:
        raise RuleBroken(say("Round to 1, 10, 100 or 1,000."), "rounding_unit")
    if facts.valid_until is not None and facts.valid_until <= facts.valid_from:
        raise RuleBroken(say("The last day must come after the first."), "valid_until")
    for other in queries.programmes_of(facility_id):
        if other.code == facts.code and other.id != itself:
            raise RuleBroken(say("Another programme has this code."), "code")
