"""One person asks, another decides, and both are told (security.md §2.2, rule 8)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from incubator.core import outbox
from incubator.core.access import Actor
from incubator.core.db import db
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, Named, say
from incubator.core.outbox import Recipient
from incubator.people.models import Asked, RequestStatus
from incubator.people.queries import deciders_of, person_of
from incubator.people.rules import check_second_person, check_waiting


@dataclass(frozen=True)
class Told:
    """What the mails about it say: at which facility, for whom, and what; and a note."""

    facility_id: int
    code: str
    venture: Named
    what: Message
    note: str = ""


def asked_by(actor: Actor, now: datetime) -> dict[str, Any]:
    """Who asks, and when."""
    return {"asked_at": now, "asked_by": actor.name, "asked_by_id": actor.id}


def check_may_decide(asked: Asked, actor: Actor) -> None:
    """Stop unless it waits, and somebody else asked for it."""
    check_waiting(asked.status.value)
    check_second_person(asked.asked_by_id, actor.id)


def approve(asked: Asked, *, actor: Actor, now: datetime) -> None:
    """Say yes."""
    check_may_decide(asked, actor)
    _decide(asked, RequestStatus.APPROVED, actor, now)


def refuse(asked: Asked, reason: str, *, actor: Actor, now: datetime) -> None:
    """Say no, with a reason for whoever asked."""
    check_may_decide(asked, actor)
    if not reason.strip():
        raise RuleBroken(say("Write why it is refused."), "refusal")
    asked.reason = reason.strip()
    _decide(asked, RequestStatus.REFUSED, actor, now)


def withdraw(asked: Asked, *, actor: Actor, now: datetime) -> None:
    """Take the question back, as long as nobody has decided."""
    check_waiting(asked.status.value)
    asked.status = RequestStatus.WITHDRAWN
    asked.decided_at, asked.decided_by = now, actor.name
    db.session.flush()


def _decide(asked: Asked, status: RequestStatus, actor: Actor, now: datetime) -> None:
    asked.status, asked.decided_at = status, now
    asked.decided_by, asked.decided_by_id = actor.name, actor.id
    db.session.flush()


def tell_approvers(asked: Asked, told: Told, *, now: datetime, today: date) -> None:
    """Write to everybody who may decide."""
    to = [each.recipient for each in deciders_of(asked, told.facility_id, today)]
    _mail("approval_asked", to, asked, told, now)


def tell_asker(asked: Asked, told: Told, *, now: datetime) -> None:
    """Write to whoever asked what was decided."""
    if asked.asked_by_id is not None:
        _mail("approval_decided", [person_of(asked.asked_by_id).recipient], asked, told, now)


def _mail(template: str, to: list[Recipient], asked: Asked, told: Told, now: datetime) -> None:
    for each in to:
        once = f"{template}:{asked.__tablename__}:{asked.id}:{each.address}"
        values = {**vars(told), "asked": asked, "kind": asked.__tablename__}
        outbox.post(template, each, values, now=now, facility=told.facility_id, once=once)
