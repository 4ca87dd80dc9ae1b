"""From which side people look at sessions: the venture's, or that of those who look after it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import abort, request, url_for

from incubator.bookings.models import BookingStatus
from incubator.core.days import day_at
from incubator.core.errors import NotFound
from incubator.core.i18n import Message, say
from incubator.mentoring import actions, queries, rules
from incubator.mentoring.models import (
    ActionItem,
    Assignment,
    AssignmentKind,
    MentoringSession,
    SessionNote,
    SessionStatus,
)
from incubator.organisations.models import Organisation
from incubator.people.models import Person
from incubator.web.filters import name_of
from incubator.web.guard import Here, Home
from incubator.web.keys import key_of, number_of

DONE_LATELY = timedelta(days=14)
MOMENT = "%Y%m%dT%H%MZ"


@dataclass(frozen=True)
class Side:
    """Where somebody stands, and which addresses are theirs."""

    here: Here
    venture: Organisation
    own: bool = False

    def url(self, page: str, **values: Any) -> str:
        """The address of a page on this side: session, book, reschedule, cancel."""
        if self.own:
            return url_for(f"mentoring.own_{page}", venture_id=self.venture.id, **values)
        code = self.here.facility.code
        if page == "book":
            values["venture"] = key_of(self.venture.id)
        return url_for(f"mentoring.{page}", code=code, **values)

    @property
    def back(self) -> str:
        """The page that lists the venture's sessions."""
        if self.own:
            return url_for("mentoring.own", venture_id=self.venture.id)
        code = self.here.facility.code
        return url_for("mentoring.venture", code=code, organisation_id=self.venture.id)


def own_side(here: Home) -> Side:
    """The venture's side."""
    return Side(here, here.venture, own=True)


def write_moment(at: datetime) -> str:
    """How an instant stands in an address."""
    return at.astimezone(UTC).strftime(MOMENT)


def asked_slot() -> rules.Slot | None:
    """The time that the address names; 404 when it is none."""
    start, minutes = request.args.get("start"), request.args.get("minutes", "")
    if start is None:
        return None
    try:
        at = datetime.strptime(start, MOMENT).replace(tzinfo=UTC)
        return rules.Slot(at, at + timedelta(minutes=int(minutes)))
    except (ValueError, OverflowError):
        abort(404)


def slot_address(slot: rules.Slot) -> dict[str, object]:
    """The part of an address that names a time."""
    return {"start": write_moment(slot.starts_at), "minutes": slot.minutes}


def by_day(slots: Iterable[rules.Slot], zone: str) -> dict[date, list[rules.Slot]]:
    """Free times under the day on the wall clock."""
    days: dict[date, list[rules.Slot]] = {}
    for slot in slots:
        days.setdefault(day_at(slot.starts_at, zone), []).append(slot)
    return days


def room_name(session: MentoringSession) -> str:
    """What a session's room is called in the reader's language; called off, the one it had."""
    booking = session.booking
    if booking is None:
        return ""
    freed = booking.status is BookingStatus.CANCELLED
    return "" if freed and session.status is not SessionStatus.CANCELLED else name_of(booking.room)


def place_of(session: MentoringSession) -> str | Message:
    """Where people meet, or were to meet."""
    return room_name(session) or session.mode.label


def invited(session: MentoringSession, now: datetime) -> list[Person]:
    """Who is expected at a session; of one that is over or off, who was."""
    if session.status is SessionStatus.BOOKED and session.ends_at > now:
        return queries.guests_of(session, now)
    return [guest.person for guest in session.guests]


def standing(session: MentoringSession, now: datetime) -> tuple[str, Message]:
    """The state of a session as a row shows it."""
    if session.status is SessionStatus.CANCELLED:
        return "off", session.state
    if session.status is SessionStatus.HELD:
        return "ok", session.status.label
    if session.ends_at <= now:
        return "risk", say("Not yet written up")
    return "mid", session.status.label


def item_state(item: ActionItem, today: date) -> tuple[str, Message]:
    """The state of something to do as a row shows it."""
    if item.done_at is not None:
        return "ok", say("Done")
    if item.due_on is not None and item.due_on < today:
        return "bad", say("Overdue")
    return "mid", say("Not done yet")


def tick(here: Here, item: ActionItem) -> Message:
    """Tick an item off, or take that back, as the button says; what the page says then."""
    again = request.form.get("done") == "no"
    deed = actions.reopen_item if again else actions.complete_item
    deed(item, actor=here.actor, now=here.now, today=here.today)
    if again:
        return say("Reopened: %(title)s", title=item.title)
    return say("Done: %(title)s", title=item.title)


@dataclass(frozen=True)
class Entry:
    """A session in the log: what was recorded and agreed."""

    session: MentoringSession
    records: list[SessionNote]
    items: list[ActionItem]


def entries(sessions: Iterable[MentoringSession]) -> list[Entry]:
    """Sessions with their shared records and what was agreed; three questions for all."""
    sessions = list(sessions)
    ids = [session.id for session in sessions]
    records, items = queries.shared_records(ids), queries.actions_of_sessions(ids)
    return [
        Entry(session, records.get(session.id, []), items.get(session.id, []))
        for session in sessions
    ]


@dataclass(frozen=True)
class View:
    """The ventures somebody looks after, and which of them the page is about.

    Whoever is an external mentor sees one venture at a time (security.md §2.2, rule 2).
    """

    assignments: list[Assignment]
    chosen: int | None
    strict: bool

    @property
    def kinds(self) -> Mapping[int, AssignmentKind]:
        """As what they look after the ventures of this page."""
        return {
            each.organisation_id: each.kind
            for each in self.assignments
            if self.chosen in (None, each.organisation_id)
        }

    @property
    def bookable(self) -> list[Assignment]:
        """Those whose venture is with us, so that a session can be booked."""
        return [each for each in self.assignments if not each.organisation.stage.gone]


def view_of(here: Here) -> View:
    """What the page may show; 404 for a venture that is not looked after."""
    assignments = queries.assignments_of(here.actor, here.facility.id, here.today)
    strict = any(each.kind is AssignmentKind.MENTOR for each in assignments)
    chosen = number_of(key) if (key := request.args.get("venture")) else None
    known = {each.organisation_id for each in assignments}
    if chosen is not None and chosen not in known:
        raise NotFound
    if chosen is None and strict:
        chosen = assignments[0].organisation_id
    return View(assignments, chosen, strict)
