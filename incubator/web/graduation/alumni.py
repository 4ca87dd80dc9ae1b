"""Alumni: who left, what became of them, what is to be asked."""

from datetime import date

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.core import reading
from incubator.core.access import Can
from incubator.core.days import ONE_DAY, add_months
from incubator.core.db import transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.graduation import queries, rules
from incubator.graduation.actions import Answer, record_answer, tell_destination
from incubator.graduation.models import AnswerSource
from incubator.organisations.queries import venture_of
from incubator.web.answers import lead_on
from incubator.web.forms import on_page, page_asked
from incubator.web.graduation.blueprint import pages
from incubator.web.graduation.forms import KNOWN, AnswerForm, DestinationForm
from incubator.web.guard import Here, at_facility

SURVIVAL = {
    1: say("Still in business after a year"),
    3: say("Still in business after 3 years"),
    5: say("Still in business after 5 years"),
}


@pages.get("/f/<code>/alumni")
@at_facility(Can.VIEW_FIGURES)
def alumni(here: Here) -> ResponseReturnValue:
    """Everybody who left, the figures of it, and the questions that are due."""
    departed = queries.departed(here.facility.id)
    exits = [each.exit for each in departed]
    asking = queries.due_before(here.facility.id, add_months(here.today, 12) + ONE_DAY)
    page, ask = page_asked(), page_asked("ask")
    return render_template(
        "graduation/alumni.html",
        here=here,
        may_decide=here.may(Can.APPROVE_GRADUATION),
        departed=on_page(departed, page),
        total=len(departed),
        page=page,
        graduation=rules.graduation_rate(exits),
        mean_stay=rules.mean_stay_months(exits),
        graduates=sum(each.graduated for each in exits),
        benchmark=rules.BENCHMARK_MONTHS,
        retention=rules.local_retention(exits),
        survival=[
            (label, *rules.survival(exits, years=years, today=here.today))
            for years, label in SURVIVAL.items()
        ],
        questions=on_page(asking, ask),
        asking=len(asking),
        ask=ask,
    )


@pages.route("/f/<code>/alumni/<key:follow_up_id>", methods=["GET", "POST"])
@at_facility(Can.APPROVE_GRADUATION, Can.PROPOSE_GRADUATION)
def follow_up(here: Here, follow_up_id: int) -> ResponseReturnValue:
    """Record what was learnt of an alumnus."""
    question = queries.follow_up_in(here.facility.id, follow_up_id)
    form = AnswerForm(as_of=here.today)
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                asked = queries.follow_up_in(here.facility.id, follow_up_id)
                record_answer(
                    asked, _answer(form), actor=here.actor, now=here.now, today=here.today
                )
            return lead_on(
                say("The answer is recorded."), url_for(".alumni", code=here.facility.code)
            )
    page = render_template(
        "graduation/follow_up.html",
        here=here,
        question=question,
        asked_from=rules.asked_from(question.due_on),
        form=form,
    )
    return page, form.status


@pages.route("/f/<code>/alumni/<key:organisation_id>/left/<day>", methods=["GET", "POST"])
@at_facility(Can.APPROVE_GRADUATION)
def destination(here: Here, organisation_id: int, day: str) -> ResponseReturnValue:
    """Write down where somebody went that left without a decision."""
    left_on = _day(day)
    left = queries.departure_on(venture_of(here.facility.id, organisation_id), left_on)
    form = DestinationForm(destination=left.destination)
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                tell_destination(
                    venture_of(here.facility.id, organisation_id),
                    left_on,
                    form.destination.data or "",
                    actor=here.actor,
                    now=here.now,
                )
            return lead_on(
                say("It is written down where the venture went."),
                url_for(".alumni", code=here.facility.code),
            )
    page = render_template("graduation/destination.html", here=here, left=left, form=form)
    return page, form.status


def _day(text: str) -> date:
    try:
        return reading.day(text)
    except RuleBroken:
        abort(404)


def _answer(form: AnswerForm) -> Answer:
    return Answer(
        as_of=form.as_of.data,
        source=AnswerSource(form.source.data),
        operating=KNOWN[form.operating.data],
        in_region=KNOWN[form.in_region.data],
        jobs_ft=form.jobs_ft.data,
        sales_year=form.sales_year.data,
        comment=form.comment.data or "",
    )
