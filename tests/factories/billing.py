"""Builders for billing: ventures with leases, charges, a run, an invoice, bank holidays."""

from contextlib import nullcontext
from datetime import UTC, date, datetime
from typing import Any

from incubator.billing.actions import (
    NewCharge,
    add_charge,
    approve_credit_note,
    ask_credit_note,
    bill_month,
)
from incubator.billing.models import Charge, ChargeKind, Invoice
from incubator.core.access import Actor, Held, Role
from incubator.core.days import Stretch, month_of
from incubator.core.db import db
from incubator.core.i18n import say
from incubator.core.packing import pack
from incubator.organisations.models import Organisation
from incubator.spaces.models import Facility
from tests.factories.base import (
    make_facility,
    make_floor,
    make_lease,
    make_person,
    make_unit,
    make_venture,
)
from tests.factories.people import as_actor

NOW = datetime(2026, 4, 20, 1, 0, tzinfo=UTC)
TODAY = date(2026, 4, 20)
MAY = date(2026, 5, 1)


def clerk_of(facility: Facility) -> Actor:
    """A finance clerk of the facility."""
    return Actor(1, "鈴木 花子", (Held(Role.CLERK, facility_id=facility.id),))


def make_tenants(count: int, facility: Facility | None = None) -> Facility:
    """A facility with as many ventures, each with a lease in force."""
    facility = facility or make_facility()
    floor = make_floor(facility, f"F{count}")
    for _ in range(count):
        make_lease(make_unit(facility, floor), make_venture(facility))
    db.session.flush()
    return facility


def make_charge(venture: Organisation, **facts: Any) -> Charge:
    """An hour in a meeting room, used before the run."""
    facts = {
        "kind": ChargeKind.ROOM,
        "source": "booking:1",
        "service": Stretch(date(2026, 4, 10), date(2026, 4, 11)),
        "amount": 1500,
        "title": "会議室A",
        "why": {
            "rule": "BR-F03",
            "inputs": {"steps": 3},
            "say": pack(say("%(count)s × %(price)s", count=3, price="¥500")),
        },
        "currency": "JPY",
        **facts,
    }
    now = facts.pop("now", NOW)
    new = NewCharge(facility_id=venture.facility_id, organisation_id=venture.id, **facts)
    add_charge(new, now=now)
    return db.session.scalars(
        db.select(Charge).filter_by(
            kind=new.kind, source=new.source, service_month=month_of(new.service.start)
        )
    ).one()


def bill(
    facility: Facility, month: date = MAY, *, today: date = TODAY, now: datetime = NOW
) -> list[Invoice]:
    """Run the month inside the test's transaction; the invoices it issued."""
    issued: list[int] = []
    bill_month(
        facility,
        month,
        inside=nullcontext,
        actor=clerk_of(facility),
        now=now,
        today=today,
        each=lambda invoice: issued.append(invoice.id),
    )
    return [db.session.get_one(Invoice, number) for number in issued]


def make_invoice(venture: Organisation, **facts: Any) -> Invoice:
    """The May invoice of a venture with one charge of an hour."""
    make_charge(venture, **facts)
    facility = db.session.get_one(Facility, venture.facility_id)
    return next(each for each in bill(facility) if each.organisation_id == venture.id)


def take_back(
    invoice: Invoice,
    why: str = "二重請求",
    *,
    anew: bool = False,
    now: datetime = NOW,
    today: date = TODAY,
) -> Invoice:
    """The credit note of an invoice that a clerk asked for and an administrator approved."""
    facility = db.session.get_one(Facility, invoice.facility_id)
    clerk = Actor(None, "鈴木 花子", clerk_of(facility).held)
    head = as_actor(make_person(Role.FACILITY_ADMIN, facility=facility, name="田中 一郎"))
    asked = ask_credit_note(invoice, why, anew=anew, actor=clerk, now=now, today=today)
    made = approve_credit_note(asked, actor=head, now=now, today=today)
    return db.session.get_one(Invoice, made.id)
