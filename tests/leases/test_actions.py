"""Deeds on leases, by what they leave behind."""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from sqlalchemy.exc import IntegrityError

from incubator.core.access import Actor
from incubator.core.audit import AuditEntry
from incubator.core.days import ONE_DAY
from incubator.core.db import db
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.outbox import OutboxMail
from incubator.core.promises import broke
from incubator.leases import actions, queries
from incubator.leases.actions import PriceChange, ProgrammeFacts
from incubator.leases.models import Component, DepositEntry, DepositKind, EndReason, LeaseStatus
from incubator.leases.rules import Costs, Delivery, Method, Step, TaxRules
from incubator.organisations.models import Stage
from incubator.spaces.models import LegalBasis, UnitOutage
from tests.factories.base import (
    actor_of,
    keep,
    make_lease,
    make_unit,
    make_venture,
    make_world,
    three_years,
)
from tests.factories.leases import RATES, grant_programme, lease_on, make_offer, make_programme

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
TODAY = date(2026, 11, 23)
ROBOT = Actor(None, "nightly")


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def admin(world):
    return actor_of(world.people["facility_admin"])


@pytest.fixture
def owner(world):
    return actor_of(world.people["owner"])


def offer(world, admin, **facts):
    terms = make_offer(world.units[4], world.venture, **facts)
    return actions.offer_lease(terms, actor=admin, now=NOW, today=TODAY, tax=TaxRules(RATES))


def sign(lease, actor, **how):
    how = {"signer_name": "石井 蓮", "actor": actor, "now": NOW, "today": TODAY, **how}
    actions.sign_lease(lease, **how)


def mails():
    return [
        mail.template for mail in db.session.scalars(db.select(OutboxMail).order_by(OutboxMail.id))
    ]


def deeds():
    return [
        entry.deed for entry in db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id))
    ]


def test_an_offer_holds_the_unit_and_writes_to_the_owner(world, admin):
    lease = offer(world, admin, rent_steps=((1, 5000),), unit_price=2350)
    assert lease.status is LeaseStatus.OFFERED
    assert lease.number == "AOBA-L2026-001"
    assert lease.deposit == 3 * 76257
    assert lease_on(lease.unit_id, date(2026, 12, 1)) is lease
    assert lease_on(lease.unit_id, date(2026, 11, 30)) is None
    assert mails() == ["lease_offered"]
    assert "lease.offered" in deeds()


def test_the_office_is_written_to_while_nobody_has_an_account(world, admin):
    lonely = make_venture(world.facility)
    quiet = make_venture(world.facility, email="")
    for unit, venture in ((world.units[4], lonely), (world.units[3], quiet)):
        terms = make_offer(unit, venture)
        actions.offer_lease(terms, actor=admin, now=NOW, today=TODAY, tax=TaxRules())
    assert [m.to_address for m in db.session.scalars(db.select(OutboxMail))] == [lonely.email]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"ends_on": date(2032, 1, 1)}, "months"),
        ({"ends_on": date(2030, 4, 2)}, "months"),
        ({"expires_on": date(2026, 11, 22)}, "expires_on"),
        ({"rent": -1}, "rent"),
    ],
)
def test_an_offer_outside_the_house_rules(world, admin, facts, field):
    with pytest.raises(RuleBroken) as refused:
        offer(world, admin, **facts)
    assert refused.value.field == field


def test_a_unit_is_let_once(world, admin):
    first = offer(world, admin)
    with pytest.raises(RuleBroken, match="is taken from"):
        offer(world, admin, starts_on=date(2029, 11, 30), ends_on=date(2030, 3, 1))
    actions.decline_lease(first, actor=admin, now=NOW, reason="辞退")
    offer(world, admin)


def test_the_database_itself_refuses_the_second_lease(world):
    make_lease(world.units[4], world.venture)
    with pytest.raises(IntegrityError) as refused:
        make_lease(world.units[4], world.venture, starts_on=date(2028, 3, 31))
    assert broke(refused.value, "no_two_leases_of_a_unit")


