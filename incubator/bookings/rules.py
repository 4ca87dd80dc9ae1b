"""What may be booked, what it costs, what cancelling costs, and when a room is free.

Lengths are real minutes; opening hours and gaps are minutes after midnight on the facility's
wall clock. Everything is half-open: 15:00 may follow a booking that ends at 15:00 (BR-F01).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from incubator.core.days import ONE_DAY, day_at, midnight, wall_clock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Instant, Message, Name, format_end, say
from incubator.core.money import round_to, share_of
from incubator.organisations.rules import check_stays
from incubator.spaces.rules.opening import Calendar, Hours

QUARTER = 15
HALF_HOUR = 30
HOUR = 60
DAY = 24 * HOUR
Gap = tuple[int, int]
ALL_DAY = Hours(0, DAY)
NEVER_CLOSED = Calendar()
ONLY_INSIDERS = say("Only companies that are with us can book rooms.")


@dataclass(frozen=True, order=True)
class Period:
    """From one moment up to, not including, another; both aware."""

    start: datetime
    end: datetime

    @property
    def minutes(self) -> int:
        """How many minutes really pass, whatever the clocks on the wall do."""
        return int((self.end.astimezone(UTC) - self.start.astimezone(UTC)).total_seconds()) // 60

    def meets(self, other: "Period") -> bool:
        """Whether the two share a moment."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class House:
    """When a facility is open, on its own wall clock."""

    zone: str = "Asia/Tokyo"
    hours: Hours = ALL_DAY
    calendar: Calendar = NEVER_CLOSED

    def closed_as(self, day: date) -> Name | None:
        """What a day off is called, if it has a name."""
        own, holiday = self.calendar.closed_days.get(day), self.calendar.holidays.get(day)
        return own if own and own.name else holiday


@dataclass(frozen=True)
class RoomRules:
    """The rules of use of a room; money in minor units of the facility's currency."""

    open_minute: int = 8 * HOUR
    close_minute: int = 21 * HOUR
    min_minutes: int = HALF_HOUR
    max_minutes: int = 8 * HOUR
    buffer_before: int = 0
    buffer_after: int = 0
    window_days: int = 90
    price_per_step: int = 0
    step_minutes: int = HOUR
    free_cancel_hours: int = 24
    late_cancel_bp: int = 10_000
    uses_included_minutes: bool = True
    bookable: bool = True

    @property
    def spends_included(self) -> bool:
        """Whether a booking here uses up included minutes: what costs nothing uses none."""
        return self.uses_included_minutes and self.price_per_step > 0


@dataclass(frozen=True)
class Reach:
    """How far ahead somebody may book: within the room's window, and while they are here."""

    any_time: bool = False
    """The window does not hold, as for the office."""
    left_on: date | None = None
    """The first day without the company."""

    def last_day(self, room: RoomRules, now: datetime, zone: str) -> date:
        """The last day that can be booked so far (BR-F02)."""
        window = timedelta(days=room.window_days)
        last = date.max if self.any_time else day_at(now, zone) + window
        return min(last, self.left_on - ONE_DAY) if self.left_on else last


@dataclass(frozen=True)
class Price:
    """What a booking costs, tax-exclusive (BR-F03)."""

    minutes: int
    included: int
    steps: int
    full: int
    amount: int

    @property
    def saved(self) -> int:
        """What the included minutes are worth."""
        return self.full - self.amount


@dataclass(frozen=True)
class CancelTerms:
    """The cancellation rule as it stood when the room was booked."""

    free_hours: int
    late_bp: int


@dataclass(frozen=True)
class Cancelling:
    """What cancelling now would mean."""

    free_until: datetime
    late: bool
    fee: int
    kept_minutes: int
    """Included minutes that do not come back."""


def length(minutes: int) -> Message:
    """1 h 30 min, 2 h or 45 min."""
    whole, rest = divmod(minutes, HOUR)
    if not whole:
        return say("%(minutes)s min", minutes=rest)
    if not rest:
        return say("%(hours)s h", hours=whole)
    return say("%(hours)s h %(minutes)s min", hours=whole, minutes=rest)


