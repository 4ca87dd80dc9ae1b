"""Who looks after whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.core.access import Can, Role
from incubator.core.db import transaction
from incubator.core.i18n import Message, say
from incubator.mentoring import actions, queries, rules
from incubator.mentoring.actions import AssignmentTerms
from incubator.mentoring.models import Assignment, AssignmentKind
from incubator.organisations.models import Stage
from incubator.organisations.queries import all_ventures
from incubator.people.models import Person
from incubator.web.answers import ALREADY, lead_on
from incubator.web.filters import language, name_of
from incubator.web.forms import choices, on_page, page_asked
from incubator.web.guard import Here, at_facility
from incubator.web.keys import key_of, number_of
from incubator.web.meant import as_meant, unless_gone
from incubator.web.mentoring.blueprint import pages
from incubator.web.mentoring.forms import AssignForm, EndForm

BASE = "/f/<code>/assignments"
LOOKED_AFTER = (Stage.PROSPECT, Stage.TENANT)


@dataclass(frozen=True)
class Load:
    """A manager or mentor with those they look after now."""

    person: Person
    role: Message
    now: list[Assignment]
    count: int
    warning: Message | None


@pages.route(BASE, methods=["GET", "POST"])
@at_facility(Can.ASSIGN_MANAGERS)
def assignments(here: Here) -> ResponseReturnValue:
    """The caseload of everybody, who is without a manager, and how it was before."""
    people = queries.candidates(here.facility.id, here.today)
    form = AssignForm()
    ventures = all_ventures(here.facility.id, *LOOKED_AFTER, lang=language())
    form.venture.choices = choices(
        [("", ""), *((key_of(each.id), name_of(each)) for each in ventures)]
    )
    form.person.choices = choices([("", ""), *((key_of(each.id), each.name) for each in people)])
    if request.method == "GET":
        form.from_day.data = here.today
        form.venture.data = request.args.get("venture", "")
    if form.validate_on_submit():
        terms = AssignmentTerms(
            number_of(form.venture.data),
            number_of(form.person.data),
            AssignmentKind(form.kind.data),
            form.from_day.data,
        )
        with form.refusing():
            with transaction():
                actions.assign_manager(terms, actor=here.actor, now=here.now, today=here.today)
            return lead_on(
                say("The assignment is saved."),
                url_for("mentoring.assignments", code=here.facility.code),
            )
    return _page(here, form), form.status


def _page(here: Here, form: AssignForm) -> str:
    page, more = page_asked(), page_asked("more")
    running = queries.running_in(here.facility.id, here.today)
    ended, total = queries.ended_in(here.facility.id, here.today, page)
    people = queries.candidates(here.facility.id, here.today)
    vacant = {
        each.id
        for each in running
        if each.kind.role not in people.get(each.person, ()) and _is_here(each)
    }
    led = {
        each.organisation_id
        for each in running
        if each.kind is not AssignmentKind.MENTOR and each.id not in vacant
    }
    without = [
        each
        for each in all_ventures(here.facility.id, *LOOKED_AFTER, lang=language())
        if each.id not in led
    ]
    return render_template(
        "mentoring/assignments.html",
        here=here,
        form=form,
        loads=_loads(here, people, running),
        vacant=vacant,
        gone={each.id for each in running if not _is_here(each)},
        limit=here.facility.max_tenants_per_manager,
        without=on_page(without, more),
        unled=len(without),
        more=more,
        history=ended,
        ended=total,
        page=page,
        key_of=key_of,
    )


def _is_here(assignment: Assignment) -> bool:
    """Whether the venture is still with us; only then it counts."""
    return not assignment.organisation.stage.gone


def _loads(
    here: Here, people: Mapping[Person, frozenset[Role]], running: list[Assignment]
) -> list[Load]:
    counts = queries.caseload(here.facility.id, here.today)
    limit = here.facility.max_tenants_per_manager
    former = {each.person: frozenset[Role]() for each in running if each.person not in people}
    return [
        Load(
            person,
            (Role.MENTOR if roles == {Role.MENTOR} else Role.MANAGER).label,
            sorted(
                (each for each in running if each.person_id == person.id),
                key=lambda each: (not _is_here(each), name_of(each.organisation)),
            ),
            counts.get(person.id, 0),
            rules.caseload_warning(counts.get(person.id, 0), limit),
        )
        for person, roles in {**people, **former}.items()
    ]


@pages.route(f"{BASE}/<key:assignment_id>/end", methods=["GET", "POST"])
@at_facility(Can.ASSIGN_MANAGERS)
def assignment_end(here: Here, assignment_id: int) -> ResponseReturnValue:
    """End an assignment; its record stays."""
    found = queries.assignment(assignment_id, here.facility.id)
    form, back = EndForm(), url_for("mentoring.assignments", code=here.facility.code)
    if request.method == "GET":
        form.until.data = max(here.today, found.from_day + timedelta(days=1))
    if form.validate_on_submit():
        with form.refusing():
            with transaction():
                found = as_meant(queries.assignment(assignment_id, here.facility.id))
                actions.end_assignment(found, until=form.until.data, actor=here.actor, now=here.now)
            return lead_on(say("The assignment is ended."), back)
        if found.until_day == form.until.data:
            return lead_on(ALREADY, back)
    page = render_template("mentoring/assignment_end.html", here=here, form=form, assignment=found)
    return page, form.status


@pages.post(f"{BASE}/<key:assignment_id>/withdraw")
@at_facility(Can.ASSIGN_MANAGERS)
def assignment_withdraw(here: Here, assignment_id: int) -> ResponseReturnValue:
    """Take back an assignment that has not begun."""
    find = partial(queries.assignment, assignment_id, here.facility.id)
    with transaction():
        found = unless_gone(
            find, "manager.withdrawn", (Assignment, assignment_id), here.facility.id
        )
        if found is not None:
            actions.withdraw_assignment(found, actor=here.actor, now=here.now, today=here.today)
    return lead_on(
        say("The planned assignment is withdrawn.") if found else ALREADY,
        url_for("mentoring.assignments", code=here.facility.code),
    )
