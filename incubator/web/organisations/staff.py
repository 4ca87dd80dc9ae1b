"""The ventures of a facility: list, page, add, edit."""

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.queries import balances_of, invoices_of, overdue_organisations
from incubator.core.access import Can
from incubator.core.db import transaction
from incubator.core.i18n import say
from incubator.graduation.queries import filed, missing_figures
from incubator.leases.queries import of_venture
from incubator.mentoring.queries import last_contact, managers_of, mine
from incubator.organisations import actions, queries
from incubator.organisations.models import Organisation, Stage
from incubator.organisations.queries import VentureSearch
from incubator.people.queries import members_of
from incubator.web.answers import lead_on
from incubator.web.filters import language
from incubator.web.forms import page_asked
from incubator.web.guard import Here, at_facility
from incubator.web.organisations.blueprint import pages
from incubator.web.organisations.forms import VentureForm, age_of

LATEST = 6


def asked() -> VentureSearch:
    """What the address of the list asks for."""
    stage = request.args.get("stage", "")
    return VentureSearch(
        text=request.args.get("q", "").strip()[:100],
        stage=Stage(stage) if stage in set(Stage) else None,
        sort=request.args.get("sort", "name"),
        descending=request.args.get("dir") == "desc",
        page=page_asked(),
        lang=language(),
    )


@pages.get("/f/<code>/ventures")
@at_facility(Can.VIEW_VENTURES)
def ventures(here: Here) -> ResponseReturnValue:
    """List the ventures."""
    search = asked()
    found = queries.ventures(here.facility.id, search)
    may_bill = here.may(Can.VIEW_BILLING)
    return render_template(
        "organisations/ventures.html",
        here=here,
        search=search,
        found=found,
        overdue=overdue_organisations(here.facility.id, here.today) if may_bill else {},
        contacts=last_contact(here.facility.id),
        stages=[("", say("All")), *((stage.value, stage.label) for stage in Stage)],
        may_edit=here.may(Can.EDIT_VENTURES),
    )


@pages.get("/f/<code>/ventures/<key:organisation_id>")
@at_facility(Can.VIEW_VENTURES)
def venture(here: Here, organisation_id: int) -> ResponseReturnValue:
    """Show a venture with what every area knows of it."""
    found = queries.venture_of(here.facility.id, organisation_id)
    return render_template(
        "organisations/venture.html",
        here=here,
        venture=found,
        age=age_of(found, here.today),
        managers=managers_of(found.id, here.today),
        members=members_of(found.id, here.today),
        met=last_contact(here.facility.id).get(found.id),
        may={name: here.may(can) for name, can in MAY.items()},
        **_sections(here, found),
    )


MAY = {
    "edit": Can.EDIT_VENTURES,
    "invite": Can.INVITE_VENTURE,
    "leases": Can.VIEW_LEASES,
    "billing": Can.VIEW_BILLING,
    "figures": Can.VIEW_FIGURES,
    "quote": Can.DRAFT_LEASES,
    "mentor": Can.MENTOR,
    "assign": Can.ASSIGN_MANAGERS,
    "audit": Can.VIEW_AUDIT,
}


def _sections(here: Here, found: Organisation) -> dict[str, Any]:
    """What the visitor may see of leases, money, sessions and figures."""
    parts: dict[str, Any] = {}
    if here.may(Can.VIEW_LEASES):
        parts["leases"] = of_venture(found.id)
    if here.may(Can.VIEW_BILLING):
        parts["balance"] = balances_of(found.id, here.today)
        parts["invoices"] = invoices_of(found.id, here.today, per_page=LATEST)
    if here.may(Can.MENTOR):
        sessions = mine(here.actor, here.facility.id, here.today, only=found.id)
        parts["sessions"] = sessions[-LATEST:][::-1]
    if here.may(Can.VIEW_FIGURES):
        reported = filed([found.id])[found.id]
        parts["figures"] = [reported[month] for month in sorted(reported, reverse=True)[:LATEST]]
        parts["missing"] = missing_figures(found, here.facility, here.today)
    return parts


@pages.route("/f/<code>/ventures/new", methods=["GET", "POST"])
@at_facility(Can.EDIT_VENTURES)
def add(here: Here) -> ResponseReturnValue:
    """Add a venture."""
    form = VentureForm()
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                made = actions.add_venture(
                    actions.VentureFacts(**form.facts()),
                    facility_id=here.facility.id,
                    actor=here.actor,
                    now=here.now,
                    today=here.today,
                )
                made_id = made.id
            return lead_on(say("The venture was added."), _page(here, made_id))
    page = render_template("organisations/edit.html", here=here, form=form, venture=None)
    return page, form.status


@pages.route("/f/<code>/ventures/<key:organisation_id>/edit", methods=["GET", "POST"])
@at_facility(Can.EDIT_VENTURES)
def edit(here: Here, organisation_id: int) -> ResponseReturnValue:
    """Change what the office keeps of a venture."""
    found = queries.venture_of(here.facility.id, organisation_id)
    form = VentureForm(obj=found)
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                changing = queries.venture_of(here.facility.id, organisation_id)
                actions.edit_venture(
                    changing, form.facts(), actor=here.actor, now=here.now, today=here.today
                )
            return lead_on(say("Saved."), _page(here, organisation_id))
        found = queries.venture_of(here.facility.id, organisation_id)
    page = render_template("organisations/edit.html", here=here, form=form, venture=found)
    return page, form.status


def _page(here: Here, organisation_id: int) -> str:
    return url_for(".venture", code=here.facility.code, organisation_id=organisation_id)
