"""A form sent twice, by a double click or from a page gone back to, does what was meant once.

Which forms there are follows from the routes: each one that takes a POST is sent here with honest
values, or stands in a table below with the reason why not.
"""

import re
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from incubator.core import clock
from incubator.core.access import Role
from incubator.core.days import ONE_DAY
from incubator.core.db import db
from incubator.graduation.actions.figures import Report, file_figures
from incubator.leases import queries
from incubator.leases.models import DepositEntry, DepositKind
from tests.crawl import Found, Input, extra_forms, forms_of, person_of, send
from tests.factories.base import actor_of, keep, make_world, second_year
from tests.factories.universe import Universe
from tests.sweep import TROUBLE, committed, undone

ROLES = [
    Role.FACILITY_ADMIN,
    Role.CLERK,
    Role.MANAGER,
    Role.MENTOR,
    Role.OWNER,
    Role.SYSTEM_ADMIN,
]
TRACES = {"audit_entry", "outbox_mail", "one_time_link", "sign_in_attempt", "sign_in_session"}
"""What is written beside a record: that it was done, who was told, who tried to come in."""

MAY_REPEAT = {
    "billing.issue": "a run that finds nothing left to bill is on record as a run",
}
"""Forms that make a record each time, and why."""

TOMORROW = clock.today() + ONE_DAY * (1 if clock.today().isoweekday() < 6 else 2)
"""The next day on which houses are open: late in the evening today's hours are over."""
LATER = (clock.today() + ONE_DAY * 150).isoformat()

HONEST: dict[str, dict[str, str]] = {
    "bookings.new": {"day": TOMORROW.isoformat(), "start": "15:00"},
    "organisations.add": {"name": "新しい会社", "corporate_number": "", "founded_on": "2024-04-01"},
    "organisations.edit": {"corporate_number": ""},
    "leases.offer": {"new_venture": "新しい会社"},
    "leases.add_programme": {
        "code": "NEW",
        "rate_1": "50%",
        "valid_from": "2026-04-01",
        "valid_until": "",
        **{f"months_{step}": "" for step in range(1, 6)},
    },
    "leases.give_notice": {"leave_on": LATER},
    "leases.own_notice": {"leave_on": LATER},
    "mentoring.session": {"shared": "記録", "title_1": "やること"},
    "system.add_facility": {"code": "brand-new"},
}
"""What a person types where the page suggests nothing, or nothing that would do."""

REFUSED, FAULT = 400, 500
ELSEWHERE = "the universe has none in the state in which this is done; a second time makes nothing"
KEYS = "only for those who have just had a link by mail; it works once"
NOT_SENT = {
    "account.sign_in": "signing in makes no record, and a second one just begins another session",
    "account.sign_out": "whoever is out is out",
    "account.sign_out_everywhere": "whoever is out is out",
    "account.password": "the second time the old password is wrong",
    "account.reset": KEYS,
    "account.invitation": KEYS,
    "spaces.import_rent_roll": "a file is only looked at",
    "billing.approve_late": f"{ELSEWHERE} (tests/web/test_late.py sends it twice)",
    "billing.ask_late": f"{ELSEWHERE} (tests/web/test_late.py sends it twice)",
    "billing.ask_late_charges": f"{ELSEWHERE} (tests/web/test_late.py sends it twice)",
    "billing.bill_anew": f"{ELSEWHERE} (tests/web/test_billing.py sends it twice)",
    "billing.credit": f"{ELSEWHERE} (tests/billing)",
    "bookings.no_show": f"{ELSEWHERE} (tests/bookings)",
    "graduation.destination": f"{ELSEWHERE} (tests/web/test_graduation.py sends it twice)",
    "graduation.propose": f"{ELSEWHERE}: one proposal waits at a time (tests/graduation)",
    "leases.announce": "sets a day; setting it again changes nothing",
    "leases.approve_deposit": f"{ELSEWHERE} (tests/billing)",
    "leases.bill_restoration": f"{ELSEWHERE} (tests/billing)",
    "leases.decline": f"{ELSEWHERE} (tests/leases)",
    "leases.drop_restoration": f"{ELSEWHERE} (tests/billing)",
    "leases.explain": "sets a day; setting it again changes nothing",
    "leases.give_back_deposit": f"{ELSEWHERE} (tests/leases)",
    "leases.go_on": f"{ELSEWHERE} (tests/leases)",
    "leases.own_decline": f"{ELSEWHERE} (tests/leases)",
    "leases.own_sign": f"{ELSEWHERE} (tests/leases)",
    "leases.receive_deposit": "the same sum of the same day is one entry (below)",
    "leases.settle_deposit": f"{ELSEWHERE}: one return waits at a time (tests/billing)",
    "leases.sign": f"{ELSEWHERE} (tests/leases)",
    "mentoring.assignment_withdraw": f"{ELSEWHERE} (tests/web/test_mentoring.py sends it twice)",
    "mentoring.assignments": "the database keeps it: assigned_once_at_a_time (tests/mentoring)",
    "mentoring.session_met": f"{ELSEWHERE} (tests/web/test_mentoring.py sends it twice)",
    "payments.refund": "a key in the form (tests/billing)",
    "payments.reverse": f"{ELSEWHERE} (tests/billing)",
    "people.end_role": "a role ends once; then it is not found (tests/people)",
    "payments.webhook": "a machine: an event is taken once by its number (tests/billing)",
}
"""Forms that this test cannot send, and why none of them makes two records."""


