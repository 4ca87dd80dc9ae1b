"""Every page, as every role sees it, read by axe: wide and narrow, light and dark."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from incubator.cli.demo import load_demo
from incubator.core import clock
from incubator.core.access import Role
from incubator.core.db import db
from incubator.people.actions import open_session
from incubator.people.models import Person
from tests.browser.conftest import Served, serving
from tests.conftest import build
from tests.databases import Database
from tests.factories.demo import shorten
from tests.factories.universe import Universe, make_universe
from tests.screen import COOKIE
from tests.web.test_doors import ROLES, Principal, Try, unknown

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[1] / "vendor" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
READ = """async tags => {
  const only = {type: 'tag', values: tags};
  const found = await axe.run(document, {runOnly: only, resultTypes: ['violations']});
  const why = node => node.any.concat(node.all, node.none).map(check => check.message).join('; ');
  const tell = node => node.html.slice(0, 140) + ' [' + why(node).slice(0, 200) + ']';
  return found.violations.map(one => one.id + ' ×' + one.nodes.length + ' '
    + one.nodes.slice(0, 3).map(tell).join(' || '));
}"""
TOO_WIDE = """() => document.documentElement.scrollWidth > document.documentElement.clientWidth
  ? [...document.body.querySelectorAll('*')]
      .filter(one => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
      .slice(0, 4).map(one => one.outerHTML.slice(0, 100))
  : []"""
MONTHS = 3
"""So much history is enough to fill every page."""
EMAILS = {
    Role.FACILITY_ADMIN: "admin@aoba.example.jp",
    Role.CLERK: "clerk@aoba.example.jp",
    Role.MANAGER: "manager@aoba.example.jp",
    Role.MENTOR: "mentor@aoba.example.jp",
    Role.OWNER: "owner@kumo.example.jp",
    Role.MEMBER: "team@kumo.example.jp",
    Role.SYSTEM_ADMIN: "system@example.jp",
}
WIDE, NARROW = (1440, 900), (390, 844)
LONG_NAME = "国立研究開発法人みちのく先端素材循環型社会共創研究機構発東北イノベーション"


@dataclass(frozen=True)
class Instance:
    """A served installation with the demo in it, and with a record of every kind."""

    served: Served
    records: list[tuple[str, str]]
    """Endpoint and address of every page about the records of which there is one of each kind."""
    cookies: dict[Role | None, str]
    demo_cookies: dict[Role, str]
    read: set[tuple[Role | None, str]] = field(default_factory=set)
    known: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def instance(template: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """The installation that all tests here look at; none of them changes it."""
    home = tmp_path_factory.mktemp("axe")
    with template.copy(home) as database:
        app = build(home, database.url)
        with app.app_context():
            with pytest.MonkeyPatch.context() as patch:
                shorten(patch, MONTHS)
                load_demo()
            universe = make_universe()
            universe.a.venture.name = LONG_NAME
            db.session.commit()
            people = {role: Principal(role).person(universe) for role in ROLES}
            cookies = {role: open_session(one, now=clock.now()) for role, one in people.items()}
            demo_cookies = {role: demo_cookie(email) for role, email in EMAILS.items()}
            db.session.commit()
            records = list(pages_of(app, universe))
            db.session.remove()
        with serving(app) as served:
            yield Instance(served, records, cookies, demo_cookies)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def demo_cookie(email: str) -> str:
    """The cookie of somebody in the demo who signed in."""
    person = db.session.scalars(db.select(Person).where(Person.email == email)).one()
    return open_session(person, now=clock.now())


def pages_of(app: Flask, universe: Universe) -> Iterator[tuple[str, str]]:
    """The endpoint and an address of every page, with the records of venture A filled in."""
    a = universe.a
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static" and "GET" in (rule.methods or ()) and not unknown(rule, a):
            with app.test_request_context():
                yield rule.endpoint, Try(rule, "GET", a, a).address


def opened_by(
    app: Flask, addresses: list[tuple[str, str]], token: str | None
) -> list[tuple[str, str]]:
    """Those that answer with a page of their own."""
    client = app.test_client()
    if token:
        client.set_cookie(COOKIE, token)
    found = []
    for endpoint, address in addresses:
        answer = client.get(address)
        if answer.status_code == 200 and answer.mimetype == "text/html" and "<html" in answer.text:
            found.append((endpoint, address))
    return found


@dataclass
class Reader:
    """A tab that reads pages with axe and notes what is wrong."""

    page: Page
    faults: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    seen: int = 0

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda line: self.complaints.append(line.text) if line.type == "error" else None,
        )
        self.axe = AXE.read_text()

    def read(self, address: str, seen_as: list[tuple[tuple[int, int], str]]) -> None:
        """Open a page and look at it in each size and theme."""
        self.page.goto(address, wait_until="load")
        self.page.evaluate(self.axe)
        for (width, height), theme in seen_as:
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
            where = f"{address} {width} {theme}"
            self.faults += [f"{where}: too wide: {one}" for one in self.page.evaluate(TOO_WIDE)]
            self.faults += [f"{where}: {one}" for one in self.page.evaluate(READ, TAGS)]
        self.faults += [f"{address}: console: {one}" for one in self.complaints]
        self.complaints.clear()
        self.seen += 1

    def verdict(self) -> None:
        """Fail with everything that was found, the same fault once."""
        told = sorted(set(self.faults))
        assert self.seen, "No page was read."
        assert not told, f"{len(told)} faults on {self.seen} pages:\n" + "\n".join(told[:60])


@pytest.fixture
def reader(chromium: Browser, instance: Instance) -> Iterator[Any]:
    """A reader who signed in with a cookie, in a language."""
    contexts = []

    def sit_down(token: str | None, lang: str) -> Reader:
        context = chromium.new_context(base_url=instance.served.address, locale=lang)
        contexts.append(context)
        cookies = {"incubator_language": lang} | ({COOKIE: token} if token else {})
        context.add_cookies(
            [
                {"name": name, "value": value, "url": instance.served.address}
                for name, value in cookies.items()
            ]
        )
        return Reader(context.new_page())

    yield sit_down
    for context in contexts:
        context.close()


BOTH = [[(WIDE, "light"), (NARROW, "dark")], [(WIDE, "dark"), (NARROW, "light")]]
ONE = [[(NARROW, "light")], [(WIDE, "dark")], [(NARROW, "dark")], [(WIDE, "light")]]


def looks(instance: Instance, endpoint: str, turn: int) -> list[tuple[tuple[int, int], str]]:
    """Both sizes and both themes for a new page; one look where only the reader is another."""
    new = endpoint not in instance.known
    instance.known.add(endpoint)
    return BOTH[turn % 2] if new else ONE[turn % 4]


@pytest.mark.parametrize(("who", "lang"), list(zip(ROLES, cycle(["en", "ja"]), strict=False)))
def test_the_demo_is_within_reach_in_every_light(
    instance: Instance, reader: Any, who: Role, lang: str
):
    token = instance.demo_cookies[who]
    at = reader(token, lang)
    for turn, (endpoint, address) in enumerate(walk(instance, token)):
        at.read(address, looks(instance, endpoint, turn))
        instance.read.add((who, endpoint))
    at.verdict()


@pytest.mark.parametrize("who", [None, *ROLES])
def test_every_other_page_is_within_reach(instance: Instance, reader: Any, who: Role | None):
    token = instance.cookies.get(who)
    at = reader(token, "ja")
    others = [page for page in instance.records if (who, page[0]) not in instance.read]
    opened = opened_by(instance.served.app, others, token)
    for turn, (endpoint, address) in enumerate(opened):
        at.read(address, looks(instance, endpoint, turn))
    at.verdict()


def test_the_sidebar_shows_the_language_and_the_way_out_without_scrolling(
    instance: Instance, reader: Any
):
    page = reader(instance.demo_cookies[Role.FACILITY_ADMIN], "en").page
    page.set_viewport_size(dict(zip(("width", "height"), WIDE, strict=True)))
    page.goto("/")
    for shown in (page.locator(".sidebar [hreflang=ja]"), page.locator(".sidebar form button")):
        box = shown.bounding_box()
        assert box["y"] + box["height"] <= WIDE[1]


def walk(instance: Instance, token: str) -> Iterator[tuple[str, str]]:
    """The endpoint and one address of every kind of page that links lead to, from home on."""
    client = instance.served.app.test_client()
    client.set_cookie(COOKIE, token)
    home = client.get("/", follow_redirects=True).request.path
    todo, known = [home], {"account.language", "static", ""}
    while todo:
        address = todo.pop(0)
        endpoint = endpoint_of(instance.served.app, address)
        if endpoint in known:
            continue
        known.add(endpoint)
        answer = client.get(address)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            links = BeautifulSoup(answer.text, "html.parser").select("a[href]")
            todo += [urljoin(address, str(link["href"])) for link in links]
            yield endpoint, address


def endpoint_of(app: Flask, address: str) -> str:
    """What answers there; nothing for the world outside."""
    try:
        return str(app.url_map.bind("").match(urlsplit(address).path)[0])
    except (HTTPException, RequestRedirect):
        return ""
