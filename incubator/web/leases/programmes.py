"""Subsidy programmes: what they give, in plain words, and the form that keeps them."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.core import reading
from incubator.core.access import Can
from incubator.core.days import Proration
from incubator.core.db import transaction
from incubator.core.i18n import Message, Sum, say, say_n
from incubator.core.money import WHOLE, as_decimal, with_digits
from incubator.leases import actions, queries
from incubator.leases.models import SubsidyProgramme
from incubator.leases.rules import Anchor, Delivery, Method, Step, share_in_words
from incubator.web.answers import lead_on
from incubator.web.guard import Here, at_facility
from incubator.web.leases.blueprint import pages
from incubator.web.leases.forms import STEP_ROWS, ProgrammeForm

COUNTS = ("area_cap", "monthly_cap", "fy_cap", "total_cap", "max_months", "max_fiscal_years",
          "company_age_limit_years", "budget_per_fy")  # fmt: skip
PLAIN = ("code", "name", "name_en", "funder", "includes_common_fee", "includes_tax", *COUNTS,
         "valid_from", "valid_until", "conditions")  # fmt: skip

LIMITS = {
    "area_cap": say("Counts at most %(limit)s m²."),
    "monthly_cap": say("At most %(limit)s a month."),
    "fy_cap": say("At most %(limit)s in a fiscal year."),
    "total_cap": say("At most %(limit)s in all."),
    "max_months": say("Months at most: %(limit)s."),
    "max_fiscal_years": say("Fiscal years at most: %(limit)s."),
    "company_age_limit_years": say("Age limit of companies in years: %(limit)s."),
}


@pages.get("/f/<code>/programmes")
@at_facility(Can.VIEW_LEASES)
def programmes(here: Here) -> ResponseReturnValue:
    """All programmes with what they give."""
    found = queries.programmes_of(here.facility.id)
    return render_template(
        "leases/programmes.html",
        here=here,
        programmes=[(each, in_words(each, here.facility.currency)) for each in found],
        may_edit=here.may(Can.EDIT_FACILITY),
    )


@pages.route("/f/<code>/programmes/add", methods=["GET", "POST"])
@at_facility(Can.EDIT_FACILITY)
def add_programme(here: Here) -> ResponseReturnValue:
    """A new programme."""
    form = ProgrammeForm(data={"valid_from": here.today})
    if form.validate_on_submit():
        with form.refusing():
            facts = _facts(form, here.facility.currency)
            with transaction():
                actions.add_programme(
                    facts, facility_id=here.facility.id, actor=here.actor, now=here.now
                )
            return lead_on(say("The programme is added."), _all(here))
    page = render_template("leases/programme.html", here=here, form=form, programme=None)
    return page, form.status


@pages.route("/f/<code>/programmes/<key:programme_id>", methods=["GET", "POST"])
@at_facility(Can.EDIT_FACILITY)
def edit_programme(here: Here, programme_id: int) -> ResponseReturnValue:
    """Change a programme."""
    programme = queries.programme_at(here.facility.id, programme_id)
    form = ProgrammeForm(data=_data(programme, here.facility.currency))
    if form.validate_on_submit():
        with form.refusing():
            facts = _facts(form, here.facility.currency)
            with transaction():
                found = queries.programme_at(here.facility.id, programme_id)
                actions.edit_programme(found, facts, actor=here.actor, now=here.now)
            return lead_on(say("The programme is saved."), _all(here))
    programme = queries.programme_at(here.facility.id, programme_id)
    page = render_template("leases/programme.html", here=here, form=form, programme=programme)
    return page, form.status


def _all(here: Here) -> str:
    return url_for("leases.programmes", code=here.facility.code)


def _data(programme: SubsidyProgramme, currency: str) -> dict[str, object]:
    data = {name: getattr(programme, name) for name in PLAIN}
    for name in ("method", "anchor", "proration", "delivery"):
        data[name] = getattr(programme, name).value
    data["rounding_unit"] = str(programme.rounding_unit)
    if not programme.has_rate:
        return {**data, "method": Method.RATIO.value}
    for row, step in enumerate(programme.rates[:STEP_ROWS], start=1):
        data[f"months_{row}"] = step.months or None
        data[f"rate_{row}"] = _as_typed(step, programme.method, currency)
    return data


def _as_typed(step: Step, method: Method, currency: str) -> str:
    if method is not Method.RATIO:
        return f"{as_decimal(step.rate, currency):,}"
    if step.of != WHOLE:
        return f"{step.rate}/{step.of}"
    return with_digits(step.rate).removesuffix(".00") + "%"


def _facts(form: ProgrammeForm, currency: str) -> actions.ProgrammeFacts:
    method = Method(form.method.data)
    plain = {name: form[name].data for name in PLAIN}
    return actions.ProgrammeFacts(
        method=method,
        steps=_steps(form, method, currency),
        anchor=Anchor(form.anchor.data),
        proration=Proration(form.proration.data),
        delivery=Delivery(form.delivery.data),
        rounding_unit=int(form.rounding_unit.data),
        **plain,
    )


def _steps(form: ProgrammeForm, method: Method, currency: str) -> tuple[Step, ...]:
    steps = []
    for months, rate in form.step_rows():
        if rate.data and method is Method.RATIO:
            share = reading.share(rate.data, field=rate.name)
            steps.append(Step.of_share(months.data or 0, share))
        elif rate.data:
            amount = reading.amount(rate.data, currency, field=rate.name)
            steps.append(Step(months.data or 0, amount))
    return tuple(steps)


def in_words(programme: SubsidyProgramme, currency: str) -> list[Message]:
    """What a programme gives, one sentence each."""
    told = [_step_in_words(programme, step, currency) for step in programme.rates]
    for name, sentence in LIMITS.items():
        value = getattr(programme, name)
        if value is not None:
            shown = Sum(value, currency) if name.endswith("_cap") else value
            told.append(sentence % {"limit": _area(value) if name == "area_cap" else shown})
    return told


def _area(area: int) -> str:
    return with_digits(area).removesuffix(".00")


def _step_in_words(programme: SubsidyProgramme, step: Step, currency: str) -> Message:
    if programme.method is Method.RATIO:
        what = say("rent and common fee") if programme.includes_common_fee else say("rent")
        gives = say("%(share)s of the %(what)s", share=share_in_words(step.share), what=what)
    elif programme.method is Method.PER_M2:
        gives = say("%(rate)s for each m²", rate=Sum(step.rate, currency))
    else:
        gives = say("%(rate)s a month", rate=Sum(step.rate, currency))
    if step.months:
        return say_n(
            "months",
            "%(gives)s for %(months)s month",
            "%(gives)s for %(months)s months",
            gives=gives,
            months=step.months,
        )
    return say("%(gives)s to the end of the lease", gives=gives)
