"""The rules of rent, proration, subsidies, quotes, terms and deposits, by table."""

import json
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from incubator.core.days import Proration, Stretch, add_months, fiscal_year, whole_month
from incubator.core.errors import RuleBroken
from incubator.core.i18n import translate
from incubator.leases import rules
from incubator.leases.rules import (
    COMMON_FEE,
    RENT,
    SUBSIDY,
    Anchor,
    Asked,
    Costs,
    Delivery,
    Limits,
    Method,
    Price,
    Settlement,
    Step,
)
from incubator.leases.rules.rent import percent, share_of_month
from tests.factories.leases import START, a_grant, lease_terms
from tests.vectors import VECTORS, basis_points

ACTUAL, FIXED30, MONTHLY = Proration


def amounts(terms, month):
    return {line.kind: line.amount for line in rules.month_lines(terms, month)}


def granted(terms, month):
    return [line.granted for line in rules.month_lines(terms, month) if line.kind == SUBSIDY]


def whys(terms, month):
    return [str(line.why) for line in rules.month_lines(terms, month)]


# rent


def test_rent_from_unit_price():
    inputs, expected = VECTORS["TV-001"]["inputs"], VECTORS["TV-001"]["expected"]
    area = int(inputs["area_m2"].replace(".", ""))
    assert (
        rules.rent_by_area(inputs["unit_price_yen_per_m2_month"], area)
        == (expected["monthly_rent_ex_tax"])
    )


def test_discount_is_floored_to_its_own_unit():
    inputs = VECTORS["TV-002"]["inputs"]
    price = rules.discounted(inputs["list_price"], basis_points(inputs["rate"]), 100)
    assert price == VECTORS["TV-002"]["expected"]["price"]


@pytest.mark.parametrize(("year", "expected"), VECTORS["TV-003"]["expected"].items())
def test_graduated_rent(year, expected):
    inputs = VECTORS["TV-003"]["inputs"]
    steps = tuple((int(one), basis_points(share)) for one, share in inputs["schedule"].items())
    start = date.fromisoformat(inputs["start"])
    terms = lease_terms(rent=inputs["base_rent"], starts_on=start, rent_steps=steps)
    month = add_months(start, 12 * (int(year.removeprefix("year")) - 1))
    assert amounts(terms, month)[RENT] == expected


def test_two_contract_years_in_one_month_are_rounded_once():
    start = date(2026, 4, 16)
    terms = lease_terms(
        starts_on=start, ends_on=date(2029, 4, 16), rent_steps=((1, 5000), (2, 7000))
    )
    (line,) = rules.month_lines(terms, date(2027, 4, 1))
    assert line.amount == 45754
    assert line.rule == "BR-P03"
    assert len(line.inputs["segments"]) == 2
    assert str(line.why) == (
        "¥76,257 × 50% (contract year 1) × 15 of 30 days"
        " + ¥76,257 × 70% (contract year 2) × 15 of 30 days = ¥45,754"
    )


def _proration_cases():
    for case in VECTORS["TV-005"]["expected"]:
        for method, expected in case["result"].items():
            yield case["start"], case["end"], case["month"], method, expected


@pytest.mark.parametrize(("start", "end", "month", "method", "expected"), list(_proration_cases()))
def test_part_of_a_month(start, end, month, method, expected):
    terms = lease_terms(
        rent=VECTORS["TV-005"]["inputs"]["base_rent"],
        starts_on=date.fromisoformat(start) if start else date(2026, 1, 1),
        ends_on=date.fromisoformat(end) + timedelta(days=1) if end else date(2030, 1, 1),
        proration_entry=Proration[method],
        proration_exit=Proration[method],
    )
    (line,) = rules.month_lines(terms, date.fromisoformat(f"{month}-01"))
    days, of = expected["days"], expected["denominator"]
    assert (line.amount, line.inputs["days"]) == (expected["rent"], days)
    part = Fraction(1) if method == "MONTHLY" else Fraction(days, of)
    assert Fraction(*line.inputs["part"]) == part


def test_first_day_counts():
    inputs, expected = VECTORS["TV-006"]["inputs"], VECTORS["TV-006"]["expected"]
    terms = lease_terms(starts_on=date.fromisoformat(inputs["start"]))
    (line,) = rules.month_lines(terms, date.fromisoformat(f"{inputs['month']}-31"))
    assert {name: line.inputs[name] for name in expected} == expected
    assert str(line.why) == "¥76,257 × 21 of 31 days = ¥51,657"


