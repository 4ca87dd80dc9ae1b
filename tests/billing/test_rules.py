import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incubator.billing import rules
from incubator.core.days import Roll, Stretch
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Label, Message, Name, Sum, say, translate
from incubator.core.money import Rounding
from incubator.core.packing import pack, unpack
from tests.vectors import VECTORS, basis_points

SINCE_2019 = date(2019, 10, 1)
RATES = (
    rules.Rate("standard", date(1989, 4, 1), 300),
    rules.Rate("standard", date(2014, 4, 1), 800),
    rules.Rate("standard", SINCE_2019, 1000),
    rules.Rate("reduced", SINCE_2019, 800),
)
MAY = date(2026, 5, 1)
amounts = st.integers(-(10**9), 10**9)


def taxed(lines: list[int], mode: Rounding = Rounding.FLOOR) -> int:
    return sum(
        group.tax for group in rules.tax_groups([("standard", 1000, each) for each in lines], mode)
    )


def per_line(lines: list[int]) -> int:
    return sum(taxed([each]) for each in lines)


def test_tax_is_rounded_once_per_rate():
    """TV-020, TV-021"""
    first, second = VECTORS["TV-020"], VECTORS["TV-021"]
    lines = first["inputs"]["lines_ex_tax"]
    assert {"tax": taxed(lines), "wrong_per_line_sum": per_line(lines)} == first["expected"]
    lines = list(second["inputs"]["lines_ex_tax"].values())
    assert second["expected"] == {
        "subtotal": sum(lines),
        "tax": taxed(lines),
        "total": sum(lines) + taxed(lines),
        "wrong_per_line_sum": per_line(lines),
    }


def test_tax_inside_a_sum():
    """TV-023"""
    expected = VECTORS["TV-023"]["expected"]
    assert sum(VECTORS["TV-023"]["inputs"]["lines_incl_tax"]) == expected["total_incl"]
    tax = rules.tax_within(expected["total_incl"], 1000, Rounding.FLOOR)
    assert (tax, expected["total_incl"] - tax) == (expected["tax"], expected["net"])


@pytest.mark.parametrize("mode", list(Rounding))
def test_each_rounding_mode(mode: Rounding):
    """TV-024"""
    vector = VECTORS["TV-024"]
    assert taxed([vector["inputs"]["subtotal"]], mode) == vector["expected"][mode.name]


@given(st.lists(amounts, min_size=1, max_size=20), st.sampled_from(list(Rounding)))
def test_a_full_credit_is_the_exact_mirror(lines: list[int], mode: Rounding):
    """BR-T06, TV-025"""
    assert taxed([-each for each in lines], mode) == -taxed(lines, mode)


def test_a_return_below_the_limit_needs_no_credit_note():
    """TV-026"""
    for told, duty in VECTORS["TV-026"]["expected"]["duty"].items():
        for sign in (1, -1):
            assert rules.owes_credit_note(sign * int(told.split()[0])) is duty


@pytest.mark.parametrize(
    ("category", "day", "rate"),
    [
        ("standard", date(2014, 3, 31), 300),
        ("standard", date(2019, 9, 30), 800),
        ("standard", date(2019, 10, 1), 1000),
        ("reduced", date(2026, 5, 1), 800),
        ("exempt", date(2026, 5, 1), None),
        ("out_of_scope", date(1900, 1, 1), None),
    ],
)
def test_the_rate_is_that_of_the_day_of_service(category: str, day: date, rate: int | None):
    """BR-T01"""
    assert rules.tax_rate_on(category, day, RATES) == rate


def test_a_day_without_a_rate_is_refused():
    with pytest.raises(RuleBroken):
        rules.tax_rate_on("reduced", date(2019, 9, 30), RATES)


@pytest.mark.parametrize(
    ("rule", "day", "month", "due"),
    [
        ("prev_month_end", 25, date(2026, 5, 1), date(2026, 4, 30)),
        ("prev_month_end", 25, date(2026, 3, 15), date(2026, 2, 28)),
        ("prev_month_day", 25, date(2026, 5, 1), date(2026, 4, 25)),
        ("prev_month_day", 31, date(2026, 3, 1), date(2026, 2, 28)),
        ("same_month_day", 10, date(2026, 5, 1), date(2026, 5, 10)),
        ("same_month_day", 31, date(2026, 2, 1), date(2026, 2, 28)),
    ],
)
def test_the_day_a_rule_names(rule: str, day: int, month: date, due: date):
    """domain.md §7.1"""
    assert rules.rule_day(rules.DueTerms(rule, day, Roll.NONE), month) == due