def test_a_unit_out_of_use_or_of_another_house(world, admin):
    keep(UnitOutage(unit_id=world.units[4].id, from_day=date(2027, 1, 1)))
    with pytest.raises(RuleBroken, match="out of use"):
        offer(world, admin)
    other = make_world("anders")
    terms = replace(make_offer(other.units[4], world.venture), facility_id=world.facility.id)
    with pytest.raises(NotFound):
        actions.offer_lease(terms, actor=admin, now=NOW, today=TODAY, tax=TaxRules())


def test_programmes_are_granted_in_order(world, admin):
    first, second = make_programme(world.facility), make_programme(world.facility)
    lease = offer(world, admin, programme_ids=(second.id, first.id))
    assert [each.programme_id for each in lease.subsidies] == [second.id, first.id]
    terms = queries.terms_of(lease, TaxRules(RATES))
    assert [grant.programme_id for grant in terms.subsidies] == [second.id, first.id]
    assert terms.subsidies[0].from_month == date(2026, 12, 1)


def test_a_programme_named_twice_is_granted_once(world, admin):
    programme = make_programme(world.facility)
    lease = offer(world, admin, programme_ids=(programme.id, programme.id))
    assert [each.programme_id for each in lease.subsidies] == [programme.id]


@pytest.mark.parametrize(
    "facts", [{"valid_from": date(2027, 1, 1)}, {"valid_until": date(2026, 12, 1)}]
)
def test_a_programme_out_of_its_time(world, admin, facts):
    programme = make_programme(world.facility, **facts)
    with pytest.raises(RuleBroken, match="cannot be granted"):
        offer(world, admin, programme_ids=(programme.id,))


def test_a_budget_is_given_away_once(world, admin):
    programme = make_programme(
        world.facility,
        method=Method.FIXED,
        steps=[{"months": 0, "rate": 10000}],
        budget_per_fy=200000,
        includes_tax=True,
    )
    offer(world, admin, programme_ids=(programme.id,))
    other = make_offer(world.units[3], make_venture(world.facility), programme_ids=(programme.id,))
    with pytest.raises(RuleBroken, match="¥80,000 left in fiscal year 2027"):
        actions.offer_lease(other, actor=admin, now=NOW, today=TODAY, tax=TaxRules(RATES))


def test_months_and_sums_go_on_counting_on_the_next_lease(world, admin):
    programme = make_programme(world.facility, total_cap=2_000_000)
    grant_programme(world.lease, programme)
    db.session.refresh(world.lease)
    with pytest.raises(RuleBroken, match="already granted"):
        offer(world, admin, programme_ids=(programme.id,))
    world.facility.max_total_months = 120
    lease = offer(
        world,
        admin,
        programme_ids=(programme.id,),
        starts_on=date(2028, 4, 1),
        ends_on=date(2029, 4, 1),
        expires_on=None,
    )
    (granted,) = lease.subsidies
    assert granted.counted_from == date(2025, 4, 1)
    assert granted.drawn_before == {str(year): 12 * 38128 for year in (2025, 2026, 2027)}
    drawn = queries.drawn_in_years(programme.id, [lease], TaxRules())
    assert drawn == {2028: min(12 * 38128, 2_000_000 - 36 * 38128)}


def test_an_offer_lapses_and_frees_the_unit(world, admin):
    lease = offer(world, admin)
    later = date(2026, 12, 16)
    assert (
        actions.lapse_offers(world.facility.id, actor=ROBOT, now=NOW, today=date(2026, 12, 15))
        == []
    )
    assert actions.lapse_offers(world.facility.id, actor=ROBOT, now=NOW, today=later) == [lease]
    assert lease.status is LeaseStatus.LAPSED
    assert mails() == ["lease_offered", "lease_lapsed"]
    offer(world, admin)


def test_signing_makes_a_tenant_and_the_deposit_due(world, admin, owner):
    world.venture.stage, world.venture.admitted_on = Stage.PROSPECT, None
    lease = offer(world, admin)
    sign(lease, owner)
    assert (lease.status, lease.signed_on) == (LeaseStatus.ACTIVE, TODAY)
    assert (lease.signed_by_name, lease.signed_by_id) == ("石井 蓮", owner.id)
    assert (world.venture.stage, world.venture.admitted_on) == (Stage.TENANT, date(2026, 12, 1))
    (entry,) = queries.deposit_of(lease.id)
    assert (entry.kind, entry.amount) == (DepositKind.DUE, 228771)
    assert mails() == ["lease_offered", "lease_signed", "lease_signed_staff"]
    with pytest.raises(RuleBroken, match="cannot be done any more"):
        sign(lease, owner)


