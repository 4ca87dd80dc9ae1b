"""Credit paid back to a venture: as much as there is, once, and every sum knows it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from incubator.billing.actions.pay import CreditUse, PaymentDetails, record_payment, use_credit
from incubator.billing.actions.refund import RefundDetails, refund_credit
from incubator.billing.actions.reverse import ReversalDetails, reverse_payment
from incubator.billing.models import JournalEntry, Refund, RefundPart, ReversalCause
from incubator.billing.queries import audit as violations
from incubator.billing.queries import balances_of, credit_of
from incubator.billing.queries import payments as queries
from incubator.billing.queries.refunds import refund_for, refund_in, refunds_in, refunds_of
from incubator.billing.rules import pay as pay_rules
from incubator.billing.rules import refund as rules
from incubator.core.access import Actor, Held, Role
from incubator.core.audit import AuditEntry
from incubator.core.db import db
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.outbox import OutboxMail
from tests.factories.payments import NOW, TODAY, make_desk, make_invoice

CAME_IN = date(2026, 11, 2)


@pytest.fixture
def desk():
    return make_desk()


def pay(desk, amount, **facts):
    facts = {"received_on": CAME_IN, **facts}
    details = PaymentDetails(desk.facility.id, desk.venture.id, amount, **facts)
    return record_payment(details, actor=desk.clerk, now=NOW, today=TODAY)


def refund(desk, amount, actor=None, **facts):
    facts = {"paid_on": TODAY, "paid_to": "あおば銀行 本店 普通 1234567 カ）クモ", **facts}
    details = RefundDetails(desk.facility.id, desk.venture.id, amount, **facts)
    return refund_credit(details, actor=actor or desk.clerk, now=NOW, today=TODAY)


@pytest.mark.parametrize(
    ("amount", "paid_on", "field"),
    [
        (0, TODAY, "amount"),
        (-1, TODAY, "amount"),
        (101, TODAY, "amount"),
        (100, TODAY + timedelta(days=1), "paid_on"),
    ],
)
def test_what_cannot_be_paid_back_is_refused(amount, paid_on, field):
    with pytest.raises(RuleBroken) as broken:
        rules.check_refund(amount, 100, paid_on, TODAY, "JPY")
    assert broken.value.field == field


def test_all_of_the_credit_can_be_paid_back_but_not_before_it_came():
    rules.check_refund(100, 100, TODAY, TODAY, "JPY")
    rules.check_after(CAME_IN, CAME_IN)
    with pytest.raises(RuleBroken) as broken:
        rules.check_after(CAME_IN, CAME_IN - timedelta(days=1))
    assert broken.value.field == "paid_on"


@pytest.mark.parametrize(
    ("amount", "parts"), [(3, [(1, 3)]), (5, [(1, 5)]), (6, [(1, 5), (3, 1)]), (0, [])]
)
def test_what_is_taken_comes_from_the_first_that_holds_any(amount, parts):
    assert pay_rules.take(amount, [(1, 5), (2, 0), (3, 4)]) == parts


def test_numbers_count_by_facility_and_fiscal_year():
    assert rules.number_of("AOBA", date(2027, 3, 31), 7) == "AOBA-PB-2026-00007"
    assert rules.series_of(4, date(2027, 4, 1)) == "refund:4:2027"


def test_every_sum_knows_what_was_paid_back(desk):
    first, second = pay(desk, 3_000), pay(desk, 5_000)
    made = refund(desk, 4_000)
    assert [(part.payment_id, part.amount) for part in made.parts] == [
        (first.id, 3_000),
        (second.id, 1_000),
    ]
    venture, here = desk.venture.id, desk.facility.id
    assert credit_of(venture) == credit_of(venture, here) == 4_000
    assert balances_of(venture, TODAY).credit == 4_000
    assert (queries.left_of(first), queries.left_of(second)) == (0, 4_000)
    assert [(each.payment, each.left) for each in queries.with_credit(venture)] == [(second, 4_000)]
    entry = db.session.scalar(
        db.select(JournalEntry).where(JournalEntry.source == f"refund:{made.id}")
    )
    assert {each.account.value: each.amount for each in entry.postings} == {
        "customer_credit": 4_000,
        "bank": -4_000,
    }
    assert refunds_in(here) == refunds_of(venture) == [made]
    assert violations() == []


def test_what_was_paid_back_cannot_be_used_or_paid_back_again(desk):
    pay(desk, 3_000)
    refund(desk, 3_000)
    invoice = make_invoice(desk.facility, desk.venture, 11_000, CAME_IN)
    use = CreditUse(desk.facility.id, desk.venture.id, invoice.id, 1)
    with pytest.raises(RuleBroken):
        use_credit(use, actor=desk.clerk, now=NOW, today=TODAY)
    with pytest.raises(RuleBroken):
        refund(desk, 1)
    with pytest.raises(RuleBroken):
        refund(desk, 1, paid_on=CAME_IN - timedelta(days=1))


def test_a_payment_that_was_paid_back_in_part_cannot_be_reversed(desk):
    payment = pay(desk, 3_000)
    refund(desk, 1_000)
    why = ReversalDetails(TODAY, ReversalCause.MISTAKE, "x")
    with pytest.raises(RuleBroken, match="paid back"):
        reverse_payment(payment, why, actor=desk.clerk, now=NOW, today=TODAY)


def test_money_is_not_paid_back_before_it_came_in(desk):
    pay(desk, 3_000)
    with pytest.raises(RuleBroken) as broken:
        refund(desk, 1_000, paid_on=CAME_IN - timedelta(days=1))
    assert broken.value.field == "paid_on"


def test_a_form_sent_twice_is_recorded_once(desk):
    pay(desk, 3_000)
    first = refund(desk, 1_000, once_key="k")
    assert refund(desk, 1_000, once_key="k") is first
    assert db.session.scalar(db.select(db.func.count()).select_from(Refund)) == 1


@pytest.mark.parametrize("role", [Role.FACILITY_ADMIN, Role.MANAGER, Role.MENTOR])
def test_only_who_records_money_pays_back(desk, role):
    pay(desk, 3_000)
    other = Actor(1, "someone", (Held(role, facility_id=desk.facility.id),))
    with pytest.raises(NotAllowed):
        refund(desk, 1_000, actor=other)


def test_it_is_written_down_and_the_venture_is_told(desk):
    pay(desk, 3_000)
    made = refund(desk, 1_000)
    entry = db.session.scalar(db.select(AuditEntry).where(AuditEntry.deed == "refund_credit"))
    assert (entry.after["number"], entry.after["amount"]) == (made.number, 1_000)
    mail = db.session.scalar(db.select(OutboxMail).where(OutboxMail.template == "credit_paid_back"))
    assert made.number in mail.subject
    assert made.paid_to in mail.body


def test_refunds_of_others_do_not_exist(desk):
    pay(desk, 3_000)
    made, other = refund(desk, 1_000), make_desk()
    assert refund_in(desk.facility.id, made.id) is refund_for(desk.venture.id, made.id)
    for ask in (
        lambda: refund_in(other.facility.id, made.id),
        lambda: refund_for(other.venture.id, made.id),
    ):
        with pytest.raises(NotFound):
            ask()


@pytest.mark.parametrize("table", ["refund", "refund_part"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_nothing_of_it_can_be_changed_or_deleted(desk, table, deed):
    pay(desk, 3_000)
    refund(desk, 1_000)
    with pytest.raises(IntegrityError, match=f"{table}_stays"), db.session.begin_nested():
        db.session.execute(text(deed.format(table)))


def test_the_auditor_sees_a_refund_that_does_not_add_up_or_takes_others_money(desk):
    pay(desk, 3_000)
    made, other = refund(desk, 1_000), make_desk()
    foreign = pay(other, 500)
    db.session.add(RefundPart(refund_id=made.id, payment_id=foreign.id, amount=600))
    db.session.flush()
    found = {each.check for each in violations()}
    assert {"refund_adds_up", "own_money", "payment_covers"} <= found
