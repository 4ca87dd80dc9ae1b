"""When a lease may begin, be signed and end."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter

from incubator.core.days import ONE_DAY, Stretch, add_months, end_of_term
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say, say_n

FIXED_TERM = "lease_fixed_term"
ANNOUNCED_FROM, ANNOUNCED_UNTIL, PRESSING = 12, 6, 7
"""How many months before it the end of a fixed term is announced; when it presses (BR-N02)."""


@dataclass(frozen=True)
class Limits:
    """What the house allows (BR-N03)."""

    max_contract_months: int
    max_total_months: int


def earliest_end(notice_on: date, months: int) -> date:
    """The earliest last day after a notice, clipped to the month's end (BR-N01)."""
    return add_months(notice_on, months)


def stay_ends(stays: Iterable[Stretch], start: date, months: int) -> date:
    """The first day after the longest stay in all, for a lease from `start` (BR-N03).

    Days on which the venture held no unit between two stays do not count.
    """
    earlier = sorted((each for each in stays if each.start < start), key=attrgetter("start"))
    first = reached = earlier[0].start if earlier else start
    away = timedelta()
    for each in (*earlier, Stretch(start, start)):
        away += max(each.start - reached, timedelta())
        reached = max(reached, each.until)
    return end_of_term(first, months) + away


def check_term(days: Stretch, limits: Limits, stays: Collection[Stretch]) -> None:
    """Refuse a lease longer than one contract, or than all stays together, may be (BR-N03)."""
    if days.start >= days.until:
        raise RuleBroken(say("The lease must last at least a day."), "months")
    if days.until > end_of_term(days.start, limits.max_contract_months):
        raise RuleBroken(
            say_n(
                "months",
                "A contract lasts at most %(months)s month.",
                "A contract lasts at most %(months)s months.",
                months=limits.max_contract_months,
            ),
            "months",
        )
    ends = stay_ends(stays, days.start, limits.max_total_months)
    if days.until > ends:
        raise RuleBroken(
            say_n(
                "months",
                "A venture may stay %(months)s month in all, time away not counted:"
                " from %(day)s until %(last)s at the latest.",
                "A venture may stay %(months)s months in all, time away not counted:"
                " from %(day)s until %(last)s at the latest.",
                day=min((each.start for each in stays), default=days.start),
                months=limits.max_total_months,
                last=ends - ONE_DAY,
            ),
            "months",
        )


def check_renewal(days: Stretch, offered: Stretch, valid_until: date) -> None:
    """Refuse a renewal with a gap before it, or one that could be signed too late (BR-N04)."""
    if offered.start != days.until:
        raise RuleBroken(
            say("The next lease begins on %(day)s, the day this one ends.", day=days.until)
        )
    if valid_until >= days.until:
        raise RuleBroken(
            say(
                "The offer can be accepted until %(day)s at the latest,"
                " the last day of this lease.",
                day=days.last,
            ),
            "expires_on",
        )


def never_begins(days: Stretch, until: date, today: date) -> bool:
    """Whether a lease that has not begun yet is ended before its first day."""
    return today < days.start and until <= days.start


def check_signature(
    legal_basis: str, explained_on: date | None, signed_on: date, expires_on: date | None
) -> None:
    """Refuse a signature before the explanation (BR-N02) or after the offer has expired."""
    if expires_on is not None and signed_on > expires_on:
        raise RuleBroken(say("The offer was valid until %(day)s.", day=expires_on))
    if legal_basis != FIXED_TERM:
        return
    if explained_on is None:
        raise RuleBroken(
            say(
                "A fixed-term lease is explained in writing before it is signed."
                " Record the day of the explanation first."
            )
        )
    if signed_on < explained_on:
        raise RuleBroken(
            say("It was explained on %(day)s and cannot be signed before.", day=explained_on),
            "signed_on",
        )


def check_notice(days: Stretch, notice_months: int, given_on: date, last_day: date) -> None:
    """Refuse a last day before the notice has run or after the lease has ended (BR-N01)."""
    if last_day >= days.until:
        raise RuleBroken(
            say("The lease ends on %(day)s anyway.", day=days.until - ONE_DAY), "leave_on"
        )
    earliest = max(earliest_end(given_on, notice_months), days.start)
    if last_day < earliest < days.until:
        raise RuleBroken(
            say_n(
                "months",
                "With %(months)s month’s notice the earliest last day is %(day)s.",
                "With %(months)s months’ notice the earliest last day is %(day)s.",
                months=notice_months,
                day=earliest,
            ),
            "leave_on",
        )
    if last_day < earliest:
        raise RuleBroken(
            say_n(
                "months",
                "With %(months)s month’s notice there is no day before the end of the lease on"
                " %(day)s.",
                "With %(months)s months’ notice there is no day before the end of the lease on"
                " %(day)s.",
                months=notice_months,
                day=days.until - ONE_DAY,
            ),
            "leave_on",
        )


def check_end(days: Stretch, until: date) -> None:
    """Refuse an end outside the lease."""
    if not days.start < until <= days.until:
        raise RuleBroken(
            say(
                "The lease runs from %(start)s to %(last)s; it cannot end outside of that.",
                start=days.start,
                last=days.last,
            ),
            "until",
        )


def check_goes_on(days: Stretch, agreed_until: date | None, today: date) -> date:
    """Until when a lease runs whose end is taken back; RuleBroken once its last day is over."""
    if agreed_until is None or not may_go_on(days, agreed_until, today):
        raise RuleBroken(say("The last day was %(day)s; a new lease is needed.", day=days.last))
    return agreed_until


def may_go_on(days: Stretch, agreed_until: date | None, today: date) -> bool:
    """Whether an end that was set can still be taken back."""
    return agreed_until is not None and today < days.until


def end_notice_window(days: Stretch, legal_basis: str) -> Stretch | None:
    """When a landlord announces the end of a fixed term of a year or more (BR-N02)."""
    if legal_basis != FIXED_TERM or days.until < end_of_term(days.start, 12):
        return None
    first, last = (add_months(days.until, -each) for each in (ANNOUNCED_FROM, ANNOUNCED_UNTIL))
    return Stretch(first, last + ONE_DAY)


def end_notice_urgency(ends_on: date, today: date) -> str:
    """How pressing it is while it is not announced: `mid`, then `risk`, and `bad` when late."""
    if today > add_months(ends_on, -ANNOUNCED_UNTIL):
        return "bad"
    return "risk" if today >= add_months(ends_on, -PRESSING) else "mid"


def late_notice_counts_from(announced_on: date) -> date:
    """Until when a venture may stay that was told later than six months before (BR-N02)."""
    return add_months(announced_on, ANNOUNCED_UNTIL)


def check_end_notice(window: Stretch | None, announced_on: date, today: date) -> None:
    """Refuse the announcement of an end that needs none, a future one, and one too early."""
    if window is None:
        raise RuleBroken(say("The end of this lease needs no announcement."))
    if announced_on > today:
        raise RuleBroken(say("This day is still to come."), "announced_on")
    if announced_on < window.start:
        raise RuleBroken(
            say("The end can be announced from %(day)s on.", day=window.start), "announced_on"
        )
