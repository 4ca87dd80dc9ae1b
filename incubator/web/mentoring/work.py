"""What is to be done, as managers and mentors see it."""

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.core.access import Can
from incubator.core.db import transaction
from incubator.core.i18n import say
from incubator.mentoring import actions, queries
from incubator.web.answers import lead_on
from incubator.web.guard import Here, at_facility
from incubator.web.keys import key_of
from incubator.web.mentoring.blueprint import pages
from incubator.web.mentoring.forms import MoveItemForm
from incubator.web.mentoring.side import DONE_LATELY, item_state, tick, view_of

BASE = "/f/<code>/actions"


# The door's name is the page's; the deeds are imported as `actions`.
@pages.get(BASE, endpoint="actions")
@at_facility(Can.MENTOR)
def open_items(here: Here) -> ResponseReturnValue:
    """Everything still to be done with the ventures one looks after."""
    return _page(here, None, 0)


def _page(here: Here, form: MoveItemForm | None, moving: int) -> str:
    g.nav_here = "mentoring.actions"
    view = view_of(here)
    mine = (here.actor.id or 0, here.facility.id, here.today)
    found = (
        *queries.open_actions_of_manager(*mine),
        *queries.done_actions_of_manager(*mine, here.now - DONE_LATELY),
    )
    shown = [item for item in found if item.organisation_id in view.kinds]
    items = [item for item in shown if item.done_at is None]
    late = [item for item in items if item.due_on is not None and item.due_on < here.today]
    return render_template(
        "mentoring/actions.html",
        here=here,
        view=view,
        late=late,
        rest=[item for item in items if item not in late],
        done=[item for item in shown if item.done_at is not None],
        form=form,
        moving=moving,
        item_state=item_state,
        key_of=key_of,
    )


@pages.post(f"{BASE}/<key:action_id>/done")
@at_facility(Can.MENTOR)
def action_done(here: Here, action_id: int) -> ResponseReturnValue:
    """Tick something off, or take that back."""
    with transaction():
        item = queries.action(action_id, facility=here.facility.id)
        said = tick(here, item)
    return lead_on(said, _back(here))


@pages.post(f"{BASE}/<key:action_id>/move")
@at_facility(Can.MENTOR)
def action_move(here: Here, action_id: int) -> ResponseReturnValue:
    """Agree on another day."""
    queries.action(action_id, facility=here.facility.id)
    form = MoveItemForm()
    if form.validate():
        with form.refusing():
            with transaction():
                item = queries.action(action_id, facility=here.facility.id)
                actions.move_item(
                    item, form.due_on.data, actor=here.actor, now=here.now, today=here.today
                )
            return lead_on(say("New date for “%(title)s”.", title=item.title), _back(here))
    return _page(here, form, action_id), 422


def _back(here: Here) -> str:
    code, back = here.facility.code, request.form.get("back", "")
    if back == "home":
        return url_for("home.manager", code=code)
    if back == "venture" and request.form.get("venture"):
        return url_for("mentoring.actions", code=code, venture=request.form["venture"])
    return url_for("mentoring.actions", code=code)
