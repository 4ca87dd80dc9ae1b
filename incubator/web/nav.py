"""Where a person can go: the menu of each context, as data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from flask import Flask, current_app, g, request, url_for

from incubator.core.access import Actor, Held, Role
from incubator.core.db import Entity, db
from incubator.core.i18n import LANGUAGES, Message, say
from incubator.organisations.models import Organisation
from incubator.spaces.models import Facility
from incubator.web.filters import language, name_of, t
from incubator.web.session import me

NAME = "Incubator"
TABS = 4
E = TypeVar("E", bound=Entity)
LANGUAGE_NAMES = {"ja": "日本語", "en": "English"}


@dataclass(frozen=True)
class Item:
    """A page of the menu; the first four are the tabs of a phone."""

    endpoint: str
    icon: str
    label: Message
    tab: bool = False
    short: Message | None = None
    """For a phone's tab, where the label is too long for it."""
    inside: bool = False
    """Whether only a venture that has not left can use it."""


@dataclass(frozen=True)
class Context:
    """One hat of a person: in which role, where, and what its addresses need to know."""

    role: Role
    name: str
    facility_id: int | None = None
    organisation_id: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    gone: bool = False
    """Whether it is a venture that has left."""


@dataclass(frozen=True)
class Link:
    """An item of the menu as it stands on a page; `current` is `page`, `true` or empty."""

    icon: str
    label: Message
    short: Message
    href: str
    tab: bool
    current: str = ""
    count: int = 0


@dataclass(frozen=True)
class Navigation:
    """The menu of one page."""

    items: tuple[Link, ...]
    current: Link | None

    @property
    def tabs(self) -> tuple[Link, ...]:
        """What stands at the foot of a phone."""
        return tuple(item for item in self.items if item.tab)[:TABS]

    @property
    def home(self) -> str:
        """Where the name of the facility leads."""
        return self.items[0].href if self.items else "/"


SETTINGS = Item("account.settings", "settings", say("Settings"))
VENTURE = (
    Item("home.venture", "home", say("Home"), tab=True),
    Item("bookings.book", "calendar-plus", say("Book"), tab=True, inside=True),
    Item("billing.own_invoices", "file-invoice", say("Invoices"), tab=True),
    Item("mentoring.own", "message-circle", say("Mentoring"), tab=True),
    Item("graduation.own_graduation", "flag", say("Milestones")),
    Item("graduation.own_figures", "chart-bar", say("Monthly figures")),
    Item("leases.own", "signature", say("Lease")),
    Item("bookings.own_bookings", "calendar", say("Our bookings")),
    Item("organisations.profile", "building", say("Our company")),
    Item("people.members", "users", say("Members")),
    SETTINGS,
)
MENUS: dict[Role, tuple[Item, ...]] = {
    Role.OWNER: VENTURE,
    Role.MEMBER: VENTURE,
    Role.MANAGER: (
        Item("home.manager", "home", say("Today"), tab=True),
        Item("organisations.ventures", "users", say("Ventures"), tab=True),
        Item("mentoring.sessions", "calendar", say("Sessions"), tab=True),
        Item("mentoring.actions", "list-check", say("Actions"), tab=True),
        Item("mentoring.availability", "clock", say("My hours")),
        Item("mentoring.assignments", "id", say("Assignments")),
        Item("graduation.index", "target-arrow", say("Graduation")),
        Item("graduation.figures", "chart-bar", say("Monthly figures")),
        Item("graduation.alumni", "star", say("Alumni")),
        Item("bookings.day", "calendar-event", say("Bookings")),
        Item("spaces.units", "building", say("Units")),
        Item("dashboard.show", "report", say("Dashboard")),
        SETTINGS,
    ),
    Role.FACILITY_ADMIN: (
        Item("dashboard.show", "home", say("Dashboard"), tab=True, short=say("Home")),
        Item("spaces.units", "building", say("Units"), tab=True),
        Item("bookings.day", "calendar", say("Bookings"), tab=True),
        Item("billing.invoices", "file-invoice", say("Billing"), tab=True),
        Item("organisations.ventures", "users", say("Ventures")),
        Item("leases.index", "signature", say("Leases")),
        Item("leases.quote", "file-text", say("Quote")),
        Item("leases.programmes", "coin", say("Subsidies")),
        Item("dashboard.rent_roll", "report", say("Rent roll")),
        Item("mentoring.assignments", "message-circle", say("Mentoring")),
        Item("graduation.index", "target-arrow", say("Graduation")),
        Item("graduation.alumni", "star", say("Alumni")),
        Item("spaces.rooms", "door", say("Shared rooms")),
        Item("spaces.import_rent_roll", "upload", say("Import")),
        Item("people.staff", "id", say("People")),
        Item("spaces.settings", "adjustments", say("Facility")),
        Item("system.facility_audit", "history", say("Audit trail")),
        SETTINGS,
    ),
    Role.CLERK: (
        Item("home.clerk", "home", say("Worklist"), tab=True),
        Item("billing.run", "calendar-event", say("Billing run"), tab=True),
        Item("billing.invoices", "file-invoice", say("Invoices"), tab=True),
        Item("payments.index", "building-bank", say("Payments"), tab=True),
        Item("organisations.ventures", "users", say("Ventures")),
        Item("leases.index", "signature", say("Leases")),
        Item("leases.quote", "file-text", say("Quote")),
        Item("dashboard.rent_roll", "report", say("Rent roll")),
        SETTINGS,
    ),
    Role.MENTOR: (
        Item("home.mentor", "home", say("Today"), tab=True),
        Item("mentoring.sessions", "calendar", say("Sessions"), tab=True),
        Item("mentoring.actions", "list-check", say("Actions"), tab=True),
        Item("mentoring.availability", "clock", say("My hours"), tab=True),
        SETTINGS,
    ),
    Role.SYSTEM_ADMIN: (
        Item("system.index", "home", say("Overview"), tab=True),
        Item("system.mail", "mail", say("Mail"), tab=True),
        Item("system.jobs", "clock", say("Jobs"), tab=True),
        Item("system.people", "users", say("People"), tab=True),
        Item("system.facilities", "building-community", say("Facilities")),
        Item("system.audit", "history", say("Audit trail")),
        SETTINGS,
    ),
}


