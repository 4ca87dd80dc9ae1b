"""On which days after its due day an unpaid invoice is reminded of (BR-B08)."""

import re

from incubator.core.errors import RuleBroken
from incubator.core.i18n import say

LATEST, MOST = 365, 6


def days_of(text: str | None) -> tuple[int, ...]:
    """Days after the due day, ascending, each once; nothing means no reminders."""
    words = re.split(r"[\s,、，]+", (text or "").strip())
    days = {int(word) if word.isdecimal() else 0 for word in words if word}
    if len(days) > MOST or any(not 1 <= day <= LATEST for day in days):
        raise RuleBroken(
            say("Write up to %(most)s numbers of days like 3, 10, 30.", most=MOST), "reminder_days"
        )
    return tuple(sorted(days))


def written(days: tuple[int, ...]) -> str:
    """The same as it stands in the settings."""
    return ", ".join(str(day) for day in days)
