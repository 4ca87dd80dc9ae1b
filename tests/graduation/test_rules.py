from datetime import date
from fractions import Fraction

import pytest

from incubator.core.days import FOREVER, Stretch
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, say, translate
from incubator.graduation import rules
from incubator.graduation.rules import Aim, CriterionResult, Evidence, Exit, Ratio
from tests.vectors import VECTORS

TODAY = date(2026, 11, 23)
SOURCE = say("Sum of all monthly reports")


@pytest.mark.parametrize(
    ("measure", "actual", "target", "met"),
    [
        ("sales_12_months", 70_000_001, 70_000_000, True),
        ("sales_12_months", 70_000_000, 70_000_000, False),
        ("jobs_ft", 7, 6, True),
        ("jobs_ft", 6, 6, False),
        ("jobs_ft", None, 6, False),
        ("rent_paid", 0, 0, True),
        ("rent_paid", 1, 0, False),
        ("rent_paid", None, 0, False),
    ],
)
def test_a_criterion_is_met_strictly_above_its_target(measure, actual, target, met):
    result = rules.judge(Aim(measure, target), Evidence(actual, SOURCE))
    assert (result.met, result.actual, result.target) == (met, actual, target)


def result(*, met: bool, required: bool = True) -> CriterionResult:
    return CriterionResult("jobs_ft", 1, 0, met, required, SOURCE)


@pytest.mark.parametrize(
    ("results", "ready"),
    [
        ([], False),
        ([result(met=True, required=False)], False),
        ([result(met=True)], True),
        ([result(met=True), result(met=False, required=False)], True),
        ([result(met=True), result(met=False)], False),
    ],
)
def test_a_venture_is_ready_when_all_that_is_required_is_met(results, ready):
    assert rules.is_ready(results) is ready


@pytest.mark.parametrize(
    ("month", "start", "until", "refused"),
    [
        (date(2026, 11, 1), date(2026, 11, 20), FOREVER, None),
        (date(2026, 12, 1), date(2025, 4, 1), FOREVER, "^Dec 2026 has not begun"),
        (date(2025, 3, 1), date(2025, 4, 1), FOREVER, "moved in"),
        (date(2026, 1, 1), FOREVER, FOREVER, "moved in"),
        (date(2026, 8, 1), date(2025, 4, 1), date(2026, 9, 1), None),
        (date(2026, 9, 1), date(2025, 4, 1), date(2026, 9, 1), "moved out"),
        (date(2026, 9, 1), date(2025, 4, 1), date(2026, 9, 2), None),
    ],
)
def test_figures_are_filed_for_months_inside_that_have_begun(month, start, until, refused):
    def check() -> None:
        rules.check_month(month, inside=Stretch(start, until), today=TODAY)

    if refused is None:
        check()
    else:
        with pytest.raises(RuleBroken, match=refused):
            check()


def test_a_report_is_due_on_the_tenth_of_the_next_month():
    assert rules.report_due(date(2026, 12, 15)) == date(2027, 1, 10)


@pytest.mark.parametrize(
    ("start", "until", "known_from", "first", "count"),
    [
        (date(2024, 4, 1), date(9999, 1, 1), date(2024, 3, 1), date(2025, 11, 1), 12),
        (date(2026, 9, 20), date(9999, 1, 1), date(2026, 9, 20), date(2026, 9, 1), 2),
        (date(2026, 11, 2), date(9999, 1, 1), date(2026, 11, 2), None, 0),
        (date(2024, 4, 1), date(2026, 10, 1), date(2024, 3, 1), date(2025, 11, 1), 11),
        (date(2024, 4, 1), date(9999, 1, 1), date(2026, 8, 31), date(2026, 8, 1), 3),
        (date(2024, 4, 1), date(9999, 1, 1), TODAY, None, 0),
        (date(2024, 4, 1), date(2026, 10, 1), TODAY, None, 0),
    ],
)
def test_a_year_of_finished_months_is_reported(start, until, known_from, first, count):
    months = rules.months_to_report(Stretch(start, until), TODAY, known_from=known_from)
    assert len(months) == count
    assert (months[0] if months else None) == first
    assert rules.missing(months, months[1:]) == months[:1]