def honest(form: Found) -> Found:
    """The form as a person would fill it in."""
    typed = HONEST.get(form.endpoint, {})
    known = [Input(e.name, e.kind, typed.get(e.name, e.value), e.options) for e in form.inputs]
    return Found(form.who, form.endpoint, form.path, known)


def made(kept: list[str]) -> Counter[str]:
    """How many statements wrote records, by table."""
    tables = (re.match(r'INSERT INTO "?(\w+)', sql) for sql in kept)
    return Counter(found[1] for found in tables if found and found[1] not in TRACES)


def everything(app: Flask, universe: Universe) -> list[tuple[str, Found]]:
    """Every form that anybody is offered, with the key of whoever sends it."""
    found = []
    for role in ROLES:
        token = universe.enter(person_of(universe, universe.a, role))
        db.session.commit()
        forms = [*forms_of(app, universe, universe.a, [role]), *extra_forms(app, universe.a, role)]
        found += [(token, honest(form)) for form in forms]
    return found


def twice(app: Flask, token: str, form: Found) -> list[tuple[int, dict[str, int]]]:
    """Send it two times: the answers, and what records each of them made."""
    client, told = app.test_client(), []
    with undone():
        for _ in range(2):
            with committed() as kept:
                answer = send(client, token, form.path, method="POST", data=form.data)
            told.append((answer.status_code, dict(made(kept))))
    return told


def test_a_form_sent_twice_makes_one_record(app: Flask, universe: Universe):
    taken, wrong = set(), []
    for token, form in everything(app, universe):
        (first, once), (second, again) = twice(app, token, form)
        if first < REFUSED:
            taken.add(form.endpoint)
        if second >= FAULT:
            wrong.append(f"{form}: the second time {second} {TROUBLE}")
        if again and form.endpoint not in MAY_REPEAT:
            wrong.append(f"{form}: once {once}, twice {again}")
    every = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    silent = sorted(every - taken - set(NOT_SENT))
    wrong += [f"{each}: never sent with success. Say in HONEST how, or why not." for each in silent]
    stale = sorted((taken & set(NOT_SENT)) | (set(NOT_SENT) - every))
    wrong += [f"{each}: sent after all, or gone. Take it off NOT_SENT." for each in stale]
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong)


def test_a_deposit_received_twice_is_one_entry(world, browser):
    entry = {"kind": DepositKind.DUE, "amount": 90000, "on_day": date(2026, 4, 1)}
    keep(DepositEntry(lease_id=world.lease.id, **entry))
    browser.sign_in(world.people["clerk"])
    browser.get("/f/twice/leases")
    page = browser.follow(world.lease.number)
    (form,) = [each for each in page.select("form") if "/deposit" in str(each.get("action"))]
    for _ in range(2):
        browser.post(form["action"], {"amount": "30000", "on_day": "2026-04-02"})
    received = [each.amount for each in queries.deposit_of(world.lease.id)]
    assert sorted(received) == [30000, 90000]


@pytest.fixture
def world():
    return make_world("twice", **second_year())


def test_figures_and_answers_sent_twice_are_one(world):
    """Also straight at the deed, where no page stands between."""
    venture, owner = world.venture, actor_of(world.people["owner"])
    report = Report(date(2026, 9, 1), sales=1, jobs_ft=2, jobs_pt=3)
    how = {"actor": owner, "now": clock.now(), "today": clock.today()}
    first = file_figures(venture, report, **how)
    assert file_figures(venture, report, **how) is first
    assert file_figures(venture, replace(report, sales=2), **how).version == 2
