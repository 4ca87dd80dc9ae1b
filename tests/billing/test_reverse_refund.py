"""A repayment that was a mistake, or that came back: credit again, once, and every sum knows it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from incubator.billing.actions.pay import CreditUse, PaymentDetails, record_payment, use_credit
from incubator.billing.actions.reverse import (
    RefundReversalDetails,
    ReversalDetails,
    reverse_payment,
    reverse_refund,
)
from incubator.billing.models import (
    JournalEntry,
    RefundReversal,
    RefundReversalCause,
    ReversalCause,
)
from incubator.billing.queries import audit as violations
from incubator.billing.queries import credit_of
from incubator.billing.queries import payments as queries
from incubator.billing.rules import reverse as rules
from incubator.core.access import Actor, Held, Role
from incubator.core.audit import AuditEntry
from incubator.core.db import db
from incubator.core.errors import NotAllowed, RuleBroken
from incubator.core.outbox import OutboxMail
from tests.factories.base import keep
from tests.factories.payments import NOW, TODAY, make_desk, make_invoice, pay_back

CAME_IN = date(2026, 11, 2)
PAID_ON = date(2026, 11, 20)
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def desk():
    return make_desk()


def pay(desk, amount):
    details = PaymentDetails(desk.facility.id, desk.venture.id, amount, CAME_IN)
    return record_payment(details, actor=desk.clerk, now=NOW, today=TODAY)


def reverse(desk, refund, actor=None, on_day=TODAY, reason="口座名義の誤り"):
    details = RefundReversalDetails(on_day, RefundReversalCause.RETURNED, reason)
    return reverse_refund(refund, details, actor=actor or desk.clerk, now=NOW, today=TODAY)


@pytest.mark.parametrize(
    ("on_day", "reason", "before", "field"),
    [
        (TODAY + timedelta(days=1), "x", False, "on_day"),
        (PAID_ON - timedelta(days=1), "x", False, "on_day"),
        (TODAY, " ", False, "reason"),
        (TODAY, "x", True, None),
    ],
)
def test_what_cannot_be_reversed_is_refused(on_day, reason, before, field):
    rules.check_refund_reversal(PAID_ON, PAID_ON, "x", TODAY, reversed_before=False)
    with pytest.raises(RuleBroken) as broken:
        rules.check_refund_reversal(PAID_ON, on_day, reason, TODAY, reversed_before=before)
    assert broken.value.field == field


def test_what_was_paid_back_is_credit_again_and_the_books_mirror_it(desk):
    first, second = pay(desk, 3_000), pay(desk, 5_000)
    made = pay_back(desk, 4_000, paid_on=PAID_ON)
    reversal = reverse(desk, made, on_day=YESTERDAY)
    assert credit_of(desk.venture.id) == credit_of(desk.venture.id, desk.facility.id) == 8_000
    assert (queries.left_of(first), queries.left_of(second)) == (3_000, 5_000)
    entry = db.session.scalar(
        db.select(JournalEntry).where(JournalEntry.source == f"refund_reversal:{reversal.id}")
    )
    assert entry.on_day == YESTERDAY
    assert {each.account.value: each.amount for each in entry.postings} == {
        "customer_credit": -4_000,
        "bank": 4_000,
    }
    assert violations() == []


def test_once_and_with_a_reason(desk):
    pay(desk, 3_000)
    made = pay_back(desk, 1_000)
    with pytest.raises(RuleBroken):
        reverse(desk, made, reason=" ")
    reverse(desk, made)
    with pytest.raises(RuleBroken, match="already"):
        reverse(desk, made)
    assert db.session.scalar(db.select(db.func.count()).select_from(RefundReversal)) == 1


def test_the_credit_can_be_used_or_paid_back_anew(desk):
    pay(desk, 3_000)
    reverse(desk, pay_back(desk, 3_000))
    invoice = make_invoice(desk.facility, desk.venture, 11_000, CAME_IN)
    use = CreditUse(desk.facility.id, desk.venture.id, invoice.id, 1_000)
    use_credit(use, actor=desk.clerk, now=NOW, today=TODAY)
    pay_back(desk, 2_000)
    assert credit_of(desk.venture.id) == 0
    assert violations() == []


def test_then_the_payment_itself_can_be_reversed(desk):
    payment = pay(desk, 3_000)
    reverse(desk, pay_back(desk, 1_000))
    why = ReversalDetails(TODAY, ReversalCause.MISTAKE, "x")
    reverse_payment(payment, why, actor=desk.clerk, now=NOW, today=TODAY)
    assert credit_of(desk.venture.id) == 0
    assert violations() == []


@pytest.mark.parametrize("role", [Role.FACILITY_ADMIN, Role.MANAGER, Role.MENTOR])
def test_only_who_records_money_reverses(desk, role):
    pay(desk, 3_000)
    made = pay_back(desk, 1_000)
    other = Actor(1, "someone", (Held(role, facility_id=desk.facility.id),))
    with pytest.raises(NotAllowed):
        reverse(desk, made, actor=other)


def test_it_is_written_down_and_the_venture_is_told(desk):
    pay(desk, 3_000)
    made = pay_back(desk, 1_000)
    reverse(desk, made)
    entry = db.session.scalar(db.select(AuditEntry).where(AuditEntry.deed == "reverse_refund"))
    assert entry.after == {
        "number": made.number,
        "amount": 1_000,
        "day": str(TODAY),
        "cause": "returned",
        "reason": "口座名義の誤り",
    }
    mail = db.session.scalar(db.select(OutboxMail).where(OutboxMail.template == "refund_reversed"))
    assert made.number in mail.subject
    assert "口座名義の誤り" not in mail.body


@pytest.mark.parametrize(
    "deed", ["UPDATE refund_reversal SET id = id", "DELETE FROM refund_reversal"]
)
def test_nothing_of_it_can_be_changed_or_deleted(desk, deed):
    pay(desk, 3_000)
    reverse(desk, pay_back(desk, 1_000))
    with pytest.raises(IntegrityError, match="refund_reversal_stays"), db.session.begin_nested():
        db.session.execute(text(deed))


def test_the_auditor_sees_a_reversal_that_the_books_do_not_know(desk):
    pay(desk, 3_000)
    made = pay_back(desk, 1_000)
    keep(
        RefundReversal(
            refund_id=made.id,
            on_day=TODAY,
            cause=RefundReversalCause.MISTAKE,
            reason="x",
            recorded_at=NOW,
            recorded_by="x",
        )
    )
    found = {each.check for each in violations()}
    assert {"document_has_entry", "reversal_mirrors", "credit_agrees"} <= found