@pytest.mark.parametrize(
    ("facts", "refused"),
    [
        ({}, None),
        ({"inside": False}, "inside"),
        ({"waiting": True}, "waiting"),
        ({"leaves_on": date(2026, 12, 31)}, "decided already that they leave on Thu 31 Dec 2026"),
        ({"leave_on": date(2026, 11, 22)}, "passed"),
    ],
)
def test_a_proposal_is_for_a_venture_inside_one_at_a_time(facts, refused):
    facts = {"leave_on": TODAY, "waiting": False, "inside": True, **facts}
    leave_on = facts.pop("leave_on")
    if refused is None:
        rules.check_proposal(leave_on, today=TODAY, **facts)
    else:
        with pytest.raises(RuleBroken, match=refused):
            rules.check_proposal(leave_on, today=TODAY, **facts)


def test_nobody_leaves_in_hindsight():
    rules.check_approval(TODAY, TODAY)
    with pytest.raises(RuleBroken, match="The day has passed"):
        rules.check_approval(date(2026, 11, 22), TODAY)


@pytest.mark.parametrize(
    ("status", "proposed_by", "decided_by", "refused"),
    [
        ("proposed", 1, 2, None),
        ("proposed", 1, 1, "own proposal"),
        ("proposed", 1, None, "own proposal"),
        ("approved", 1, 2, "already"),
    ],
)
def test_nobody_decides_on_their_own_proposal(status, proposed_by, decided_by, refused):
    def check() -> None:
        rules.check_decision(status=status, proposed_by=proposed_by, decided_by=decided_by)

    if refused is None:
        check()
    else:
        with pytest.raises(RuleBroken, match=refused):
            check()


@pytest.mark.parametrize(
    ("status", "actor", "refused"),
    [("proposed", 1, None), ("proposed", 2, "Only"), ("refused", 1, "already")],
)
def test_a_proposal_is_withdrawn_by_who_made_it(status, actor, refused):
    if refused is None:
        rules.check_withdrawal(status=status, proposed_by=1, actor=actor)
    else:
        with pytest.raises(RuleBroken, match=refused):
            rules.check_withdrawal(status=status, proposed_by=1, actor=actor)


def test_alumni_are_asked_each_year_for_five_years():
    days = rules.follow_up_days(date(2024, 2, 29))
    assert [year for year, _day in days] == [1, 2, 3, 4, 5]
    assert days[0][1] == date(2025, 2, 28)
    assert days[3][1] == date(2028, 2, 29)


# TV-082 of the domain: a cohort with one unknown answer
EXITS = [
    Exit(
        date(2020, 4, 1),
        date(2022, 4, 1),
        graduated=True,
        operating=True,
        in_region=True,
        alive_on=date(2026, 4, 1),
    ),
    Exit(
        date(2020, 4, 1),
        date(2022, 10, 1),
        graduated=True,
        operating=True,
        in_region=False,
        alive_on=date(2026, 7, 1),
    ),
    Exit(date(2020, 4, 1), date(2023, 4, 1), graduated=True, operating=None),
    Exit(date(2020, 4, 1), date(2023, 4, 1), graduated=True, operating=False),
    Exit(date(2020, 4, 1), date(2021, 4, 1), graduated=False),
]


def test_what_became_of_those_who_left():
    assert rules.graduation_rate(EXITS) == Ratio(4, 5)
    assert rules.survival(EXITS, years=3, today=TODAY) == (Ratio(2, 4), Ratio(2, 3))
    assert rules.survival(EXITS, years=4, today=TODAY) == (Ratio(2, 2), Ratio(2, 2))
    assert rules.local_retention(EXITS) == Ratio(1, 2)
    assert rules.mean_stay_months(EXITS) == Fraction(24 + 30 + 36 + 36, 4)
    assert rules.mean_stay_months([]) is None


