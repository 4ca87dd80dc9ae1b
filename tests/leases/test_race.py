"""Many want the same unit, the same month's bills and the same decision at once."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier, Event
from time import sleep

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from incubator.billing.actions.run import bill_month
from incubator.billing.models import Invoice
from incubator.billing.queries.audit import audit
from incubator.core import promises
from incubator.core.access import Actor
from incubator.core.days import ONE_DAY
from incubator.core.db import db, transaction
from incubator.core.errors import RuleBroken
from incubator.graduation.actions import Plan, approve_exit, propose_exit, withdraw_proposal
from incubator.graduation.models import ExitProposal, ExitReason, FollowUp
from incubator.graduation.queries import approved_exits
from incubator.leases.actions import decline_lease, lapse_offers, offer_lease, sign_lease
from incubator.leases.models import Lease, LeaseStatus
from incubator.leases.rules import TaxRules
from incubator.spaces.models import Facility, Unit
from tests.factories.base import World, actor_of, make_lease, make_person, make_venture, make_world
from tests.factories.leases import make_offer

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
TODAY = date(2026, 11, 23)
MONTH = date(2026, 12, 1)
MANY = [4, pytest.param(16, marks=pytest.mark.long)]


@pytest.fixture
def world(fresh_app: Flask) -> Iterator[World]:
    with fresh_app.app_context():
        with transaction():
            made = make_world()
        yield made
        db.session.remove()


def at_once(app: Flask, number: int, deed: Callable[[int], str]) -> Counter[str]:
    """Let so many do it at the same moment; what each of them heard."""
    gate = Barrier(number, timeout=30)

    def one(turn: int) -> str:
        with app.app_context():
            gate.wait()
            try:
                with transaction():
                    return deed(turn)
            except RuleBroken:
                return "refused"
            except IntegrityError as error:
                kept = any(promises.broke(error, each) for each in PROMISES)
                return "refused" if kept else str(error)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(number) as pool:
        return Counter(pool.map(one, range(number)))


PROMISES = ("no_two_leases_of_a_unit", "one_open_proposal")


@pytest.mark.parametrize("number", [2, *MANY])
def test_one_of_many_offers_of_a_unit_stands(fresh_app: Flask, world: World, number: int):
    with transaction():
        ventures = [make_venture(world.facility) for _ in range(number)]
        unit = db.session.get_one(Unit, world.units[4].id)
        terms = [make_offer(unit, venture) for venture in ventures]
        admin = actor_of(world.people["facility_admin"])

    def offer(turn: int) -> str:
        offer_lease(terms[turn], actor=admin, now=NOW, today=TODAY, tax=TaxRules())
        return "offered"

    assert at_once(fresh_app, number, offer) == {"offered": 1, "refused": number - 1}
    numbers = db.session.scalars(db.select(Lease.number).where(Lease.unit_id == terms[0].unit_id))
    assert len(list(numbers)) == 1


@pytest.mark.parametrize("number", MANY)
def test_many_runs_of_a_month_bill_each_venture_once(fresh_app: Flask, world: World, number: int):
    facility_id, clerk = world.facility.id, Actor(None, "nightly")
    gate = Barrier(number, timeout=30)

    def run(_turn: int) -> None:
        with fresh_app.app_context():
            gate.wait()
            facility = db.session.get_one(Facility, facility_id)
            bill_month(facility, MONTH, inside=transaction, actor=clerk, now=NOW, today=TODAY)
            db.session.remove()

    with transaction():
        clerk = actor_of(world.people["clerk"])
    with ThreadPoolExecutor(number) as pool:
        list(pool.map(run, range(number)))
    found = db.session.execute(db.select(Invoice.organisation_id, Invoice.number)).all()
    assert [each.organisation_id for each in found] == [world.venture.id]
    assert audit() == []


def propose(world: World) -> int:
    plan = Plan(ExitReason.GRADUATED_GROWTH, date(2026, 12, 31), "青葉市", True, "Outgrown.")
    manager = actor_of(world.people["manager"])
    proposal = propose_exit(world.venture, plan, actor=manager, now=NOW, today=TODAY)
    db.session.flush()
    return proposal.id


@pytest.mark.parametrize("number", [8])
def test_one_of_many_approvals_counts(fresh_app: Flask, world: World, number: int):
    with transaction():
        admins = [
            actor_of(make_person("facility_admin", facility=world.facility)) for _ in range(number)
        ]
        proposal_id = propose(world)

    def approve(turn: int) -> str:
        proposal = db.session.get_one(ExitProposal, proposal_id)
        approve_exit(proposal, note="", actor=admins[turn], now=NOW, today=TODAY)
        return "approved"

    assert at_once(fresh_app, number, approve) == {"approved": 1, "refused": number - 1}
    assert len(list(db.session.scalars(db.select(FollowUp.id)))) == 5


def beside(app: Flask, first: Callable[[], object], then: Callable[[], object]) -> None:
    """Let somebody begin while what another did is saved and not yet committed."""
    saved = Event()

    def save() -> None:
        with app.app_context(), transaction():
            first()
            db.session.flush()
            saved.set()
            sleep(0.5)

    def follow() -> None:
        with app.app_context():
            saved.wait(30)
            with transaction():
                then()

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(save), pool.submit(follow)]:
            each.result()


def test_a_withdrawal_that_meets_an_approval_comes_too_late(fresh_app: Flask, world: World):
    with transaction():
        admin, manager = (actor_of(world.people[role]) for role in ("facility_admin", "manager"))
        proposal_id = propose(world)

    def approve() -> None:
        proposal = db.session.get_one(ExitProposal, proposal_id)
        approve_exit(proposal, note="", actor=admin, now=NOW, today=TODAY)

    def withdraw() -> None:
        proposal = db.session.get_one(ExitProposal, proposal_id)
        withdraw_proposal(proposal, actor=manager, now=NOW)

    with pytest.raises(RuleBroken):
        beside(fresh_app, approve, withdraw)
    assert list(approved_exits(world.facility.id)) == [world.venture.id]


@pytest.mark.parametrize("lapses", [False, True])
def test_an_offer_that_is_being_signed_is_neither_taken_back_nor_lapses(
    fresh_app: Flask, world: World, lapses: bool
):
    with transaction():
        offer = make_lease(
            world.units[4],
            world.venture,
            status=LeaseStatus.OFFERED,
            signed_on=None,
            prior_explained_on=TODAY,
            offer_expires_on=TODAY,
        )
        db.session.flush()
        owner, admin = (actor_of(world.people[role]) for role in ("owner", "facility_admin"))
        lease_id, facility_id = offer.id, world.facility.id

    def sign() -> None:
        lease = db.session.get_one(Lease, lease_id)
        sign_lease(lease, signer_name="石井 蓮", actor=owner, now=NOW, today=TODAY)

    def free() -> None:
        if lapses:
            assert not lapse_offers(facility_id, actor=admin, now=NOW, today=TODAY + ONE_DAY)
        else:
            with pytest.raises(RuleBroken):
                decline_lease(db.session.get_one(Lease, lease_id), actor=admin, now=NOW)

    beside(fresh_app, sign, free)
    assert db.session.get_one(Lease, lease_id).status is LeaseStatus.ACTIVE