def test_without_a_deposit_nothing_is_due(world, admin):
    lease = offer(world, admin, deposit_months=0)
    sign(lease, admin, signed_on=date(2026, 11, 22))
    assert queries.deposit_of(lease.id) == []
    assert mails() == ["lease_offered", "lease_signed"]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"signer_name": " "}, "Type the name"),
        ({"signed_on": date(2026, 11, 24)}, "still to come"),
        ({"signed_on": date(2026, 11, 19)}, "cannot be signed before"),
        ({"today": date(2026, 12, 16)}, "was valid until"),
    ],
)
def test_a_signature_that_cannot_be(world, admin, owner, how, words):
    lease = offer(world, admin)
    with pytest.raises(RuleBroken, match=words):
        sign(lease, owner, **how)


def test_a_fixed_term_is_explained_first(world, admin, owner):
    lease = offer(world, admin, prior_explained_on=None)
    with pytest.raises(RuleBroken, match="explained in writing"):
        sign(lease, owner)
    how = {"actor": admin, "now": NOW, "today": TODAY}
    with pytest.raises(RuleBroken, match="still to come"):
        actions.explain_lease(lease, explained_on=date(2026, 11, 24), **how)
    actions.explain_lease(lease, explained_on=TODAY, **how)
    sign(lease, owner)
    world.facility.legal_basis = LegalBasis.USE_PERMIT
    terms = make_offer(world.units[3], world.venture, prior_explained_on=None)
    permit = actions.offer_lease(terms, actor=admin, now=NOW, today=TODAY, tax=TaxRules())
    sign(permit, owner)


@pytest.mark.parametrize("stage", [Stage.ALUMNUS, Stage.LEFT])
def test_who_comes_back_is_inside_from_the_new_lease_on(world, admin, owner, stage):
    world.venture.stage, world.venture.left_on = stage, date(2026, 3, 1)
    world.venture.admitted_on = date(2024, 4, 1)
    sign(offer(world, admin), owner)
    assert (world.venture.stage, world.venture.left_on) == (Stage.TENANT, None)
    assert world.venture.admitted_on == date(2026, 12, 1)


def test_who_was_to_move_in_with_a_lease_called_off_does_so_with_the_next(world, admin, owner):
    how = {"reason": "計画変更", "actor": admin, "now": NOW, "today": TODAY}
    newcomer = make_venture(world.facility, stage=Stage.PROSPECT, admitted_on=None)
    first, second = (
        make_lease(unit, newcomer, status=LeaseStatus.ACTIVE, **three_years(day))
        for unit, day in zip(world.units[3:], (date(2027, 1, 1), date(2027, 2, 1)), strict=False)
    )
    newcomer.stage, newcomer.admitted_on = Stage.TENANT, first.starts_on
    actions.end_lease(first, until=first.starts_on, **how)
    assert (newcomer.stage, newcomer.admitted_on) == (Stage.TENANT, second.starts_on)
    actions.end_lease(second, until=second.starts_on, **how)
    assert (newcomer.stage, newcomer.admitted_on) == (Stage.PROSPECT, None)


@pytest.mark.parametrize("role", ["member", "manager", "mentor"])
def test_who_may_not_sign_offer_or_end(world, admin, role):
    lease = offer(world, admin)
    who = actor_of(world.people[role])
    with pytest.raises(NotAllowed):
        sign(lease, who)
    with pytest.raises(NotAllowed):
        actions.decline_lease(lease, actor=who, now=NOW)
    with pytest.raises(NotAllowed):
        offer(world, who)
    how = {"actor": who, "now": NOW, "today": TODAY}
    with pytest.raises(NotAllowed):
        actions.end_lease(world.lease, until=TODAY, reason="x", **how)


