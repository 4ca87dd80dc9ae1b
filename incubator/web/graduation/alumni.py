"""Alumni: who left, what became of them, what is to be asked."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.core.access import Can
from incubator.core.days import add_months
from incubator.core.db import transaction
from incubator.core.i18n import say
from incubator.graduation import queries, rules
from incubator.graduation.actions import Answer, record_answer
from incubator.graduation.models import AnswerSource
from incubator.web.answers import lead_on
from incubator.web.graduation.blueprint import pages
from incubator.web.graduation.forms import KNOWN, AnswerForm
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
    questions = queries.follow_ups(here.facility.id)
    return render_template(
        "graduation/alumni.html",
        here=here,
        departed=departed,
        graduation=rules.graduation_rate(exits),
        mean_stay=rules.mean_stay_months(exits),
        graduates=sum(each.graduated for each in exits),
        benchmark=rules.BENCHMARK_MONTHS,
        retention=rules.local_retention(exits),
        survival=[
            (label, *rules.survival(exits, years=years, today=here.today))
            for years, label in SURVIVAL.items()
        ],
        late=[
            each
            for each in questions
            if rules.is_late(each.due_on, answered=bool(each.answers), today=here.today)
        ],
        coming=[
            each
            for each in questions
            if not each.answers and here.today <= each.due_on <= add_months(here.today, 12)
        ],
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
