"""The demo's clock and people: every deed gets its moment and whoever does it."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo

from incubator.cli.demo.cast import PARTS, PASSWORD, Cast, Part, cast_of
from incubator.core.access import Actor, Held, Role
from incubator.core.days import add_months, month_of
from incubator.core.db import db
from incubator.core.i18n import Message
from incubator.organisations.models import Organisation
from incubator.people import actions as people
from incubator.people.actions import NewAccount, Offer
from incubator.people.models import LinkKind, Person
from incubator.people.passwords import hashed
from incubator.people.queries import link_of
from incubator.people.rules import Place
from incubator.spaces.models import Facility, Room, Unit

ZONE = ZoneInfo("Asia/Tokyo")
SYSTEM = Actor(None, "operator", (Held(Role.SYSTEM_ADMIN),))


@dataclass
class Stage:
    """What stands on the stage so far."""

    today: date
    scale: int = 1
    password: str = field(default_factory=lambda: hashed(PASSWORD))
    facility_id: int = 0
    staff: dict[str, int] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    rooms: list[int] = field(default_factory=list)
    programmes: dict[str, int] = field(default_factory=dict)
    ventures: dict[str, int] = field(default_factory=dict)
    members: dict[str, list[int]] = field(default_factory=dict)
    report: list[Message] = field(default_factory=list)

    @cached_property
    def cast(self) -> Cast:
        """Who plays."""
        return cast_of(self.scale)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {part.name: number for number, part in enumerate(self.cast.parts)}

    def number_of(self, part: Part) -> int:
        """The number of a part; whoever comes last has no number before."""
        return self._numbers.get(part.name, len(self._numbers))

    def manager_of(self, part: Part) -> str:
        """Who looks after a venture."""
        turn, number = divmod(self.number_of(part), len(PARTS))
        return self.cast.managers[2 * turn + number % 3 % 2]

    def month(self, back: int) -> date:
        """The first day of the month so many months before today's."""
        return add_months(month_of(self.today), -back)

    @property
    def facility(self) -> Facility:
        """The facility."""
        return db.session.get_one(Facility, self.facility_id)

    def venture(self, part: Part) -> Organisation:
        """The venture that plays a part."""
        return db.session.get_one(Organisation, self.ventures[part.name])

    def unit(self, code: str) -> Unit:
        """The unit with this code."""
        return db.session.get_one(Unit, self.units[code])

    def room(self, number: int) -> Room:
        """A shared room."""
        return db.session.get_one(Room, self.rooms[number % len(self.rooms)])

    def actor(self, name: str, day: date) -> Actor:
        """Somebody of the staff on a day."""
        return db.session.get_one(Person, self.staff[name]).as_actor(day)

    def member(self, part: Part, day: date, number: int = 0) -> Actor:
        """Somebody of a venture on a day."""
        known = self.members[part.name]
        return db.session.get_one(Person, known[number % len(known)]).as_actor(day)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment on the wall clock of the building."""
    return datetime.combine(day, time(hour, minute), ZONE)


def enrol(stage: Stage, email: str, name: str, role: Role, place: Place, day: date) -> int:
    """Invite somebody and let them accept; return their id."""
    now = at(day, 9)
    giver = SYSTEM
    if place.organisation_id is not None:
        giver = stage.actor("admin", day)
    tokens: list[str] = []

    def address_of(_kind: LinkKind, token: str) -> str:
        tokens.append(token)
        return f"/invitation/{token}"

    offer = Offer(email, role, place)
    made = people.invite(offer, address_of, actor=giver, now=now, today=day)
    db.session.flush()
    found = link_of(tokens[-1], LinkKind.INVITATION, now=now)
    if found is not None:
        account = NewAccount(name, stage.password, "ja")
        people.accept_invitation(found[0], found[1], account, now=now)
    return made.person.id
