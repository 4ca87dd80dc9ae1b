"""The monthly run: what it would bill, a review that names what follows, the run itself."""

from datetime import date

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.billing import queries
from incubator.billing.actions import bill_month
from incubator.billing.models import ChargeKind
from incubator.billing.queries.late import Late, late_in
from incubator.billing.queries.unbilled import unbilled_months
from incubator.billing.queries.unsubsidised import billed_unsubsidised
from incubator.billing.rules import check_issuable, issuable_from, reason
from incubator.core.access import Can
from incubator.core.db import transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, Sum, say
from incubator.web.answers import lead_on
from incubator.web.billing.blueprint import pages
from incubator.web.billing.concerns import warned
from incubator.web.billing.forms import month_asked, month_next
from incubator.web.filters import language, t
from incubator.web.guard import Here, at_facility


@pages.get("/f/<code>/billing")
@at_facility(Can.VIEW_BILLING)
def run(here: Here) -> ResponseReturnValue:
    """The month to be billed, venture by venture, and what was issued for it already."""
    month = month_asked(here.facility, here.today)
    preview, refusal = _preview(here)
    until = month_next(here.facility, here.today)
    unbilled = unbilled_months(here.facility.id, until, here.today)
    return render_template(
        "billing/run.html",
        here=here,
        month=month,
        preview=preview,
        refusal=refusal,
        issuable_from=issuable_from(month),
        warnings=warned(here, preview.concerns) if preview else [],
        unsubsidised=billed_unsubsidised(
            here.facility.id, here.today, month=month, terms=preview.plan.terms if preview else None
        ),
        unbilled=[each for each in unbilled if each.month != month],
        late=_late(here),
        runs=queries.runs_of(here.facility.id, month),
        reason=reason,
        paper=queries.Paper(language(), here.facility.currency),
        kind_of=lambda kind: t(ChargeKind(kind).label),
        may_run=here.may(Can.RUN_BILLING),
    )


@pages.get("/f/<code>/billing/review")
@at_facility(Can.RUN_BILLING)
def review(here: Here) -> ResponseReturnValue:
    """What issuing does, before it is done."""
    month = month_asked(here.facility, here.today)
    check_issuable(month, here.today)
    preview, refusal = _preview(here)
    if preview is None or not preview.proposed:
        said = refusal or say("There is nothing to bill for this month.")
        return lead_on(said, _address(here, month), "warning")
    return render_template(
        "billing/review.html",
        here=here,
        month=month,
        preview=preview,
        warnings=warned(here, preview.concerns),
        unsubsidised=billed_unsubsidised(
            here.facility.id, here.today, month=month, terms=preview.plan.terms
        ),
    )


@pages.post("/f/<code>/billing")
@at_facility(Can.RUN_BILLING)
def issue(here: Here) -> ResponseReturnValue:
    """Issue what is missing; what is billed already stays as it is."""
    month = month_asked(here.facility, here.today)
    done = bill_month(
        here.facility,
        month,
        inside=transaction,
        actor=here.actor,
        now=here.now,
        today=here.today,
    )
    if done.issued:
        said = say(
            "Invoices issued: %(count)s, %(total)s in all.",
            count=done.issued,
            total=Sum(done.total, here.facility.currency),
        )
    else:
        said = say("Everything was billed already. Nothing was issued twice.")
    return lead_on(said, _address(here, month))


def _late(here: Here) -> list[Late]:
    """Late charges that nobody has asked for; the page of each says why none can be worked out."""
    try:
        return late_in(here.facility, here.today)
    except RuleBroken:
        return []


def _address(here: Here, month: date) -> str:
    return url_for(".run", code=here.facility.code, month=f"{month:%Y-%m}")


def _preview(here: Here) -> tuple[queries.Preview | None, Message | None]:
    month = month_asked(here.facility, here.today)
    try:
        return queries.preview(here.facility, month, today=here.today), None
    except RuleBroken as broken:
        return None, broken.message
