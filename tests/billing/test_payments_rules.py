"""What rules say about money received."""

from datetime import UTC, date, datetime

import pytest

from incubator.billing.rules import card, pay
from incubator.billing.rules.card import Attempt, CardEvent, Mismatch
from incubator.billing.rules.pay import Age, OpenItem, Settled
from incubator.core.days import ONE_DAY, add_months
from incubator.core.errors import RuleBroken

MAY, JUNE, JULY = date(2026, 5, 31), date(2026, 6, 30), date(2026, 7, 31)
ITEMS = [
    OpenItem(3, "C", JULY, 300, "JPY"),
    OpenItem(1, "A", MAY, 100, "JPY"),
    OpenItem(2, "B", JUNE, 200, "JPY"),
]


@pytest.mark.parametrize(
    ("amount", "wanted", "parts", "rest"),
    [
        (40, None, ((1, 40),), 0),
        (100, None, ((1, 100),), 0),
        (250, None, ((1, 100), (2, 150)), 0),
        (600, None, ((1, 100), (2, 200), (3, 300)), 0),
        (750, None, ((1, 100), (2, 200), (3, 300)), 150),
        (120, {3: 120}, ((3, 120),), 0),
        (500, {3: 300, 1: 50}, ((3, 300), (1, 50)), 150),
        (500, {}, (), 500),
    ],
)
def test_money_settles_what_was_due_first_or_what_was_named(amount, wanted, parts, rest):
    assert pay.share_out(amount, ITEMS, wanted) == Settled(parts, rest)


@pytest.mark.parametrize(
    ("amount", "parts", "rest"),
    [
        (30, ((1, 30),), 0),
        (90, ((1, 40), (2, 50)), 0),
        (130, ((1, 40), (2, 50), (3, 40)), 0),
        (200, ((1, 100), (2, 50), (3, 50)), 0),
        (700, ((1, 100), (2, 200), (3, 300)), 100),
    ],
)
def test_what_comes_first_of_each_comes_before_the_rest_of_any(amount, parts, rest):
    assert pay.share_out(amount, ITEMS, None, {1: 40, 2: 50, 3: 50}) == Settled(parts, rest)


def test_money_without_an_open_invoice_is_credit():
    assert pay.share_out(500, []) == Settled((), 500)


def test_of_two_due_on_one_day_the_earlier_comes_first():
    items = [
        OpenItem(2, "B", MAY, 10, "JPY"),
        OpenItem(1, "A", MAY, 10, "JPY"),
        OpenItem(3, "C", MAY, 0, "JPY"),
    ]
    assert pay.share_out(30, items) == Settled(((1, 10), (2, 10)), 10)


@pytest.mark.parametrize(
    ("amount", "wanted", "field"),
    [
        (0, None, "amount"),
        (-5, None, "amount"),
        (100, {1: 0}, "amount"),
        (100, {9: 10}, "invoices"),
        (200, {1: 101}, "amount"),
        (90, {1: 100}, "amount"),
    ],
)
def test_what_cannot_be_settled_is_refused(amount, wanted, field):
    with pytest.raises(RuleBroken) as broken:
        pay.share_out(amount, ITEMS, wanted)
    assert broken.value.field == field
    assert "%(" not in str(broken.value)


def test_money_that_is_still_to_come_or_of_another_year_is_refused():
    pay.check_received_on(MAY, MAY)
    pay.check_received_on(add_months(MAY, -24), MAY)
    with pytest.raises(RuleBroken, match="Check the year"):
        pay.check_received_on(add_months(MAY, -24) - ONE_DAY, MAY)
    with pytest.raises(RuleBroken):
        pay.check_received_on(JUNE, MAY)


@pytest.mark.parametrize(
    ("method", "amount", "rest", "sides"),
    [
        ("bank", 100, 0, [("bank", 100), ("receivable", -100)]),
        ("card", 100, 30, [("card_clearing", 100), ("receivable", -70), ("customer_credit", -30)]),
        ("cash", 100, 100, [("cash", 100), ("customer_credit", -100)]),
        ("subsidy", 50, 0, [("subsidy", 50), ("receivable", -50)]),
        ("set_off", 50, 0, [("set_off", 50), ("receivable", -50)]),
    ],
)
def test_the_books_balance(method, amount, rest, sides):
    assert pay.postings_of(method, amount, rest) == sides
    assert sum(side for _, side in sides) == 0


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (1, Age.FRESH),
        (30, Age.FRESH),
        (31, Age.OLDER),
        (60, Age.OLDER),
        (61, Age.OLD),
        (90, Age.OLD),
        (91, Age.VERY_OLD),
        (4000, Age.VERY_OLD),
    ],
)
def test_what_is_late_falls_into_a_bucket(days, age):
    assert pay.age_of(days) is age
    assert age.label