def clock(minute: int) -> str:
    """13:30, from minutes after midnight."""
    return f"{minute // HOUR:02d}:{minute % HOUR:02d}"


def instant(day: date, minute: int, zone: str) -> datetime:
    """The moment at which the wall clock shows this minute of this day, in UTC.

    A time that comes twice is its first coming; one that the clocks skip is refused.
    """
    at = wall_clock(day, minute, zone)
    if at is None:
        raise RuleBroken(
            say("The clocks go forward at this time, so it does not exist. Choose another."),
            "start",
        )
    return at


def whole_day(day: date, zone: str) -> Period:
    """From midnight to midnight on the wall clock: 23, 24 or 25 hours."""
    return Period(midnight(day, zone), midnight(day + ONE_DAY, zone))


def wall_minute(at: datetime, day: date, zone: ZoneInfo) -> int:
    """Minutes after midnight of `day` on the wall clock; clipped to that day."""
    local = at.astimezone(zone)
    if local.date() != day:
        return 0 if local.date() < day else DAY
    return local.hour * HOUR + local.minute


def hours_on(day: date, room: RoomRules, house: House) -> Gap | None:
    """When the room can be used on this day; None when the house is closed."""
    own = Hours(room.open_minute, room.close_minute)
    found = house.calendar.hours_on(day, house.hours, own)
    return (found.opens, found.closes) if found else None


def may_book(wanted: Period, room: RoomRules, house: House, *, now: datetime, reach: Reach) -> None:
    """Refuse what the rules of use refuse (BR-F02)."""
    _check_bookable(room)
    _check_length(wanted, room)
    open_hours = _open_hours(day_at(wanted.start, house.zone), room, house)
    if wanted.start < now - timedelta(minutes=QUARTER):
        raise RuleBroken(say("This time has passed. Choose a later one."), "start")
    _check_hours(wanted, open_hours, house)
    _check_reach(wanted, room, house, now, reach)


def why_closed(booked: Period, room: RoomRules, house: House) -> Message | None:
    """Why a room, or its house, is not open for what is booked in it; None when it is."""
    try:
        _check_bookable(room)
        _check_hours(booked, _open_hours(day_at(booked.start, house.zone), room, house), house)
    except RuleBroken as broken:
        return broken.message
    return None


def _check_bookable(room: RoomRules) -> None:
    if not room.bookable:
        raise RuleBroken(say("This room cannot be booked at the moment."), "room")


def _check_length(wanted: Period, room: RoomRules) -> None:
    moments = (wanted.start, wanted.end)
    if any(at.minute % QUARTER or at.second or at.microsecond for at in moments):
        raise RuleBroken(say("Bookings begin and end on a quarter of an hour."), "start")
    if wanted.minutes < room.min_minutes:
        shortest = length(room.min_minutes)
        raise RuleBroken(
            say("This room is booked for %(shortest)s at least.", shortest=shortest), "minutes"
        )
    if wanted.minutes > room.max_minutes:
        longest = length(room.max_minutes)
        raise RuleBroken(
            say("This room is booked for %(longest)s at most.", longest=longest), "minutes"
        )


def _open_hours(day: date, room: RoomRules, house: House) -> Gap:
    open_hours = hours_on(day, room, house)
    if open_hours is not None:
        return open_hours
    if name := house.closed_as(day):
        raise RuleBroken(say("We are closed on %(day)s (%(name)s).", day=day, name=name), "start")
    raise RuleBroken(say("We are closed on %(day)s.", day=day), "start")


def _check_hours(wanted: Period, open_hours: Gap, house: House) -> None:
    zone = ZoneInfo(house.zone)
    day = day_at(wanted.start, house.zone)
    opens, closes = open_hours
    first, last = wall_minute(wanted.start, day, zone), wall_minute(wanted.end, day, zone)
    if first < opens or last > closes or wanted.end > whole_day(day, house.zone).end:
        raise RuleBroken(
            say(
                "This room can be used from %(opens)s to %(closes)s.",
                opens=clock(opens),
                closes=clock(closes),
            ),
            "start",
        )


