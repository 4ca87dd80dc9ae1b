"""Builders for mentoring: an assigned manager, hours, sessions, things to do."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from incubator.mentoring.models import (
    ActionItem,
    ActionOwner,
    Assignment,
    AssignmentKind,
    Availability,
    MentoringSession,
    SessionGuest,
    SessionNote,
    SessionStatus,
    Visibility,
)
from incubator.organisations.models import Organisation
from incubator.people.models import Person
from tests.factories.base import FIRST_DAY, keep

NUMBERS = count(1)


def make_assignment(
    person: Person,
    venture: Organisation,
    kind: AssignmentKind | str = AssignmentKind.LEAD,
    *,
    from_day: date = FIRST_DAY,
    until_day: date | None = None,
) -> Assignment:
    """Somebody looks after a venture."""
    return keep(
        Assignment(
            facility_id=venture.facility_id,
            person_id=person.id,
            organisation_id=venture.id,
            kind=AssignmentKind(kind),
            from_day=from_day,
            until_day=until_day,
        )
    )


def make_hours(person: Person, facility_id: int, weekday: int, **facts: Any) -> Availability:
    """Ten to four, an hour each."""
    facts = {
        "from_minute": 600,
        "until_minute": 960,
        "slot_minutes": 60,
        "valid_from": FIRST_DAY,
        **facts,
    }
    return keep(
        Availability(facility_id=facility_id, person_id=person.id, weekday=weekday, **facts)
    )


def make_week(person: Person, facility_id: int) -> None:
    """Ten to four on every day of the week."""
    for weekday in range(7):
        make_hours(person, facility_id, weekday)


def make_session(
    manager: Person,
    venture: Organisation,
    starts_at: datetime | None = None,
    *,
    guests: tuple[Person, ...] = (),
    **facts: Any,
) -> MentoringSession:
    """A booked session of an hour."""
    starts_at = starts_at or datetime(2026, 11, 24, 1, tzinfo=UTC)
    facts = {
        "ends_at": starts_at + timedelta(hours=1),
        "status": SessionStatus.BOOKED,
        "topic": "販路開拓",
        "booked_by_id": manager.id,
        "booked_at": datetime(2026, 11, 1, tzinfo=UTC),
        **facts,
    }
    session = keep(
        MentoringSession(
            facility_id=venture.facility_id,
            organisation_id=venture.id,
            manager_id=manager.id,
            starts_at=starts_at,
            ics_uid=f"test-{next(NUMBERS)}@incubator",
            **facts,
        )
    )
    for person in guests:
        keep(SessionGuest(session_id=session.id, person_id=person.id))
    return session


def make_note(
    session: MentoringSession,
    author: Person,
    body: str,
    visibility: Visibility | str = Visibility.SHARED,
) -> SessionNote:
    """A record of a session."""
    return keep(
        SessionNote(
            session_id=session.id,
            author_id=author.id,
            visibility=Visibility(visibility),
            body=body,
            written_at=session.ends_at,
        )
    )


def make_item(session: MentoringSession, title: str, **facts: Any) -> ActionItem:
    """Something the venture has to do."""
    facts = {"owner": ActionOwner.VENTURE, "created_at": session.ends_at, **facts}
    return keep(
        ActionItem(
            facility_id=session.facility_id,
            organisation_id=session.organisation_id,
            session_id=session.id,
            manager_id=session.manager_id,
            title=title,
            **facts,
        )
    )
