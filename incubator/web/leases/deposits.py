"""The deposit of a lease: received, settled, and paid back by two people."""

from functools import partial

from flask import url_for
from flask.typing import ResponseReturnValue

from incubator.billing.actions.deposit import approve_deposit as approve
from incubator.billing.actions.deposit import settle_deposit as settle
from incubator.billing.queries.house import standard_tax_on
from incubator.core.access import Can
from incubator.core.i18n import Message, say
from incubator.leases import actions, queries
from incubator.leases.actions.deposit import KEEPERS
from incubator.leases.models import DepositRequest, Lease
from incubator.leases.rules import Costs
from incubator.web.deciding import ASKED, Deciding, TransferForm
from incubator.web.guard import Here, at_facility
from incubator.web.leases import forms
from incubator.web.leases.blueprint import pages
from incubator.web.leases.office import do
from incubator.web.leases.showing import show


@pages.post("/f/<code>/leases/<key:lease_id>/deposit")
@at_facility(*KEEPERS)
def receive_deposit(here: Here, lease_id: int) -> ResponseReturnValue:
    """Record money received as a deposit."""
    form = forms.DepositForm()
    return do(
        here,
        lease_id,
        form,
        partial(
            actions.receive_deposit,
            amount=form.amount.data,
            on_day=form.on_day.data,
            actor=here.actor,
            now=here.now,
            today=here.today,
        ),
        say("The deposit is recorded."),
    )


@pages.post("/f/<code>/leases/<key:lease_id>/settle")
@at_facility(*KEEPERS)
def settle_deposit(here: Here, lease_id: int) -> ResponseReturnValue:
    """Settle the deposit of an ended lease; where something goes back, ask for approval."""
    form = forms.SettleForm()

    def act(found: Lease) -> Message | None:
        costs = Costs(
            form.arrears.data or 0,
            form.late_charges.data or 0,
            form.restoration.data or 0,
            *standard_tax_on(here.facility.id, here.today),
        )
        settled = settle(
            found,
            costs,
            form.paid_to.data or "",
            actor=here.actor,
            now=here.now,
            today=here.today,
        )
        return ASKED if settled.refund else None

    return do(here, lease_id, form, act, say("The deposit is settled."))


@pages.post("/f/<code>/leases/<key:lease_id>/give-back")
@at_facility(*KEEPERS)
def give_back_deposit(here: Here, lease_id: int) -> ResponseReturnValue:
    """Ask to pay back what is held beyond a lower deposit."""
    form = forms.GiveBackForm()
    return do(
        here,
        lease_id,
        form,
        partial(
            actions.give_back_deposit,
            paid_to=form.paid_to.data or "",
            actor=here.actor,
            now=here.now,
            today=here.today,
        ),
        ASKED,
    )


@pages.post("/f/<code>/deposits/<key:deposit_id>/approve")
@at_facility(Can.APPROVE_MONEY)
def approve_deposit(here: Here, deposit_id: int) -> ResponseReturnValue:
    """From now on it is settled, and the rest has gone back."""
    form = TransferForm()

    def act(asked: DepositRequest) -> Message:
        day = form.paid_on.data
        approve(asked, paid_on=day, actor=here.actor, now=here.now, today=here.today)
        return say("The deposit is settled and paid back.")

    return _deciding(here, deposit_id).approve(act, form)


@pages.post("/f/<code>/deposits/<key:deposit_id>/refuse")
@at_facility(Can.APPROVE_MONEY)
def refuse_deposit(here: Here, deposit_id: int) -> ResponseReturnValue:
    """Say no, with a reason."""
    said = say("The return of the deposit is refused.")
    return _deciding(here, deposit_id).refuse(actions.refuse_deposit, said)


@pages.post("/f/<code>/deposits/<key:deposit_id>/withdraw")
@at_facility(*KEEPERS)
def withdraw_deposit(here: Here, deposit_id: int) -> ResponseReturnValue:
    """Take the question back."""
    said = say("The return of the deposit is withdrawn.")
    return _deciding(here, deposit_id).withdraw(actions.withdraw_deposit, said)


def _deciding(here: Here, deposit_id: int) -> Deciding[DepositRequest]:
    find = partial(queries.deposit_request_at, here.facility.id, deposit_id)
    lease_id = find().lease_id
    back = url_for("leases.lease", code=here.facility.code, lease_id=lease_id)
    return Deciding(here, find, back, partial(show, here, lease_id))
