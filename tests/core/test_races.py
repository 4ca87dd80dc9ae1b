"""Two deeds on one thing at once, in either order: one of them comes too late."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from incubator.billing.actions import (
    PaymentDetails,
    RefundDetails,
    ReversalDetails,
    approve_credit_note,
    approve_refund,
    ask_credit_note,
    ask_refund,
    cancel_charge,
    record_payment,
    refuse_credit_note,
    reverse_payment,
    settle_deposit,
    withdraw_refund,
)
from incubator.billing.actions.run import bill_month
from incubator.billing.models import (
    Charge,
    ChargeKind,
    CreditNoteRequest,
    Payment,
    RefundRequest,
    ReversalCause,
)
from incubator.billing.queries.audit import audit
from incubator.bookings.actions import cancel_booking, mark_no_show
from incubator.bookings.models import Booking
from incubator.core.access import Role
from incubator.core.db import db, transaction
from incubator.core.errors import NotAllowed, RuleBroken
from incubator.graduation.actions import Plan, approve_exit, propose_exit, withdraw_proposal
from incubator.graduation.models import ExitProposal, ExitReason
from incubator.leases.actions import (
    decline_lease,
    end_lease,
    go_on,
    offer_lease,
    sign_lease,
)
from incubator.leases.models import DepositEntry, DepositKind, Lease, LeaseStatus
from incubator.leases.rules import Costs, TaxRules
from incubator.mentoring.actions import cancel_session, hold_session
from incubator.mentoring.models import MentoringSession
from incubator.people.actions import Offer, end_grant, invite, suspend
from incubator.people.models import Grant, Person
from incubator.people.queries import people_at
from incubator.spaces.models import Facility
from tests.factories.base import World, keep, make_lease, make_person, make_venture, make_world
from tests.factories.billing import make_charge
from tests.factories.bookings import make_booking
from tests.factories.leases import make_offer
from tests.factories.mentoring import make_assignment, make_session
from tests.factories.payments import make_invoice
from tests.factories.people import link_to, place_of
from tests.leases.test_race import beside

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
SOON, BEFORE = NOW + timedelta(minutes=1), NOW - timedelta(minutes=1)
TODAY = date(2026, 11, 23)
Pair = tuple[Callable[[], object], Callable[[], object]]


def get(kind, row):
    """How to find the row again, in another transaction."""
    number = row.id
    return lambda: db.session.get_one(kind, number)


def actors(world: World):
    return {role: person.as_actor(TODAY) for role, person in world.people.items()}


def decide_on_an_exit(world: World, who) -> Pair:
    plan = Plan(ExitReason.GRADUATED_GROWTH, date(2026, 12, 31), "青葉市", True, "Outgrown.")
    made = propose_exit(world.venture, plan, actor=who["manager"], now=NOW, today=TODAY)
    db.session.flush()
    found = get(ExitProposal, made)
    return (
        lambda: approve_exit(found(), note="", actor=who["facility_admin"], now=NOW, today=TODAY),
        lambda: withdraw_proposal(found(), actor=who["manager"], now=NOW),
    )


def take_up_an_offer(world: World, who) -> Pair:
    open_until = {"prior_explained_on": TODAY, "offer_expires_on": TODAY, "signed_on": None}
    unit = world.units[4]
    found = get(Lease, make_lease(unit, world.venture, status=LeaseStatus.OFFERED, **open_until))
    return (
        lambda: sign_lease(found(), signer_name="石井", actor=who["owner"], now=NOW, today=TODAY),
        lambda: decline_lease(found(), actor=who["facility_admin"], now=NOW),
    )


def let_what_goes_on(world: World, who) -> Pair:
    """The end that is taken back and the unit that is offered from that end."""
    office, free_from = who["facility_admin"], date(2026, 12, 10)
    common = {"actor": office, "now": NOW, "today": TODAY}
    end_lease(world.lease, until=free_from, reason="x", **common)
    terms = make_offer(world.lease.unit, make_venture(world.facility), starts_on=free_from)
    found = get(Lease, world.lease)
    return (
        lambda: go_on(found(), **common),
        lambda: offer_lease(terms, **common, tax=TaxRules()),
    )


def come_to_a_booking(world: World, who) -> Pair:
    found = get(
        Booking, make_booking(world.rooms[0], world.people["owner"], NOW, venture=world.venture)
    )
    return (
        lambda: cancel_booking(found(), actor=who["owner"], now=BEFORE),
        lambda: mark_no_show(found(), actor=who["manager"], now=SOON),
    )


def meet(world: World, who) -> Pair:
    make_assignment(world.people["manager"], world.venture)
    found = get(MentoringSession, make_session(world.people["manager"], world.venture, NOW))
    return (
        lambda: cancel_session(found(), reason="", actor=who["owner"], now=BEFORE),
        lambda: hold_session(found(), actor=who["manager"], now=SOON, today=TODAY),
    )


def paid(world: World, who) -> Payment:
    details = PaymentDetails(world.facility.id, world.venture.id, 5_000, TODAY)
    return record_payment(details, actor=who["clerk"], now=NOW, today=TODAY)


def pay_credit_back(world: World, who) -> Pair:
    paid(world, who)
    details = RefundDetails(world.facility.id, world.venture.id, 5_000, "あおば銀行 1234567")
    found = get(RefundRequest, ask_refund(details, actor=who["clerk"], now=NOW, today=TODAY))
    approving = {"actor": who["facility_admin"], "now": NOW, "today": TODAY}
    return (
        lambda: approve_refund(found(), paid_on=TODAY, **approving),
        lambda: withdraw_refund(found(), actor=who["clerk"], now=NOW),
    )


def take_an_invoice_back(world: World, who) -> Pair:
    invoice = make_invoice(world.facility, world.venture, 11_000, date(2026, 11, 30))
    asking = {"anew": False, "actor": who["clerk"], "now": NOW, "today": TODAY}
    found = get(CreditNoteRequest, ask_credit_note(invoice, "x", **asking))
    return (
        lambda: approve_credit_note(found(), actor=who["facility_admin"], now=NOW, today=TODAY),
        lambda: refuse_credit_note(found(), "no", actor=who["facility_admin"], now=NOW),
    )


def settle_a_deposit(world: World, who) -> Pair:
    ended = {"status": LeaseStatus.ENDED, "ends_on": date(2026, 11, 20), "deposit": 30_000}
    lease = make_lease(world.units[4], world.venture, **ended)
    for kind in (DepositKind.DUE, DepositKind.RECEIVED):
        keep(DepositEntry(lease_id=lease.id, kind=kind, amount=30_000, on_day=date(2025, 4, 1)))
    found = get(Lease, lease)

    def settle(amount: int) -> None:
        costs = Costs(restoration=amount)
        settle_deposit(found(), costs, actor=who["clerk"], now=NOW, today=TODAY)

    return lambda: settle(30_000), lambda: settle(40_000)


def reverse_twice(world: World, who) -> Pair:
    found = get(Payment, paid(world, who))

    def reverse(why: str) -> None:
        details = ReversalDetails(TODAY, ReversalCause.MISTAKE, why)
        reverse_payment(found(), details, actor=who["clerk"], now=NOW, today=TODAY)

    return lambda: reverse("typed twice"), lambda: reverse("another venture's")


def give_a_role_twice(world: World, who) -> Pair:
    place = place_of(world.facility)
    email = make_person().email

    def give() -> None:
        offer = Offer(email, Role.CLERK, place)
        invite(offer, link_to, actor=who["facility_admin"], now=NOW, today=TODAY)

    return give, give


def of_two_admins(world: World, who) -> tuple[Person, Person]:
    return world.people["facility_admin"], make_person("facility_admin", facility=world.facility)


def suspend_each_other(world: World, who) -> Pair:
    one, other = of_two_admins(world, who)
    people = get(Person, one), get(Person, other)
    who = one.as_actor(TODAY), other.as_actor(TODAY)
    common = {"ventures": (), "now": NOW, "today": TODAY}
    return (
        lambda: suspend(people[1](), actor=who[0], **common),
        lambda: suspend(people[0](), actor=who[1], **common),
    )


def end_each_other(world: World, who) -> Pair:
    admins = of_two_admins(world, who)
    grants = [get(Grant, each.grants[0]) for each in admins]
    one, other = (each.as_actor(TODAY) for each in admins)
    common = {"place": place_of(world.facility), "now": NOW, "today": TODAY}
    return (
        lambda: end_grant(grants[1](), actor=one, **common),
        lambda: end_grant(grants[0](), actor=other, **common),
    )


def suspend_whoever_ends_it(world: World, who) -> Pair:
    one, other = of_two_admins(world, who)
    found, grant = get(Person, other), get(Grant, one.grants[0])
    by, whose = one.as_actor(TODAY), other.as_actor(TODAY)
    common = {"now": NOW, "today": TODAY}
    return (
        lambda: suspend(found(), ventures=(), actor=by, **common),
        lambda: end_grant(grant(), place_of(world.facility), actor=whose, **common),
    )


def bill_what_is_called_off(world: World, who) -> Pair:
    make_charge(world.venture, source="x:1")
    found = get(Facility, world.facility)
    common = {"actor": who["clerk"], "now": NOW, "today": TODAY}
    return (
        lambda: bill_month(found(), date(2026, 12, 1), inside=nullcontext, **common),
        lambda: cancel_charge("x:1", ChargeKind.ROOM, reason="", now=NOW),
    )


ONE_OF = (
    decide_on_an_exit,
    take_up_an_offer,
    let_what_goes_on,
    come_to_a_booking,
    meet,
    pay_credit_back,
    take_an_invoice_back,
    settle_a_deposit,
    reverse_twice,
    give_a_role_twice,
    suspend_each_other,
    end_each_other,
    suspend_whoever_ends_it,
)


def late(app: Flask, pair: Pair) -> bool:
    """Do the second while the first is saved and not yet committed; whether it came too late."""
    done = []
    try:
        beside(app, lambda: done.append(pair[0]()), pair[1])
    except (RuleBroken, NotAllowed):
        assert done
        return True
    return False


@pytest.mark.parametrize("turned", [False, True], ids=["", "turned"])
@pytest.mark.parametrize("case", ONE_OF, ids=lambda case: case.__name__)
def test_one_of_two_deeds_comes_too_late(fresh_app: Flask, case, turned: bool):
    with fresh_app.app_context():
        with transaction():
            world = make_world()
            pair = case(world, actors(world))
            facility_id = world.facility.id
        assert late(fresh_app, pair[::-1] if turned else pair)
        assert audit() == []
        assert people_at(facility_id, Role.FACILITY_ADMIN, TODAY)
        db.session.remove()


@pytest.mark.parametrize("turned", [False, True], ids=["", "turned"])
def test_what_is_called_off_is_billed_or_not(fresh_app: Flask, turned: bool):
    with fresh_app.app_context():
        with transaction():
            world = make_world()
            pair = bill_what_is_called_off(world, actors(world))
        late(fresh_app, pair[::-1] if turned else pair)
        charge = db.session.scalars(db.select(Charge).filter_by(source="x:1")).one()
        assert (charge.invoice_id is None) is (charge.cancelled_at is not None)
        assert audit() == []
        db.session.remove()
