"""A payment that was none: reversed once, in full, and every sum knows it."""

from datetime import date
from threading import Barrier, Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from incubator.billing.actions.pay import CreditUse, PaymentDetails, record_payment, use_credit
from incubator.billing.actions.reverse import ReversalDetails, reverse_payment
from incubator.billing.models import (
    JournalEntry,
    PaymentReversal,
    Posting,
    ReversalCause,
)
from incubator.billing.queries import (
    InvoiceSearch,
    InvoiceState,
    balances_of,
    billed_and_collected,
    credit_of,
    open_amount,
    overdue_organisations,
    search,
    settled,
)
from incubator.billing.queries import audit as violations
from incubator.billing.queries import payments as queries
from incubator.billing.queries.payments import PaymentSearch
from incubator.billing.rules.reverse import Received, check_reversal, mirrored
from incubator.core.access import Actor, Held, Role
from incubator.core.audit import AuditEntry
from incubator.core.days import ONE_DAY, month_of
from incubator.core.db import db, transaction
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.outbox import OutboxMail
from tests.factories.billing import take_back
from tests.factories.payments import NOW, TODAY, make_desk, make_invoice

OCTOBER = date(2026, 10, 30)
CAME_IN = date(2026, 11, 2)
WHY = ReversalDetails(TODAY, ReversalCause.MISTAKE, "隣の会社の入金でした。")


@pytest.fixture
def desk():
    return make_desk()


def pay(desk, amount, **facts):
    facts = {"received_on": CAME_IN, **facts}
    details = PaymentDetails(desk.facility.id, desk.venture.id, amount, **facts)
    return record_payment(details, actor=desk.clerk, now=NOW, today=TODAY)


def reverse(desk, payment, details=WHY, actor=None):
    return reverse_payment(payment, details, actor=actor or desk.clerk, now=NOW, today=TODAY)


def posted(*sources):
    rows = db.session.execute(
        db.select(Posting.account, db.func.sum(Posting.amount))
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(JournalEntry.source.in_(sources))
        .group_by(Posting.account)
    )
    return {account.value: int(amount) for account, amount in rows}


@pytest.mark.parametrize(
    ("payment", "on_day", "reason", "field"),
    [
        (Received(CAME_IN, reversed=True), TODAY, "why", None),
        (Received(CAME_IN), TODAY + ONE_DAY, "why", "on_day"),
        (Received(CAME_IN), CAME_IN - ONE_DAY, "why", "on_day"),
        (Received(CAME_IN), TODAY, " \n", "reason"),
    ],
)
def test_what_cannot_be_reversed_is_refused(payment, on_day, reason, field):
    with pytest.raises(RuleBroken) as broken:
        check_reversal(payment, on_day, reason, TODAY)
    assert broken.value.field == field


@pytest.mark.parametrize("on_day", [CAME_IN, TODAY])
def test_what_came_in_can_be_reversed(on_day):
    check_reversal(Received(CAME_IN), on_day, "why", TODAY)


def test_the_mirror_has_the_other_sign():
    assert mirrored([("bank", 5), ("receivable", -5)]) == [("bank", -5), ("receivable", 5)]


def test_every_sum_is_as_if_the_money_had_never_come(desk):
    invoice = make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    here, venture, month = desk.facility.id, desk.venture.id, month_of(OCTOBER)
    payment = pay(desk, 15_000)
    assert (open_amount(invoice.id), credit_of(venture)) == (0, 4_000)
    assert billed_and_collected(here, [month]) == [(month, 11_000, 11_000)]
    made = reverse(desk, payment)
    assert (open_amount(invoice.id), credit_of(venture)) == (11_000, 0)
    assert settled([invoice.id])[invoice.id].paid == 0
    assert billed_and_collected(here, [month]) == [(month, 11_000, 0)]
    assert overdue_organisations(here, TODAY) == {venture: 11_000}
    balance = balances_of(venture, TODAY)
    assert (balance.open, balance.overdue, balance.credit) == (11_000, 11_000, 0)
    assert [one.open for one in queries.overdue_in(here, TODAY)] == [11_000]
    (row,) = search(here, InvoiceSearch(state=InvoiceState.OVERDUE), TODAY).rows
    assert (row.open, row.state) == (11_000, InvoiceState.OVERDUE)
    assert (queries.credits_in(here), queries.credit_parts(here, venture)) == ([], [])
    assert queries.left_of(payment) == 0
    assert queries.latest(here, 5) == []
    assert queries.search(here, PaymentSearch()) == [payment]
    assert queries.count_and_sum(here, PaymentSearch()) == (1, 0)
    assert posted(f"reversal:{made.id}") == {
        "bank": -15_000,
        "receivable": 11_000,
        "customer_credit": 4_000,
    }
    assert violations() == []