def test_an_invoice_is_never_due_before_it_is_issued():
    terms = rules.DueTerms("prev_month_end", 25, Roll.NEXT)
    assert rules.due_on(terms, MAY, date(2026, 5, 12), rules.is_weekend) == date(2026, 5, 12)
    early = rules.DueTerms("prev_month_end", 25, Roll.PREVIOUS)
    assert rules.due_on(early, MAY, date(2026, 5, 2), rules.is_weekend) == date(2026, 5, 4)


def test_late_charges():
    """TV-030, TV-031, TV-032"""
    asked = VECTORS["TV-030"]["inputs"]
    owed = rules.Unpaid(asked["amount"], asked["days"], asked["denominator"])
    charge = rules.late_charge([owed], basis_points(asked["annual_rate"]))
    assert charge == VECTORS["TV-030"]["expected"]["late_charge"]
    assert rules.late_charge([rules.Unpaid(112_656, 20)], 1460) == 901
    assert rules.late_charge([rules.Unpaid(112_656, 20)], 300) == 185
    assert rules.late_charge([rules.Unpaid(500_000, 30, 366)], 1460) == 5983
    assert rules.late_charge([rules.Unpaid(100, 1)] * 26, 1460) == 1, "rounded once"


LATE = Stretch(date(2026, 5, 1), date(2026, 5, 21))
PAID_IN_PARTS = [
    rules.Paid(date(2026, 5, 20), 12_656),
    rules.Paid(date(2026, 4, 30), 40_000),
    rules.Paid(date(2026, 5, 10), 50_000, by_funder=True),
    rules.Paid(date(2026, 5, 5), 10_000),
]


def test_every_part_is_late_until_the_day_it_was_paid():
    """BR-L02: what came by the due day and what a funder paid is not late at all."""
    parts = rules.owed_late(112_656, PAID_IN_PARTS, 0)
    charge = rules.charge_late(parts, LATE, 1460, leap=False)
    assert charge.unpaid == (rules.Unpaid(10_000, 5), rules.Unpaid(12_656, 20))
    assert (charge.days, charge.amount) == (LATE, 121)
    assert str(charge.why("A-1", "JPY")) == (
        "Invoice A-1 was late: ¥10,000 × 5 days ÷ 365 + ¥12,656 × 20 days ÷ 365, at 14.6% a year"
    )
    whole = rules.owed_late(112_656, (), 112_656)
    assert rules.charge_late(whole, LATE, 1460, leap=False).amount == 901
    assert rules.charge_late(whole, Stretch(LATE.until, LATE.until), 1460, leap=False) is None


def test_late_charges_on_an_invoice_are_not_charged_for():
    """BR-L05: money pays the principal first."""
    assert rules.owed_late(100_000, [rules.Paid(LATE.start, 100_000)], 901) == [
        (100_000, LATE.start)
    ]
    assert rules.owed_late(100_000, (), 100_901) == [(100_000, None)]


def test_a_leap_year_may_have_its_own_length():
    """BR-L03"""
    turn = Stretch(date(2027, 12, 22), date(2028, 1, 11))
    charge = rules.charge_late([(500_000, None)], turn, 1460, leap=True)
    assert charge.unpaid == (rules.Unpaid(500_000, 10), rules.Unpaid(500_000, 10, 366))
    (as_agreed,) = rules.charge_late([(500_000, None)], turn, 1460, leap=False).unpaid
    assert as_agreed == rules.Unpaid(500_000, 20)


def test_the_statutory_rate_is_that_of_the_first_day():
    """TV-033"""
    vector = VECTORS["TV-033"]
    for text, rate in zip(
        vector["inputs"]["default_dates"], vector["expected"]["rates"], strict=True
    ):
        assert f"{rules.late_rate_bp(None, date.fromisoformat(text)) // 100}%" == rate
    with pytest.raises(RuleBroken):
        rules.late_rate_bp(None, date(2029, 4, 1))
    assert rules.late_rate_bp(1460, date(2029, 4, 1)) == 1460


