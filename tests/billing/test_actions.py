from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest

from incubator.billing import queries
from incubator.billing.actions import bill_month, cancel_charge
from incubator.billing.actions.run import TOGETHER
from incubator.billing.models import (
    BillingRun,
    Charge,
    ChargeKind,
    Invoice,
    JournalEntry,
    TaxCategory,
)
from incubator.core.access import Actor
from incubator.core.audit import AuditEntry
from incubator.core.days import Stretch
from incubator.core.db import db
from incubator.core.errors import NotAllowed, RuleBroken
from incubator.core.outbox import OutboxMail
from incubator.spaces.models import Facility
from tests.factories.base import (
    make_facility,
    make_floor,
    make_lease,
    make_person,
    make_unit,
    make_venture,
)
from tests.factories.billing import (
    MAY,
    NOW,
    TODAY,
    bill,
    clerk_of,
    make_charge,
    make_invoice,
    make_tenants,
    take_back,
)
from tests.vectors import VECTORS


def count(entity: type) -> int:
    return db.session.scalar(db.select(db.func.count()).select_from(entity)) or 0


def test_a_run_bills_once_and_a_second_run_only_what_is_missing():
    """TV-102"""
    facility = make_tenants(10)
    created = [len(bill(facility)), len(bill(facility))]
    make_tenants(1, facility)
    created.append(len(bill(facility)))
    assert created == VECTORS["TV-102"]["expected"]["invoices_created"]
    assert queries.audit() == []


def test_the_preview_equals_the_result_to_the_yen():
    facility = make_tenants(3)
    preview = queries.preview(facility, MAY, today=TODAY)
    expected = {each.venture.organisation_id: each.draft for each in preview.proposed}
    invoices = bill(facility)
    assert len(invoices) == len(expected) == 3
    for invoice in invoices:
        draft = expected[invoice.organisation_id]
        assert (invoice.total, invoice.tax_total) == (draft.total, draft.tax)
        assert [line.amount for line in invoice.lines] == [line.item.amount for line in draft.lines]
    assert preview.total == sum(invoice.total for invoice in invoices)
    after = queries.preview(facility, MAY, today=TODAY)
    assert after.proposed == ()
    assert len(after.issued) == 3


def test_the_worked_monthly_statement():
    """domain.md §14: rent, common fee, meeting room and electricity with one rounding (TV-021)."""
    facility = make_facility("aoba")
    venture = make_venture(facility)
    make_lease(make_unit(facility, make_floor(facility)), venture)
    make_charge(venture)
    make_charge(venture, kind=ChargeKind.UTILITY, source="meter:1:2026-03", amount=8433)
    (invoice,) = bill(facility)
    assert (invoice.taxable_total, invoice.tax_total, invoice.total) == (102415, 10241, 112656)
    assert invoice.number == "AOBA-2026-00001"
    assert invoice.due_on == date(2026, 4, 30)
    assert [line.kind for line in invoice.lines] == [
        ChargeKind.RENT,
        ChargeKind.COMMON_FEE,
        ChargeKind.UTILITY,
        ChargeKind.ROOM,
    ]
    entry = db.session.scalars(
        db.select(JournalEntry).where(JournalEntry.source == f"invoice:{invoice.id}")
    ).one()
    assert {posting.account.value: posting.amount for posting in entry.postings} == {
        "receivable": 112656,
        "sales": -102415,
        "tax": -10241,
    }


def test_issuing_leaves_a_trace_and_a_mail_to_the_owner():
    facility = make_facility()
    venture = make_venture(facility)
    owner = make_person("owner", venture=venture, language="ja")
    make_person("member", venture=venture)
    invoice = make_invoice(venture)
    (mail,) = db.session.scalars(db.select(OutboxMail))
    assert (mail.to_address, mail.facility_id) == (owner.email, facility.id)
    assert invoice.number in mail.subject
    assert "お支払い方法" in mail.body
    assert "カード" not in mail.body
    deeds = db.session.scalars(db.select(AuditEntry.deed).order_by(AuditEntry.id))
    assert list(deeds) == ["issue_invoice", "run_billing"]


