"""Builders of invoices to be paid."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from incubator.billing import rules
from incubator.billing.actions.issue import Order, issue_invoice
from incubator.billing.models import Invoice
from incubator.billing.queries import house_of
from incubator.core.access import Actor, Held, Role
from incubator.core.days import Stretch, add_months, month_of
from incubator.organisations.models import Organisation
from incubator.spaces.models import Facility
from tests.factories.base import make_facility, make_venture

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
TAX = 10


@dataclass
class Desk:
    """A clerk at a facility with one venture."""

    facility: Facility
    venture: Organisation
    clerk: Actor


def make_desk() -> Desk:
    """Build it."""
    facility = make_facility()
    held = (Held(Role.CLERK, facility_id=facility.id),)
    return Desk(facility, make_venture(facility), Actor(None, "鈴木 花子", held))


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
    invoice = issue_invoice(order, actor=Actor(None, "test"), now=NOW)
    assert invoice.total == total
    return invoice
