"""Billing the restoration of a unit that was left."""

from functools import partial

from flask.typing import ResponseReturnValue

from incubator.billing.actions import restoration
from incubator.core.access import Can
from incubator.core.i18n import say
from incubator.web.forms import PageForm
from incubator.web.guard import Here, at_facility
from incubator.web.leases import forms
from incubator.web.leases.blueprint import pages
from incubator.web.leases.office import do


@pages.post("/f/<code>/leases/<key:lease_id>/restoration")
@at_facility(Can.RUN_BILLING, Can.APPROVE_LEASES)
def bill_restoration(here: Here, lease_id: int) -> ResponseReturnValue:
    """Put what the deposit does not cover on the venture's next invoice."""
    form = forms.RestorationForm()
    return do(
        here,
        lease_id,
        form,
        partial(
            restoration.bill_restoration,
            costs=restoration.RestorationCosts(form.amount.data, form.what.data or ""),
            actor=here.actor,
            now=here.now,
            today=here.today,
        ),
        say("The restoration waits for the next billing run."),
    )


@pages.post("/f/<code>/leases/<key:lease_id>/restoration/drop")
@at_facility(Can.RUN_BILLING, Can.APPROVE_LEASES)
def drop_restoration(here: Here, lease_id: int) -> ResponseReturnValue:
    """Take it off again."""
    return do(
        here,
        lease_id,
        PageForm(),
        partial(restoration.drop_restoration, actor=here.actor, now=here.now),
        say("The restoration is taken off the next invoice."),
    )
