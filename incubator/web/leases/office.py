"""Leases as the office sees them: the list, one lease, and every deed on it."""

from collections.abc import Callable
from functools import partial

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.queries import first_open_month
from incubator.core import reading
from incubator.core.access import Can
from incubator.core.db import transaction
from incubator.core.i18n import Message, say
from incubator.graduation.actions import end_lease
from incubator.leases import actions, queries, rules
from incubator.leases.models import (
    Component,
    Lease,
    LeaseStatus,
)
from incubator.leases.queries import LeaseSearch
from incubator.web.answers import lead_on
from incubator.web.forms import PageForm, page_asked
from incubator.web.guard import Here, at_facility
from incubator.web.leases import forms
from incubator.web.leases.blueprint import pages
from incubator.web.leases.showing import show

Deed = Callable[[Lease], object]


@pages.get("/f/<code>/leases")
@at_facility(Can.VIEW_LEASES)
def index(here: Here) -> ResponseReturnValue:
    """The leases of the facility, the next to end first."""
    chosen = request.args.get("status", "")
    statuses = (LeaseStatus(chosen),) if chosen in set(LeaseStatus) else queries.RUNNING
    within = request.args.get("ends", "")
    wanted = LeaseSearch(
        statuses,
        int(within) if within in {"3", "6", "12"} else None,
        page_asked(),
        words=reading.tidy(request.args.get("q", ""))[:100],
    )
    found = queries.search(here.facility.id, wanted, here.today)
    return render_template(
        "leases/index.html",
        here=here,
        found=found,
        wanted=wanted,
        status=chosen,
        within=within,
        statuses=LeaseStatus.labels(),
        counts=queries.count_by_status(here.facility.id),
        can_draft=here.may(Can.DRAFT_LEASES),
    )


@pages.get("/f/<code>/leases/<key:lease_id>")
@at_facility(Can.VIEW_LEASES)
def lease(here: Here, lease_id: int) -> ResponseReturnValue:
    """One lease with all its months and what can be done with it."""
    return show(here, lease_id)


@pages.post("/f/<code>/leases/<key:lease_id>/explain")
@at_facility(Can.DRAFT_LEASES)
def explain(here: Here, lease_id: int) -> ResponseReturnValue:
    """Record the written explanation."""
    form = forms.ExplainForm()
    return do(
        here,
        lease_id,
        form,
        partial(
            actions.explain_lease,
            explained_on=form.explained_on.data,
            actor=here.actor,
            now=here.now,
            today=here.today,
        ),
        say("The explanation is recorded."),
    )


@pages.post("/f/<code>/leases/<key:lease_id>/sign")
@at_facility(Can.APPROVE_LEASES)
def sign(here: Here, lease_id: int) -> ResponseReturnValue:
    """Record a signature on paper."""
    form = forms.SignForm()
    return do(
        here,
        lease_id,
        form,
        partial(
            actions.sign_lease,
            signer_name=form.signer_name.data or "",
            signed_on=form.signed_on.data,
            actor=here.actor,
            now=here.now,
            today=here.today,
        ),
        say("The lease is signed."),
    )


@pages.post("/f/<code>/leases/<key:lease_id>/decline")
@at_facility(Can.DRAFT_LEASES)
def decline(here: Here, lease_id: int) -> ResponseReturnValue:
    """Take an offer back."""
    form = forms.DeclineForm()
    return do(
        here,
        lease_id,
        form,
        partial(
            actions.decline_lease, actor=here.actor, now=here.now, reason=form.reason.data or ""
        ),
        say("The offer is withdrawn and the unit is free."),
    )


@pages.post("/f/<code>/leases/<key:lease_id>/notice")
@at_facility(Can.DRAFT_LEASES)
def give_notice(here: Here, lease_id: int) -> ResponseReturnValue:
    """Record a notice."""
    form = forms.NoticeForm()
    return do(
        here,
        lease_id,
        form,
        partial(
            actions.give_notice,
            leave_on=form.leave_on.data,
            actor=here.actor,
            now=here.now,
            today=here.today,
        ),
        say("The notice is recorded."),
    )