def test_the_owner_declines(world, admin, owner):
    lease = offer(world, admin)
    actions.decline_lease(lease, actor=owner, now=NOW)
    assert lease.status is LeaseStatus.DECLINED


def test_notice_shortens_the_lease(world, owner):
    how = {"actor": owner, "now": NOW, "today": TODAY}
    with pytest.raises(RuleBroken, match="earliest last day is Tue 23 Feb 2027"):
        actions.give_notice(world.lease, leave_on=date(2027, 2, 22), **how)
    actions.give_notice(world.lease, leave_on=date(2027, 3, 31), **how)
    assert world.lease.status is LeaseStatus.NOTICE
    assert world.lease.ends_on == date(2027, 4, 1)
    assert mails() == ["lease_notice", "lease_notice_staff"]


def test_staff_record_a_notice(world, admin):
    how = {"actor": admin, "now": NOW, "today": TODAY}
    actions.give_notice(world.lease, leave_on=date(2027, 3, 31), **how)
    assert mails() == ["lease_notice"]


def test_the_end_of_a_lease_is_taken_back_as_it_was_agreed(world, admin, owner):
    lease, agreed = world.lease, world.lease.ends_on
    how = {"actor": admin, "now": NOW, "today": TODAY}
    actions.go_on(lease, **how)
    assert mails() == []
    actions.give_notice(lease, leave_on=date(2027, 3, 31), **how | {"actor": owner})
    actions.end_lease(lease, until=date(2027, 2, 10), reason="移転", **how)
    with pytest.raises(NotAllowed):
        actions.go_on(lease, **how | {"actor": owner})
    for _ in range(2):
        actions.go_on(lease, **how)
    assert (lease.status, lease.ends_on, lease.agreed_until) == (LeaseStatus.ACTIVE, agreed, None)
    assert (lease.notice_given_on, lease.end_reason) == (None, None)
    assert lease_on(world.units[0].id, date(2027, 4, 1)) is lease
    assert mails() == ["lease_notice", "lease_notice_staff", "lease_ended", "lease_goes_on"]
    [told] = db.session.scalars(db.select(AuditEntry).where(AuditEntry.deed == "lease.goes_on"))
    assert (told.before["ends_on"], told.after["ends_on"]) == ("2027-02-10", agreed.isoformat())


def test_an_end_is_not_taken_back_once_the_unit_is_somebody_elses_or_the_day_is_over(world, admin):
    lease, until = world.lease, date(2026, 12, 10)
    how = {"actor": admin, "now": NOW, "today": TODAY}
    actions.end_lease(lease, until=until, reason="移転", **how)
    other = make_venture(world.facility)
    following = make_offer(world.units[0], other, starts_on=until)
    following = actions.offer_lease(following, **how, tax=TaxRules(RATES))
    with pytest.raises(RuleBroken, match=f"is taken from .* \\({following.number}"):
        actions.go_on(lease, **how)
    actions.decline_lease(following, actor=admin, now=NOW)
    with pytest.raises(RuleBroken, match="a new lease is needed"):
        actions.go_on(lease, **how | {"today": until})
    actions.go_on(lease, **how)
    assert lease.status is LeaseStatus.ACTIVE


def test_ending_frees_the_unit_from_the_day(world, admin):
    how = {"actor": admin, "now": NOW, "today": TODAY}
    with pytest.raises(RuleBroken, match="Say why"):
        actions.end_lease(world.lease, until=TODAY, reason=" ", **how)
    actions.end_lease(world.lease, until=TODAY, reason="移転", **how)
    assert (world.lease.status, world.lease.ends_on) == (LeaseStatus.ENDED, TODAY)
    assert lease_on(world.units[0].id, TODAY) is None
    assert lease_on(world.units[0].id, date(2026, 11, 22)) is world.lease
    assert (world.venture.stage, world.venture.left_on) == (Stage.LEFT, TODAY)
    assert mails() == ["lease_ended"]


