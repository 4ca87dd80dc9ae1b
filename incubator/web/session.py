"""Who is at the screen: server-side sessions behind a cookie, so that signing out is real."""

from dataclasses import dataclass

from flask import Flask, Request, g, request
from flask_login import LoginManager, UserMixin, current_user

from incubator.core import clock
from incubator.core.access import Actor
from incubator.core.i18n import LANGUAGES
from incubator.people import queries
from incubator.people.models import Person, SignInSession

COOKIE = "incubator_session"
LANGUAGE_COOKIE = "incubator_language"
login = LoginManager()


@dataclass
class Visitor(UserMixin):  # type: ignore[misc]
    """A signed-in person, as Flask-Login wants to see them."""

    person: Person
    session: SignInSession
    actor: Actor

    def get_id(self) -> str:
        """The person's number as text."""
        return str(self.person.id)


@login.request_loader  # type: ignore[untyped-decorator]
def load(asked: Request) -> Visitor | None:
    """Find the person whose session the cookie names, unless it was revoked or ran out."""
    token = asked.cookies.get(COOKIE)
    found = queries.session_of(token, now=clock.now()) if token else None
    if found is None:
        return None
    session, person = found
    return Visitor(person, session, person.as_actor(clock.today()))


def visitor() -> Visitor | None:
    """The signed-in visitor, or None for a stranger."""
    return current_user._get_current_object() if current_user.is_authenticated else None  # noqa: SLF001


def me() -> Actor | None:
    """Return whoever is at the screen: a plain value, never a proxy; None for a stranger."""
    found = visitor()
    return found.actor if found else None


def choose_language() -> None:
    """Take the language chosen in this browser, else the person's, else the browser's."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    known = chosen in LANGUAGES
    g.lang = chosen if known else request.accept_languages.best_match(LANGUAGES, LANGUAGES[0])
    if found := visitor():
        g.lang = chosen if known else found.person.language
        g.theme = found.person.theme


def install(app: Flask) -> None:
    """Let every request know who asks and in which language to answer."""
    login.init_app(app, add_context_processor=False)
    login.login_view = "account.sign_in"
    login.login_message = None
    app.before_request(choose_language)
