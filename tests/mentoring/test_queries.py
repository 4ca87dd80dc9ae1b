"""Questions about mentoring."""

from datetime import UTC, date, datetime, timedelta

import pytest

from incubator.core.access import Can, Role
from incubator.core.days import Stretch
from incubator.core.db import db
from incubator.core.errors import NotFound
from incubator.mentoring import queries
from incubator.mentoring.models import SessionStatus
from incubator.people.models import Grant
from incubator.spaces.models import ClosedDay, Holiday
from tests.factories.base import World, actor_of, keep, make_person, make_venture, make_world
from tests.factories.mentoring import (
    make_assignment,
    make_item,
    make_note,
    make_session,
    make_week,
)

NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)
TODAY = date(2026, 11, 20)


@pytest.fixture
def world() -> World:
    world = make_world()
    make_assignment(world.people["manager"], world.venture)
    return world


def test_caseload_counts_ventures_led_today(world):
    manager = world.people["manager"]
    for facts in ({}, {"until_day": TODAY}, {"from_day": TODAY + timedelta(days=1)}):
        make_assignment(manager, make_venture(world.facility), **facts)
    for stage in ("alumnus", "left"):
        make_assignment(manager, make_venture(world.facility, stage=stage))
    make_assignment(manager, make_venture(world.facility), "support")
    make_assignment(world.people["mentor"], world.venture, "mentor")
    assert queries.caseload(world.facility.id, TODAY) == {manager.id: 3}


def test_the_lead_manager_comes_first_and_suspended_people_not_at_all(world):
    other = make_person("manager", facility=world.facility)
    make_assignment(other, world.venture, "support", from_day=date(2020, 1, 1))
    found = [each.person for each in queries.managers_of(world.venture.id, TODAY)]
    assert found == [world.people["manager"], other]
    other.status = "suspended"
    assert len(queries.managers_of(world.venture.id, TODAY)) == 1


def test_closed_days_and_other_sessions_leave_no_free_time(world):
    manager = world.people["manager"]
    make_week(manager, world.facility.id)
    keep(Holiday(day=date(2026, 11, 23), name="勤労感謝の日"))
    keep(ClosedDay(facility_id=world.facility.id, day=date(2026, 11, 24), name="停電"))
    session = make_session(manager, world.venture, datetime(2026, 11, 25, 1, tzinfo=UTC))
    days = Stretch(date(2026, 11, 22), date(2026, 11, 26))
    free = queries.free_times(manager.id, world.facility, days, now=NOW)
    assert [f"{slot.starts_at:%d %H}" for slot in free] == [f"25 0{hour}" for hour in range(2, 7)]
    free = queries.free_times(manager.id, world.facility, days, now=NOW, except_session=session.id)
    assert len(free) == 6


def test_a_mentor_knows_only_sessions_they_took_part_in_while_assigned(world):
    mentor, actor = world.people["mentor"], actor_of(world.people["mentor"])
    make_assignment(mentor, world.venture, "mentor", until_day=date(2026, 12, 1))
    own = make_session(mentor, world.venture, NOW - timedelta(days=3))
    written = make_session(world.people["manager"], world.venture, NOW - timedelta(days=2))
    make_note(written, mentor, "x")
    foreign = make_session(world.people["manager"], world.venture, NOW - timedelta(days=1))
    make_note(foreign, world.people["manager"], "x")
    place = {"facility": world.facility.id}
    assert queries.mine(actor, world.facility.id, TODAY) == [own, written]
    assert queries.session_for(own.id, actor, TODAY, **place)[0] == own
    with pytest.raises(NotFound):
        queries.session_for(foreign.id, actor, TODAY, **place)
    after = date(2026, 12, 1)
    assert queries.mine(actor, world.facility.id, after) == []
    with pytest.raises(NotFound):
        queries.session_for(own.id, actor, after, **place)


def test_a_mentor_sees_what_was_agreed_in_their_own_sessions_only(world):
    mentor = world.people["mentor"]
    make_assignment(mentor, world.venture, "mentor")
    own = make_item(make_session(mentor, world.venture, NOW), "mine")
    make_item(make_session(world.people["manager"], world.venture, NOW), "theirs")
    found = queries.open_actions_of_manager(mentor.id, world.facility.id, TODAY)
    assert found == [own]