@pytest.mark.parametrize(
    ("entry", "leaving", "part"),
    [
        (ACTUAL, ACTUAL, (11, 31)),
        (FIXED30, ACTUAL, (11, 30)),
        (MONTHLY, ACTUAL, (20, 31)),
        (ACTUAL, MONTHLY, (22, 31)),
        (MONTHLY, MONTHLY, (1, 1)),
    ],
)
def test_each_side_has_its_own_method(entry, leaving, part):
    terms = lease_terms(
        starts_on=date(2026, 5, 10),
        ends_on=date(2026, 5, 21),
        proration_entry=entry,
        proration_exit=leaving,
    )
    (line,) = rules.month_lines(terms, date(2026, 5, 1))
    assert line.inputs["part"] == list(part)


def test_rent_free_months_print_a_zero_line_with_the_reason():
    terms = lease_terms(fee=16225, starts_on=date(2026, 4, 16), free_months=1)
    free, fee = rules.month_lines(terms, date(2026, 4, 1))
    assert (free.amount, free.rule, fee.amount) == (0, "BR-B07", 8112)
    assert "Rent-free until" in str(free.why)
    mixed = rules.month_lines(terms, date(2026, 5, 1))[0]
    assert mixed.amount == 76257 * 16 // 31
    assert "15 rent-free days" in str(mixed.why)
    assert amounts(lease_terms(free_months=2), date(2026, 5, 1)) == {RENT: 0}


def test_prices_change_from_a_day_on():
    prices = (
        Price(RENT, 76257, START, 2350),
        Price(RENT, 80000, date(2026, 6, 1)),
        Price(COMMON_FEE, 3000, date(2026, 6, 16)),
    )
    terms = lease_terms(prices=prices)
    assert amounts(terms, date(2026, 5, 1)) == {RENT: 76257}
    assert amounts(terms, date(2026, 6, 1)) == {RENT: 80000, COMMON_FEE: 1500}
    assert amounts(terms, date(2026, 7, 1)) == {RENT: 80000, COMMON_FEE: 3000}
    assert whys(terms, date(2026, 5, 1)) == ["32.45 m² × ¥2,350 = ¥76,257"]
    assert whys(terms, date(2026, 7, 1))[0] == "¥80,000 a month, as agreed."


def test_a_step_tells_where_its_price_comes_from():
    terms = lease_terms(prices=(Price(RENT, 76257, START, 2350),), rent_steps=((1, 5000),))
    assert whys(terms, START) == [
        "32.45 m² × ¥2,350 = ¥76,257; ¥76,257 × 50% (contract year 1) = ¥38,128"
    ]
    other = lease_terms(prices=(Price(RENT, 70000, START, 2350),))
    assert whys(other, START) == ["¥70,000 a month, as agreed."]


def test_segments_that_are_no_whole_days_write_the_exact_share():
    start, until = date(2026, 5, 5), date(2026, 5, 21)
    prices = (Price(RENT, 31000, start), Price(RENT, 62000, date(2026, 5, 11)))
    terms = lease_terms(starts_on=start, ends_on=until, prices=prices, proration_entry=MONTHLY)
    assert whys(terms, start) == ["¥31,000 × 15 of 62 days + ¥62,000 × 25 of 62 days = ¥32,500"]


def test_segments_of_a_part_month_write_whole_days():
    start = date(2026, 4, 11)
    prices = (Price(RENT, 30000, start), Price(RENT, 60000, date(2026, 4, 21)))
    terms = lease_terms(starts_on=start, prices=prices)
    assert whys(terms, start) == ["¥30,000 × 10 of 30 days + ¥60,000 × 10 of 30 days = ¥30,000"]
    clipped = (Price(RENT, 30000, date(2026, 5, 2)), Price(RENT, 60000, date(2026, 5, 12)))
    terms = lease_terms(
        starts_on=date(2026, 5, 2),
        ends_on=date(2026, 5, 29),
        prices=clipped,
        proration_entry=FIXED30,
    )
    assert amounts(terms, date(2026, 5, 2))[RENT] == 30000 * 10 // 30 + 60000 * 17 // 30


def test_the_rounding_unit_is_the_lease_s_own():
    terms = lease_terms(starts_on=date(2026, 5, 11), rounding_unit=100)
    assert amounts(terms, date(2026, 5, 1))[RENT] == 51600
    assert amounts(terms, date(2026, 6, 1))[RENT] == 76257
    assert whys(terms, date(2026, 5, 1))[0] == (
        "¥76,257 × 21 of 31 days, rounded down to ¥100 = ¥51,600"
    )
    assert "rounded" not in whys(terms, date(2026, 6, 1))[0]
    stepped = lease_terms(starts_on=date(2026, 5, 1), rounding_unit=100, rent_steps=((1, 5000),))
    assert whys(stepped, date(2026, 5, 1))[0] == (
        "¥76,257 × 50% (contract year 1), rounded down to ¥100 = ¥38,100"
    )


