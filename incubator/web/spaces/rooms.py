"""Shared rooms and their rules of use."""

from flask import g, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.core.access import Can
from incubator.core.db import transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.spaces import actions, queries
from incubator.spaces.models import Room
from incubator.web.answers import lead_on
from incubator.web.forms import choices
from incubator.web.guard import Here, at_facility
from incubator.web.spaces.blueprint import pages
from incubator.web.spaces.forms import RoomForm
from incubator.web.spaces.outside import closed_over, outside


def room_form(here: Here, room: Room | None = None) -> RoomForm:
    """The form of a room, with this facility's floors to choose from."""
    percent = {"late_cancel_percent": room.late_cancel_bp // 100} if room else None
    form = RoomForm(obj=room, data=percent)
    floors = queries.floors_of(here.facility.id)
    form.floor_id.choices = choices(
        [(0, say("None")), *((floor.id, floor.name) for floor in floors)]
    )
    return form


@pages.get("/f/<code>/rooms")
@at_facility(Can.VIEW_FACILITY)
def rooms(here: Here) -> ResponseReturnValue:
    """List the shared rooms."""
    return render_template(
        "spaces/rooms.html",
        here=here,
        rooms=queries.rooms_of(here.facility.id),
        floors={floor.id: floor.name for floor in queries.floors_of(here.facility.id)},
        may_edit=here.may(Can.EDIT_FACILITY),
    )


@pages.route("/f/<code>/rooms/new", methods=["GET", "POST"])
@at_facility(Can.EDIT_FACILITY)
def add_room(here: Here) -> ResponseReturnValue:
    """Open a shared room."""
    g.nav_here = "spaces.rooms"
    form = room_form(here)
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                actions.add_room(here.facility, form.facts(), actor=here.actor, now=here.now)
            return lead_on(say("The room was added."), url_for(".rooms", code=here.facility.code))
    return render_template("spaces/room.html", here=here, form=form, room=None), form.status


@pages.route("/f/<code>/rooms/<key:room_id>", methods=["GET", "POST"])
@at_facility(Can.EDIT_FACILITY)
def room(here: Here, room_id: int) -> ResponseReturnValue:
    """Show and change a room's rules of use."""
    g.nav_here = "spaces.rooms"
    found = queries.room_of(here.facility.id, room_id)
    form = room_form(here, found)
    if form.validate_on_submit():
        with form.refusing(code=_twin):
            before = outside(here)
            with transaction():
                changing = queries.room_of(here.facility.id, room_id)
                actions.edit_room(changing, form.facts(), actor=here.actor, now=here.now)
            said = say("Saved. Bookings keep the terms they were made under.")
            return closed_over(here, before, said, url_for(".rooms", code=here.facility.code))
        found = queries.room_of(here.facility.id, room_id)
    return render_template("spaces/room.html", here=here, form=form, room=found), form.status


def _twin() -> RuleBroken:
    return RuleBroken(say("There is a room with this code already."), "code")
