"""The finance clerk's home: what is to be done about money."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import g, render_template
from flask.typing import ResponseReturnValue

from incubator.billing.queries import Preview, preview
from incubator.billing.queries import payments as queries
from incubator.billing.queries.cards import unmatched_events
from incubator.billing.queries.ledger import OpenInvoice
from incubator.billing.queries.other_days import billed_for_other_days
from incubator.billing.queries.unbilled import unbilled_months
from incubator.billing.queries.unsubsidised import billed_unsubsidised
from incubator.billing.rules.pay import Age, age_of
from incubator.core.access import Can
from incubator.core.days import month_of
from incubator.core.errors import RuleBroken
from incubator.leases.queries import open_deposits
from incubator.web.billing.forms import month_asked
from incubator.web.guard import Here, at_facility
from incubator.web.home.blueprint import pages
from incubator.web.waiting import waiting_here

SHOWN, RECENT = 12, 5


@dataclass(frozen=True)
class Bucket:
    """What is late by how long."""

    age: Age
    amount: int
    count: int


@pages.get("/f/<code>/worklist")
@at_facility(Can.RUN_BILLING)
def clerk(here: Here) -> ResponseReturnValue:
    """What to issue, to chase, to assign."""
    late = queries.overdue_in(here.facility.id, here.today)
    cards = unmatched_events(here.facility.id)
    credits_ = queries.credits_in(here.facility.id)
    month = month_asked(here.facility, here.today)
    run = _preview(here, month)
    this_month = queries.PaymentSearch(first=month_of(here.today))
    _, received = queries.count_and_sum(here.facility.id, this_month)
    g.nav_counts = {"payments.index": len(cards)}
    return render_template(
        "home/clerk.html",
        here=here,
        month=month,
        run=run,
        unbilled=unbilled_months(here.facility.id, month, here.today),
        late=late,
        shown=late[:SHOWN],
        most=SHOWN,
        buckets=buckets(late, here.today),
        cards=cards,
        received=received,
        credits=credits_,
        waiting=waiting_here(here),
        other_days=billed_for_other_days(here.facility.id),
        unsubsidised=billed_unsubsidised(
            here.facility.id, here.today, terms=run.plan.terms if run else {}
        ),
        deposits=open_deposits(here.facility.id),
        ventures={one.invoice.organisation_id for one in late},
        recent=queries.latest(here.facility.id, RECENT),
    )


def _preview(here: Here, month: date) -> Preview | None:
    """What a run would issue; nothing while settings are missing, which its own page explains."""
    try:
        return preview(here.facility, month, today=here.today)
    except RuleBroken:
        return None


def buckets(late: Sequence[OpenInvoice], today: date) -> list[Bucket]:
    """What is late, by age."""
    ages = [(age_of((today - one.invoice.due_on).days), one.open) for one in late]
    return [
        Bucket(
            age,
            sum(amount for found, amount in ages if found is age),
            sum(1 for found, _ in ages if found is age),
        )
        for age in Age
    ]
