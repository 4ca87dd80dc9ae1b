"""Days, months and stretches of them, as an office counts. Every stretch is half-open."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from incubator.core.i18n import Label, Message, say

ONE_DAY = timedelta(days=1)
FOREVER = date(9999, 12, 31)
ERAS = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
    (date(1868, 1, 25), "明治"),
)


@dataclass(frozen=True, order=True)
class Stretch:
    """The days from `start` up to, not including, `until`."""

    start: date
    until: date

    @property
    def days(self) -> int:
        """How many days it holds; never negative."""
        return max((self.until - self.start).days, 0)

    @property
    def last(self) -> date:
        """The last day inside it."""
        return self.until - ONE_DAY

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.until

    def meets(self, other: "Stretch") -> bool:
        """Whether the two share a day."""
        return self.start < other.until and other.start < self.until

    def within(self, other: "Stretch") -> "Stretch":
        """What the two share; without a day when they do not meet."""
        start = max(self.start, other.start)
        return Stretch(start, max(start, min(self.until, other.until)))

    def months(self) -> Iterator[date]:
        """The first day of every calendar month it touches."""
        month = month_of(self.start)
        while month < self.until:
            yield month
            month = add_months(month, 1)


class Roll(StrEnum):
    """Where a due day goes that falls on a closed day (domain.md §7.1)."""

    NONE = "none"
    NEXT = "next"
    PREVIOUS = "previous"


class Proration(Label):
    """How part of a month is charged (BR-P02)."""

    ACTUAL = "actual"
    FIXED30 = "fixed30"
    MONTHLY = "monthly"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What people read."""
        return {
            cls.ACTUAL: say("by calendar days"),
            cls.FIXED30: say("by 30ths"),
            cls.MONTHLY: say("counts as a whole month"),
        }


def day_at(at: datetime, zone: str) -> date:
    """The day that an instant falls on, where the building stands."""
    return at.astimezone(ZoneInfo(zone)).date()


def midnight(day: date, zone: str) -> datetime:
    """The instant at which a day begins where the building stands, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def wall_clock(day: date, minute: int, zone: str) -> datetime | None:
    """The instant at which the clock on the wall shows this minute after midnight, in UTC.

    A time that comes twice is its first coming; None where the clocks skip it.
    """
    shown = datetime.combine(day, time()) + timedelta(minutes=minute)
    at = shown.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return at if at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == shown else None


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


@lru_cache
def days_in_month(day: date) -> int:
    """How many days its month has."""
    return monthrange(day.year, day.month)[1]


@lru_cache
def whole_month(day: date) -> Stretch:
    """The whole month around a day."""
    return Stretch(month_of(day), add_months(month_of(day), 1))


def add_months(day: date, months: int) -> date:
    """The same day some months on, clipped to the end of a shorter month (BR-N01)."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if day.day <= 28:
        return date(years, month + 1, day.day)
    last = monthrange(years, month + 1)[1]
    return date(years, month + 1, min(day.day, last))


def end_of_term(start: date, months: int) -> date:
    """The first day after a term of months; a month that lacks the day of the start counts whole.

    So says article 143, paragraph 2 of the Civil Code: a month from 31 January ends with February.
    """
    day = add_months(start, months)
    return day if day.day == start.day else day + ONE_DAY


def months_since(start: date, day: date) -> int:
    """How many calendar months lie between the month of `start` and the month of `day`."""
    return (day.year - start.year) * 12 + day.month - start.month


def full_months_since(start: date, day: date) -> int:
    """How many whole months have passed from `start` to `day`."""
    months = months_since(start, day)
    return months - (end_of_term(start, months) > day)


def fiscal_year(day: date) -> int:
    """The Japanese fiscal year, April to March (BR-C01)."""
    return day.year if day.month >= 4 else day.year - 1


def fiscal_year_days(year: int) -> Stretch:
    """The days of a fiscal year."""
    return Stretch(date(year, 4, 1), date(year + 1, 4, 1))


def roll(day: date, how: Roll, is_closed: Callable[[date], bool]) -> date:
    """Move a due day off closed days (BR-C02)."""
    step = {Roll.NEXT: ONE_DAY, Roll.PREVIOUS: -ONE_DAY}.get(how)
    while step and is_closed(day):
        day += step
    return day


def era_year(day: date) -> tuple[str, int]:
    """The era and the year in it: 2026 is (令和, 8) (domain.md §7.2)."""
    for first, name in ERAS:
        if day >= first:
            return name, day.year - first.year + 1
    raise ValueError(day)


def format_era(day: date) -> str:
    """令和8年11月23日; the first year is 元年 (BR-C03)."""
    name, year = era_year(day)
    return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日"


def fiscal_year_label(year: int) -> str:
    """令和8年度 for 2026 (BR-C01)."""
    name, number = era_year(date(year, 5, 1))
    return f"{name}{'元' if number == 1 else number}年度"
