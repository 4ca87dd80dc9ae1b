"""One-time links: an invitation is accepted, a forgotten password is set anew."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe

from incubator.core import audit, outbox
from incubator.core.access import Actor, Role
from incubator.core.db import db, lock
from incubator.core.i18n import Name
from incubator.core.outbox import Recipient
from incubator.core.reading import words
from incubator.people.actions.letters import moment
from incubator.people.actions.sessions import revoke_all
from incubator.people.models import LinkKind, OneTimeLink, Person, PersonStatus
from incubator.people.queries import hash_of, open_links, person_by_email
from incubator.people.rules import INVITATION_LENGTH, RESET_EVERY, RESET_LENGTH

LENGTHS = {LinkKind.INVITATION: INVITATION_LENGTH, LinkKind.PASSWORD_RESET: RESET_LENGTH}
AddressOf = Callable[[LinkKind, str], str]
"""Turns a token into the address that stands in the mail; doors know addresses, we do not."""


@dataclass(frozen=True)
class NewAccount:
    """What somebody invited chooses; of the password only the hash."""

    name: str
    password_hash: str
    language: str


def make_link(person: Person, kind: LinkKind, *, now: datetime) -> tuple[str, timedelta]:
    """A fresh token that works once; older ones of the kind stop working."""
    for older in open_links(person.id, kind, now=now):
        older.used_at = now
    token = token_urlsafe(32)
    length = LENGTHS[kind]
    db.session.add(
        OneTimeLink(
            token_hash=hash_of(token),
            kind=kind,
            person_id=person.id,
            made_at=now,
            expires_at=now + length,
        )
    )
    return token, length


def accept_invitation(
    link: OneTimeLink, person: Person, account: NewAccount, *, now: datetime
) -> None:
    """The invited person takes the account with a name and a password of their own."""
    person.name = words(account.name, field="name", longest=100)
    person.password_hash = account.password_hash
    person.language = account.language
    person.status = PersonStatus.ACTIVE
    link.used_at = now
    audit.record(
        Actor(person.id, person.name), "accept_invitation", person, at=now,
        after={"name": person.name},
    )  # fmt: skip


def request_reset(email: str, address_of: AddressOf, *, language: str, now: datetime) -> None:
    """Mail a link to set a new password; for an unknown address the same work, and no mail."""
    person = person_by_email(email)
    if person is None or person.status is PersonStatus.SUSPENDED:
        address = address_of(LinkKind.PASSWORD_RESET, token_urlsafe(32))
        values = {"link": address, "until": moment(now + RESET_LENGTH)}
        outbox.render("password_reset", values, Recipient("", email, language))
        return
    lock(Person, person.id)
    kind = LinkKind.INVITATION
    if person.status is PersonStatus.ACTIVE:
        kind = LinkKind.PASSWORD_RESET
    if any(link.made_at > now - RESET_EVERY for link in open_links(person.id, kind, now=now)):
        return
    if kind is LinkKind.INVITATION:
        post_invitation(person, address_of, place=None, role=None, now=now)
        return
    token, length = make_link(person, kind, now=now)
    values = {"link": address_of(kind, token), "until": moment(now + length)}
    outbox.post("password_reset", person.recipient, values, now=now)


def post_invitation(
    person: Person, address_of: AddressOf, *, place: Name | None, role: Role | None, now: datetime
) -> str:
    """Mail somebody without a password the link to begin with; return the link."""
    token, length = make_link(person, LinkKind.INVITATION, now=now)
    address = address_of(LinkKind.INVITATION, token)
    values = {"link": address, "until": moment(now + length), "place": place}
    outbox.post("invitation", person.recipient, {**values, "role": role and role.label}, now=now)
    return address


def reset_password(link: OneTimeLink, person: Person, kept: str, *, now: datetime) -> None:
    """Set the new password, close every session, use up every such link, and mail a notice."""
    link.used_at = now
    for other in open_links(person.id, LinkKind.PASSWORD_RESET, now=now):
        other.used_at = now
    person.password_hash = kept
    revoke_all(person, now=now)
    audit.record(Actor(person.id, person.name), "reset_password", person, at=now)
    outbox.post("password_changed", person.recipient, {"at": moment(now)}, now=now)
