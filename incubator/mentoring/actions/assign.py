"""Give a venture its manager, and end that."""

from dataclasses import dataclass
from datetime import date, datetime

from incubator.core import audit
from incubator.core.access import Actor, Can, require
from incubator.core.audit import Where
from incubator.core.days import day_at, midnight
from incubator.core.db import db, lock, locked
from incubator.core.errors import NotFound, RuleBroken
from incubator.core.i18n import say
from incubator.mentoring import queries, rules
from incubator.mentoring.actions.change import call_off
from incubator.mentoring.models import Assignment, AssignmentKind, MentoringSession, SessionStatus
from incubator.organisations.models import Organisation
from incubator.people.models import Person
from incubator.spaces.models import Facility


@dataclass(frozen=True)
class AssignmentTerms:
    """Who looks after which venture, as what and from which day."""

    organisation_id: int
    person_id: int
    kind: AssignmentKind
    from_day: date


def assign_manager(
    terms: AssignmentTerms, *, actor: Actor, now: datetime, today: date
) -> Assignment:
    """Let a manager or mentor of the facility look after one of its ventures."""
    (venture,) = lock(Organisation, terms.organisation_id)
    if (facility_id := venture.facility_id) is None:
        raise NotFound
    require(actor, Can.ASSIGN_MANAGERS, facility=facility_id)
    person = _candidate(terms, facility_id, today)
    for other in queries.assignments_from(venture.id, terms.from_day):
        _check_beside(other, terms)
    assignment = Assignment(
        facility_id=facility_id,
        person_id=person.id,
        organisation_id=venture.id,
        kind=terms.kind,
        from_day=terms.from_day,
    )
    db.session.add(assignment)
    audit.record(
        actor,
        "manager.assigned",
        assignment,
        at=now,
        where=Where(facility_id, venture.id),
        after={
            "person": person.name,
            "venture": venture.name,
            "kind": terms.kind.value,
            "from": terms.from_day,
        },
    )
    return assignment


def _check_beside(other: Assignment, terms: AssignmentTerms) -> None:
    """One assignment of a person and one lead manager at a time, now and later."""
    known = {"name": other.person.name, "day": other.from_day}
    planned = other.from_day > terms.from_day
    if other.person_id == terms.person_id:
        if planned:
            raise RuleBroken(
                say(
                    "%(name)s is to look after this venture from %(day)s. End that assignment "
                    "first, then let this one begin on the day it ends.",
                    **known,
                ),
                "from_day",
            )
        raise RuleBroken(say("%(name)s already looks after this venture.", **known), "person")
    if other.kind is AssignmentKind.LEAD and terms.kind is AssignmentKind.LEAD:
        if planned:
            raise RuleBroken(
                say(
                    "%(name)s is to be the lead manager from %(day)s. Assign support, or end that "
                    "assignment first and let this one begin on the day it ends.",
                    **known,
                ),
                "from_day",
            )
        raise RuleBroken(
            say("%(name)s is the lead manager. End that first, or assign support.", **known), "kind"
        )


def _candidate(terms: AssignmentTerms, facility_id: int, today: date) -> Person:
    """The person, if they hold the role that this kind of assignment needs."""
    wanted = terms.kind.role
    for person, roles in queries.candidates(facility_id, today).items():
        if person.id == terms.person_id:
            if wanted not in roles:
                raise RuleBroken(
                    say("%(name)s is not a %(role)s here.", name=person.name, role=wanted.label),
                    "kind",
                )
            return person
    raise RuleBroken(say("Choose a manager or mentor of this facility."), "person")


def end_assignment(assignment: Assignment, *, until: date, actor: Actor, now: datetime) -> None:
    """End an assignment on a day: from then on access is gone and booked sessions are called off.

    The record of the assignment stays.
    """
    require(actor, Can.ASSIGN_MANAGERS, facility=assignment.facility_id)
    lock(Person, assignment.person_id)
    lock(Assignment, assignment.id)
    rules.check_end(assignment.from_day, assignment.until_day, until)
    assignment.until_day = until
    audit.record(
        actor,
        "manager.released",
        assignment,
        at=now,
        where=Where(assignment.facility_id, assignment.organisation_id),
        after={**_who(assignment), "until": until},
    )
    _call_off_from(until, assignment, actor=actor, now=now)


def withdraw_assignment(
    assignment: Assignment, *, actor: Actor, now: datetime, today: date
) -> None:
    """Take an assignment back before its first day, with what was booked on the strength of it.

    Nobody has served: only the audit keeps it.
    """
    require(actor, Can.ASSIGN_MANAGERS, facility=assignment.facility_id)
    lock(Person, assignment.person_id)
    lock(Assignment, assignment.id)
    rules.check_may_withdraw(assignment.from_day, today)
    first, kind = assignment.from_day, assignment.kind.value
    audit.record(
        actor,
        "manager.withdrawn",
        assignment,
        at=now,
        where=Where(assignment.facility_id, assignment.organisation_id),
        before={**_who(assignment), "kind": kind, "from": first},
    )
    db.session.delete(assignment)
    _call_off_from(first, assignment, actor=actor, now=now)


def _who(assignment: Assignment) -> dict[str, str]:
    return {"person": assignment.person.name, "venture": assignment.organisation.name}


def _call_off_from(first: date, assignment: Assignment, *, actor: Actor, now: datetime) -> None:
    """Call off what was booked for this day or later, unless they look after the venture then."""
    facility = db.session.get_one(Facility, assignment.facility_id)
    booked = db.session.scalars(
        locked(db.select(MentoringSession)).where(
            MentoringSession.manager_id == assignment.person_id,
            MentoringSession.organisation_id == assignment.organisation_id,
            MentoringSession.status == SessionStatus.BOOKED,
            MentoringSession.starts_at >= max(midnight(first, facility.zone), now),
        )
    ).all()
    for session in booked:
        day = day_at(session.starts_at, facility.zone)
        managers = queries.managers_of(assignment.organisation_id, day)
        if assignment.person_id not in {each.person_id for each in managers}:
            call_off(session, reason="", actor=actor, now=now)
