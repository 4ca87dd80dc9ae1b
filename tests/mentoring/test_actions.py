"""What people do about mentoring, by its trace."""

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy.exc import IntegrityError

from incubator.bookings.models import Booking, BookingStatus
from incubator.core import outbox
from incubator.core.access import Role
from incubator.core.audit import AuditEntry
from incubator.core.days import Stretch
from incubator.core.db import db
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.i18n import translate
from incubator.core.outbox import OutboxMail
from incubator.leases.models import EndReason
from incubator.mentoring import actions, queries
from incubator.mentoring.actions import (
    AssignmentTerms,
    DayTerms,
    HoursTerms,
    ItemTerms,
    NewTime,
    SessionRequest,
)
from incubator.mentoring.models import (
    ActionOwner,
    AssignmentKind,
    MentoringSession,
    Mode,
    SessionNote,
    SessionStatus,
    Visibility,
)
from incubator.organisations.models import Stage
from incubator.people.models import Grant
from tests.factories.base import (
    FIRST_DAY,
    World,
    actor_of,
    keep,
    make_facility,
    make_person,
    make_venture,
    make_world,
)
from tests.factories.mentoring import (
    make_assignment,
    make_hours,
    make_item,
    make_note,
    make_session,
    make_week,
)
from tests.factories.people import end_roles

NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)
TODAY = date(2026, 11, 20)
START = datetime(2026, 11, 24, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    world = make_world()
    make_assignment(world.people["manager"], world.venture)
    make_week(world.people["manager"], world.facility.id)
    return world


def who(world: World, role: str):
    return actor_of(world.people[role])


def wanted(world: World, start: datetime = START, **facts) -> SessionRequest:
    return SessionRequest(
        world.venture.id, world.people["manager"].id, start, start + HOUR, **facts
    )


def book(world: World, role: str = "owner", start: datetime = START, **facts) -> MentoringSession:
    return actions.book_session(wanted(world, start, **facts), actor=who(world, role), now=NOW)


def deeds() -> list[str]:
    return list(db.session.scalars(db.select(AuditEntry.deed).order_by(AuditEntry.id)))


def mails() -> list[OutboxMail]:
    return list(db.session.scalars(db.select(OutboxMail).order_by(OutboxMail.id)))


def deliver() -> None:
    for letter in outbox.claim(now=NOW, many=100):
        outbox.note_sent(letter.id, now=NOW)


def event_in(mail: OutboxMail):
    return Calendar.from_ical(mail.calendar).walk("VEVENT")[0]


# assignments


def test_a_manager_is_assigned_and_released_and_history_stays(world):
    venture = make_venture(world.facility)
    terms = AssignmentTerms(venture.id, world.people["manager"].id, AssignmentKind.LEAD, TODAY)
    given = actions.assign_manager(terms, actor=who(world, "facility_admin"), now=NOW, today=TODAY)
    assert [each.id for each in queries.managers_of(venture.id, TODAY)] == [given.id]
    end = TODAY + timedelta(days=5)
    actions.end_assignment(given, until=end, actor=who(world, "manager"), now=NOW)
    assert queries.managers_of(venture.id, end) == []
    assert queries.ended_in(world.facility.id, end) == ([given], 1)
    assert given in queries.running_in(world.facility.id, TODAY)
    assert deeds() == ["manager.assigned", "manager.released"]


@pytest.mark.parametrize(
    ("role", "kind", "field"),
    [
        ("manager", AssignmentKind.SUPPORT, "person"),
        ("other", AssignmentKind.LEAD, "kind"),
        ("other", AssignmentKind.MENTOR, "kind"),
        ("mentor", AssignmentKind.SUPPORT, "kind"),
        ("clerk", AssignmentKind.SUPPORT, "person"),
    ],
)
def test_assignments_that_make_no_sense_are_refused(world, role, kind, field):
    world.people["other"] = make_person("manager", facility=world.facility)
    terms = AssignmentTerms(world.venture.id, world.people[role].id, kind, TODAY)
    with pytest.raises(RuleBroken) as broken:
        actions.assign_manager(terms, actor=who(world, "facility_admin"), now=NOW, today=TODAY)
    assert broken.value.field == field


@pytest.mark.parametrize("role", ["clerk", "mentor", "owner", "system_admin"])
def test_only_those_who_may_assign(world, role):
    terms = AssignmentTerms(
        world.venture.id, world.people["mentor"].id, AssignmentKind.MENTOR, TODAY
    )
    with pytest.raises(NotAllowed):
        actions.assign_manager(terms, actor=who(world, role), now=NOW, today=TODAY)


def test_a_venture_that_is_not_there_gets_no_manager(world):
    terms = AssignmentTerms(99_999, world.people["manager"].id, AssignmentKind.LEAD, TODAY)
    with pytest.raises(NotFound):
        actions.assign_manager(terms, actor=who(world, "manager"), now=NOW, today=TODAY)


@pytest.mark.parametrize(
    ("role", "words"), [("manager", "is to look after"), ("other", "is to be the lead manager")]
)
def test_who_stands_in_the_way_later_is_named_with_the_day(world, role, words):
    world.people["other"] = make_person("manager", facility=world.facility)
    venture = make_venture(world.facility)
    make_assignment(world.people["manager"], venture, from_day=date(2026, 12, 1))
    terms = AssignmentTerms(venture.id, world.people[role].id, AssignmentKind.LEAD, TODAY)
    with pytest.raises(RuleBroken, match=words) as broken:
        actions.assign_manager(terms, actor=who(world, "facility_admin"), now=NOW, today=TODAY)
    assert broken.value.field == "from_day"
    assert "1 Dec 2026" in translate(broken.value.message, "en")


def test_who_is_no_longer_a_manager_is_not_booked_told_or_passed_over(world):
    former, other = world.people["manager"], make_person("manager", facility=world.facility)
    session = book(world)
    deliver()
    end_roles(former, TODAY)
    assert queries.managers_of(world.venture.id, TODAY) == []
    with pytest.raises(RuleBroken, match="does not look after"):
        book(world, start=START + HOUR)
    terms = AssignmentTerms(world.venture.id, other.id, AssignmentKind.LEAD, TODAY)
    office = {"actor": who(world, "facility_admin"), "now": NOW}
    with pytest.raises(RuleBroken, match="End that first"):
        actions.assign_manager(terms, today=TODAY, **office)
    [old] = queries.assignments_from(world.venture.id, TODAY)
    actions.end_assignment(old, until=TODAY, **office)
    assert session.status is SessionStatus.CANCELLED
    off = {mail.to_address for mail in mails() if mail.template == "session_cancelled"}
    assert off == {world.people[role].email for role in ("owner", "member")}
    given = actions.assign_manager(terms, today=TODAY, **office)
    assert queries.managers_of(world.venture.id, TODAY) == [given]


def test_the_database_keeps_somebody_from_being_assigned_twice(world):
    with pytest.raises(IntegrityError, match="assigned_once_at_a_time"):
        make_assignment(world.people["manager"], world.venture, "support", from_day=TODAY)


def test_the_database_keeps_a_venture_from_having_two_lead_managers(world):
    other = make_person("manager", facility=world.facility)
    with pytest.raises(IntegrityError, match="one_lead_at_a_time"), db.session.begin_nested():
        make_assignment(other, world.venture, "lead", from_day=TODAY)
    make_assignment(other, world.venture, "support", from_day=TODAY)


def test_ending_an_assignment_calls_off_what_was_booked_for_later(world):
    later, before = book(world), book(world, start=START - timedelta(days=1))
    [assignment] = queries.managers_of(world.venture.id, TODAY)
    actions.end_assignment(
        assignment, until=date(2026, 11, 24), actor=who(world, "facility_admin"), now=NOW
    )
    assert later.status is SessionStatus.CANCELLED
    assert before.status is SessionStatus.BOOKED


def test_what_was_planned_is_withdrawn_before_its_first_day_and_was_never(world):
    other = make_person("manager", facility=world.facility)
    first = date(2026, 11, 24)
    planned = make_assignment(other, world.venture, "support", from_day=first)
    theirs, ours = make_session(other, world.venture, START), book(world)
    office = {"actor": who(world, "facility_admin"), "now": NOW}
    with pytest.raises(RuleBroken, match="has begun"):
        actions.withdraw_assignment(planned, today=first, **office)
    with pytest.raises(NotAllowed):
        actions.withdraw_assignment(planned, actor=who(world, "clerk"), now=NOW, today=TODAY)
    actions.withdraw_assignment(planned, today=TODAY, **office)
    assert (theirs.status, ours.status) == (SessionStatus.CANCELLED, SessionStatus.BOOKED)
    assert other not in {each.person for each in queries.running_in(world.facility.id, TODAY)}
    assert queries.ended_in(world.facility.id, TODAY) == ([], 0)
    [entry] = db.session.scalars(
        db.select(AuditEntry).where(AuditEntry.deed == "manager.withdrawn")
    )
    assert entry.before == {
        "person": other.name,
        "venture": world.venture.name,
        "kind": "support",
        "from": first.isoformat(),
    }
    with pytest.raises(NotFound):
        actions.withdraw_assignment(planned, today=TODAY, **office)


def test_what_is_booked_for_a_later_assignment_of_the_same_manager_stays(world):
    before, later = book(world), book(world, start=START + timedelta(days=1))
    [assignment] = queries.managers_of(world.venture.id, TODAY)
    assignment.until_day = date(2026, 11, 25)
    make_assignment(
        world.people["manager"], world.venture, "support", from_day=assignment.until_day
    )
    office = {"actor": who(world, "facility_admin"), "now": NOW}
    actions.end_assignment(assignment, until=date(2026, 11, 23), **office)
    assert (before.status, later.status) == (SessionStatus.CANCELLED, SessionStatus.BOOKED)


# hours


def test_hours_are_published_and_closed_again(world):
    mentor = who(world, "mentor")
    where = {"facility_id": world.facility.id, "actor": mentor, "now": NOW}
    old = make_hours(world.people["mentor"], world.facility.id, 0)
    new = actions.add_hours(HoursTerms(1, 600, 720, 60, TODAY), **where)
    assert len(queries.hours_of(mentor.id, world.facility.id, TODAY)) == 2
    for hours in (old, new, old):
        actions.remove_hours(hours, actor=mentor, now=NOW, today=TODAY)
    assert queries.hours_of(mentor.id, world.facility.id, TODAY) == []
    assert old.valid_until == TODAY
    assert deeds() == ["hours.added", "hours.removed", "hours.removed"]


def test_overlapping_hours_are_refused(world):
    with pytest.raises(RuleBroken):
        actions.add_hours(
            HoursTerms(0, 900, 1020, 60, TODAY),
            facility_id=world.facility.id,
            actor=who(world, "manager"),
            now=NOW,
        )


def test_a_day_that_differs_replaces_the_week_and_can_be_taken_back(world):
    manager = who(world, "manager")
    days = {"facility_id": world.facility.id, "actor": manager, "now": NOW, "today": TODAY}
    day = date(2026, 11, 24)
    actions.set_exception(DayTerms(day), **days)
    exception = actions.set_exception(DayTerms(day, 1020, 1080), **days)
    [only] = queries.exceptions_of(manager.id, world.facility.id, TODAY)
    assert (only.id, only.from_minute) == (exception.id, 1020)
    back = {"facility_id": world.facility.id, "actor": manager, "now": NOW}
    actions.remove_exception(exception, **back)
    assert queries.exceptions_of(manager.id, world.facility.id, TODAY) == []


@pytest.mark.parametrize(
    "terms", [DayTerms(date(2026, 11, 19)), DayTerms(date(2026, 11, 24), 700, 600)]
)
def test_days_that_make_no_sense_are_refused(world, terms):
    with pytest.raises(RuleBroken):
        actions.set_exception(
            terms,
            facility_id=world.facility.id,
            actor=who(world, "manager"),
            now=NOW,
            today=TODAY,
        )


def test_a_day_at_other_hours_keeps_the_length_of_the_sessions_of_that_weekday(world):
    mentor, tuesday = world.people["mentor"], date(2026, 11, 24)
    make_hours(mentor, world.facility.id, tuesday.weekday(), slot_minutes=30)
    said = {"actor": who(world, "mentor"), "now": NOW, "today": TODAY}
    actions.set_exception(DayTerms(tuesday, 780, 840), facility_id=world.facility.id, **said)
    days = Stretch(tuesday, tuesday + timedelta(days=1))
    free = queries.free_times(mentor.id, world.facility, days, now=NOW)
    assert [slot.minutes for slot in free] == [30, 30]


@pytest.fixture
def west(world):
    """Another facility at which the manager works too."""
    west = make_facility("west")
    manager = world.people["manager"]
    keep(Grant(person_id=manager.id, role=Role.MANAGER, facility_id=west.id, from_day=FIRST_DAY))
    db.session.refresh(manager)
    return west


def test_other_hours_hold_at_their_facility_and_a_day_away_holds_everywhere(world, west):
    manager, day = who(world, "manager"), date(2026, 11, 24)
    said = {"actor": manager, "now": NOW, "today": TODAY}

    def starts(facility) -> list[int]:
        days = Stretch(day, day + timedelta(days=1))
        free = queries.free_times(manager.id, facility, days, now=NOW)
        return [slot.starts_at.hour + 9 for slot in free]

    actions.set_exception(DayTerms(day, 540, 720), facility_id=west.id, **said)
    assert (starts(world.facility), starts(west)) == ([*range(10, 16)], [9, 10, 11])
    assert queries.exceptions_of(manager.id, world.facility.id, TODAY) == []
    with pytest.raises(RuleBroken, match="another facility"):
        actions.set_exception(DayTerms(day, 780, 900), facility_id=world.facility.id, **said)
    away = actions.set_exception(DayTerms(day), facility_id=west.id, **said)
    assert (starts(world.facility), starts(west)) == ([], [])
    assert queries.exceptions_of(manager.id, world.facility.id, TODAY) == [away]
    found = queries.exception_at(away.id, manager.id, world.facility.id)
    back = {"actor": manager, "now": NOW}
    actions.remove_exception(found, facility_id=world.facility.id, **back)
    assert starts(world.facility) == [*range(10, 16)]


def test_weekly_hours_do_not_overlap_those_at_another_facility(world, west):
    where = {"facility_id": west.id, "actor": who(world, "manager"), "now": NOW}
    with pytest.raises(RuleBroken, match="another facility"):
        actions.add_hours(HoursTerms(1, 900, 1020, 60, TODAY), **where)
    actions.add_hours(HoursTerms(1, 960, 1020, 60, TODAY), **where)


def test_nobody_changes_the_hours_of_another(world):
    hours = make_hours(world.people["mentor"], world.facility.id, 0)
    with pytest.raises(NotAllowed):
        actions.remove_hours(hours, actor=who(world, "manager"), now=NOW, today=TODAY)
    with pytest.raises(NotAllowed):
        actions.add_hours(
            HoursTerms(1, 600, 720, 60, TODAY),
            facility_id=world.facility.id,
            actor=who(world, "clerk"),
            now=NOW,
        )


# booking


def test_a_venture_books_a_session_with_a_room_in_one_step(world):
    world.venture.name_en = "Kumo Robotics"
    session = book(world, topic="販路開拓", room_id=world.rooms[0].id)
    booking = session.booking
    assert (booking.room_id, booking.price, booking.organisation_id) == (
        world.rooms[0].id,
        0,
        world.venture.id,
    )
    assert "販路開拓" not in booking.title
    people = [world.people[role].email for role in ("manager", "owner", "member")]
    assert sorted(mail.to_address for mail in mails()) == sorted(people)
    for mail in mails():
        assert mail.calendar_method == "REQUEST"
        event = event_in(mail)
        assert (event["UID"], event["SEQUENCE"]) == (session.ics_uid, 0)
        assert "Meeting room 1" in event["LOCATION"]
        assert "Kumo Robotics" in event["SUMMARY"]
    assert deeds() == ["booking.made", "session.booked"]


def test_all_or_nothing_when_the_room_is_taken(world):
    taken = book(world, room_id=world.rooms[0].id)
    other = make_person("manager", facility=world.facility)
    make_assignment(other, world.venture, "support")
    make_week(other, world.facility.id)
    request = SessionRequest(
        world.venture.id, other.id, START, START + HOUR, room_id=world.rooms[0].id
    )
    with (
        pytest.raises(IntegrityError, match="no_two_bookings_of_a_room"),
        db.session.begin_nested(),
    ):
        actions.book_session(request, actor=who(world, "owner"), now=NOW)
    assert list(db.session.scalars(db.select(MentoringSession))) == [taken]


def test_a_doubled_click_books_once(world):
    first = book(world, once_key="same")
    assert book(world, once_key="same") is first
    assert len(mails()) == 3


def test_only_chosen_members_are_invited(world):
    session = book(world, guest_ids=[world.people["owner"].id, world.people["clerk"].id])
    assert [guest.person for guest in session.guests] == [world.people["owner"]]


@pytest.mark.parametrize(
    ("start", "field"),
    [
        (NOW - HOUR, "start"),
        (START.replace(hour=12), "start"),
        (START + timedelta(minutes=30), "start"),
        (datetime(2026, 11, 22, 1, tzinfo=UTC), "start"),
    ],
    ids=["past", "outside hours", "between slots", "closed on Sunday"],
)
def test_ventures_book_published_times_only(world, start, field):
    with pytest.raises(RuleBroken) as broken:
        book(world, start=start)
    assert broken.value.field == field


def test_a_taken_time_is_refused_also_to_the_manager(world):
    book(world)
    with pytest.raises(RuleBroken):
        book(world)
    with pytest.raises(RuleBroken):
        book(world, "manager", START + timedelta(minutes=30))


def test_the_database_keeps_a_manager_from_meeting_twice_at_once(world):
    book(world)
    with pytest.raises(IntegrityError, match="no_two_sessions_of_a_manager"):
        make_session(world.people["manager"], world.venture, START + timedelta(minutes=30))


def test_a_manager_names_any_time_and_writes_down_what_was(world):
    evening = book(world, "manager", START.replace(hour=12))
    assert evening.status is SessionStatus.BOOKED
    sent = len(mails())
    past = book(world, "manager", NOW - 2 * HOUR, room_id=world.rooms[0].id)
    assert (past.status, past.booking, len(mails())) == (SessionStatus.HELD, None, sent)


@pytest.mark.parametrize("role", ["clerk", "facility_admin", "mentor", "system_admin"])
def test_only_the_venture_and_the_manager_book(world, role):
    with pytest.raises(NotAllowed):
        book(world, role)


def test_nobody_books_with_a_manager_who_does_not_look_after_them(world):
    other = make_person("manager", facility=world.facility)
    make_week(other, world.facility.id)
    request = SessionRequest(world.venture.id, other.id, START, START + HOUR)
    for actor in (who(world, "owner"), actor_of(other)):
        with pytest.raises(RuleBroken):
            actions.book_session(request, actor=actor, now=NOW)


def test_a_venture_that_has_left_books_no_session(world):
    world.venture.stage = Stage.ALUMNUS
    with pytest.raises(RuleBroken):
        book(world)
    request = SessionRequest(99_999, 1, START, START + HOUR)
    with pytest.raises(NotFound):
        actions.book_session(request, actor=who(world, "owner"), now=NOW)


# moving and cancelling


def test_moving_keeps_the_uid_raises_the_sequence_and_takes_the_room_along(world):
    session = book(world, room_id=world.rooms[0].id)
    deliver()
    first = session.booking
    to = NewTime(START + HOUR, START + 2 * HOUR, Mode.IN_PERSON, world.rooms[0].id)
    actions.reschedule_session(session, to, actor=who(world, "member"), now=NOW)
    assert first.status is BookingStatus.CANCELLED
    assert session.booking.starts_at == session.starts_at == START + HOUR
    update = [mail for mail in mails() if mail.template == "session_moved"]
    assert len(update) == 3
    assert all("This is the new time." in mail.body for mail in update)
    for mail in update:
        event = event_in(mail)
        assert (event["UID"], event["SEQUENCE"]) == (session.ics_uid, 1)
        assert mail.calendar_method == "REQUEST"


@pytest.mark.parametrize(
    ("later", "subject", "said"),
    [
        (timedelta(), "New place for the mentoring session on", "The time stays as it was."),
        (HOUR, "Mentoring session moved to", "Time and place are new."),
    ],
)
def test_a_mail_says_whether_the_time_the_place_or_both_have_changed(world, later, subject, said):
    world.people["manager"].language = "en"
    session = book(world, room_id=world.rooms[0].id)
    deliver()
    to = NewTime(START + later, START + later + HOUR, Mode.ONLINE)
    actions.reschedule_session(session, to, actor=who(world, "member"), now=NOW)
    (told,) = (
        mail
        for mail in mails()
        if mail.template == "session_moved" and mail.to_address == world.people["manager"].email
    )
    assert told.subject.startswith(subject)
    assert said in told.body


def test_a_room_can_be_kept_given_up_and_moved_within_its_own_time(world):
    session = book(world, "manager", room_id=world.rooms[0].id)
    half = timedelta(minutes=30)
    to = NewTime(START + half, START + half + HOUR, Mode.IN_PERSON, world.rooms[0].id)
    actions.reschedule_session(session, to, actor=who(world, "manager"), now=NOW)
    assert session.booking.starts_at == START + half
    online = NewTime(START + half, START + half + HOUR, Mode.ONLINE)
    actions.reschedule_session(session, online, actor=who(world, "manager"), now=NOW)
    assert (session.booking, session.mode, session.ics_sequence) == (None, Mode.ONLINE, 2)
    standing = db.session.scalars(
        db.select(Booking).where(Booking.status == BookingStatus.CONFIRMED)
    )
    assert list(standing) == []


@pytest.mark.parametrize(
    ("reason", "told"),
    [("体調不良", "体調不良"), (EndReason.STAY, "The stay ends before that day")],
)
def test_cancelling_frees_time_and_room_and_tells_everybody(world, reason, told):
    session = book(world, room_id=world.rooms[0].id)
    deliver()
    actions.cancel_session(session, reason=reason, actor=who(world, "owner"), now=NOW)
    assert session.booking.status is BookingStatus.CANCELLED
    sent = [mail for mail in mails() if mail.template == "session_cancelled"]
    assert len(sent) == 3
    for mail in sent:
        event = event_in(mail)
        assert mail.calendar_method == "CANCEL"
        assert (event["UID"], event["SEQUENCE"]) == (session.ics_uid, 1)
        assert event["STATUS"] == "CANCELLED"
        assert f"Reason: {told}" in mail.body
        assert event["LOCATION"] == "Meeting room 1, Aoba Incubation Centre"
        assert f"Where: {event['LOCATION']}" in mail.body
    assert book(world).status is SessionStatus.BOOKED
    with pytest.raises(RuleBroken):
        actions.cancel_session(session, reason="", actor=who(world, "owner"), now=NOW)


def test_who_never_heard_of_another_place_is_told_the_one_they_know(world):
    session = book(world, room_id=world.rooms[0].id)
    deliver()
    online = NewTime(START + HOUR, START + 2 * HOUR, Mode.ONLINE)
    actions.reschedule_session(session, online, actor=who(world, "owner"), now=NOW)
    actions.cancel_session(session, reason="", actor=who(world, "owner"), now=NOW)
    places = {event_in(mail)["LOCATION"] for mail in mails() if mail.calendar_method == "CANCEL"}
    assert places == {"Meeting room 1, Aoba Incubation Centre"}


def test_a_mentor_who_may_not_manage_bookings_still_frees_the_room(world):
    mentor = world.people["mentor"]
    make_assignment(mentor, world.venture, "mentor")
    make_week(mentor, world.facility.id)
    request = SessionRequest(
        world.venture.id, mentor.id, START, START + HOUR, room_id=world.rooms[0].id
    )
    session = actions.book_session(request, actor=who(world, "member"), now=NOW)
    actions.cancel_session(session, reason="", actor=who(world, "mentor"), now=NOW)
    assert session.booking.status is BookingStatus.CANCELLED


def test_who_has_left_the_venture_is_neither_told_nor_named_any_more(world):
    session, gone = book(world), world.people["member"]
    deliver()
    end_roles(gone, TODAY)
    to = NewTime(START + HOUR, START + 2 * HOUR)
    actions.reschedule_session(session, to, actor=who(world, "owner"), now=NOW)
    deliver()
    actions.cancel_session(session, reason="", actor=who(world, "owner"), now=NOW)
    later = [mail for mail in mails() if mail.template != "session_booked"]
    staying = {world.people[role].email for role in ("manager", "owner")}
    assert len(later) == 4
    for mail in later:
        assert mail.to_address in staying
        assert gone.email not in mail.calendar.replace("\r\n ", "")


def test_an_invitation_that_waits_does_not_reach_who_has_left(world):
    session, gone = book(world), world.people["member"]
    end_roles(gone, TODAY)
    to = NewTime(START + HOUR, START + 2 * HOUR)
    actions.reschedule_session(session, to, actor=who(world, "owner"), now=NOW)
    deliver()
    assert gone.email not in {mail.to_address for mail in mails() if mail.sent_at}


@pytest.mark.parametrize("role", ["clerk", "facility_admin", "mentor"])
def test_strangers_change_nothing(world, role):
    session = book(world)
    with pytest.raises(NotAllowed):
        actions.cancel_session(session, reason="", actor=who(world, role), now=NOW)
    with pytest.raises(NotAllowed):
        actions.reschedule_session(
            session, NewTime(START + HOUR, START + 2 * HOUR), actor=who(world, role), now=NOW
        )


# records


def held(world: World) -> MentoringSession:
    owner = world.people["owner"]
    return make_session(world.people["manager"], world.venture, NOW - 2 * HOUR, guests=(owner,))


def write(world: World, session, body, visibility=Visibility.SHARED, role="manager"):
    return actions.write_note(
        session, body, visibility=visibility, actor=who(world, role), now=NOW, today=TODAY
    )


def test_records_are_added_never_changed(world):
    session = held(world)
    first = write(world, session, "合意した。")
    assert write(world, session, "合意した。 ") is first
    write(world, session, "訂正：来週まで。")
    assert [note.body for note in queries.shared_records([session.id])[session.id]] == [
        "合意した。",
        "訂正：来週まで。",
    ]
    with pytest.raises(IntegrityError, match="session_note_stays"), db.session.begin_nested():
        db.session.execute(db.update(SessionNote).values(body="x"))


def test_an_audit_line_never_tells_what_a_note_says(world):
    session = held(world)
    write(world, session, "ZQ-SECRET", Visibility.PRIVATE)
    actions.add_item(
        session, ItemTerms("ZQ-ITEM"), actor=who(world, "manager"), now=NOW, today=TODAY
    )
    for entry in db.session.scalars(db.select(AuditEntry)):
        assert "ZQ" not in f"{entry.before} {entry.after}"


@pytest.mark.parametrize("body", ["", "  \n"])
def test_an_empty_record_is_refused(world, body):
    with pytest.raises(RuleBroken):
        write(world, held(world), body)


def test_a_cancelled_session_gets_no_record(world):
    session = held(world)
    session.status = SessionStatus.CANCELLED
    with pytest.raises(RuleBroken):
        write(world, session, "x")


@pytest.mark.parametrize(
    ("role", "refusal"),
    [
        ("facility_admin", NotAllowed),
        ("clerk", NotAllowed),
        ("system_admin", NotAllowed),
        ("owner", NotAllowed),
        ("mentor", NotFound),
    ],
)
def test_only_those_who_look_after_a_venture_write_and_read_privately(world, role, refusal):
    session = held(world)
    make_note(session, world.people["manager"], "x", "private")
    with pytest.raises(refusal):
        write(world, session, "x", role=role)
    with pytest.raises(refusal):
        actions.view_private_notes(session, actor=who(world, role), now=NOW, today=TODAY)


def test_looking_at_a_private_note_is_written_down(world):
    session = held(world)
    note = make_note(session, world.people["manager"], "秘密", "private")
    other = make_person("manager", facility=world.facility)
    make_assignment(other, world.venture, "support")
    seen = actions.view_private_notes(session, actor=actor_of(other), now=NOW, today=TODAY)
    assert seen == [note]
    [entry] = db.session.scalars(db.select(AuditEntry))
    assert (entry.actor_id, entry.deed, entry.subject_id) == (
        other.id,
        "private_note.viewed",
        note.id,
    )


def test_a_mentor_sees_only_private_notes_of_their_own(world):
    mentor = world.people["mentor"]
    make_assignment(mentor, world.venture, "mentor")
    session = held(world)
    make_note(session, mentor, "共有")
    make_note(session, world.people["manager"], "秘密", "private")
    own = make_note(session, mentor, "自分用", "private")
    seen = actions.view_private_notes(session, actor=who(world, "mentor"), now=NOW, today=TODAY)
    assert seen == [own]


def test_held_or_not_is_said_once(world):
    session = held(world)
    for _ in range(2):
        actions.hold_session(session, actor=who(world, "manager"), now=NOW, today=TODAY)
    assert session.status is SessionStatus.HELD
    assert deeds() == ["session.held"]
    with pytest.raises(RuleBroken):
        actions.miss_session(session, actor=who(world, "manager"), now=NOW, today=TODAY)


def test_a_session_nobody_came_to_is_off_and_no_mail_is_sent(world):
    session = held(world)
    actions.miss_session(session, actor=who(world, "manager"), now=NOW, today=TODAY)
    assert (session.status, mails()) == (SessionStatus.CANCELLED, [])
    assert str(session.state) == "Did not meet"
    ahead = make_session(world.people["manager"], world.venture)
    with pytest.raises(RuleBroken):
        actions.miss_session(ahead, actor=who(world, "manager"), now=NOW, today=TODAY)


def test_that_nobody_met_is_put_right_by_those_who_look_after_the_venture(world):
    deed = {"actor": who(world, "manager"), "now": NOW, "today": TODAY}
    session = held(world)
    actions.miss_session(session, **deed)
    with pytest.raises(RuleBroken, match="cancelled"):
        write(world, session, "x")
    with pytest.raises(NotAllowed):
        actions.hold_session(session, **deed | {"actor": who(world, "owner")})
    actions.hold_session(session, **deed)
    assert (session.status, session.missed) == (SessionStatus.HELD, False)
    write(world, session, "x")
    off = make_session(world.people["manager"], world.venture)
    actions.cancel_session(off, reason="", actor=deed["actor"], now=NOW)
    assert str(off.state) == "Cancelled"
    with pytest.raises(RuleBroken, match="cancelled"):
        actions.hold_session(off, **deed | {"now": START})


def test_that_people_met_is_taken_back_by_who_said_so(world):
    deed = {"actor": who(world, "manager"), "now": NOW, "today": TODAY}
    make_assignment(world.people["mentor"], world.venture, "mentor")
    session = held(world)
    actions.hold_session(session, **deed)
    assert queries.may_take_back(session, deed["actor"])
    colleague = make_person("manager", facility=world.facility)
    make_assignment(colleague, world.venture, "support")
    assert not queries.may_take_back(session, actor_of(colleague))
    with pytest.raises(RuleBroken, match="Somebody else noted"):
        actions.take_back_held(session, **deed | {"actor": actor_of(colleague)})
    for _ in range(2):
        actions.take_back_held(session, **deed)
    assert session.status is SessionStatus.BOOKED
    assert deeds() == ["session.held", "session.open_again"]
    actions.hold_session(session, **deed | {"actor": actor_of(colleague)})
    with pytest.raises(RuleBroken, match="Somebody else noted"):
        actions.take_back_held(session, **deed)
    actions.take_back_held(session, **deed | {"actor": actor_of(colleague)})
    actions.miss_session(session, **deed)
    assert session.missed
    with pytest.raises(RuleBroken, match="cancelled"):
        actions.take_back_held(session, **deed)


@pytest.mark.parametrize("what", ["shared", "private", "item"])
def test_what_is_written_of_a_session_says_that_people_met(world, what):
    deed = {"actor": who(world, "manager"), "now": NOW, "today": TODAY}
    session = held(world)
    actions.hold_session(session, **deed)
    if what == "item":
        actions.add_item(session, ItemTerms("見積もり"), **deed)
    else:
        make_note(session, world.people["manager"], "x", what)
    assert not queries.may_take_back(session, deed["actor"])
    with pytest.raises(RuleBroken, match="stays as held"):
        actions.take_back_held(session, **deed)
    assert session.status is SessionStatus.HELD


# things to do


def test_what_was_agreed_stands_with_both_until_it_is_done(world):
    session, manager = held(world), who(world, "manager")
    terms = ItemTerms("顧客リストを送る", ActionOwner.VENTURE, TODAY)
    item = actions.add_item(session, terms, actor=manager, now=NOW, today=TODAY)
    assert actions.add_item(session, terms, actor=manager, now=NOW, today=TODAY) is item
    place = (manager.id, world.facility.id, TODAY)
    assert queries.open_actions(world.venture.id) == [item]
    assert queries.open_actions_of_manager(*place) == [item]
    for _ in range(2):
        actions.complete_item(item, actor=who(world, "member"), now=NOW, today=TODAY)
    assert item.done_by == world.people["member"].name
    assert queries.open_actions(world.venture.id) == []
    assert queries.open_actions_of_manager(*place) == []
    since = NOW - timedelta(days=1)
    assert queries.done_actions(world.venture.id, since) == [item]
    assert queries.done_actions_of_manager(*place, since) == [item]
    for _ in range(2):
        actions.reopen_item(item, actor=who(world, "member"), now=NOW, today=TODAY)
    assert (item.done_at, item.done_by) == (None, None)
    assert queries.open_actions_of_manager(*place) == [item]
    assert queries.done_actions(world.venture.id, since) == []
    assert deeds() == ["action.agreed", "action.done", "action.reopened"]


def test_a_day_can_be_moved_ahead_while_it_is_open(world):
    item = make_item(held(world), "x", due_on=TODAY - timedelta(days=3))
    deed = {"actor": who(world, "manager"), "now": NOW, "today": TODAY}
    actions.move_item(item, TODAY + timedelta(days=7), **deed)
    with pytest.raises(RuleBroken):
        actions.move_item(item, TODAY - timedelta(days=1), **deed)
    actions.complete_item(item, **deed)
    with pytest.raises(RuleBroken):
        actions.move_item(item, TODAY, **deed)


@pytest.mark.parametrize(
    ("role", "owner", "refusal"),
    [
        ("member", ActionOwner.MANAGER, NotAllowed),
        ("facility_admin", ActionOwner.VENTURE, NotFound),
        ("mentor", ActionOwner.VENTURE, NotFound),
    ],
)
def test_others_tick_nothing_off(world, role, owner, refusal):
    item = make_item(held(world), "x", owner=owner)
    for deed in (actions.complete_item, actions.reopen_item):
        with pytest.raises(refusal):
            deed(item, actor=who(world, role), now=NOW, today=TODAY)


def test_something_to_do_has_a_name(world):
    with pytest.raises(RuleBroken):
        actions.add_item(
            held(world), ItemTerms(" "), actor=who(world, "manager"), now=NOW, today=TODAY
        )


def test_managers_of_another_house_are_strangers(world):
    other = make_person("manager", facility=make_facility("other"))
    with pytest.raises(NotAllowed):
        actions.hold_session(held(world), actor=actor_of(other), now=NOW, today=TODAY)
