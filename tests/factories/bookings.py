"""Builders of bookings."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from incubator.bookings.models import Booking
from incubator.organisations.models import Organisation
from incubator.people.models import Person
from incubator.spaces.models import Room
from tests.factories.base import keep

TERMS = {
    "price_per_step": 500,
    "step_minutes": 60,
    "steps": 1,
    "included_minutes": 0,
    "free_cancel_hours": 24,
    "late_cancel_bp": 10_000,
    "free": False,
}


def at(text: str) -> datetime:
    """`2026-11-30 13:00` on the clocks of Tokyo."""
    return datetime.fromisoformat(f"{text.replace(' ', 'T')}+09:00").astimezone(UTC)


def make_booking(
    room: Room, by: Person, starts_at: datetime, minutes: int = 60, **facts: Any
) -> Booking:
    """A booking as it stands in the table, past every rule."""
    venture: Organisation | None = facts.pop("venture", None)
    ends_at = starts_at + timedelta(minutes=minutes)
    facts = {
        "title": "",
        "holds_from": starts_at,
        "holds_until": ends_at,
        "price": 0,
        "currency": "JPY",
        "included_minutes": 0,
        "terms": {**TERMS, "included_minutes": facts.get("included_minutes", 0)},
        "booked_at": starts_at - timedelta(days=2),
        "once_key": uuid4().hex,
        **facts,
    }
    return keep(
        Booking(
            facility_id=room.facility_id,
            room_id=room.id,
            organisation_id=venture.id if venture else None,
            booked_by_id=by.id,
            starts_at=starts_at,
            ends_at=ends_at,
            **facts,
        )
    )
