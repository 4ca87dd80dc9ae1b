from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.core.i18n import format_area
from incubator.core.money import Rounding, as_decimal, round_to, share_of, split_exactly

F = Fraction


@pytest.mark.parametrize(
    ("exact", "unit", "mode", "rounded"),
    [
        (F(63, 2), 1, Rounding.FLOOR, 31),
        (F(63, 2), 1, Rounding.HALF_UP, 32),
        (F(63, 2), 1, Rounding.CEIL, 32),
        (F(-63, 2), 1, Rounding.FLOOR, -31),
        (F(-63, 2), 1, Rounding.HALF_UP, -32),
        (F(69120, 110), 1, Rounding.FLOOR, 628),
        (F(45754), 10, Rounding.FLOOR, 45750),
        (F(45755), 10, Rounding.HALF_UP, 45760),
        (F(0), 100, Rounding.CEIL, 0),
    ],
)
def test_rounding_acts_on_the_absolute_value(exact, unit, mode, rounded):
    assert round_to(exact, unit, mode) == rounded


@pytest.mark.parametrize(
    ("area", "digits", "shown"),
    [
        (4200, 1, "42.0 m²"),
        (3245, 1, "32.45 m²"),
        (4200, 2, "42.00 m²"),
        (100552, 2, "1,005.52 m²"),
    ],
)
def test_areas_of_a_column_stand_point_below_point(area, digits, shown):
    assert format_area(area, "en", digits) == shown
    assert format_area(area, "ja", digits) == shown.replace(" m²", "㎡")


@given(st.integers(-(10**9), 10**9), st.integers(1, 31), st.sampled_from(list(Rounding)))
def test_a_credit_is_the_mirror_of_its_invoice(amount, days, mode):
    part = Fraction(amount * days, 31)
    assert round_to(-part, mode=mode) == -round_to(part, mode=mode)


@given(st.integers(0, 10**7), st.lists(st.integers(1, 10**5), min_size=1, max_size=20))
def test_parts_add_up_exactly(total, weights):
    parts = split_exactly(total, weights)
    assert sum(parts) == total
    assert all(
        abs(part * sum(weights) - total * w) < sum(weights)
        for part, w in zip(parts, weights, strict=True)
    )


def test_a_quarter_is_2500_basis_points():
    assert share_of(100, 2500) == 25


@pytest.mark.parametrize(
    ("amount", "currency", "text"), [(500, "JPY", "500"), (123, "EUR", "1.23")]
)
def test_yen_have_no_minor_unit(amount, currency, text):
    assert str(as_decimal(amount, currency)) == text
