"""Sessions as managers and mentors see them."""

from dataclasses import dataclass
from datetime import timedelta

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.core.access import Can
from incubator.core.days import day_at
from incubator.core.db import transaction
from incubator.core.errors import NotFound, RuleBroken
from incubator.core.i18n import say
from incubator.mentoring import actions, queries, rules
from incubator.mentoring.actions import ItemTerms
from incubator.mentoring.models import MentoringSession, SessionNote, SessionStatus, Visibility
from incubator.web.answers import ALREADY, lead_on
from incubator.web.forms import on_page, page_asked
from incubator.web.guard import Here, at_facility
from incubator.web.keys import key_of, number_of
from incubator.web.mentoring import flow
from incubator.web.mentoring.blueprint import pages
from incubator.web.mentoring.flow import Choice, Manager
from incubator.web.mentoring.forms import LogForm
from incubator.web.mentoring.side import (
    Side,
    entries,
    invited,
    item_state,
    place_of,
    standing,
    view_of,
)

BASE = "/f/<code>/sessions"
EARLIER = 10
MISSED = (actions.miss_session, say("Noted that you did not meet."))
MET = {
    "yes": (actions.hold_session, say("Noted. Now write what was agreed.")),
    "open": (actions.take_back_held, say("Taken back. Whether you met is open again.")),
}
"""What is answered to whether people met, and what is said then; anything else is a no."""


@pages.get(BASE)
@at_facility(Can.MENTOR)
def sessions(here: Here) -> ResponseReturnValue:
    """The sessions to come, or those of the past year, of the ventures one looks after."""
    view, page = view_of(here), page_asked()
    past = request.args.get("show") == "past"
    found = queries.mine(
        here.actor,
        here.facility.id,
        here.today,
        only=view.chosen,
        since=here.now - timedelta(days=366) if past else here.now,
        until=here.now if past else None,
    )
    rows = list(reversed(found)) if past else found
    if not past:
        rows = [each for each in rows if each.status is not SessionStatus.CANCELLED]
    return render_template(
        "mentoring/sessions.html",
        here=here,
        view=view,
        rows=on_page(rows, page),
        total=len(rows),
        page=page,
        past=past,
        can_book=any(each.organisation_id in view.kinds for each in view.bookable),
        standing=standing,
        place_of=place_of,
        key_of=key_of,
    )


@pages.get("/f/<code>/mentoring/<key:organisation_id>")
@at_facility(Can.MENTOR)
def venture(here: Here, organisation_id: int) -> ResponseReturnValue:
    """What was and is agreed with one venture."""
    side, page = _side(here, organisation_id), page_asked()
    found = queries.mine(here.actor, here.facility.id, here.today, only=organisation_id)
    ahead = [
        each for each in found if each.status is SessionStatus.BOOKED and each.ends_at > here.now
    ]
    past = [each for each in reversed(found) if each.starts_at <= here.now]
    held = [each for each in past if each.status is not SessionStatus.CANCELLED]
    items = [
        item
        for item in queries.open_actions_of_manager(
            here.actor.id or 0, here.facility.id, here.today
        )
        if item.organisation_id == organisation_id
    ]
    return render_template(
        "mentoring/venture.html",
        here=here,
        ours=side,
        ahead=ahead,
        log=entries(on_page(held, page)),
        held=len(held),
        page=page,
        items=items,
        day_of=lambda session: day_at(session.starts_at, here.facility.zone),
        managers=queries.managers_of(organisation_id, here.today),
        can_book=not side.venture.stage.gone,
        standing=standing,
        place_of=place_of,
        item_state=item_state,
    )


def _side(here: Here, organisation_id: int) -> Side:
    """The staff's side of a venture that one looks after; 404 for any other."""
    for each in queries.assignments_of(here.actor, here.facility.id, here.today):
        if each.organisation_id == organisation_id:
            return Side(here, each.organisation)
    raise NotFound


@pages.route(f"{BASE}/book", methods=["GET", "POST"])
@at_facility(Can.MENTOR)
def book(here: Here) -> ResponseReturnValue:
    """Book a session with one of the ventures one looks after."""
    if not request.args.get("venture"):
        view = view_of(here)
        return render_template("mentoring/whom.html", here=here, view=view, key_of=key_of)
    side = _side(here, number_of(request.args["venture"]))
    if side.venture.stage.gone:
        return lead_on(rules.ONLY_INSIDERS, side.back, "warning")
    return flow.book(Choice(side, Manager(here.actor.id or 0, here.actor.name)))


@dataclass(frozen=True)
class Open:
    """A session that somebody may open, and what they may do with it."""

    session: MentoringSession
    who: rules.Reader
    choice: Choice
    mine: bool
    can_write: bool


