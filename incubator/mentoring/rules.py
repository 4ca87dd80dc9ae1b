"""Decisions about mentoring: free times, caseload, who reads which note, who is at risk."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256

from incubator.core.days import FOREVER, ONE_DAY, Stretch, wall_clock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, Sum, say, say_n

DAY_MINUTES = 24 * 60
SLOT_LENGTHS = (30, 45, 60, 90, 120)
USUAL_LENGTH = 60
LONGEST = timedelta(hours=8)
QUIET_DAYS = 60
LEASE_DAYS = 90
ONLY_INSIDERS = say("Only ventures that are with us can book sessions.")


@dataclass(frozen=True)
class Hours:
    """Hours of a weekday (Monday is 0) in which a manager can be booked, in wall-clock minutes."""

    weekday: int
    from_minute: int
    until_minute: int
    slot_minutes: int
    valid: Stretch


@dataclass(frozen=True)
class OtherDay:
    """A day that differs from the weekday's hours; without minutes the manager is away."""

    day: date
    from_minute: int | None = None
    until_minute: int | None = None
    slot_minutes: int = 60


@dataclass(frozen=True, order=True)
class Slot:
    """A stretch of time that can be booked; aware instants, half-open."""

    starts_at: datetime
    ends_at: datetime

    def meets(self, other: "Slot") -> bool:
        """Whether the two share a moment."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60


@dataclass(frozen=True)
class Plan:
    """When a manager receives ventures: weekly hours, other days, days the house is closed."""

    zone: str
    weekly: tuple[Hours, ...] = ()
    other: tuple[OtherDay, ...] = ()
    closed: frozenset[date] = field(default_factory=frozenset)


def hours_on(day: date, plan: Plan) -> list[tuple[int, int, int]]:
    """The hours of a day as (from, until, slot) in minutes; an exception replaces the week."""
    if day in plan.closed:
        return []
    for other in plan.other:
        if other.day == day:
            if other.from_minute is None or other.until_minute is None:
                return []
            return [(other.from_minute, other.until_minute, other.slot_minutes)]
    return sorted(
        (hours.from_minute, hours.until_minute, hours.slot_minutes)
        for hours in plan.weekly
        if hours.weekday == day.weekday() and day in hours.valid
    )


def usual_length(day: date, weekly: Iterable[Hours]) -> int:
    """How many minutes a session lasts on a day at other hours: as long as on that weekday.

    Else as in any hours of these weeks, the shortest if they differ, else an hour.
    """
    lengths = [(each.weekday, each.slot_minutes) for each in weekly if day in each.valid]
    same = [minutes for weekday, minutes in lengths if weekday == day.weekday()]
    return min(same or [minutes for _, minutes in lengths], default=USUAL_LENGTH)


def slots_on(day: date, plan: Plan) -> Iterator[Slot]:
    """The slots of a day, free or not; each lasts its real minutes also when clocks change."""
    for start, until, length in hours_on(day, plan):
        end = wall_clock(day, until, plan.zone)
        for minute in range(start, until - length + 1, length):
            begins = wall_clock(day, minute, plan.zone)
            if begins is None:
                continue
            slot = Slot(begins, begins + timedelta(minutes=length))
            if end is None or slot.ends_at <= end:
                yield slot


def free_slots(
    days: Stretch, plan: Plan, taken: Iterable[Slot], not_before: datetime
) -> list[Slot]:
    """What can still be booked in these days: open, not taken, not begun."""
    busy = list(taken)
    day, found = days.start, []
    while day < days.until:
        found += [
            slot
            for slot in slots_on(day, plan)
            if slot.starts_at >= not_before and not any(slot.meets(other) for other in busy)
        ]
        day += ONE_DAY
    return sorted(set(found))


def check_hours(new: Hours, existing: Iterable[Hours]) -> None:
    """Hours lie inside a day, hold at least one slot and overlap no others of the weekday."""
    check_times(new.from_minute, new.until_minute, new.slot_minutes)
    for hours in existing:
        if (
            hours.weekday == new.weekday
            and hours.from_minute < new.until_minute
            and new.from_minute < hours.until_minute
            and hours.valid.meets(new.valid)
        ):
            raise RuleBroken(
                say("You are already open at that time of the week, here or at another facility."),
                "from_minute",
            )


def check_times(from_minute: int, until_minute: int, slot_minutes: int) -> None:
    """The end comes after the start and leaves room for one slot."""
    if not 0 <= from_minute < until_minute <= DAY_MINUTES:
        raise RuleBroken(say("The end must come after the start."), "until_minute")
    if slot_minutes not in SLOT_LENGTHS or until_minute - from_minute < slot_minutes:
        raise RuleBroken(
            say(
                "These hours are shorter than one session of %(minutes)s minutes.",
                minutes=slot_minutes,
            ),
            "until_minute",
        )


def valid_between(from_day: date, until_day: date | None) -> Stretch:
    """A stretch of days; no end is for ever."""
    return Stretch(from_day, until_day or FOREVER)


def caseload_warning(ventures: int, limit: int) -> Message | None:
    """A warning, never a refusal, when a manager looks after more ventures than the house wants."""
    if ventures <= limit:
        return None
    return say_n(
        "limit",
        "This is more than the %(limit)s venture that one manager should look after.",
        "This is more than the %(limit)s ventures that one manager should look after.",
        limit=limit,
    )


def check_end(from_day: date, until_day: date | None, end: date) -> None:
    """An assignment that still runs can end, at the earliest the day after it began."""
    if until_day is not None and until_day <= end:
        raise RuleBroken(say("This assignment has already ended."), "until")
    if end <= from_day:
        raise RuleBroken(
            say(
                "The assignment began on %(day)s; it can end the day after at the earliest.",
                day=from_day,
            ),
            "until",
        )


def check_may_withdraw(from_day: date, today: date) -> None:
    """Only what has not begun can be withdrawn; who has served can only end."""
    if from_day <= today:
        raise RuleBroken(say("This assignment has begun. End it instead."))


@dataclass(frozen=True)
class Reader:
    """Somebody before a session: how they stand to its venture today."""

    person_id: int | None
    manages: bool = False
    """Holds a current assignment as lead or supporting manager."""
    mentors: bool = False
    """Holds a current assignment as external mentor."""
    owns: bool = False
    """Is an owner of the venture."""
    member: bool = False
    """Belongs to the venture otherwise."""


@dataclass(frozen=True)
class Circle:
    """The people of a session."""

    manager_id: int
    guests: frozenset[int] = frozenset()
    authors: frozenset[int] = frozenset()
    """Who wrote a shared record of it."""


def may_read(reader: Reader, circle: Circle) -> bool:
    """Whether the session and its shared record are for this reader (security.md §2.2)."""
    took_part = reader.person_id in {circle.manager_id, *circle.guests, *circle.authors}
    return reader.manages or reader.owns or ((reader.mentors or reader.member) and took_part)


def may_write(reader: Reader, circle: Circle) -> bool:
    """Whether the reader may add a record: assigned managers, mentors to what they took part in."""
    return (reader.manages or reader.mentors) and may_read(reader, circle)


def may_read_private(reader: Reader, author_id: int) -> bool:
    """Whether a private note is for this reader: its author or an assigned manager, nobody else."""
    return reader.manages or (reader.mentors and reader.person_id == author_id)


def uid(actor_id: int | None, once_key: str) -> str:
    """What calendars call a session: the same for a form sent twice, and nobody else's."""
    return f"{sha256(f'{actor_id}:{once_key}'.encode()).hexdigest()[:32]}@incubator"


