"""How the demo's ventures use the house: rooms, sessions, monthly figures."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy.exc import IntegrityError

from incubator.bookings.actions import (
    BookingRequest,
    book_room,
    cancel_booking,
    tell_of_bookings,
)
from incubator.bookings.models import Booking
from incubator.cli.demo.cast import MEETINGS, RECORDS, TASKS, TOPICS, Part
from incubator.cli.demo.opening import is_tenant
from incubator.cli.demo.stage import Stage, at
from incubator.core.access import Actor
from incubator.core.days import add_months, days_in_month, full_months_since
from incubator.core.db import db
from incubator.core.errors import RuleBroken
from incubator.graduation.actions import Report, file_figures
from incubator.mentoring import actions as mentoring
from incubator.mentoring import queries as mentoring_queries
from incubator.mentoring.actions import AssignmentTerms, HoursTerms, ItemTerms, SessionRequest
from incubator.mentoring.models import (
    ActionOwner,
    AssignmentKind,
    MentoringSession,
    Mode,
    Visibility,
)

SESSION_EVERY = 2
SATURDAY = 5
DAYS_AHEAD = 8


def open_hours(stage: Stage) -> None:
    """Managers publish when they can be booked."""
    day = stage.month(30)
    for name in stage.cast.managers:
        for weekday in range(5):
            for start, until in ((10 * 60, 12 * 60), (13 * 60, 17 * 60)):
                terms = HoursTerms(weekday, start, until, 60, day)
                mentoring.add_hours(
                    terms,
                    facility_id=stage.facility_id,
                    actor=stage.actor(name, day),
                    now=at(day, 9),
                )


def _assigned(stage: Stage, part: Part, day: date) -> None:
    venture = stage.venture(part)
    admin = stage.actor("admin", day)
    wanted = [(stage.manager_of(part), AssignmentKind.LEAD)]
    if stage.number_of(part) in {0, 1}:
        wanted.append(("mentor", AssignmentKind.MENTOR))
    for name, kind in wanted:
        terms = AssignmentTerms(venture.id, stage.staff[name], kind, day)
        mentoring.assign_manager(terms, actor=admin, now=at(day, 9), today=day)
    db.session.flush()


def use_rooms(stage: Stage, month: date) -> None:
    """Everybody books now and then; a few call it off."""
    for index, part in enumerate(stage.cast.parts):
        if not is_tenant(stage, part):
            continue
        for turn in range(2 if index % 3 else 4):
            number = index * 7 + turn * 11 + month.month * 3
            day = month.replace(day=1 + number % days_in_month(month))
            if day >= stage.today:
                continue
            made = _book(stage, part, day, number, booked_on=day - timedelta(days=3))
            if made is not None and number % 17 == 0:
                who = stage.member(part, day)
                cancel_booking(made, actor=who, now=at(day - timedelta(days=2), 9))


def _book(stage: Stage, part: Part, day: date, number: int, *, booked_on: date) -> Booking | None:
    start = at(day, 9 + number % 9, 30 * (number % 2))
    length = timedelta(minutes=(60, 90, 120, 30)[number % 4])
    request = BookingRequest(
        room_id=stage.rooms[number % len(stage.rooms)],
        organisation_id=stage.ventures[part.name],
        starts_at=start,
        ends_at=start + length,
        title=MEETINGS[number % len(MEETINGS)],
    )
    return _try(request, stage.member(part, booked_on, number), at(booked_on, 12))


def _try(request: BookingRequest, actor: Actor, now: datetime) -> Booking | None:
    """The room may be closed or taken; then somebody simply does not meet."""
    try:
        with db.session.begin_nested():
            made = book_room(request, actor=actor, now=now)
            tell_of_bookings(now=now)
            return db.session.get_one(Booking, made)
    except (RuleBroken, IntegrityError):
        return None


def hold_sessions(stage: Stage, month: date) -> None:
    """Every venture is met every other month; each meeting leaves a record."""
    for index, part in enumerate(stage.cast.parts):
        if not is_tenant(stage, part):
            continue
        venture = stage.venture(part)
        if venture.admitted_on is None or venture.admitted_on > month:
            continue
        first = month
        if full_months_since(month, stage.today) == 24 or part.months_ago < 24:
            first = max(month, venture.admitted_on)
        if not mentoring_known(stage, part):
            _assigned(stage, part, first)
        if (index + month.month) % SESSION_EVERY == 0 and not part.lazy:
            day = _workday(month.replace(day=2 + index % 24))
            if day < stage.today:
                _meet(stage, part, day, 10 + index % 6)


def mentoring_known(stage: Stage, part: Part) -> bool:
    """Whether somebody looks after a venture already."""
    return bool(mentoring_queries.managers_of(stage.ventures[part.name], stage.today))


def _workday(day: date) -> date:
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return day


def _meet(stage: Stage, part: Part, day: date, hour: int) -> None:
    number = day.toordinal()
    booked = day - timedelta(days=6)
    session = _arrange(stage, part, day, hour, booked)
    if session is None:
        return
    manager = stage.actor(stage.manager_of(part), day)
    now = at(day, hour + 1, 30)
    mentoring.hold_session(session, actor=manager, now=now, today=day)
    mentoring.write_note(
        session,
        RECORDS[number % len(RECORDS)],
        visibility=Visibility.SHARED,
        actor=manager,
        now=now,
        today=day,
    )
    if number % 4 == 0:
        mentoring.write_note(
            session,
            "代表者の負担が大きい。次回、体制について個別に話す。",
            visibility=Visibility.PRIVATE,
            actor=manager,
            now=now,
            today=day,
        )
    owner = ActionOwner.MANAGER if number % 5 == 0 else ActionOwner.VENTURE
    task = ItemTerms(TASKS[number % len(TASKS)], owner, day + timedelta(days=14))
    item = mentoring.add_item(session, task, actor=manager, now=now, today=day)
    db.session.flush()
    done = day + timedelta(days=12)
    if done < stage.today - timedelta(days=10):
        who = stage.actor(stage.manager_of(part), done)
        mentoring.complete_item(item, actor=who, now=at(done, 18), today=done)


def _arrange(
    stage: Stage, part: Part, day: date, hour: int, booked: date
) -> MentoringSession | None:
    request = SessionRequest(
        organisation_id=stage.ventures[part.name],
        manager_id=stage.staff[stage.manager_of(part)],
        starts_at=at(day, hour),
        ends_at=at(day, hour + 1),
        topic=TOPICS[day.toordinal() % len(TOPICS)],
        mode=Mode.ONLINE if hour % 3 == 0 else Mode.IN_PERSON,
        once_key=f"{part.unit}-{day:%Y%m%d}",
    )
    manager = stage.actor(stage.manager_of(part), booked)
    try:
        with db.session.begin_nested():
            session = mentoring.book_session(request, actor=manager, now=at(booked, 11))
            db.session.flush()
            return session
    except (RuleBroken, IntegrityError):
        return None


def file_reports(stage: Stage, month: date, back: int) -> None:
    """Ventures report on the eighth of the next month; some forget."""
    day = add_months(month, 1).replace(day=8)
    if day > stage.today:
        return
    for index, part in enumerate(stage.cast.parts):
        if not is_tenant(stage, part) or (part.lazy and back < 4):
            continue
        venture = stage.venture(part)
        if venture.admitted_on is None or month < venture.admitted_on.replace(day=1):
            continue
        grown = 24 - back
        report = Report(
            month=month,
            sales=part.sales * (100 + 3 * grown + (index * month.month) % 9) // 100,
            jobs_ft=part.jobs + grown // 8,
            jobs_pt=index % 3,
            funds_raised=20_000_000 if (index + back) % 19 == 0 else 0,
            patents=1 if (index + back) % 13 == 0 else 0,
        )
        who = stage.member(part, day, 1)
        file_figures(venture, report, actor=who, now=at(day, 18), today=day)


def plan_ahead(stage: Stage) -> None:
    """The days to come: rooms are booked, sessions arranged."""
    yesterday = stage.today - timedelta(days=1)
    tenants = [part for part in stage.cast.parts if is_tenant(stage, part)]
    for ahead, part, number in _turns(tenants):
        _book(stage, part, stage.today + timedelta(days=ahead), number, booked_on=yesterday)
    for index, part in enumerate(tenants[:9]):
        day = _workday(stage.today + timedelta(days=index % 5))
        _arrange(stage, part, day, 10 + index % 7, yesterday)


def _turns(tenants: list[Part]) -> Iterator[tuple[int, Part, int]]:
    for ahead in range(DAYS_AHEAD):
        for turn in range(9):
            number = ahead * 5 + turn * 7
            yield ahead, tenants[number % len(tenants)], number