def test_members_open_what_they_were_invited_to_and_owners_everything(world):
    owner, member = world.people["owner"], world.people["member"]
    invited = make_session(
        world.people["manager"], world.venture, NOW - timedelta(days=3), guests=(member,)
    )
    other = make_session(world.people["manager"], world.venture, NOW)
    every = queries.sessions_of(world.venture.id)
    assert every == [other, invited]
    for person, seen in ((owner, every), (member, [invited])):
        actor = actor_of(person)
        assert queries.readable_by_member(every, actor, world.venture.id) == seen
    where = {"facility": world.facility.id, "organisation": world.venture.id}
    with pytest.raises(NotFound):
        queries.session_for(other.id, actor_of(member), TODAY, **where)


def test_rights_of_one_hat_never_lend_to_another(world):
    owner = world.people["owner"]
    elsewhere = make_venture(world.facility)
    manager = make_person("manager", facility=world.facility)
    make_assignment(manager, elsewhere)
    session = make_session(world.people["manager"], world.venture, NOW)
    for person in (owner, manager):
        with pytest.raises(NotFound):
            queries.session_for(session.id, actor_of(person), TODAY, facility=world.facility.id)


def test_a_manager_who_is_a_mentor_now_reads_no_more_by_the_old_assignment(world):
    """security.md §2.2, rule 2: until assigned as a mentor."""
    former = world.people["manager"]
    session = make_session(former, world.venture, NOW, status=SessionStatus.HELD)
    other = make_session(world.people["mentor"], world.venture, NOW, status=SessionStatus.HELD)
    make_note(session, former, "秘密", "private")
    make_item(session, "見積もり", due_on=TODAY)
    old = former.grants[0]
    old.until_day = TODAY
    facts = {"person_id": former.id, "facility_id": world.facility.id, "from_day": TODAY}
    keep(Grant(role=Role.MENTOR, **facts))
    db.session.refresh(former)
    actor, place = actor_of(former), world.facility.id
    assert actor.can(Can.MENTOR, facility=place)
    with pytest.raises(NotFound):
        queries.session_for(session.id, actor, TODAY, facility=place)
    assert queries.mine(actor, place, TODAY) == []
    assert queries.assignments_of(actor, place, TODAY) == []
    assert queries.open_actions_of_manager(former.id, place, TODAY) == []
    [assignment] = queries.running_in(place, TODAY)
    assignment.until_day = TODAY
    make_assignment(former, world.venture, "mentor", from_day=TODAY)
    assert queries.mine(actor, place, TODAY) == [session]
    with pytest.raises(NotFound):
        queries.session_for(other.id, actor, TODAY, facility=place)


def test_the_last_contact_is_the_last_session_held(world):
    manager = world.people["manager"]
    for days in (9, 5):
        make_session(manager, world.venture, NOW - timedelta(days=days), status=SessionStatus.HELD)
    make_session(manager, world.venture, NOW - timedelta(days=1))
    last = queries.last_contact(world.facility.id)
    assert last == {world.venture.id: NOW - timedelta(days=5)}


def test_what_comes_next_for_a_venture(world):
    manager = world.people["manager"]
    make_session(manager, world.venture, NOW - timedelta(days=1))
    ahead = make_session(manager, world.venture, NOW + timedelta(days=1))
    assert queries.upcoming(world.venture.id, NOW) == [ahead]


def test_leases_that_run_out(world):
    assert queries.lease_ends([world.venture.id]) == {world.venture.id: date(2028, 4, 1)}


@pytest.mark.parametrize(("facility", "organisation"), [(99_999, None), (None, 99_999)])
def test_nothing_to_do_of_another_house_or_venture(world, facility, organisation):
    item = make_item(make_session(world.people["manager"], world.venture, NOW), "x")
    place = world.facility.id if facility is None else facility
    with pytest.raises(NotFound):
        queries.action(item.id, facility=place, organisation=organisation)
    assert queries.action(item.id, facility=world.facility.id) == item
