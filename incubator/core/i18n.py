"""Words and figures in the reader's language. A message is a value until somebody reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from babel.messages.pofile import read_po

from incubator.core.money import SQUARE_METRE, as_decimal, exponent

LANGUAGES = ("ja", "en")
SIGNS = {"JPY": "¥", "EUR": "€", "GBP": "£", "USD": "$"}
WEEKDAYS = {
    "ja": tuple("月火水木金土日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CATALOGUES = Path(__file__).resolve().parent.parent / "translations"


@dataclass(frozen=True)
class Sum:
    """An amount inside a message."""

    amount: int
    currency: str


@dataclass(frozen=True)
class Instant:
    """A moment inside a message, shown on the wall clock of a zone."""

    at: datetime
    zone: str


@dataclass(frozen=True)
class Month:
    """A month inside a message, by any of its days."""

    day: date


@dataclass(frozen=True)
class Message:
    """A sentence for any language; values inside may be days, months, sums, names, messages."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    one: str = ""
    """What is said instead where the value named `by` is 1."""
    by: str = ""

    def __str__(self) -> str:
        return translate(self, "en")

    def __mod__(self, values: Mapping[str, object]) -> "Message":
        return replace(self, values={**self.values, **values})

    def __hash__(self) -> int:
        return hash(self.text)


class Named(Protocol):
    """What has a name, and may have one in English."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def name_en(self) -> str:
        """The same in English, or nothing."""


@dataclass(frozen=True)
class Name:
    """What something is called, inside a message."""

    name: str
    name_en: str = ""

    @classmethod
    def of(cls, named: Named) -> "Name":
        """The name of a record, that stays as it is now."""
        return cls(named.name, named.name_en)


class Label(StrEnum):
    """An enumeration whose members have names for people; see `labels`."""

    @property
    def label(self) -> Message:
        """What people call it."""
        return self.labels()[self]

    @classmethod
    def labels(cls) -> Mapping[str, Message]:
        """What people call each member."""
        raise NotImplementedError


def say(text: str, /, **values: object) -> Message:
    """Make a message; its text is the English sentence, with `%(name)s` for values."""
    return Message(text, values)


def say_n(by: str, one: str, many: str, /, **values: object) -> Message:
    """A message with a number in it: `one` is said where the value named `by` is 1."""
    return Message(many, values, one, by)


@cache
def _catalogue(lang: str) -> dict[tuple[str, str | None], str | tuple[str, ...]]:
    said: dict[tuple[str, str | None], str | tuple[str, ...]] = {}
    path = CATALOGUES / lang / "LC_MESSAGES" / "messages.po"
    if path.exists():
        with path.open("rb") as file:
            entries = [entry for entry in read_po(file, locale=lang) if entry.id and entry.string]
        for entry in entries:
            keys = (entry.id,) if isinstance(entry.id, str) else entry.id
            string = entry.string or ""
            for key in keys:
                said[key, entry.context] = string if isinstance(string, str) else tuple(string)
    return said


def gettext(text: str, lang: str) -> str:
    """The sentence in this language, or itself."""
    found = _catalogue(lang).get((text, None), text)
    return found if isinstance(found, str) else found[0]


def ngettext(one: str, many: str, number: int, lang: str) -> str:
    """The sentence for this number; Japanese has one form."""
    found = _catalogue(lang).get((one, None))
    if found is None:
        return one if number == 1 else many
    forms = (found,) if isinstance(found, str) else found
    return forms[0 if number == 1 else len(forms) - 1]


def translate(message: Message | Name | str, lang: str) -> str:
    """Say it in this language; plain strings are data and stay as they are."""
    if isinstance(message, Name):
        return name_of(message, lang)
    if isinstance(message, Label):
        message = message.label
    if isinstance(message, str):
        return message
    text = _form(message, lang)
    return text % {name: _spell(value, lang) for name, value in message.values.items()}


def _form(message: Message, lang: str) -> str:
    if message.one:
        number = 1 if message.values[message.by] == 1 else 2
        return ngettext(message.one, message.text, number, lang)
    return gettext(message.text, lang)


def name_of(named: Named, lang: str) -> str:
    """What it is called in this language."""
    return (named.name_en if lang == "en" else "") or named.name


def _spell(value: object, lang: str) -> object:
    match value:
        case Message() | Label() | Name():
            return translate(value, lang)
        case Sum():
            return format_money(value.amount, value.currency, lang, words=True)
        case Instant():
            return format_moment(value.at, value.zone, lang)
        case Month():
            return format_month(value.day, lang)
        case date():
            return format_day(value, lang)
        case _:
            return value


def format_money(amount: int, currency: str, lang: str, *, words: bool = False) -> str:
    """¥127,472, or 127,472円 in a Japanese sentence; the minus is U+2212 (ui.md §9)."""
    number = f"{abs(as_decimal(amount, currency)):,.{exponent(currency)}f}"
    minus = "−" if amount < 0 else ""
    if words and lang == "ja" and currency == "JPY":
        return f"{minus}{number}円"
    return f"{minus}{SIGNS[currency]}{number}"


def format_day(day: date, lang: str, form: str = "long") -> str:
    """`long` with weekday and year, `short` without year, `table` without weekday (ui.md §9)."""
    weekday = WEEKDAYS[lang][day.weekday()]
    if lang == "ja":
        return {
            "long": f"{day.year}年{day.month}月{day.day}日（{weekday}）",
            "short": f"{day.month}/{day.day}（{weekday}）",
            "table": f"{day.year}年{day.month}月{day.day}日",
        }[form]
    month = MONTHS[day.month - 1]
    return {
        "long": f"{weekday} {day.day} {month} {day.year}",
        "short": f"{weekday} {day.day} {month}",
        "table": f"{day.day} {month} {day.year}",
    }[form]


def format_moment(at: datetime, zone: str, lang: str, form: str = "long") -> str:
    """The day and the time on the wall clock of a zone: 11/26（木）14:00 or Thu 26 Nov 14:00."""
    local = at.astimezone(ZoneInfo(zone))
    day = format_day(local.date(), lang, form)
    return f"{day}{'' if day.endswith('）') else ' '}{local:%H:%M}"


def format_month(day: date, lang: str) -> str:
    """2026年11月 or Nov 2026."""
    return f"{day.year}年{day.month}月" if lang == "ja" else f"{MONTHS[day.month - 1]} {day.year}"


def format_time(at: datetime, zone: str) -> str:
    """14:00 on the wall clock of a zone."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def format_end(at: datetime, zone: str) -> str:
    """15:00, when something ends on the wall clock of a zone; at midnight its day ends at 24:00."""
    words = format_time(at, zone)
    return "24:00" if words == "00:00" else words


def format_area(area: int, lang: str, digits: int = 1) -> str:
    """42.0㎡ or 42.0 m²; `area` in hundredths of a square metre, of which none is dropped."""
    whole, rest = divmod(area, SQUARE_METRE)
    number = f"{whole:,}.{rest:02d}"
    number = number.removesuffix("0") if digits == 1 else number
    return f"{number}㎡" if lang == "ja" else f"{number} m²"
