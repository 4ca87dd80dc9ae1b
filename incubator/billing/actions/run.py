"""The monthly run: one transaction per venture, so that it can stop anywhere and go on again."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime

from sqlalchemy import bindparam, update

from incubator.billing import rules
from incubator.billing.actions.issue import Issued, Order, issue_invoice
from incubator.billing.models import BillingRun
from incubator.billing.queries import (
    Billable,
    RunPlan,
    lock_venture,
    on_record,
    plan_run,
    propose,
)
from incubator.core import audit
from incubator.core.access import Actor, Can, require
from incubator.core.audit import Where
from incubator.core.db import db, table_of
from incubator.spaces.models import Facility

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
    for venture in plan.ventures:
        with inside():
            invoice = bill_venture(plan, venture, run_id, actor=actor, now=now)
            if each and invoice:
                each(invoice)
    with inside():
        return finish_run(run_id, actor=actor, now=now)


_RUNS = table_of(BillingRun)
_COUNT_ON = (
    update(_RUNS)
    .where(_RUNS.c.id == bindparam("run"))
    .values(issued=_RUNS.c.issued + 1, total=_RUNS.c.total + bindparam("amount"))
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


def bill_venture(
    plan: RunPlan, venture: Billable, run_id: int, *, actor: Actor, now: datetime
) -> Issued | None:
    """Issue one venture's invoice for what is not billed yet; nothing when all of it is (BR-B03).

    What comes to less than zero waits until more is owed with it. The venture's lock lets two runs
    at once take turns; the second finds nothing left.
    """
    require(actor, Can.RUN_BILLING, facility=plan.facility_id)
    bill_to = lock_venture(venture.organisation_id)
    known, earlier = on_record(plan.facility_id, plan.month, bill_to.id)
    draft = propose(plan, venture, known)
    if not draft.lines or draft.waits:
        return None
    order = Order(
        house=plan.house,
        venture=bill_to,
        draft=draft,
        service_month=plan.month,
        due_on=plan.due_on,
        run_key=rules.run_key_of(plan.month, earlier),
        to=venture.to,
    )
    invoice = issue_invoice(order, actor=actor, now=now)
    db.session.connection().execute(_COUNT_ON, {"run": run_id, "amount": invoice.total})
    return invoice


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
