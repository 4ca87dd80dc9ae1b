"""A venture's own profile."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.core.access import Can
from incubator.core.db import transaction
from incubator.core.i18n import say
from incubator.organisations import actions
from incubator.web.answers import lead_on
from incubator.web.guard import Home, at_venture
from incubator.web.organisations.blueprint import pages
from incubator.web.organisations.forms import ProfileForm, age_of


@pages.get("/v/<key:venture_id>/profile")
@at_venture(Can.VIEW_OWN_VENTURE)
def profile(here: Home) -> ResponseReturnValue:
    """Show what the facility keeps of the venture."""
    return render_template(
        "organisations/profile.html",
        here=here,
        age=age_of(here.venture, here.today),
        may_edit=here.actor.can(Can.EDIT_OWN_VENTURE, organisation=here.venture.id),
    )


@pages.route("/v/<key:venture_id>/profile/edit", methods=["GET", "POST"])
@at_venture(Can.EDIT_OWN_VENTURE)
def edit_profile(here: Home) -> ResponseReturnValue:
    """The owner corrects the venture's details."""
    form = ProfileForm(obj=here.venture)
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                actions.edit_profile(
                    here.venture, form.facts(), actor=here.actor, now=here.now, today=here.today
                )
            return lead_on(say("Saved."), url_for(".profile", venture_id=here.venture.id))
    return render_template("organisations/edit_profile.html", here=here, form=form), form.status
