"""What stands in the record is said in words of the office."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

import pytest

from incubator.billing.models import Issuer
from incubator.core import audit, clock
from incubator.core.access import Actor, Role
from incubator.core.audit import Where
from incubator.core.db import table_of
from incubator.graduation.actions import Plan, Report
from incubator.graduation.actions.alumni import Answer
from incubator.graduation.models import ExitReason
from incubator.leases.actions import ProgrammeFacts
from incubator.leases.models import EndReason, LeaseStatus
from incubator.leases.rules import Costs
from incubator.organisations.actions import VentureFacts
from incubator.spaces.actions import Outage, UnitFacts
from incubator.spaces.models import Facility, Room
from incubator.web.system.deeds import DEEDS, FACTS
from incubator.web.system.record import shown
from tests.factories.base import make_facility, make_person, make_world
from tests.manners import words
from tests.site.reading import PYTHON, dotted, name_of, tree

RECORDERS = {"audit.record": 1, "trail.note": 0, "note": 0}
"""Who writes a deed down, and which of their arguments it is."""


def test_every_deed_that_is_written_down_has_a_name():
    written = {deed: name_of(path) for path in PYTHON for deed in deeds_of(path)}
    assert len(written) > 60
    nameless = {deed: place for deed, place in written.items() if not named(deed)}
    assert not nameless, f"Give these deeds a name in incubator/web/system/deeds.py: {nameless}"


def named(deed: str) -> bool:
    """A deed whose end is worked out stands for all that begin like it."""
    return deed in DEEDS or (
        deed.endswith("*") and any(known.startswith(deed[:-1]) for known in DEEDS)
    )


def deeds_of(path: Path) -> Iterator[str]:
    """The deeds that a module writes down, itself or by a function of its own."""
    recorders = RECORDERS | {
        node.name: names.index("deed")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
        and "deed" in (names := [each.arg for each in node.args.args])
    }
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and dotted(node.func) in recorders:
            yield from words_of(node.args[recorders[dotted(node.func)]])
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "deed":
            yield from words_of(node.value)


def words_of(deed: ast.expr) -> Iterator[str]:
    match deed:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from words_of(one)
            yield from words_of(other)
        case ast.JoinedStr(values=[ast.Constant(value=start), *_]):
            yield f"{start}*"
        case ast.BinOp(left=ast.Constant(value=start)):
            yield f"{start}*"


def test_every_fact_that_is_written_down_has_a_name():
    kinds = (Report, Plan, Answer, UnitFacts, Outage, VentureFacts, ProgrammeFacts, Costs)
    kept = {each.name: kind.__name__ for kind in kinds for each in fields(kind)}
    kept |= {fact: name_of(path) for path in PYTHON for fact in facts_of(path)}
    assert len(kept) > 100
    nameless = {fact: place for fact, place in kept.items() if fact not in FACTS and shown(fact)}
    assert not nameless, f"Give these facts a name in incubator/web/system/deeds.py: {nameless}"


def facts_of(path: Path) -> Iterator[str]:
    """The facts that a module writes down with its deeds, as far as they stand in it."""
    known = {each.name: each for each in ast.walk(tree(path)) if isinstance(each, ast.FunctionDef)}
    for function in known.values():
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and dotted(call.func) in RECORDERS:
                told = [each.value for each in call.keywords if each.arg in {"before", "after"}]
                if dotted(call.func) != "audit.record":
                    told += call.args[2:3]
                for facts in told:
                    yield from names_in(facts, function, known)


def names_in(
    facts: ast.expr, function: ast.FunctionDef, known: Mapping[str, ast.FunctionDef]
) -> Iterator[str]:
    """The keys of a mapping that a function builds, wherever in its module."""
    more: list[ast.expr | None] = []
    match facts:
        case ast.Dict(keys=keys, values=values):
            yield from (each.value for each in keys if isinstance(each, ast.Constant))
            more += [value for each, value in zip(keys, values, strict=True) if each is None]
        case ast.BinOp(left=one, right=other) | ast.IfExp(body=one, orelse=other):
            more += [one, other]
        case ast.Name(id=name):
            more += [
                each.value
                for each in ast.walk(function)
                if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == name
            ]
        case ast.Call(func=ast.Name(id=name)) if name in known:
            function = known[name]
            more += [each.value for each in ast.walk(function) if isinstance(each, ast.Return)]
    for each in filter(None, more):
        yield from names_in(each, function, known)


def test_a_reason_and_sums_by_number_are_said_in_words(browser):
    world = make_world("aoba")
    admin = world.people["facility_admin"]
    admin.language = "ja"
    facts = {
        "reason": ExitReason.GRADUATED_GROWTH,
        "set_off": {"AOBA-2026-00117": 1000},
        "area_cap": 5000,
        "weekday": 0,
        "delivery": "rent_reduction",
        "renews_id": 4711,
    }
    audit.record(
        Actor(None, "worker"),
        "lease.called_off",
        world.lease,
        at=clock.now(),
        where=Where(world.facility.id),
        after=facts,
    )
    said = words(browser.sign_in(admin).get("/f/aoba/audit").main)
    assert "契約を取りやめ" in said
    assert "AOBA-2026-00117: ¥1,000" in said
    for told in ("50.0㎡", "月曜日", "定期処理", "請求する賃料を減額"):
        assert told in said
    for raw in ("graduated_growth", "rent_reduction", "worker", "4,711", "weekday"):
        assert raw not in said


@pytest.mark.parametrize("place", ["/f/euro/audit", "/system/audit", "/system/audit.csv"])
def test_sums_are_said_in_the_currency_of_their_facility(browser, place):
    yen, euro = make_facility("yen"), make_facility("euro", currency="EUR")
    for facility in (yen, euro):
        facts = {"rent": 50625, "set_off": {"X-1": 99}, "capital": 7, "capacity": 1234}
        how = {"at": clock.now(), "where": Where(facility.id), "after": facts}
        audit.record(Actor(None, "worker"), "lease.offered", facility, **how)
    role = Role.SYSTEM_ADMIN if "system" in place else Role.FACILITY_ADMIN
    where = {} if "system" in place else {"facility": euro}
    browser.sign_in(make_person(role, **where, language="en"))
    said = browser.fetch(place).get_data(as_text=True)
    assert "€506.25" in said
    assert "X-1: €0.99" in said
    assert "€0.07" in said
    assert "1,234" in said
    assert ("¥50,625" in said) is ("system" in place)


@pytest.mark.parametrize(
    ("kept", "ja", "en"),
    [
        (EndReason.TERM, "期間満了", "Term expired"),
        (EndReason.NOTICE, "解約予告", "Notice"),
        (ExitReason.WITHDREW, "自主退去", "Withdrew"),
        ("移転", "移転", "移転"),
    ],
)
def test_why_a_lease_ended_is_said_in_the_readers_language(browser, kept, ja, en):
    world = make_world("aoba")
    world.lease.status, world.lease.end_reason = LeaseStatus.ENDED, str(kept)
    world.lease.notice_months = world.lease.free_months = 1
    admin = world.people["facility_admin"]
    for admin.language, said in (("ja", f"理由 {ja}"), ("en", f"Reason {en}")):
        browser.sign_in(admin).get("/f/aoba/leases?status=ended")
        assert said in words(browser.follow(world.lease.number).main)
    assert "Notice 1 month Offered" in words(browser.page.main)
    assert "The first month is rent-free." in words(browser.page.main)


def test_every_column_of_what_is_set_has_a_name():
    columns = [each.name for kind in (Facility, Issuer, Room) for each in table_of(kind).c]
    nameless = [name for name in columns if name not in FACTS and name != "id" and shown(name)]
    assert not nameless


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"legal_basis": "use_permit"}, "Units are let by Permission to use under an ordinance"),
        ({"due_rule": "prev_month_day"}, "Rent is due On a day of the month before"),
        ({"holiday_roll": "previous"}, "moves To the working day before"),
        ({"proration_entry": "fixed30"}, "First month in part By thirtieths"),
        ({"rounding": "half_up"}, "Fractions of tax Half up"),
        ({"open_minute": 450, "late_cancel_bp": 3300}, "Opens 07:30"),
        ({"late_cancel_bp": 3300}, "Share due on later cancellation (%) 33%"),
        ({"closed_weekdays": "56"}, "Closed on Saturday · Sunday"),
        ({"closed_weekdays": ""}, "Closed on –"),
    ],
)
def test_house_rules_are_said_as_their_form_says_them(browser, facts, said):
    facility = make_facility("aoba")
    how = {"at": clock.now(), "where": Where(facility.id), "after": facts}
    audit.record(Actor(None, "worker"), "facility.changed", facility, **how)
    browser.sign_in(make_person(Role.FACILITY_ADMIN, facility=facility, language="en"))
    assert said in words(browser.get("/f/aoba/audit").main)


def test_a_programme_that_is_added_is_written_down_as_values(browser):
    facility = make_facility("aoba")
    admin = make_person(Role.FACILITY_ADMIN, facility=facility, language="en")
    browser.sign_in(admin).get("/f/aoba/programmes/add")
    facts = {
        "code": "CITY", "name": "City grant", "method": "fixed", "rate_1": "1050", "area_cap": "30",
        "monthly_cap": "2000", "anchor": "move_in", "proration": "actual", "rounding_unit": "10",
        "delivery": "rent_reduction", "valid_from": "2020-04-01",
    }  # fmt: skip
    browser.post("/f/aoba/programmes/add", facts)
    said = words(browser.get("/f/aoba/audit").main)
    assert "At most a month ¥2,000" in said
    assert "Round down to ¥10" in said
    for raw in ("None", "False", "{", "[", "3000"):
        assert raw not in said
