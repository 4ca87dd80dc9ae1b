"""Decisions about accounts: who may give which role, what a password must be, when to wait."""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from email_validator import EmailNotValidError, validate_email

from incubator.core.access import VENTURE_ROLES, Actor, Can, Held, Role
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Name, say

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
GUESSES = 20
GUESSING_WINDOW = timedelta(minutes=10)
SESSION_LENGTH = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=10)
INVITATION_LENGTH = timedelta(days=7)
RESET_LENGTH = timedelta(hours=2)
RESET_EVERY = timedelta(minutes=5)
ADMIN_ROLES = frozenset({Role.SYSTEM_ADMIN, Role.FACILITY_ADMIN, Role.OWNER})
EVERYWHERE = Name("Incubator")
STAFF_ROLES = (Role.FACILITY_ADMIN, Role.CLERK, Role.MANAGER, Role.MENTOR)
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
EASY = (
    "password",
    "passw0rd",
    "qwerty",
    "asdfgh",
    "123456",
    "654321",
    "abc123",
    "letmein",
    "welcome",
    "iloveyou",
    "incubator",
)


@dataclass(frozen=True)
class Place:
    """A facility, or a venture together with the facility that looks after it; None: everywhere."""

    facility_id: int | None = None
    organisation_id: int | None = None
    name: Name = EVERYWHERE

    def held(self, role: Role) -> Held:
        """The role as it is held here."""
        if role in VENTURE_ROLES:
            return Held(role, organisation_id=self.organisation_id)
        return Held(role, facility_id=self.facility_id)


def email_of(text: str) -> str:
    """An e-mail address as accounts are found by: lower-case ASCII; RuleBroken if it is none."""
    try:
        found = validate_email(
            unicodedata.normalize("NFKC", text).strip(),
            check_deliverability=False,
            allow_smtputf8=False,
        )
    except EmailNotValidError as error:
        raise RuleBroken(
            say("Please enter an e-mail address like name@example.jp."), "email"
        ) from error
    return str(found.ascii_email).lower()


def tidy_password(text: str) -> str:
    """A password as it is hashed, the same from every keyboard (NFKC)."""
    return unicodedata.normalize("NFKC", text)


def check_password(password: str, *, email: str) -> None:
    """Refuse a password that is short, endless or among the first to be guessed."""
    plain = tidy_password(password)
    if len(plain) < SHORTEST_PASSWORD:
        raise RuleBroken(
            say("Please use at least %(count)s characters.", count=SHORTEST_PASSWORD), "password"
        )
    if len(plain) > LONGEST_PASSWORD:
        raise RuleBroken(
            say("Please use at most %(count)s characters.", count=LONGEST_PASSWORD), "password"
        )
    low = plain.casefold()
    name = email.partition("@")[0]
    easy = [email, *EASY, *([name] if len(name) > 3 else [])]
    rest = low
    for word in easy:
        rest = rest.replace(word, "")
    if len(rest) < 5 or len(set(low)) < 5:
        raise RuleBroken(
            say("This password is too easy to guess. Several unrelated words work well."),
            "password",
        )


def may_grant(actor: Actor, role: Role, place: Place) -> bool:
    """Whether the actor may give this role there, or take it: never above their own level."""
    if role is Role.SYSTEM_ADMIN:
        return actor.can(Can.RUN_SYSTEM)
    if role in STAFF_ROLES:
        return place.facility_id is not None and actor.can(
            Can.INVITE_STAFF, facility=place.facility_id
        )
    if place.organisation_id is None:
        return False
    if place.facility_id is not None and actor.can(Can.INVITE_VENTURE, facility=place.facility_id):
        return True
    return role is Role.MEMBER and actor.can(Can.INVITE_MEMBERS, organisation=place.organisation_id)


def grantable(actor: Actor, place: Place, roles: Sequence[Role] = tuple(Role)) -> list[Role]:
    """The roles that the actor may give there."""
    return [role for role in roles if may_grant(actor, role, place)]


def administers(actor: Actor, held: Iterable[Held], ventures: Collection[int]) -> bool:
    """Whether all that is held lies where the actor invites staff, or at one of their ventures."""
    return all(_is_mine(actor, each, ventures) for each in held)


def _is_mine(actor: Actor, held: Held, ventures: Collection[int]) -> bool:
    if held.role is Role.SYSTEM_ADMIN:
        return actor.can(Can.RUN_SYSTEM)
    if held.organisation_id is not None:
        return held.organisation_id in ventures or actor.can(Can.INVITE_STAFF)
    return actor.can(Can.INVITE_STAFF, facility=held.facility_id)


def check_keeps_an_admin(
    role: Role, *, own: bool, admins_left_here: int, own_left_anywhere: int
) -> None:
    """Refuse to leave a place without its last administrator, or to lock oneself out."""
    if role in ADMIN_ROLES and (admins_left_here == 0 or (own and own_left_anywhere == 0)):
        raise RuleBroken(
            say("This is the last role of its kind. Give it to somebody else first, then end it.")
        )


def wait_until(attempts: Sequence[datetime], now: datetime) -> datetime | None:
    """When the next guess is allowed, or None if it is now; at most GUESSES in any window."""
    recent = sorted(at for at in attempts if at > now - GUESSING_WINDOW)
    if len(recent) < GUESSES:
        return None
    return recent[-GUESSES] + GUESSING_WINDOW


def address_key(address: str) -> str:
    """What counts as one address: an IPv4 address, or a whole IPv6 /64."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return str(found)


def device_of(user_agent: str) -> str:
    """A browser as its owner knows it: “Safari, iPhone”; empty when it does not say."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    return ", ".join(part for part in (browser, system) if part)


def check_waiting(status: str) -> None:
    """What somebody asked for is decided once."""
    if status != "asked":
        raise RuleBroken(say("This has been decided already."))


def check_second_person(asked_by: int | None, decided_by: int | None) -> None:
    """Somebody else than who asked decides (security.md §2.2, rule 8)."""
    if decided_by is None:
        raise RuleBroken(say("Only a person who has signed in can decide."))
    if decided_by == asked_by:
        raise RuleBroken(say("Nobody decides on what they asked for. Ask a colleague."))
