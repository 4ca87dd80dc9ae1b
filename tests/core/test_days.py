from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from incubator.core import days
from incubator.core.days import Stretch
from tests.vectors import VECTORS

D = date.fromisoformat


@pytest.mark.parametrize("case", VECTORS["TV-042"]["expected"], ids=lambda case: case["notice"])
def test_notice_periods_are_clipped_to_the_end_of_a_month(case):
    """TV-042."""
    assert days.add_months(D(case["notice"]), case["months"]) == D(case["earliest_end"])


def test_fiscal_years_begin_in_april_where_the_building_stands():
    """TV-044."""
    vector = VECTORS["TV-044"]
    local = [
        datetime.fromisoformat(text).astimezone(ZoneInfo("Asia/Tokyo")).date()
        for text in vector["inputs"]["instants_utc"]
    ]
    expected = vector["expected"]
    assert [day.isoformat() for day in local] == expected["jst_date"]
    assert [days.fiscal_year(day) for day in local] == expected["fiscal_year"]
    labels = [days.fiscal_year_label(days.fiscal_year(day)) for day in local]
    assert labels == expected["label_ja"]


@pytest.mark.parametrize(("day", "era"), VECTORS["TV-045"]["expected"].items())
def test_days_in_the_japanese_calendar(day, era):
    """TV-045."""
    assert days.format_era(D(day)) == era


def test_before_meiji_there_is_no_era():
    with pytest.raises(ValueError, match="1868-01-24"):
        days.era_year(date(1868, 1, 24))


def test_the_first_fiscal_year_of_an_era():
    assert days.fiscal_year_label(2019) == "令和元年度"
    assert days.fiscal_year_days(2026) == Stretch(D("2026-04-01"), D("2027-04-01"))


MAY = Stretch(D("2026-05-01"), D("2026-06-01"))


@pytest.mark.parametrize(
    ("other", "meets", "shared"),
    [
        (Stretch(D("2026-04-01"), D("2026-05-01")), False, 0),
        (Stretch(D("2026-04-01"), D("2026-05-02")), True, 1),
        (Stretch(D("2026-05-10"), D("2026-05-20")), True, 10),
        (Stretch(D("2026-05-31"), D("2027-01-01")), True, 1),
        (Stretch(D("2026-06-01"), D("2027-01-01")), False, 0),
    ],
)
def test_stretches_are_half_open(other, meets, shared):
    assert MAY.meets(other) is meets
    assert MAY.within(other).days == shared


def test_what_a_stretch_holds():
    assert D("2026-05-01") in MAY
    assert D("2026-06-01") not in MAY
    assert MAY.last == D("2026-05-31")
    assert MAY.days == 31
    assert Stretch(D("2026-05-02"), D("2026-05-01")).days == 0
    across = Stretch(D("2026-05-31"), D("2026-07-01"))
    assert list(across.months()) == [D("2026-05-01"), D("2026-06-01")]
    assert days.whole_month(D("2026-05-17")) == MAY


@pytest.mark.parametrize(
    ("start", "day", "months"),
    [
        ("2026-01-31", "2026-02-28", 0),
        ("2026-01-31", "2026-03-01", 1),
        ("2026-01-15", "2026-02-14", 0),
        ("2026-01-15", "2027-01-15", 12),
    ],
)
def test_whole_months_passed(start, day, months):
    """A month that lacks the day of the start has passed when it ends (Civil Code 143 II)."""
    assert days.full_months_since(D(start), D(day)) == months


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        ("2028-02-29", 12, "2029-02-28"),
        ("2027-01-31", 13, "2028-02-29"),
        ("2027-01-31", 1, "2027-02-28"),
        ("2027-01-31", 2, "2027-03-30"),
        ("2027-03-31", 1, "2027-04-30"),
        ("2027-02-28", 12, "2028-02-27"),
        ("2027-04-01", 12, "2028-03-31"),
    ],
)
def test_a_term_ends_with_a_month_that_lacks_its_day(start, months, last):
    """Civil Code, article 143, paragraph 2."""
    assert days.end_of_term(D(start), months) == D(last) + days.ONE_DAY