def test_nothing_before_the_first_day_nor_after_the_last():
    terms = lease_terms(ends_on=date(2026, 6, 1), subsidies=(a_grant(),))
    assert rules.month_lines(terms, date(2026, 3, 1)) == []
    assert rules.month_lines(terms, date(2026, 6, 1)) == []
    assert rules.awards(terms, date(2026, 6, 1)) == ()
    assert rules.month_lines(lease_terms(prices=()), START) == []


@pytest.mark.parametrize(
    ("asked", "price"),
    [
        (Asked(3245, 80000, 2350), (80000, 2350)),
        (Asked(3245, None, 2350), (76257, 2350)),
        (Asked(3245, 80000, 2350, rent=70000), (70000, None)),
        (Asked(3245, 80000, 2350, by_area=2000), (64900, 2000)),
        (Asked(3245, None, None), (0, None)),
    ],
)
def test_what_was_typed_comes_before_the_unit_s_price(asked, price):
    assert rules.agreed_price(asked) == price


@pytest.mark.parametrize(
    ("bp", "said"), [(5000, "50%"), (3333, "33.33%"), (1250, "12.5%"), (0, "0%")]
)
def test_shares_are_said_in_percent(bp, said):
    assert percent(bp) == said


# subsidies


def test_per_square_metre_with_area_cap():
    terms = lease_terms(
        rent=300000,
        area=12000,
        subsidies=(
            a_grant(
                method=Method.PER_M2,
                steps=(Step(60, 500),),
                area_cap=10000,
                delivery=Delivery.TENANT_REIMBURSE,
            ),
        ),
    )
    expected = VECTORS["TV-010"]["expected"]
    assert granted(terms, START) == [expected["monthly"]]
    assert rules.drawn_by_year(terms, 1)[2026] == expected["yearly"]
    rent, line = rules.month_lines(terms, START)
    assert (rent.amount, line.amount, line.rule) == (300000, 0, "BR-S02")
    assert "100.00 of 120.00 m² × ¥500 = ¥50,000" in str(line.why)
    assert "pays it to the tenant afterwards" in str(line.why)


@pytest.mark.parametrize("case", VECTORS["TV-011"]["expected"])
def test_subsidy_has_its_own_proration(case):
    start = date.fromisoformat(case["start"])
    grant = a_grant(
        method=Method.FIXED, steps=(Step(0, 50000),), proration=FIXED30, from_month=start
    )
    terms = lease_terms(rent=300000, starts_on=start, ends_on=date(2031, 4, 1), subsidies=(grant,))
    assert granted(terms, start) == [case["subsidy"]]
    rent = rules.month_lines(terms, start)[0].inputs
    assert (min(rent["days"], 30), rent["days_in_month"]) == (case["days"], case["days_in_month"])


@pytest.mark.parametrize(("year", "expected"), VECTORS["TV-013"]["expected"].items())
def test_steps_by_tenancy_month(year, expected):
    grant = a_grant(
        method=Method.PER_M2,
        steps=(Step(12, 1000), Step(12, 700), Step(12, 300)),
        area_cap=5000,
        delivery=Delivery.LANDLORD_AGENT,
    )
    terms = lease_terms(rent=168000, area=6000, subsidies=(grant,))
    place = 12 * (int(year.removeprefix("year")) - 1)
    month = rules.quote(terms).lines_by_month[place]
    assert month.granted == expected["subsidy"]
    assert month.total == expected["invoice_total"]
    assert month.total - month.to_facility == expected["tenant_net"]


BESIDE = {
    "TENANT_REIMBURSE": "municipality_pays_tenant",
    "LANDLORD_AGENT": "applied_from_municipality",
    "RENT_REDUCTION": "landlord_subsidy_income_out_of_scope",
}
BESIDE_THE_INVOICE = set(BESIDE.values())


@pytest.mark.parametrize(("delivery", "expected"), VECTORS["TV-015"]["expected"].items())
def test_delivery_decides_the_invoice(delivery, expected):
    grant = a_grant(
        method=Method.FIXED, steps=(Step(0, 50000),), delivery=Delivery(delivery.lower())
    )
    month = rules.quote(lease_terms(rent=168000, subsidies=(grant,))).lines_by_month[0]
    assert month.subtotal == expected["invoice_subtotal"]
    assert month.tax == expected["tax"]
    assert month.total == expected["total"]
    assert month.granted == VECTORS["TV-015"]["inputs"]["subsidy"]
    beside = {name: sum_ for name, sum_ in expected.items() if name in BESIDE_THE_INVOICE}
    assert beside == {BESIDE[delivery]: month.granted}
    assert month.total - month.to_facility == expected["tenant_pays"]
    assert month.to_tenant == expected.get(BESIDE["TENANT_REIMBURSE"], 0)


