"""What was agreed to be done, until it is."""

from dataclasses import dataclass
from datetime import date, datetime

from incubator.core import audit
from incubator.core.access import Actor, Can
from incubator.core.audit import Where
from incubator.core.db import db, lock
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.i18n import say
from incubator.mentoring import queries
from incubator.mentoring.actions.record import require_writing
from incubator.mentoring.models import ActionItem, ActionOwner, MentoringSession


@dataclass(frozen=True)
class ItemTerms:
    """What is to be done, by whom and until when."""

    title: str
    owner: ActionOwner = ActionOwner.VENTURE
    due_on: date | None = None


def add_item(
    session: MentoringSession, terms: ItemTerms, *, actor: Actor, now: datetime, today: date
) -> ActionItem:
    """Agree in a session that something will be done; it stands on both homes until it is.

    The same words sent twice are one thing to do.
    """
    require_writing(session, actor=actor, today=today)
    if not terms.title.strip():
        raise RuleBroken(say("Say what is to be done."), "title")
    lock(MentoringSession, session.id)
    for same in queries.actions_of_sessions([session.id]).get(session.id, []):
        if same.done_at is None and same.title == terms.title.strip():
            return same
    item = ActionItem(
        facility_id=session.facility_id,
        organisation_id=session.organisation_id,
        session_id=session.id,
        manager_id=session.manager_id,
        owner=terms.owner,
        title=terms.title.strip(),
        due_on=terms.due_on,
        created_at=now,
    )
    db.session.add(item)
    _note_down(item, "action.agreed", actor, now)
    return item


def complete_item(item: ActionItem, *, actor: Actor, now: datetime, today: date) -> None:
    """Tick it off: the managers anything, the venture what it has to do itself."""
    _require(item, actor=actor, today=today)
    lock(ActionItem, item.id)
    if item.done_at is None:
        item.done_at, item.done_by = now, actor.name
        _note_down(item, "action.done", actor, now)


def reopen_item(item: ActionItem, *, actor: Actor, now: datetime, today: date) -> None:
    """Take back that it is done, by whoever may tick it off; it stands on both homes again."""
    _require(item, actor=actor, today=today)
    lock(ActionItem, item.id)
    if item.done_at is not None:
        item.done_at = item.done_by = None
        _note_down(item, "action.reopened", actor, now)


def move_item(item: ActionItem, due_on: date, *, actor: Actor, now: datetime, today: date) -> None:
    """Agree on a later day."""
    _require(item, actor=actor, today=today)
    lock(ActionItem, item.id)
    if item.done_at is not None:
        raise RuleBroken(say("This is already done."))
    if due_on < today:
        raise RuleBroken(say("This day is past."), "due_on")
    item.due_on = due_on
    _note_down(item, "action.moved", actor, now)


def _require(item: ActionItem, *, actor: Actor, today: date) -> None:
    """Somebody who looks after the venture; or one of its people, where it is their turn."""
    who = queries.reader(actor, item.organisation_id, item.facility_id, today)
    if who.manages or (who.mentors and item.manager_id == actor.id):
        return
    if not actor.can(Can.VIEW_OWN_NOTES, organisation=item.organisation_id):
        raise NotFound
    if item.owner is not ActionOwner.VENTURE:
        raise NotAllowed(Can.BOOK_SESSIONS)


def _note_down(item: ActionItem, deed: str, actor: Actor, now: datetime) -> None:
    audit.record(
        actor,
        deed,
        item,
        at=now,
        where=Where(item.facility_id, item.organisation_id),
        after={"owner": item.owner.value, "due_on": item.due_on},
    )