@pytest.mark.parametrize(("email", "mails"), [("office@example.jp", 1), ("", 0)])
def test_a_venture_without_an_owner_is_written_to_at_its_office(email: str, mails: int):
    make_invoice(make_venture(make_facility(), email=email))
    assert count(OutboxMail) == mails


def test_numbers_run_on_per_facility_and_fiscal_year():
    aoba, other = make_facility("aoba"), make_facility("kita")
    for facility in (aoba, other):
        make_tenants(2, facility)
    numbers = [each.number for each in (*bill(aoba), *bill(other))]
    march = datetime(2027, 3, 20, tzinfo=UTC)
    april = datetime(2027, 4, 1, tzinfo=UTC)
    numbers += [
        each.number
        for now in (march, april)
        for each in bill(aoba, now.date().replace(day=1), today=now.date(), now=now)
    ]
    assert numbers == [
        "AOBA-2026-00001", "AOBA-2026-00002", "KITA-2026-00001", "KITA-2026-00002",
        "AOBA-2026-00003", "AOBA-2026-00004", "AOBA-2027-00001", "AOBA-2027-00002",
    ]  # fmt: skip
    assert queries.audit() == []


def test_a_charge_is_added_once():
    venture = make_venture(make_facility())
    assert make_charge(venture).id == make_charge(venture, amount=9).id
    assert count(Charge) == 1


def test_use_by_the_hour_is_billed_once_it_is_over_and_only_once():
    facility = make_facility()
    venture = make_venture(facility)
    make_charge(venture, source="booking:1")
    days = Stretch(date(2026, 4, 25), date(2026, 4, 26))
    later = make_charge(venture, source="booking:2", service=days)
    (first,) = bill(facility)
    assert [line.why["rule"] for line in first.lines] == ["BR-F03"]
    assert later.invoice_id is None
    (second,) = bill(facility, today=date(2026, 4, 27))
    assert (first.run_key, second.run_key) == ("2026-05", "2026-05/2")
    assert bill(facility, today=date(2026, 4, 27)) == []


@pytest.mark.parametrize(("owed", "totals"), [(499, []), (500, [0]), (1_500, [1_100])])
def test_what_comes_to_less_than_zero_waits_until_more_is_owed(owed: int, totals: list[int]):
    venture = make_venture(make_facility())
    facility = db.session.get_one(Facility, venture.facility_id)
    less = make_charge(venture, kind=ChargeKind.OTHER, source="less", amount=-500)
    assert bill(facility) == []
    preview = queries.preview(facility, MAY, today=TODAY)
    assert (preview.proposed, preview.total) == ((), 0)
    assert [each.draft.total for each in preview.waiting] == [-550]
    make_charge(venture, amount=owed)
    assert [each.total for each in bill(facility)] == totals
    db.session.refresh(less)
    assert (less.invoice_id is None) is (totals == [])
    assert bool(queries.preview(facility, MAY, today=TODAY).waiting) is (totals == [])
    assert queries.audit() == []


def test_a_cancelled_charge_is_never_billed_and_a_billed_one_not_cancelled():
    facility = make_facility()
    venture = make_venture(facility)
    make_charge(venture, source="booking:1")
    cancelled = cancel_charge("booking:1", ChargeKind.ROOM, reason="called off", now=NOW)
    assert cancelled is not None
    assert cancelled.cancelled_at == NOW
    again = cancel_charge("booking:1", ChargeKind.ROOM, reason="twice", now=NOW)
    assert again is not None
    assert again.cancel_reason == "called off"
    assert cancel_charge("booking:9", ChargeKind.ROOM, reason="", now=NOW) is None
    assert bill(facility) == []
    make_charge(venture, source="booking:2")
    (invoice,) = bill(facility)
    with pytest.raises(RuleBroken, match=invoice.number):
        cancel_charge("booking:2", ChargeKind.ROOM, reason="late", now=NOW)


def test_a_run_keeps_its_record():
    facility = make_tenants(2)
    bill(facility)
    run = db.session.scalars(db.select(BillingRun)).one()
    assert (run.to_bill, run.issued, run.finished_at) == (2, 2, NOW)
    assert run.total == sum(db.session.scalars(db.select(Invoice.total)))