def allowed(actor: Actor, context: Context, endpoint: str) -> bool:
    """Whether the door of this page opens for the actor in this context."""
    door, *permissions = getattr(current_app.view_functions[endpoint], "guarded_by", ("public",))
    where = {
        "facility": {"facility": context.facility_id},
        "venture": {"organisation": context.organisation_id},
        "system": {},
    }.get(door)
    return where is None or any(actor.can(permission, **where) for permission in permissions)


def address(endpoint: str, values: Mapping[str, Any]) -> str | None:
    """The address of a page, or nothing if it needs more than the context knows."""
    for rule in current_app.url_map.iter_rules(endpoint):
        wanted = rule.arguments - set(rule.defaults or ())
        if "GET" in (rule.methods or ()) and wanted <= set(values):
            return url_for(endpoint, **{name: values[name] for name in wanted})
    return None


def contexts(actor: Actor) -> tuple[Context, ...]:
    """All hats of the actor, in the order they were given."""
    if "nav_contexts" not in g:
        facilities = _rows(Facility, [held.facility_id for held in actor.held])
        ventures = _rows(Organisation, [held.organisation_id for held in actor.held])
        g.nav_contexts = tuple(_context(held, facilities, ventures) for held in actor.held)
    return cast(tuple[Context, ...], g.nav_contexts)


def _rows(entity: type[E], ids: Iterable[int | None]) -> dict[int | None, E]:
    wanted = {each for each in ids if each is not None}
    if not wanted:
        return {}
    return {
        row.id: row for row in db.session.scalars(db.select(entity).filter(entity.id.in_(wanted)))
    }


def _context(
    held: Held,
    facilities: Mapping[int | None, Facility],
    ventures: Mapping[int | None, Organisation],
) -> Context:
    values: dict[str, Any]
    gone = False
    if held.organisation_id is not None:
        venture = ventures[held.organisation_id]
        name, values, gone = name_of(venture), {"venture_id": venture.id}, venture.stage.gone
    elif held.facility_id is not None:
        facility = facilities[held.facility_id]
        name, values = name_of(facility), {"code": facility.code}
    else:
        name, values = t(say("The whole system")), {}
    return Context(held.role, name, held.facility_id, held.organisation_id, values, gone)