@pytest.mark.parametrize(
    ("paid", "credited", "today", "state"),
    [
        (0, None, date(2026, 4, 30), "open"),
        (1, None, date(2026, 4, 30), "partial"),
        (0, 1, date(2026, 4, 30), "partial"),
        (99, None, date(2026, 5, 1), "overdue"),
        (0, None, date(2026, 5, 1), "overdue"),
        (100, None, date(2026, 5, 1), "paid"),
        (60, 40, date(2026, 5, 1), "paid"),
        (0, 100, date(2026, 5, 1), "credited"),
    ],
)
def test_the_state_follows_from_what_came_in(
    paid: int, credited: int | None, today: date, state: str
):
    """BR-B01"""
    found = rules.state_of(100, paid, date(2026, 4, 30), today, credited=credited)
    assert found == state
    assert translate(found.label, "en")


@pytest.mark.parametrize(("credited", "state"), [(None, "paid"), (0, "credited")])
def test_an_invoice_over_nothing_is_credited_once_it_is_taken_back(credited, state):
    """BR-B01"""
    assert rules.state_of(0, 0, MAY, MAY, credited=credited) == state


@pytest.mark.parametrize(
    ("start", "until", "valid"),
    [
        (None, None, True),
        (date(2026, 5, 1), None, True),
        (date(2026, 5, 2), None, False),
        (None, date(2026, 5, 1), False),
        (None, date(2026, 5, 2), True),
    ],
)
def test_without_a_valid_number_an_invoice_is_not_qualified(
    start: date | None, until: date | None, valid: bool
):
    """BR-T10"""
    number = rules.valid_reg_no("T9", (start, until), MAY)
    assert number == ("T9" if valid else None)
    assert ("Qualified" in str(rules.title_of("invoice", number))) is valid
    assert ("Qualified" in str(rules.title_of("credit_note", number))) is valid


def test_no_number_is_no_number():
    assert rules.valid_reg_no(None, (None, None), MAY) is None


@pytest.mark.parametrize(
    ("issuer", "recipient", "lines"),
    [({"name": " "}, {"name": "a"}, 1), ({"name": "a"}, {}, 1), ({"name": "a"}, {"name": "b"}, 0)],
)
def test_a_document_that_lacks_a_legal_item_is_refused(
    issuer: dict[str, str], recipient: dict[str, str], lines: int
):
    """BR-T02"""
    with pytest.raises(RuleBroken):
        rules.check_complete(issuer, recipient, lines=lines)


def test_numbers_and_keys():
    assert rules.number_of("AOBA", "invoice", date(2027, 3, 31), 7) == "AOBA-2026-00007"
    assert rules.number_of("AOBA", "credit_note", date(2027, 4, 1), 7) == "AOBA-CN-2027-00007"
    assert rules.series_of(3, "invoice", date(2027, 3, 31)) == "invoice:3:2026"
    assert [rules.run_key_of(MAY, n) for n in (0, 1)] == ["2026-05", "2026-05/2"]
    assert rules.is_whole_month(Stretch(MAY, date(2026, 6, 1)), MAY)
    assert not rules.is_whole_month(Stretch(MAY, date(2026, 5, 31)), MAY)


def item(**facts: object) -> rules.Item:
    plain: dict[str, object] = {
        "kind": "rent",
        "source": "lease:1",
        "service_month": MAY,
        "service": Stretch(MAY, date(2026, 6, 1)),
        "amount": 105,
        "currency": "JPY",
    }
    return rules.Item(**{**plain, **facts})  # type: ignore[arg-type]


def test_a_draft_orders_and_sums_its_lines():
    """BR-T05, BR-T08"""
    items = [
        item(kind="room", source="b", service=Stretch(date(2026, 4, 2), date(2026, 4, 3))),
        item(kind="common_fee", lease_id=2),
        item(kind="other", source="d", category="out_of_scope", amount=5000),
        item(kind="subsidy", lease_id=2, amount=-100),
        item(lease_id=2),
        item(lease_id=1),
        item(kind="other", source="c", category="reduced", amount=900),
    ]
    draft = rules.draft(items, RATES, Rounding.FLOOR)
    assert [(line.item.kind, line.item.lease_id) for line in draft.lines][:4] == [
        ("rent", 1), ("rent", 2), ("subsidy", 2), ("common_fee", 2),
    ]  # fmt: skip
    assert (draft.taxable, draft.tax, draft.untaxed) == (320 + 900, 32 + 72, 5000)
    assert draft.total == draft.taxable + draft.tax + draft.untaxed


def test_an_empty_draft_has_no_sum():
    draft = rules.draft([], RATES, Rounding.FLOOR)
    assert (draft.total, draft.currency) == (0, "JPY")