@pytest.mark.parametrize(
    ("facts", "month", "given"),
    [
        ({}, START, [38128]),
        ({"monthly_cap": 30000}, START, [30000]),
        ({"rounding_unit": 1000}, START, [38000]),
        ({"includes_common_fee": True}, START, [46241]),
        ({"includes_tax": True, "delivery": Delivery.TENANT_REIMBURSE}, START, [41941]),
        ({"method": Method.FIXED, "steps": (Step(0, 90000),)}, START, [76257]),
        (
            {
                "method": Method.FIXED,
                "steps": (Step(0, 90000),),
                "includes_tax": True,
                "delivery": Delivery.LANDLORD_AGENT,
            },
            START,
            [83882],
        ),
        ({"fy_cap": 100000}, date(2026, 6, 1), [100000 - 2 * 38128]),
        ({"fy_cap": 100000}, date(2026, 7, 1), [0]),
        ({"fy_cap": 100000}, date(2027, 4, 1), [38128]),
        ({"total_cap": 100000}, date(2026, 6, 1), [100000 - 2 * 38128]),
        ({"total_cap": 100000}, date(2027, 6, 1), [0]),
        ({"fy_cap": 50000, "total_cap": 60000}, date(2027, 4, 1), [10000]),
        ({"drawn_before": ((2026, 90000),), "fy_cap": 100000}, START, [10000]),
        ({"drawn_before": ((2025, 90000),), "total_cap": 100000}, START, [10000]),
        ({"max_months": 3}, date(2026, 6, 1), [38128]),
        ({"max_months": 3}, date(2026, 7, 1), []),
        ({"max_months": 3, "counted_from": date(2026, 2, 1)}, date(2026, 5, 1), []),
        ({"max_fiscal_years": 1}, date(2027, 3, 1), [38128]),
        ({"max_fiscal_years": 1}, date(2027, 4, 1), []),
        ({"from_month": date(2026, 6, 1)}, date(2026, 5, 1), []),
        ({"until_month": date(2026, 6, 1)}, date(2026, 6, 1), []),
        ({"steps": (Step(2, 5000),)}, date(2026, 6, 1), []),
        (
            {
                "steps": (Step(2, 5000), Step(0, 2500)),
                "from_month": date(2026, 6, 1),
                "anchor": Anchor.FIRST_GRANT,
            },
            date(2026, 6, 1),
            [38128],
        ),
        (
            {"steps": (Step(2, 5000), Step(0, 2500)), "from_month": date(2026, 6, 1)},
            date(2026, 6, 1),
            [19064],
        ),
    ],
)
def test_caps_and_periods(facts, month, given):
    terms = lease_terms(fee=16225, subsidies=(a_grant(**facts),))
    assert granted(terms, month) == given


TWO_THIRDS, ONE_THIRD = Step(0, 2, 3), Step(0, 1, 3)


@pytest.mark.parametrize(
    ("rent", "step", "facts", "given"),
    [
        (100000, TWO_THIRDS, {}, 66666),
        (70000, ONE_THIRD, {}, 23333),
        (90000, ONE_THIRD, {}, 30000),
        (99999, TWO_THIRDS, {}, 66666),
        (76257, TWO_THIRDS, {"includes_tax": True, "delivery": Delivery.LANDLORD_AGENT}, 55921),
        (100000, TWO_THIRDS, {"rounding_unit": 1000}, 66000),
        (100000, TWO_THIRDS, {"monthly_cap": 66666}, 66666),
        (100000, TWO_THIRDS, {"monthly_cap": 66665}, 66665),
        (100000, Step(0, 6667), {}, 66670),
        (100000, Step(0, 5000), {}, 50000),
    ],
)
def test_a_fraction_of_the_rent_is_exact(rent, step, facts, given):
    terms = lease_terms(rent=rent, subsidies=(a_grant(steps=(step,), **facts),))
    assert granted(terms, START) == [given]


def test_a_fraction_follows_the_rent_of_part_of_a_month():
    start = date(2026, 4, 16)
    grant = a_grant(steps=(TWO_THIRDS,))
    assert granted(lease_terms(rent=90000, starts_on=start, subsidies=(grant,)), start) == [30000]


def test_fractions_add_up_over_a_term_by_month_and_up_to_a_cap():
    grant = a_grant(steps=(Step(12, 2, 3), ONE_THIRD))
    terms = lease_terms(rent=100000, ends_on=date(2028, 4, 1), subsidies=(grant,))
    assert rules.drawn_by_year(terms, 1) == {2026: 12 * 66666, 2027: 12 * 33333}
    assert sum(month.granted for month in rules.quote(terms).lines_by_month) == 1_199_988
    grant = a_grant(steps=(TWO_THIRDS,), total_cap=1_000_000)
    terms = lease_terms(rent=100000, subsidies=(grant,))
    months = [date(2027, 6, 1), date(2027, 7, 1), date(2027, 8, 1)]
    assert [granted(terms, month) for month in months] == [[66666], [10], [0]]