def test_what_its_credit_was_used_for_is_open_again_too(desk):
    payment, other = pay(desk, 5_000), pay(desk, 2_000)
    invoice = make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    use = CreditUse(desk.facility.id, desk.venture.id, invoice.id, 6_000)
    parts = use_credit(use, actor=desk.clerk, now=NOW, today=TODAY)
    assert (open_amount(invoice.id), credit_of(desk.venture.id)) == (5_000, 1_000)
    made = reverse(desk, payment)
    assert (open_amount(invoice.id), credit_of(desk.venture.id)) == (10_000, 1_000)
    assert queries.left_of(other) == 1_000
    gone = posted(f"payment:{payment.id}", f"allocation:{parts[0].id}", f"reversal:{made.id}")
    assert not any(gone.values())
    assert violations() == []


def test_the_right_payment_is_recorded_anew_and_the_invoice_can_be_credited(desk):
    invoice = make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    first = pay(desk, 1_100)
    reverse(desk, first)
    second = pay(desk, 11_000)
    assert open_amount(invoice.id) == 0
    assert second.receipt_number != first.receipt_number
    reverse(desk, second)
    take_back(invoice, now=NOW, today=TODAY)
    assert open_amount(invoice.id) == 0
    assert violations() == []


def test_once_is_enough(desk):
    payment = pay(desk, 5_000)
    reverse(desk, payment)
    with pytest.raises(RuleBroken):
        reverse(desk, payment)
    again = PaymentReversal(
        payment_id=payment.id,
        on_day=TODAY,
        cause=ReversalCause.MISTAKE,
        reason="x",
        recorded_at=NOW,
        recorded_by="x",
    )
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.add(again)


@pytest.mark.parametrize("role", [Role.FACILITY_ADMIN, Role.MANAGER, Role.MENTOR])
def test_only_who_records_money_reverses_it(desk, role):
    payment = pay(desk, 5_000)
    other = Actor(1, "someone", (Held(role, facility_id=desk.facility.id),))
    with pytest.raises(NotAllowed):
        reverse(desk, payment, actor=other)


@pytest.mark.parametrize("table", ["payment", "allocation", "payment_reversal"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_nothing_of_it_can_be_changed_or_deleted(desk, table, deed):
    make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    reverse(desk, pay(desk, 5_000))
    with pytest.raises(IntegrityError, match=f"{table}_stays"), db.session.begin_nested():
        db.session.execute(text(deed.format(table)))


def test_it_is_written_down_and_the_venture_is_told_without_the_offices_words(desk):
    invoice = make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    payment = pay(desk, 4_000)
    reverse(desk, payment)
    entry = db.session.scalar(db.select(AuditEntry).where(AuditEntry.deed == "reverse_payment"))
    assert entry.after["invoices"] == {invoice.number: 4_000}
    assert entry.after["reason"] == WHY.reason
    assert (entry.actor_name, entry.subject_id) == ("鈴木 花子", payment.id)
    mail = db.session.scalar(db.select(OutboxMail).where(OutboxMail.template == "payment_reversed"))
    assert payment.receipt_number in mail.subject
    assert invoice.number in mail.body
    assert WHY.reason not in mail.body
    assert "前受金" not in mail.body


def test_the_auditor_sees_a_reversal_that_does_not_mirror(desk):
    payment = pay(desk, 5_000)
    made = PaymentReversal(
        payment_id=payment.id,
        on_day=TODAY,
        cause=ReversalCause.MISTAKE,
        reason="x",
        recorded_at=NOW,
        recorded_by="x",
    )
    db.session.add(made)
    db.session.flush()
    found = {(each.check, each.record) for each in violations()}
    assert ("document_has_entry", f"reversal:{made.id}") in found
    assert ("reversal_mirrors", f"reversal:{made.id}") in found


def test_a_payment_is_found_by_its_receipt(desk):
    payment = pay(desk, 5_000)
    assert queries.payment_receipted(desk.facility.id, payment.receipt_number) is payment
    with pytest.raises(NotFound):
        queries.payment_receipted(make_desk().facility.id, payment.receipt_number)


def test_eight_who_reverse_at_once_reverse_once(fresh_app):
    with fresh_app.app_context(), transaction():
        desk = make_desk()
        invoice_id = make_invoice(desk.facility, desk.venture, 11_000, OCTOBER).id
        payment_id, facility_id = pay(desk, 11_000).id, desk.facility.id
        clerk = desk.clerk
    start, refused = Barrier(8), []

    def one() -> None:
        with fresh_app.app_context():
            start.wait()
            try:
                with transaction():
                    found = queries.payment_in(facility_id, payment_id)
                    reverse_payment(found, WHY, actor=clerk, now=NOW, today=TODAY)
            except RuleBroken as broken:
                refused.append(broken)
            db.session.remove()

    threads = [Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with fresh_app.app_context():
        assert len(refused) == 7
        assert open_amount(invoice_id) == 11_000
        assert violations() == []
