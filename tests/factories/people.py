"""Builders about accounts."""

from datetime import date, datetime

from incubator.core import clock
from incubator.core.access import Actor, Held, Role
from incubator.core.i18n import Name
from incubator.people import passwords
from incubator.people.models import Person
from incubator.people.rules import Place
from tests.factories.base import make_person

PASSWORD = "correct horse battery"
NOW = datetime.fromisoformat("2026-11-23T09:00:00+09:00")
TODAY = NOW.date()


def make_user(role: Role | str | None = None, **facts) -> Person:
    """Somebody who can sign in with PASSWORD."""
    return make_person(role, password_hash=passwords.hashed(PASSWORD), **facts)


def end_roles(person: Person, today: date) -> None:
    """From today on somebody holds nothing any more."""
    for grant in person.grants:
        grant.until_day = today


def actor(role: Role, *, facility: int | None = None, venture: int | None = None) -> Actor:
    """An actor with one role, without a database."""
    return Actor(1, "X", (Held(role, facility, venture),))


def place_of(facility=None, venture=None) -> Place:
    """Where roles are given."""
    if venture is not None:
        return Place(venture.facility_id, venture.id, Name.of(venture))
    return Place(facility.id, None, Name.of(facility)) if facility is not None else Place()


def link_to(kind, token: str) -> str:
    """An address as a door would make it."""
    return f"http://x/{kind.value}/{token}"


def as_actor(person: Person) -> Actor:
    """The person as actions want them, now."""
    return person.as_actor(clock.today())
