"""The two cookies of ours: who has signed in here, and the language of this browser."""

from datetime import datetime

from flask import current_app, g, request, session
from werkzeug.wrappers import Response

from incubator.people import actions, rules
from incubator.people.models import Person
from incubator.web.session import COOKIE, LANGUAGE_COOKIE, visitor

YEAR = 31_536_000


def _is_secure() -> bool:
    return request.is_secure or bool(current_app.config["SESSION_COOKIE_SECURE"])


def begin(response: Response, token: str) -> Response:
    """Give the browser its session; what it had written down as a stranger is forgotten."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(rules.SESSION_LENGTH.total_seconds()),
        path="/",
        secure=_is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


def finish(response: Response) -> Response:
    """Take the session from the browser; it goes on in the language it spoke."""
    response.delete_cookie(COOKIE, path="/", secure=_is_secure(), httponly=True, samesite="Lax")
    return speak(response, str(g.lang))


def speak(response: Response, language: str) -> Response:
    """Let this browser see pages in a language."""
    response.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=YEAR,
        path="/",
        secure=_is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


def new_session(person: Person, *, now: datetime) -> str:
    """Open a session for this browser and close the one it came with; the caller commits."""
    before = visitor()
    if before is not None:
        actions.revoke_session(before.session, now=now)
    session.clear()
    device = rules.device_of(request.user_agent.string)
    return actions.open_session(person, now=now, device=device)
