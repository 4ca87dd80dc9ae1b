"""When a venture is ready to leave, and what is asked of it meanwhile. Values in, values out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from incubator.core.days import Stretch, add_months, full_months_since, month_of
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, Month, Sum, say

REPORT_DUE_DAY = 10
FOLLOW_UP_YEARS = 5
ASKED_BEFORE = 3
"""How many months before its day a follow-up is asked and may be answered."""
LONGEST_MEMORY = 12
BENCHMARK_MONTHS = 32
"""Mean stay of successful firms (METI survey 2004, domain.md §5.3)."""
ONE = {
    "jobs_ft": say("1 person"),
    "months_inside": say("1 month"),
    "figures_filed": say("1 report"),
    "sessions_12_months": say("1 session"),
}
SUMS = frozenset({"sales_12_months", "funds_raised", "rent_paid"})
"""The measures whose figures are money."""
NONE_OR_MORE = say("Enter a whole number, 0 or more.")


@dataclass(frozen=True)
class Aim:
    """A criterion as the rules see it; `measure` is its code, `target` in its unit."""

    measure: str
    target: int
    required: bool = True


@dataclass(frozen=True)
class Evidence:
    """What is known of a measure: a figure or nothing, and where it comes from."""

    actual: int | None
    source: Message


@dataclass(frozen=True)
class CriterionResult:
    """One criterion, actual against target; an unknown actual never meets it (BR-G02)."""

    measure: str
    actual: int | None
    target: int
    met: bool
    required: bool
    evidence: Message


def judge(aim: Aim, evidence: Evidence) -> CriterionResult:
    """Compare strictly: the figure must be greater than the target (BR-G02).

    `rent_paid` counts what is overdue in minor units and is met when that is not above the target.
    """
    actual = evidence.actual
    if actual is None:
        met = False
    elif aim.measure == "rent_paid":
        met = actual <= aim.target
    else:
        met = actual > aim.target
    return CriterionResult(aim.measure, actual, aim.target, met, aim.required, evidence.source)


def is_ready(results: Iterable[CriterionResult]) -> bool:
    """Whether every required criterion is met, and there is at least one."""
    asked = [result for result in results if result.required]
    return bool(asked) and all(result.met for result in asked)


def check_month(month: date, *, inside: Stretch, today: date) -> None:
    """Figures are filed for a month that has begun and in which the venture was inside."""
    if month > today:
        raise RuleBroken(say("%(month)s has not begun yet.", month=Month(month)), "month")
    if month < month_of(inside.start):
        raise RuleBroken(say("Reports begin with the month you moved in."), "month")
    if month >= inside.until:
        raise RuleBroken(say("Reports end with the month you moved out."), "month")


def check_figures(figures: Mapping[str, int]) -> None:
    """No figure of a month is below nothing; keys are the fields they were written in."""
    for field, figure in figures.items():
        if figure < 0:
            raise RuleBroken(NONE_OR_MORE, field)


def report_due(month: date) -> date:
    """The day by which the figures of a month are expected."""
    return add_months(month_of(month), 1).replace(day=REPORT_DUE_DAY)


def months_to_report(inside: Stretch, today: date, *, known_from: date) -> list[date]:
    """The finished months of the last year that a venture was inside, oldest first.

    `known_from`: the day it was entered here; the office asks for no month before that one.
    """
    first = max(inside.start, month_of(known_from), add_months(month_of(today), -LONGEST_MEMORY))
    until = min(inside.until, month_of(today))
    return [month for month in Stretch(first, until).months() if add_months(month, 1) <= until]


def missing(months: Sequence[date], filed: Collection[date]) -> list[date]:
    """Which of the months nobody has reported."""
    return [month for month in months if month not in filed]


def check_proposal(
    leave_on: date, *, today: date, waiting: bool, inside: bool, leaves_on: date | None = None
) -> None:
    """A venture inside gets one proposal at a time, for a day that has not passed.

    `leaves_on`: the day of an exit that is approved already.
    """
    if not inside:
        raise RuleBroken(say("Only a venture that is inside can leave."))
    if waiting:
        raise RuleBroken(say("A proposal is already waiting for a decision."))
    if leaves_on is not None:
        raise RuleBroken(say("It is decided already that they leave on %(day)s.", day=leaves_on))
    if leave_on < today:
        raise RuleBroken(say("The day has passed. Choose today or later."), "leave_on")


def check_decision(*, status: str, proposed_by: int, decided_by: int | None) -> None:
    """A waiting proposal is decided by somebody else (security.md §2.2, rule 8)."""
    if status != "proposed":
        raise RuleBroken(say("This proposal has been decided already."))
    if decided_by is None or decided_by == proposed_by:
        raise RuleBroken(say("Nobody approves their own proposal. Ask a colleague."))


def check_approval(leave_on: date, today: date) -> None:
    """Nobody leaves in hindsight: months already billed would be undone."""
    if leave_on < today:
        raise RuleBroken(
            say("The day has passed. Refuse the proposal, so that it can be made anew.")
        )


def check_withdrawal(*, status: str, proposed_by: int, actor: int | None) -> None:
    """A proposal that still waits is taken back by whoever made it."""
    if status != "proposed":
        raise RuleBroken(say("This proposal has been decided already."))
    if actor != proposed_by:
        raise RuleBroken(say("Only the person who made the proposal can withdraw it."))


def follow_up_days(left_on: date) -> list[tuple[int, date]]:
    """The years after leaving with the day each question is due (BR-G03)."""
    return [(year, add_months(left_on, 12 * year)) for year in range(1, FOLLOW_UP_YEARS + 1)]


def asked_from(due_on: date) -> date:
    """From which day on what is known of an alumnus answers the question due on a day."""
    return add_months(due_on, -ASKED_BEFORE)


def check_answer(as_of: date, *, due_on: date, today: date) -> None:
    """An answer is of a day that has come, and not of long before the question's (BR-G03)."""
    if as_of > today:
        raise RuleBroken(say("This day is still to come."), "as_of")
    if as_of < asked_from(due_on):
        raise RuleBroken(
            say("Only what is known of %(day)s or later answers this.", day=asked_from(due_on)),
            "as_of",
        )


