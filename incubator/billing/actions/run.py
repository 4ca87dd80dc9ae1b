"""The monthly run: a few ventures a transaction, so that it can stop anywhere and go on again."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime

from sqlalchemy import bindparam, update

from incubator.billing import rules
from incubator.billing.actions.issue import Issued, Order, issue_invoices
from incubator.billing.models import BillingRun
from incubator.billing.queries import (
    Billable,
    RunPlan,
    charges_for,
    lock_ventures,
    plan_run,
    propose,
    times_billed,
)
from incubator.core import audit
from incubator.core.access import Actor, Can, require
from incubator.core.audit import Where
from incubator.core.db import db, table_of
from incubator.spaces.models import Facility

TOGETHER = 10
"""Ventures billed in one transaction: whoever else writes waits no longer than for these."""
Inside = Callable[[], AbstractContextManager[None]]


def bill_month(
    facility: Facility,
    month: date,
    *,
    inside: Inside,
    actor: Actor,
    now: datetime,
    today: date,
    each: Callable[[Issued], None] | None = None,
) -> BillingRun:
    """Bill every venture of a facility for a month; doors hand in how to commit (`transaction`).

    Killed anywhere it can simply be run again: what is billed stays, what is missing follows.
    """
    with inside():
        plan = plan_run(facility, month, today=today)
        run = start_run(plan, actor=actor, now=now)
        run_id = run.id
    for first in range(0, len(plan.ventures), TOGETHER):
        some = plan.ventures[first : first + TOGETHER]
        with inside():
            issued = bill_ventures(plan, some, run_id, actor=actor, now=now)
        if each:
            for invoice in issued:
                each(invoice)
    with inside():
        return finish_run(run_id, actor=actor, now=now)


_RUNS = table_of(BillingRun)
_COUNT_ON = (
    update(_RUNS)
    .where(_RUNS.c.id == bindparam("run"))
    .values(issued=_RUNS.c.issued + bindparam("count"), total=_RUNS.c.total + bindparam("amount"))
)


def start_run(plan: RunPlan, *, actor: Actor, now: datetime) -> BillingRun:
    """Open the record of a run."""
    require(actor, Can.RUN_BILLING, facility=plan.facility_id)
    rules.check_issuable(plan.month, plan.house.issued_on)
    run = BillingRun(
        facility_id=plan.facility_id,
        month=plan.month,
        started_at=now,
        started_by=actor.name,
        to_bill=len(plan.ventures),
    )
    db.session.add(run)
    db.session.flush()
    return run


def bill_ventures(
    plan: RunPlan, ventures: Sequence[Billable], run_id: int, *, actor: Actor, now: datetime
) -> list[Issued]:
    """Issue the invoices of ventures for what is not billed yet; none when all of it is (BR-B03).

    What comes to less than zero waits until more is owed with it. The ventures' locks let two runs
    at once take turns; the second finds nothing left.
    """
    require(actor, Can.RUN_BILLING, facility=plan.facility_id)
    orders = _orders(plan, ventures)
    if not orders:
        return []
    issued = issue_invoices(orders, actor=actor, now=now)
    total = sum(invoice.total for invoice in issued)
    count_on = {"run": run_id, "count": len(issued), "amount": total}
    db.session.connection().execute(_COUNT_ON, count_on)
    return issued


def _orders(plan: RunPlan, ventures: Sequence[Billable]) -> list[Order]:
    ids = [venture.organisation_id for venture in ventures]
    bill_to = lock_ventures(*ids)
    known = charges_for(plan.facility_id, plan.month, ids)
    earlier = times_billed(plan.facility_id, plan.month, ids)
    drafts = [propose(plan, each, known.get(each.organisation_id, ())) for each in ventures]
    return [
        Order(
            house=plan.house,
            venture=bill_to[venture.organisation_id],
            draft=draft,
            service_month=plan.month,
            due_on=plan.due_on,
            run_key=rules.run_key_of(plan.month, earlier.get(venture.organisation_id, 0)),
            to=venture.to,
        )
        for venture, draft in zip(ventures, drafts, strict=True)
        if draft.lines and not draft.waits
    ]


def finish_run(run_id: int, *, actor: Actor, now: datetime) -> BillingRun:
    """Close the record of a run."""
    run = db.session.get_one(BillingRun, run_id, populate_existing=True)
    run.finished_at = now
    audit.record(
        actor,
        "run_billing",
        run,
        at=now,
        where=Where(run.facility_id),
        after={"month": run.month, "issued": run.issued, "total": run.total},
    )
    return run
