"""What goes wrong in two years and is put right, and what goes on: a deposit, a renewal."""

from dataclasses import replace
from datetime import date, timedelta

from incubator.billing.actions.deposit import settle_deposit
from incubator.billing.actions.pay import PaymentDetails, record_payment
from incubator.billing.actions.refund import RefundDetails, approve_refund, ask_refund
from incubator.billing.actions.reverse import ReversalDetails, reverse_payment
from incubator.billing.models import Payment, ReversalCause
from incubator.billing.queries.house import tax_rate_on
from incubator.billing.queries.lease_tax import tax_rules
from incubator.billing.queries.payments import last_payment
from incubator.cli.demo.cast import PAYS_TWICE, RENEWING, WRONG_DAY, Part
from incubator.cli.demo.opening import terms_of
from incubator.cli.demo.stage import Stage, at
from incubator.core.days import ONE_DAY, add_months
from incubator.leases import actions as leases
from incubator.leases.models import LeaseStatus
from incubator.leases.queries import of_venture, open_deposits
from incubator.leases.rules import Costs

RENEWED_MONTHS = 24


def put_right(stage: Stage, back: int) -> None:
    """What the office puts right in the month so many months ago."""
    for part in stage.cast.parts:
        if part.name not in stage.ventures or (part.name, back) not in FAULTS:
            continue
        payment = last_payment(stage.ventures[part.name])
        if payment is not None:
            FAULTS[part.name, back](stage, part, payment)


def _record_anew(stage: Stage, _part: Part, payment: Payment) -> None:
    """The clerk entered the wrong day, and sees it a day later."""
    day = payment.received_on + ONE_DAY
    clerk = stage.actor("clerk", day)
    why = ReversalDetails(day, ReversalCause.MISTAKE, "入金日の入力誤り。")
    reverse_payment(payment, why, actor=clerk, now=at(day, 10), today=day)
    details = _same(payment, day, tuple(part.invoice_id for part in payment.allocations))
    record_payment(details, actor=clerk, now=at(day, 11), today=day)


def _pay_back(stage: Stage, part: Part, payment: Payment) -> None:
    """A transfer came twice; the clerk asks to pay the second back, the admin approves."""
    day, asked_on, approved_on = (payment.received_on + timedelta(days=n) for n in (1, 3, 5))
    clerk = stage.actor("clerk", day)
    record_payment(_same(payment, day, ()), actor=clerk, now=at(day, 17), today=day)
    refund = RefundDetails(
        facility_id=payment.facility_id,
        organisation_id=payment.organisation_id,
        amount=payment.amount,
        paid_to=f"あおば銀行 本店営業部 普通 1234567 カ）{part.kana}",
        note="二重に振り込まれた賃料。経理ご担当から電話で返金の依頼あり。",
    )
    asked = ask_refund(refund, actor=clerk, now=at(asked_on, 14), today=asked_on)
    admin = stage.actor("admin", approved_on)
    approve_refund(
        asked, paid_on=approved_on, actor=admin, now=at(approved_on, 9), today=approved_on
    )


def _same(payment: Payment, day: date, invoices: tuple[int, ...]) -> PaymentDetails:
    return PaymentDetails(
        facility_id=payment.facility_id,
        organisation_id=payment.organisation_id,
        amount=payment.amount,
        received_on=day,
        invoices=invoices,
        payer_name=payment.payer_name,
    )


FAULTS = {(WRONG_DAY, 4): _record_anew, (PAYS_TWICE, 3): _pay_back}
"""Whose payment was wrong, and how many months ago."""


def settle(stage: Stage) -> None:
    """The clerk has settled the deposit of whoever left first; the administrator has to approve."""
    day = stage.today - timedelta(days=3)
    for lease, _ in open_deposits(stage.facility_id).to_settle[:1]:
        settle_deposit(
            lease,
            Costs(restoration=48_000, tax_bp=tax_rate_on(day)),
            f"あおば銀行 本店営業部 普通 7654321 カ）{lease.organisation.name_kana}",
            actor=stage.actor("clerk", day),
            now=at(day, 15),
            today=day,
        )


def renew(stage: Stage) -> None:
    """A tenant whose term ends soon has signed the next lease already."""
    day = stage.today - timedelta(days=30)
    admin = stage.actor("admin", day)
    for part in stage.cast.parts:
        for lease in of_venture(stage.ventures[part.name]) if part.name == RENEWING else ():
            if lease.status is not LeaseStatus.ACTIVE:
                continue
            terms = replace(
                terms_of(stage, part, lease.ends_on),
                ends_on=add_months(lease.ends_on, RENEWED_MONTHS),
                programme_ids=(),
                prior_explained_on=day,
                signed_on=None,
                expires_on=stage.today,
            )
            tax = tax_rules(stage.facility_id, day)
            offered = leases.renew_lease(
                lease, terms, actor=admin, now=at(day, 10), today=day, tax=tax
            )
            signed = day + timedelta(days=10)
            owner = stage.member(part, signed)
            leases.sign_lease(
                offered, signer_name=part.owner, actor=owner, now=at(signed, 15), today=signed
            )
