"""A credit note takes two people: one asks, another approves, and only then is it issued."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from incubator.billing.actions import (
    approve_credit_note,
    ask_credit_note,
    refuse_credit_note,
    withdraw_credit_note,
)
from incubator.billing.models import CreditNoteRequest
from incubator.billing.queries import audit as violations
from incubator.billing.queries import credit_notes_of, open_amount
from incubator.billing.queries.asked import request_in, waiting_on
from incubator.billing.queries.waiting import WaitingKind, waiting_at
from incubator.core.access import Actor, Held, Role
from incubator.core.audit import AuditEntry
from incubator.core.db import db
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.outbox import OutboxMail
from incubator.people.models import RequestStatus
from tests import databases
from tests.factories.base import make_person
from tests.factories.payments import NOW, TODAY, make_desk, make_invoice
from tests.factories.people import as_actor

DUE = date(2026, 11, 30)


@pytest.fixture
def desk():
    return make_desk()


@pytest.fixture
def invoice(desk):
    return make_invoice(desk.facility, desk.venture, 11_000, DUE)


def ask(desk, invoice, why="二重請求", actor=None, *, anew=False):
    by = actor or desk.clerk
    return ask_credit_note(invoice, why, anew=anew, actor=by, now=NOW, today=TODAY)


def approve(desk, asked, actor=None):
    return approve_credit_note(asked, actor=actor or desk.head, now=NOW, today=TODAY)


def person(desk, role, **facts):
    return as_actor(make_person(role, facility=desk.facility, **facts))


def test_what_is_asked_for_is_not_issued_until_somebody_else_approves(desk, invoice):
    asked = ask(desk, invoice)
    assert (asked.status, credit_notes_of(invoice.id)) == (RequestStatus.ASKED, [])
    assert open_amount(invoice.id) == 11_000
    assert waiting_on(CreditNoteRequest, invoice.id) is asked
    (waits,) = waiting_at(desk.facility.id)
    assert (waits.kind, waits.record, waits.number, waits.amount) == (
        WaitingKind.CREDIT_NOTE,
        invoice.id,
        invoice.number,
        11_000,
    )
    made = approve(desk, asked)
    assert (asked.status, asked.decided_by) == (RequestStatus.APPROVED, "田中 一郎")
    (note,) = credit_notes_of(invoice.id)
    assert (note.id, note.total, note.issued_on, note.issued_by) == (
        made.id,
        -11_000,
        TODAY,
        "田中 一郎",
    )
    assert (open_amount(invoice.id), waiting_at(desk.facility.id)) == (0, [])
    assert violations() == []


def test_an_administrator_asks_and_another_approves(desk, invoice):
    other = person(desk, Role.FACILITY_ADMIN)
    asked = ask(desk, invoice, actor=other)
    for decide in (
        lambda: approve(desk, asked, actor=other),
        lambda: refuse_credit_note(asked, "x", actor=other, now=NOW),
    ):
        with pytest.raises(RuleBroken, match="asked for"):
            decide()
    assert credit_notes_of(invoice.id) == []
    approve(desk, asked)


def test_it_can_be_refused_with_a_reason_and_asked_for_anew(desk, invoice):
    asked = ask(desk, invoice)
    with pytest.raises(RuleBroken) as broken:
        refuse_credit_note(asked, " ", actor=desk.head, now=NOW)
    assert broken.value.field == "refusal"
    refuse_credit_note(asked, " 正しい請求です ", actor=desk.head, now=NOW)
    assert (asked.status, asked.reason) == (RequestStatus.REFUSED, "正しい請求です")
    for decide in (
        lambda: approve(desk, asked),
        lambda: withdraw_credit_note(asked, actor=desk.clerk, now=NOW),
    ):
        with pytest.raises(RuleBroken, match="decided already"):
            decide()
    approve(desk, ask(desk, invoice))


def test_it_can_be_withdrawn_while_it_waits(desk, invoice):
    asked = ask(desk, invoice)
    with pytest.raises(NotAllowed):
        withdraw_credit_note(asked, actor=person(desk, Role.MANAGER), now=NOW)
    withdraw_credit_note(asked, actor=desk.clerk, now=NOW)
    assert (asked.status, asked.decided_by) == (RequestStatus.WITHDRAWN, desk.clerk.name)
    with pytest.raises(RuleBroken, match="decided already"):
        approve(desk, asked)


def test_sent_twice_it_is_asked_once_and_one_waits_at_a_time(desk, invoice):
    asked = ask(desk, invoice)
    assert ask(desk, invoice, " 二重請求 ") is asked
    with pytest.raises(RuleBroken, match="waits for its approval already"):
        ask(desk, invoice, "another reason")
    with pytest.raises(RuleBroken, match="waits for its approval already"):
        ask(desk, invoice, anew=True)
    with pytest.raises(RuleBroken, match="waits for its approval already"):
        ask(desk, invoice, actor=desk.head)
    assert db.session.scalar(db.select(db.func.count()).select_from(CreditNoteRequest)) == 1


@pytest.mark.parametrize("role", [Role.MANAGER, Role.MENTOR])
def test_only_who_works_with_money_asks(desk, invoice, role):
    with pytest.raises(NotAllowed):
        ask(desk, invoice, actor=person(desk, role))


@pytest.mark.parametrize("role", [Role.CLERK, Role.MANAGER, Role.MENTOR])
def test_only_who_leads_the_facility_decides(desk, invoice, role):
    asked, other = ask(desk, invoice), person(desk, role)
    with pytest.raises(NotAllowed):
        approve(desk, asked, actor=other)
    with pytest.raises(NotAllowed):
        refuse_credit_note(asked, "x", actor=other, now=NOW)


def test_it_is_written_down_and_all_who_should_are_told(desk, invoice):
    approve(desk, ask(desk, invoice, actor=person(desk, Role.CLERK, name="鈴木 花子")))
    lines = db.session.scalars(db.select(AuditEntry))
    told = {line.deed: (line.actor_name, line.after) for line in lines}
    (note,) = credit_notes_of(invoice.id)
    assert told["ask_credit_note"] == (
        "鈴木 花子",
        {"reason": "二重請求", "bill_anew": False},
    )
    assert told["credit_invoice"] == (
        "田中 一郎",
        {"credit_note": note.number, "reason": "二重請求", "asked_by": "鈴木 花子", "credit": 0},
    )
    mails = {mail.template: mail for mail in db.session.scalars(db.select(OutboxMail))}
    assert invoice.number in mails["approval_asked"].subject
    assert "二重請求" in mails["approval_asked"].body
    assert mails["approval_asked"].to_name == "田中 一郎"
    assert mails["approval_decided"].to_name == "鈴木 花子"
    assert mails["approval_decided"].subject.startswith("Approved")
    assert "is not billed again, unless" in mails["approval_decided"].body


def test_the_venture_is_told_which_invoice_is_cancelled(desk, invoice):
    make_person(Role.OWNER, venture=desk.venture)
    approve(desk, ask(desk, invoice))
    asked = db.select(OutboxMail).where(OutboxMail.template == "invoice_credited")
    mail = db.session.scalars(asked).one()
    assert f"Cancelled invoice: {invoice.number} for Nov 2026\n" in mail.body
    assert "It need not be paid." in mail.body
    assert "your credit" not in mail.body


def test_who_asked_is_told_where_it_is_billed_anew(desk, invoice):
    approve(desk, ask(desk, invoice, actor=person(desk, Role.CLERK), anew=True))
    asked = db.select(OutboxMail).where(OutboxMail.template == "approval_decided")
    body = db.session.scalars(asked).one().body
    assert "issue it in the billing run of Nov 2026" in body
    assert "not billed again" not in body


def test_who_asked_is_told_why_it_was_refused(desk, invoice):
    asked = ask(desk, invoice, actor=person(desk, Role.CLERK))
    refuse_credit_note(asked, "it is right", actor=desk.head, now=NOW)
    mails = {mail.template: mail for mail in db.session.scalars(db.select(OutboxMail))}
    assert mails["approval_decided"].subject.startswith("Refused")
    assert "it is right" in mails["approval_decided"].body
    assert "invoice_credited" not in mails


def test_those_of_others_do_not_exist(desk, invoice):
    asked, other = ask(desk, invoice), make_desk()
    assert request_in(CreditNoteRequest, desk.facility.id, asked.id) is asked
    with pytest.raises(NotFound):
        request_in(CreditNoteRequest, other.facility.id, asked.id)
    stranger = Actor(None, "x", (Held(Role.CLERK, facility_id=other.facility.id),))
    with pytest.raises(NotAllowed):
        ask(desk, invoice, actor=stranger)


def refused(promise, sql):
    with pytest.raises(IntegrityError, match=promise), db.session.begin_nested():
        db.session.execute(text(sql))


def test_the_database_keeps_what_was_asked_for_and_that_two_people_decide(desk, invoice):
    clerk = make_person(Role.CLERK, facility=desk.facility)
    asked = ask(desk, invoice, actor=as_actor(clerk))
    change = "UPDATE credit_note_request SET "
    refused("two_people", f"{change}status = 'approved', decided_by_id = {clerk.id}")
    refused("decided", f"{change}status = 'approved'")
    for facts in (
        "why = 'x'",
        "bill_anew = NULL",
        "bill_anew = NOT bill_anew",
        f"asked_by_id = {desk.head.id}",
        f"invoice_id = {invoice.id + 1}",
    ):
        refused("credit_note_request_stays", change + facts)
    approve(desk, asked)
    refused("credit_note_request_stays", f"{change}status = 'asked'")
    refused("credit_note_request_stays", "DELETE FROM credit_note_request")


COPY = (
    "number, service_month, issued_on, issued_at, issued_by, due_on, currency, language,"
    " issuer, recipient, rounding, taxable_total, tax_total, untaxed_total, total, facts_sha256,"
    " facility_id, organisation_id"
)


@pytest.mark.parametrize("status", [None, "asked", "refused"])
def test_the_database_issues_no_credit_note_that_nobody_approved(desk, invoice, status):
    if status:
        asked = ask(desk, invoice)
    if status == "refused":
        refuse_credit_note(asked, "x", actor=desk.head, now=NOW)
    values = COPY.replace("number", "'N'", 1)
    sql = (
        f"INSERT INTO invoice (kind, corrects_id, {COPY})"
        f" SELECT 'credit_note', id, {values} FROM invoice WHERE id = {invoice.id}"
    )
    refused("credit_note_is_approved", sql)
    asked = ask(desk, invoice) if status != "asked" else asked
    asked.status, asked.decided_by_id = RequestStatus.APPROVED, desk.head.id
    db.session.flush()
    db.session.execute(text(sql))
    assert [each.number for each in credit_notes_of(invoice.id)] == ["N"]


UNLOCK = {
    "postgres": (
        "DROP TRIGGER credit_note_request_stays_update ON credit_note_request",
        "DROP TRIGGER credit_note_request_stays_delete ON credit_note_request",
        "ALTER TABLE credit_note_request DROP CONSTRAINT ck_credit_note_request_two_people",
        "ALTER TABLE credit_note_request DROP CONSTRAINT ck_credit_note_request_decided",
    ),
    "sqlite": (
        "DROP TRIGGER credit_note_request_stays_update",
        "DROP TRIGGER credit_note_request_stays_delete",
    ),
}


@pytest.fixture
def unlocked(desk, invoice):
    """Two invoices taken back as they should be, and nothing that keeps them so."""
    for each in (invoice, make_invoice(desk.facility, desk.venture, 22_000, DUE)):
        approve(desk, ask(desk, each, actor=person(desk, Role.CLERK)))
    assert violations() == []
    with databases.unlocked(UNLOCK):
        yield


LAST = "(SELECT max(id) FROM credit_note_request)"


@pytest.mark.parametrize(
    ("sql", "check"),
    [
        (f"DELETE FROM credit_note_request WHERE id = {LAST}", "credit_note_is_approved"),
        (
            "UPDATE credit_note_request SET decided_by_id = asked_by_id",
            "credit_note_is_approved",
        ),
        ("UPDATE credit_note_request SET decided_by_id = NULL", "credit_note_is_approved"),
        (
            f"UPDATE credit_note_request SET invoice_id = 1 + invoice_id WHERE id = {LAST}",
            "approval_is_issued",
        ),
    ],
)
@pytest.mark.usefixtures("unlocked")
def test_the_auditor_sees_what_was_not_approved(sql, check):
    db.session.execute(text(sql))
    db.session.expire_all()
    assert check in {each.check for each in violations()}


@pytest.mark.usefixtures("unlocked")
def test_credit_notes_from_before_two_people_were_needed_are_no_violation():
    db.session.execute(text("DELETE FROM credit_note_request"))
    db.session.expire_all()
    assert violations() == []
