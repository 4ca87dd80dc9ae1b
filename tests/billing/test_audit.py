"""The auditor sees what somebody with the database's password could do."""

from collections.abc import Callable, Iterator
from hashlib import sha256

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from incubator.billing import queries
from incubator.billing.actions import keep_document
from incubator.billing.actions.pay import PaymentDetails, record_payment
from incubator.billing.models import Allocation, Invoice, JournalEntry, Payment, PaymentMethod
from incubator.core.db import db
from incubator.spaces.models import Facility
from tests.databases import ENGINE, unlocked
from tests.factories.base import keep, make_facility, make_venture
from tests.factories.billing import NOW, TODAY, bill, make_charge, make_tenants
from tests.factories.payments import make_desk, pay_back

GUARDS = {
    "invoice": "invoice_stays_as_issued",
    "invoice_line": "invoice_line_stays_as_issued",
    "invoice_tax": "invoice_tax_stays_as_issued",
    "document": "document_stays_as_made",
    "payment": "payment_stays_as_recorded",
    "allocation": "allocation_stays_as_recorded",
    "journal_entry": "journal_entry_stays",
    "posting": "posting_stays",
}


def unlock() -> None:
    for table, name in GUARDS.items():
        if ENGINE == "postgres":
            db.session.execute(text(f"DROP TRIGGER {name} ON {table}"))
        else:
            for moment in ("update", "delete"):
                db.session.execute(text(f"DROP TRIGGER {name}_{moment}"))


@pytest.fixture
def books() -> None:
    """Three invoices, of which one is paid in part, and a kept PDF; all as it should be."""
    facility = make_tenants(2)
    venture = make_venture(facility)
    make_charge(venture)
    first, *_ = bill(facility)
    payment = keep(
        Payment(
            facility_id=facility.id,
            organisation_id=first.organisation_id,
            method=PaymentMethod.BANK,
            amount=500,
            currency="JPY",
            received_on=TODAY,
            recorded_at=NOW,
            recorded_by="x",
            receipt_number="X-R-2026-00001",
        )
    )
    keep(Allocation(payment_id=payment.id, invoice_id=first.id, amount=400, on_day=TODAY))
    entry = keep(
        JournalEntry(facility_id=facility.id, on_day=TODAY, source=f"payment:{payment.id}")
    )
    for account, amount in (("bank", 500), ("receivable", -400), ("customer_credit", -100)):
        db.session.execute(
            text(
                "INSERT INTO posting (entry_id, account, organisation_id, amount, currency)"
                f" VALUES ({entry.id}, '{account}', {first.organisation_id}, {amount}, 'JPY')"
            )
        )
    keep_document(f"invoice:{first.id}", "ja", b"%PDF-", now=NOW)
    assert queries.audit() == []
    unlock()


