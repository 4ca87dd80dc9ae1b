"""What was paid of an invoice that a credit note takes back is the venture's credit."""

from dataclasses import dataclass
from datetime import date
from itertools import permutations
from threading import Barrier, Thread

import pytest
from sqlalchemy import text

from incubator.billing.actions import approve_credit_note, ask_credit_note
from incubator.billing.actions.pay import CreditUse, PaymentDetails, record_payment, use_credit
from incubator.billing.actions.reverse import ReversalDetails, reverse_payment
from incubator.billing.models import (
    CreditNoteRequest,
    Invoice,
    JournalEntry,
    Payment,
    PaymentMethod,
    Posting,
    ReversalCause,
)
from incubator.billing.queries import (
    InvoiceSearch,
    InvoiceState,
    balances_of,
    billed_and_collected,
    credit_notes_of,
    credit_of,
    open_amount,
    search,
    settled,
)
from incubator.billing.queries import audit as violations
from incubator.billing.queries import payments as queries
from incubator.billing.queries.receipt import receipt_paper
from incubator.billing.rules.pay import deposit_key
from incubator.core.access import Role
from incubator.core.audit import AuditEntry
from incubator.core.days import month_of
from incubator.core.db import db, transaction
from incubator.core.errors import RuleBroken
from incubator.core.outbox import OutboxMail
from tests import databases
from tests.factories.base import make_person
from tests.factories.billing import take_back as by_two
from tests.factories.payments import NOW, TODAY, make_desk, make_invoice, pay_back

OCTOBER, NOVEMBER = date(2026, 10, 30), date(2026, 11, 30)
CAME_IN = date(2026, 11, 2)
WHY = ReversalDetails(TODAY, ReversalCause.MISTAKE, "隣の会社の入金でした。")


@pytest.fixture
def desk():
    return make_desk()


@pytest.fixture
def invoice(desk):
    return make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)


def pay(desk, amount, **facts):
    facts = {"received_on": CAME_IN, **facts}
    details = PaymentDetails(desk.facility.id, desk.venture.id, amount, **facts)
    return record_payment(details, actor=desk.clerk, now=NOW, today=TODAY)


def use(desk, invoice, amount):
    details = CreditUse(desk.facility.id, desk.venture.id, invoice.id, amount)
    return use_credit(details, actor=desk.clerk, now=NOW, today=TODAY)


def take_back(invoice):
    return by_two(invoice, now=NOW, today=TODAY)


def reverse(desk, payment):
    return reverse_payment(payment, WHY, actor=desk.clerk, now=NOW, today=TODAY)


def posted(source):
    rows = db.session.execute(
        db.select(Posting.account, Posting.amount)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(JournalEntry.source == source)
    )
    return {account.value: amount for account, amount in rows}


def account(desk):
    """What is open, what is held as credit."""
    found = balances_of(desk.venture.id, TODAY)
    return (found.open, found.credit)


def mail(template):
    asked = db.select(OutboxMail).where(OutboxMail.template == template)
    found = db.session.scalars(asked).one()
    return f"{found.subject}\n{found.body}"


def test_what_was_paid_is_credit_and_every_sum_knows_it(desk, invoice):
    here, month = desk.facility.id, month_of(OCTOBER)
    payment = pay(desk, 15_000)
    (part,) = payment.allocations
    take_back(invoice)
    assert account(desk) == (0, 15_000)
    assert (settled([invoice.id])[invoice.id].paid, open_amount(invoice.id)) == (0, 0)
    assert billed_and_collected(here, [month]) == [(month, 0, 0)]
    assert queries.left_of(queries.payment_in(here, payment.id)) == 15_000
    assert queries.credit_parts(here, desk.venture.id) == [(payment.id, 15_000)]
    assert posted(f"released:{part.id}") == {"receivable": 11_000, "customer_credit": -11_000}
    states = {row.invoice.id: row.state for row in search(here, InvoiceSearch(), TODAY).rows}
    assert states[invoice.id] is InvoiceState.CREDITED
    assert search(here, InvoiceSearch(state=InvoiceState.PAID), TODAY).rows == []
    assert violations() == []


def test_payments_and_receipts_stay_as_they_were(desk, invoice):
    payment = pay(desk, 15_000)
    before = receipt_paper(payment, "ja")
    take_back(invoice)
    payment = queries.payment_in(desk.facility.id, payment.id)
    assert receipt_paper(payment, "ja") == before
    assert [(part.invoice_id, part.amount) for part in payment.allocations] == [
        (invoice.id, 11_000)
    ]


def test_part_of_it_by_two_ways_is_credit_of_each(desk, invoice):
    first = pay(desk, 4_000)
    second = pay(desk, 5_000, method=PaymentMethod.CASH)
    take_back(invoice)
    assert queries.credit_parts(desk.facility.id, desk.venture.id) == [
        (first.id, 4_000),
        (second.id, 5_000),
    ]
    assert violations() == []


