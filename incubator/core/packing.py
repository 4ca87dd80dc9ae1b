"""Sentences as data: stored with what they explain, and said again years later."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from incubator.core.i18n import Label, Message, Month, Name, Sum


def pack(message: Message) -> dict[str, Any]:
    """A message as plain JSON."""
    return {
        "text": message.text,
        "values": {name: _pack(value) for name, value in message.values.items()},
        **({"one": message.one, "by": message.by} if message.one else {}),
    }


def unpack(stored: Mapping[str, Any]) -> Message:
    """The message again."""
    values = {name: _unpack(value) for name, value in stored.get("values", {}).items()}
    return Message(stored["text"], values, stored.get("one", ""), stored.get("by", ""))


def _pack(value: object) -> object:
    if isinstance(value, Label):
        value = value.label
    match value:
        case Message():
            return {"message": pack(value)}
        case Sum():
            return {"sum": value.amount, "currency": value.currency}
        case Month():
            return {"month": value.day.isoformat()}
        case Name():
            return {"name": value.name, "name_en": value.name_en}
        case date():
            return {"day": value.isoformat()}
        case _:
            return value if value is None or isinstance(value, bool | int | str) else str(value)


def _unpack(value: object) -> object:
    match value:
        case {"message": stored}:
            return unpack(stored)
        case {"sum": amount, "currency": currency}:
            return Sum(amount, currency)
        case {"month": text}:
            return Month(date.fromisoformat(text))
        case {"name": name, "name_en": name_en}:
            return Name(name, name_en)
        case {"day": text}:
            return date.fromisoformat(text)
        case _:
            return value