def _check_reach(
    wanted: Period, room: RoomRules, house: House, now: datetime, reach: Reach
) -> None:
    day = day_at(wanted.start, house.zone)
    check_stays(reach.left_on, day)
    last = reach.last_day(room, now, house.zone)
    if day > last:
        raise RuleBroken(
            say("This room can be booked up to %(last)s so far.", last=last),
            "start",
        )


def price_of(minutes: int, room: RoomRules, included_left: int) -> Price:
    """Per started step, after included minutes of the month are used up (BR-F03)."""
    included = min(minutes, max(included_left, 0)) if room.spends_included else 0
    steps = -(-(minutes - included) // room.step_minutes)
    full = -(-minutes // room.step_minutes) * room.price_per_step
    return Price(minutes, included, steps, full, steps * room.price_per_step)


def cancelling(price: Price, terms: CancelTerms, starts_at: datetime, now: datetime) -> Cancelling:
    """The fee and the included minutes lost by the rule in force when booked (BR-F03)."""
    free_until = starts_at - timedelta(hours=terms.free_hours)
    if now <= free_until:
        return Cancelling(free_until, late=False, fee=0, kept_minutes=0)
    fee, kept = (round_to(share_of(each, terms.late_bp)) for each in (price.amount, price.included))
    return Cancelling(free_until, late=True, fee=fee, kept_minutes=kept)


def may_cancel(starts_at: datetime, now: datetime) -> None:
    """What has begun is not cancelled any more."""
    if starts_at <= now:
        raise RuleBroken(say("This booking has already begun, so it can no longer be cancelled."))


def may_be_no_show(starts_at: datetime, now: datetime) -> None:
    """Nobody is missing before the start (BR-F04)."""
    if now < starts_at:
        raise RuleBroken(say("This booking has not begun yet."))


def taken(name: str, clash: Period, zone: str) -> Message:
    """What to say when somebody else has the room."""
    return say(
        "%(room)s is taken from %(start)s to %(end)s. Choose another time.",
        room=name,
        start=Instant(clash.start, zone),
        end=format_end(clash.end, zone),
    )


def free_gaps(hours: Gap | None, holds: Iterable[Gap], room: RoomRules, earliest: int) -> list[Gap]:
    """The stretches of one day in which the room can be used, on quarters of an hour.

    `holds` are minutes held by others with their buffers; nothing begins before `earliest`.
    """
    if hours is None:
        return []
    opens, closes = hours
    gaps = []
    free = max(opens, -(-earliest // QUARTER) * QUARTER)
    after, shortest = room.buffer_after, room.min_minutes
    for start, end in [*sorted(holds), (closes + after, DAY)]:
        until = min(start - after, closes) // QUARTER * QUARTER
        if until - free >= shortest:
            gaps.append((free, until))
        free = max(free, -(-(end + room.buffer_before) // QUARTER) * QUARTER)
    return gaps


def starts_in(gap: Gap, room: RoomRules) -> list[int]:
    """When one may begin in a gap: at once, then on every half hour."""
    first, last = gap[0], gap[1] - room.min_minutes
    halves = range(-(-(first + 1) // HALF_HOUR) * HALF_HOUR, last + 1, HALF_HOUR)
    return [first, *halves]


def lengths(room: RoomRules) -> list[int]:
    """How long one may stay: half hours from the shortest to the longest."""
    more = range((room.min_minutes // HALF_HOUR + 1) * HALF_HOUR, room.max_minutes + 1, HALF_HOUR)
    return [room.min_minutes, *more]


def nearest(wanted: int, minutes: int, gaps: Sequence[Gap]) -> list[int]:
    """The last start before `wanted` and the first one from it on that leave `minutes` free."""
    fitting = [(start, end - minutes) for start, end in gaps if end - minutes >= start]
    before = [min(last, wanted) for first, last in fitting if first < wanted]
    after = [max(first, wanted) for first, last in fitting if last >= wanted]
    found = [*before[-1:], *after[:1]]
    return found[:1] if len(set(found)) == 1 else found


def clip_earliest(day: date, now: datetime, zone: str) -> int:
    """From which minute of a day something may still begin; past days have none left."""
    return wall_minute(now, day, ZoneInfo(zone))
