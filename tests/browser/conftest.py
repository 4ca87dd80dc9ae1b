"""A real browser in front of a real server, for what only a browser can tell."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from incubator.core import clock
from incubator.core.db import db
from incubator.people.actions import open_session
from tests.screen import COOKIE

CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first has no windows to draw and takes a third less time."""
CHROMIUM = next(filter(None, map(shutil.which, CHROMIUMS)), "")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Served:
    """The application, and where a browser finds it."""

    app: Flask
    address: str


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[Served]:
    """The application on a port of its own."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Served(app, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def served(fresh_app: Flask) -> Iterator[Served]:
    """The application on a port of its own, on a database that really commits."""
    with serving(fresh_app) as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser installed here."""
    if not CHROMIUM:
        pytest.skip("No Chromium here: browser tests are left out.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium: Browser, served: Served) -> Iterator[Page]:
    """An open tab; what the page complains about on its console fails the test."""
    context = chromium.new_context(base_url=served.address, locale="ja-JP")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    yield page
    context.close()
    assert not complaints, f"The page complained: {complaints}"


@pytest.fixture
def signed_in(tab: Page, served: Served) -> Callable[[object], Page]:
    """Sign a person of the served database in: `signed_in(person)`."""

    def sign_in(person: object) -> Page:
        with served.app.app_context():
            token = open_session(db.session.merge(person), now=clock.now())
            db.session.commit()
        tab.context.add_cookies([{"name": COOKIE, "value": token, "url": served.address}])
        return tab

    return sign_in
