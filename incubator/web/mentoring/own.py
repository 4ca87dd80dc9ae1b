"""Mentoring as a venture sees it."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.core.access import Can
from incubator.core.days import day_at
from incubator.core.db import transaction
from incubator.core.errors import NotFound
from incubator.core.i18n import say
from incubator.mentoring import queries, rules
from incubator.mentoring.models import Assignment, SessionStatus
from incubator.web.answers import lead_on
from incubator.web.forms import on_page, page_asked
from incubator.web.guard import Home, at_venture
from incubator.web.keys import key_of, number_of
from incubator.web.mentoring import flow
from incubator.web.mentoring.blueprint import pages
from incubator.web.mentoring.flow import Choice, Manager
from incubator.web.mentoring.side import (
    DONE_LATELY,
    entries,
    invited,
    item_state,
    own_side,
    place_of,
    standing,
    tick,
)

BASE = "/v/<key:venture_id>/mentoring"


@pages.get(BASE)
@at_venture(Can.VIEW_OWN_NOTES)
def own(here: Home) -> ResponseReturnValue:
    """What comes next, what is to be done and what was agreed."""
    sessions = queries.readable_by_member(
        queries.sessions_of(here.venture.id), here.actor, here.venture.id
    )
    ahead = [
        each for each in sessions if each.status is SessionStatus.BOOKED and each.ends_at > here.now
    ]
    past = [
        each
        for each in sessions
        if each.status is not SessionStatus.CANCELLED and each not in ahead
    ]
    page = page_asked()
    return render_template(
        "mentoring/own.html",
        ours=own_side(here),
        here=here,
        ahead=sorted(ahead, key=lambda each: each.starts_at),
        log=entries(on_page(past, page)),
        behind=len(past),
        page=page,
        items=queries.open_actions(here.venture.id),
        done=queries.done_actions(here.venture.id, here.now - DONE_LATELY),
        day_of=lambda session: day_at(session.starts_at, here.facility.zone),
        managers=queries.managers_of(here.venture.id, here.today),
        can_book=not here.venture.stage.gone
        and here.actor.can(Can.BOOK_SESSIONS, organisation=here.venture.id),
        place_of=place_of,
        standing=standing,
        item_state=item_state,
        key_of=key_of,
    )


@pages.route(f"{BASE}/book", methods=["GET", "POST"])
@at_venture(Can.BOOK_SESSIONS)
def own_book(here: Home) -> ResponseReturnValue:
    """Book a session with one of our managers."""
    assigned = queries.managers_of(here.venture.id, here.today)
    home = url_for("mentoring.own", venture_id=here.venture.id)
    if here.venture.stage.gone:
        return lead_on(rules.ONLY_INSIDERS, home, "warning")
    if not assigned:
        said = say("No manager looks after you yet. The office will assign one.")
        return lead_on(said, home, "warning")
    chosen = _chosen(assigned)
    tabs = tuple(
        {
            "label": each.person.name,
            "href": url_for(
                "mentoring.own_book", venture_id=here.venture.id, manager=key_of(each.person_id)
            ),
            "current": each is chosen,
        }
        for each in assigned
    )
    return flow.book(
        Choice(
            own_side(here),
            Manager(chosen.person_id, chosen.person.name),
            tabs=tabs if len(tabs) > 1 else (),
        )
    )


def _chosen(assigned: list[Assignment]) -> Assignment:
    key = request.args.get("manager")
    if key is None:
        return assigned[0]
    wanted = number_of(key)
    for each in assigned:
        if each.person_id == wanted:
            return each
    raise NotFound


def _choice(here: Home, session_id: int) -> Choice:
    session, _ = queries.session_for(
        session_id,
        here.actor,
        here.today,
        facility=here.facility.id,
        organisation=here.venture.id,
    )
    return Choice(own_side(here), Manager(session.manager_id, session.manager.name), moving=session)


@pages.get(f"{BASE}/<key:session_id>")
@at_venture(Can.VIEW_OWN_NOTES)
def own_session(here: Home, session_id: int) -> ResponseReturnValue:
    """One session with its shared record."""
    choice = _choice(here, session_id)
    session = choice.moving
    [entry] = entries([session] if session else [])
    can_change = (
        entry.session.status is SessionStatus.BOOKED
        and entry.session.starts_at > here.now
        and here.actor.can(Can.BOOK_SESSIONS, organisation=here.venture.id)
    )
    managers = {each.person_id for each in queries.managers_of(here.venture.id, here.today)}
    return render_template(
        "mentoring/own_session.html",
        ours=choice.side,
        here=here,
        entry=entry,
        invited=invited,
        session=entry.session,
        can_change=can_change,
        can_move=can_change
        and not here.venture.stage.gone
        and entry.session.manager_id in managers,
        place_of=place_of,
        standing=standing,
        item_state=item_state,
    )


@pages.route(f"{BASE}/<key:session_id>/reschedule", methods=["GET", "POST"])
@at_venture(Can.BOOK_SESSIONS)
def own_reschedule(here: Home, session_id: int) -> ResponseReturnValue:
    """Move a session to another free time."""
    return flow.reschedule(_choice(here, session_id))


@pages.route(f"{BASE}/<key:session_id>/cancel", methods=["GET", "POST"])
@at_venture(Can.BOOK_SESSIONS)
def own_cancel(here: Home, session_id: int) -> ResponseReturnValue:
    """Call a session off."""
    return flow.cancel(_choice(here, session_id))


@pages.post(f"{BASE}/actions/<key:action_id>/done")
@at_venture(Can.VIEW_OWN_NOTES)
def own_action_done(here: Home, action_id: int) -> ResponseReturnValue:
    """Tick off what we had to do, or take that back."""
    with transaction():
        item = queries.action(action_id, facility=here.facility.id, organisation=here.venture.id)
        said = tick(here, item)
    return lead_on(said, _back(here))


def _back(here: Home) -> str:
    """The page the button stood on, where that is one of the venture's own."""
    if request.form.get("back") == "home":
        return url_for("home.venture", venture_id=here.venture.id)
    return url_for("mentoring.own", venture_id=here.venture.id)
