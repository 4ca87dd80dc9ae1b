"""What stands in the record is said in words of the office."""

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from incubator.core import audit, clock
from incubator.core.audit import Where
from incubator.graduation.actions import Plan, Report
from incubator.graduation.models import ExitReason
from incubator.leases.models import Ending, LeaseStatus
from incubator.web.system.deeds import DEEDS, FACTS
from incubator.web.system.record import PRIVATE
from tests.factories.base import actor_of, make_world
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


def test_the_facts_of_reports_and_exits_have_names():
    kept = {each.name for kind in (Report, Plan) for each in fields(kind)}
    assert not {name for name in kept - FACTS.keys() if not any(word in name for word in PRIVATE)}


def test_a_reason_and_sums_by_number_are_said_in_words(browser):
    world = make_world("aoba")
    admin = world.people["facility_admin"]
    admin.language = "ja"
    facts = {"reason": ExitReason.GRADUATED_GROWTH, "set_off": {"AOBA-2026-00117": 1000}}
    audit.record(
        actor_of(admin),
        "lease.called_off",
        world.lease,
        at=clock.now(),
        where=Where(world.facility.id),
        after=facts,
    )
    said = words(browser.sign_in(admin).get("/f/aoba/audit").main)
    assert "契約を取りやめ" in said
    assert "AOBA-2026-00117: 1,000" in said
    assert "graduated_growth" not in said


@pytest.mark.parametrize(
    ("kept", "ja", "en"),
    [
        (Ending.TERM, "期間満了", "Term expired"),
        (Ending.NOTICE, "解約予告", "Notice"),
        (ExitReason.WITHDREW, "自主退去", "Withdrew"),
        ("移転", "移転", "移転"),
    ],
)
def test_why_a_lease_ended_is_said_in_the_readers_language(browser, kept, ja, en):
    world = make_world("aoba")
    world.lease.status, world.lease.end_reason = LeaseStatus.ENDED, str(kept)
    admin = world.people["facility_admin"]
    for admin.language, said in (("ja", f"理由 {ja}"), ("en", f"Reason {en}")):
        browser.sign_in(admin).get("/f/aoba/leases?status=ended")
        assert said in words(browser.follow(world.lease.number).main)
