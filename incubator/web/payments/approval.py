"""Deciding on a repayment that somebody else asked for."""

from functools import partial

from flask import g, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.actions.refund import approve_refund, refuse_refund, withdraw_refund
from incubator.billing.models import RefundRequest
from incubator.billing.queries import credit_of, refunds
from incubator.billing.queries.payments import funded_of
from incubator.core.access import Can
from incubator.core.i18n import Message, Sum, say
from incubator.web.deciding import Deciding, TransferForm, decision_on
from incubator.web.forms import PageForm
from incubator.web.guard import Here, at_facility
from incubator.web.payments.blueprint import pages


@pages.get("/f/<code>/payments/refunds/<key:request_id>")
@at_facility(Can.VIEW_BILLING)
def refund_request(here: Here, request_id: int) -> ResponseReturnValue:
    """What was asked for, what became of it, and what can be done."""
    return _page(here, request_id)


@pages.post("/f/<code>/payments/refunds/<key:request_id>/approve")
@at_facility(Can.APPROVE_MONEY)
def approve(here: Here, request_id: int) -> ResponseReturnValue:
    """From now on it counts."""
    form = TransferForm()

    def deed(asked: RefundRequest) -> Message:
        made = approve_refund(
            asked, paid_on=form.paid_on.data, actor=here.actor, now=here.now, today=here.today
        )
        amount = Sum(made.amount, made.currency)
        return say("%(amount)s paid back: %(number)s.", amount=amount, number=made.number)

    return _deciding(here, request_id).approve(deed, form)


@pages.post("/f/<code>/payments/refunds/<key:request_id>/refuse")
@at_facility(Can.APPROVE_MONEY)
def refuse(here: Here, request_id: int) -> ResponseReturnValue:
    """Say no, with a reason."""
    return _deciding(here, request_id).refuse(refuse_refund, say("The repayment is refused."))


@pages.post("/f/<code>/payments/refunds/<key:request_id>/withdraw")
@at_facility(Can.RUN_BILLING)
def withdraw(here: Here, request_id: int) -> ResponseReturnValue:
    """Take the question back."""
    return _deciding(here, request_id).withdraw(withdraw_refund, say("The repayment is withdrawn."))


def _deciding(here: Here, request_id: int) -> Deciding[RefundRequest]:
    find = partial(refunds.request_in, here.facility.id, request_id)
    back = url_for(".refund_request", code=here.facility.code, request_id=request_id)
    return Deciding(here, find, back, partial(_page, here, request_id))


def _page(here: Here, request_id: int, tried: PageForm | None = None) -> str:
    """The page; `tried` is a form that was refused."""
    asked = refunds.request_in(here.facility.id, request_id)
    g.nav_here = "payments.index"
    return render_template(
        "payments/refund_request.html",
        here=here,
        asked=asked,
        held=credit_of(asked.organisation_id, here.facility.id),
        funded=funded_of(asked.organisation_id, here.facility.id),
        may_record=here.may(Can.RUN_BILLING),
        decision=decision_on(
            asked,
            here,
            lambda deed: url_for(f".{deed}", code=here.facility.code, request_id=asked.id),
            tried=tried,
            askers=[Can.RUN_BILLING],
            approval=TransferForm,
        ),
        form=tried,
    )
