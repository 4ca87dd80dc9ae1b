"""Every role's home."""

from flask import redirect
from flask.typing import ResponseReturnValue

from incubator.web.account.ways import home
from incubator.web.guard import Desk, signed_in
from incubator.web.home import clerk, manager, venture
from incubator.web.home.blueprint import pages

__all__ = ["clerk", "manager", "pages", "venture"]


@pages.get("/")
@signed_in
def index(here: Desk) -> ResponseReturnValue:
    """Lead everybody to where their first role begins."""
    return redirect(home(here.actor), 303)
