"""Who looks after whom."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_
from sqlalchemy.orm import contains_eager, joinedload

from incubator.core.access import Actor, Can, Role
from incubator.core.days import FOREVER
from incubator.core.db import db, page_of
from incubator.core.errors import NotFound
from incubator.mentoring.models import Assignment, AssignmentKind
from incubator.mentoring.rules import Reader
from incubator.organisations.models import Organisation, Stage
from incubator.people.models import Grant, Person, PersonStatus

LEADERS = (AssignmentKind.LEAD, AssignmentKind.SUPPORT)


def counts_on(today: date) -> ColumnElement[bool]:
    """The condition that an assignment runs on a day and the role it takes has not ended by then.

    One whose role has ended gives no rights any more: it waits for its end.
    """
    taken = (and_(Assignment.kind == kind, Grant.role == kind.role) for kind in AssignmentKind)
    return and_(
        Assignment.from_day <= today,
        or_(Assignment.until_day.is_(None), Assignment.until_day > today),
        exists().where(
            Grant.person_id == Assignment.person_id,
            Grant.facility_id == Assignment.facility_id,
            or_(*taken),
            or_(Grant.until_day.is_(None), Grant.until_day > today),
        ),
    )


def managers_of(organisation_id: int, today: date) -> list[Assignment]:
    """Who looks after a venture on a day, the lead manager first; with the person."""
    found = db.session.scalars(
        db.select(Assignment)
        .join(Assignment.person)
        .options(contains_eager(Assignment.person).lazyload(Person.grants))
        .where(
            Assignment.organisation_id == organisation_id,
            counts_on(today),
            Person.status == PersonStatus.ACTIVE,
        )
        .order_by(Assignment.from_day, Assignment.id)
    ).all()
    order = list(AssignmentKind)
    return sorted(found, key=lambda each: order.index(each.kind))


def assignments_from(organisation_id: int, day: date) -> list[Assignment]:
    """The assignments of a venture that run on a day or will begin later; with the person."""
    return list(
        db.session.scalars(
            db.select(Assignment)
            .options(joinedload(Assignment.person).lazyload(Person.grants))
            .where(
                Assignment.organisation_id == organisation_id,
                or_(Assignment.until_day.is_(None), Assignment.until_day > day),
            )
            .order_by(Assignment.from_day, Assignment.id)
        )
    )


def assignments_of(actor: Actor, facility_id: int, today: date) -> list[Assignment]:
    """The ventures somebody looks after at a facility on a day, by name; with the venture."""
    return list(
        db.session.scalars(
            db.select(Assignment)
            .join(Assignment.organisation)
            .options(contains_eager(Assignment.organisation))
            .where(
                Assignment.person_id == actor.id,
                Assignment.facility_id == facility_id,
                counts_on(today),
            )
            .order_by(Organisation.name, Organisation.id)
        )
    )


def ventures_of(actor: Actor, facility_id: int, today: date) -> dict[int, AssignmentKind]:
    """As what somebody looks after which ventures on a day."""
    return {each.organisation_id: each.kind for each in assignments_of(actor, facility_id, today)}


def running_in(facility_id: int, today: date) -> list[Assignment]:
    """The assignments at a facility that have not ended, the latest first."""
    return list(db.session.scalars(_assignments(facility_id).where(~_ended(today))))


def ended_in(facility_id: int, today: date, page: int = 1) -> tuple[list[Assignment], int]:
    """A page of the assignments that have ended, the latest first, and how many have."""
    return page_of(_assignments(facility_id).where(_ended(today)), page)


def _ended(today: date) -> ColumnElement[bool]:
    return func.coalesce(Assignment.until_day, FOREVER) <= today


def _assignments(facility_id: int) -> Select[Any]:
    asked: Select[Any] = (
        db.select(Assignment)
        .options(
            joinedload(Assignment.person).lazyload(Person.grants),
            joinedload(Assignment.organisation),
        )
        .where(Assignment.facility_id == facility_id)
        .order_by(Assignment.from_day.desc(), Assignment.id.desc())
    )
    return asked


def assignment(assignment_id: int, facility_id: int) -> Assignment:
    """One assignment at this facility."""
    found = db.session.get(Assignment, assignment_id)
    if found is None or found.facility_id != facility_id:
        raise NotFound
    return found


def caseload(facility_id: int, today: date) -> dict[int, int]:
    """How many ventures that are with us each manager (not: mentor) looks after on a day."""
    rows = db.session.execute(
        db.select(Assignment.person_id, func.count(Assignment.organisation_id.distinct()))
        .join(Assignment.organisation)
        .where(
            Assignment.facility_id == facility_id,
            Assignment.kind.in_(LEADERS),
            counts_on(today),
            Organisation.stage.in_([stage for stage in Stage if not stage.gone]),
        )
        .group_by(Assignment.person_id)
    )
    return {row[0]: row[1] for row in rows}


def candidates(facility_id: int, today: date) -> dict[Person, frozenset[Role]]:
    """The active managers and mentors of a facility, by name."""
    rows = db.session.execute(
        db.select(Person, Grant.role)
        .join(Grant, Grant.person_id == Person.id)
        .where(
            Grant.facility_id == facility_id,
            Grant.role.in_((Role.MANAGER, Role.MENTOR)),
            Grant.from_day <= today,
            or_(Grant.until_day.is_(None), Grant.until_day > today),
            Person.status == PersonStatus.ACTIVE,
        )
        .order_by(Person.name, Person.id)
    )
    found: dict[Person, frozenset[Role]] = {}
    for person, role in rows:
        found[person] = found.get(person, frozenset()) | {role}
    return found


def reader(actor: Actor, organisation_id: int, facility_id: int, today: date) -> Reader:
    """How somebody stands to a venture's sessions on a day (security.md §2.2)."""
    kinds: Collection[AssignmentKind] = ()
    if actor.can(Can.MENTOR, facility=facility_id):
        kinds = db.session.scalars(
            db.select(Assignment.kind).where(
                Assignment.person_id == actor.id,
                Assignment.organisation_id == organisation_id,
                Assignment.facility_id == facility_id,
                counts_on(today),
            )
        ).all()
    return standing_of(actor, kinds)


def standing_of(actor: Actor, kinds: Collection[AssignmentKind]) -> Reader:
    """How somebody at the facility stands to a venture, from assignments at hand."""
    return Reader(
        actor.id,
        manages=any(kind in LEADERS for kind in kinds),
        mentors=AssignmentKind.MENTOR in kinds,
    )


def member_reader(actor: Actor, organisation_id: int) -> Reader:
    """How somebody of the venture stands to its sessions; no other role of theirs counts here."""
    return Reader(
        actor.id,
        owns=actor.can(Can.EDIT_OWN_VENTURE, organisation=organisation_id),
        member=actor.can(Can.VIEW_OWN_NOTES, organisation=organisation_id),
    )
