"""The page of a lease: what it says, what is owed, and a form for every deed its state allows."""

from datetime import date
from typing import Any

from flask import render_template, url_for

from incubator.billing.actions.deposit import check_arrears
from incubator.billing.queries.late import late_left_of, late_sum
from incubator.billing.queries.lease_tax import tax_rules
from incubator.billing.queries.other_days import billed_for_other_days
from incubator.billing.queries.payments import open_invoices_of
from incubator.billing.queries.restoration import billed_restoration, restoration_left
from incubator.billing.queries.unsubsidised import billed_unsubsidised
from incubator.core.access import Can
from incubator.core.days import ONE_DAY, month_of
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message
from incubator.leases import queries, rules
from incubator.leases.actions.deposit import KEEPERS, settled_as_asked
from incubator.leases.models import (
    IN_FORCE,
    OVER,
    DepositEntry,
    DepositRequest,
    Lease,
    LeaseStatus,
)
from incubator.web.deciding import Decision, TransferForm, decision_on
from incubator.web.forms import PageForm
from incubator.web.guard import Here
from incubator.web.leases import forms
from incubator.web.leases.renewing import why_no_next


def show(here: Here, lease_id: int, tried: PageForm | None = None) -> str:
    """The page of a lease; `tried` is a form that was refused."""
    found = queries.lease_at(here.facility.id, lease_id)
    tenancy = queries.tenancy_of(found.id)
    ledger = queries.deposit_in(tenancy)
    renewal = queries.next_in(tenancy, found.id)
    signed = renewal is not None and renewal.status in queries.SIGNED
    deposit = _deposit(found, tenancy, ledger, signed=signed)
    next_wanted = found.status is LeaseStatus.ACTIVE and renewal is None
    invoices = open_invoices_of(here.facility.id, found.organisation_id)
    owed = sum(one.open for one in invoices)
    asked = queries.last_deposit_request(found.id)
    settled = signed or (asked is not None and asked.waits)
    return render_template(
        "leases/lease.html",
        here=here,
        lease=found,
        quote=rules.quote(queries.terms_of(found, tax_rules(here.facility.id, here.today))),
        this_month=month_of(here.today),
        invoices=invoices,
        other_days=billed_for_other_days(here.facility.id, lease_id=found.id),
        unsubsidised=billed_unsubsidised(here.facility.id, here.today, lease_id=found.id),
        tenancy=tenancy,
        renewal=renewal,
        no_next=why_no_next(here, found) if next_wanted else None,
        signed=signed,
        agreed_last=found.agreed_until and found.agreed_until - ONE_DAY,
        earliest=rules.earliest_end(here.today, found.notice_months),
        end_notice=rules.end_notice_window(found.days, found.legal_basis),
        draft=here.may(Can.DRAFT_LEASES),
        approve=here.may(Can.APPROVE_LEASES),
        keep=here.may(*KEEPERS),
        decision=asked and _decision(here, asked, tried),
        stale=asked and asked.waits and _stale(asked, tenancy, deposit["held"], owed, here.today),
        **deposit,
        form=tried,
        **_forms(found, tried, here, settled=settled or not deposit["held"], owed=owed),
        **_restoration(here, found, tried, ledger, settled=settled),
        subsidy_form=_subsidy_form(found, tried),
    )


def _deposit(
    found: Lease, tenancy: list[Lease], ledger: list[DepositEntry], *, signed: bool
) -> dict[str, Any]:
    """What is held, still due, and held beyond a lower deposit agreed anew."""
    entries = [(entry.kind.value, entry.amount) for entry in ledger]
    held = rules.balance(entries)
    over = rules.to_give_back(held, found.deposit) if len(tenancy) > 1 and not signed else 0
    due = 0 if signed else rules.still_due(entries)
    settled_late = any(entry.facts.get("late_charges") for entry in ledger)
    late_left = late_left_of(found.id) if settled_late else []
    return {"ledger": ledger, "held": held, "due": due, "over": over, "late_left": late_left}


