from datetime import date

import pytest

from incubator.core.errors import RuleBroken
from incubator.organisations import rules
from tests.vectors import VECTORS


@pytest.mark.parametrize("case", VECTORS["TV-050"]["expected"], ids=lambda case: case["base12"])
def test_corporate_numbers_begin_with_their_check_digit(case):
    """TV-050."""
    assert rules.check_digit(case["base12"]) == case["check"]
    assert rules.is_corporate_number(case["corporate_number"])
    assert rules.corporate_number(case["corporate_number"]) == case["corporate_number"]


@pytest.mark.parametrize(
    ("text", "why"), [("123", "13 digits"), ("1234567890123", "begin with 9"), ("", "13 digits")]
)
def test_what_is_no_corporate_number_is_refused(text, why):
    with pytest.raises(RuleBroken, match=why):
        rules.corporate_number(text, field="corporate_number")


def numbers_of_the_vector():
    """What was typed, whether by a corporation, and what becomes of it (TV-051)."""
    vector = VECTORS["TV-051"]
    for told, result in zip(vector["inputs"]["cases"], vector["expected"]["results"], strict=True):
        yield told.partition(" ")[0], "sole proprietor" not in told, result


@pytest.mark.parametrize(("text", "corporation", "result"), list(numbers_of_the_vector()))
def test_registration_numbers_of_the_vector(text, corporation, result):
    """TV-051."""
    if result.startswith("ERROR"):
        with pytest.raises(RuleBroken):
            rules.registration_number(text, corporation=corporation)
        return
    found = rules.registration_number(text, corporation=corporation)
    assert found.number == (result.partition("→ ")[2] or text)
    assert (found.warning is not None) is result.startswith("WARN")


@pytest.mark.parametrize(
    ("text", "corporation", "number", "warned"),
    [
        ("t4000012090001", True, "T4000012090001", False),
        ("T1234567890123", False, "T1234567890123", True),
        ("T4000012090001", False, "T4000012090001", False),
    ],
)
def test_registration_numbers_are_read(text, corporation, number, warned):
    """TV-051."""
    found = rules.registration_number(text, corporation=corporation)
    assert found.number == number
    assert (found.warning is not None) is warned


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("T1234567890123", "begin with 9"),
        ("4000012090001", "T and 13 digits"),
        ("T400001209000", "T and 13 digits"),
        ("T0000012090001", "begin with 4"),
    ],
)
def test_registration_numbers_that_cannot_be_are_refused(text, why):
    """TV-051."""
    with pytest.raises(RuleBroken, match=why):
        rules.registration_number(text)


@pytest.mark.parametrize(("five", "six"), VECTORS["TV-052"]["expected"].items())
def test_municipality_codes_end_with_their_check_digit(five, six):
    """TV-052."""
    assert rules.municipality_code(five) == six


@pytest.mark.parametrize(
    ("founded", "day", "age"),
    [
        ("2020-02-29", "2025-02-28", 5),
        ("2020-03-01", "2025-02-28", 4),
        ("2026-11-01", "2026-04-16", -1),
    ],
)
def test_companies_age_by_whole_years(founded, day, age):
    assert rules.company_age(date.fromisoformat(founded), date.fromisoformat(day)) == age


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("㈱あおば", "株式会社あおば"), ("(株)あおば", "株式会社 あおば"),
        ("ＡＢＣ合同会社", "abc合同会社"),
        ("髙橋", "高橋"), ("がるだ", "がるだ"),
    ],
)  # fmt: skip
def test_names_match_however_they_are_written(one, other):
    assert rules.name_key(one) == rules.name_key(other)


def test_kana_match_in_either_script():
    assert rules.kana_key("ひかりﾊﾞｲｵ") == "ヒカリバイオ"


def test_nobody_is_founded_tomorrow():
    today = date(2026, 11, 23)
    rules.check_founded(None, today)
    rules.check_founded(today, today)
    with pytest.raises(RuleBroken, match="future"):
        rules.check_founded(date(2026, 11, 24), today)
