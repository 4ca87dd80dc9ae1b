"""Everybody with an account, for whoever runs the installation."""

from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.core.access import Can
from incubator.core.db import db, transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.organisations.models import Organisation
from incubator.people import actions, queries
from incubator.people.models import Grant, Person, PersonStatus
from incubator.spaces.models import Facility
from incubator.web.answers import lead_on
from incubator.web.forms import page_asked
from incubator.web.guard import Desk, of_system
from incubator.web.people.shared import STATES
from incubator.web.system.blueprint import PER_PAGE, pages


@dataclass(frozen=True)
class Places:
    """The names of the places where roles are held."""

    facilities: dict[int, str]
    organisations: dict[int, str]

    def of(self, grant: Grant) -> str:
        """Where a role is held; nothing for the whole system."""
        if grant.organisation_id:
            return self.organisations[grant.organisation_id]
        return self.facilities[grant.facility_id] if grant.facility_id else ""


@pages.get("/system/people", endpoint="people")
@of_system(Can.RUN_SYSTEM)
def everybody(here: Desk) -> ResponseReturnValue:
    """List accounts."""
    page, words = page_asked(), request.args.get("words", "").strip()
    found, total = queries.search(words, page, PER_PAGE)
    return render_template(
        "system/people.html",
        here=here,
        people=found,
        places=_places(found),
        seen=queries.last_seen([each.id for each in found]),
        total=total,
        page=page,
        per_page=PER_PAGE,
        words=words,
        states=STATES,
    )


@pages.get("/system/people/<key:person_id>")
@of_system(Can.RUN_SYSTEM)
def person(here: Desk, person_id: int) -> ResponseReturnValue:
    """Show one account and what can be done with it."""
    found = queries.person_of(person_id)
    return render_template(
        "system/person.html",
        here=here,
        person=found,
        places=_places([found]),
        seen=queries.last_seen([found.id]).get(found.id),
        state=STATES[found.status],
        suspended=found.status is PersonStatus.SUSPENDED,
    )


@pages.post("/system/people/<key:person_id>/suspend")
@of_system(Can.RUN_SYSTEM)
def suspend_person(here: Desk, person_id: int) -> ResponseReturnValue:
    """Stop an account everywhere."""
    back = url_for("system.person", person_id=person_id)
    try:
        with transaction():
            found = queries.person_of(person_id)
            actions.suspend(found, ventures=(), actor=here.actor, now=here.now, today=here.today)
    except RuleBroken as broken:
        return lead_on(broken.message, back, "error")
    return lead_on(say("The account of %(name)s is suspended.", name=found.name), back)


@pages.post("/system/people/<key:person_id>/reactivate")
@of_system(Can.RUN_SYSTEM)
def reactivate_person(here: Desk, person_id: int) -> ResponseReturnValue:
    """Let a suspended account be used again."""
    with transaction():
        found = queries.person_of(person_id)
        actions.reactivate(found, ventures=(), actor=here.actor, now=here.now, today=here.today)
        name = found.name
    return lead_on(
        say("The account of %(name)s can be used again.", name=name),
        url_for("system.person", person_id=person_id),
    )


def _places(people: list[Person]) -> Places:
    grants = [grant for each in people for grant in each.grants]
    facilities = db.select(Facility.id, Facility.name).where(
        Facility.id.in_({grant.facility_id for grant in grants if grant.facility_id})
    )
    organisations = db.select(Organisation.id, Organisation.name).where(
        Organisation.id.in_({grant.organisation_id for grant in grants if grant.organisation_id})
    )
    return Places(
        dict(db.session.execute(facilities).all()),
        dict(db.session.execute(organisations).all()),
    )
