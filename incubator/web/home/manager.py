"""The homes of those who look after ventures."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.queries import overdue_organisations
from incubator.core.access import Can
from incubator.core.days import ONE_DAY, Stretch, day_at
from incubator.graduation import queries as graduation
from incubator.graduation import rules as graduation_rules
from incubator.mentoring import queries, rules
from incubator.mentoring.models import (
    Assignment,
    AssignmentKind,
    MentoringSession,
    SessionStatus,
)
from incubator.organisations.models import Organisation
from incubator.web.guard import Here, at_facility
from incubator.web.home.blueprint import pages
from incubator.web.keys import key_of
from incubator.web.mentoring.side import item_state, place_of, standing

UNANSWERED = timedelta(days=21)
SHOWN = 6
WEEK = 7
DAY_START, DAY_END = 8 * 60, 20 * 60


@dataclass(frozen=True)
class AtRisk:
    """A venture and why it needs attention."""

    venture: Organisation
    risks: list[rules.Risk]


@dataclass(frozen=True)
class WeekDay:
    """A day of the coming week: what is free, what is taken, in minutes after midnight."""

    day: date
    free: list[rules.Slot]
    busy: list[tuple[int, int]]
    closed: object = None

    @property
    def free_minutes(self) -> int:
        """How much can still be booked."""
        return sum(slot.minutes for slot in self.free)


@pages.get("/f/<code>/today")
@at_facility(Can.MENTOR)
def manager(here: Here) -> ResponseReturnValue:
    """Today's sessions, what is overdue, and who is at risk and why."""
    assigned = queries.assignments_of(here.actor, here.facility.id, here.today)
    if _is_mentor(here, assigned):
        return redirect(url_for("home.mentor", code=here.facility.code), 303)
    sessions = queries.mine(here.actor, here.facility.id, here.today, since=here.now - UNANSWERED)
    items = queries.open_actions_of_manager(here.actor.id or 0, here.facility.id, here.today)
    late = [item for item in items if item.due_on is not None and item.due_on < here.today]
    g.nav_counts = {"mentoring.actions": len(late)}
    led = [
        each
        for each in assigned
        if each.kind is not AssignmentKind.MENTOR and not each.organisation.stage.gone
    ]
    return render_template(
        "home/manager.html",
        here=here,
        sessions=_todays(sessions, here),
        actions=sorted(items, key=lambda item: item.due_on or date.max)[:SHOWN],
        open_items=len(items),
        at_risk=_at_risk(led, sessions, here),
        led=len(led),
        limit=here.facility.max_tenants_per_manager,
        warning=rules.caseload_warning(len(led), here.facility.max_tenants_per_manager),
        week=_week(here),
        span=(DAY_START, DAY_END),
        day_of=lambda session: day_at(session.starts_at, here.facility.zone),
        minute_of=lambda slot: _minutes(slot, here)[0],
        standing=standing,
        place_of=place_of,
        item_state=item_state,
        key_of=key_of,
    )


def _is_mentor(here: Here, assigned: Sequence[Assignment]) -> bool:
    """An external mentor sees one venture at a time, so nothing of two on one page."""
    external = any(each.kind is AssignmentKind.MENTOR for each in assigned)
    return external or not here.may(Can.VIEW_VENTURES)


def _todays(sessions: Sequence[MentoringSession], here: Here) -> list[MentoringSession]:
    """Those of today, and earlier ones nobody has answered for; only the manager's own."""
    return [
        each
        for each in sessions
        if each.manager_id == here.actor.id
        and each.status is not SessionStatus.CANCELLED
        and (
            day_at(each.starts_at, here.facility.zone) == here.today
            or (each.status is SessionStatus.BOOKED and each.ends_at <= here.now)
        )
    ]


def _at_risk(
    led: Sequence[Assignment], sessions: Sequence[MentoringSession], here: Here
) -> list[AtRisk]:
    """The ventures that need attention, those with the gravest reason first."""
    ids = [each.organisation_id for each in led]
    met = queries.last_contact(here.facility.id)
    ahead = {
        each.organisation_id
        for each in sessions
        if each.status is SessionStatus.BOOKED and each.starts_at > here.now
    }
    overdue = overdue_organisations(here.facility.id, here.today)
    leases = queries.lease_ends(ids)
    reported = defaultdict(dict, graduation.filed(ids))
    found = []
    for each in led:
        venture, last = each.organisation, met.get(each.organisation_id)
        met_on = day_at(last, here.facility.zone) if last else None
        months = graduation.months_asked(venture, here.facility, here.today)
        risks = rules.risks(
            rules.Standing(
                max(met_on or each.from_day, venture.admitted_on or each.from_day),
                here.facility.currency,
                met_on,
                booked_ahead=venture.id in ahead,
                overdue=overdue.get(venture.id, 0),
                missing_months=graduation_rules.missing(months, reported[venture.id]),
                lease_until=leases.get(venture.id),
            ),
            here.today,
        )
        if risks:
            found.append(AtRisk(venture, risks))
    return sorted(found, key=lambda each: (each.risks[0].kind, -len(each.risks)))


def _week(here: Here) -> list[WeekDay]:
    """The next seven days of the manager: open, taken and closed."""
    person_id = here.actor.id or 0
    days = Stretch(here.today, here.today + WEEK * ONE_DAY)
    plan = queries.plan(person_id, here.facility, days)
    taken = list(queries.taken(person_id, here.facility, days).values())
    free = rules.free_slots(days, plan, taken, here.now)
    zone, found = here.facility.zone, []
    for number in range(WEEK):
        day = here.today + number * ONE_DAY
        own = [slot for slot in free if day_at(slot.starts_at, zone) == day]
        held = [slot for slot in sorted(taken) if day_at(slot.starts_at, zone) == day]
        busy = [_minutes(slot, here) for slot in held]
        if own or busy or rules.hours_on(day, plan):
            found.append(WeekDay(day, own, busy))
    return found


def _minutes(slot: rules.Slot, here: Here) -> tuple[int, int]:
    local = slot.starts_at.astimezone(ZoneInfo(here.facility.zone))
    start = local.hour * 60 + local.minute
    first, last = (min(max(each, DAY_START), DAY_END) for each in (start, start + slot.minutes))
    return first, last


@pages.get("/f/<code>/mentor")
@at_facility(Can.MENTOR)
def mentor(here: Here) -> ResponseReturnValue:
    """The ventures a mentor advises: name, stage and the next time, nothing else together."""
    assigned = queries.assignments_of(here.actor, here.facility.id, here.today)
    sessions = queries.mine(here.actor, here.facility.id, here.today, since=here.now)
    following: dict[int, MentoringSession] = {}
    for each in sessions:
        if each.status is SessionStatus.BOOKED and each.manager_id == here.actor.id:
            following.setdefault(each.organisation_id, each)
    return render_template(
        "home/mentor.html", here=here, assigned=assigned, following=following, key_of=key_of
    )