def test_an_end_agreed_for_a_later_day_comes_on_that_day(world, admin):
    how, leaves_on = {"actor": admin, "now": NOW}, date(2026, 12, 10)
    lease, night = world.lease, {"actor": ROBOT, "now": NOW}
    received = {"kind": DepositKind.RECEIVED, "amount": 228771, "on_day": TODAY}
    keep(DepositEntry(lease_id=lease.id, **received))
    actions.end_lease(lease, until=leaves_on, reason="移転", today=TODAY, **how)
    assert (lease.status, lease.ends_on) == (LeaseStatus.NOTICE, leaves_on)
    assert (lease.notice_given_on, lease.ended_on) == (TODAY, None)
    assert world.venture.stage is Stage.TENANT
    assert queries.open_deposits(world.facility.id).to_settle == []
    with pytest.raises(RuleBroken, match="cannot be done any more"):
        actions.settle_deposit(lease, Costs(), "あおば銀行", today=TODAY, **how)
    assert lease_on(world.units[0].id, leaves_on) is None
    before = leaves_on - ONE_DAY
    assert actions.close_finished(world.facility.id, today=before, **night) == []
    assert actions.close_finished(world.facility.id, today=leaves_on, **night) == [lease]
    assert (lease.status, lease.ended_on) == (LeaseStatus.ENDED, leaves_on)
    assert lease.end_reason == "移転"
    assert (world.venture.stage, world.venture.left_on) == (Stage.LEFT, leaves_on)
    assert queries.open_deposits(world.facility.id).to_settle == [(lease, 228771)]


def test_an_end_that_was_agreed_can_come_earlier_and_not_later(world, admin):
    how = {"reason": "移転", "actor": admin, "now": NOW, "today": TODAY}
    actions.end_lease(world.lease, until=date(2026, 12, 10), **how)
    with pytest.raises(RuleBroken, match="cannot end outside of that"):
        actions.end_lease(world.lease, until=date(2026, 12, 11), **how)
    actions.end_lease(world.lease, until=date(2026, 12, 1), **how)
    assert world.lease.status is LeaseStatus.NOTICE
    actions.end_lease(world.lease, until=TODAY, **how)
    assert (world.lease.status, world.lease.ends_on) == (LeaseStatus.ENDED, TODAY)


@pytest.mark.parametrize(
    ("begins", "until", "told"),
    [
        (date(2025, 4, 1), TODAY, "has ended. The last day was Sun 22 Nov 2026"),
        (date(2025, 4, 1), date(2026, 12, 10), "ends. The last day is Wed 9 Dec 2026"),
        (date(2027, 4, 1), date(2027, 4, 1), "It was to begin on Thu 1 Apr 2027"),
    ],
)
def test_the_venture_is_told_of_an_end_that_the_office_decides(
    world, admin, owner, begins, until, told
):
    lease = make_lease(world.units[1], world.venture, **three_years(begins))
    how = {"reason": "移転", "actor": admin, "now": NOW, "today": TODAY}
    actions.end_lease(lease, until=until, **how)
    (mail,) = db.session.scalars(db.select(OutboxMail))
    assert (mail.template, mail.to_address) == ("lease_ended", world.people["owner"].email)
    assert told in mail.body
    assert "移転" not in mail.body


def test_a_venture_with_another_lease_stays(world, admin):
    make_lease(world.units[1], world.venture)
    how = {"actor": admin, "now": NOW, "today": TODAY}
    actions.end_lease(world.lease, until=TODAY, reason="縮小", **how)
    assert world.venture.stage is Stage.TENANT


def test_finished_leases_are_closed_at_night(world):
    later = date(2028, 4, 1)
    assert actions.close_finished(world.facility.id, actor=ROBOT, now=NOW, today=TODAY) == []
    closed = actions.close_finished(world.facility.id, actor=ROBOT, now=NOW, today=later)
    assert closed == [world.lease]
    assert (world.lease.status, world.lease.end_reason) == (LeaseStatus.ENDED, EndReason.TERM)


def test_a_lease_that_ends_after_notice_says_so(world, owner):
    leaves_on = date(2027, 3, 1)
    actions.give_notice(
        world.lease, leave_on=leaves_on - ONE_DAY, actor=owner, now=NOW, today=TODAY
    )
    night = {"actor": ROBOT, "now": NOW, "today": leaves_on}
    assert actions.close_finished(world.facility.id, **night) == [world.lease]
    assert world.lease.end_reason == EndReason.NOTICE


