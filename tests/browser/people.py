"""People at screens: what they see, click and type, in their own language."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from incubator.core.db import db
from incubator.core.i18n import gettext, ngettext, say, translate
from incubator.core.outbox import OutboxMail
from tests.browser.conftest import Served

PASSWORD = "kumo-no-ue-no-machi-7"
PATIENCE = 20_000
REFUSALS = re.compile(r"Failed to load resource: .* status of (403|404|409|422)")
"""What a browser says of a page that answers no; the page itself is what counts."""


@dataclass
class Screen:
    """A tab in front of somebody."""

    page: Page
    lang: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda line: self._listen(line.type, line.text))

    def _listen(self, kind: str, text: str) -> None:
        if kind == "error" and not REFUSALS.match(text):
            self.complaints.append(f"{self.page.url}: {text}")

    def w(self, text: str, **values: Any) -> str:
        """A sentence of ours in the language of this screen."""
        return translate(say(text, **values), self.lang)

    def n(self, one: str, many: str, number: int) -> str:
        """A sentence about a number of things."""
        return ngettext(one, many, number, self.lang) % {"num": number}

    def beginning(self, label: str) -> re.Pattern[str]:
        """What begins with this sentence, whatever is filled in."""
        words = re.escape(gettext(label, self.lang))
        return re.compile(r"^\s*" + re.sub(r"%\\\(\w+\\\)[sd]", ".+", words))

    def open(self, path: str) -> "Screen":
        """Type an address."""
        self.page.goto(path)
        return self

    def go(self, label: str) -> "Screen":
        """Choose a page of the menu."""
        name = re.compile(rf"^\s*{re.escape(self.w(label))}(\s*\d+)?\s*$")
        menu = self.page.locator("nav a:visible").filter(has_text=name)
        menu.first.click()
        return self

    def link(self, label: str, within: str = "main") -> "Screen":
        """Follow the first link that begins with these words."""
        links = self.page.locator(f"{within} a:visible")
        links.filter(has_text=self.beginning(label)).first.click()
        return self

    def press(self, label: str) -> "Screen":
        """Press the first button that begins with these words."""
        buttons = self.page.locator("main button:visible")
        buttons.filter(has_text=self.beginning(label)).first.click()
        return self

    def type(self, **values: str) -> "Screen":
        """Fill fields of the form by their names."""
        for name, value in values.items():
            control = self.page.locator(f"main [name={name}]:visible").first
            kind = control.evaluate("one => one.type || one.tagName.toLowerCase()")
            if kind == "select-one":
                control.select_option(value)
            elif kind in {"radio", "checkbox"}:
                self.page.locator(f"main [name={name}][value='{value}']").check()
            else:
                control.fill(value)
        return self

    def choose(self, name: str, label: str) -> "Screen":
        """Choose from a list by the words that a person reads."""
        picked = self.page.locator(f"main select[name={name}] option").filter(has_text=label)
        value = picked.first.get_attribute("value")
        self.page.locator(f"main select[name={name}]").select_option(value)
        return self

    def sees(self, text: str, **values: Any) -> "Screen":
        """Read a sentence of ours on the page."""
        return self.reads(self.w(text, **values))

    def reads(self, words: str) -> "Screen":
        """Read these very words on the page."""
        expect(self.main).to_contain_text(words, timeout=PATIENCE)
        return self

    def reads_not(self, words: str) -> "Screen":
        """Look at the whole page and find nothing of this."""
        expect(self.main).not_to_contain_text(words)
        return self

    def shown(self) -> str:
        """The heading and the address, to find a fault by."""
        headings = self.page.locator("h1").all_inner_texts()
        return f"{headings} at {self.page.url}"

    @property
    def main(self) -> Locator:
        """What the page is about."""
        return self.page.locator("main").first

    @property
    def path(self) -> str:
        """Where we are."""
        return urlsplit(self.page.url).path


@dataclass
class Town:
    """Everybody with a screen of their own."""

    browser: Browser
    served: Served
    lang: str
    width: int
    scripts: bool = True
    screens: list[Screen] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def app(self) -> Flask:
        """The application that all of them use."""
        return self.served.app

    def screen(self) -> Screen:
        """A new device."""
        context = self.browser.new_context(
            base_url=self.served.address,
            locale={"ja": "ja-JP", "en": "en-GB"}[self.lang],
            timezone_id="Asia/Tokyo",
            viewport={"width": self.width, "height": 844 if self.width < 800 else 900},
            java_script_enabled=self.scripts,
            accept_downloads=True,
        )
        self.contexts.append(context)
        self.screens.append(Screen(context.new_page(), self.lang))
        return self.screens[-1]

    def sign_in(self, email: str) -> Screen:
        """Somebody sits down and signs in with the password."""
        at = self.screen().open("/sign-in").type(email=email, password=PASSWORD)
        at.press("Sign in")
        expect(at.page.locator("main#main h1")).to_be_visible()
        expect(at.page).not_to_have_url(re.compile("/sign-in"))
        return at

    def accept(self, email: str, name: str) -> Screen:
        """Somebody opens the invitation that came by mail and begins."""
        found = re.search(r"/invitation/\S+", self.mail(email, "invitation").body)
        assert found is not None
        at = self.screen().open(found[0]).type(name=name, password=PASSWORD)
        at.press("Begin")
        expect(at.page).not_to_have_url(re.compile("/invitation/"))
        return at

    def mail(self, address: str, template: str) -> OutboxMail:
        """The last mail of a kind to somebody."""
        return self.mails(address, template)[-1]

    def mails(self, address: str, template: str) -> list[OutboxMail]:
        """The mails of a kind to somebody, the oldest first."""
        with self.app.app_context():
            found = db.session.scalars(
                db.select(OutboxMail)
                .where(OutboxMail.to_address == address, OutboxMail.template == template)
                .order_by(OutboxMail.id)
            ).all()
            db.session.remove()
        return list(found)

    def ask(self, question: Callable[[], Any]) -> Any:
        """What the books say."""
        with self.app.app_context():
            answer = question()
            db.session.remove()
        return answer

    def close(self) -> None:
        """Everybody goes home; complaints of the pages fail the test."""
        for context in self.contexts:
            context.close()
        complaints = [one for screen in self.screens for one in screen.complaints]
        assert not complaints, complaints


@contextmanager
def peopled(browser: Browser, served: Served, lang: str, width: int, **how: Any) -> Iterator[Town]:
    """A town whose screens are put away at the end."""
    town = Town(browser, served, lang, width, **how)
    try:
        yield town
    except BaseException as trouble:
        trouble.add_note("The screens showed: " + ", ".join(map(Screen.shown, town.screens)))
        town.screens.clear()
        raise
    finally:
        town.close()
