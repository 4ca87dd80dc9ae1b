"""What a person changes about their own account."""

from dataclasses import dataclass
from datetime import datetime

from incubator.core import audit, outbox
from incubator.core.access import Actor
from incubator.core.db import lock
from incubator.core.reading import words
from incubator.people.actions.letters import moment
from incubator.people.actions.sessions import revoke_all
from incubator.people.models import Person


@dataclass(frozen=True)
class Profile:
    """How a person is called, and how pages speak and look to them."""

    name: str
    name_kana: str
    language: str
    theme: str


def change_profile(person: Person, profile: Profile, *, actor: Actor, now: datetime) -> None:
    """Change name, reading, language and look."""
    lock(Person, person.id)
    names = ("name", "name_kana", "language", "theme")
    before = {name: getattr(person, name) for name in names}
    person.name = words(profile.name, field="name", longest=100)
    person.name_kana = words(profile.name_kana, field="name_kana", longest=100)
    person.language, person.theme = profile.language, profile.theme
    after = {name: getattr(person, name) for name in names}
    if after != before:
        audit.record(actor, "change_account", person, at=now, before=before, after=after)


def change_password(
    person: Person, kept: str, *, session_id: int | None, actor: Actor, now: datetime
) -> None:
    """Keep a new password's hash, close every other session, and tell the person by mail."""
    lock(Person, person.id)
    person.password_hash = kept
    revoke_all(person, now=now, besides=session_id)
    audit.record(actor, "change_password", person, at=now)
    outbox.post("password_changed", person.recipient, {"at": moment(now)}, now=now)


def rehash(person: Person, old: str, kept: str) -> None:
    """Keep the same password under today's parameters, unless it was changed meanwhile."""
    lock(Person, person.id)
    if person.password_hash == old:
        person.password_hash = kept
