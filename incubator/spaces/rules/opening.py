"""When a facility and its rooms are open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, Name, say

DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class Hours:
    """Minutes after midnight, half-open."""

    opens: int
    closes: int

    def within(self, other: "Hours") -> "Hours | None":
        """What both have in common, or None."""
        opens, closes = max(self.opens, other.opens), min(self.closes, other.closes)
        return Hours(opens, closes) if opens < closes else None


@dataclass(frozen=True)
class Calendar:
    """The days on which a facility is closed; names say why."""

    closed_weekdays: frozenset[int] = frozenset()
    closed_on_holidays: bool = True
    holidays: Mapping[date, Name] = field(default_factory=dict)
    closed_days: Mapping[date, Name] = field(default_factory=dict)

    def closed_because(self, day: date) -> Message | None:
        """Why the facility is closed on a day, or None when it is open."""
        if day in self.closed_days:
            named = self.closed_days[day]
            return say("Closed: %(name)s", name=named) if named.name else say("Closed that day")
        if self.closed_on_holidays and day in self.holidays:
            return say("Closed: %(name)s", name=self.holidays[day])
        if day.weekday() in self.closed_weekdays:
            return say("Closed on this day of the week")
        return None

    def hours_on(self, day: date, house: Hours, room: Hours | None = None) -> Hours | None:
        """The open hours of the house, or of a room in it, on a day; None when closed."""
        if self.closed_because(day) is not None:
            return None
        return house.within(room) if room else house


def weekdays(digits: str) -> frozenset[int]:
    """The weekdays that a facility's digits name; Monday is 0."""
    return frozenset(int(digit) for digit in digits if digit in "0123456")


def check_hours(opens: int, closes: int) -> None:
    """Opening comes before closing, both within one day."""
    if not 0 <= opens < closes <= DAY_MINUTES:
        raise RuleBroken(say("Closing time must be after opening time."), "close_minute")


def check_lengths(shortest: int, longest: int, step: int) -> None:
    """The bookable lengths of a room are in order and start with a step above zero."""
    if step <= 0:
        raise RuleBroken(say("The price step must be at least one minute."), "step_minutes")
    if not all(a <= b for a, b in pairwise((1, shortest, longest))):
        raise RuleBroken(
            say("The longest booking must not be shorter than the shortest."), "max_minutes"
        )