def current_context(actor: Actor | None) -> Context | None:
    """The hat in which this page is seen: where the door led, and whose menu holds the page."""
    if actor is None:
        return None
    here = g.get("here")
    venture, facility = getattr(here, "venture", None), getattr(here, "facility", None)
    found = list(contexts(actor))
    if venture is not None:
        found = [each for each in found if each.organisation_id == venture.id]
    elif facility is not None:
        found = [each for each in found if each.facility_id == facility.id]
    elif here is not None:
        found = [each for each in found if each.role is Role.SYSTEM_ADMIN]
    mine = [each for each in found if any(item.endpoint == _named() for item in MENUS[each.role])]
    return next(iter((*mine, *found)), None)


def navigation(actor: Actor | None, context: Context | None) -> Navigation:
    """The menu of this context for the person at the screen, on the page that is shown."""
    if actor is None or context is None:
        return Navigation((), None)
    shown = [
        (item, href)
        for item in MENUS[context.role]
        if not (item.inside and context.gone)
        and allowed(actor, context, item.endpoint)
        and (href := address(item.endpoint, context.values)) is not None
    ]
    here = _here([item.endpoint for item, _ in shown])
    links = tuple(_link(item, href, here) for item, href in shown)
    return Navigation(links, next((link for link in links if link.current), None))


def _named() -> str:
    return str(g.get("nav_here") or request.endpoint or "")


def _here(shown: Sequence[str]) -> str:
    """The item this page belongs to: itself, the one a view named, or the first of its area."""
    if _named() in shown:
        return _named()
    area = _named().partition(".")[0]
    return next((each for each in shown if each.partition(".")[0] == area), "")


def _link(item: Item, href: str, here: str) -> Link:
    current = "" if item.endpoint != here else "page" if here == request.endpoint else "true"
    count = g.get("nav_counts", {}).get(item.endpoint, 0)
    return Link(item.icon, item.label, item.short or item.label, href, item.tab, current, count)


@dataclass(frozen=True)
class Hat:
    """Another context of the same person, as a link."""

    name: str
    role: Message
    href: str
    current: bool


def hats(actor: Actor | None, context: Context | None) -> tuple[Hat, ...]:
    """The contexts a person can change to; nothing when there is only one."""
    found = contexts(actor) if actor is not None else ()
    if actor is None or len(found) < 2:
        return ()
    return tuple(
        Hat(each.name, each.role.label, home, each == context)
        for each in found
        if (home := home_of(actor, each)) is not None
    )


def home_of(actor: Actor, context: Context) -> str | None:
    """Where a context begins; also where to go after signing in."""
    return next(
        (
            href
            for item in MENUS[context.role]
            if allowed(actor, context, item.endpoint)
            and (href := address(item.endpoint, context.values)) is not None
        ),
        None,
    )


def brand_of(actor: Actor) -> str:
    """What stands above the pages of a person's own: their facility, if they know just one."""
    ventures = db.select(Organisation.facility_id).where(
        Organisation.id.in_([held.organisation_id for held in actor.held])
    )
    at = [held.facility_id for held in actor.held]
    found = db.select(Facility).where(Facility.id.in_(at) | Facility.id.in_(ventures)).limit(2)
    known = db.session.scalars(found).all()
    return name_of(known[0]) if len(known) == 1 else NAME


def shell() -> dict[str, Any]:
    """What every layout needs to know; asks no database, so that error pages can be shown."""
    other = next(each for each in LANGUAGES if each != language())
    facility = getattr(g.get("here"), "facility", None)
    return {
        "lang": language(),
        "other_lang": other,
        "other_language": LANGUAGE_NAMES[other],
        "theme": g.get("theme", "auto"),
        "brand": name_of(facility) if facility is not None else NAME,
    }


def install(app: Flask) -> None:
    """Give the layouts of `app` what they need."""
    app.context_processor(shell)
    app.jinja_env.globals.update(
        navigation=navigation, hats=hats, me=me, current_context=current_context
    )