CORRUPTIONS: dict[str, tuple[str, str]] = {
    "a posting was changed": (
        "UPDATE posting SET amount = amount + 1 WHERE id = (SELECT min(id) FROM posting)",
        "entry_balances",
    ),
    "a posting was deleted": (
        "DELETE FROM posting WHERE id = (SELECT max(id) FROM posting WHERE account = 'tax')",
        "posted_as_issued",
    ),
    "an entry lost its document": (
        (
            "UPDATE journal_entry SET source = 'invoice:99999'"
            " WHERE id = (SELECT min(id) FROM journal_entry)"
        ),
        "document_has_entry",
    ),
    "an entry came from nowhere": (
        (
            "INSERT INTO journal_entry (facility_id, on_day, source)"
            " SELECT facility_id, on_day, 'payment:4711' FROM journal_entry LIMIT 1"
        ),
        "entry_has_document",
    ),
    "a line was changed": (
        "UPDATE invoice_line SET amount = amount - 1 WHERE id = (SELECT min(id) FROM invoice_line)",
        "lines_add_up",
    ),
    "a line was deleted": (
        "DELETE FROM invoice_line WHERE id = (SELECT max(id) FROM invoice_line)",
        "invoice_has_lines",
    ),
    "a tax was changed": (
        "UPDATE invoice_tax SET tax = tax + 1 WHERE id = (SELECT min(id) FROM invoice_tax)",
        "tax_recomputes",
    ),
    "a tax was taken per line": (
        (
            "UPDATE invoice SET tax_total = tax_total - 1, total = total - 1"
            " WHERE id = (SELECT min(id) FROM invoice)"
        ),
        "tax_recomputes",
    ),
    "the recipient was changed": (
        (
            'UPDATE invoice SET recipient = \'{"name": "somebody"}\''
            " WHERE id = (SELECT min(id) FROM invoice)"
        ),
        "facts_unchanged",
    ),
    "the due day was moved": (
        "UPDATE invoice SET due_on = '2030-01-01' WHERE id = (SELECT min(id) FROM invoice)",
        "facts_unchanged",
    ),
    "a number was skipped": (
        "UPDATE invoice SET number = 'X-2026-00009' WHERE id = (SELECT max(id) FROM invoice)",
        "numbers_without_gap",
    ),
    "a number has no digits": (
        "UPDATE invoice SET number = 'X' WHERE id = (SELECT max(id) FROM invoice)",
        "numbers_without_gap",
    ),
    "a charge was moved to another invoice": (
        (
            "UPDATE charge SET invoice_id = (SELECT max(id) FROM invoice)"
            " WHERE id = (SELECT min(id) FROM charge WHERE lease_id IS NOT NULL)"
        ),
        "one_line_per_charge",
    ),
    "a billed charge was dropped": (
        "UPDATE charge SET invoice_id = NULL WHERE id = (SELECT max(id) FROM charge)",
        "one_line_per_charge",
    ),
    "more was allocated than came in": (
        "UPDATE allocation SET amount = 600",
        "payment_covers",
    ),
    "more was allocated than was billed": (
        "UPDATE allocation SET amount = 99999999",
        "never_overpaid",
    ),
    "somebody else's money was used": (
        "UPDATE payment SET organisation_id = (SELECT max(id) FROM organisation)",
        "own_money",
    ),
    "a payment grew": ("UPDATE payment SET amount = 900", "credit_agrees"),
    "an allocation shrank": ("UPDATE allocation SET amount = 100", "receivable_agrees"),
    "a payment lost its entry": (
        "UPDATE journal_entry SET source = 'payment:99999' WHERE source LIKE 'payment:%'",
        "document_has_entry",
    ),
    "the kept PDF was changed": ("UPDATE document SET pdf = :pdf", "document_unchanged"),
}


@pytest.mark.parametrize(("sql", "check"), CORRUPTIONS.values(), ids=CORRUPTIONS.keys())
def test_every_corruption_is_found(books: None, sql: str, check: str):
    values = {"pdf": b"forged"} if ":pdf" in sql else {}
    changed = db.session.execute(text(sql), values)
    assert changed.rowcount > 0, "The corruption changed nothing."  # type: ignore[attr-defined]
    db.session.expire_all()
    assert check in {violation.check for violation in queries.audit()}


BELOW = {
    "postgres": "DROP TRIGGER invoice_not_below_zero ON invoice",
    "sqlite": "DROP TRIGGER invoice_not_below_zero",
}


def test_an_invoice_below_zero_is_refused_by_the_database_and_named_where_there_is_one():
    venture = make_venture(make_facility())
    make_charge(venture)
    bill(db.session.get_one(Facility, venture.facility_id))
    same = (
        "facility_id, organisation_id, kind, service_month, issued_on, issued_at, issued_by,"
        " due_on, currency, language, issuer, recipient, rounding, facts_sha256"
    )
    below = text(
        f"INSERT INTO invoice ({same}, number, taxable_total, tax_total, untaxed_total, total)"
        f" SELECT {same}, 'X-2026-00002', -1, 0, 0, -1 FROM invoice"
    )
    with pytest.raises(IntegrityError, match="invoice_not_below_zero"), db.session.begin_nested():
        db.session.execute(below)
    db.session.execute(text(BELOW[ENGINE]))
    db.session.execute(below)
    found = {(each.check, each.record) for each in queries.audit()}
    assert ("never_below_zero", "X-2026-00002") in found


def test_a_total_that_is_not_the_sum_is_refused_by_the_database_itself(books: None):
    with pytest.raises(Exception, match="adds_up"):
        db.session.execute(text("UPDATE invoice SET total = total + 1"))