@pages.post("/f/<code>/leases/<key:lease_id>/announce")
@at_facility(Can.DRAFT_LEASES)
def announce(here: Here, lease_id: int) -> ResponseReturnValue:
    """Record that the end of the term was announced."""
    form = forms.AnnounceForm()

    def act(found: Lease) -> Message | None:
        day = form.announced_on.data
        actions.announce_end(
            found, announced_on=day, actor=here.actor, now=here.now, today=here.today
        )
        counts_from = rules.late_notice_counts_from(day)
        if counts_from <= found.ends_on:
            return None
        return say(
            "The announcement is recorded. It came late: the venture need not leave before"
            " %(day)s.",
            day=counts_from,
        )

    return do(here, lease_id, form, act, say("The announcement is recorded."))


@pages.post("/f/<code>/leases/<key:lease_id>/go-on")
@at_facility(Can.APPROVE_LEASES)
def go_on(here: Here, lease_id: int) -> ResponseReturnValue:
    """Take a notice, or an end set for a later day, back."""
    deed = partial(actions.go_on, actor=here.actor, now=here.now, today=here.today)
    said = say("The end is taken back; the lease runs as it was agreed.")
    return do(here, lease_id, forms.GoOnForm(), deed, said)


@pages.post("/f/<code>/leases/<key:lease_id>/end")
@at_facility(Can.APPROVE_LEASES)
def end(here: Here, lease_id: int) -> ResponseReturnValue:
    """End a lease before its time."""
    form = forms.EndForm()

    def act(found: Lease) -> Message | None:
        end_lease(
            found,
            until=form.until.data,
            reason=form.reason.data or "",
            actor=here.actor,
            now=here.now,
            today=here.today,
        )
        if found.status is LeaseStatus.NOTICE:
            return say("The lease ends; its last day is %(day)s.", day=found.days.last)
        return None

    return do(here, lease_id, form, act, say("The lease has ended."))


@pages.post("/f/<code>/leases/<key:lease_id>/price")
@at_facility(Can.APPROVE_LEASES)
def change_price(here: Here, lease_id: int) -> ResponseReturnValue:
    """Announce a new price."""
    form = forms.PriceForm()

    def act(found: Lease) -> None:
        change = actions.PriceChange(
            Component(form.component.data), form.new_price.data, form.from_month.data
        )
        actions.lock_leases(found)
        first = first_open_month(found, here.today)
        actions.change_price(found, change, actor=here.actor, now=here.now, not_before=first)

    return do(here, lease_id, form, act, say("The new price is recorded."))


@pages.post("/f/<code>/leases/<key:lease_id>/subsidy")
@at_facility(Can.APPROVE_LEASES)
def end_subsidy(here: Here, lease_id: int) -> ResponseReturnValue:
    """Grant a programme only up to a month."""
    form = forms.EndSubsidyForm()

    def act(found: Lease) -> None:
        end = actions.SubsidyEnd(form.programme.data, form.last_month.data, form.why.data or "")
        actions.lock_leases(found)
        first = first_open_month(found, here.today)
        actions.end_subsidy(found, end, actor=here.actor, now=here.now, not_before=first)

    return do(here, lease_id, form, act, say("The last month of the subsidy is recorded."))


def do(here: Here, lease_id: int, form: PageForm, deed: Deed, done: Message) -> ResponseReturnValue:
    """Do a deed on a lease and say so, in its own words if it has any; or why not."""
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                said = deed(queries.lease_at(here.facility.id, lease_id))
            return lead_on(
                said if isinstance(said, Message) else done,
                url_for("leases.lease", code=here.facility.code, lease_id=lease_id),
            )
    return show(here, lease_id, form), form.status