def check_times_of_session(slot: Slot, *, now: datetime, by_manager: bool) -> None:
    """A session ends after it starts, lasts at most eight hours; ventures book ahead only."""
    if not slot.starts_at < slot.ends_at <= slot.starts_at + LONGEST:
        raise RuleBroken(say("A session lasts between one minute and eight hours."), "length")
    if slot.starts_at < now and not by_manager:
        raise RuleBroken(say("This time has already begun. Choose a later one."), "start")


def check_may_change(*, booked: bool, starts_at: datetime, now: datetime, by_manager: bool) -> None:
    """Only what is still to come is moved or cancelled; the manager may also clear up later."""
    if not booked:
        raise RuleBroken(say("This session is over or cancelled; it cannot be changed any more."))
    if starts_at <= now and not by_manager:
        raise RuleBroken(say("This session has begun. Please speak to your manager."))


def check_may_hold(*, cancelled: bool, starts_at: datetime, now: datetime) -> None:
    """A session was held when it has begun and was not cancelled."""
    if cancelled:
        raise RuleBroken(say("This session was cancelled."))
    if starts_at > now:
        raise RuleBroken(say("This session has not begun yet."))


def check_may_take_back(*, held: bool, own: bool, written: bool) -> None:
    """That a session was held is taken back by whoever said so, before anything is written."""
    if not held:
        raise RuleBroken(say("This session was cancelled."))
    if not own:
        raise RuleBroken(say("Somebody else noted that you met; they can take it back."))
    if written:
        raise RuleBroken(say("Something is written of this session, so it stays as held."))


@dataclass(frozen=True)
class Standing:
    """What is known of a venture when its manager asks how it does."""

    quiet_since: date
    """The last session held, or the day the assignment or, when it is later, the stay began."""
    currency: str
    met_on: date | None = None
    booked_ahead: bool = False
    overdue: int = 0
    missing_months: Sequence[date] = ()
    lease_until: date | None = None


@dataclass(frozen=True)
class Risk:
    """Why a venture needs attention: how grave, in short, and the facts."""

    kind: str
    """`bad` or `risk`, the states of a row."""
    label: Message
    facts: Message


def risks(standing: Standing, today: date) -> list[Risk]:
    """Why a venture is at risk, gravest first; empty when it is not."""
    found = []
    if standing.overdue > 0:
        owed = Sum(standing.overdue, standing.currency)
        facts = say("%(amount)s is past its due day", amount=owed)
        found.append(Risk("bad", say("Rent overdue"), facts))
    quiet = (today - standing.quiet_since).days
    if quiet >= QUIET_DAYS:
        found.append(Risk("bad", say("No contact for %(days)s days", days=quiet), _met(standing)))
    if standing.missing_months:
        facts = say("months not filed: %(months)s", months=len(standing.missing_months))
        found.append(Risk("risk", say("Monthly figures missing"), facts))
    if standing.lease_until and 0 <= (standing.lease_until - today).days <= LEASE_DAYS:
        facts = say("last day %(day)s", day=standing.lease_until - ONE_DAY)
        found.append(Risk("risk", say("Lease ends soon"), facts))
    return found


def _met(standing: Standing) -> Message:
    if standing.booked_ahead:
        return say("a session is booked")
    if standing.met_on:
        return say("last met %(day)s, nothing booked", day=standing.met_on)
    return say("never met, nothing booked")
