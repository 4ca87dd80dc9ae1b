"""How readiness looks on a page."""

from collections.abc import Sequence
from typing import Any

from incubator.core.i18n import Message, say
from incubator.graduation.models import Measure
from incubator.graduation.rules import CriterionResult, spell


def as_rows(results: Sequence[CriterionResult], currency: str) -> list[dict[str, Any]]:
    """Rows for the `criteria` macro."""
    return [
        {
            "name": Measure(result.measure).label,
            "kind": "ok" if result.met else "off" if result.actual is None else "mid",
            "label": _standing(result),
            "percent": _percent(result),
            "detail": _detail(result, currency),
        }
        for result in results
    ]


def _standing(result: CriterionResult) -> Message:
    if result.met:
        return say("Met")
    if result.actual is None:
        return say("Not known")
    return say("Not yet") if result.required else say("Not yet (optional)")


def _percent(result: CriterionResult) -> int:
    if result.met:
        return 100
    if result.actual is None or result.target <= 0:
        return 0
    return max(0, min(99, result.actual * 100 // result.target))


def _detail(result: CriterionResult, currency: str) -> Message:
    actual = spell(result.measure, result.actual, currency)
    if result.measure == Measure.RENT_PAID:
        return say("%(actual)s overdue · %(source)s", actual=actual, source=result.evidence)
    return say(
        "%(actual)s · more than %(target)s needed · %(source)s",
        actual=actual,
        target=spell(result.measure, result.target, currency),
        source=result.evidence,
    )


def met(results: Sequence[CriterionResult]) -> int:
    """How many criteria are met."""
    return sum(result.met for result in results)