def test_a_fraction_is_told_as_it_was_written():
    terms = lease_terms(rent=100000, subsidies=(a_grant(steps=(TWO_THIRDS,)),))
    line = rules.month_lines(terms, START)[1]
    assert str(line.why) == "2/3 of the rent (¥100,000) = ¥66,666"
    assert translate(line.why, "ja") == "賃料100,000円の3分の2 = 66,666円"
    assert (line.inputs["rate"], line.inputs["of"]) == (2, 3)


@pytest.mark.parametrize(
    ("share", "step"),
    [
        (Fraction(1, 2), Step(12, 5000)),
        (Fraction(4, 6), Step(12, 2, 3)),
        (Fraction(1, 8), Step(12, 1250)),
        (Fraction(1), Step(12, 10000)),
        (Fraction(0), Step(12, 0)),
    ],
)
def test_a_share_is_kept_in_basis_points_where_they_are_exact(share, step):
    assert Step.of_share(12, share) == step
    assert step.share == share


@pytest.mark.parametrize(
    ("founded_on", "month", "given"),
    [
        (date(2017, 4, 2), START, [38128]),
        (date(2017, 4, 2), date(2027, 3, 1), [38128]),
        (date(2016, 4, 1), START, [0]),
        (date(2017, 3, 31), date(2027, 4, 1), [0]),
        (None, START, [38128]),
    ],
)
def test_age_is_looked_at_once_a_fiscal_year(founded_on, month, given):
    terms = lease_terms(founded_on=founded_on, subsidies=(a_grant(company_age_limit_years=10),))
    assert granted(terms, month) == given
    if not given[0]:
        assert "older than 10 years" in whys(terms, month)[1]


def test_programmes_are_stacked_in_order():
    first = a_grant(name="A")
    second = a_grant(name="B", method=Method.FIXED, steps=(Step(0, 60000),), programme_id=2)
    terms = lease_terms(rent=100000, fee=20000, subsidies=(first, second))
    assert granted(terms, START) == [50000, 50000]
    assert rules.month_lines(terms, START)[3].rule == "BR-S08"
    assert rules.drawn_by_year(terms, 2)[2026] == 600000
    twice = lease_terms(rent=100000, subsidies=(first, replace(first, name="B")))
    assert "1/2 of the rent still to pay (¥50,000)" in whys(twice, START)[2]
    with_fee = replace(second, includes_common_fee=True)
    terms = lease_terms(
        rent=100000, fee=20000, subsidies=(first, with_fee, replace(first, name="C"))
    )
    assert granted(terms, START) == [50000, 60000, 0]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"monthly_cap": 20000}, "1/2 of the rent (¥76,257), at most ¥20,000 a month"),
        ({"includes_tax": True}, "(¥83,882 with tax)"),
        ({"includes_common_fee": True}, "rent and common fee"),
        ({"steps": (Step(0, 3333),)}, "33.33% of the rent"),
        ({"fy_cap": 10000}, "at most ¥10,000 in a fiscal year, of which ¥10,000 were left"),
        ({"total_cap": 10000}, "at most ¥10,000 in all, of which ¥10,000 were left"),
        ({"method": Method.PER_M2, "steps": (Step(0, 500),)}, "32.45 m² × ¥500 = ¥16,225"),
        ({"method": Method.FIXED, "steps": (Step(0, 500),)}, "¥500 a month = ¥500"),
        ({"method": Method.FIXED, "steps": (Step(0, 90000),)}, "never more than what is charged"),
    ],
)
def test_every_subsidy_says_why(facts, words):
    terms = lease_terms(fee=16225, subsidies=(a_grant(**facts),))
    assert words in whys(terms, START)[2]


def test_part_of_a_month_of_subsidy_says_its_days():
    start = date(2026, 5, 11)
    grant = a_grant(method=Method.FIXED, steps=(Step(0, 31000),), from_month=start)
    terms = lease_terms(starts_on=start, subsidies=(grant,))
    assert whys(terms, start)[1] == "¥31,000 a month × 21 of 31 days = ¥21,000"


def test_inputs_are_plain_data_and_the_reason_is_said_in_japanese_too():
    terms = lease_terms(fee=16225, subsidies=(a_grant(fy_cap=100000),))
    for line in rules.month_lines(terms, START):
        json.dumps(line.inputs)
        assert translate(line.why, "ja")
        assert str(line.label)


# quotes


