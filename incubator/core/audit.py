"""What was done, by whom, to what: written in the same transaction as the deed, never changed."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Select
from sqlalchemy.orm import Mapped, mapped_column

from incubator.core.access import Actor
from incubator.core.db import Entity, add_rows, db, page_of
from incubator.core.promises import append_only


class AuditEntry(Entity):
    """One line of the record."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject_kind", "subject_id"),)

    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None]
    actor_name: Mapped[str]
    deed: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[int]
    facility_id: Mapped[int | None] = mapped_column(ForeignKey("facility.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)


append_only(AuditEntry, "audit_stays")


@dataclass(frozen=True)
class Where:
    """The facility and the organisation that a deed concerns."""

    facility: int | None = None
    organisation: int | None = None


@dataclass(frozen=True)
class Fact:
    """A deed: to what it was done, where, what stood there before and what after."""

    deed: str
    subject: Entity | tuple[type[Entity], int]
    where: Where = Where()
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] | None = None


def record(
    actor: Actor,
    deed: str,
    subject: Entity | tuple[type[Entity], int],
    *,
    at: datetime,
    where: Where = Where(),
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Write down that `actor` did `deed` to `subject`, what stood there before and what after.

    The subject is an object, or the kind and the id of a row that is none.
    """
    db.session.flush()
    record_all(actor, [Fact(deed, subject, where, before, after)], at=at)


def record_all(actor: Actor, facts: Iterable[Fact], *, at: datetime) -> None:
    """Write down that `actor` did all of these."""
    common = {"at": at, "actor_id": actor.id, "actor_name": actor.name}
    add_rows(AuditEntry, *({**common, **_row(fact)} for fact in facts))


def _row(fact: Fact) -> dict[str, object]:
    subject = fact.subject
    kind, number = (subject, subject.id) if isinstance(subject, Entity) else subject
    return {
        "deed": fact.deed,
        "subject_kind": kind.__tablename__,
        "subject_id": number,
        "facility_id": fact.where.facility,
        "organisation_id": fact.where.organisation,
        "before": _plain(fact.before),
        "after": _plain(fact.after),
    }


def was_done(deed: str, subject: tuple[type[Entity], int], facility_id: int) -> bool:
    """Whether a deed was done at a facility to the record of this kind and id, gone or not."""
    kind, number = subject
    found = db.select(AuditEntry.id).where(
        AuditEntry.subject_kind == kind.__tablename__,
        AuditEntry.subject_id == number,
        AuditEntry.deed == deed,
        AuditEntry.facility_id == facility_id,
    )
    return db.session.scalar(found.limit(1)) is not None


def last_by(deed: str, subject: Entity) -> int | None:
    """Who did a deed to a record the last time; None where nobody, or something by itself, did."""
    found: int | None = db.session.scalar(
        db.select(AuditEntry.actor_id)
        .where(
            AuditEntry.subject_kind == subject.__tablename__,
            AuditEntry.subject_id == subject.id,
            AuditEntry.deed == deed,
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    return found


@dataclass(frozen=True)
class Search:
    """What to look for in the record; what is empty does not narrow it."""

    facility: int | None = None
    person: str = ""
    deed: str = ""
    since: datetime | None = None
    before: datetime | None = None
    organisations: Collection[int] | None = None


def entries(search: Search, page: int, per_page: int) -> tuple[list[AuditEntry], int]:
    """One page of the record, the latest first, and how many lines match."""
    return page_of(_matching(search).order_by(AuditEntry.id.desc()), page, per_page)


def every_entry(search: Search) -> Iterator[AuditEntry]:
    """All lines that match, the latest first, never all of them in memory."""
    found = _matching(search).order_by(AuditEntry.id.desc())
    yield from db.session.scalars(found, execution_options={"yield_per": 1_000})


def _matching(search: Search) -> Select[AuditEntry]:
    found: Select[AuditEntry] = db.select(AuditEntry)
    if search.facility is not None:
        found = found.where(AuditEntry.facility_id == search.facility)
    if search.person:
        found = found.where(AuditEntry.actor_name.icontains(search.person, autoescape=True))
    if search.deed:
        found = found.where(AuditEntry.deed == search.deed)
    if search.organisations is not None:
        found = found.where(AuditEntry.organisation_id.in_(search.organisations))
    if search.since:
        found = found.where(AuditEntry.at >= search.since)
    if search.before:
        found = found.where(AuditEntry.at < search.before)
    return found


def _plain(facts: Mapping[str, object] | None) -> dict[str, object] | None:
    if facts is None:
        return None
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in facts.items()
    }
