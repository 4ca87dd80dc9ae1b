from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from incubator.bookings.actions import BookingRequest, book_room
from incubator.bookings.models import BookingStatus
from incubator.bookings.queries import cancelling
from incubator.core.access import Actor
from incubator.core.audit import AuditEntry
from incubator.core.days import Stretch
from incubator.core.db import db
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.i18n import translate
from incubator.core.outbox import OutboxMail
from incubator.core.packing import pack, unpack
from incubator.graduation import actions, queries, rules
from incubator.graduation.actions import Answer, Plan, Report
from incubator.graduation.models import (
    AnswerSource,
    ExitDestination,
    ExitProposal,
    ExitReason,
    FollowUp,
    ProposalStatus,
)
from incubator.graduation.rules import Ratio
from incubator.leases.actions import end_lease, sign_lease
from incubator.leases.models import LeaseStatus
from incubator.mentoring.actions import (
    NewTime,
    SessionRequest,
    book_session,
    reschedule_session,
)
from incubator.mentoring.models import Mode, SessionStatus
from incubator.organisations.models import Stage
from tests.factories.base import World, make_lease, make_venture, make_world
from tests.factories.bookings import TERMS, make_booking
from tests.factories.graduation import proposed_otherwise
from tests.factories.mentoring import make_assignment

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
TODAY = date(2026, 11, 23)


@pytest.fixture
def world() -> World:
    world = make_world()
    actions.set_up_criteria(world.facility, today=date(2026, 4, 1))
    db.session.flush()
    return world


def actor(world: World, role: str) -> Actor:
    return world.people[role].as_actor(TODAY)


def report(month: date = date(2026, 10, 1), **facts: int) -> Report:
    return Report(**{"month": month, "sales": 1_000_000, "jobs_ft": 3, "jobs_pt": 1, **facts})


def plan(**facts: object) -> Plan:
    return Plan(
        **{
            "reason": ExitReason.GRADUATED_GROWTH,
            "leave_on": date(2026, 12, 31),
            "destination": "青葉市",
            "in_region": True,
            "grounds": "Outgrown.",
            **facts,
        }
    )


def file(world: World, what: Report):
    who = actor(world, "member")
    figures = actions.file_figures(world.venture, what, actor=who, now=NOW, today=TODAY)
    db.session.flush()
    return figures


def propose(world: World, **facts: object) -> ExitProposal:
    who = actor(world, "manager")
    proposal = actions.propose_exit(world.venture, plan(**facts), actor=who, now=NOW, today=TODAY)
    db.session.flush()
    return proposal


def approve(world: World, proposal: ExitProposal) -> None:
    who = actor(world, "facility_admin")
    actions.approve_exit(proposal, note="", actor=who, now=NOW, today=TODAY)
    db.session.flush()


def test_a_correction_is_a_later_version(world):
    first, second = file(world, report()), file(world, report(sales=2_000_000))
    assert (first.version, second.version) == (1, 2)
    found = queries.filed([world.venture.id])[world.venture.id]
    assert found[date(2026, 10, 1)].sales == 2_000_000
    assert [each.sales for each in queries.versions_of(world.venture.id, date(2026, 10, 5))] == [
        2_000_000,
        1_000_000,
    ]


def test_filed_figures_never_change(world):
    figures = file(world, report())
    figures.sales = 5
    with pytest.raises(IntegrityError, match="figures_stay_as_filed"), db.session.begin_nested():
        db.session.flush()


@pytest.mark.parametrize("name", ["sales", "jobs_ft", "jobs_pt", "funds_raised", "patents"])
def test_no_figure_is_below_nothing(world, name):
    with pytest.raises(RuleBroken, match="0 or more") as refused:
        file(world, report(**{name: -1}))
    assert refused.value.field == name
    assert file(world, report(**{name: 0})).version == 1


def test_only_a_member_files(world):
    with pytest.raises(NotAllowed):
        actions.file_figures(
            world.venture, report(), actor=actor(world, "manager"), now=NOW, today=TODAY
        )


def test_missing_months_are_those_nobody_filed(world):
    file(world, report())
    missing = queries.missing_figures(world.venture, world.facility, TODAY)
    assert date(2026, 10, 1) not in missing
    assert len(missing) == 11


