"""Mail that will leave: written with the deed that causes it, sent by a job after the commit.

A mail is never lost; should it arrive twice, both copies carry the same Message-ID.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import uuid4

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    or_,
)
from sqlalchemy.orm import Mapped, mapped_column

from incubator.core import access, audit, i18n, places
from incubator.core.access import Actor, Can
from incubator.core.audit import Where
from incubator.core.db import Entity, add_rows, db, lock, locked, page_of
from incubator.core.errors import NotFound
from incubator.core.i18n import Label, Message, say

BACK_OFF = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440, 1440, 1440)
)
PATIENCE = timedelta(minutes=5)
"""A claimed mail that nobody reports back on is sent again after so long."""
BATCH = 20
LONGEST_ERROR = 500


class MailState(Label):
    """How far a mail has come."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    CALLED_OFF = "called_off"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.WAITING: say("Waiting to be sent"),
            cls.SENT: say("Sent"),
            cls.FAILED: say("Could not be sent"),
            cls.CALLED_OFF: say("Called off"),
        }


class OutboxMail(Entity):
    """One mail to one person."""

    __tablename__ = "outbox_mail"
    __table_args__ = (
        UniqueConstraint("message_id"),
        UniqueConstraint("once_key"),
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


@dataclass(frozen=True)
class Letter:
    """A mail as it goes to the postman: plain values, so that no transaction stays open."""

    id: int
    message_id: str
    to: Recipient
    subject: str
    body: str
    written_at: datetime
    calendar: Invitation | None = None


@dataclass(frozen=True)
class Mail:
    """A mail to be written; see `post`."""

    template: str
    to: Recipient
    values: Mapping[str, object]
    facility: int | None = None
    calendar: Invitation | None = None
    once: str | None = None


def post(
    template: str,
    to: Recipient,
    values: Mapping[str, object],
    *,
    now: datetime,
    facility: int | None = None,
    calendar: Invitation | None = None,
    once: str | None = None,
) -> None:
    """Put a mail into the outbox; `once` names what must not be mailed a second time.

    `template` names templates/emails/<template>.txt, whose first line is the subject.
    """
    post_all([Mail(template, to, values, facility, calendar, once)], now=now)


def post_all(mails: Iterable[Mail], *, now: datetime) -> None:
    """Put mails into the outbox in one go."""
    add_rows(OutboxMail, *(_row(mail, now) for mail in mails))


def _row(mail: Mail, now: datetime) -> dict[str, object]:
    to, calendar = mail.to, mail.calendar
    subject, body = render(mail.template, mail.values, to)
    return {
        "to_name": to.name,
        "to_address": to.address,
        "language": to.language,
        "template": mail.template,
        "subject": subject,
        "body": body,
        "calendar": calendar.ics if calendar else None,
        "calendar_method": calendar.method if calendar else None,
        "message_id": f"<{uuid4()}@incubator>",
        "once_key": mail.once,
        "facility_id": mail.facility,
        "written_at": now,
        "next_try_at": now,
    }


def was_posted(once: str) -> bool:
    """Whether a mail was posted once for this."""
    found = db.session.scalar(db.select(OutboxMail.id).where(OutboxMail.once_key == once))
    return found is not None


def claim(*, now: datetime, many: int = BATCH) -> list[Letter]:
    """Take the mails that are due, the oldest first; nobody else takes them for a while."""
    due = db.session.scalars(
        db.select(OutboxMail)
        .where(OutboxMail.state == MailState.WAITING, OutboxMail.next_try_at <= now)
        .order_by(OutboxMail.next_try_at, OutboxMail.id)
        .limit(many)
        .with_for_update(skip_locked=True)
    )
    letters = []
    for mail in due:
        mail.attempts, mail.error = mail.attempts + 1, None
        mail.next_try_at = now + PATIENCE
        letters.append(letter_of(mail))
    return letters


def letter_of(mail: OutboxMail) -> Letter:
    """A mail as it goes to the postman."""
    to = Recipient(mail.to_name, mail.to_address, mail.language)
    calendar = Invitation(mail.calendar, mail.calendar_method or "") if mail.calendar else None
    return Letter(mail.id, mail.message_id, to, mail.subject, mail.body, mail.written_at, calendar)


def note_sent(mail_id: int, *, now: datetime) -> None:
    """The mail left."""
    (mail,) = lock(OutboxMail, mail_id)
    mail.state, mail.sent_at, mail.error = MailState.SENT, now, None


def note_not_sent(mail_id: int, error: str, *, now: datetime, forever: bool = False) -> None:
    """The mail did not leave: try again after a while, or never when it was refused for good."""
    (mail,) = lock(OutboxMail, mail_id)
    mail.error = error[:LONGEST_ERROR]
    if mail.state is not MailState.WAITING:
        return
    if forever or mail.attempts > len(BACK_OFF):
        mail.state = MailState.FAILED
    else:
        mail.next_try_at = now + BACK_OFF[mail.attempts - 1]


def call_off(*once: str) -> list[OutboxMail]:
    """Stop mails whose reason is gone, by what they were posted `once` for.

    Back come those that arrived or may have: sent, or tried and never reported as not sent.
    """
    return _stop(OutboxMail.once_key.in_(once))


def call_off_all(prefix: str) -> list[OutboxMail]:
    """The same for the waiting mails whose `once` begins so."""
    begins_so = OutboxMail.once_key.startswith(prefix, autoescape=True)
    return _stop(begins_so, OutboxMail.state == MailState.WAITING)


def _stop(*which: ColumnElement[bool]) -> list[OutboxMail]:
    asked = db.select(OutboxMail).where(*which).order_by(OutboxMail.id)
    posted = list(db.session.scalars(locked(asked)))
    for mail in posted:
        if mail.state is not MailState.SENT:
            mail.state = MailState.CALLED_OFF
    return [mail for mail in posted if mail.state is MailState.SENT or _on_its_way(mail)]


def _on_its_way(mail: OutboxMail) -> bool:
    """Whether it was tried and nobody has reported since that it did not leave."""
    return mail.attempts > 0 and mail.error is None


def send_again(mail: OutboxMail, *, actor: Actor, now: datetime) -> None:
    """Let the worker try a waiting or failed mail now, from the first attempt on."""
    access.require(actor, Can.RUN_SYSTEM)
    lock(OutboxMail, mail.id)
    if mail.state in {MailState.WAITING, MailState.FAILED}:
        before = {"state": mail.state.value, "error": mail.error}
        mail.state, mail.attempts, mail.next_try_at = MailState.WAITING, 0, now
        where = Where(mail.facility_id)
        audit.record(actor, "send_mail_again", mail, at=now, where=where, before=before)


def mail_of(mail_id: int) -> OutboxMail:
    """A mail by its number."""
    found = db.session.get(OutboxMail, mail_id)
    if found is None:
        raise NotFound
    return found


def mails(
    page: int, per_page: int, *, state: MailState | None = None, words: str = ""
) -> tuple[list[OutboxMail], int]:
    """One page of mails, the latest first, and how many there are."""
    found = db.select(OutboxMail)
    if state:
        found = found.where(OutboxMail.state == state)
    if words:
        like = [
            column.icontains(words, autoescape=True)
            for column in (OutboxMail.to_address, OutboxMail.to_name, OutboxMail.subject)
        ]
        found = found.where(or_(*like))
    return page_of(found.order_by(OutboxMail.id.desc()), page, per_page)


def counts() -> dict[MailState, int]:
    """How many mails there are in each state."""
    found = db.session.execute(
        db.select(OutboxMail.state, db.func.count()).group_by(OutboxMail.state)
    )
    known: dict[MailState, int] = dict(found.all())
    return {state: known.get(state, 0) for state in MailState}


def render(template: str, values: Mapping[str, object], to: Recipient) -> tuple[str, str]:
    """The subject and the body, in the recipient's language."""
    text = _letters(to.language).get_template(f"emails/{template}.txt").render(to=to, **values)
    subject, _, body = text.strip().partition("\n")
    return subject.strip(), body.strip() + "\n"


def install(page: Callable[..., str]) -> None:
    """Teach all mails the addresses of pages: `page` makes one of an endpoint and its values."""
    for lang in i18n.LANGUAGES:
        _letters(lang).globals["page"] = page


@cache
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
        money=lambda amount, currency: i18n.format_money(amount, currency, lang, words=True),
        day=lambda day, form="long": i18n.format_day(day, lang, form),
        month=lambda day: i18n.format_month(day, lang),
        clock_time=i18n.format_time,
        end_time=i18n.format_end,
        name_of=lambda named: i18n.name_of(named, lang),
    )
    return letters
