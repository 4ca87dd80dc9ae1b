from fractions import Fraction

import pytest

from incubator.core import reading
from incubator.core.errors import RuleBroken

AMOUNTS = [
    ("66058", 66058), ("80,182", 80182), ("１２７，４７２円", 127472), ("¥500", 500),
    ("￥1,000", 1000), ("\\300", 300), ("-5", -5), ("−5", -5), (" 12 ", 12), ("10.0", 10),
]  # fmt: skip
AREAS = [
    ("28.11", 2811), ("49.2", 4920), ("28.11㎡", 2811), ("28.11m²", 2811), ("３０平米", 3000),
    ("1,000平方メートル", 100000), ("4", 400),
]  # fmt: skip
DAYS = [
    ("2026-11-01", "2026-11-01"), ("2026/4/1", "2026-04-01"), ("20260401", "2026-04-01"),
    ("令和8年11月1日", "2026-11-01"), ("R8.11.1", "2026-11-01"), ("Ｒ８．１１．１", "2026-11-01"),
    ("令和元年5月1日", "2019-05-01"), ("平成31年4月30日", "2019-04-30"), ("H31.5.1", "2019-05-01"),
    ("昭和64年1月7日", "1989-01-07"), ("2026年 11月 1日", "2026-11-01"),
    ("2024.2.29", "2024-02-29"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "amount"), AMOUNTS)
def test_amounts_are_read_as_people_write_them(text, amount):
    assert reading.amount(text, "JPY") == amount


@pytest.mark.parametrize("text", ["", "x", "1.5", "1e5", "1_000", "NaN", "1,00", "10" * 9, "#REF!"])
def test_what_is_no_amount_is_refused_with_an_example(text):
    with pytest.raises(RuleBroken, match="Write it like 127472") as broken:
        reading.amount(text, "JPY", field="rent")
    assert broken.value.field == "rent"


def test_euros_have_cents():
    assert reading.amount("1,234.56", "EUR") == 123456
    assert reading.amount("−€5", "EUR") == reading.amount("-5.00 EUR", "EUR") == -500
    assert reading.amount("＄1,000", "USD") == 100000


@pytest.mark.parametrize(
    ("text", "currency"),
    [("¥900", "EUR"), ("900円", "EUR"), ("$900", "EUR"), ("€900", "JPY"), ("900 USD", "GBP")],
)
def test_another_currencys_sign_is_no_slip_to_overlook(text, currency):
    with pytest.raises(RuleBroken, match="is not an amount"):
        reading.amount(text, currency)


@pytest.mark.parametrize(("text", "area"), AREAS)
def test_areas_are_read_in_hundredths_of_a_square_metre(text, area):
    assert reading.area(text) == area


@pytest.mark.parametrize("text", ["0", "-3", "28.111", "wide", "1e3", "1000000"])
def test_what_is_no_area_is_refused(text):
    with pytest.raises(RuleBroken, match="not an area"):
        reading.area(text)


@pytest.mark.parametrize(
    ("text", "part", "of"),
    [
        ("50", 1, 2),
        ("12.5 %", 1, 8),
        ("33.33％", 3333, 10000),
        ("100%", 1, 1),
        ("0", 0, 1),
        ("2/3", 2, 3),
        (" ２／３ ", 2, 3),
        ("⅔", 2, 3),
        ("3分の2", 2, 3),
        ("6667/10000", 6667, 10000),
    ],
)
def test_shares_are_read_exactly(text, part, of):
    assert reading.share(text) == Fraction(part, of)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("half", "is not a share"),
        ("2/0", "is not a share"),
        ("0/0", "is not a share"),
        ("-1/3", "is not a share"),
        ("2/3%", "is not a share"),
        ("1/3.5", "is not a share"),
        ("33.333", "is not a share"),
        ("9" * 5000 + "/3", "is not a share"),
        ("5/3", "at most 100%"),
        ("100.01", "at most 100%"),
        ("1/99999999", "a share has at most 10,000 parts"),
    ],
)
def test_what_is_no_share_is_refused(text, why):
    with pytest.raises(RuleBroken, match=why):
        reading.share(text)


@pytest.mark.parametrize(("text", "day"), DAYS)
def test_days_are_read_in_either_calendar(text, day):
    assert reading.day(text).isoformat() == day


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("soon", "not a date"),
        ("2026/2/30", "2026-2 has 28 days"),
        ("2026/13/1", "no month 2026-13"),
        ("令和1年4月1日", "not a date"),
        ("令和8年2月0日", "has 28 days"),
        ("8/11/1", "not a date"),
        ("0001-01-01", "a year from 1868 to 2199"),
        ("9999-12-31", "a year from 1868 to 2199"),
    ],
)
def test_days_that_never_were_are_refused_with_the_reason(text, why):
    with pytest.raises(RuleBroken, match=why):
        reading.day(text)


@pytest.mark.parametrize("text", ["2026-05", "2026/5", "２０２６年５月", "R8.5", "令和8年5月"])
def test_months_are_read_in_either_calendar(text):
    assert reading.month(text).isoformat() == "2026-05-01"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("never", "“never” is not a month"),
        ("2026-05-02", "is not a month"),
        ("", "is not a month"),
        ("2026-13", "no month 2026-13"),
        ("0001-01", "a year from 1868 to 2199"),
    ],
)
def test_months_that_never_were_are_refused_with_the_reason(text, why):
    with pytest.raises(RuleBroken, match=why):
        reading.month(text)


@pytest.mark.parametrize(
    ("text", "months"), [("3", 3), ("３か月", 3), ("6ヶ月分", 6), ("2 months", 2)]
)
def test_numbers_of_months_are_read(text, months):
    assert reading.months(text) == months


@pytest.mark.parametrize("text", ["", "three", "-1", "3.5", "1000"])
def test_what_is_no_number_of_months_is_refused(text):
    with pytest.raises(RuleBroken, match="number of months"):
        reading.months(text)


NAMES = [
    ("が", "が"), ("  山田  ", "山田"), ("髙橋", "髙橋"), ("㈱あおば", "㈱あおば"),
    ("👩\u200d🔬", "👩\u200d🔬"), ("a\tb\nc", "a\tb\nc"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "stored"), NAMES)
def test_text_is_stored_composed_and_otherwise_as_typed(typed, stored):
    assert reading.words(typed) == stored


@pytest.mark.parametrize(
    "text", ["a\x00b", "a\u202eb", "a\ud800b", "a\u200bb", "\ue000", "a" * 5001]
)
def test_text_that_cannot_be_shown_is_refused(text):
    with pytest.raises(RuleBroken):
        reading.words(text)


@pytest.mark.parametrize(
    ("text", "is_mail"), [("a@b.jp", True), ("a@b", False), ("a b@c.jp", False), ("", False)]
)
def test_an_address_has_a_name_and_a_domain(text, is_mail):
    assert reading.is_mail(text) is is_mail


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", f"a{reading.BROKEN}b", "\ue000"])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(RuleBroken, match="cannot be shown"):
        reading.words(text)
