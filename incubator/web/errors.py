"""What people see when something went wrong, in plain words."""

import re
from dataclasses import dataclass

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError

from incubator.core.db import db
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.i18n import Message, say

RETRY_SECONDS = "5"
TAKEN = {"23000", "23505", "23P01"}
BROKEN_QUERY = re.compile(r"no such |syntax error|has no column|does not exist")


@dataclass(frozen=True)
class Trouble:
    """A heading, and what the person can do about it."""

    title: Message
    advice: Message
    way: tuple[Message, str] | None = None
    """What to press instead of going home, and the page it leads to."""


TROUBLES = {
    400: Trouble(
        say("We could not understand this request"),
        say("Go back to the page before, load it again and try once more."),
    ),
    403: Trouble(
        say("You may not do this"),
        say("If you need it for your work, ask an administrator of your facility."),
    ),
    404: Trouble(
        say("We cannot find this page"),
        say("Check the address, or start again from your home page."),
    ),
    405: Trouble(
        say("This cannot be done here"),
        say("Open the page again from the menu and use the buttons on it."),
    ),
    409: Trouble(
        say("Someone was quicker"),
        say("What you wanted has just been taken or changed. Load the page again to see it."),
    ),
    411: Trouble(
        say("The size of what was sent is missing"),
        say("Send it again with a Content-Length header."),
    ),
    413: Trouble(
        say("The file is too large"),
        say("Choose a smaller file, or split it into several, and try again."),
    ),
    415: Trouble(
        say("We cannot read this kind of file"),
        say("Choose a file of a kind that the page names, and try again."),
    ),
    422: Trouble(
        say("This cannot be done"),
        say("Go back, change what you entered and try again."),
    ),
    429: Trouble(
        say("Too many attempts"),
        say("Wait a little and try again."),
    ),
    500: Trouble(
        say("Something went wrong on our side"),
        say("Nothing was saved. Please try again; if it stays like this, call the reception."),
    ),
    503: Trouble(
        say("We are busy for a moment"),
        say("Nothing was saved. Please try again in a few seconds."),
    ),
}
STALE_FORM = Trouble(
    say("This page was open for too long"),
    say("Nothing was saved. Load the page again and send it once more."),
)


def install(app: Flask) -> None:
    """Give every error of `app` a page."""
    for code in TROUBLES:
        app.register_error_handler(code, _http)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(RuleBroken, _rule_broken)
    app.register_error_handler(NotAllowed, lambda _error: page(403))
    app.register_error_handler(NotFound, lambda _error: page(404))
    app.register_error_handler(IntegrityError, _taken)
    app.register_error_handler(OperationalError, _busy)


def page(code: int, trouble: Trouble | None = None) -> Response:
    """The page of an error."""
    trouble = trouble or TROUBLES[code]
    return make_response(render_template("errors/page.html", trouble=trouble, code=code), code)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    code = error.code or InternalServerError.code
    response = page(code)
    for name, value in error.get_headers(request.environ):
        if name not in {"Content-Type", "Content-Length"}:
            response.headers[name] = value
    return response


def _stale_form(_error: CSRFError) -> ResponseReturnValue:
    return page(400, STALE_FORM)


def _rule_broken(error: RuleBroken) -> ResponseReturnValue:
    return page(422, Trouble(TROUBLES[422].title, error.message))


def _taken(error: IntegrityError) -> ResponseReturnValue:
    """A promise the database keeps is a race lost; any other refusal is a fault of ours."""
    if not keeps_a_promise(error):
        raise error
    db.session.rollback()
    return page(409)


def keeps_a_promise(error: IntegrityError) -> bool:
    """Whether it was a uniqueness or a named promise, on either engine."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in TAKEN
    text = str(error.orig)
    return text.startswith("UNIQUE constraint failed") or re.fullmatch(r"\w+", text) is not None


def _busy(error: OperationalError) -> ResponseReturnValue:
    """A database that is locked or away comes back; a query that is wrong does not.

    The page asks nothing more of it, not even the name of the facility.
    """
    if BROKEN_QUERY.search(str(error.orig)):
        raise error
    current_app.logger.warning("The database is busy or away: %s", error.orig)
    db.session.rollback()
    g.pop("here", None)
    response = page(503)
    response.headers["Retry-After"] = RETRY_SECONDS
    return response