@dataclass(frozen=True)
class Exit:
    """A venture that left: when it came, when it went, whether it graduated, what is known."""

    admitted_on: date
    left_on: date
    graduated: bool
    operating: bool | None = None
    in_region: bool | None = None
    alive_on: date | None = None
    """The latest day of which it is known that it was in business."""

    def survived(self, years: int) -> bool | None:
        """Whether it was in business so many years on; what was known long before does not tell."""
        day = asked_from(add_months(self.left_on, 12 * years))
        if self.alive_on is not None and day <= self.alive_on:
            return True
        return False if self.operating is False else None


@dataclass(frozen=True)
class Ratio:
    """A share with its parts, so that a page can show the denominator (BR-K)."""

    part: int
    whole: int

    @property
    def bp(self) -> int | None:
        """In basis points, rounded down; nothing of nothing is unknown."""
        return self.part * 10_000 // self.whole if self.whole else None


def stays(leases: Iterable[tuple[Stretch, date]]) -> list[Stretch]:
    """The stretches a venture was inside, from its leases with the day each was signed.

    A lease goes on with the stay when it begins, or was signed, before the one before it was over.
    """
    found: list[Stretch] = []
    for days, signed_on in sorted(leases):
        if found and (days.start <= found[-1].until or signed_on < found[-1].until):
            found[-1] = Stretch(found[-1].start, max(found[-1].until, days.until))
        else:
            found.append(days)
    return found


def graduation_rate(exits: Sequence[Exit]) -> Ratio:
    """Graduates among all who left (BR-K03)."""
    return Ratio(sum(each.graduated for each in exits), len(exits))


def survival(exits: Sequence[Exit], *, years: int, today: date) -> tuple[Ratio, Ratio]:
    """Graduates of at least `years` ago still in business: strict, and of those known (BR-K02).

    Strictly, an unknown answer counts as not surviving.
    """
    cohort = [
        each for each in exits if each.graduated and add_months(each.left_on, 12 * years) <= today
    ]
    found = [each.survived(years) for each in cohort]
    alive, known = found.count(True), len(found) - found.count(None)
    return Ratio(alive, len(found)), Ratio(alive, known)


def local_retention(exits: Sequence[Exit]) -> Ratio:
    """Graduates whose main site is in the region among those operating (BR-K04)."""
    operating = [each for each in exits if each.graduated and each.operating]
    return Ratio(sum(each.in_region is True for each in operating), len(operating))


def mean_stay_months(exits: Sequence[Exit]) -> Fraction | None:
    """Mean whole months from moving in to leaving, of graduates."""
    stays = [full_months_since(each.admitted_on, each.left_on) for each in exits if each.graduated]
    return Fraction(sum(stays), len(stays)) if stays else None


def net_new(now: int, baseline: int) -> int:
    """Jobs now less jobs at admission (BR-K06)."""
    return now - baseline


def spell(measure: str, figure: int | None, currency: str) -> Message:
    """A figure of a measure with its unit."""
    if figure is None:
        return say("not known")
    if measure in SUMS:
        return say("%(sum)s", sum=Sum(figure, currency))
    if figure == 1:
        return ONE[measure]
    forms = {
        "jobs_ft": say("%(n)s people", n=figure),
        "months_inside": say("%(n)s months", n=figure),
        "figures_filed": say("%(n)s reports", n=figure),
        "sessions_12_months": say("%(n)s sessions", n=figure),
    }
    return forms[measure]


def a_year_before(today: date) -> date:
    """The first day of the twelve months that end today."""
    return add_months(today + timedelta(days=1), -12)
