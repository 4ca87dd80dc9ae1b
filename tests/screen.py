"""A person at a screen."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context
from typing import Any, Self
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from flask import Flask
from sqlalchemy import Engine, event
from werkzeug.test import TestResponse

from incubator.core import clock
from incubator.core.db import db
from incubator.people.actions import open_session
from tests.manners import BUDGET, check_page, check_parts, words

COOKIE = "incubator_session"
HOUSEKEEPING = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "PRAGMA")
REDIRECTS = {301, 302, 303, 307, 308}


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the SQL that runs meanwhile."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.lstrip().upper().startswith(HOUSEKEEPING):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


class Browser:
    """A person at a screen. Every page it opens is checked for good manners."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.path = "/"
        self.page = BeautifulSoup("", "html5lib")
        self.response: TestResponse | None = None

    def sign_in(self, person: Any) -> Self:
        """Sit down as somebody; the way over the sign-in page has tests of its own."""
        token = open_session(person, now=clock.now())
        db.session.commit()
        self.client.set_cookie(COOKIE, token)
        return self

    def sign_out(self) -> Self:
        """Leave the screen to the next person."""
        self.client.delete_cookie(COOKIE)
        return self

    def get(self, path: str, status: int = 200, **how: Any) -> BeautifulSoup:
        """Open a page, wherever it sends us."""
        return self._look(self.fetch(path, status, **how))

    def post(
        self, path: str, data: Mapping[str, Any] | None = None, status: int = 200, **how: Any
    ) -> BeautifulSoup:
        """Send a form and see the page that comes of it."""
        return self._look(self.fetch(path, status, method="POST", data=data or {}, **how))

    def follow(self, text: str, status: int = 200) -> BeautifulSoup:
        """Click the one link of this page that says `text`."""
        links = [link for link in self.page.select("a[href]") if text in _name(link)]
        places = {str(link["href"]) for link in links}
        assert len(places) == 1, f"{len(places)} links say {text!r} on {self.path}: {places}"
        return self.get(urljoin(self.path, places.pop()), status)

    def fetch(
        self, path: str, status: int = 200, *, redirects: bool = True, **how: Any
    ) -> TestResponse:
        """Ask for anything: a download, JSON, a redirect itself. `how` is what the client takes."""
        db.session.commit()
        how.setdefault("method", "GET")
        for _ in range(6):
            with counted() as queries:
                response = Context().run(self.client.open, path, **how)
            if not (redirects and response.status_code in REDIRECTS):
                break
            path, how = urljoin(path, response.headers["Location"]), {"method": "GET"}
        self.path, self.response = path, response
        db.session.expire_all()
        assert response.status_code == status, _unlike(path, response, status)
        assert len(queries) <= BUDGET, _wasteful(path, queries)
        assert response.headers["Cache-Control"] == "no-store", f"A browser would keep {path}."
        return response

    def _look(self, response: TestResponse) -> BeautifulSoup:
        assert response.mimetype == "text/html", f"{self.path} is {response.mimetype}; use fetch()."
        text = response.get_data(as_text=True)
        if "<html" in text:
            self.page = check_page(text)
        else:
            assert response.request.headers.get("HX-Request"), (
                f"{self.path} is only part of a page."
            )
            self.page = BeautifulSoup(text, "html5lib")
            check_parts(self.page)
        return self.page


def _name(link: Tag) -> str:
    return f"{words(link)} {link.get('aria-label', '')}"


def _unlike(path: str, response: TestResponse, status: int) -> str:
    page = BeautifulSoup(response.get_data(as_text=True), "html5lib")
    said = " | ".join(words(tag) for tag in page.select("h1, [role=alert], .invalid-feedback"))
    return f"{path} answered {response.status_code} instead of {status}: {said}"


def _wasteful(path: str, queries: list[str]) -> str:
    often = sorted({(queries.count(sql), sql[:150]) for sql in queries}, reverse=True)[:5]
    return f"{path} asks the database {len(queries)} times, {BUDGET} are allowed: {often}"