def _decision(here: Here, asked: DepositRequest, tried: PageForm | None) -> Decision:
    """The last return of the deposit that was asked for, and who may decide on it."""
    return decision_on(
        asked,
        here,
        lambda deed: url_for(f".{deed}_deposit", code=here.facility.code, deposit_id=asked.id),
        tried=tried,
        askers=KEEPERS,
        approval=TransferForm,
    )


def _stale(
    asked: DepositRequest, tenancy: list[Lease], held: int, owed: int, today: date
) -> Message | None:
    """Why it cannot be approved as it was asked for, told before anybody makes the transfer."""
    try:
        check_arrears(asked, owed)
        settled_as_asked(asked, tenancy, held, today)
    except RuleBroken as broken:
        return broken.message
    return None


def _forms(
    found: Lease, tried: PageForm | None, here: Here, *, settled: bool, owed: int
) -> dict[str, PageForm]:
    """A fresh form for every deed that the state allows; `settled`: nothing is left to settle."""
    wanted: dict[str, tuple[type[PageForm], dict[str, object]]] = {}
    if found.status is LeaseStatus.OFFERED:
        wanted["explain_form"] = (forms.ExplainForm, {"explained_on": found.prior_explained_on})
        signer = found.organisation.representative
        signature = {"signer_name": signer, "signed_on": here.today}
        wanted["sign_form"] = (forms.SignForm, signature)
        wanted["decline_form"] = (forms.DeclineForm, {})
    if found.status is LeaseStatus.ACTIVE:
        wanted["notice_form"] = (forms.NoticeForm, {})
        window = rules.end_notice_window(found.days, found.legal_basis)
        if window and window.start <= here.today:
            announced_on = found.end_notice_on or here.today
            wanted["announce_form"] = (forms.AnnounceForm, {"announced_on": announced_on})
    ending = found.status is LeaseStatus.NOTICE
    if ending and rules.may_go_on(found.days, found.agreed_until, here.today):
        wanted["go_on_form"] = (forms.GoOnForm, {})
    if found.status in IN_FORCE:
        wanted["end_form"] = (forms.EndForm, {})
        wanted["price_form"] = (forms.PriceForm, {})
        if not settled:
            wanted["give_back_form"] = (forms.GiveBackForm, {})
    wanted["deposit_form"] = (forms.DepositForm, {"on_day": here.today})
    if found.status in OVER and not settled:
        wanted["settle_form"] = (forms.SettleForm, _costs(found, tried, here, owed))
    return {
        name: tried if isinstance(tried, kind) else kind(formdata=None, data=data)
        for name, (kind, data) in wanted.items()
    }


def _costs(found: Lease, tried: PageForm | None, here: Here, owed: int) -> dict[str, object]:
    """What is proposed to be set off: what is open, and the charge for what is late."""
    late = 0 if tried else late_sum(here.facility, found.organisation_id, here.today)
    return {"arrears": owed or None, "late_charges": late or None}


def _subsidy_form(found: Lease, tried: PageForm | None) -> PageForm | None:
    """To end a subsidy, while there is one to end."""
    if found.status not in IN_FORCE or not found.subsidies:
        return None
    kind = forms.EndSubsidyForm
    form = tried if isinstance(tried, kind) else kind(formdata=None)
    return form.offer(found)


def _restoration(
    here: Here,
    found: Lease,
    tried: PageForm | None,
    ledger: list[DepositEntry],
    *,
    settled: bool,
) -> dict[str, object]:
    """What is billed beyond the deposit; until then the form for it, once nothing is held."""
    if found.status is not LeaseStatus.ENDED or settled:
        return {}
    restored = billed_restoration(found.id)
    left = restoration_left(found, ledger, here.today, billed=restored is not None)
    if restored or left.held or (left.covered and not left.most):
        return {"restored": restored}
    fresh = forms.RestorationForm(formdata=None, data={"amount": left.most or None})
    return {"restoration_form": tried if isinstance(tried, forms.RestorationForm) else fresh}