@pytest.mark.parametrize("table", sorted({*GUARDS} - {"payment", "allocation"}))
def test_what_was_issued_cannot_be_changed_or_deleted(table: str):
    facility = make_facility()
    venture = make_venture(facility)
    make_charge(venture)
    (invoice,) = bill(facility)
    keep_document(f"invoice:{invoice.id}", "ja", b"%PDF-", now=NOW)
    deeds: list[Callable[[], object]] = [
        lambda: db.session.execute(text(f"UPDATE {table} SET id = id")),
        lambda: db.session.execute(text(f"DELETE FROM {table}")),
    ]
    for deed in deeds:
        with pytest.raises(Exception, match=GUARDS[table]), db.session.begin_nested():
            deed()


def test_a_document_is_kept_as_first_made():
    kept = keep_document("invoice:1", "ja", b"one", now=NOW)
    again = keep_document("invoice:1", "ja", b"two", now=NOW)
    assert (again.id, again.pdf) == (kept.id, b"one")
    assert kept.sha256 == sha256(b"one").hexdigest()
    assert db.session.scalar(db.select(db.func.count()).select_from(Invoice)) == 0


REFUND_CORRUPTIONS: dict[str, tuple[str, str]] = {
    "a receipt got another number": (
        "UPDATE payment SET receipt_number = 'X-R-2026-00007' WHERE amount = 700",
        "numbers_without_gap",
    ),
    "two receipts count the same": (
        "UPDATE payment SET receipt_number = 'X-R-2026-00001' WHERE amount = 700",
        "numbers_without_gap",
    ),
    "a notice of repayment got another number": (
        "UPDATE refund SET number = 'X-PB-2026-00009' WHERE amount = 200",
        "numbers_without_gap",
    ),
    "a receipt moved to another year": (
        "UPDATE payment SET receipt_number = 'X-R-2025-00001' WHERE amount = 700",
        "numbers_without_gap",
    ),
    "a refund lost who asked for it": (
        "UPDATE refund SET request_id = NULL WHERE amount = 200",
        "refund_is_approved",
    ),
    "who asked approved it": (
        "UPDATE refund_request SET asked_by_id = decided_by_id",
        "refund_is_approved",
    ),
    "nobody approved it": (
        "UPDATE refund_request SET status = 'asked' WHERE amount = 200",
        "refund_is_approved",
    ),
    "another account was approved": (
        "UPDATE refund_request SET paid_to = 'elsewhere' WHERE amount = 200",
        "refund_is_approved",
    ),
    "what was approved is not paid": (
        "UPDATE refund SET request_id = NULL WHERE amount = 100",
        "approval_is_paid",
    ),
}


UNLOCK_REFUNDS = {
    "postgres": (
        "DROP TRIGGER refund_stays ON refund",
        "DROP TRIGGER refund_request_stays_update ON refund_request",
        "DROP TRIGGER refund_request_stays_delete ON refund_request",
        "ALTER TABLE refund_request DROP CONSTRAINT ck_refund_request_two_people",
    ),
    "sqlite": (
        "DROP TRIGGER refund_stays_update",
        "DROP TRIGGER refund_request_stays_update",
        "DROP TRIGGER refund_request_stays_delete",
    ),
}
"""What keeps refunds and requests as they are, and two people apart."""


@pytest.fixture
def paid_back() -> Iterator[None]:
    """Two payments whose credit was paid back in part; all as it should be."""
    desk = make_desk()
    for amount in (500, 700):
        details = PaymentDetails(desk.facility.id, desk.venture.id, amount, TODAY)
        record_payment(details, actor=desk.clerk, now=NOW, today=TODAY)
    for amount in (100, 200):
        pay_back(desk, amount, paid_on=TODAY)
    assert queries.audit() == []
    unlock()
    with unlocked(UNLOCK_REFUNDS):
        yield


@pytest.mark.parametrize("what", REFUND_CORRUPTIONS)
def test_the_auditor_sees_repayments_that_cannot_be(paid_back: None, what: str):
    sql, check = REFUND_CORRUPTIONS[what]
    db.session.execute(text(sql))
    db.session.expire_all()
    assert check in {each.check for each in queries.audit()}


def test_a_refund_from_before_two_people_were_needed_is_no_violation(paid_back: None):
    db.session.execute(text("UPDATE refund SET request_id = NULL"))
    db.session.execute(text("DELETE FROM refund_request"))
    db.session.expire_all()
    assert queries.audit() == []
