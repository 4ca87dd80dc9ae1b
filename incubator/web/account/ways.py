"""Where people go next: only within this house, and only to pages one can open."""

from urllib.parse import urlsplit

from flask import current_app, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from incubator.core.access import Actor
from incubator.core.settings import Settings
from incubator.people.models import LinkKind
from incubator.web.nav import contexts, home_of

LINKS = {
    LinkKind.INVITATION: "account.invitation",
    LinkKind.PASSWORD_RESET: "account.reset",
}


def safe_path(wanted: str | None) -> str | None:
    """The path (with its query) if it is one of our own pages; nothing for anywhere else."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return None
    if "\\" in wanted or not wanted.isprintable():
        return None
    try:
        parts = urlsplit(wanted)
        if parts.scheme or parts.netloc:
            return None
        current_app.url_map.bind("").match(parts.path, method="GET")
    except (ValueError, HTTPException, RequestRedirect):
        return None
    return wanted


def home(actor: Actor | None) -> str:
    """Where the first role of a person begins; their account when they have none."""
    if actor is None:
        return url_for("account.sign_in")
    homes = (home_of(actor, context) for context in contexts(actor))
    return next((each for each in homes if each), url_for("account.settings"))


def absolute(path: str) -> str:
    """An address for mails, under the name the operator gave; never the name a request claims."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.base_url.rstrip("/") + path


def page_address(endpoint: str, **values: object) -> str:
    """The address of one of our pages for mails, also where no request is going on."""
    return absolute(current_app.url_map.bind("").build(endpoint, values))


def link_address(kind: LinkKind, token: str) -> str:
    """The address of a one-time link."""
    return page_address(LINKS[kind], token=token)
