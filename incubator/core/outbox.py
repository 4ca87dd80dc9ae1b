"""Mail that will leave: written with the deed that causes it, sent by a job after the commit.

A mail is never lost; should it arrive twice, both copies carry the same Message-ID.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from incubator.core import i18n, places
from incubator.core.db import Entity, db


class MailState(StrEnum):
    """How far a mail has come."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    CALLED_OFF = "called_off"


class OutboxMail(Entity):
    """One mail to one person."""

    __tablename__ = "outbox_mail"
    __table_args__ = (
        UniqueConstraint("message_id"),
        UniqueConstraint("once_key"),
        CheckConstraint("state IN ('waiting', 'sent', 'failed', 'called_off')", name="state"),
        Index("ix_outbox_mail_due", "state", "next_try_at"),
    )

    to_name: Mapped[str]
    to_address: Mapped[str]
    language: Mapped[str]
    template: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    calendar: Mapped[str | None]
    calendar_method: Mapped[str | None]
    message_id: Mapped[str]
    once_key: Mapped[str | None]
    facility_id: Mapped[int | None] = mapped_column(ForeignKey("facility.id"))
    state: Mapped[MailState] = mapped_column(default=MailState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    written_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None]
    meta: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


@dataclass(frozen=True)
class Recipient:
    """Who gets a mail, and in which language."""

    name: str
    address: str
    language: str = "ja"


@dataclass(frozen=True)
class Invitation:
    """A calendar attachment: the ICS text and its method (REQUEST or CANCEL)."""

    ics: str
    method: str


def post(
    template: str,
    to: Recipient,
    values: Mapping[str, object],
    *,
    now: datetime,
    calendar: Invitation | None = None,
    once: str | None = None,
) -> OutboxMail:
    """Put a mail into the outbox; `once` names what must not be mailed a second time.

    `template` names templates/emails/<template>.txt, whose first line is the subject.
    """
    subject, body = render(template, values, to)
    mail = OutboxMail(
        to_name=to.name,
        to_address=to.address,
        language=to.language,
        template=template,
        subject=subject,
        body=body,
        calendar=calendar.ics if calendar else None,
        calendar_method=calendar.method if calendar else None,
        message_id=f"<{uuid4()}@incubator>",
        once_key=once,
        written_at=now,
        next_try_at=now,
    )
    db.session.add(mail)
    return mail


def render(template: str, values: Mapping[str, object], to: Recipient) -> tuple[str, str]:
    """The subject and the body, in the recipient's language."""
    text = _letters(to.language).get_template(f"emails/{template}.txt").render(to=to, **values)
    subject, _, body = text.strip().partition("\n")
    return subject.strip(), body.strip() + "\n"


def _letters(lang: str) -> Environment:
    letters = Environment(
        loader=FileSystemLoader(places.templates()),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - plain text, never HTML
    )
    letters.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: i18n.gettext(text, lang),
        lambda one, many, number: i18n.ngettext(one, many, number, lang),
        newstyle=True,
    )
    letters.filters.update(
        t=lambda message: i18n.translate(message, lang),
        money=lambda amount, currency="JPY": i18n.format_money(amount, currency, lang, words=True),
        day=lambda day, form="long": i18n.format_day(day, lang, form),
        month=lambda day: i18n.format_month(day, lang),
        clock_time=i18n.format_time,
    )
    return letters
