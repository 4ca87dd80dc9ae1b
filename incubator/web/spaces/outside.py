"""What is booked for times at which its room, or the house, is not open any more."""

from dataclasses import dataclass

from flask import flash, g, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.bookings import queries as rooms
from incubator.core.access import Can
from incubator.core.i18n import Message, say_n
from incubator.mentoring import queries as mentoring
from incubator.web.answers import lead_on
from incubator.web.filters import t
from incubator.web.forms import on_page, page_asked
from incubator.web.guard import Here, at_facility
from incubator.web.mentoring.side import place_of
from incubator.web.spaces.blueprint import pages


@dataclass(frozen=True)
class Outside:
    """The bookings, and the sessions without a room, by their numbers; with the reasons."""

    bookings: dict[int, Message]
    sessions: dict[int, Message]

    def since(self, before: "Outside") -> int:
        """How many there are that were none before."""
        bookings = self.bookings.keys() - before.bookings.keys()
        return len(bookings) + len(self.sessions.keys() - before.sessions.keys())


def outside(here: Here) -> Outside:
    """What lies outside the opening hours as they are now."""
    return Outside(
        rooms.outside_hours(here.facility, here.now),
        mentoring.on_closed_days(here.facility, here.now),
    )


def closed_over(here: Here, before: Outside, said: Message, to: str) -> ResponseReturnValue:
    """Lead on after a change of hours, to what it closed over if there is anything."""
    count = outside(here).since(before)
    if not count:
        return lead_on(said, to)
    flash(t(said), "success")
    warning = say_n(
        "num",
        "%(num)s booking lies outside the opening hours since this change. It stays until it is"
        " cancelled.",
        "%(num)s bookings lie outside the opening hours since this change. They stay until they"
        " are cancelled.",
        num=count,
    )
    return lead_on(warning, url_for(".booked_outside", code=here.facility.code), "warning")


@pages.get("/f/<code>/settings/outside")
@at_facility(Can.EDIT_FACILITY)
def booked_outside(here: Here) -> ResponseReturnValue:
    """List it, with the way to each booking or to the venture that comes for a session."""
    g.nav_here = "spaces.settings"
    found, page, more = outside(here), page_asked(), page_asked("more")
    return render_template(
        "spaces/outside.html",
        here=here,
        found=found,
        bookings=rooms.by_ids(on_page([*found.bookings], page)),
        page=page,
        sessions=mentoring.by_ids(on_page([*found.sessions], more)),
        more=more,
        place_of=place_of,
    )
