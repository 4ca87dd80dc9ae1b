"""Deciding on a repayment that somebody else asked for."""

from collections.abc import Callable

from flask import g, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.actions.refund import approve_refund, refuse_refund, withdraw_refund
from incubator.billing.models import RefundRequest
from incubator.billing.queries import credit_of, refunds
from incubator.billing.queries.payments import funded_of
from incubator.core.access import Can
from incubator.core.i18n import Message, Sum, say
from incubator.people.models import RequestStatus
from incubator.web.deciding import Deciding, RefusalForm, TransferForm, carried_out, decision_on
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

    return _do(here, request_id, form, deed, RequestStatus.APPROVED)


@pages.post("/f/<code>/payments/refunds/<key:request_id>/refuse")
@at_facility(Can.APPROVE_MONEY)
def refuse(here: Here, request_id: int) -> ResponseReturnValue:
    """Say no, with a reason."""
    form = RefusalForm()

    def deed(asked: RefundRequest) -> Message:
        refuse_refund(asked, form.refusal.data or "", actor=here.actor, now=here.now)
        return say("The repayment is refused.")

    return _do(here, request_id, form, deed, RequestStatus.REFUSED)


@pages.post("/f/<code>/payments/refunds/<key:request_id>/withdraw")
@at_facility(Can.RUN_BILLING)
def withdraw(here: Here, request_id: int) -> ResponseReturnValue:
    """Take the question back."""

    def deed(asked: RefundRequest) -> Message:
        withdraw_refund(asked, actor=here.actor, now=here.now)
        return say("The repayment is withdrawn.")

    return _do(here, request_id, PageForm(), deed, RequestStatus.WITHDRAWN)


def _do(
    here: Here,
    request_id: int,
    form: PageForm,
    do: Callable[[RefundRequest], Message],
    status: RequestStatus,
) -> ResponseReturnValue:
    """Decide, or show the page again with the reason why not."""

    def find() -> RefundRequest:
        return refunds.request_in(here.facility.id, request_id)

    back = url_for(".refund_request", code=here.facility.code, request_id=request_id)
    return carried_out(Deciding(find, do, status, back), form, here) or _page(
        here, request_id, form
    )


def _page(here: Here, request_id: int, tried: PageForm | None = None) -> ResponseReturnValue:
    """The page; `tried` is a form that was refused."""
    asked = refunds.request_in(here.facility.id, request_id)
    may_record = here.actor.can(Can.RUN_BILLING, facility=here.facility.id)
    g.nav_here = "payments.index"
    page = render_template(
        "payments/refund_request.html",
        here=here,
        asked=asked,
        held=credit_of(asked.organisation_id, here.facility.id),
        funded=funded_of(asked.organisation_id, here.facility.id),
        may_record=may_record,
        decision=decision_on(
            asked,
            here,
            lambda deed: url_for(f".{deed}", code=here.facility.code, request_id=asked.id),
            tried=tried,
            approval=TransferForm(formdata=None, data={"paid_on": here.today}),
            may_withdraw=may_record,
        ),
        form=tried,
    )
    return page, tried.status if tried else 200
