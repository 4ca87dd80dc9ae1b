"""Monthly figures: the venture files them, staff see the gaps."""

from datetime import date

from flask import abort, g, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.core import reading
from incubator.core.access import Can
from incubator.core.days import add_months, month_of, whole_month
from incubator.core.db import db, transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.graduation import queries, rules
from incubator.graduation.actions import Report, file_figures
from incubator.organisations.models import Organisation, Stage
from incubator.organisations.queries import all_ventures
from incubator.web.answers import lead_on
from incubator.web.filters import language
from incubator.web.graduation.blueprint import pages
from incubator.web.graduation.forms import FiguresForm
from incubator.web.guard import Here, Home, at_facility, at_venture

MONTHS_SHOWN = 6


@pages.get("/v/<key:venture_id>/figures")
@at_venture(Can.FILE_FIGURES)
def own_figures(here: Home) -> ResponseReturnValue:
    """All that the venture reported, and what is missing."""
    this_month = whole_month(here.today)
    return render_template(
        "graduation/own_figures.html",
        here=here,
        filed=sorted(queries.filed([here.venture.id])[here.venture.id].items(), reverse=True),
        missing=[
            (month, rules.report_due(month))
            for month in queries.missing_figures(here.venture, here.facility, here.today)
        ],
        month=this_month.start if queries.inside(here.venture).meets(this_month) else None,
        month_due=rules.report_due(here.today),
    )


@pages.route("/v/<key:venture_id>/figures/<month>", methods=["GET", "POST"])
@at_venture(Can.FILE_FIGURES)
def own_file(here: Home, month: str) -> ResponseReturnValue:
    """File a month, or correct it."""
    g.nav_here = "graduation.own_figures"
    day = _month(month)
    versions = queries.versions_of(here.venture.id, day)
    if not versions:
        rules.check_month(day, inside=queries.inside(here.venture), today=here.today)
    form = FiguresForm(obj=versions[0] if versions else None)
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                venture = db.session.get_one(Organisation, here.venture.id)
                report = _report(form, day)
                file_figures(venture, report, actor=here.actor, now=here.now, today=here.today)
            return lead_on(
                say("Thank you. The report is filed."),
                url_for(".own_figures", venture_id=here.venture.id),
            )
    page = render_template(
        "graduation/own_file.html", here=here, form=form, month=day, versions=versions
    )
    return page, form.status


def _month(text: str) -> date:
    try:
        return reading.month(text)
    except RuleBroken:
        abort(404)


def _report(form: FiguresForm, month: date) -> Report:
    return Report(
        month=month,
        sales=form.sales.data,
        jobs_ft=form.jobs_ft.data or 0,
        jobs_pt=form.jobs_pt.data or 0,
        funds_raised=form.funds_raised.data or 0,
        patents=form.patents.data or 0,
        comment=form.comment.data or "",
    )


@pages.get("/f/<code>/figures")
@at_facility(Can.VIEW_FIGURES)
def figures(here: Here) -> ResponseReturnValue:
    """Who has reported what in the last months, and where the gaps are."""
    ventures = all_ventures(here.facility.id, Stage.TENANT, lang=language())
    filed = queries.filed(venture.id for venture in ventures)
    months = [add_months(month_of(here.today), -back) for back in range(1, MONTHS_SHOWN + 1)]
    asked = {each.id: queries.months_asked(each, here.facility, here.today) for each in ventures}
    rows = [
        {
            "venture": venture,
            "cells": [
                (month, filed[venture.id].get(month), month in asked[venture.id])
                for month in months
            ],
            "missing": len(rules.missing(asked[venture.id], filed[venture.id])),
        }
        for venture in ventures
        if venture.admitted_on
    ]
    return render_template(
        "graduation/figures.html",
        here=here,
        rows=sorted(rows, key=lambda row: -row["missing"]),
        months=months,
    )