def test_what_an_early_version_marked_ended_ahead_is_closed_on_its_day_and_once(world):
    day, night = date(2026, 12, 10), {"actor": ROBOT, "now": NOW}
    facts = {"ends_on": day, "ended_on": TODAY, "end_reason": "移転"}
    for name, value in {"status": LeaseStatus.ENDED, **facts}.items():
        setattr(world.lease, name, value)
    here = world.facility.id
    assert actions.close_finished(here, today=day - ONE_DAY, **night) == []
    assert world.venture.stage is Stage.TENANT
    assert actions.close_finished(here, today=day, **night) == [world.lease]
    assert (world.venture.stage, world.venture.left_on) == (Stage.LEFT, day)
    assert (world.lease.ended_on, world.lease.end_reason) == (day, "移転")
    assert actions.close_finished(here, today=day + ONE_DAY, **night) == []


def test_a_lease_signed_elsewhere_is_taken_over(world, admin):
    how = {"actor": admin, "now": NOW, "tax": TaxRules()}
    newcomer = make_venture(world.facility, stage=Stage.PROSPECT, admitted_on=None)
    terms = make_offer(
        world.units[4],
        newcomer,
        starts_on=date(2025, 10, 1),
        fixed_deposit=200000,
        deposit_received_on=date(2025, 9, 30),
        signed_on=date(2025, 9, 20),
        prior_explained_on=None,
        expires_on=None,
    )
    lease = actions.import_lease(terms, **how)
    assert (lease.status, lease.signed_on) == (LeaseStatus.ACTIVE, date(2025, 9, 20))
    assert (newcomer.stage, newcomer.admitted_on) == (Stage.TENANT, date(2025, 10, 1))
    ledger = queries.deposits_of([lease.id])[lease.id]
    assert [entry.kind for entry in ledger] == [DepositKind.RECEIVED, DepositKind.DUE] or [
        entry.kind for entry in ledger
    ] == [DepositKind.DUE, DepositKind.RECEIVED]
    assert mails() == []
    plain = make_offer(world.units[3], world.venture, deposit_months=0)
    assert queries.deposit_of(actions.import_lease(plain, **how).id) == []
    due = make_offer(world.units[2], world.venture)
    assert len(queries.deposit_of(actions.import_lease(due, **how).id)) == 1
    wrong = replace(plain, ends_on=plain.starts_on, unit_id=world.units[1].id)
    with pytest.raises(RuleBroken, match="at least a day"):
        actions.import_lease(wrong, **how)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (PriceChange(Component.RENT, 80000, date(2026, 11, 1)), "from_month"),
        (PriceChange(Component.RENT, 80000, date(2028, 4, 1)), "from_month"),
        (PriceChange(Component.RENT, -1, date(2027, 4, 1)), "new_price"),
    ],
)
def test_a_price_that_cannot_change(world, admin, change, field):
    with pytest.raises(RuleBroken) as refused:
        actions.change_price(
            world.lease, change, actor=admin, now=NOW, not_before=date(2026, 12, 1)
        )
    assert refused.value.field == field


def test_a_price_changes_from_a_month_on(world, admin):
    how = {"actor": admin, "now": NOW, "not_before": date(2026, 12, 1)}
    for amount in (80000, 82000):
        change = PriceChange(Component.RENT, amount, date(2027, 4, 15))
        actions.change_price(world.lease, change, **how)
    db.session.refresh(world.lease)
    prices = [price for price in world.lease.prices if price.component is Component.RENT]
    assert [(price.amount, price.from_day) for price in prices] == [
        (76257, date(2025, 4, 1)),
        (82000, date(2027, 4, 1)),
    ]
    bare = make_lease(make_unit(world.facility, world.floor, common_fee=0), world.venture)
    actions.change_price(bare, PriceChange(Component.COMMON_FEE, 500, date(2027, 4, 1)), **how)