@pytest.mark.parametrize(
    ("alive_on", "operating", "survived"),
    [
        (date(2025, 1, 1), True, True),
        (date(2024, 12, 31), True, None),
        (date(2024, 12, 31), False, False),
        (date(2025, 4, 1), False, True),
        (None, None, None),
    ],
)
def test_what_is_known_of_an_early_day_does_not_tell_of_later_years(alive_on, operating, survived):
    gone = Exit(
        date(2020, 4, 1),
        date(2022, 4, 1),
        graduated=True,
        operating=operating,
        alive_on=alive_on,
    )
    assert gone.survived(3) is survived


def held(start: tuple[int, int], until: tuple[int, int], signed: tuple[int, int]):
    return Stretch(date(*start, 1), date(*until, 1)), date(*signed, 1)


@pytest.mark.parametrize(
    ("leases", "stays"),
    [
        ([], []),
        ([held((2020, 4), (2023, 4), (2020, 3))], [(2020, 2023)]),
        (
            [held((2023, 4), (2024, 4), (2023, 3)), held((2020, 4), (2023, 4), (2020, 3))],
            [(2020, 2024)],
        ),
        (
            [held((2020, 4), (2024, 4), (2020, 3)), held((2021, 4), (2022, 4), (2021, 4))],
            [(2020, 2024)],
        ),
        (
            [held((2020, 4), (2023, 4), (2020, 3)), held((2023, 6), (2025, 4), (2023, 3))],
            [(2020, 2025)],
        ),
        (
            [held((2020, 4), (2023, 4), (2020, 3)), held((2023, 6), (2025, 4), (2023, 4))],
            [(2020, 2023), (2023, 2025)],
        ),
    ],
)
def test_leases_that_follow_each_other_are_one_stay(leases, stays):
    found = rules.stays(leases)
    assert [(each.start.year, each.until.year) for each in found] == stays


@pytest.mark.parametrize(
    ("as_of", "refused"),
    [
        (TODAY, None),
        (date(2026, 9, 28), None),
        (date(2026, 11, 24), "still to come"),
        (date(2026, 9, 27), "Only what is known of Mon 28 Sep 2026 or later"),
    ],
)
def test_an_answer_is_of_a_day_about_which_was_asked(as_of, refused):
    def check() -> None:
        rules.check_answer(as_of, due_on=date(2026, 12, 28), today=TODAY)

    if refused is None:
        check()
    else:
        with pytest.raises(RuleBroken, match=refused):
            check()


@pytest.mark.parametrize(("part", "whole", "bp"), [(1, 3, 3333), (0, 5, 0), (0, 0, None)])
def test_a_share_of_nothing_is_unknown(part, whole, bp):
    assert Ratio(part, whole).bp == bp


def test_net_new_jobs_are_counted_from_admission():
    """TV-084."""
    now, then = VECTORS["TV-084"]["inputs"]["now"], VECTORS["TV-084"]["inputs"]["baseline"]
    found = {f"net_new_{kind}": rules.net_new(now[kind], then[kind]) for kind in now}
    assert found == VECTORS["TV-084"]["expected"]


@pytest.mark.parametrize(
    ("measure", "figure", "said"),
    [
        ("sales_12_months", 1_000, "¥1,000"),
        ("funds_raised", 5, "¥5"),
        ("rent_paid", 0, "¥0"),
        ("jobs_ft", 3, "3 people"),
        ("jobs_ft", 1, "1 person"),
        ("months_inside", 1, "1 month"),
        ("figures_filed", 1, "1 report"),
        ("sessions_12_months", 1, "1 session"),
        ("jobs_ft", 0, "0 people"),
        ("months_inside", 14, "14 months"),
        ("figures_filed", 9, "9 reports"),
        ("sessions_12_months", 4, "4 sessions"),
        ("jobs_ft", None, "not known"),
    ],
)
def test_a_figure_is_said_with_its_unit(measure, figure, said):
    message = rules.spell(measure, figure, "JPY")
    assert isinstance(message, Message)
    assert translate(message, "en") == said


def test_the_last_twelve_months_end_today():
    assert rules.a_year_before(TODAY) == date(2025, 11, 24)
