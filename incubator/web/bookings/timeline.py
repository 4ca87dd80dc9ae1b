"""A day of many rooms as a picture: everything a line says is made here, once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import current_app
from markupsafe import escape

from incubator.bookings import queries
from incubator.bookings.queries import RoomFacts, Taken
from incubator.bookings.rules import DAY, HOUR, QUARTER, Gap, House, Reach, clock, wall_minute
from incubator.core.days import day_at
from incubator.core.i18n import say
from incubator.web.filters import language, name_of, t
from incubator.web.keys import key_of, shuffle
from incubator.web.pictures import initials, short_name

CLOCK = tuple(clock(minute) for minute in range(DAY + 1))
SIZES = ((2, " sh sh4 xs"), (4, " sh sh4"), (6, " sh"))


class Entry(NamedTuple):
    """A booking or a gap on the picture; `size` are the classes of short ones.

    Made of numbers, addresses of ours and words that are escaped already: the template trusts it.
    """

    gap: bool
    slot: int
    slots: int
    size: str
    start: int
    end: int
    begins: str
    ends: str
    kind: str = ""
    href: str = ""
    who: str = ""
    what: str = ""
    initials: str = ""


class Line(NamedTuple):
    """One room on one day."""

    name: str
    meta: str
    href: str
    book_url: str
    free: str
    entries: list[Entry]


@dataclass(frozen=True)
class Picture:
    """All rooms on one day."""

    hours: list[str]
    minutes: int
    now_at: int | None
    lines: list[Line]
    booking: bool


@dataclass(frozen=True)
class Links:
    """Where the parts of the picture lead; nothing where they lead nowhere."""

    booking: str = ""
    room: str = ""
    book: str = ""


@dataclass(frozen=True)
class Scene:
    """Which day it is, and when it is looked at."""

    day: date
    now: datetime
    house: House
    reach: Reach


@lru_cache(maxsize=4_000)
def _safe(words: str) -> str:
    return str(escape(words))


def meta_of(room: RoomFacts) -> str:
    """Seats, equipment and floor in one line."""
    seats = t(say("Seats %(seats)s", seats=room.capacity))
    return " · ".join(part for part in (room.floor, str(seats), room.equipment) if part)


def picture(
    rooms: Iterable[RoomFacts], taken: Mapping[int, list[Taken]], scene: Scene, links: Links
) -> Picture:
    """Place what is taken and what is free on the quarters of the day."""
    rooms = list(rooms)
    opens, closes = queries.day_span(rooms, scene.house)
    opens, closes = opens // HOUR * HOUR, -(-closes // HOUR) * HOUR
    now = wall_minute(scene.now, scene.day, ZoneInfo(scene.house.zone))
    is_today = scene.day == day_at(scene.now, scene.house.zone)
    english, secret = language() == "en", current_app.config["URL_SECRET"]
    draw = _Draw(opens, closes, links.booking, str(t(say("Booked"))), english, secret)
    lines = []
    for room in rooms:
        entries = draw.bookings(taken.get(room.id, ()))
        book = f"{links.book}&room={key_of(room.id)}" if links.book else ""
        if book:
            gaps = queries.gaps_of(
                room.rules,
                taken.get(room.id, ()),
                scene.house,
                scene.day,
                scene.now,
                reach=scene.reach,
            )
            entries = sorted([*entries, *draw.gaps(gaps)], key=lambda entry: entry.start)
        name = name_of(room)
        href = f"{links.room}{key_of(room.id)}" if links.room else ""
        free = str(t(say("%(room)s is free", room=name))) if book else ""
        lines.append(Line(name, meta_of(room), href, book, free, entries))
    return Picture(
        hours=list(CLOCK[opens:closes:HOUR]),
        minutes=closes - opens,
        now_at=now - opens if is_today and opens <= now < closes else None,
        lines=lines,
        booking=bool(links.book),
    )


@dataclass(frozen=True)
class _Draw:
    """The measure of one picture."""

    opens: int
    closes: int
    prefix: str
    busy: str
    english: bool
    secret: bytes

    def bookings(self, taken: Iterable[Taken]) -> list[Entry]:
        return [
            self.booking(each) for each in taken if each.end > self.opens < self.closes > each.start
        ]

    def booking(self, each: Taken) -> Entry:
        start, end = max(each.start, self.opens), min(each.end, self.closes)
        first = (start - self.opens) // QUARTER
        slots = -(-(end - self.opens) // QUARTER) - first
        size = next((classes for most, classes in SIZES if slots <= most), "")
        who = (each.who_en if self.english else short_name(each.who)) if each.known else self.busy
        if each.known and not who:
            who, title = each.title, ""
        else:
            title = each.title
        href = f"{self.prefix}{shuffle(each.id, self.secret)}" if self.prefix and each.known else ""
        short = "" if slots > 2 else initials(who) if each.known else "–"
        return Entry(
            False, first, slots, size, start, end, CLOCK[each.start], CLOCK[each.end],
            " mine" if each.mine else "", href, _safe(who or self.busy), _safe(title), _safe(short),
        )  # fmt: skip

    def gaps(self, gaps: Iterable[Gap]) -> Iterable[Entry]:
        for start, end in gaps:
            first = (start - self.opens) // QUARTER
            slots = (end - self.opens) // QUARTER - first
            narrow = " nar" if slots < 6 else ""
            yield Entry(True, first, slots, narrow, start, end, CLOCK[start], CLOCK[end])