def test_quote_of_three_years():
    terms = lease_terms(
        fee=16225,
        starts_on=date(2026, 12, 16),
        ends_on=date(2029, 12, 16),
        rent_steps=((1, 5000), (2, 7000)),
        free_months=1,
        deposit=228771,
    )
    quote = rules.quote(terms)
    assert len(quote.lines_by_month) == 37
    assert [(year.number, len(year.months)) for year in quote.years] == [(1, 12), (2, 12), (3, 13)]
    assert quote.years[2].days == Stretch(date(2028, 12, 16), date(2029, 12, 16))
    assert quote.years[0].days == Stretch(date(2026, 12, 16), date(2027, 12, 16))
    assert quote.years[0].usual.month == date(2027, 2, 1)
    assert quote.years[0].total == sum(month.total for month in quote.years[0].months)
    assert quote.total == sum(year.total for year in quote.years)
    assert quote.move_in.total == 228771 + quote.move_in.first_month
    assert quote.granted == 0
    assert quote.years[0].usual.subtotal == 38128 + 16225
    assert quote.years[0].usual.to_facility == 0
    assert rules.full_month(terms, date(2027, 2, 1)) == (76257 + 16225) * 11 // 10
    part = lease_terms(starts_on=date(2026, 5, 11), ends_on=date(2026, 5, 20))
    assert rules.quote(part).years[0].usual.month == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        (1, "1/2 of the rent (¥76,257) = ¥38,128"),
        (1000, "1/2 of the rent (¥76,257), rounded down to ¥1,000 = ¥38,000"),
    ],
)
def test_a_rounded_subsidy_says_so(unit, said):
    terms = lease_terms(subsidies=(a_grant(rounding_unit=unit),))
    assert str(list(rules.month_lines(terms, START))[-1].why).startswith(said)


def test_a_year_from_a_leap_day_is_one_contract_year():
    terms = lease_terms(starts_on=date(2028, 2, 29), ends_on=date(2029, 3, 1))
    assert [year.days for year in rules.quote(terms).years] == [terms.days]
    rules.check_term(terms.days, rules.Limits(12, 12), [])


def test_tax_needs_a_rate_of_the_day():
    with pytest.raises(RuleBroken, match="No tax rate is set"):
        rules.quote(lease_terms(tax_rates=()))


# terms


@pytest.mark.parametrize("case", VECTORS["TV-042"]["expected"])
def test_notice_is_clipped_to_the_month(case):
    given_on = date.fromisoformat(case["notice"])
    assert rules.earliest_end(given_on, case["months"]) == date.fromisoformat(case["earliest_end"])


LEASE = Stretch(date(2026, 4, 1), date(2029, 4, 1))


@pytest.mark.parametrize(
    ("given_on", "last_day", "words"),
    [
        (date(2026, 5, 15), date(2026, 8, 15), None),
        (date(2026, 5, 15), date(2026, 8, 14), "earliest last day is Sat 15 Aug 2026"),
        (date(2026, 5, 15), date(2029, 4, 1), "ends on Sat 31 Mar 2029 anyway"),
        (date(2029, 2, 1), date(2029, 3, 1), "no day before the end"),
    ],
)
def test_notice(given_on, last_day, words):
    if words is None:
        rules.check_notice(LEASE, 3, given_on, last_day)
        return
    with pytest.raises(RuleBroken, match=words):
        rules.check_notice(LEASE, 3, given_on, last_day)


@pytest.mark.parametrize(
    ("days", "stays", "words"),
    [
        (LEASE, [], None),
        (LEASE, [Stretch(date(2024, 4, 1), LEASE.start)], None),
        (LEASE, [Stretch(date(2024, 3, 31), LEASE.start)], "until Fri 30 Mar 2029 at the latest"),
        (Stretch(date(2026, 4, 1), date(2031, 4, 2)), [], "at most 60 months"),
        (Stretch(date(2026, 4, 1), date(2026, 4, 1)), [], "at least a day"),
    ],
)
def test_longest_term_and_stay(days, stays, words):
    if words is None:
        rules.check_term(days, Limits(60, 60), stays)
        return
    with pytest.raises(RuleBroken, match=words):
        rules.check_term(days, Limits(60, 60), stays)


def test_the_first_stay_too_is_no_longer_than_all_may_be():
    with pytest.raises(RuleBroken, match="24 months in all"):
        rules.check_term(LEASE, Limits(60, 24), [])


@pytest.mark.parametrize(
    ("stays", "ends"),
    [
        ([], date(2031, 4, 1)),
        ([Stretch(date(2024, 4, 1), date(2026, 4, 1))], date(2029, 4, 1)),
        # a second unit besides the first one does not count twice
        (
            [
                Stretch(date(2024, 4, 1), date(2026, 4, 1)),
                Stretch(date(2025, 1, 1), date(2025, 6, 1)),
            ],
            date(2029, 4, 1),
        ),
        # away for 90 days before coming back, and for 31 between the first two stays
        (
            [
                Stretch(date(2025, 6, 1), date(2026, 1, 1)),
                Stretch(date(2024, 4, 1), date(2025, 5, 1)),
            ],
            date(2029, 4, 1) + timedelta(days=90 + 31),
        ),
        # what comes later does not count for a lease before it
        ([Stretch(date(2027, 4, 1), date(2028, 4, 1))], date(2031, 4, 1)),
    ],
)
def test_time_away_does_not_count_for_the_longest_stay(stays, ends):
    assert rules.stay_ends(stays, LEASE.start, 60) == ends