def test_deposit_comes_in_and_is_settled(world, admin):
    lease = offer(world, admin)
    sign(lease, admin)
    how = {"actor": actor_of(world.people["clerk"]), "now": NOW, "today": TODAY}
    for amount, day, words in (
        (0, TODAY, "above zero"),
        (228772, TODAY, "¥228,771 of the deposit"),
        (1, date(2026, 11, 24), "still to come"),
    ):
        with pytest.raises(RuleBroken, match=words):
            actions.receive_deposit(lease, amount=amount, on_day=day, **how)
    actions.receive_deposit(lease, amount=228771, on_day=TODAY, **how)
    costs = Costs(112656, 901, 50000, 1000)
    with pytest.raises(RuleBroken):
        actions.settle_deposit(lease, costs, **how)
    lease.status = LeaseStatus.ENDED
    assert actions.settle_deposit(lease, costs, "あおば銀行", **how).refund == 60214
    asked = queries.deposit_waiting(lease.id)
    assert len(queries.deposit_of(lease.id)) == 2
    actions.return_deposit(asked, paid_on=TODAY, **{**how, "actor": admin})
    kinds = [entry.kind for entry in queries.deposit_of(lease.id)]
    assert kinds.count(DepositKind.SET_OFF) == kinds.count(DepositKind.REFUNDED) == 1
    with pytest.raises(RuleBroken, match="No deposit is held"):
        actions.settle_deposit(lease, costs, "あおば銀行", **how)


def facts(**changes):
    base = ProgrammeFacts(
        code="D",
        name="補助",
        method=Method.RATIO,
        steps=(Step(12, 5000), Step(0, 2500)),
        valid_from=date(2020, 4, 1),
    )
    return replace(base, **changes)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"steps": ()}, "steps"),
        ({"steps": (Step(0, 5000), Step(12, 2500))}, "steps"),
        ({"steps": (Step(12, 10001),)}, "steps"),
        ({"steps": (Step(12, 5, 3),)}, "steps"),
        ({"steps": (Step(12, 2, 0),)}, "steps"),
        ({"rounding_unit": 5}, "rounding_unit"),
        ({"valid_until": date(2020, 4, 1)}, "valid_until"),
    ],
)
def test_a_programme_that_makes_no_sense(world, admin, changes, field):
    with pytest.raises(RuleBroken) as refused:
        actions.add_programme(facts(**changes), facility_id=world.facility.id, actor=admin, now=NOW)
    assert refused.value.field == field


def test_a_granted_programme_keeps_its_amounts(world, admin):
    programme = actions.add_programme(facts(), facility_id=world.facility.id, actor=admin, now=NOW)
    with pytest.raises(RuleBroken, match="Another programme"):
        actions.add_programme(facts(), facility_id=world.facility.id, actor=admin, now=NOW)
    actions.edit_programme(programme, facts(delivery=Delivery.LANDLORD_AGENT), actor=admin, now=NOW)
    grant_programme(world.lease, programme)
    with pytest.raises(RuleBroken, match="amounts stay"):
        actions.edit_programme(programme, facts(monthly_cap=5), actor=admin, now=NOW)
    later = facts(delivery=Delivery.LANDLORD_AGENT, conditions="年次報告")
    actions.edit_programme(programme, later, actor=admin, now=NOW)
    assert programme.conditions == "年次報告"


def test_a_fraction_is_stored_in_its_parts_and_older_steps_stay_as_they_are(world, admin):
    how = {"actor": admin, "now": NOW}
    thirds = (Step(12, 2, 3), Step(0, 5000))
    programme = actions.add_programme(facts(steps=thirds), facility_id=world.facility.id, **how)
    db.session.flush()
    db.session.refresh(programme)
    assert programme.steps == [{"months": 12, "rate": 2, "of": 3}, {"months": 0, "rate": 5000}]
    assert programme.rates == thirds
    assert queries.grant_of(programme, TODAY).steps == thirds
    grant_programme(world.lease, programme)
    actions.edit_programme(programme, facts(steps=thirds, name="新しい名前"), **how)
    with pytest.raises(RuleBroken, match="amounts stay"):
        actions.edit_programme(programme, facts(steps=(Step(12, 6667), Step(0, 5000))), **how)
    older = make_programme(world.facility, steps=[{"rate": 3333}])
    assert older.has_rate
    assert older.rates == (Step(0, 3333),)
    assert older.rates[0].share == Fraction(3333, 10000)
