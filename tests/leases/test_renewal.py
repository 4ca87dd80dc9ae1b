"""Renewing a lease: from the day it ends, without a gap and with nothing paid twice."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from sqlalchemy.exc import IntegrityError

from incubator.billing.actions.run import bill_month
from incubator.billing.models import Charge
from incubator.core.access import Actor, Role
from incubator.core.audit import AuditEntry
from incubator.core.days import ONE_DAY, Proration, Stretch, add_months, whole_month
from incubator.core.db import db
from incubator.core.errors import NotAllowed, RuleBroken
from incubator.core.outbox import OutboxMail
from incubator.core.promises import broke
from incubator.leases import actions, queries, rules
from incubator.leases.models import DepositKind, LeaseStatus
from incubator.leases.rules import COMMON_FEE, RENT, Delivery, Method, Price, TaxRules, month_lines
from incubator.organisations.models import Stage
from incubator.reports import dashboard, rent_roll
from incubator.spaces.models import LegalBasis
from tests.factories.base import actor_of, keep, make_lease, make_person, make_unit, make_world
from tests.factories.leases import (
    RATES,
    a_grant,
    grant_programme,
    lease_on,
    lease_terms,
    make_offer,
    make_programme,
)
from tests.factories.people import as_actor

NOW = datetime(2027, 12, 1, 1, tzinfo=UTC)
TODAY = date(2027, 12, 1)
END = date(2028, 4, 1)
TAX = TaxRules(RATES)
BANK = "あおば銀行 本店"
ROBOT = Actor(None, "nightly")


def followed(change, *, until=None, rents=(76257, 76257), **facts):
    """Two leases, the second from the day `change` on."""
    first = lease_terms(rents[0], ends_on=change, **facts)
    prices = (Price(RENT, rents[1], change), *first.prices[1:])
    second = replace(
        first,
        starts_on=change,
        ends_on=until or add_months(change, 24),
        prices=prices,
        before=first if change.day > 1 else None,
    )
    return first, second


def paid(terms, month, kind=RENT):
    return sum(line.amount for line in month_lines(terms, month) if line.kind == kind)


CHANGES = [date(2027, 2, 15), date(2027, 5, 2), date(2027, 5, 16), date(2027, 7, 31)]


@pytest.mark.parametrize("method", Proration)
@pytest.mark.parametrize("unit", [1, 10, 1000])
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_the_month_of_the_change_costs_one_month(change, method, unit):
    first, second = followed(
        change, fee=16225, proration_entry=method, proration_exit=method, rounding_unit=unit
    )
    for kind, price in ((RENT, 76257), (COMMON_FEE, 16225)):
        assert paid(first, change, kind) + paid(second, change, kind) == price


@pytest.mark.parametrize(
    ("method", "rents", "parts"),
    [
        (Proration.ACTUAL, (62000, 93000), (30000, 48000)),
        (Proration.FIXED30, (62000, 93000), (31000, 47000)),
        (Proration.MONTHLY, (62000, 93000), (62000, 16000)),
        (Proration.MONTHLY, (93000, 62000), (93000, 0)),
    ],
)
def test_a_new_rent_counts_from_its_first_day(method, rents, parts):
    change = date(2027, 5, 16)
    first, second = followed(change, rents=rents, proration_entry=method, proration_exit=method)
    assert (paid(first, change), paid(second, change)) == parts


def test_three_leases_can_meet_in_one_month():
    first, second = followed(
        date(2027, 5, 10), until=date(2027, 5, 20), proration_exit=Proration.FIXED30
    )
    third = replace(second, starts_on=date(2027, 5, 20), ends_on=END, before=second)
    assert sum(paid(each, date(2027, 5, 1)) for each in (first, second, third)) == 76257


def test_the_last_whole_month_stands_for_what_is_paid_now():
    first, second = followed(date(2027, 5, 16))
    assert rules.quote(first).last_whole.month == date(2027, 4, 1)
    assert rules.quote(second).last_whole.month == date(2029, 4, 1)
    short = replace(first, ends_on=date(2026, 4, 20))
    assert rules.quote(short).last_whole.month == date(2026, 4, 1)


def test_the_reason_names_what_the_lease_before_took():
    _, second = followed(date(2027, 5, 16))
    (line,) = month_lines(second, date(2027, 5, 1))
    assert (line.rule, line.days) == ("BR-P05", Stretch(date(2027, 5, 16), date(2027, 6, 1)))
    assert str(line.why) == (
        "¥76,257 × 15 of 31 days + ¥76,257 × 16 of 31 days − ¥36,898 on the lease before = ¥39,359"
    )
    (later,) = month_lines(second, date(2027, 6, 1))
    assert str(later.why) == "¥76,257 a month, as agreed."


@pytest.mark.parametrize("proration", Proration)
@pytest.mark.parametrize(
    ("how", "whole"),
    [
        ({"method": Method.FIXED, "steps": (rules.Step(0, 31000),)}, 31000),
        ({"method": Method.PER_M2, "steps": (rules.Step(0, 500),)}, 16225),
        ({"method": Method.RATIO, "steps": (rules.Step(0, 5000),)}, 38128),
        ({"method": Method.RATIO, "steps": (rules.Step(0, 5000),), "monthly_cap": 30000}, 30000),
    ],
    ids=["fixed", "per m²", "ratio", "cap"],
)
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_subsidy_of_the_month_of_the_change_is_one_subsidy(change, how, whole, proration):
    grant = a_grant(proration=proration, delivery=Delivery.LANDLORD_AGENT, **how)
    first, second = followed(change, subsidies=(grant,))
    second = replace(second, subsidies=(replace(grant, from_month=change.replace(day=1)),))
    given = sum(line.granted for t in (first, second) for line in month_lines(t, change))
    assert whole - 1 <= given <= whole


@pytest.fixture
def world():
    made = make_world()
    made.facility.max_total_months = 84
    keep(made.lease).deposit = 228771
    for kind in (DepositKind.DUE, DepositKind.RECEIVED):
        actions.deposit._enter(made.lease, kind, 228771, date(2025, 4, 1))
    return made


@pytest.fixture
def admin(world):
    return actor_of(world.people["facility_admin"])


@pytest.fixture
def owner(world):
    return actor_of(world.people["owner"])


def how(actor, **more):
    return {"actor": actor, "now": NOW, "today": TODAY, **more}


def offer(world, admin, lease=None, **facts):
    lease = lease or world.lease
    facts = {
        "starts_on": lease.ends_on,
        "ends_on": add_months(lease.ends_on, 36),
        "rent": 80000,
        "expires_on": None,
        "deposit_months": 3,
        "prior_explained_on": TODAY,
        **facts,
    }
    terms = make_offer(lease.unit, lease.organisation, **facts)
    return actions.renew_lease(lease, terms, tax=TAX, **how(admin))


def sign(lease, actor, **more):
    actions.sign_lease(lease, signer_name="石井 蓮", **how(actor, **more))


def mails():
    return list(db.session.scalars(db.select(OutboxMail).order_by(OutboxMail.id)))


def test_the_next_lease_begins_the_day_this_one_ends(world, admin, owner):
    after = offer(world, admin)
    assert (after.status, after.starts_on, after.renews) == (LeaseStatus.OFFERED, END, world.lease)
    assert after.offer_expires_on == date(2028, 3, 31)
    assert "ends on Fri 31 Mar 2028" in mails()[-1].body
    sign(after, owner)
    assert (world.lease.status, after.status) == (LeaseStatus.ACTIVE, LeaseStatus.ACTIVE)
    assert [lease_on(world.units[0].id, END + day * ONE_DAY) for day in (-1, 0)] == [
        world.lease,
        after,
    ]
    closed = actions.close_finished(world.facility.id, actor=ROBOT, now=NOW, today=END)
    assert closed == [world.lease]
    assert (world.venture.stage, world.venture.left_on) == (Stage.TENANT, None)
    assert queries.tenancy_of(after.id) == queries.tenancy_of(world.lease.id)
    assert [each.id for each in queries.tenancy_of(after.id)] == [world.lease.id, after.id]
    offers = db.session.scalars(db.select(AuditEntry).where(AuditEntry.deed == "lease.offered"))
    assert offers.one().after["renews_id"] == world.lease.id


def days_let(world, days):
    stock = dashboard.stock_in(world.facility.id, world.units, days)
    return dashboard.use_between(stock, days).unit_days_let


def test_occupancy_knows_no_gap_and_the_lists_no_end(world, admin, owner):
    around = Stretch(date(2028, 3, 1), date(2028, 5, 1))
    after = offer(world, admin)
    (ending,) = dashboard.ending_leases(world.facility.id, TODAY)
    assert (ending.lease, ending.offered) == (world.lease, after)
    assert days_let(world, around) == 31
    sign(after, owner)
    assert dashboard.ending_leases(world.facility.id, TODAY) == []
    soon = queries.LeaseSearch(ends_within=6)
    assert queries.search(world.facility.id, soon, TODAY).items == []
    assert days_let(world, around) == around.days
    roll = {row.row.unit.code: row for row in rent_roll.rent_roll(world.facility, TODAY, TODAY)}
    assert roll["101"].row.last_day == after.days.last


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"starts_on": END + ONE_DAY}, "begins on Sat 1 Apr 2028"),
        ({"starts_on": END - ONE_DAY}, "begins on Sat 1 Apr 2028"),
        ({"expires_on": END}, "until Fri 31 Mar 2028 at the latest"),
        ({"ends_on": date(2032, 4, 2)}, "may stay 84 months in all"),
        ({"ends_on": END}, "at least a day"),
    ],
)
def test_a_next_lease_that_cannot_be(world, admin, facts, words):
    with pytest.raises(RuleBroken, match=words):
        offer(world, admin, **facts)


def test_who_may_offer_it(world):
    for role in ("clerk", "manager", "owner"):
        with pytest.raises(NotAllowed):
            offer(world, actor_of(world.people[role]))


def test_there_is_one_next_lease(world, admin, owner):
    first = offer(world, admin)
    with pytest.raises(RuleBroken, match="goes on from it already"):
        offer(world, admin)
    actions.decline_lease(first, actor=owner, now=NOW)
    second = offer(world, admin, expires_on=date(2027, 12, 15))
    actions.lapse_offers(world.facility.id, **how(ROBOT, today=date(2027, 12, 16)))
    assert [first.status, second.status] == [LeaseStatus.DECLINED, LeaseStatus.LAPSED]
    third = offer(world, admin)
    assert queries.renewal_of(world.lease.id) is third
    with pytest.raises(IntegrityError) as refused:
        make_lease(world.units[0], world.venture, starts_on=END, ends_on=date(2029, 1, 1))
    assert broke(refused.value, "no_two_leases_of_a_unit")


def test_a_new_fixed_term_is_explained_anew(world, admin, owner):
    after = offer(world, admin, prior_explained_on=None)
    with pytest.raises(RuleBroken, match="explained in writing"):
        sign(after, owner)
    actions.explain_lease(after, explained_on=TODAY, **how(admin))
    sign(after, owner)
    world.facility.legal_basis = LegalBasis.USE_PERMIT
    room = make_lease(make_unit(world.facility, world.floor), world.venture, ends_on=END)
    permit = offer(world, admin, room, prior_explained_on=None)
    sign(permit, owner)
    assert permit.legal_basis is LegalBasis.USE_PERMIT


def test_a_deposit_goes_on_and_only_the_difference_is_due(world, admin, owner):
    after = offer(world, admin)
    sign(after, owner)
    ledger = [(entry.kind.value, entry.amount) for entry in queries.deposit_of(world.lease.id)]
    assert (rules.balance(ledger), rules.still_due(ledger)) == (228771, 240000 - 228771)
    assert "the difference of the deposit, ¥11,229" in mails()[-2].body
    actions.receive_deposit(after, amount=11229, on_day=TODAY, **how(admin))
    with pytest.raises(RuleBroken, match="Only ¥0"):
        actions.receive_deposit(world.lease, amount=1, on_day=TODAY, **how(admin))
    actions.close_finished(world.facility.id, actor=ROBOT, now=NOW, today=END)
    with pytest.raises(RuleBroken, match=f"goes on with the lease {after.number}"):
        actions.settle_deposit(world.lease, rules.Costs(), **how(admin))
    leaves_on = date(2029, 1, 1)
    actions.end_lease(after, until=leaves_on, reason="移転", **how(admin, today=leaves_on))
    assert actions.settle_deposit(after, rules.Costs(), BANK, **how(admin)).refund == 240000


def test_a_lower_deposit_is_given_back_once_it_begins(world, admin, owner):
    after = offer(world, admin, fixed_deposit=200000)
    sign(after, owner)
    with pytest.raises(RuleBroken, match="still runs"):
        actions.give_back_deposit(after, BANK, **how(admin))
    with pytest.raises(NotAllowed):
        actions.give_back_deposit(after, BANK, **how(owner, today=END))
    asked = actions.give_back_deposit(after, BANK, **how(admin, today=END))
    assert actions.give_back_deposit(after, BANK, **how(admin, today=END)) is asked
    with pytest.raises(RuleBroken, match="asked for"):
        actions.return_deposit(asked, paid_on=END, **how(admin, today=END))
    other = as_actor(make_person(Role.FACILITY_ADMIN, facility=world.facility))
    actions.return_deposit(asked, paid_on=END, **how(other, today=END))
    with pytest.raises(RuleBroken, match="No more than the agreed"):
        actions.give_back_deposit(after, BANK, **how(admin, today=END))
    ledger = [(entry.kind.value, entry.amount) for entry in queries.deposit_of(after.id)]
    assert rules.balance(ledger) == 200000


@pytest.mark.parametrize("signed", [False, True])
def test_who_leaves_earlier_has_no_next_lease(world, admin, owner, signed):
    after = offer(world, admin)
    if signed:
        sign(after, owner)
    actions.give_notice(world.lease, leave_on=date(2028, 3, 15), **how(owner))
    assert (after.status, after.end_reason) == (LeaseStatus.DECLINED, "notice given before")
    assert lease_on(world.units[0].id, date(2028, 3, 16)) is None
    ledger = [(entry.kind.value, entry.amount) for entry in queries.deposit_of(world.lease.id)]
    assert (rules.balance(ledger), rules.still_due(ledger)) == (228771, 0)
    with pytest.raises(RuleBroken, match="cannot be done any more"):
        sign(after, owner)
    with pytest.raises(RuleBroken, match="cannot be done any more"):
        offer(world, admin)
    actions.close_finished(world.facility.id, actor=ROBOT, now=NOW, today=END)
    assert world.venture.stage is Stage.LEFT
    assert actions.settle_deposit(world.lease, rules.Costs(), BANK, **how(admin)).refund == 228771


def test_a_signed_lease_that_has_not_begun_is_called_off(world, admin, owner):
    after = offer(world, admin)
    sign(after, owner)
    actions.end_lease(after, until=END, reason="計画変更", **how(admin))
    assert (after.status, world.lease.status) == (LeaseStatus.DECLINED, LeaseStatus.ACTIVE)
    assert world.venture.stage is Stage.TENANT
    actions.end_lease(world.lease, until=TODAY, reason="移転", **how(admin))
    assert world.venture.stage is Stage.LEFT


def test_what_was_paid_for_a_lease_that_is_called_off_goes_back_by_itself(world, admin, owner):
    after = offer(world, admin)
    sign(after, owner)
    actions.receive_deposit(after, amount=11229, on_day=TODAY, **how(admin))
    actions.end_lease(after, until=END, reason="計画変更", **how(admin))
    assert queries.open_deposits(world.facility.id).to_settle == [(after, 11229)]
    with pytest.raises(RuleBroken, match="cannot be done any more"):
        actions.settle_deposit(world.lease, rules.Costs(), BANK, **how(admin))
    assert actions.settle_deposit(after, rules.Costs(), BANK, **how(admin)).refund == 11229
    other = as_actor(make_person(Role.FACILITY_ADMIN, facility=world.facility))
    actions.return_deposit(queries.deposit_waiting(after.id), paid_on=TODAY, **how(other))
    assert queries.open_deposits(world.facility.id).to_settle == []
    with pytest.raises(RuleBroken, match="No deposit is held"):
        actions.settle_deposit(after, rules.Costs(), BANK, **how(admin))
    ledger = [(entry.kind.value, entry.amount) for entry in queries.deposit_of(world.lease.id)]
    assert (rules.balance(ledger), rules.still_due(ledger)) == (228771, 0)
    assert offer(world, admin).renews is world.lease


def test_notice_within_the_next_lease_keeps_both(world, admin, owner):
    after = offer(world, admin)
    sign(after, owner)
    actions.give_notice(after, leave_on=date(2028, 6, 30), **how(owner))
    assert (world.lease.status, after.ends_on) == (LeaseStatus.ACTIVE, date(2028, 7, 1))


def test_months_of_a_subsidy_go_on_counting_and_the_quote_says_so(world, admin):
    programme = make_programme(
        world.facility, steps=[{"months": 36, "rate": 5000}, {"months": 12, "rate": 2500}]
    )
    grant_programme(world.lease, programme)
    db.session.refresh(world.lease)
    terms = make_offer(world.units[0], world.venture, starts_on=END, ends_on=date(2031, 4, 1))
    draft = queries.draft_of(
        terms, world.units[0], world.facility, [programme], tax=TAX, renews=world.lease
    )
    after = offer(world, admin, programme_ids=(programme.id,))
    assert draft.subsidies == queries.terms_of(after, TAX).subsidies
    rates = [
        [line.inputs["rate"] for line in month_lines(draft, month) if line.granted]
        for month in (date(2028, 4, 1), date(2029, 3, 1), date(2029, 4, 1))
    ]
    assert rates == [[2500], [2500], []]


@pytest.mark.parametrize("change", [date(2028, 4, 1), date(2028, 4, 16)], ids=str)
def test_billing_runs_through_the_change(world, admin, owner, change):
    world.lease.ends_on = change
    world.facility.proration_exit = world.lease.proration_exit = Proration.FIXED30
    db.session.flush()
    after = offer(world, admin, rent=76257, common_fee=16225)
    sign(after, owner)
    clerk = actor_of(world.people["clerk"])
    months = [date(2028, 3, 1), date(2028, 4, 1), date(2028, 5, 1)]
    for month in (*months, *months):
        bill_month(world.facility, month, inside=nullcontext, **how(clerk, today=date(2028, 3, 20)))
    charges = db.session.scalars(db.select(Charge).where(Charge.lease_id.is_not(None))).all()
    for month in months:
        of_month = [each for each in charges if each.service_month == month]
        rents = [each for each in of_month if each.kind.value == RENT]
        assert sum(each.amount for each in rents) == 76257
        assert sum(each.amount for each in of_month) == 76257 + 16225
        days = sorted((each.service_from, each.service_until) for each in rents)
        assert (days[0][0], days[-1][1]) == (whole_month(month).start, whole_month(month).until)
        assert all(left[1] == right[0] for left, right in pairwise(days))