@pytest.mark.parametrize(
    ("basis", "explained_on", "expires_on", "fine"),
    [
        ("lease_fixed_term", date(2026, 3, 1), None, True),
        ("lease_fixed_term", date(2026, 3, 2), None, True),
        ("lease_fixed_term", date(2026, 3, 3), None, False),
        ("lease_fixed_term", None, None, False),
        ("use_permit", None, date(2026, 3, 2), True),
        ("use_permit", None, date(2026, 3, 1), False),
    ],
)
def test_explained_before_signed(basis, explained_on, expires_on, fine):
    signed_on = date(2026, 3, 2)
    if fine:
        rules.check_signature(basis, explained_on, signed_on, expires_on)
        return
    with pytest.raises(RuleBroken):
        rules.check_signature(basis, explained_on, signed_on, expires_on)


@pytest.mark.parametrize(
    ("until", "fine"),
    [
        (date(2026, 4, 2), True),
        (date(2029, 4, 1), True),
        (date(2026, 4, 1), False),
        (date(2029, 4, 2), False),
    ],
)
def test_a_lease_ends_inside_its_days(until, fine):
    if fine:
        rules.check_end(LEASE, until)
        return
    with pytest.raises(RuleBroken):
        rules.check_end(LEASE, until)


def test_end_of_a_fixed_term_is_announced_in_its_window():
    window = rules.end_notice_window(LEASE, "lease_fixed_term")
    assert (window.start, window.last) == (date(2028, 4, 1), date(2028, 10, 1))
    assert rules.end_notice_window(LEASE, "use_permit") is None
    assert (
        rules.end_notice_window(Stretch(LEASE.start, date(2027, 3, 31)), "lease_fixed_term") is None
    )
    assert rules.late_notice_counts_from(date(2028, 12, 15)) == date(2029, 6, 15)


@pytest.mark.parametrize(
    ("today", "urgency"),
    [
        (date(2028, 4, 1), "mid"),
        (date(2028, 8, 31), "mid"),
        (date(2028, 9, 1), "risk"),
        (date(2028, 10, 1), "risk"),
        (date(2028, 10, 2), "bad"),
    ],
)
def test_an_announcement_presses_more_and_more(today, urgency):
    assert rules.end_notice_urgency(LEASE.until, today) == urgency


@pytest.mark.parametrize(
    ("days", "announced_on", "words"),
    [
        (LEASE, date(2028, 4, 1), None),
        (LEASE, date(2028, 12, 1), None),
        (LEASE, date(2028, 3, 31), "from Sat 1 Apr 2028 on"),
        (LEASE, date(2028, 12, 2), "still to come"),
        (Stretch(LEASE.start, date(2026, 10, 1)), date(2026, 9, 1), "needs no announcement"),
    ],
)
def test_an_end_is_announced_neither_too_early_nor_ahead(days, announced_on, words):
    window = rules.end_notice_window(days, "lease_fixed_term")
    if words is None:
        rules.check_end_notice(window, announced_on, date(2028, 12, 1))
        return
    with pytest.raises(RuleBroken, match=words):
        rules.check_end_notice(window, announced_on, date(2028, 12, 1))


# deposits


def test_deposit_settlement():
    inputs, expected = VECTORS["TV-034"]["inputs"], VECTORS["TV-034"]["expected"]
    costs = Costs(
        inputs["unpaid_invoices"], inputs["late_charges"], inputs["restoration_ex_tax"], 1000
    )
    assert costs.restoration_with_tax == expected["restoration_incl_tax"]
    assert rules.settle(inputs["deposit"], costs).refund == expected["refund"]
    assert rules.settle(100000, costs) == Settlement(100000, 0, 68557)


def test_deposit_ledger():
    entries = [("due", 300), ("received", 200), ("set_off", 50), ("refunded", 20)]
    assert rules.balance(entries) == 130
    assert rules.still_due(entries) == 100
    assert rules.still_due([("received", 5)]) == 0


# properties

DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
SHARES = st.sampled_from(Proration)
CAPS = st.none() | st.integers(0, 200_000)
GRANTS = st.builds(
    a_grant,
    method=st.sampled_from(Method),
    steps=st.lists(
        st.builds(Step, st.integers(1, 18), st.integers(0, 10_000))
        | st.builds(Step, st.integers(1, 18), st.integers(0, 3), st.just(3)),
        min_size=1,
        max_size=3,
    ).map(tuple),
    from_month=st.just(date(2020, 1, 1)),
    includes_common_fee=st.booleans(),
    includes_tax=st.booleans(),
    area_cap=st.none() | st.integers(1, 10_000),
    monthly_cap=CAPS,
    fy_cap=CAPS,
    total_cap=CAPS,
    max_months=st.none() | st.integers(1, 36),
    proration=SHARES,
    rounding_unit=st.sampled_from([1, 10, 100, 1000]),
    delivery=st.sampled_from(Delivery),
)


@st.composite
def leases(draw):
    start = draw(DAYS)
    until = start + timedelta(days=draw(st.integers(1, 1200)))
    return lease_terms(
        rent=draw(st.integers(0, 400_000)),
        fee=draw(st.integers(0, 60_000)),
        starts_on=start,
        ends_on=until,
        rent_steps=draw(st.sampled_from([(), ((1, 5000), (2, 7000)), ((1, 0),)])),
        free_months=draw(st.integers(0, 3)),
        proration_entry=draw(SHARES),
        proration_exit=draw(SHARES),
        subsidies=tuple(draw(st.lists(GRANTS, max_size=3))),
    )


@settings(max_examples=60, deadline=None)
@given(leases())
def test_subsidies_stay_within_rent_and_caps(terms):
    drawn = [{} for _ in terms.subsidies]
    for month in terms.days.months():
        charged = amounts(terms, month)
        rent, fee = charged.get(RENT, 0), charged.get(COMMON_FEE, 0)
        awards = rules.awards(terms, month)
        assert sum(award.amount for award in awards) <= (rent + fee) * 11 / 10
        reductions = [a for a in awards if a.grant.delivery is Delivery.RENT_REDUCTION]
        assert sum(award.amount for award in reductions) <= rent + fee
        for award in awards:
            grant = award.grant
            assert award.amount >= 0
            assert award.amount <= (rent + fee * grant.includes_common_fee) * 11 / 10
            assert grant.monthly_cap is None or award.amount <= grant.monthly_cap
            place = next(i for i, each in enumerate(terms.subsidies) if each is grant)
            year = fiscal_year(month)
            drawn[place][year] = drawn[place].get(year, 0) + award.amount
    for grant, years in zip(terms.subsidies, drawn, strict=True):
        assert grant.fy_cap is None or all(amount <= grant.fy_cap for amount in years.values())
        assert grant.total_cap is None or sum(years.values()) <= grant.total_cap


@settings(max_examples=60, deadline=None)
@given(leases())
def test_periods_tile_the_lease(terms):
    at = terms.starts_on
    for month in terms.days.months():
        line = next(each for each in rules.month_lines(terms, month) if each.kind == RENT)
        assert line.days.start == at
        assert line.amount >= 0
        at = line.days.until
    assert at == terms.ends_on


@settings(max_examples=60, deadline=None)
@given(leases(), st.data())
def test_a_split_of_any_month_sums_to_the_month(terms, data):
    """A price written down again on any day changes nothing: its parts are the month."""
    day = data.draw(st.dates(terms.starts_on, terms.ends_on - timedelta(days=1)))
    assume(day != terms.starts_on)
    again = tuple(replace(price, from_day=day) for price in terms.prices)
    split = replace(terms, prices=terms.prices + again)
    assert amounts(split, day) == amounts(terms, day)


@given(st.integers(28, 31), st.data())
def test_parts_by_calendar_days_sum_to_the_month_exactly(of, data):
    cut = data.draw(st.integers(0, of))
    parts = [Fraction(*share_of_month(ACTUAL, days, of)) for days in (cut, of - cut)]
    assert sum(parts) == 1
    assert share_of_month(FIXED30, of, of) == (1, 1)


@settings(max_examples=30, deadline=None)
@given(leases())
def test_history_walked_once_agrees_with_the_months_one_by_one(terms):
    used = [0] * len(terms.subsidies)
    capped = tuple(replace(grant, fy_cap=None, total_cap=None) for grant in terms.subsidies)
    plain = replace(terms, subsidies=capped)
    for month in terms.days.months():
        if len(terms.subsidies) == 1 and terms.subsidies[0].total_cap is not None:
            one = replace(terms.subsidies[0], fy_cap=None)
            free = sum(award.amount for award in rules.awards(plain, month))
            got = sum(a.amount for a in rules.awards(replace(terms, subsidies=(one,)), month))
            assert got == min(free, max(one.total_cap - used[0], 0))
            used[0] += got


def test_whole_months_are_full_months():
    assert whole_month(date(2027, 2, 14)).days == 28
    assert amounts(lease_terms(proration_entry=FIXED30), date(2027, 2, 1))[RENT] == 76257
