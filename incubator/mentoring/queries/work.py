"""What was agreed to be done."""

from collections.abc import Collection, Iterator
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, nulls_last
from sqlalchemy.orm import joinedload

from incubator.core import audit
from incubator.core.access import Actor
from incubator.core.db import db
from incubator.core.errors import NotFound
from incubator.leases.models import IN_FORCE, Lease
from incubator.mentoring.models import (
    ActionItem,
    Assignment,
    MentoringSession,
    SessionNote,
    SessionStatus,
)
from incubator.mentoring.queries.assignments import LEADERS, counts_on

OPEN = ActionItem.done_at.is_(None)


def _actions(*which: ColumnElement[bool]) -> list[ActionItem]:
    """What was agreed, the latest done first, else the earliest due."""
    return list(
        db.session.scalars(
            db.select(ActionItem)
            .options(joinedload(ActionItem.organisation))
            .where(*which)
            .order_by(ActionItem.done_at.desc(), nulls_last(ActionItem.due_on), ActionItem.id)
        )
    )


def open_actions(organisation_id: int) -> list[ActionItem]:
    """What a venture and its managers still have to do, the earliest due first."""
    return _actions(ActionItem.organisation_id == organisation_id, OPEN)


def done_actions(organisation_id: int, since: datetime) -> list[ActionItem]:
    """What a venture and its managers have done since, the latest first."""
    return _actions(ActionItem.organisation_id == organisation_id, ActionItem.done_at >= since)


def open_actions_of_manager(person_id: int, facility_id: int, today: date) -> list[ActionItem]:
    """What is open with the ventures somebody looks after today, the earliest due first."""
    return _actions(*_of_manager(person_id, facility_id, today), OPEN)


def done_actions_of_manager(
    person_id: int, facility_id: int, today: date, since: datetime
) -> list[ActionItem]:
    """What has been done since with those ventures, the latest first."""
    return _actions(*_of_manager(person_id, facility_id, today), ActionItem.done_at >= since)


def _of_manager(person_id: int, facility_id: int, today: date) -> Iterator[ColumnElement[bool]]:
    """A manager sees all of a venture's; a mentor those of their own sessions."""
    now = db.select(Assignment.organisation_id).where(
        Assignment.person_id == person_id, Assignment.facility_id == facility_id, counts_on(today)
    )
    leads = now.where(Assignment.kind.in_(LEADERS))
    yield ActionItem.facility_id == facility_id
    yield ActionItem.organisation_id.in_(now)
    yield ActionItem.organisation_id.in_(leads) | (ActionItem.manager_id == person_id)


def actions_of_sessions(session_ids: Collection[int]) -> dict[int, list[ActionItem]]:
    """What was agreed in these sessions, done or not."""
    found: dict[int, list[ActionItem]] = {}
    for item in db.session.scalars(
        db.select(ActionItem).where(ActionItem.session_id.in_(session_ids)).order_by(ActionItem.id)
    ):
        if item.session_id is not None:
            found.setdefault(item.session_id, []).append(item)
    return found


def said_held_by(session: MentoringSession) -> int | None:
    """Who noted that people met."""
    return audit.last_by("session.held", session)


def is_written_of(session: MentoringSession) -> bool:
    """Whether anything hangs on a session: a record, a private note, something agreed."""
    found = db.select(
        db.or_(
            db.exists().where(SessionNote.session_id == session.id),
            db.exists().where(ActionItem.session_id == session.id),
        )
    )
    return bool(db.session.scalar(found))


def may_take_back(session: MentoringSession, actor: Actor) -> bool:
    """Whether this person noted that people met, and can still say that it was a mistake."""
    return (
        session.status is SessionStatus.HELD
        and said_held_by(session) == actor.id
        and not is_written_of(session)
    )


def action(action_id: int, *, facility: int, organisation: int | None = None) -> ActionItem:
    """One thing to do, at this facility or of this venture."""
    found = db.session.get(ActionItem, action_id)
    if found is None or found.facility_id != facility:
        raise NotFound
    if organisation is not None and found.organisation_id != organisation:
        raise NotFound
    return found


def lease_ends(organisation_ids: Collection[int]) -> dict[int, date]:
    """The day from which each of these ventures has no running lease any more."""
    rows = db.session.execute(
        db.select(Lease.organisation_id, func.max(Lease.ends_on))
        .where(Lease.organisation_id.in_(organisation_ids), Lease.status.in_(IN_FORCE))
        .group_by(Lease.organisation_id)
    )
    return {row[0]: row[1] for row in rows if row[1] is not None}
