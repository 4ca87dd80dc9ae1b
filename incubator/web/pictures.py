"""Geometry of pictures on pages: text in plans, axes of charts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

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


def folded(text: object, width: int, size: int) -> list[str]:
    """The text in one line or, where it is too long for one, in two; at a space if it has any."""
    words = str(text)
    fitting = [end for end in range(len(words) + 1) if text_width(words[:end], size) <= width]
    if fitting[-1] == len(words):
        return [words]
    end = words.rfind(" ", 1, fitting[-1] + 1)
    end = end if end > 0 else fitting[-1]
    return [words[:end].rstrip(), fit(words[end:].lstrip(), width, size)]


def initials(name: object) -> str:
    """Two letters that stand for a name where there is no room for it."""
    words = short_name(name)
    return _initials(words.split(), words)


def short_name(name: object) -> str:
    """A company's name without its legal form, where the room is for what tells it from others."""
    words = str(name)
    for form in LEGAL_FORMS:
        words = words.replace(form, "")
    return words.strip() or str(name)


def _initials(words: Sequence[str], name: str) -> str:
    if len(words) > 1:
        return "".join(word[0] for word in words[:2])
    return name[:2]


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
