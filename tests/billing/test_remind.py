"""Unpaid invoices are reminded of on the facility's days, once, and only while they are open."""

from datetime import timedelta

import pytest

from incubator.billing.actions.pay import CreditUse, PaymentDetails, record_payment, use_credit
from incubator.billing.actions.remind import remind_overdue
from incubator.core.access import Actor
from incubator.core.audit import AuditEntry
from incubator.core.db import db
from incubator.core.errors import RuleBroken
from incubator.core.outbox import MailState, OutboxMail
from incubator.spaces.rules import reminders
from tests.factories.billing import take_back
from tests.factories.payments import NOW, TODAY, make_desk, make_invoice

WORKER = Actor(None, "worker")
DUE = TODAY - timedelta(days=3)


@pytest.fixture
def desk():
    return make_desk()


def remind(desk, days=0):
    return remind_overdue(
        desk.facility,
        actor=WORKER,
        now=NOW + timedelta(days=days),
        today=TODAY + timedelta(days=days),
    )


def mails():
    asked = db.select(OutboxMail).where(OutboxMail.template == "invoice_overdue")
    return db.session.scalars(asked.order_by(OutboxMail.id)).all()


def pay(desk, amount, **facts):
    details = PaymentDetails(desk.facility.id, desk.venture.id, amount, TODAY, **facts)
    return record_payment(details, actor=desk.clerk, now=NOW, today=TODAY)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("3, 10, 30", (3, 10, 30)),
        ("30 3,3、10", (3, 10, 30)),
        ("", ()),
        (None, ()),
        (" , ", ()),
        ("365", (365,)),
    ],
)
def test_days_are_read_as_people_write_them(text, days):
    assert reminders.days_of(text) == days
    assert reminders.days_of(reminders.written(days)) == days


@pytest.mark.parametrize("text", ["0", "-3", "366", "three", "3.5", "1,2,3,4,5,6,7"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(RuleBroken) as broken:
        reminders.days_of(text)
    assert broken.value.field == "reminder_days"


@pytest.mark.parametrize(
    ("late", "sent"), [(0, 0), (2, 0), (3, 1), (4, 0), (9, 0), (10, 1), (30, 1), (31, 0), (200, 0)]
)
def test_only_the_chosen_days_remind(desk, late, sent):
    make_invoice(desk.facility, desk.venture, 11_000, TODAY - timedelta(days=late))
    assert remind(desk) == len(mails()) == sent


def test_one_mail_for_each_day_however_often_the_job_runs(desk):
    invoice = make_invoice(desk.facility, desk.venture, 11_000, DUE)
    assert [remind(desk), remind(desk), remind(desk, 7), remind(desk, 7)] == [1, 0, 1, 0]
    first, second = mails()
    assert invoice.number in first.subject
    for words in ("11,000", "3", "お支払い方法"):
        assert words in first.body
    assert "カード" not in first.body
    assert "10" in second.body
    assert (first.to_address, first.facility_id) == (desk.venture.email, desk.facility.id)
    deeds = db.session.scalars(db.select(AuditEntry).where(AuditEntry.deed == "remind_of_invoice"))
    assert [entry.after["days_late"] for entry in deeds] == [3, 10]


def test_it_names_what_is_still_open_and_nobody_is_reminded_of_what_is_paid(desk):
    part = make_invoice(desk.facility, desk.venture, 11_000, DUE)
    whole = make_invoice(desk.facility, desk.venture, 22_000, DUE)
    pay(desk, 26_000, parts={part.id: 4_000, whole.id: 22_000})
    assert remind(desk) == 1
    (mail,) = mails()
    assert part.number in mail.subject
    assert "7,000" in mail.body


@pytest.mark.parametrize("days", ["", None])
def test_a_facility_that_chose_no_days_reminds_nobody(desk, days):
    desk.facility.reminder_days = days
    make_invoice(desk.facility, desk.venture, 11_000, DUE)
    assert remind(desk) == 0


def test_another_facilitys_invoices_are_its_own(desk):
    other = make_desk()
    make_invoice(other.facility, other.venture, 11_000, DUE)
    assert remind(desk) == 0


def test_a_reminder_still_waiting_is_called_off_when_the_invoice_is_paid(desk):
    invoice = make_invoice(desk.facility, desk.venture, 11_000, DUE)
    remind(desk)
    pay(desk, 11_000, invoices=(invoice.id,))
    assert [each.state for each in mails()] == [MailState.CALLED_OFF]


def test_a_part_payment_calls_nothing_off(desk):
    invoice = make_invoice(desk.facility, desk.venture, 11_000, DUE)
    remind(desk)
    pay(desk, 10_999, invoices=(invoice.id,))
    assert mails()[-1].state is MailState.WAITING


def test_credit_and_credit_notes_call_off_too(desk):
    first = make_invoice(desk.facility, desk.venture, 11_000, DUE)
    second = make_invoice(desk.facility, desk.venture, 22_000, DUE)
    remind(desk)
    pay(desk, 11_000, invoices=())
    use = CreditUse(desk.facility.id, desk.venture.id, first.id, 11_000)
    use_credit(use, actor=desk.clerk, now=NOW, today=TODAY)
    assert [each.state for each in mails()] == [MailState.CALLED_OFF, MailState.WAITING]
    take_back(second, now=NOW, today=TODAY)
    assert [each.state for each in mails()] == [MailState.CALLED_OFF] * 2
