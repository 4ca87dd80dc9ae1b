"""The house rules of a facility, its issuer and its closed days."""

import re
from datetime import date
from functools import partial

from flask import g, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.actions.house import set_issuer
from incubator.billing.queries import issuer_on
from incubator.core import reading
from incubator.core.access import Can
from incubator.core.days import Stretch, add_months
from incubator.core.db import transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, Name, say
from incubator.spaces import actions, queries
from incubator.spaces.models import ClosedDay
from incubator.web.answers import ALREADY, lead_on
from incubator.web.forms import choices, zones
from incubator.web.guard import Here, at_facility
from incubator.web.meant import unless_gone
from incubator.web.spaces.blueprint import pages
from incubator.web.spaces.forms import (
    ClosedDayForm,
    FacilityForm,
    IssuerForm,
    shown_of,
)
from incubator.web.spaces.outside import closed_over, outside

PERCENT = re.compile(r"([0-9]{1,2})(?:\.([0-9]{1,2}))?")
AHEAD_MONTHS = 18


def basis_points(text: str) -> int | None:
    """14.6 as 1460; nothing where nothing is written."""
    if not text.strip():
        return None
    found = PERCENT.fullmatch(reading.tidy(text).removesuffix("%"))
    if found is None:
        raise RuleBroken(say("Write a percentage like 14.6."), "late_rate_percent")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


@pages.route("/f/<code>/settings", methods=["GET", "POST"])
@at_facility(Can.EDIT_FACILITY)
def settings(here: Here) -> ResponseReturnValue:
    """Show and change the house rules."""
    form = FacilityForm(data=shown_of(here.facility))
    form.zone.choices = choices((zone, zone) for zone in zones(here.facility.zone))
    if form.validate_on_submit():
        with form.refusing():
            late = {"late_rate_bp": basis_points(form.late_rate_percent.data or "")}
            before = outside(here)
            with transaction():
                actions.edit_facility(
                    here.facility, form.facts() | late, actor=here.actor, now=here.now
                )
            said = say("Saved. What was issued or signed before stays as it is.")
            return closed_over(here, before, said, url_for(".settings", code=here.facility.code))
    return render_template("spaces/settings.html", here=here, form=form), form.status


@pages.route("/f/<code>/settings/issuer", methods=["GET", "POST"])
@at_facility(Can.EDIT_FACILITY)
def issuer(here: Here) -> ResponseReturnValue:
    """Show and change who issues invoices."""
    g.nav_here = "spaces.settings"
    present = issuer_on(here.facility.id, date.max)
    form = IssuerForm(obj=present, data={"from_day": here.today})
    if not form.is_submitted():
        form.from_day.data = here.today if present else here.today.replace(day=1)
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                set_issuer(
                    here.facility,
                    form.facts(),
                    from_day=form.from_day.data,
                    actor=here.actor,
                    now=here.now,
                )
            said, kind = say("Saved. What was issued or signed before stays as it is."), "success"
            if present is not None and form.from_day.data < present.from_day:
                said, kind = _until(present.from_day), "warning"
            return lead_on(said, url_for(".issuer", code=here.facility.code), kind)
        present = issuer_on(here.facility.id, date.max)
    return render_template("spaces/issuer.html", here=here, form=form, present=present), form.status


def _until(day: date) -> Message:
    """What is said where a later entry is there already, which the page goes on to show."""
    return say(
        "Saved, but only for days before %(day)s: from then on what you see here applies."
        " To change that, save it again from that day.",
        day=day,
    )


@pages.route("/f/<code>/settings/closed-days", methods=["GET", "POST"])
@at_facility(Can.EDIT_FACILITY)
def closed_days(here: Here) -> ResponseReturnValue:
    """Show, add and remove the days on which the house is closed."""
    g.nav_here = "spaces.settings"
    form = ClosedDayForm()
    if form.validate_on_submit():
        with form.refusing():
            before = outside(here)
            with transaction():
                actions.add_closed_day(
                    here.facility,
                    form.day.data,
                    Name(form.name.data or "", form.name_en.data or ""),
                    actor=here.actor,
                    now=here.now,
                )
            said = say("The house is closed on that day.")
            return closed_over(here, before, said, url_for(".closed_days", code=here.facility.code))
    ahead = Stretch(here.today, add_months(here.today, AHEAD_MONTHS))
    page = render_template(
        "spaces/closed_days.html",
        here=here,
        form=form,
        closed=queries.closed_days_of(here.facility.id, ahead),
        holidays=queries.holidays_in(ahead),
        known_until=queries.last_holiday(),
    )
    return page, form.status


@pages.post("/f/<code>/settings/closed-days/<key:closed_day_id>/remove")
@at_facility(Can.EDIT_FACILITY)
def remove_closed_day(here: Here, closed_day_id: int) -> ResponseReturnValue:
    """Open the house again on a day."""
    find = partial(queries.closed_day_of, here.facility.id, closed_day_id)
    with transaction():
        closed = unless_gone(
            find, "closed_day.removed", (ClosedDay, closed_day_id), here.facility.id
        )
        if closed is not None:
            actions.remove_closed_day(here.facility, closed, actor=here.actor, now=here.now)
    return lead_on(
        say("The house is open on that day.") if closed else ALREADY,
        url_for(".closed_days", code=here.facility.code),
    )
