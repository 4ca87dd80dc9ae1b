"""What a form that does away with a record was made for: its number may be another's by then."""

from collections.abc import Callable
from hashlib import blake2s
from typing import TypeVar

from flask import Flask, request

from incubator.core import audit
from incubator.core.db import Entity
from incubator.core.errors import NotFound
from incubator.mentoring.models import Assignment, Availability, AvailabilityException
from incubator.spaces.models import ClosedDay, Unit, UnitOutage

E = TypeVar("E", bound=Entity)
KNOWN_BY: dict[type[Entity], tuple[str, ...]] = {
    Assignment: ("person_id", "organisation_id", "from_day"),
    Availability: ("person_id", "weekday", "from_minute", "until_minute"),
    AvailabilityException: ("person_id", "day"),
    ClosedDay: ("facility_id", "day"),
    Unit: ("facility_id", "code"),
    UnitOutage: ("unit_id", "from_day"),
}
"""The records whose rows can go, and what each is to those who see it."""


def sign_of(record: Entity) -> str:
    """What the form carries along as `of`."""
    facts = (record.id, *(str(getattr(record, name)) for name in KNOWN_BY[type(record)]))
    return blake2s(repr(facts).encode(), digest_size=10).hexdigest()


def as_meant(found: E) -> E:
    """The record, unless the form that came was made for one that stood there before."""
    if request.form.get("of", sign_of(found)) != sign_of(found):
        raise NotFound
    return found


def unless_gone(
    find: Callable[[], E], deed: str, which: tuple[type[E], int], facility_id: int
) -> E | None:
    """The record that is meant; None where `deed` has done away with it already."""
    try:
        return as_meant(find())
    except NotFound:
        if audit.was_done(deed, which, facility_id):
            return None
        raise


def install(app: Flask) -> None:
    """Let the pages say what their forms are made for."""
    app.jinja_env.globals["sign_of"] = sign_of
