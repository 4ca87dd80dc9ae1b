"""What state a unit is in on a day, from facts given as values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from incubator.core.days import Stretch
from incubator.core.i18n import Label, Message, say


class UnitState(Label):
    """How a unit stands on a day."""

    VACANT = "vacant"
    RESERVED = "reserved"
    OCCUPIED = "occupied"
    NOTICE = "notice"
    MAINTENANCE = "maintenance"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.VACANT: say("Vacant"),
            cls.RESERVED: say("Reserved"),
            cls.OCCUPIED: say("Occupied"),
            cls.NOTICE: say("Notice given"),
            cls.MAINTENANCE: say("Maintenance"),
        }


@dataclass(frozen=True)
class Holding:
    """A lease, as far as the state of its unit goes."""

    days: Stretch
    offered: bool = False
    notice_given_on: date | None = None
    known_from: date = date.min
    """The day it was offered: before that day nobody could know of it."""


@dataclass(frozen=True)
class UnitDay:
    """A unit on a day: its state, who holds it then, and who comes next."""

    state: UnitState
    holding: Holding | None = None
    following: Holding | None = None


def state_of(day: date, holdings: Iterable[Holding], outages: Iterable[Stretch] = ()) -> UnitDay:
    """The state of a unit on a day; who holds it outranks works, works outrank who comes next."""
    known = sorted(
        (one for one in holdings if one.known_from <= day or day in one.days),
        key=lambda one: one.days,
    )
    holding = next((one for one in known if day in one.days), None)
    following = next((one for one in known if one.days.start > day), None)
    if holding is not None:
        return UnitDay(_held(day, holding), holding, following)
    if any(day in outage for outage in outages):
        return UnitDay(UnitState.MAINTENANCE, None, following)
    return UnitDay(UnitState.RESERVED if following else UnitState.VACANT, None, following)


def _held(day: date, holding: Holding) -> UnitState:
    if holding.offered:
        return UnitState.RESERVED
    given = holding.notice_given_on
    return UnitState.NOTICE if given is not None and given <= day else UnitState.OCCUPIED