def test_readiness_shows_actual_against_target_with_evidence(world):
    file(world, report(jobs_ft=7, funds_raised=500))
    found = {each.measure: each for each in queries.readiness(world.facility, world.venture, TODAY)}
    assert (found["jobs_ft"].actual, found["jobs_ft"].met) == (7, True)
    assert (found["sales_12_months"].actual, found["sales_12_months"].met) == (1_000_000, False)
    assert (found["months_inside"].actual, found["months_inside"].met) == (19, True)
    assert found["rent_paid"].met
    assert "Report of" in str(found["jobs_ft"].evidence)
    assert str(found["sales_12_months"].evidence) == "One monthly report"


def test_reports_are_counted_up_to_the_last_finished_month(world):
    file(world, report())
    file(world, report(month=date(2026, 11, 1)))
    found = {each.measure: each for each in queries.readiness(world.facility, world.venture, TODAY)}
    kept = unpack(pack(found["figures_filed"].evidence))
    assert found["figures_filed"].actual == 1
    assert str(kept) == "Monthly reports since Nov 2025, up to Oct 2026"
    assert translate(kept, "ja") == "2025年11月以降の月次報告（2026年10月分まで）"


def test_who_moves_in_later_has_been_inside_for_no_month(world):
    world.venture.admitted_on = TODAY + timedelta(days=3)
    (found,) = (
        each
        for each in queries.readiness(world.facility, world.venture, TODAY)
        if each.measure == "months_inside"
    )
    assert found.actual == 0
    assert "Moves in on" in str(found.evidence)


def test_approving_ends_the_lease_frees_the_unit_and_asks_for_five_years(world):
    proposal = propose(world)
    approve(world, proposal)
    assert world.lease.ends_on == date(2026, 12, 31)
    assert proposal.status is ProposalStatus.APPROVED
    assert world.venture.stage is Stage.TENANT
    due = db.session.scalars(db.select(FollowUp.due_on).order_by(FollowUp.due_on)).all()
    assert (due[0], len(due)) == (date(2027, 12, 31), 5)
    mail = db.session.scalars(db.select(OutboxMail)).all()
    assert any("Congratulations" in each.subject for each in mail)
    deeds = set(db.session.scalars(db.select(AuditEntry.deed)))
    assert {"exit.proposed", "exit.approved"} <= deeds