@pytest.mark.parametrize(("amount", "waits"), [(-104, False), (-105, False), (-106, True)])
def test_a_draft_below_zero_waits(amount: int, waits: bool):
    """BR-B04"""
    other = item(kind="other", source="x", amount=amount)
    assert rules.draft([item(), other], RATES, Rounding.FLOOR).waits is waits


def test_currencies_do_not_mix():
    with pytest.raises(RuleBroken):
        rules.draft([item(), item(source="x", currency="EUR")], RATES, Rounding.FLOOR)


def test_only_what_is_not_on_record_is_missing():
    """BR-B03"""
    old, new = item(lease_id=1), item(lease_id=1, service_month=date(2026, 6, 1))
    assert rules.missing([old, new], [old.key]) == [new]


SUBSIDY = {"kind": "subsidy", "source": "lease:1:programme:1", "lease_id": 1, "amount": -50}
JUNE = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("beside", "billed", "kept"),
    [
        ([{"lease_id": 1}], [], True),
        ([{"kind": "common_fee", "lease_id": 1}], [{"lease_id": 1}], False),
        ([], [{"lease_id": 1}], False),
        ([], [{"kind": "common_fee", "lease_id": 1}], False),
        ([{"lease_id": 1}], [{"kind": "common_fee", "lease_id": 1}], True),
        ([{"lease_id": 2}], [{"lease_id": 1}], False),
        ([], [{"lease_id": 1, "source": "lease:1@7"}], True),
        ([], [{"lease_id": 1, "service_month": JUNE}], True),
        ([], [{"lease_id": 2}, {"kind": "utility", "lease_id": 1}], True),
    ],
)
def test_a_subsidy_goes_with_the_rent_that_it_reduces(
    beside: list[dict[str, object]], billed: list[dict[str, object]], kept: bool
):
    """BR-S07, BR-T11"""
    subsidy, others = item(**SUBSIDY), [item(**facts) for facts in beside]
    found = rules.with_their_rent([*others, subsidy], [item(**facts) for facts in billed])
    assert found == [*others, *([subsidy] if kept else [])]


@pytest.mark.parametrize("today", [date(2026, 11, 1), date(2026, 12, 31), date(2028, 1, 1)])
def test_a_month_is_issued_two_months_ahead_or_later(today: date):
    rules.check_issuable(date(2027, 1, 31), today)


def test_a_month_too_far_ahead_is_not_issued():
    with pytest.raises(RuleBroken, match=r"Jan 2027 .* 1 Nov 2026"):
        rules.check_issuable(date(2027, 1, 1), date(2026, 10, 31))


@pytest.mark.parametrize(
    ("facts", "ripe"),
    [
        ({"lease_id": 1}, True),
        ({"lease_id": 1, "service_month": date(2026, 6, 1)}, False),
        ({"service": Stretch(date(2026, 4, 19), date(2026, 4, 20))}, True),
        ({"service": Stretch(date(2026, 4, 20), date(2026, 4, 21))}, False),
    ],
)
def test_rent_is_billed_ahead_and_use_after_it_is_over(facts: dict[str, object], ripe: bool):
    """BR-B04"""
    assert rules.ripe(item(**facts), MAY, date(2026, 4, 20)) is ripe


class Fruit(Label):
    APPLE = "apple"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        return {cls.APPLE: say("Apple")}


def test_reasons_survive_storage():
    message = say(
        "%(a)s %(b)s %(c)s %(d)s %(e)s %(f)s %(g)s",
        a=Sum(100, "JPY"), b=MAY, c=say("x %(n)s", n=1), d=Fruit.APPLE, e=None, f=1 / 2,
        g=Name("補助", "Grant"),
    )  # fmt: skip
    stored = json.loads(json.dumps(pack(message)))
    for lang in ("en", "ja"):
        assert translate(unpack(stored), lang) == translate(message, lang)
    assert rules.reason({"say": stored}) == unpack(stored)
    assert rules.reason({}) is None


def test_a_seal_covers_every_fact():
    header: dict[str, object] = {"number": "A-1", "issued_on": MAY, "rounding": Rounding.FLOOR}
    line: dict[str, object] = {"position": 1, "amount": 5}
    sealed = rules.seal(header, [line], [])
    assert sealed == rules.seal({**header, "rounding": "floor"}, [dict(line)], [])
    assert sealed != rules.seal({**header, "number": "A-2"}, [line], [])
    assert sealed != rules.seal(header, [{**line, "amount": 6}], [])
    assert sealed != rules.seal(header, [line], [{"tax": 1}])
