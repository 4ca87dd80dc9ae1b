"""Late charges: what is open of them, asking for one, and deciding on it."""

from collections.abc import Collection
from functools import partial

from flask import g, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.actions import late as actions
from incubator.billing.actions.asked import ASKERS
from incubator.billing.models import Invoice, LateChargeRequest
from incubator.billing.queries import invoice_of
from incubator.billing.queries.asked import request_in, waiting_on
from incubator.billing.queries.late import charged_of, late_in, late_of
from incubator.billing.rules import LateCharge, reason
from incubator.core.access import Can
from incubator.core.db import transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, say, say_n
from incubator.web.answers import lead_on
from incubator.web.billing.blueprint import pages
from incubator.web.billing.forms import ChosenForm
from incubator.web.deciding import ASKED, Deciding, Decision, RefusalForm, decision_on
from incubator.web.forms import PageForm
from incubator.web.guard import Here, at_facility
from incubator.web.keys import key_of, number_of


@pages.get("/f/<code>/late-charges")
@at_facility(Can.VIEW_BILLING)
def late_charges(here: Here) -> ResponseReturnValue:
    """The invoices that are late or were paid late, with what that comes to."""
    return _list(here, ChosenForm(formdata=None))


@pages.post("/f/<code>/late-charges/ask")
@at_facility(*ASKERS)
def ask_late_charges(here: Here) -> ResponseReturnValue:
    """Ask to charge those of the chosen invoices: all, or none."""
    form = ChosenForm()
    if form.validate():
        numbers = {number_of(key) for key in form.invoices.data or ()}
        with form.refusing():
            _ask(here, numbers)
            said = say_n(
                "num",
                "Asked for %(num)s late charge. It counts once somebody else has approved it.",
                "Asked for %(num)s late charges. Each counts once somebody else has approved it.",
                num=len(numbers),
            )
            return lead_on(said, url_for(".late_charges", code=here.facility.code))
    return _list(here, form), form.status


def _ask(here: Here, invoice_ids: Collection[int]) -> None:
    with transaction():
        actions.ask_late_charges(
            here.facility.id, invoice_ids, actor=here.actor, now=here.now, today=here.today
        )


def _list(here: Here, form: ChosenForm) -> str:
    g.nav_here = "billing.invoices"
    return render_template(
        "billing/late_charges.html",
        here=here,
        found=late_in(here.facility, here.today),
        form=form,
        may_ask=here.may(*ASKERS),
        key_of=key_of,
    )


@pages.get("/f/<code>/invoices/<key:invoice_id>/late")
@at_facility(Can.VIEW_BILLING)
def late(here: Here, invoice_id: int) -> ResponseReturnValue:
    """What is late of an invoice and what became of it."""
    return _page(here, invoice_id)


@pages.post("/f/<code>/invoices/<key:invoice_id>/late/ask")
@at_facility(*ASKERS)
def ask_late(here: Here, invoice_id: int) -> ResponseReturnValue:
    """Ask to charge it."""
    form = PageForm()
    if form.validate_on_submit():
        with form.refusing():
            _ask(here, [invoice_id])
            return lead_on(ASKED, _address(here, invoice_id))
    return _page(here, invoice_id, form), form.status


@pages.post("/f/<code>/late-charges/<key:late_charge_id>/approve")
@at_facility(Can.APPROVE_MONEY)
def approve_late(here: Here, late_charge_id: int) -> ResponseReturnValue:
    """From now on it is owed."""

    def deed(asked: LateChargeRequest) -> Message:
        actions.approve_late_charge(asked, actor=here.actor, now=here.now)
        return say("The late charge waits for the next billing run.")

    return _deciding(here, late_charge_id).approve(deed)


@pages.post("/f/<code>/late-charges/<key:late_charge_id>/refuse")
@at_facility(Can.APPROVE_MONEY)
def refuse_late(here: Here, late_charge_id: int) -> ResponseReturnValue:
    """Waive it, with a reason."""
    said = say("The late charge is waived.")
    return _deciding(here, late_charge_id).refuse(actions.waive_late_charge, said)


@pages.post("/f/<code>/late-charges/<key:late_charge_id>/withdraw")
@at_facility(*ASKERS)
def withdraw_late(here: Here, late_charge_id: int) -> ResponseReturnValue:
    """Take the question back."""
    said = say("The late charge is withdrawn.")
    return _deciding(here, late_charge_id).withdraw(actions.withdraw_late_charge, said)


def _deciding(here: Here, late_charge_id: int) -> Deciding[LateChargeRequest]:
    find = partial(request_in, LateChargeRequest, here.facility.id, late_charge_id)
    invoice_id = find().invoice_id
    return Deciding(here, find, _address(here, invoice_id), partial(_page, here, invoice_id))


def _address(here: Here, invoice_id: int) -> str:
    return url_for(".late", code=here.facility.code, invoice_id=invoice_id)


def _page(here: Here, invoice_id: int, tried: PageForm | None = None) -> str:
    """The page of what is late of an invoice; `tried` is a form that was refused."""
    g.nav_here = "billing.invoices"
    found = invoice_of(here.facility.id, invoice_id)
    asked = waiting_on(LateChargeRequest, found.id)
    charge, stale = (None, None) if tried else _worked_out(here, found, asked)
    return render_template(
        "billing/late.html",
        here=here,
        invoice=found,
        charge=charge,
        stale=stale,
        past=[each for each in charged_of(found.id) if not each.asked.waits],
        reason=reason,
        decision=asked and _decision(here, asked, tried),
        form=tried,
        refusal=tried if isinstance(tried, RefusalForm) else RefusalForm(formdata=None),
        may_ask=here.may(*ASKERS),
        may_decide=here.may(Can.APPROVE_MONEY),
    )


def _worked_out(
    here: Here, found: Invoice, asked: LateChargeRequest | None
) -> tuple[LateCharge | None, Message | None]:
    """What is open, or what waits worked out again; and why it cannot be."""
    try:
        return (actions.check_late(asked) if asked else late_of(found, here.today)), None
    except RuleBroken as broken:
        return None, broken.message


def _decision(here: Here, asked: LateChargeRequest, tried: PageForm | None) -> Decision:
    return decision_on(
        asked,
        here,
        lambda deed: url_for(f".{deed}_late", code=here.facility.code, late_charge_id=asked.id),
        tried=tried,
        askers=ASKERS,
    )
