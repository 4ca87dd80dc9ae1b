"""Credit paid back: asked for by one, approved by another, once, and every sum knows it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from incubator.billing.actions.pay import CreditUse, PaymentDetails, record_payment, use_credit
from incubator.billing.actions.refund import (
    RefundDetails,
    approve_refund,
    ask_refund,
    refuse_refund,
    withdraw_refund,
)
from incubator.billing.actions.reverse import ReversalDetails, reverse_payment
from incubator.billing.models import (
    JournalEntry,
    Refund,
    RefundPart,
    RefundRequest,
    ReversalCause,
)
from incubator.billing.queries import audit as violations
from incubator.billing.queries import balances_of, credit_of
from incubator.billing.queries import payments as queries
from incubator.billing.queries.refunds import (
    refund_for,
    refund_in,
    refunds_in,
    refunds_of,
    request_in,
    waiting_for,
    waiting_in,
)
from incubator.billing.rules import pay as pay_rules
from incubator.billing.rules import refund as rules
from incubator.core.access import Actor, Held, Role
from incubator.core.audit import AuditEntry
from incubator.core.db import db
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.outbox import OutboxMail
from incubator.people.models import RequestStatus
from tests.factories.base import keep, make_person
from tests.factories.billing import take_back
from tests.factories.payments import NOW, TODAY, make_desk, make_invoice, pay_back
from tests.factories.people import as_actor

CAME_IN, MIDDLE = date(2026, 11, 2), date(2026, 11, 12)


@pytest.fixture
def desk():
    return make_desk()


def pay(desk, amount, **facts):
    facts = {"received_on": CAME_IN, **facts}
    details = PaymentDetails(desk.facility.id, desk.venture.id, amount, **facts)
    return record_payment(details, actor=desk.clerk, now=NOW, today=TODAY)


def ask(desk, amount, actor=None, **facts):
    facts = {"paid_to": "あおば銀行 本店 普通 1234567 カ）クモ", **facts}
    details = RefundDetails(desk.facility.id, desk.venture.id, amount, **facts)
    return ask_refund(details, actor=actor or desk.clerk, now=NOW, today=TODAY)


def approve(desk, asked, actor=None, paid_on=TODAY):
    return approve_refund(asked, paid_on=paid_on, actor=actor or desk.head, now=NOW, today=TODAY)


@pytest.mark.parametrize(
    ("amount", "waiting", "field"),
    [(0, False, "amount"), (-1, False, "amount"), (101, False, "amount"), (100, True, None)],
)
def test_what_cannot_be_asked_for_is_refused(amount, waiting, field):
    with pytest.raises(RuleBroken) as broken:
        rules.check_asked(amount, 100, "JPY", waiting=waiting)
    assert broken.value.field == field


def test_all_of_the_credit_can_be_paid_back_but_not_before_it_came_nor_in_days_to_come():
    rules.check_asked(100, 100, "JPY", waiting=False)
    for day in (CAME_IN, TODAY):
        rules.check_paid_on(day, CAME_IN, TODAY)
    for day in (CAME_IN - timedelta(days=1), TODAY + timedelta(days=1)):
        with pytest.raises(RuleBroken) as broken:
            rules.check_paid_on(day, CAME_IN, TODAY)
        assert broken.value.field == "paid_on"


@pytest.mark.parametrize(
    ("amount", "day"), [(4, CAME_IN), (5, MIDDLE), (9, MIDDLE), (10, TODAY), (15, TODAY)]
)
def test_what_a_credit_note_freed_is_credit_since_its_day(amount, day):
    assert rules.held_since(amount, 15, CAME_IN, [(MIDDLE, 5), (TODAY, 6)]) == day


def test_what_a_credit_note_freed_is_not_paid_back_before_its_day(desk):
    invoice = make_invoice(desk.facility, desk.venture, 11_000, CAME_IN)
    pay(desk, 15_000)
    take_back(invoice, now=NOW, today=TODAY)
    asked, before = ask(desk, 4_001), TODAY - timedelta(days=1)
    with pytest.raises(RuleBroken, match="only since") as broken:
        approve(desk, asked, paid_on=before)
    assert broken.value.field == "paid_on"
    assert approve(desk, asked).paid_on == TODAY


def test_what_was_credit_before_a_credit_note_is_paid_back_on_any_day_since(desk):
    invoice = make_invoice(desk.facility, desk.venture, 11_000, CAME_IN)
    pay(desk, 15_000)
    take_back(invoice, now=NOW, today=TODAY)
    assert pay_back(desk, 4_000, paid_on=CAME_IN).amount == 4_000


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
    made = pay_back(desk, 4_000)
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
    pay_back(desk, 3_000)
    invoice = make_invoice(desk.facility, desk.venture, 11_000, CAME_IN)
    use = CreditUse(desk.facility.id, desk.venture.id, invoice.id, 1)
    with pytest.raises(RuleBroken):
        use_credit(use, actor=desk.clerk, now=NOW, today=TODAY)
    with pytest.raises(RuleBroken):
        pay_back(desk, 1)
    with pytest.raises(RuleBroken):
        pay_back(desk, 1, paid_on=CAME_IN - timedelta(days=1))


def test_a_payment_that_was_paid_back_in_part_cannot_be_reversed(desk):
    payment = pay(desk, 3_000)
    pay_back(desk, 1_000)
    why = ReversalDetails(TODAY, ReversalCause.MISTAKE, "x")
    with pytest.raises(RuleBroken, match="paid back"):
        reverse_payment(payment, why, actor=desk.clerk, now=NOW, today=TODAY)


def test_money_is_not_paid_back_before_it_came_in(desk):
    pay(desk, 3_000)
    with pytest.raises(RuleBroken) as broken:
        pay_back(desk, 1_000, paid_on=CAME_IN - timedelta(days=1))
    assert broken.value.field == "paid_on"


def test_what_is_asked_for_does_not_count_until_somebody_else_approves(desk):
    payment = pay(desk, 3_000)
    asked = ask(desk, 1_000)
    assert asked.status is RequestStatus.ASKED
    assert credit_of(desk.venture.id) == queries.left_of(payment) == 3_000
    assert waiting_in(desk.facility.id) == [asked]
    assert waiting_for(desk.facility.id, desk.venture.id) is asked
    made = approve(desk, asked)
    assert (made.amount, made.paid_to, made.recorded_by) == (1_000, asked.paid_to, "田中 一郎")
    assert (asked.status, asked.decided_by) == (RequestStatus.APPROVED, "田中 一郎")
    assert made.request is asked
    assert credit_of(desk.venture.id) == 2_000
    assert waiting_in(desk.facility.id) == []
    assert violations() == []


def test_nobody_approves_what_they_asked_for(desk):
    pay(desk, 3_000)
    both = make_person(Role.FACILITY_ADMIN, facility=desk.facility)
    held = (*as_actor(both).held, Held(Role.CLERK, facility_id=desk.facility.id))
    actor = Actor(both.id, both.name, held)
    asked = ask(desk, 1_000, actor=actor)
    for decide in (
        lambda: approve(desk, asked, actor=actor),
        lambda: refuse_refund(asked, "x", actor=actor, now=NOW),
    ):
        with pytest.raises(RuleBroken, match="asked for"):
            decide()
    assert db.session.scalar(db.select(Refund)) is None
    approve(desk, asked)


def test_a_command_can_ask_but_not_approve(desk):
    pay(desk, 3_000)
    roles = (Role.FACILITY_ADMIN, Role.CLERK)
    operator = Actor(None, "operator", tuple(Held(role, desk.facility.id) for role in roles))
    asked = ask(desk, 1_000, actor=operator)
    with pytest.raises(RuleBroken, match="signed in"):
        approve(desk, asked, actor=operator)
    approve(desk, asked)


def test_it_can_be_refused_with_a_reason_and_asked_for_anew(desk):
    pay(desk, 3_000)
    asked = ask(desk, 1_000)
    with pytest.raises(RuleBroken) as broken:
        refuse_refund(asked, " ", actor=desk.head, now=NOW)
    assert broken.value.field == "refusal"
    refuse_refund(asked, " 口座名義が違います ", actor=desk.head, now=NOW)
    assert (asked.status, asked.reason) == (RequestStatus.REFUSED, "口座名義が違います")
    for decide in (
        lambda: approve(desk, asked),
        lambda: withdraw_refund(asked, actor=desk.clerk, now=NOW),
    ):
        with pytest.raises(RuleBroken, match="decided already"):
            decide()
    assert credit_of(desk.venture.id) == 3_000
    approve(desk, ask(desk, 1_000))


def test_it_can_be_withdrawn_while_it_waits(desk):
    pay(desk, 3_000)
    asked = ask(desk, 1_000)
    with pytest.raises(NotAllowed):
        withdraw_refund(asked, actor=desk.head, now=NOW)
    withdraw_refund(asked, actor=desk.clerk, now=NOW)
    assert (asked.status, asked.decided_by) == (RequestStatus.WITHDRAWN, desk.clerk.name)
    with pytest.raises(RuleBroken, match="decided already"):
        approve(desk, asked)


def test_one_repayment_to_a_venture_waits_at_a_time(desk):
    pay(desk, 3_000)
    ask(desk, 1_000)
    with pytest.raises(RuleBroken, match="waits"):
        ask(desk, 500)


def test_credit_that_was_used_meanwhile_is_not_paid_back(desk):
    pay(desk, 3_000)
    asked = ask(desk, 3_000)
    invoice = make_invoice(desk.facility, desk.venture, 11_000, CAME_IN)
    use = CreditUse(desk.facility.id, desk.venture.id, invoice.id, 1)
    use_credit(use, actor=desk.clerk, now=NOW, today=TODAY)
    with pytest.raises(RuleBroken, match="only"):
        approve(desk, asked)
    assert asked.status is RequestStatus.ASKED


def test_it_needs_an_account_to_go_to(desk):
    pay(desk, 3_000)
    with pytest.raises(RuleBroken) as broken:
        ask(desk, 1_000, paid_to=" ")
    assert broken.value.field == "paid_to"


def test_a_form_sent_twice_asks_once(desk):
    pay(desk, 3_000)
    first = ask(desk, 1_000, once_key="k")
    assert ask(desk, 1_000, once_key="k") is first
    assert db.session.scalar(db.select(db.func.count()).select_from(RefundRequest)) == 1


@pytest.mark.parametrize("role", [Role.FACILITY_ADMIN, Role.MANAGER, Role.MENTOR])
def test_only_who_records_money_asks(desk, role):
    pay(desk, 3_000)
    other = Actor(1, "someone", (Held(role, facility_id=desk.facility.id),))
    with pytest.raises(NotAllowed):
        ask(desk, 1_000, actor=other)


@pytest.mark.parametrize("role", [Role.CLERK, Role.MANAGER, Role.MENTOR])
def test_only_who_leads_the_facility_decides(desk, role):
    pay(desk, 3_000)
    other = as_actor(make_person(role, facility=desk.facility))
    asked = ask(desk, 1_000)
    with pytest.raises(NotAllowed):
        approve(desk, asked, actor=other)
    with pytest.raises(NotAllowed):
        refuse_refund(asked, "x", actor=other, now=NOW)


def test_it_is_written_down_and_all_who_should_are_told(desk):
    pay(desk, 3_000)
    clerk = as_actor(make_person(Role.CLERK, facility=desk.facility, name="鈴木 花子"))
    asked = ask(desk, 1_000, actor=clerk, note="電話で依頼")
    made = approve(desk, asked)
    lines = db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id))
    told = {line.deed: (line.actor_name, line.after) for line in lines}
    assert told["ask_refund"] == ("鈴木 花子", {"amount": 1_000})
    assert told["refund_credit"] == (
        "田中 一郎",
        {"number": made.number, "amount": 1_000, "day": str(TODAY), "asked_by": "鈴木 花子"},
    )
    mails = {mail.template: mail for mail in db.session.scalars(db.select(OutboxMail))}
    assert made.number in mails["credit_paid_back"].subject
    assert made.paid_to in mails["credit_paid_back"].body
    assert "電話で依頼" in mails["approval_asked"].body
    assert mails["approval_asked"].to_name == "田中 一郎"
    assert mails["approval_decided"].to_name == "鈴木 花子"
    assert mails["approval_decided"].subject.startswith("Approved")


def test_who_asked_is_told_why_it_was_refused(desk):
    pay(desk, 3_000)
    asked = ask(desk, 1_000, actor=as_actor(make_person(Role.CLERK, facility=desk.facility)))
    refuse_refund(asked, "wrong account", actor=desk.head, now=NOW)
    mail = db.session.scalar(db.select(OutboxMail).where(OutboxMail.template == "approval_decided"))
    assert mail.subject.startswith("Refused")
    assert "wrong account" in mail.body
    entry = db.session.scalar(db.select(AuditEntry).where(AuditEntry.deed == "refuse_refund"))
    assert entry.after["reason"] == "wrong account"


def test_refunds_of_others_do_not_exist(desk):
    pay(desk, 3_000)
    made, other = pay_back(desk, 1_000), make_desk()
    assert refund_in(desk.facility.id, made.id) is refund_for(desk.venture.id, made.id)
    for ask in (
        lambda: refund_in(other.facility.id, made.id),
        lambda: refund_for(other.venture.id, made.id),
        lambda: request_in(other.facility.id, made.request_id),
    ):
        with pytest.raises(NotFound):
            ask()


@pytest.mark.parametrize("table", ["refund", "refund_part"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_nothing_of_it_can_be_changed_or_deleted(desk, table, deed):
    pay(desk, 3_000)
    pay_back(desk, 1_000)
    with pytest.raises(IntegrityError, match=f"{table}_stays"), db.session.begin_nested():
        db.session.execute(text(deed.format(table)))


def test_the_database_keeps_what_was_asked_for_and_decided(desk):
    pay(desk, 3_000)
    asked = ask(desk, 1_000)
    for change in ("amount = 2000", "paid_to = 'x'", f"asked_by_id = {desk.head.id}"):
        _refused("refund_request_stays", f"UPDATE refund_request SET {change}")
    approve(desk, asked)
    for sql in (
        "UPDATE refund_request SET status = 'asked'",
        "UPDATE refund_request SET decided_by_id = NULL",
        "DELETE FROM refund_request",
    ):
        _refused("refund_request_stays", sql)


def test_the_database_keeps_that_two_people_pay_back(desk):
    pay(desk, 3_000)
    both = make_person(Role.CLERK, facility=desk.facility)
    ask(desk, 1_000, actor=as_actor(both))
    _refused(
        "two_people", f"UPDATE refund_request SET status = 'approved', decided_by_id = {both.id}"
    )
    _refused("decided", "UPDATE refund_request SET status = 'approved'")


@pytest.mark.parametrize("facts", [{}, {"amount": 2_000}, {"paid_to": "y"}, {"request_id": None}])
def test_the_database_keeps_that_a_refund_was_approved_as_it_is(desk, facts):
    pay(desk, 3_000)
    asked = ask(desk, 1_000, paid_to="x")
    if facts:
        asked.status, asked.decided_by_id = RequestStatus.APPROVED, desk.head.id
        db.session.flush()
    told = {
        "facility_id": desk.facility.id,
        "organisation_id": desk.venture.id,
        "number": "N",
        "amount": 1_000,
        "currency": "JPY",
        "paid_on": TODAY,
        "paid_to": "x",
        "recorded_at": NOW,
        "recorded_by": "x",
        "request_id": asked.id,
    }
    with (
        pytest.raises(IntegrityError, match="refund_is_approved"),
        db.session.begin_nested(),
    ):
        keep(Refund(**told | facts))
    if facts:
        keep(Refund(**told))


def _refused(promise, sql):
    with pytest.raises(IntegrityError, match=promise), db.session.begin_nested():
        db.session.execute(text(sql))


def test_the_auditor_sees_a_refund_that_does_not_add_up_or_takes_others_money(desk):
    pay(desk, 3_000)
    made, other = pay_back(desk, 1_000), make_desk()
    foreign = pay(other, 500)
    db.session.add(RefundPart(refund_id=made.id, payment_id=foreign.id, amount=600))
    db.session.flush()
    found = {each.check for each in violations()}
    assert {"refund_adds_up", "own_money", "payment_covers"} <= found
