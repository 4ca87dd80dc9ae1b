"""The facilities of an installation, and the first administrator of each."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.core.access import Can, Role
from incubator.core.db import db, transaction
from incubator.core.errors import NotFound
from incubator.core.i18n import Name, say
from incubator.graduation.actions import open_facility
from incubator.people import queries as people
from incubator.people import rules
from incubator.people.rules import Place
from incubator.spaces import queries
from incubator.spaces.models import Facility
from incubator.web.answers import lead_on
from incubator.web.guard import Desk, of_system
from incubator.web.people.forms import ROLE_NOTES
from incubator.web.people.shared import STATES, invite, invite_form
from incubator.web.system.blueprint import pages
from incubator.web.system.forms import FacilityForm


@pages.get("/system/facilities", endpoint="facilities")
@of_system(Can.MANAGE_FACILITIES)
def listed(here: Desk) -> ResponseReturnValue:
    """List the facilities."""
    return render_template(
        "system/facilities.html",
        here=here,
        facilities=queries.facilities(),
        units=queries.unit_counts(),
    )


@pages.route("/system/facilities/add", methods=["GET", "POST"])
@of_system(Can.MANAGE_FACILITIES)
def add_facility(here: Desk) -> ResponseReturnValue:
    """Open a facility."""
    form = FacilityForm()
    if form.validate_on_submit():
        facts = {"name_en": form.name_en.data or "", "zone": form.zone.data}
        with form.refusing():
            with transaction():
                facility = open_facility(
                    str(form.code.data),
                    str(form.name.data),
                    actor=here.actor,
                    now=here.now,
                    facts=facts,
                )
                facility_id = facility.id
            return lead_on(
                say("The facility is there. Now invite its administrator."),
                url_for("system.invite_admin", facility_id=facility_id),
            )
    return render_template("system/add_facility.html", form=form), form.status


@pages.route("/system/facilities/<key:facility_id>/invite", methods=["GET", "POST"])
@of_system(Can.INVITE_STAFF)
def invite_admin(here: Desk, facility_id: int) -> ResponseReturnValue:
    """Invite somebody to run a facility."""
    facility = db.session.get(Facility, facility_id)
    if facility is None:
        raise NotFound
    place = Place(facility.id, None, Name.of(facility))
    form = invite_form(rules.grantable(here.actor, place, rules.STAFF_ROLES))
    if not form.is_submitted():
        form.role.data = Role.FACILITY_ADMIN.value
    if form.validate_on_submit() and invite(here, form, place, openly=True):
        return redirect(url_for("system.invite_admin", facility_id=facility_id), 303)
    return render_template(
        "system/invite_admin.html",
        form=form,
        facility=facility,
        notes=ROLE_NOTES,
        states=STATES,
        staff=people.colleagues_at(facility_id, here.today),
    ), form.status