def _open(here: Here, session_id: int) -> Open:
    session, who = queries.session_for(
        session_id, here.actor, here.today, facility=here.facility.id
    )
    side = Side(here, session.organisation)
    return Open(
        session,
        who,
        Choice(side, Manager(session.manager_id, session.manager.name), moving=session),
        session.manager_id == here.actor.id,
        who.manages or who.mentors,
    )


@pages.route(f"{BASE}/<key:session_id>", methods=["GET", "POST"])
@at_facility(Can.MENTOR)
def session(here: Here, session_id: int) -> ResponseReturnValue:
    """One session: what is known, the form for its record, and what was agreed before."""
    form = LogForm()
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                _write(here, session_id, form)
            return lead_on(say("The record is saved."), _url(here, session_id))
    return _page(here, session_id, form), form.status


def _url(here: Here, session_id: int) -> str:
    return url_for("mentoring.session", code=here.facility.code, session_id=session_id)


def _write(here: Here, session_id: int, form: LogForm) -> None:
    found = _open(here, session_id).session
    shared, private, items = form.shared.data, form.private.data, form.items()
    if not (shared or private or items):
        raise RuleBroken(say("Please write something."), "shared")
    for visibility, body in ((Visibility.SHARED, shared), (Visibility.PRIVATE, private)):
        if body:
            actions.write_note(
                found,
                body,
                visibility=visibility,
                actor=here.actor,
                now=here.now,
                today=here.today,
            )
    for title, owner, due in items:
        terms = ItemTerms(title, owner, due)
        actions.add_item(found, terms, actor=here.actor, now=here.now, today=here.today)
    if shared and found.status is SessionStatus.BOOKED and found.starts_at <= here.now:
        actions.hold_session(found, actor=here.actor, now=here.now, today=here.today)


def _page(
    here: Here, session_id: int, form: LogForm, private: list[SessionNote] | None = None
) -> str:
    found = _open(here, session_id)
    mine = queries.mine(
        here.actor,
        here.facility.id,
        here.today,
        only=found.session.organisation_id,
        until=found.session.starts_at,
    )
    earlier = [each for each in reversed(mine) if each.status is SessionStatus.HELD]
    [entry, *before] = entries([found.session, *earlier[:EARLIER]])
    booked = found.session.status is SessionStatus.BOOKED
    return render_template(
        "mentoring/session.html",
        here=here,
        ours=found.choice.side,
        entry=entry,
        invited=invited,
        session=found.session,
        before=before,
        form=form,
        private=private,
        private_count=len(private)
        if private is not None
        else queries.private_notes_count(found.session.id, found.who),
        can_write=found.can_write and found.session.status is not SessionStatus.CANCELLED,
        can_change=booked and found.mine,
        can_move=not found.session.organisation.stage.gone,
        can_answer=booked and found.can_write and found.session.starts_at <= here.now,
        can_take_back=found.can_write and queries.may_take_back(found.session, here.actor),
        can_correct=found.session.missed and found.can_write,
        standing=standing,
        place_of=place_of,
        item_state=item_state,
    )


@pages.post(f"{BASE}/<key:session_id>/private")
@at_facility(Can.WRITE_NOTES)
def session_private(here: Here, session_id: int) -> ResponseReturnValue:
    """Show the private notes; that somebody looked is written down."""
    with transaction():
        notes = actions.view_private_notes(
            _open(here, session_id).session, actor=here.actor, now=here.now, today=here.today
        )
    return _page(here, session_id, LogForm(formdata=None), notes)


@pages.post(f"{BASE}/<key:session_id>/met")
@at_facility(Can.WRITE_NOTES)
def session_met(here: Here, session_id: int) -> ResponseReturnValue:
    """Answer whether people met, or take back that they did."""
    answer = request.form.get("met", "")
    deed, said = MET.get(answer, MISSED)
    with transaction():
        found = _open(here, session_id).session
        already = deed is actions.miss_session and found.status is SessionStatus.CANCELLED
        if not already:
            deed(found, actor=here.actor, now=here.now, today=here.today)
    return lead_on(ALREADY if already else said, _url(here, session_id))


@pages.route(f"{BASE}/<key:session_id>/reschedule", methods=["GET", "POST"])
@at_facility(Can.MENTOR)
def reschedule(here: Here, session_id: int) -> ResponseReturnValue:
    """Move one's own session to another time."""
    return flow.reschedule(_own(here, session_id))


@pages.route(f"{BASE}/<key:session_id>/cancel", methods=["GET", "POST"])
@at_facility(Can.MENTOR)
def cancel(here: Here, session_id: int) -> ResponseReturnValue:
    """Call one's own session off."""
    return flow.cancel(_own(here, session_id))


def _own(here: Here, session_id: int) -> Choice:
    """Only the manager of a session moves it; colleagues read."""
    found = _open(here, session_id)
    if not found.mine:
        raise NotFound
    return found.choice
