"""The staff of a facility: who they are, who joins, who leaves."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.core.access import Can, Held
from incubator.core.db import transaction
from incubator.core.i18n import say
from incubator.mentoring.queries import assignments_of
from incubator.organisations.queries import ids_of
from incubator.people import actions, queries, rules
from incubator.people.models import PersonStatus
from incubator.web.answers import lead_on
from incubator.web.guard import Here, at_facility
from incubator.web.people import members
from incubator.web.people.blueprint import pages
from incubator.web.people.shared import (
    STATES,
    facility_place,
    invite_page,
    rows,
)

__all__ = ["members", "pages"]


@pages.get("/f/<code>/people")
@at_facility(Can.INVITE_STAFF)
def staff(here: Here) -> ResponseReturnValue:
    """List everybody with a role at this facility."""
    found = queries.colleagues_at(here.facility.id, here.today)
    shown = rows(here.actor, found, facility_place(here))
    return render_template("people/staff.html", rows=shown, here=here)


@pages.route("/f/<code>/people/invite", methods=["GET", "POST"])
@at_facility(Can.INVITE_STAFF)
def invite_staff(here: Here) -> ResponseReturnValue:
    """Invite somebody to the staff."""
    return invite_page(
        here,
        facility_place(here),
        rules.STAFF_ROLES,
        words=(say("Invite somebody"), say("People")),
        back=url_for("people.staff", code=here.facility.code),
        openly=True,
    )


@pages.route("/f/<code>/people/roles/<key:grant_id>/end", methods=["GET", "POST"])
@at_facility(Can.INVITE_STAFF)
def end_role(here: Here, grant_id: int) -> ResponseReturnValue:
    """Ask whether a role of the staff really ends today, and end it."""
    grant = queries.grant_at(grant_id, here.today, facility_id=here.facility.id)
    assigned = [
        each
        for each in assignments_of(grant.person.as_actor(here.today), here.facility.id, here.today)
        if each.kind.role is grant.role and not each.organisation.stage.gone
    ]
    if members.is_question():
        return render_template(
            "people/end_role.html", grant=grant, assigned=len(assigned), here=here
        )
    with transaction():
        grant = queries.grant_at(grant_id, here.today, facility_id=here.facility.id)
        actions.end_grant(
            grant, facility_place(here), actor=here.actor, now=here.now, today=here.today
        )
        name = grant.person.name
    if assigned:
        said = say("The role of %(name)s has ended. Their ventures need somebody else.", name=name)
        return lead_on(said, url_for("mentoring.assignments", code=here.facility.code), "warning")
    return lead_on(
        say("The role of %(name)s has ended.", name=name),
        url_for("people.staff", code=here.facility.code),
    )


@pages.get("/f/<code>/people/<key:person_id>")
@at_facility(Can.INVITE_STAFF)
def person(here: Here, person_id: int) -> ResponseReturnValue:
    """One person of this facility or of its ventures: the account, and its suspension."""
    ventures = ids_of(here.facility.id)
    found = queries.person_around(person_id, here.facility.id, ventures, here.today)
    held = queries.held_by(found, here.today)
    return render_template(
        "people/person.html",
        person=found,
        roles=[each.role for each in held if _is_near(each, here.facility.id, ventures)],
        state=STATES[found.status],
        mine=rules.administers(here.actor, held, ventures) and found.id != here.actor.id,
        suspended=found.status is PersonStatus.SUSPENDED,
        here=here,
    )


def _is_near(held: Held, facility_id: int, ventures: frozenset[int]) -> bool:
    return held.facility_id == facility_id or held.organisation_id in ventures


@pages.post("/f/<code>/people/<key:person_id>/suspend")
@at_facility(Can.INVITE_STAFF)
def suspend(here: Here, person_id: int) -> ResponseReturnValue:
    """Stop an account at once."""
    return _change_status(here, person_id, stop=True)


@pages.post("/f/<code>/people/<key:person_id>/reactivate")
@at_facility(Can.INVITE_STAFF)
def reactivate(here: Here, person_id: int) -> ResponseReturnValue:
    """Take up a suspended account again."""
    return _change_status(here, person_id, stop=False)


def _change_status(here: Here, person_id: int, *, stop: bool) -> ResponseReturnValue:
    facility_id = here.facility.id
    deed = actions.suspend if stop else actions.reactivate
    with transaction():
        ventures = ids_of(facility_id)
        found = queries.person_around(person_id, facility_id, ventures, here.today)
        deed(
            found,
            ventures=ventures,
            actor=here.actor,
            now=here.now,
            today=here.today,
            facility_id=facility_id,
        )
        name = found.name
    said = (
        say("The account of %(name)s is suspended; every device was signed out.", name=name)
        if stop
        else say("The account of %(name)s can be used again.", name=name)
    )
    address = url_for("people.person", code=here.facility.code, person_id=person_id)
    return lead_on(said, address)