def test_receipts_count_by_facility_and_fiscal_year():
    assert pay.receipt_number_of("AOBA", date(2027, 3, 31), 7) == "AOBA-R-2026-00007"
    assert pay.receipt_series_of(3, date(2027, 4, 1)) == "receipt:3:2027"


PAID = CardEvent(
    "evt_1",
    "checkout.session.completed",
    datetime(2026, 11, 24, tzinfo=UTC),
    live=False,
    checkout_id=1,
    session_id="cs_1",
    payment_id="pi_1",
    amount=500,
    currency="jpy",
    paid=True,
)


def changed(**facts):
    return CardEvent(**{**PAID.__dict__, **facts})


@pytest.mark.parametrize(
    ("event", "attempt", "why"),
    [
        (PAID, Attempt("cs_1", 500, "JPY"), None),
        (PAID, Attempt(None, 500, "JPY"), None),
        (changed(session_id=""), Attempt("cs_1", 500, "JPY"), None),
        (PAID, None, Mismatch.UNKNOWN),
        (PAID, Attempt("cs_2", 500, "JPY"), Mismatch.SESSION),
        (changed(currency="usd"), Attempt("cs_1", 500, "JPY"), Mismatch.CURRENCY),
        (changed(amount=50000), Attempt("cs_1", 500, "JPY"), Mismatch.AMOUNT),
        (changed(live=True), Attempt("cs_1", 500, "JPY"), Mismatch.MODE),
        (changed(account="acct_9"), Attempt("cs_1", 500, "JPY"), Mismatch.ACCOUNT),
    ],
)
def test_a_card_payment_is_the_one_we_asked_for(event, attempt, why):
    assert card.mismatch(event, attempt, live=False) is why
    assert why is None or why.label


@pytest.mark.parametrize(
    ("event", "money"),
    [
        (PAID, True),
        (changed(kind="payment_intent.succeeded"), True),
        (changed(paid=False), False),
        (changed(payment_id=""), False),
        (changed(kind="checkout.session.expired"), False),
    ],
)
def test_only_money_that_came_in_counts(event, money):
    assert card.is_payment(event) is money


@pytest.mark.parametrize(
    ("amount", "fine"), [(500, True), (50, True), (49, False), (0, False), (100_000_000, False)]
)
def test_a_card_pays_within_what_the_service_takes(amount, fine):
    if fine:
        card.check_payable(amount, "JPY")
        return
    with pytest.raises(RuleBroken):
        card.check_payable(amount, "JPY")


@pytest.mark.parametrize(
    ("amount", "awaited", "taken"),
    [
        (70, 30, [(3, 30), (1, 40)]),
        (20, 30, [(3, 20)]),
        (110, 30, [(3, 30), (1, 60), (2, 20)]),
        (140, 90, [(3, 50), (1, 60), (2, 30)]),
        (60, 0, [(1, 60)]),
    ],
)
def test_a_funders_money_settles_its_part_first_and_only_that(amount, awaited, taken):
    assert pay.take_credit(amount, [(1, 60), (2, 30)], [(3, 50)], awaited, "JPY") == taken


@pytest.mark.parametrize(
    ("amount", "awaited", "told"),
    [(121, 30, "Only ¥120"), (91, 0, "Only ¥90"), (141, 60, "The credit is only ¥140")],
)
def test_more_credit_than_an_invoice_may_take_is_refused(amount, awaited, told):
    with pytest.raises(RuleBroken, match=told):
        pay.take_credit(amount, [(1, 60), (2, 30)], [(3, 50)], awaited, "JPY")


@pytest.mark.parametrize(
    ("awaited", "own", "funded", "settled"),
    [(30, 100, 50, 100), (30, 40, 50, 70), (0, 40, 50, 40), (30, 0, 20, 20), (30, 100, 0, 70)],
)
def test_credit_settles_what_each_payer_owes(awaited, own, funded, settled):
    assert pay.credit_for(100, awaited, own, funded) == settled