@pytest.mark.parametrize(
    "facts",
    [
        {"method": PaymentMethod.SUBSIDY},
        {"method": PaymentMethod.SET_OFF, "once_key": deposit_key(1)},
    ],
)
def test_what_the_funder_or_a_deposit_paid_is_credit_too(desk, invoice, facts):
    pay(desk, 11_000, **facts)
    take_back(invoice)
    assert (account(desk), violations()) == ((0, 11_000), [])


def test_the_credit_pays_the_next_invoice_and_the_rest_goes_back(desk, invoice):
    payment = pay(desk, 11_000)
    take_back(invoice)
    again = make_invoice(desk.facility, desk.venture, 3_300, NOVEMBER)
    use(desk, again, 3_300)
    assert account(desk) == (0, 7_700)
    refund = pay_back(desk, 7_700)
    assert [(part.payment_id, part.amount) for part in refund.parts] == [(payment.id, 7_700)]
    assert account(desk) == (0, 0)
    with pytest.raises(RuleBroken, match="paid back"):
        reverse(desk, payment)
    take_back(again)
    assert account(desk) == (0, 3_300)
    assert violations() == []


def test_a_payment_that_is_reversed_afterwards_takes_its_credit_with_it(desk, invoice):
    payment = pay(desk, 11_000)
    take_back(invoice)
    made = reverse(desk, payment)
    assert account(desk) == (0, 0)
    assert posted(f"reversal:{made.id}") == {"bank": -11_000, "customer_credit": 11_000}
    assert violations() == []


def test_only_what_the_credit_was_used_for_is_open_again(desk, invoice):
    payment = pay(desk, 11_000)
    take_back(invoice)
    again = make_invoice(desk.facility, desk.venture, 3_300, NOVEMBER)
    use(desk, again, 3_300)
    reverse(desk, payment)
    assert account(desk) == (3_300, 0)
    entry = db.session.scalar(db.select(AuditEntry).where(AuditEntry.deed == "reverse_payment"))
    assert entry.after["invoices"] == {again.number: 3_300}
    assert again.number in mail("payment_reversed")
    assert invoice.number not in mail("payment_reversed")
    assert "前受金としてお預かりしていた額（取消しにより消滅）：7,700円" in mail("payment_reversed")
    assert violations() == []


def test_a_deposit_that_paid_it_is_credit_but_still_not_reversed(desk, invoice):
    payment = pay(desk, 11_000, method=PaymentMethod.SET_OFF, once_key=deposit_key(1))
    take_back(invoice)
    with pytest.raises(RuleBroken, match="set off against a deposit"):
        reverse(desk, payment)
    pay_back(desk, 11_000)
    assert (account(desk), violations()) == ((0, 0), [])


def test_what_happens_while_it_waits_is_known_when_it_is_approved(desk, invoice):
    early = pay(desk, 1_000)
    asked = ask_credit_note(invoice, "誤り", anew=False, actor=desk.clerk, now=NOW, today=TODAY)
    pay(desk, 2_000)
    reverse(desk, early)
    approve_credit_note(asked, actor=desk.head, now=NOW, today=TODAY)
    assert account(desk) == (0, 2_000)
    told = {line.deed: line.after for line in db.session.scalars(db.select(AuditEntry))}
    assert told["credit_invoice"]["credit"] == 2_000
    assert "前受金としてお預かりしています：2,000円" in mail("invoice_credited")
    assert violations() == []


def test_money_that_comes_in_afterwards_is_credit(desk, invoice):
    take_back(invoice)
    pay(desk, 11_000)
    assert (account(desk), violations()) == ((0, 11_000), [])


DEEDS = ("pay", "pay more", "take back", "reverse")
ORDERS = [each for each in permutations(DEEDS) if each.index("pay") < each.index("reverse")]


@pytest.mark.parametrize("order", ORDERS)
def test_the_order_does_not_matter(desk, invoice, order):
    """Two payments, one of them reversed, and a credit note: the same account in any order."""
    other = make_invoice(desk.facility, desk.venture, 2_200, NOVEMBER)
    payments = {}
    for deed in order:
        if deed == "take back":
            take_back(invoice)
        elif deed == "reverse":
            reverse(desk, payments["pay"])
        else:
            amount = 11_000 if deed == "pay" else 5_500
            found = {each.invoice.id: each.open for each in queries.open_invoices_of(*here(desk))}
            parts = {invoice.id: min(amount, found[invoice.id])} if invoice.id in found else {}
            payments[deed] = pay(desk, amount, parts=parts)
        assert violations() == []
    assert account(desk) == (2_200, 5_500)
    assert credit_of(desk.venture.id) == 5_500
    assert open_amount(other.id) == 2_200


def here(desk):
    return (desk.facility.id, desk.venture.id)


def test_the_venture_is_told_that_what_it_paid_is_credit(desk, invoice):
    make_person(Role.OWNER, venture=desk.venture)
    pay(desk, 11_000)
    take_back(invoice)
    body = mail("invoice_credited")
    assert body.startswith("Invoice cancelled: ¥11,000 (credit note ")
    assert "What was paid of it is your credit now: ¥11,000" in body
    assert "It need not be paid" not in body