AHEAD = datetime(2027, 1, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def session_ahead(world: World, start: datetime = AHEAD, **how: object) -> SessionRequest:
    manager = world.people["manager"]
    return SessionRequest(world.venture.id, manager.id, start, start + HOUR, **how)


def test_what_comes_after_the_day_is_called_off_with_its_rooms(world):
    manager, [first, second, *_] = world.people["manager"], world.rooms
    make_assignment(manager, world.venture)
    start = AHEAD
    wanted = session_ahead(world, room_id=first.id)
    session = book_session(wanted, actor=actor(world, "manager"), now=NOW)
    plain = make_booking(second, world.people["member"], start, venture=world.venture)
    before = make_booking(
        second, world.people["member"], start - timedelta(days=20), venture=world.venture
    )
    approve(world, propose(world))
    assert session.status is SessionStatus.CANCELLED
    cancelled, confirmed = BookingStatus.CANCELLED, BookingStatus.CONFIRMED
    states = [each.status for each in (session.booking, plain, before)]
    assert states == [cancelled, cancelled, confirmed]


@pytest.mark.parametrize("by", ["office", "night"])
def test_who_leaves_with_the_last_lease_keeps_no_booking_and_no_session(world, by):
    make_assignment(world.people["manager"], world.venture)
    wanted = session_ahead(world, room_id=world.rooms[0].id)
    session = book_session(wanted, actor=actor(world, "manager"), now=NOW)
    member = world.people["member"]
    plain = make_booking(world.rooms[1], member, AHEAD, venture=world.venture)
    how = {"now": NOW, "today": TODAY}
    other = make_lease(world.units[1], world.venture, ends_on=TODAY)
    assert actions.close_finished(world.facility.id, actor=Actor(None, "nightly"), **how) == [other]
    assert (session.status, plain.status) == (SessionStatus.BOOKED, BookingStatus.CONFIRMED)
    if by == "office":
        admin = actor(world, "facility_admin")
        actions.end_lease(world.lease, until=TODAY, reason="移転", actor=admin, **how)
    else:
        world.lease.ends_on = TODAY
        actions.close_finished(world.facility.id, actor=Actor(None, "nightly"), **how)
    assert world.venture.stage is Stage.LEFT
    assert (session.status, session.booking.status, plain.status) == (
        SessionStatus.CANCELLED,
        BookingStatus.CANCELLED,
        BookingStatus.CANCELLED,
    )


def test_what_the_house_calls_off_costs_nothing_and_gives_the_included_time_back(world):
    late = TERMS | {"free_cancel_hours": 24 * 365, "included_minutes": 30}
    facts = {"price": 3_000, "included_minutes": 30, "terms": late, "venture": world.venture}
    booking = make_booking(world.rooms[0], world.people["member"], AHEAD, **facts)
    means = cancelling(booking, NOW)
    assert (means.fee, means.kept_minutes) == (3_000, 30)
    approve(world, propose(world))
    assert booking.status is BookingStatus.CANCELLED
    assert (booking.cancel_fee, booking.included_minutes) == (0, 0)
    asked = db.select(OutboxMail).where(OutboxMail.template == "booking_cancelled")
    mail = db.session.scalars(asked).one()
    assert "Cancellation fee: none" in mail.body
    assert "The stay ends before that day" in mail.body


def test_from_a_decided_day_on_nothing_new_is_booked(world):
    manager, member = actor(world, "manager"), actor(world, "member")
    make_assignment(world.people["manager"], world.venture)
    approve(world, propose(world))
    eve = datetime(2026, 12, 30, 1, tzinfo=UTC)
    for start in (AHEAD, datetime(2026, 12, 30, 15, tzinfo=UTC)):
        with pytest.raises(RuleBroken, match="leaves on Thu 31 Dec 2026"):
            book_session(session_ahead(world, start), actor=manager, now=NOW)
    session = book_session(session_ahead(world, eve), actor=manager, now=NOW)
    later = NewTime(AHEAD, AHEAD + HOUR, Mode.ONLINE)
    with pytest.raises(RuleBroken, match="leaves on"):
        reschedule_session(session, later, actor=manager, now=NOW)
    wanted = BookingRequest(world.rooms[0].id, world.venture.id, AHEAD, AHEAD + HOUR)
    with pytest.raises(RuleBroken, match="leaves on"):
        book_room(wanted, actor=member, now=NOW)
    book_room(replace(wanted, starts_at=eve, ends_at=eve + HOUR), actor=member, now=NOW)
    world.venture.stage = Stage.LEFT
    with pytest.raises(RuleBroken, match="with us"):
        reschedule_session(session, later, actor=manager, now=NOW)


def test_the_venture_is_an_alumnus_from_the_day(world):
    proposal = propose(world)
    approve(world, proposal)
    here, how = world.facility.id, {"actor": Actor(None, "nightly"), "now": NOW}
    assert actions.complete_exits(here, today=date(2026, 12, 30), **how) == 0
    assert actions.complete_exits(here, today=date(2026, 12, 31), **how) == 1
    assert (world.venture.stage, world.venture.left_on) == (Stage.ALUMNUS, date(2026, 12, 31))
    assert actions.complete_exits(here, today=date(2027, 1, 1), **how) == 0


def at_night(world: World, today: date) -> None:
    how = {"actor": Actor(None, "nightly"), "now": NOW, "today": today}
    actions.complete_exits(world.facility.id, **how)
    actions.close_finished(world.facility.id, **how)
    db.session.flush()


def test_nothing_is_proposed_of_a_venture_whose_exit_is_approved(world):
    proposal = propose(world)
    approve(world, proposal)
    assert queries.approved_exits(world.facility.id) == {world.venture.id: proposal}
    for only, found in ((world.venture.id, [proposal]), (0, [])):
        assert [*queries.approved_exits(world.facility.id, only=only).values()] == found
    with pytest.raises(RuleBroken, match="decided already that they leave on Thu 31 Dec 2026"):
        propose(world, reason=ExitReason.WITHDREW, leave_on=date(2026, 12, 15))
    at_night(world, date(2026, 12, 31))
    assert queries.approved_exits(world.facility.id) == {}


def test_who_came_back_stays_and_can_leave_again(world):
    approve(world, propose(world, reason=ExitReason.WITHDREW, leave_on=TODAY))
    make_lease(world.units[1], world.venture, starts_on=date(2026, 12, 1))
    world.venture.stage, world.venture.left_on = Stage.TENANT, None
    at_night(world, date(2026, 12, 2))
    assert world.venture.stage is Stage.TENANT
    again = propose(world)
    approve(world, again)
    at_night(world, again.leave_on)
    assert (world.venture.stage, world.venture.left_on) == (Stage.ALUMNUS, again.leave_on)


def test_who_graduates_again_is_asked_anew_for_five_years(world):
    approve(world, propose(world, leave_on=TODAY))
    here, staff = world.facility.id, actor(world, "manager")
    first, *rest = queries.follow_ups(here)
    then = first.due_on
    unknown = Answer(then, AnswerSource.SELF_REPORT, None, None)
    actions.record_answer(first, unknown, actor=staff, now=NOW, today=then)
    make_lease(world.units[1], world.venture, starts_on=date(2026, 12, 1))
    world.venture.stage, world.venture.left_on = Stage.TENANT, None
    assert queries.follow_ups(here) == []
    again = propose(world)
    approve(world, again)
    at_night(world, again.leave_on)
    known, *asked = queries.follow_ups(here)
    assert (known.due_on, len(known.answers)) == (date(2027, 11, 23), 1)
    assert [(each.year, each.due_on) for each in asked] == rules.follow_up_days(again.leave_on)
    assert set(rest) < set(asked)
    assert queries.due_before(here, known.due_on + timedelta(days=1)) == []
    assert queries.due_before(here, asked[0].due_on) == []
    assert queries.due_before(here, asked[0].due_on + timedelta(days=1)) == asked[:1]
    assert [each.proposal for each in queries.departed(here)] == [again]


@pytest.mark.parametrize("graduated", [True, False])
def test_who_does_not_come_back_after_all_left_when_it_left(world, graduated):
    how = {"actor": actor(world, "facility_admin"), "now": NOW, "today": TODAY}
    if graduated:
        approve(world, propose(world, leave_on=TODAY))
    else:
        actions.end_lease(world.lease, until=TODAY, reason="移転", **how)
    stage, later = world.venture.stage, TODAY + timedelta(days=20)
    again = make_lease(
        world.units[1], world.venture, starts_on=date(2027, 2, 1), ends_on=date(2029, 2, 1)
    )
    world.venture.stage, world.venture.left_on = Stage.TENANT, None
    how |= {"now": NOW + timedelta(days=20), "today": later}
    actions.end_lease(again, until=later, reason="計画変更", **how)
    assert (world.venture.stage, world.venture.left_on) == (stage, TODAY)


def test_a_lease_that_was_to_end_later_ends_on_the_day(world):
    how = {"actor": actor(world, "facility_admin"), "now": NOW, "today": TODAY}
    end_lease(world.lease, until=date(2026, 12, 10), reason="移転", **how)
    approve(world, propose(world, leave_on=date(2026, 12, 1)))
    assert (world.lease.status, world.lease.ends_on) == (LeaseStatus.NOTICE, date(2026, 12, 1))


def test_a_lease_that_ends_before_the_day_stays_as_it_is(world):
    how = {"actor": actor(world, "facility_admin"), "now": NOW, "today": TODAY}
    end_lease(world.lease, until=date(2026, 12, 1), reason="移転", **how)
    proposal = propose(world, leave_on=date(2026, 12, 10))
    assert queries.leases_cut_short(proposal) == []
    approve(world, proposal)
    assert (world.lease.ends_on, world.lease.end_reason) == (date(2026, 12, 1), "移転")
    at_night(world, date(2026, 12, 1))
    assert (world.venture.stage, world.venture.left_on) == (Stage.ALUMNUS, date(2026, 12, 1))
    assert queries.follow_ups(world.facility.id)[0].due_on == date(2027, 12, 1)
    at_night(world, date(2026, 12, 10))
    assert (world.venture.stage, world.venture.left_on) == (Stage.ALUMNUS, date(2026, 12, 1))


@pytest.mark.parametrize("decided_on", [TODAY, date(2027, 2, 1)])
@pytest.mark.parametrize(
    ("reason", "stage", "asked"),
    [(ExitReason.GRADUATED_GROWTH, Stage.ALUMNUS, 5), (ExitReason.WITHDREW, Stage.LEFT, 0)],
)
def test_who_left_before_the_decision_keeps_the_day(world, reason, stage, asked, decided_on):
    admin, proposal = actor(world, "facility_admin"), propose(world, reason=reason)
    how = {"actor": admin, "now": NOW}
    actions.end_lease(world.lease, until=TODAY, reason="移転", today=TODAY, **how)
    assert (world.venture.stage, world.venture.left_on) == (Stage.LEFT, TODAY)
    actions.approve_exit(proposal, note="", today=decided_on, **how)
    assert (world.venture.stage, world.venture.left_on) == (stage, TODAY)
    days = [each.due_on for each in queries.follow_ups(world.facility.id)]
    assert days == [day for _year, day in rules.follow_up_days(TODAY)][:asked]
    entries = db.session.scalars(db.select(AuditEntry).where(AuditEntry.deed == "venture.left"))
    assert len(entries.all()) == 1
    at_night(world, date(2026, 12, 31))
    assert (world.venture.stage, world.venture.left_on) == (stage, TODAY)
    entries = db.session.scalars(db.select(AuditEntry).where(AuditEntry.deed == "venture.left"))
    assert len(entries.all()) == 1


def test_who_graduates_with_a_lease_ended_on_the_day_is_an_alumnus(world):
    approve(world, propose(world))
    admin, day = actor(world, "facility_admin"), date(2026, 12, 31)
    actions.end_lease(world.lease, until=day, reason="卒業", actor=admin, now=NOW, today=day)
    assert (world.venture.stage, world.venture.left_on) == (Stage.ALUMNUS, day)


def test_who_withdraws_has_left_and_is_not_asked(world):
    proposal = propose(world, reason=ExitReason.WITHDREW, leave_on=TODAY)
    approve(world, proposal)
    assert world.venture.stage is Stage.LEFT
    assert world.lease.status is LeaseStatus.ENDED
    assert db.session.scalar(db.select(FollowUp)) is None


def test_a_refusal_needs_a_reason(world):
    proposal, admin = propose(world), actor(world, "facility_admin")
    with pytest.raises(RuleBroken, match="why it is refused"):
        actions.refuse_exit(proposal, note=" ", actor=admin, now=NOW)
    assert proposal.status is ProposalStatus.PROPOSED


def test_an_admin_who_is_also_manager_cannot_approve_their_own_proposal(world):
    own = {"proposed_by_id": world.people["facility_admin"].id}
    proposal = proposed_otherwise(propose(world), **own)
    with pytest.raises(RuleBroken, match="own proposal"):
        approve(world, proposal)


def test_the_database_too_wants_two_people(world):
    proposal = propose(world)
    proposal.status = ProposalStatus.APPROVED
    proposal.decided_by_id = proposal.proposed_by_id
    with pytest.raises(IntegrityError, match="two_people"), db.session.begin_nested():
        db.session.flush()


def test_a_manager_cannot_approve_and_an_admin_cannot_propose(world):
    proposal = propose(world)
    with pytest.raises(NotAllowed):
        actions.refuse_exit(proposal, note="", actor=actor(world, "manager"), now=NOW)
    with pytest.raises(NotAllowed):
        actions.propose_exit(
            world.venture, plan(), actor=actor(world, "facility_admin"), now=NOW, today=TODAY
        )


def test_a_refused_proposal_makes_room_for_another(world):
    first = propose(world)
    with pytest.raises(RuleBroken, match="waiting"):
        propose(world)
    actions.refuse_exit(first, note="Too early", actor=actor(world, "facility_admin"), now=NOW)
    second = propose(world)
    actions.withdraw_proposal(second, actor=actor(world, "manager"), now=NOW)
    assert (first.status, second.status) == (ProposalStatus.REFUSED, ProposalStatus.WITHDRAWN)


def test_a_proposal_whose_day_has_passed_can_only_be_refused(world):
    proposal = propose(world)
    how = {"actor": actor(world, "facility_admin"), "now": NOW, "note": "Too late"}
    with pytest.raises(RuleBroken, match="The day has passed"):
        actions.approve_exit(proposal, today=date(2027, 1, 1), **how)
    assert proposal.status is ProposalStatus.PROPOSED
    assert world.lease.status is LeaseStatus.ACTIVE
    actions.refuse_exit(proposal, **how)
    assert propose(world, leave_on=date(2027, 1, 31)).status is ProposalStatus.PROPOSED


def test_a_changed_target_counts_from_today_and_keeps_the_old(world):
    old = queries.criteria_on(world.facility.id, TODAY)[1]
    who = actor(world, "facility_admin")
    new = actions.change_criterion(old, target=20, required=True, actor=who, now=NOW, today=TODAY)
    db.session.flush()
    before = queries.criteria_on(world.facility.id, date(2026, 11, 22))[1]
    assert (before.target, new.target, new.measure) == (6, 20, old.measure)
    again = actions.change_criterion(new, target=9, required=True, actor=who, now=NOW, today=TODAY)
    assert again is new


def test_answers_of_alumni_are_added_and_the_last_one_counts(world):
    approve(world, propose(world, leave_on=TODAY))
    first, second, *_ = queries.follow_ups(world.facility.id)
    staff = actor(world, "manager")

    def answer(question: FollowUp, as_of: date, *, operating: bool) -> None:
        told = Answer(as_of, AnswerSource.SELF_REPORT, operating, True)
        how = {"actor": staff, "now": NOW, "today": date(2027, 11, 25)}
        actions.record_answer(question, told, **how)
        db.session.flush()

    for wrong in (date(2027, 8, 22), date(2027, 11, 26)):
        with pytest.raises(RuleBroken):
            answer(first, wrong, operating=True)
    with pytest.raises(RuleBroken, match="Only what is known of"):
        answer(second, date(2027, 11, 25), operating=True)
    answer(first, date(2027, 11, 24), operating=False)
    answer(first, date(2027, 9, 1), operating=True)
    (gone,) = queries.departed(world.facility.id)
    assert (gone.exit.operating, gone.exit.alive_on) == (True, date(2027, 9, 1))
    assert len(first.answers) == 2


def test_criteria_are_set_up_once(world):
    before = queries.criteria_on(world.facility.id, TODAY)
    actions.set_up_criteria(world.facility, today=TODAY)
    assert queries.criteria_on(world.facility.id, TODAY) == before


def test_evidence_kept_with_a_proposal_is_said_in_the_language_of_its_reader(world):
    file(world, report(jobs_ft=7))
    proposal = propose(world)
    db.session.refresh(proposal)
    said = {each.measure: each.evidence for each in proposal.results}
    assert translate(said["jobs_ft"], "ja") == "2026年10月の報告"
    assert translate(said["jobs_ft"], "en") == "Report of Oct 2026"
    proposal.criteria = [each | {"evidence": "むかしの文"} for each in proposal.criteria]
    assert {each.evidence for each in proposal.results} == {"むかしの文"}


def test_who_left_without_a_decision_is_an_exit_too(world):
    approve(world, propose(world, leave_on=TODAY))
    other = make_venture(world.facility)
    make_lease(world.units[1], other, ends_on=date(2026, 11, 30))
    evicted = make_venture(world.facility, language="en")
    owing = make_lease(world.units[2], evicted)
    admin = actor(world, "facility_admin")
    actions.end_lease(owing, until=TODAY, reason="家賃滞納", actor=admin, now=NOW, today=TODAY)
    at_night(world, date(2026, 12, 1))
    found = queries.departed(world.facility.id)
    assert [each.venture for each in found] == [other, world.venture, evicted]
    assert [each.lease.end_reason for each in found][0::2] == ["end of term", "家賃滞納"]
    assert rules.graduation_rate([each.exit for each in found]) == Ratio(1, 3)


def test_an_exit_stays_one_when_the_venture_comes_back_and_leaves_again(world):
    approve(world, propose(world, leave_on=TODAY))
    (first,) = queries.departed(world.facility.id)
    admin, starts_on = actor(world, "facility_admin"), date(2026, 12, 1)

    def comes_back(unit, **facts):
        offered = {"status": LeaseStatus.OFFERED, "signed_on": None, **facts}
        lease = make_lease(unit, world.venture, **offered)
        sign_lease(lease, signer_name="石井 蓮", actor=admin, now=NOW, today=TODAY)
        return lease

    comes_back(world.units[1], starts_on=starts_on)
    assert (world.venture.stage, world.venture.admitted_on) == (Stage.TENANT, starts_on)
    (back,) = queries.departed(world.facility.id)
    assert (back.days, back.proposal, back.again_on) == (first.days, first.proposal, starts_on)
    assert (back.exit.operating, back.exit.graduated) == (True, True)
    again = propose(world, leave_on=date(2027, 6, 1), reason=ExitReason.WITHDREW)
    approve(world, again)
    (still,) = queries.departed(world.facility.id)
    assert still.proposal == first.proposal
    at_night(world, again.leave_on)
    latest, earlier = queries.departed(world.facility.id)
    assert (latest.days, latest.proposal) == (Stretch(starts_on, again.leave_on), again)
    assert (earlier.days, earlier.proposal) == (first.days, first.proposal)
    comes_back(world.units[2], starts_on=date(2027, 6, 5), ends_on=date(2028, 4, 1))
    assert [each.days for each in queries.departed(world.facility.id)] == [latest.days, first.days]


def tell(world: World, venture, destination: str, *, left_on: date = TODAY, role="facility_admin"):
    who = actor(world, role)
    actions.tell_destination(venture, left_on, destination, actor=who, now=NOW)
    db.session.flush()


def test_where_somebody_went_without_a_decision_is_told_afterwards(world):
    admin = actor(world, "facility_admin")
    how = {"actor": admin, "now": NOW, "today": TODAY}
    actions.end_lease(world.lease, until=TODAY, reason="移転", **how)
    (left,) = queries.departed(world.facility.id)
    assert left.destination is None
    for destination in ("青葉市 ", "青葉市", "若葉市"):
        tell(world, world.venture, destination)
    (left,) = queries.departed(world.facility.id)
    assert (left.destination, left.told.left_on) == ("若葉市", TODAY)
    lines = db.session.scalars(
        db.select(AuditEntry).where(AuditEntry.deed == "exit.destination").order_by(AuditEntry.id)
    ).all()
    assert [(each.before, each.after["destination"]) for each in lines] == [
        (None, "青葉市"),
        ({"destination": "青葉市"}, "若葉市"),
    ]
    with pytest.raises(RuleBroken, match="Write where the venture went"):
        tell(world, world.venture, " ")
    with pytest.raises(NotAllowed):
        tell(world, world.venture, "青葉市", role="manager")
    with pytest.raises(NotFound):
        tell(world, world.venture, "青葉市", left_on=TODAY - timedelta(days=1))


def test_what_a_decision_says_of_the_destination_stays(world):
    approve(world, propose(world, leave_on=TODAY))
    with pytest.raises(RuleBroken, match="The decision says where"):
        tell(world, world.venture, "若葉市")
    assert queries.departed(world.facility.id)[0].destination == "青葉市"


def test_each_stay_keeps_where_the_venture_went_then(world):
    how = {"actor": actor(world, "facility_admin"), "now": NOW, "today": TODAY}
    actions.end_lease(world.lease, until=TODAY, reason="移転", **how)
    tell(world, world.venture, "青葉市")
    back_on = TODAY + timedelta(days=20)
    again = make_lease(world.units[1], world.venture, starts_on=back_on, signed_on=back_on)
    world.venture.stage, world.venture.admitted_on = Stage.TENANT, back_on
    world.venture.left_on = None
    tell(world, world.venture, "若葉市")
    gone_on = back_on + timedelta(days=30)
    how |= {"now": NOW + timedelta(days=50), "today": gone_on}
    actions.end_lease(again, until=gone_on, reason="移転", **how)
    tell(world, world.venture, "東京都", left_on=gone_on)
    latest, earlier = queries.departures_of(world.venture)
    assert (latest.destination, earlier.destination) == ("東京都", "若葉市")


def test_the_database_keeps_one_destination_of_a_day_and_none_without_words(world):
    gone = {"facility_id": world.facility.id, "organisation_id": world.venture.id}
    db.session.add(ExitDestination(**gone, left_on=TODAY, destination="青葉市"))
    db.session.flush()
    for left_on, destination in ((TODAY, "若葉市"), (TODAY + timedelta(days=1), "")):
        again = ExitDestination(**gone, left_on=left_on, destination=destination)
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.add(again)


def test_the_database_keeps_one_waiting_proposal_and_what_was_decided(world):
    first = propose(world)
    db.session.flush()
    second = proposed_otherwise(first)
    with pytest.raises(IntegrityError, match=r"waiting|UNIQUE"), db.session.begin_nested():
        proposed_otherwise(first, status=ProposalStatus.PROPOSED)
    actions.refuse_exit(second, note="Not yet.", actor=actor(world, "facility_admin"), now=NOW)
    db.session.flush()
    for change in ({"status": ProposalStatus.APPROVED}, {"grounds": "x"}):
        with pytest.raises(IntegrityError, match="exit_proposal_stays"), db.session.begin_nested():
            db.session.execute(db.update(ExitProposal).values(**change))
