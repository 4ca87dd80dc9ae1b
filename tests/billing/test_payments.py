"""Recording money: what is settled, what the books say, what is left, and once only."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest

from incubator.billing.actions.pay import CreditUse, PaymentDetails, record_payment, use_credit
from incubator.billing.models import JournalEntry, Payment, PaymentMethod
from incubator.billing.queries import audit as violations
from incubator.billing.queries import credit_of, invoices_of, open_amount
from incubator.billing.queries import payments as queries
from incubator.billing.queries.payments import PaymentSearch
from incubator.billing.rules import InvoiceState
from incubator.core.access import Actor, Held, Role
from incubator.core.audit import AuditEntry
from incubator.core.db import db, transaction
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.outbox import OutboxMail
from tests.factories.payments import NOW, TODAY, make_desk, make_invoice

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 30), date(2026, 11, 20), date(2026, 12, 25)


def details(desk, amount, **facts):
    facts = {"received_on": TODAY, **facts}
    return PaymentDetails(desk.facility.id, desk.venture.id, amount, **facts)


def pay(desk, amount, **facts):
    return record_payment(details(desk, amount, **facts), actor=desk.clerk, now=NOW, today=TODAY)


def sides(source):
    entry = db.session.scalar(db.select(JournalEntry).where(JournalEntry.source == source))
    return {posting.account.value: posting.amount for posting in entry.postings}


@pytest.fixture
def desk():
    return make_desk()


@pytest.mark.parametrize(
    ("amount", "still_open", "credit"),
    [
        (11_000, [0, 22_000], 0),
        (4_000, [7_000, 22_000], 0),
        (12_000, [0, 21_000], 0),
        (33_000, [0, 0], 0),
        (40_000, [0, 0], 7_000),
    ],
)
def test_money_settles_what_was_due_first_and_the_rest_is_credit(desk, amount, still_open, credit):
    later = make_invoice(desk.facility, desk.venture, 22_000, NOVEMBER)
    first = make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    payment = pay(desk, amount)
    assert [open_amount(first.id), open_amount(later.id)] == still_open
    assert credit_of(desk.venture.id) == credit_of(desk.venture.id, desk.facility.id)
    assert credit_of(desk.venture.id) == queries.left_of(payment) == credit
    assert sum(sides(f"payment:{payment.id}").values()) == 0
    assert sides(f"payment:{payment.id}")["bank"] == amount
    assert violations() == []


def test_a_partial_payment_never_marks_paid(desk):
    invoice = make_invoice(desk.facility, desk.venture, 11_000, DECEMBER)
    pay(desk, 10_999, invoices=(invoice.id,))
    assert [each.state for each in invoices_of(desk.venture.id, TODAY)] == [InvoiceState.PARTIAL]
    pay(desk, 1, invoices=(invoice.id,))
    assert [each.state for each in invoices_of(desk.venture.id, TODAY)] == [InvoiceState.PAID]
    assert open_amount(invoice.id) == 0


def test_only_the_chosen_invoices_are_settled(desk):
    make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    chosen = make_invoice(desk.facility, desk.venture, 22_000, NOVEMBER)
    payment = pay(desk, 30_000, invoices=(chosen.id,))
    assert [(part.invoice_id, part.amount) for part in payment.allocations] == [(chosen.id, 22_000)]
    assert queries.left_of(payment) == 8_000


def test_money_in_advance_is_credit_and_stays_so_until_used(desk):
    pay(desk, 50_000)
    invoice = make_invoice(desk.facility, desk.venture, 33_000, DECEMBER)
    assert open_amount(invoice.id) == 33_000
    use = CreditUse(desk.facility.id, desk.venture.id, invoice.id, 33_000)
    (part,) = use_credit(use, actor=desk.clerk, now=NOW, today=TODAY)
    assert open_amount(invoice.id) == 0
    assert sides(f"allocation:{part.id}") == {"customer_credit": 33_000, "receivable": -33_000}
    assert credit_of(desk.venture.id) == 17_000
    assert [(c.organisation.id, c.amount) for c in queries.credits_in(desk.facility.id)] == [
        (desk.venture.id, 17_000)
    ]
    assert violations() == []


def test_credit_comes_from_the_oldest_payment_first(desk):
    for amount in (1_000, 2_000):
        pay(desk, amount)
    invoice = make_invoice(desk.facility, desk.venture, 11_000, DECEMBER)
    use = CreditUse(desk.facility.id, desk.venture.id, invoice.id, 2_500)
    parts = use_credit(use, actor=desk.clerk, now=NOW, today=TODAY)
    assert [part.amount for part in parts] == [1_000, 1_500]
    assert violations() == []


@pytest.mark.parametrize(
    ("amount", "field"), [(0, "amount"), (11_001, "amount"), (6_000, "amount")]
)
def test_credit_that_is_not_there_cannot_be_used(desk, amount, field):
    pay(desk, 5_000)
    invoice = make_invoice(desk.facility, desk.venture, 11_000, DECEMBER)
    use = CreditUse(desk.facility.id, desk.venture.id, invoice.id, amount)
    with pytest.raises(RuleBroken) as broken:
        use_credit(use, actor=desk.clerk, now=NOW, today=TODAY)
    assert broken.value.field == field


def test_credit_settles_only_what_is_open(desk):
    invoice = make_invoice(desk.facility, desk.venture, 11_000, DECEMBER)
    pay(desk, 15_000)
    use = CreditUse(desk.facility.id, desk.venture.id, invoice.id, 1)
    with pytest.raises(RuleBroken):
        use_credit(use, actor=desk.clerk, now=NOW, today=TODAY)


def test_receipts_are_numbered_without_gaps(desk):
    make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    numbers = [pay(desk, amount).receipt_number for amount in (1, 2, 3)]
    code = desk.facility.code.upper()
    assert numbers == [f"{code}-R-2026-0000{n}" for n in (1, 2, 3)]


def test_a_form_sent_twice_is_recorded_once(desk):
    make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    first = pay(desk, 5_000, once_key="abc")
    assert pay(desk, 5_000, once_key="abc").id == first.id
    assert db.session.scalar(db.select(db.func.count()).select_from(Payment)) == 1


def test_what_was_done_is_written_down_and_the_venture_is_told(desk):
    invoice = make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    payment = pay(desk, 4_000, method=PaymentMethod.CASH, payer_name="クモ")
    entry = db.session.scalar(db.select(AuditEntry).where(AuditEntry.deed == "record_payment"))
    assert entry.after["invoices"] == {invoice.number: 4_000}
    assert (entry.actor_name, entry.organisation_id) == ("鈴木 花子", desk.venture.id)
    mail = db.session.scalar(db.select(OutboxMail).where(OutboxMail.template == "payment_received"))
    assert payment.receipt_number in mail.subject
    assert invoice.number in mail.body
    assert "7,000" in mail.body


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_is_no_payment(desk, amount):
    with pytest.raises(RuleBroken):
        pay(desk, amount)


def test_money_of_tomorrow_is_refused(desk):
    with pytest.raises(RuleBroken):
        pay(desk, 5, received_on=TODAY + timedelta(days=1))


@pytest.mark.parametrize("role", [Role.FACILITY_ADMIN, Role.MANAGER, Role.MENTOR])
def test_only_a_clerk_records_money(desk, role):
    other = Actor(1, "someone", (Held(role, facility_id=desk.facility.id),))
    with pytest.raises(NotAllowed):
        record_payment(details(desk, 5), actor=other, now=NOW, today=TODAY)
    use = CreditUse(desk.facility.id, desk.venture.id, 1, 1)
    with pytest.raises(NotAllowed):
        use_credit(use, actor=other, now=NOW, today=TODAY)


def test_money_of_one_venture_never_settles_anothers_invoice(desk):
    other = make_desk()
    foreign = make_invoice(other.facility, other.venture, 11_000, OCTOBER)
    payment = pay(desk, 11_000, invoices=(foreign.id,))
    assert queries.left_of(payment) == 11_000
    assert open_amount(foreign.id) == 11_000
    with pytest.raises(RuleBroken):
        pay(desk, 11_000, parts={foreign.id: 11_000})


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (PaymentSearch(), 2),
        (PaymentSearch(words="ベンチャー"), 2),
        (PaymentSearch(words="ﾛﾎﾞ"), 2),
        (PaymentSearch(words="カブクモ"), 1),
        (PaymentSearch(words="100%"), 0),
        (PaymentSearch(first=NOVEMBER), 1),
        (PaymentSearch(last=NOVEMBER - timedelta(days=1)), 1),
        (PaymentSearch(least=2_000), 1),
        (PaymentSearch(most=1_999), 1),
        (PaymentSearch(method=PaymentMethod.CASH), 1),
        (PaymentSearch(words="カブクモ", least=2_000), 0),
    ],
)
def test_payments_are_found_by_day_amount_and_counterparty(desk, wanted, found):
    desk.venture.name_kana = "クモロボ"
    pay(desk, 1_000, received_on=OCTOBER, payer_name="カブクモ")
    pay(desk, 2_000, received_on=NOVEMBER, method=PaymentMethod.CASH)
    rows = queries.search(desk.facility.id, wanted)
    assert len(rows) == found
    assert queries.count_and_sum(desk.facility.id, wanted) == (
        found,
        sum(row.amount for row in rows),
    )


def test_a_payment_is_found_by_its_invoice(desk):
    invoice = make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    payment = pay(desk, 1_000)
    assert queries.search(desk.facility.id, PaymentSearch(words=invoice.number)) == [payment]


def test_what_belongs_to_others_does_not_exist(desk):
    other = make_desk()
    payment = pay(desk, 1_000)
    for ask in (
        lambda: queries.payment_in(other.facility.id, payment.id),
        lambda: queries.payment_for(other.venture.id, payment.id),
    ):
        with pytest.raises(NotFound):
            ask()


def test_what_is_late_comes_longest_first(desk):
    new = make_invoice(desk.facility, desk.venture, 22_000, NOVEMBER)
    old = make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    make_invoice(desk.facility, desk.venture, 33_000, DECEMBER)
    late = queries.overdue_in(desk.facility.id, TODAY)
    assert [one.invoice.id for one in late] == [old.id, new.id]
    assert [one.item.open for one in late] == [11_000, 22_000]


def test_sixteen_who_record_at_once_never_settle_more_than_is_open(fresh_app):
    with fresh_app.app_context(), transaction():
        desk = make_desk()
        invoice_id = make_invoice(desk.facility, desk.venture, 11_000, OCTOBER).id
        wanted = details(desk, 1_000, invoices=(invoice_id,))
        clerk = desk.clerk
    start = Barrier(16)

    def one() -> None:
        with fresh_app.app_context():
            start.wait()
            with transaction():
                record_payment(wanted, actor=clerk, now=NOW, today=TODAY)
            db.session.remove()

    threads = [Thread(target=one) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with fresh_app.app_context():
        assert open_amount(invoice_id) == 0
        assert credit_of(wanted.organisation_id) == 5_000
        rows = db.session.scalars(db.select(Payment.receipt_number).order_by(Payment.id)).all()
        assert [int(number[-5:]) for number in rows] == list(range(1, 17))
        assert violations() == []
