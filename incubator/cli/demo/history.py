"""Two years at the demo's facility, month by month, through the deeds that people do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import update

from incubator.billing.actions import bill_month
from incubator.billing.actions.pay import PaymentDetails, record_payment
from incubator.billing.queries.lease_tax import tax_rules
from incubator.billing.queries.payments import open_invoices_of
from incubator.cli.demo.amends import put_right, renew, settle
from incubator.cli.demo.cast import LEAVING, OFFERED, Part
from incubator.cli.demo.opening import (
    close_units,
    found,
    nightly,
    open_annex,
    open_facility,
    settle_first_tenants,
    terms_of,
)
from incubator.cli.demo.stage import Stage, at
from incubator.cli.demo.use import file_reports, hold_sessions, open_hours, plan_ahead, use_rooms
from incubator.core.days import ONE_DAY, add_months, whole_month
from incubator.core.db import db, transaction
from incubator.core.outbox import MailState, OutboxMail
from incubator.graduation import actions as graduation
from incubator.graduation import queries as exits
from incubator.graduation.actions import Answer, Plan
from incubator.graduation.models import AnswerSource, ExitReason
from incubator.leases import actions as leases
from incubator.leases.models import Lease, LeaseStatus
from incubator.leases.queries import leases_in, of_venture

MONTHS = 24
RUN_DAY = 20
OFFER_DAYS = 14


def play(today: date, say: Callable[[str], None], scale: int = 1) -> Stage:
    """Build the facility and live through its history; every month is one step."""
    stage = Stage(today, scale)
    with transaction():
        open_facility(stage)
        settle_first_tenants(stage, MONTHS)
        open_hours(stage)
    for back in range(MONTHS, -1, -1):
        _month(stage, back)
        say(f"{stage.month(back):%Y-%m}")
    if today.day > RUN_DAY:
        _bill(stage, stage.month(-1))
    with transaction():
        close_units(stage)
        open_annex(stage)
        _offer(stage)
        renew(stage)
        settle(stage)
        _give_notice(stage)
        plan_ahead(stage)
        _post_office(stage)
    return stage


def _month(stage: Stage, back: int) -> None:
    month = stage.month(back)
    with transaction():
        _night(stage, month)
        _announce_ends(stage, month)
        for part in stage.cast.parts:
            if part.months_ago == back:
                _move_in(stage, part, month)
    _bill(stage, month)
    with transaction():
        _collect(stage, back)
        put_right(stage, back)
        use_rooms(stage, month)
        hold_sessions(stage, month)
        file_reports(stage, month, back)
        for part in stage.cast.parts:
            if part.leaves is not None and part.leaves == back - 1:
                _graduate(stage, part, add_months(month, 1))
        _follow_up(stage, month)


def _night(stage: Stage, day: date) -> None:
    night, now = nightly(stage), at(day, 1)
    graduation.complete_exits(stage.facility_id, actor=night, now=now, today=day)
    graduation.close_finished(stage.facility_id, actor=night, now=now, today=day)


def _announce_ends(stage: Stage, month: date) -> None:
    """The office announces the end of a term eight months before."""
    admin, ends_by = stage.actor("admin", month), add_months(month, 9)
    for lease in leases_in(stage.facility_id, whole_month(month), ends_by=ends_by):
        if lease.status is LeaseStatus.ACTIVE and not lease.end_notice_on:
            leases.announce_end(
                lease, announced_on=month, actor=admin, now=at(month, 14), today=month
            )


def _move_in(stage: Stage, part: Part, month: date) -> None:
    """Offer, explain and sign, as with any newcomer, some weeks before the first day."""
    starts_on = month.replace(day=part.day)
    day = starts_on - timedelta(days=30)
    found(stage, part, starts_on)
    lease = _offered(stage, part, starts_on, day)
    owner = stage.member(part, day)
    leases.sign_lease(lease, signer_name=part.owner, actor=owner, now=at(day, 15), today=day)
    if lease.deposit:
        clerk = stage.actor("clerk", starts_on)
        leases.receive_deposit(
            lease,
            amount=lease.deposit,
            on_day=starts_on,
            actor=clerk,
            now=at(starts_on, 11),
            today=starts_on,
        )


def _offered(stage: Stage, part: Part, starts_on: date, day: date) -> Lease:
    admin = stage.actor("admin", day)
    offer = replace(
        terms_of(stage, part, starts_on),
        prior_explained_on=None,
        signed_on=None,
        deposit_received_on=None,
        expires_on=day + timedelta(days=OFFER_DAYS),
    )
    tax = tax_rules(stage.facility_id, day)
    lease = leases.offer_lease(offer, actor=admin, now=at(day, 10), today=day, tax=tax)
    db.session.flush()
    leases.explain_lease(lease, explained_on=day, actor=admin, now=at(day, 11), today=day)
    return lease


def _bill(stage: Stage, month: date) -> None:
    """The clerk bills a month on the twentieth before it."""
    day = add_months(month, -1).replace(day=RUN_DAY)
    clerk, facility = stage.actor("clerk", day), stage.facility
    bill_month(facility, month, inside=transaction, actor=clerk, now=at(day, 16), today=day)


def _collect(stage: Stage, back: int) -> None:
    for part in stage.cast.parts:
        if part.name in stage.ventures and back >= (part.stops or 0):
            _pay(stage, part, part.pays)


def _pay(stage: Stage, part: Part, days: int) -> None:
    for late in open_invoices_of(stage.facility_id, stage.ventures[part.name]):
        day = max(late.invoice.due_on + timedelta(days=days), late.invoice.issued_on + ONE_DAY)
        if day > stage.today:
            continue
        details = PaymentDetails(
            facility_id=stage.facility_id,
            organisation_id=late.invoice.organisation_id,
            amount=late.open,
            received_on=day,
            invoices=(late.invoice.id,),
            payer_name=f"カ）{part.kana}",
        )
        clerk = stage.actor("clerk", day)
        record_payment(details, actor=clerk, now=at(day, 17), today=day)


def _graduate(stage: Stage, part: Part, leave_on: date) -> None:
    """A manager proposes, the admin approves, two months ahead."""
    venture = stage.venture(part)
    day = leave_on - timedelta(days=25)
    plan = Plan(
        reason=ExitReason.GRADUATED_GROWTH,
        leave_on=leave_on,
        destination="青葉市 青葉工業団地",
        in_region=True,
        grounds="売上と雇用が目標を超え、より広い製造スペースが必要になったため。",
    )
    proposal = graduation.propose_exit(
        venture, plan, actor=stage.actor("manager", day), now=at(day, 10), today=day
    )
    db.session.flush()
    decided = day + timedelta(days=5)
    graduation.approve_exit(
        proposal,
        note="審査会で了承。",
        actor=stage.actor("admin", decided),
        now=at(decided, 15),
        today=decided,
    )


def _follow_up(stage: Stage, month: date) -> None:
    """Alumni are asked when the day has come."""
    for question in exits.follow_ups(stage.facility_id):
        if not question.answers and month <= question.due_on < add_months(month, 1):
            day = question.due_on + timedelta(days=9)
            if day < stage.today:
                answer = Answer(
                    as_of=day,
                    source=AnswerSource.SELF_REPORT,
                    operating=True,
                    in_region=True,
                    jobs_ft=24,
                    sales_year=180_000_000,
                    comment="新工場が稼働し、増員を続けている。",
                )
                manager = stage.actor("manager", day)
                graduation.record_answer(
                    question, answer, actor=manager, now=at(day, 14), today=day
                )


def _offer(stage: Stage) -> None:
    """One lab is held for a newcomer who has not signed yet."""
    starts_on = add_months(stage.month(0), 2)
    found(stage, OFFERED, starts_on)
    _offered(stage, OFFERED, starts_on, stage.today - timedelta(days=3))


def _give_notice(stage: Stage) -> None:
    part = next(part for part in stage.cast.parts if part.name == LEAVING)
    day = stage.today - timedelta(days=20)
    for lease in of_venture(stage.ventures[part.name]):
        if lease.status is LeaseStatus.ACTIVE:
            leave_on = add_months(day, lease.notice_months) + timedelta(days=10)
            owner = stage.member(part, day)
            leases.give_notice(lease, leave_on=leave_on, actor=owner, now=at(day, 13), today=day)


def _post_office(stage: Stage) -> None:
    """Mail of the past has long arrived; only what is younger than two days still waits."""
    db.session.flush()
    before = at(stage.today - timedelta(days=2), 0)
    db.session.execute(
        update(OutboxMail)
        .where(OutboxMail.written_at < before, OutboxMail.state == MailState.WAITING)
        .values(state=MailState.SENT, sent_at=OutboxMail.written_at, attempts=1)
    )
