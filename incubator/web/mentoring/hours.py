"""When managers and mentors can be booked."""

from datetime import date, timedelta
from functools import partial

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.core.access import Can
from incubator.core.days import ONE_DAY, Stretch
from incubator.core.db import transaction
from incubator.core.i18n import Message, say
from incubator.mentoring import actions, queries
from incubator.mentoring.actions import DayTerms, HoursTerms
from incubator.mentoring.models import Availability, AvailabilityException
from incubator.web.answers import ALREADY, lead_on
from incubator.web.forms import WEEKDAYS
from incubator.web.guard import Here, at_facility
from incubator.web.meant import unless_gone
from incubator.web.mentoring.blueprint import pages
from incubator.web.mentoring.forms import DayForm, HoursForm
from incubator.web.mentoring.side import by_day

BASE = "/f/<code>/availability"
PREVIEW = timedelta(days=14)
OTHER = "other-"


@pages.route(BASE, methods=["GET", "POST"])
@at_facility(Can.MENTOR)
def availability(here: Here) -> ResponseReturnValue:
    """One's hours of every week, and the days that differ."""
    form = HoursForm()
    if form.validate_on_submit():
        terms = HoursTerms(
            form.weekday.data,
            form.from_minute.data,
            form.until_minute.data,
            form.slot_minutes.data,
            here.today,
        )
        with form.refusing():
            with transaction():
                actions.add_hours(
                    terms, facility_id=here.facility.id, actor=here.actor, now=here.now
                )
            return _done(here, say("Ventures can now book these hours."))
    return _page(here, form, DayForm(formdata=None, prefix=OTHER)), form.status


@pages.post(f"{BASE}/days")
@at_facility(Can.MENTOR)
def availability_day(here: Here) -> ResponseReturnValue:
    """Be away on a day, or open at other hours."""
    form = DayForm(prefix=OTHER)
    if form.validate():
        away = form.away.data
        terms = DayTerms(
            form.day.data,
            None if away else form.from_minute.data,
            None if away else form.until_minute.data,
        )
        with form.refusing():
            with transaction():
                actions.set_exception(
                    terms,
                    facility_id=here.facility.id,
                    actor=here.actor,
                    now=here.now,
                    today=here.today,
                )
            if away and (count := _booked_on(here, terms.day)):
                return _done(here, _away_over(count), "warning")
            return _done(here, say("The day is noted."))
    return _page(here, HoursForm(formdata=None), form), 422


@pages.post(f"{BASE}/<key:hours_id>/remove")
@at_facility(Can.MENTOR)
def availability_remove(here: Here, hours_id: int) -> ResponseReturnValue:
    """Close hours from today on."""
    find = partial(queries.published_hours, hours_id, here.actor.id, here.facility.id)
    with transaction():
        found = unless_gone(find, "hours.removed", (Availability, hours_id), here.facility.id)
        if found is not None:
            actions.remove_hours(found, actor=here.actor, now=here.now, today=here.today)
    told = say("These hours are closed. Sessions already booked stay.")
    return _done(here, told if found else ALREADY)


@pages.post(f"{BASE}/days/<key:day_id>/remove")
@at_facility(Can.MENTOR)
def availability_day_remove(here: Here, day_id: int) -> ResponseReturnValue:
    """Let the weekly hours hold again on a day."""
    find = partial(queries.exception_at, day_id, here.actor.id, here.facility.id)
    with transaction():
        found = unless_gone(find, "day.cleared", (AvailabilityException, day_id), here.facility.id)
        if found is not None:
            actions.remove_exception(
                found, facility_id=here.facility.id, actor=here.actor, now=here.now
            )
    told = say("On that day your weekly hours hold again.")
    return _done(here, told if found else ALREADY)


def _booked_on(here: Here, day: date) -> int:
    """How many sessions that are not over the manager has on a day."""
    booked = queries.taken(here.actor.id or 0, here.facility, Stretch(day, day + ONE_DAY))
    return sum(slot.ends_at > here.now for slot in booked.values())


def _away_over(count: int) -> Message:
    """What is said where sessions are booked for a day away."""
    return say(
        "The day is noted. Sessions on it stay until somebody moves or cancels them; "
        "there are %(count)s.",
        count=count,
    )


def _done(here: Here, said: Message, kind: str = "success") -> ResponseReturnValue:
    return lead_on(said, url_for("mentoring.availability", code=here.facility.code), kind)


def _page(here: Here, form: HoursForm, day_form: DayForm) -> str:
    person_id = here.actor.id or 0
    days = Stretch(here.today, here.today + PREVIEW)
    slots = queries.free_times(person_id, here.facility, days, now=here.now)
    return render_template(
        "mentoring/availability.html",
        here=here,
        form=form if form.errors else day_form,
        hours_form=form,
        day_form=day_form,
        weekly=queries.hours_of(person_id, here.facility.id, here.today),
        others=queries.exceptions_of(person_id, here.facility.id, here.today),
        free=by_day(slots, here.facility.zone),
        names=WEEKDAYS,
    )
