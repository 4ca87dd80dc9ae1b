"""The people of a venture, as its owner and as the staff of its facility see them."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.core.access import VENTURE_ROLES, Can, Role
from incubator.core.db import transaction
from incubator.core.errors import NotAllowed
from incubator.core.i18n import say
from incubator.organisations.queries import venture_of
from incubator.people import actions, queries, rules
from incubator.people.rules import Place
from incubator.web.answers import lead_on
from incubator.web.guard import Here, Home, at_facility, at_venture
from incubator.web.people.blueprint import pages
from incubator.web.people.forms import ROLE_NOTES
from incubator.web.people.shared import invite, invite_form, invite_page, rows, venture_place

ROLES = tuple(role for role in Role if role in VENTURE_ROLES)


def is_question() -> bool:
    """Whether the page is only asked for; HEAD asks too."""
    return request.method != "POST"


@pages.get("/v/<key:venture_id>/members")
@at_venture(Can.VIEW_OWN_VENTURE)
def members(here: Home) -> ResponseReturnValue:
    """List the people of one's own venture."""
    found = queries.colleagues_of(here.venture.id, here.today)
    place = venture_place(here.venture)
    can = here.actor.can(Can.INVITE_MEMBERS, organisation=here.venture.id)
    shown = rows(here.actor, found, place)
    return render_template("people/members.html", rows=shown, can_invite=can, here=here)


@pages.route("/v/<key:venture_id>/members/invite", methods=["GET", "POST"])
@at_venture(Can.INVITE_MEMBERS)
def invite_member(here: Home) -> ResponseReturnValue:
    """Let an owner invite a member."""
    return invite_page(
        here,
        venture_place(here.venture),
        ROLES,
        words=(say("Invite a member"), say("Members")),
        back=_members(here),
        openly=False,
    )


def _members(here: Home) -> str:
    return url_for("people.members", venture_id=here.venture.id)


@pages.route("/v/<key:venture_id>/members/<key:grant_id>/end", methods=["GET", "POST"])
@at_venture(Can.INVITE_MEMBERS)
def end_membership(here: Home, grant_id: int) -> ResponseReturnValue:
    """Ask whether a membership really ends today, and end it."""
    return _end(here, venture_place(here.venture), grant_id, _members(here))


@pages.route("/f/<code>/ventures/<key:organisation_id>/people", methods=["GET", "POST"])
@at_facility(Can.INVITE_VENTURE)
def invite_member_of(here: Here, organisation_id: int) -> ResponseReturnValue:
    """The people of a venture of this facility, and a form to invite another."""
    venture = venture_of(here.facility.id, organisation_id)
    place = venture_place(venture)
    back = _people_of(here, organisation_id)
    form = invite_form(rules.grantable(here.actor, place, ROLES))
    if form.validate_on_submit() and invite(here, form, place, openly=True):
        return redirect(back, 303)
    found = queries.colleagues_of(organisation_id, here.today)
    values = {
        "form": form,
        "notes": ROLE_NOTES,
        "place": place,
        "rows": rows(here.actor, found, place),
        "can_open": here.may(Can.INVITE_STAFF),
        "here": here,
    }
    return render_template("people/venture_people.html", **values), form.status


@pages.route(
    "/f/<code>/ventures/<key:organisation_id>/people/<key:grant_id>/end", methods=["GET", "POST"]
)
@at_facility(Can.INVITE_VENTURE)
def end_member_of(here: Here, organisation_id: int, grant_id: int) -> ResponseReturnValue:
    """Ask whether a membership of a venture of this facility really ends today, and end it."""
    place = venture_place(venture_of(here.facility.id, organisation_id))
    return _end(here, place, grant_id, _people_of(here, organisation_id))


def _people_of(here: Here, organisation_id: int) -> str:
    return url_for(
        "people.invite_member_of", code=here.facility.code, organisation_id=organisation_id
    )


def _end(here: Here, place: Place, grant_id: int, back: str) -> ResponseReturnValue:
    organisation_id = place.organisation_id
    grant = queries.grant_at(grant_id, here.today, organisation_id=organisation_id)
    if not rules.may_grant(here.actor, grant.role, place):
        raise NotAllowed(grant.role)
    if is_question():
        values = {"grant": grant, "place": place, "back": back, "here": here}
        return render_template("people/end_membership.html", **values)
    with transaction():
        grant = queries.grant_at(grant_id, here.today, organisation_id=organisation_id)
        actions.end_grant(grant, place, actor=here.actor, now=here.now, today=here.today)
        name = grant.person.name
    return lead_on(say("The role of %(name)s has ended.", name=name), back)