def test_a_run_that_breaks_off_is_taken_up_where_it_stopped():
    """BR-B02, BR-B03: what was committed stays, the numbers have no gap, nothing comes twice."""
    facility = make_tenants(2 * TOGETHER + 3)
    times = iter(range(4))

    @contextmanager
    def three_times() -> Iterator[None]:
        with db.session.begin_nested():
            if next(times) == 3:
                raise KeyboardInterrupt
            yield

    with pytest.raises(KeyboardInterrupt):
        bill_month(
            facility,
            MAY,
            inside=three_times,
            actor=clerk_of(facility),
            now=NOW,
            today=TODAY,
        )
    run = db.session.scalars(db.select(BillingRun)).one()
    assert (run.to_bill, run.issued, run.finished_at) == (2 * TOGETHER + 3, 2 * TOGETHER, None)
    assert len(bill(facility)) == 3
    numbers = db.session.scalars(db.select(Invoice.number).order_by(Invoice.id)).all()
    assert [int(number[-5:]) for number in numbers] == list(range(1, 2 * TOGETHER + 4))
    assert queries.audit() == []


def test_only_who_may_bill_bills():
    facility = make_tenants(1)
    with pytest.raises(NotAllowed):
        bill_month(
            facility, MAY, inside=db.session.begin_nested, actor=Actor(1, "x"), now=NOW, today=TODAY
        )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "qualified"),
    [(date(2026, 4, 20), True), (date(2026, 4, 30), True), (date(2026, 5, 1), False)],
)
def test_the_registration_number_stands_only_while_it_is_valid(day: date, qualified: bool):
    """BR-T10"""
    facility = make_facility()
    issuer = queries.issuer_on(facility.id, day)
    assert issuer is not None
    issuer.reg_valid_until = date(2026, 5, 1)
    venture = make_venture(facility)
    make_charge(venture)
    (invoice,) = bill(facility, today=day)
    assert bool(invoice.issuer["reg_no"]) is qualified


def test_no_issuer_no_invoice():
    facility = make_facility()
    with pytest.raises(RuleBroken, match="issuer"):
        queries.preview(facility, MAY, today=date(2020, 1, 1))


def test_mixed_rates_and_untaxed_lines_stay_apart():
    venture = make_venture(make_facility())
    make_charge(venture, source="a", amount=105)
    make_charge(
        venture, source="b", kind=ChargeKind.OTHER, amount=900, tax_category=TaxCategory.REDUCED
    )
    invoice = make_invoice(
        venture, source="c", kind=ChargeKind.OTHER, amount=5000,
        tax_category=TaxCategory.OUT_OF_SCOPE,
    )  # fmt: skip
    groups = [(tax.category.value, tax.taxable, tax.tax) for tax in invoice.taxes]
    assert groups == [("standard", 105, 10), ("reduced", 900, 72)]
    assert (invoice.untaxed_total, invoice.total) == (5000, 105 + 900 + 82 + 5000)
    assert queries.audit() == []


def test_a_credit_note_mirrors_the_invoice():
    """BR-T11, TV-025"""
    invoice = make_invoice(make_venture(make_facility("aoba")), amount=1495)
    note = take_back(invoice)
    assert (note.number, note.total, note.tax_total) == ("AOBA-CN-2026-00001", -1644, -149)
    assert queries.open_amount(invoice.id) == 0
    assert queries.audit() == []
    standing, of_note = queries.standings([invoice, note], TODAY)
    assert (standing.state, standing.open) == (queries.InvoiceState.CREDITED, 0)
    assert (of_note.state, of_note.open) == (queries.InvoiceState.CREDIT_NOTE, 0)
    facts = dict(queries.invoice_paper(note, "ja")["facts"])
    assert facts["対象の請求書の発行日"] == "2026年4月20日"
    assert "発行日" not in facts
    for wrong, words in ((invoice, "exists already"), (note, "cannot be credited")):
        with pytest.raises(RuleBroken, match=words):
            take_back(wrong)


def test_a_credit_note_needs_a_reason():
    invoice = make_invoice(make_venture(make_facility()))
    with pytest.raises(RuleBroken) as refused:
        take_back(invoice, " ")
    assert refused.value.field == "reason"
