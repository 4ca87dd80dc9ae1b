"""Builders of invoices to be paid."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from incubator.billing import rules
from incubator.billing.actions.deposit import approve_deposit, settle_deposit
from incubator.billing.actions.issue import Order, issue_invoice
from incubator.billing.actions.refund import RefundDetails, approve_refund, ask_refund
from incubator.billing.models import Invoice, Refund
from incubator.billing.queries import house_of
from incubator.core.access import Actor, Held, Role
from incubator.core.days import Stretch, add_months, month_of
from incubator.core.db import db
from incubator.leases.models import Lease
from incubator.leases.queries import deposit_waiting
from incubator.leases.rules import Costs, Settlement
from incubator.organisations.models import Organisation
from incubator.spaces.models import Facility
from tests.factories.base import make_facility, make_person, make_venture
from tests.factories.people import as_actor

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
TAX = 10
ACCOUNT = "あおば銀行 本店 普通 1234567 カ）クモ"


@dataclass
class Desk:
    """A clerk at a facility with one venture."""

    facility: Facility
    venture: Organisation
    clerk: Actor
    head: Actor
    """Who approves."""


def make_desk() -> Desk:
    """Build it."""
    facility = make_facility()
    held = (Held(Role.CLERK, facility_id=facility.id),)
    head = as_actor(make_person(Role.FACILITY_ADMIN, facility=facility, name="田中 一郎"))
    return Desk(facility, make_venture(facility), Actor(None, "鈴木 花子", held), head)


def pay_back(desk: Desk, amount: int, *, paid_on: date = TODAY, **facts: Any) -> Refund:
    """Credit that the clerk asked to pay back and the head approved."""
    facts = {"paid_to": ACCOUNT, **facts}
    details = RefundDetails(desk.facility.id, desk.venture.id, amount, **facts)
    asked = ask_refund(details, actor=desk.clerk, now=NOW, today=TODAY)
    return approve_refund(asked, paid_on=paid_on, actor=desk.head, now=NOW, today=TODAY)


def settle_by_two(desk: Desk, lease: Lease, costs: Costs) -> Settlement:
    """A deposit that the clerk settled; what goes back of it the head has approved."""
    settled = settle_deposit(lease, costs, ACCOUNT, actor=desk.clerk, now=NOW, today=TODAY)
    asked = deposit_waiting(lease.id)
    if asked is not None:
        approve_deposit(asked, paid_on=TODAY, actor=desk.head, now=NOW, today=TODAY)
    return settled


def make_invoice(
    facility: Facility, venture: Organisation, total: int, due_on: date, *, currency: str = "JPY"
) -> Invoice:
    """An issued invoice that comes to `total`, tax included; a number that 10% tax can reach."""
    month = month_of(due_on)
    net = total * 100 // (100 + TAX)
    while net * (100 + TAX) // 100 < total:
        net += 1
    issued = min(due_on, TODAY)
    item = rules.Item(
        kind="other",
        source=f"test:{venture.id}:{total}:{due_on}",
        service_month=month,
        service=Stretch(month, add_months(month, 1)),
        amount=net,
        currency=currency,
        title="101",
    )
    house = house_of(facility, issued)
    order = Order(
        house=house,
        venture=venture,
        draft=rules.draft([item], house.rates, house.rounding),
        service_month=month,
        due_on=due_on,
    )
    issued = issue_invoice(order, actor=Actor(None, "test"), now=NOW)
    invoice = db.session.get_one(Invoice, issued.id)
    assert invoice.total == total
    return invoice