UNLOCK = {
    "postgres": (
        "DROP TRIGGER journal_entry_stays ON journal_entry",
        "DROP TRIGGER posting_stays ON posting",
        "DROP TRIGGER allocation_stays_as_recorded ON allocation",
    ),
    "sqlite": tuple(
        f"DROP TRIGGER {name}_{moment}"
        for name in ("journal_entry_stays", "posting_stays", "allocation_stays_as_recorded")
        for moment in ("update", "delete")
    ),
}
RELEASED = "(SELECT id FROM journal_entry WHERE source LIKE 'released:%')"


@pytest.mark.parametrize(
    ("sql", "check"),
    [
        (
            (
                f"DELETE FROM posting WHERE entry_id = {RELEASED};"
                "DELETE FROM journal_entry WHERE source LIKE 'released:%'"
            ),
            "document_has_entry",
        ),
        (f"DELETE FROM posting WHERE entry_id = {RELEASED}", "receivable_agrees"),
        (f"DELETE FROM posting WHERE entry_id = {RELEASED}", "credit_agrees"),
        (
            f"UPDATE posting SET amount = amount * 2 WHERE entry_id = {RELEASED}",
            "credit_agrees",
        ),
        (
            (
                "INSERT INTO journal_entry (facility_id, on_day, source)"
                " SELECT facility_id, on_day, 'released:' || (SELECT max(id) FROM allocation)"
                " FROM journal_entry LIMIT 1"
            ),
            "entry_has_document",
        ),
        ("UPDATE allocation SET invoice_id = (SELECT max(id) FROM invoice)", "credit_agrees"),
    ],
)
def test_the_auditor_sees_credit_that_cannot_be(desk, invoice, sql, check):
    """Also the entry that is missing, and the one of an invoice that nobody took back."""
    pay(desk, 11_000)
    take_back(invoice)
    again = make_invoice(desk.facility, desk.venture, 3_300, NOVEMBER)
    use(desk, again, 3_300)
    assert violations() == []
    with databases.unlocked(UNLOCK):
        for statement in sql.split(";"):
            db.session.execute(text(statement))
        db.session.expire_all()
        assert check in {each.check for each in violations()}


@dataclass
class Scene:
    """A paid invoice that waits to be taken back, and another one that is open."""

    facility: int
    venture: int
    payment: int
    asked: int
    other: int


@pytest.fixture
def scene(fresh_app):
    with fresh_app.app_context(), transaction():
        desk = make_desk()
        invoice = make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
        payment = pay(desk, 11_000)
        asked = ask_credit_note(invoice, "誤り", anew=False, actor=desk.clerk, now=NOW, today=TODAY)
        other = make_invoice(desk.facility, desk.venture, 3_300, NOVEMBER)
        db.session.flush()
        scene = Scene(desk.facility.id, desk.venture.id, payment.id, asked.id, other.id)
        actors = (desk.clerk, desk.head)
    return scene, *actors


def at_once(app, *deeds):
    """Do them all at the same moment; what was refused."""
    start, refused = Barrier(len(deeds)), []

    def one(deed):
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    deed()
            except RuleBroken as broken:
                refused.append(broken)
            db.session.remove()

    threads = [Thread(target=one, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def test_eight_who_approve_at_once_release_it_once(fresh_app, scene):
    seen, _, head = scene

    def approve():
        found = db.session.get_one(CreditNoteRequest, seen.asked)
        approve_credit_note(found, actor=head, now=NOW, today=TODAY)

    assert len(at_once(fresh_app, *[approve] * 8)) == 7
    with fresh_app.app_context():
        invoice = db.session.get_one(CreditNoteRequest, seen.asked).invoice_id
        assert len(credit_notes_of(invoice)) == 1
        assert (credit_of(seen.venture), violations()) == (11_000, [])


def test_approval_payments_use_and_reversal_at_once_leave_the_books_right(fresh_app, scene):
    seen, clerk, head = scene
    by = {"actor": clerk, "now": NOW, "today": TODAY}

    def approve():
        found = db.session.get_one(CreditNoteRequest, seen.asked)
        approve_credit_note(found, actor=head, now=NOW, today=TODAY)

    def reverse():
        reverse_payment(db.session.get_one(Payment, seen.payment), WHY, **by)

    def pay_more():
        record_payment(PaymentDetails(seen.facility, seen.venture, 5_500, CAME_IN, parts={}), **by)

    def use():
        use_credit(CreditUse(seen.facility, seen.venture, seen.other, 1_100), **by)

    refused = at_once(fresh_app, approve, use, reverse, pay_more, use, pay_more)
    with fresh_app.app_context():
        assert violations() == []
        assert all("credit is only" in broken.message.text for broken in refused)
        found = balances_of(seen.venture, TODAY)
        taken = db.session.get_one(CreditNoteRequest, seen.asked).invoice
        assert (len(credit_notes_of(taken.id)), open_amount(taken.id)) == (1, 0)
        paid = settled([seen.other])[seen.other].paid
        assert (found.open, found.credit) == (3_300 - paid, 11_000 - paid)
        assert db.session.get_one(Invoice, seen.other).total == 3_300
