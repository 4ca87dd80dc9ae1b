"""A venture's own leases: the offer, the months, the signature, the notice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.queries.lease_tax import tax_rules
from incubator.core.access import Can
from incubator.core.db import transaction
from incubator.core.i18n import Message, say
from incubator.leases import actions, queries, rules
from incubator.leases.models import DepositEntry, Lease, LeaseStatus
from incubator.leases.rules import Quote
from incubator.web.answers import lead_on
from incubator.web.forms import PageForm
from incubator.web.guard import Home, at_venture
from incubator.web.leases import forms
from incubator.web.leases.blueprint import pages

SHOWN = (LeaseStatus.OFFERED, LeaseStatus.ACTIVE, LeaseStatus.NOTICE, LeaseStatus.ENDED)


@dataclass(frozen=True)
class OwnLease:
    """A lease as its venture sees it."""

    lease: Lease
    quote: Quote
    due: int
    held: int
    earliest: date
    form: PageForm | None
    renewal: Lease | None
    """What goes on from it, offered or signed."""

    @property
    def pair(self) -> tuple[int, "OwnLease"]:
        """Its number and itself, to find it by."""
        return self.lease.id, self

    @property
    def top_up(self) -> int:
        """What signing a renewal makes due of the deposit."""
        before = self.lease.renews.deposit if self.lease.renews else 0
        return rules.to_top_up(self.lease.deposit, before)


@pages.get("/v/<key:venture_id>/lease")
@at_venture(Can.VIEW_OWN_LEASE)
def own(here: Home) -> ResponseReturnValue:
    """The leases of the venture, what waits for an answer first."""
    return show(here, {})


@pages.post("/v/<key:venture_id>/lease/<key:lease_id>/sign")
@at_venture(Can.SIGN_OWN_LEASE)
def own_sign(here: Home, lease_id: int) -> ResponseReturnValue:
    """The owner accepts the offer by typing their name."""
    form = forms.OwnSignForm()
    return do(
        here,
        lease_id,
        form,
        partial(
            actions.sign_lease,
            signer_name=form.signer_name.data or "",
            actor=here.actor,
            now=here.now,
            today=here.today,
        ),
        say("Thank you. The lease is signed."),
    )


@pages.post("/v/<key:venture_id>/lease/<key:lease_id>/decline")
@at_venture(Can.SIGN_OWN_LEASE)
def own_decline(here: Home, lease_id: int) -> ResponseReturnValue:
    """The owner does not take the offer."""
    form = forms.DeclineForm()
    return do(
        here,
        lease_id,
        form,
        partial(
            actions.decline_lease, actor=here.actor, now=here.now, reason=form.reason.data or ""
        ),
        say("The offer is declined."),
    )


@pages.post("/v/<key:venture_id>/lease/<key:lease_id>/notice")
@at_venture(Can.SIGN_OWN_LEASE)
def own_notice(here: Home, lease_id: int) -> ResponseReturnValue:
    """The owner gives notice."""
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
        say("Your notice is recorded."),
    )


def do(
    here: Home, lease_id: int, form: PageForm, deed: Callable[[Lease], object], done: Message
) -> ResponseReturnValue:
    """Do a deed on an own lease, or show the page again with the reason why not."""
    venture_id = here.venture.id
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                deed(queries.own_lease(venture_id, lease_id))
            return lead_on(done, url_for("leases.own", venture_id=venture_id))
    queries.own_lease(venture_id, lease_id)
    return show(here, {lease_id: form}), 422


def show(here: Home, tried: Mapping[int, PageForm]) -> str:
    """The page; `tried` holds a refused form by the number of its lease."""
    every = queries.of_venture(here.venture.id)
    found = [each for each in every if each.status in SHOWN]
    tax = tax_rules(here.facility.id, here.today)
    entries = queries.deposits_of([each.id for each in every])
    after = {each.renews_id: each for each in found if each.renews_id}
    leases = [
        OwnLease(
            each,
            rules.quote(terms),
            rules.still_due(ledger := _ledger(each, every, entries)),
            rules.balance(ledger),
            max(rules.earliest_end(here.today, each.notice_months), each.starts_on),
            tried.get(each.id) or _form(each),
            after.get(each.id),
        )
        for each, terms in zip(found, queries.terms_of_many(found, tax), strict=True)
    ]
    for place, each in enumerate(leases):
        for field in each.form or ():
            field.id = f"{field.id}-{place}"
    order = list(SHOWN)
    return render_template(
        "leases/own.html",
        here=here,
        leases=sorted(leases, key=lambda each: order.index(each.lease.status)),
        sign=here.actor.can(Can.SIGN_OWN_LEASE, organisation=here.venture.id),
        form=next(iter(tried.values()), None),
    )


def _ledger(
    lease: Lease, every: list[Lease], entries: Mapping[int, list[DepositEntry]]
) -> list[tuple[str, int]]:
    """The deposit is one for all leases of a tenancy (BR-D02)."""
    row = queries.in_a_row(lease, every)
    return [(entry.kind.value, entry.amount) for each in row for entry in entries[each.id]]


def _form(found: Lease) -> PageForm | None:
    if found.status is LeaseStatus.OFFERED:
        return forms.OwnSignForm(formdata=None)
    if found.status is LeaseStatus.ACTIVE:
        return forms.NoticeForm(formdata=None)
    return None
