"""What a cell of a rent roll says; RuleBroken, with a cure, when it cannot be read."""

import re
from datetime import date

from incubator.core import reading
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.leases.importing.columns import KIND_NAMED, STANDING_NAMED, Standing, plain_name
from incubator.organisations import rules as organisations
from incubator.spaces.models import UnitKind
from incubator.spaces.rules.floors import floor_name

NOBODY = frozenset({"", "-", "―", "—", "なし", "無", "無し", "none"})


def code(text: str) -> str:
    """The code of a unit."""
    return reading.words(reading.tidy(text), longest=40)


def floor(text: str) -> str:
    """The name of a floor."""
    return floor_name(code(text))


def name(text: str) -> str:
    """The name of a company or a person."""
    return reading.words(text, longest=200)


def mail(text: str) -> str:
    """An e-mail address."""
    plain = reading.words(reading.tidy(text), longest=254)
    if not reading.is_mail(plain):
        raise RuleBroken(say("This is not an e-mail address."))
    return plain


def number(text: str) -> str | None:
    """The thirteen digits of a corporate number; None for a dash."""
    plain = organisations.plain_number(text)
    if plain.casefold() in NOBODY:
        return None
    if len(plain) != 13 or not plain.isascii() or not plain.isdigit():
        raise RuleBroken(say("A corporate number has 13 digits; “%(text)s” does not.", text=text))
    return plain


def day_or_none(text: str) -> date | None:
    """A day."""
    return reading.day(text)


def kind(text: str) -> UnitKind:
    """The kind of a unit."""
    found = KIND_NAMED.get(plain_name(text))
    if found is None:
        raise RuleBroken(
            say(
                "This kind of unit is not known. Write one of: オフィス, ウェットラボ, 試作開発室 …"
            )
        )
    return found


def standing(text: str) -> Standing:
    """What a rent roll says of a unit."""
    found = STANDING_NAMED.get(plain_name(text))
    if found is None:
        raise RuleBroken(say("This state is not known. Write 入居中, 空室 or 工事中."))
    return found


def programmes(text: str) -> tuple[str, ...]:
    """The programmes that a cell names, each once."""
    names = [reading.words(name, longest=200) for name in re.split(r"[、,;；／/\n]", text)]
    return tuple(dict.fromkeys(name for name in names if plain_name(name) not in NOBODY))
