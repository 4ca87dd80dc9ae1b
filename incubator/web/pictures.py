"""Geometry of pictures on pages: text in plans, axes of charts, a day in quarters of an hour."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from unicodedata import east_asian_width

QUARTER = 15
HOUR = 60
DAY = 24 * HOUR
LEGAL_FORMS = ("株式会社", "有限会社", "合同会社", "一般社団法人", "一般財団法人")


def text_width(text: object, size: int) -> int:
    """About how many units wide a text of this size is."""
    return (sum(map(_hundredths, str(text))) * size + 99) // 100


def _hundredths(letter: str) -> int:
    if east_asian_width(letter) in "WF":
        return 100
    return 64 if letter.isupper() or letter in "mw%@" else 52


def fit(text: object, width: int, size: int) -> str:
    """The text, or as much of its start as fits with an ellipsis."""
    words = str(text)
    if text_width(words, size) <= width:
        return words
    while words and text_width(words, size) + size > width:
        words = words[:-1]
    return f"{words.rstrip()}…" if words else ""


def initials(name: object) -> str:
    """Two letters that stand for a name where there is no room for it."""
    words = str(name)
    for form in LEGAL_FORMS:
        words = words.replace(form, "")
    return _initials(words.split(), words)


def _initials(words: Sequence[str], name: str) -> str:
    if len(words) > 1:
        return "".join(word[0] for word in words[:2])
    return name.strip()[:2]


@dataclass(frozen=True)
class Axis:
    """The upright axis of a chart, from zero."""

    top: int
    ticks: tuple[int, ...]


def chart_axis(data: Iterable[Sequence[int]]) -> Axis:
    """An axis with round halves that holds the highest of the stacked bars."""
    highest = max((sum(row) for row in data), default=0)
    half = 1
    while half * 2 < highest:
        half = _next_round(half)
    return Axis(half * 2, (0, half, half * 2))


def _next_round(value: int) -> int:
    """1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30 and so on."""
    power: int = 10 ** (len(str(value)) - 1)
    rounds = [power * each // 10 for each in (10, 15, 20, 30, 40, 50, 60, 80, 100)]
    return next(each for each in rounds if each > value)


@dataclass(frozen=True)
class Item:
    """A booking or a free gap, placed on the quarters of a day; times in minutes after midnight."""

    start: int
    end: int
    slot: int
    slots: int
    gap: bool = False
    who: object = ""
    what: object = ""
    kind: str = ""
    href: str = ""


@dataclass(frozen=True)
class RoomDay:
    """One room on one day."""

    name: object
    meta: object = ""
    href: str = ""
    book_url: str = ""
    entries: tuple[Item, ...] = field(default=())


@dataclass(frozen=True)
class DayPlan:
    """All rooms on one day."""

    hours: tuple[int, ...]
    minutes: int
    now_at: int | None
    rooms: tuple[RoomDay, ...]


def day_plan(
    rooms: Iterable[object], opens: int, closes: int, now: int | None = None, min_gap: int = 30
) -> DayPlan:
    """Place bookings and the free gaps between them; nothing free lies in the past."""
    opens, closes = opens // HOUR * HOUR, -(-closes // HOUR) * HOUR
    now_at = now - opens if now is not None and opens <= now < closes else None
    return DayPlan(
        hours=tuple(range(opens, closes, HOUR)),
        minutes=closes - opens,
        now_at=now_at,
        rooms=tuple(_room_day(room, opens, closes, now, min_gap) for room in rooms),
    )


def _room_day(room: object, opens: int, closes: int, now: int | None, min_gap: int) -> RoomDay:
    events = sorted(_part(room, "entries") or (), key=lambda event: int(_part(event, "start")))
    book_url = str(_part(room, "book_url"))
    entries: list[Item] = []
    free = opens
    for event in events:
        start, end = max(opens, _part(event, "start")), min(closes, _part(event, "end"))
        if end <= start:
            continue
        entries += _gaps(free, start, opens, now, min_gap) if book_url else ()
        entries.append(_booking(event, start, end, opens))
        free = max(free, end)
    entries += _gaps(free, closes, opens, now, min_gap) if book_url else ()
    name, meta, href = (_part(room, key) for key in ("name", "meta", "href"))
    return RoomDay(name, meta, str(href), book_url, tuple(entries))


def _gaps(start: int, end: int, opens: int, now: int | None, min_gap: int) -> tuple[Item, ...]:
    begin = max(start, now or 0)
    begin = -(-begin // QUARTER) * QUARTER
    if end - begin < min_gap:
        return ()
    return (Item(begin, end, *_slots(begin, end, opens), gap=True),)


def _booking(event: object, start: int, end: int, opens: int) -> Item:
    who, what, kind, href = (_part(event, key) for key in ("who", "what", "kind", "href"))
    return Item(
        start, end, *_slots(start, end, opens), who=who, what=what, kind=str(kind), href=str(href)
    )


def _slots(start: int, end: int, opens: int) -> tuple[int, int]:
    first = (start - opens) // QUARTER
    return first, max(1, -(-(end - opens) // QUARTER) - first)


def _part(item: object, key: str) -> Any:
    found = item.get(key) if isinstance(item, Mapping) else getattr(item, key, None)
    return "" if found is None else found
