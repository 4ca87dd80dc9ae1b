"""What views answer with when it is not a page."""

from flask import flash, redirect
from werkzeug.wrappers import Response

from incubator.core.i18n import Message
from incubator.web.filters import t


def lead_on(said: Message, to: str, kind: str = "success") -> Response:
    """Lead to the next page, which says how it went; loading that again repeats nothing."""
    flash(t(said), kind)
    return redirect(to, 303)
