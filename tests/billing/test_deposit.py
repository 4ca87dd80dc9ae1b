"""The deposit of an ended lease pays open invoices first; what goes back takes two people."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from incubator.billing.actions.deposit import approve_deposit, settle_deposit
from incubator.billing.actions.pay import PaymentDetails, record_payment
from incubator.billing.actions.reverse import ReversalDetails, reverse_payment
from incubator.billing.models import Payment, PaymentMethod, ReversalCause
from incubator.billing.queries import audit as violations
from incubator.billing.queries import open_amount
from incubator.billing.queries.waiting import WaitingKind, waiting_at
from incubator.core.access import Role
from incubator.core.audit import AuditEntry
from incubator.core.days import ONE_DAY
from incubator.core.db import db
from incubator.core.errors import NotAllowed, NotFound, RuleBroken
from incubator.core.money import Rounding
from incubator.core.outbox import OutboxMail
from incubator.leases import queries
from incubator.leases.actions import refuse_deposit, withdraw_deposit
from incubator.leases.models import DepositEntry, DepositKind, LeaseStatus
from incubator.leases.rules import Costs
from incubator.people.models import RequestStatus
from tests import databases
from tests.factories.base import keep, make_floor, make_lease, make_person, make_unit, make_venture
from tests.factories.payments import ACCOUNT, NOW, TODAY, make_desk, make_invoice, settle_by_two
from tests.factories.people import as_actor

OCTOBER, NOVEMBER, MOVED_IN = date(2026, 10, 30), date(2026, 11, 20), date(2025, 4, 1)


@pytest.fixture
def desk():
    return make_desk()


def ended(desk, held=30_000, code="101", **facts):
    unit = make_unit(desk.facility, make_floor(desk.facility, code), code)
    facts = {"status": LeaseStatus.ENDED, "ends_on": NOVEMBER, **facts}
    lease = make_lease(unit, desk.venture, deposit=held, **facts)
    if held:
        enter(lease, DepositKind.DUE, held)
        enter(lease, DepositKind.RECEIVED, held)
    return lease


def enter(lease, kind, amount):
    keep(DepositEntry(lease_id=lease.id, kind=kind, amount=amount, on_day=MOVED_IN))


def ask(desk, lease, paid_to=ACCOUNT, actor=None, **costs):
    """Settle it; what waits for approval then, if anything does."""
    settle_deposit(lease, Costs(**costs), paid_to, actor=actor or desk.clerk, now=NOW, today=TODAY)
    return queries.deposit_waiting(lease.id)


def approve(desk, asked, actor=None, paid_on=TODAY):
    return approve_deposit(asked, paid_on=paid_on, actor=actor or desk.head, now=NOW, today=TODAY)


def person(desk, role, **facts):
    return as_actor(make_person(role, facility=desk.facility, **facts))


def ledger(lease):
    return [(each.kind.value, each.amount) for each in queries.deposit_of(lease.id)]


@pytest.mark.parametrize(
    ("costs", "still_open", "refund", "shortfall"),
    [
        ({"arrears": 33_000}, [0, 3_000], 0, 3_000),
        ({"arrears": 22_000}, [0, 11_000], 8_000, 0),
        ({"arrears": 11_000, "restoration": 10_000, "tax_bp": 1000}, [0, 22_000], 8_000, 0),
        ({"arrears": 33_000, "restoration": 10_000}, [0, 3_000], 0, 13_000),
        ({}, [11_000, 22_000], 30_000, 0),
    ],
)
def test_arrears_come_first_and_pay_the_oldest_invoice_first(
    desk, costs, still_open, refund, shortfall
):
    first = make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    later = make_invoice(desk.facility, desk.venture, 22_000, NOVEMBER)
    lease = ended(desk)
    settled = settle_by_two(desk, lease, Costs(**costs))
    assert (settled.refund, settled.shortfall) == (refund, shortfall)
    assert [open_amount(first.id), open_amount(later.id)] == still_open
    paid = db.session.scalars(db.select(Payment)).all()
    assert [each.method for each in paid] == [PaymentMethod.SET_OFF] * bool(costs)
    assert sum(each.amount for each in paid) == 33_000 - sum(still_open)
    assert queries.open_deposits(desk.facility.id).to_settle == []
    assert violations() == []


@pytest.mark.parametrize(
    ("rounding", "kept"), [("floor", 1_106), ("half_up", 1_107), ("ceil", 1_107)]
)
def test_tax_on_what_is_set_off_is_rounded_as_it_was_asked(desk, rounding, kept):
    lease = ended(desk)
    asked = ask(desk, lease, restoration=1_006, tax_bp=1000, rounding=Rounding(rounding))
    approve(desk, keep(asked))
    assert ledger(lease)[-2:] == [("set_off", kept), ("refunded", 30_000 - kept)]
    assert violations() == []


def test_more_than_is_open_cannot_be_kept(desk):
    make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    lease = ended(desk)
    with pytest.raises(RuleBroken) as broken:
        ask(desk, lease, arrears=11_001)
    assert broken.value.field == "arrears"


def test_what_a_deposit_paid_is_not_reversed(desk):
    make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    approve(desk, ask(desk, ended(desk), arrears=11_000))
    payment = db.session.scalars(db.select(Payment)).one()
    why = ReversalDetails(TODAY, ReversalCause.MISTAKE, "x")
    with pytest.raises(RuleBroken, match="deposit"):
        reverse_payment(payment, why, actor=desk.clerk, now=NOW, today=TODAY)


def test_the_office_sees_which_deposits_wait(desk):
    plain, bare, running = ended(desk), ended(desk, 0, "102"), ended(desk, 5_000, "103")
    running.status = LeaseStatus.ACTIVE
    first = ended(desk, 7_000, "104", starts_on=MOVED_IN, ends_on=OCTOBER)
    second = make_lease(
        first.unit,
        desk.venture,
        starts_on=OCTOBER,
        ends_on=NOVEMBER,
        status=LeaseStatus.ENDED,
        renews_id=first.id,
    )
    enter(second, DepositKind.RECEIVED, 1_000)
    enter(bare, DepositKind.RECEIVED, 500)
    approve(desk, ask(desk, bare))
    found = queries.open_deposits(desk.facility.id).to_settle
    assert found == [(plain, 30_000), (second, 8_000)]
    assert queries.open_deposits(make_desk().facility.id).to_settle == []


def test_the_office_sees_which_deposits_are_due(desk):
    due = {"status": LeaseStatus.ACTIVE, "starts_on": MOVED_IN}
    bare, paid = ended(desk, 0, "101", **due), ended(desk, 30_000, "102", **due)
    enter(bare, DepositKind.DUE, 20_000)
    enter(bare, DepositKind.RECEIVED, 5_000)
    left = ended(desk, 0, "103")
    enter(left, DepositKind.DUE, 9_000)
    topped = make_lease(
        paid.unit,
        make_venture(desk.facility),
        starts_on=NOVEMBER,
        ends_on=date(2027, 10, 30),
        status=LeaseStatus.NOTICE,
        renews_id=paid.id,
    )
    enter(topped, DepositKind.DUE, 1_000)
    assert queries.open_deposits(desk.facility.id).due == [(bare, 15_000), (topped, 1_000)]
    assert queries.open_deposits(desk.facility.id, desk.venture.id).due == [(bare, 15_000)]
    enter(topped, DepositKind.RECEIVED, 1_000)
    assert queries.open_deposits(desk.facility.id).due == [(bare, 15_000)]
    assert queries.open_deposits(make_desk().facility.id).due == []


def test_what_goes_back_waits_and_nothing_counts_before(desk):
    invoice = make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    lease = ended(desk)
    asked = ask(desk, lease, arrears=11_000, restoration=1_000, tax_bp=1000)
    assert (asked.status, asked.amount) == (RequestStatus.ASKED, 17_900)
    assert ledger(lease) == [("due", 30_000), ("received", 30_000)]
    assert open_amount(invoice.id) == 11_000
    assert queries.open_deposits(desk.facility.id).to_settle == []
    (waits,) = waiting_at(desk.facility.id)
    assert (waits.kind, waits.record, waits.amount) == (WaitingKind.DEPOSIT, lease.id, 17_900)
    approve(desk, asked)
    assert ledger(lease)[2:] == [("set_off", 12_100), ("refunded", 17_900)]
    entry = queries.deposit_of(lease.id)[-1]
    assert entry.request is asked
    assert (entry.on_day, asked.decided_by, asked.paid_to) == (TODAY, "田中 一郎", ACCOUNT)
    assert (open_amount(invoice.id), waiting_at(desk.facility.id)) == (0, [])
    assert violations() == []


def test_where_nothing_goes_back_nobody_else_is_needed(desk):
    make_invoice(desk.facility, desk.venture, 33_000, OCTOBER)
    lease = ended(desk)
    assert ask(desk, lease, "", arrears=30_000) is None
    assert ledger(lease)[2:] == [("set_off", 30_000)]


@pytest.mark.parametrize(
    ("language", "costs", "said"),
    [
        (
            "en",
            {"arrears": 11_000},
            ["Held: ¥30,000", "Open invoices: ¥11,000", "Paid back: ¥19,000"],
        ),
        (
            "en",
            {"restoration": 30_000},
            ["Restoration with tax: ¥33,000", "still to be paid: ¥3,000"],
        ),
        ("ja", {"arrears": 11_000}, ["ご返還額：19,000円", ACCOUNT]),
    ],
)
def test_the_venture_is_told_what_became_of_its_deposit(desk, language, costs, said):
    desk.venture.language, desk.venture.email = language, "office@kumo.example.jp"
    make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    asked = ask(desk, ended(desk), tax_bp=1000, **costs)
    mails = db.select(OutboxMail).where(OutboxMail.template == "deposit_settled")
    if asked:
        assert db.session.scalars(mails).all() == []
        approve(desk, asked)
    (mail,) = db.session.scalars(mails)
    assert mail.to_address == desk.venture.email
    assert [each for each in said if each not in mail.body] == []


def test_nobody_approves_what_they_asked_for(desk):
    head = person(desk, Role.FACILITY_ADMIN)
    asked = ask(desk, ended(desk), actor=head)
    for decide in (
        lambda: approve(desk, asked, actor=head),
        lambda: refuse_deposit(asked, "x", actor=head, now=NOW),
    ):
        with pytest.raises(RuleBroken, match="asked for"):
            decide()
    approve(desk, asked)


def test_arrears_that_were_paid_meanwhile_are_not_set_off(desk):
    make_invoice(desk.facility, desk.venture, 11_000, OCTOBER)
    lease = ended(desk)
    asked = ask(desk, lease, arrears=11_000)
    details = PaymentDetails(desk.facility.id, desk.venture.id, 1_000, TODAY)
    record_payment(details, actor=desk.clerk, now=NOW, today=TODAY)
    with pytest.raises(RuleBroken, match="Only ¥10,000 of the invoices is open now"):
        approve(desk, asked)
    assert (asked.status, len(ledger(lease))) == (RequestStatus.ASKED, 2)
    refuse_deposit(asked, "一部入金済み", actor=desk.head, now=NOW)
    approve(desk, ask(desk, lease, arrears=10_000))
    assert ledger(lease)[2:] == [("set_off", 10_000), ("refunded", 20_000)]


def test_a_deposit_that_grew_meanwhile_is_asked_anew(desk):
    lease = ended(desk)
    asked = ask(desk, lease)
    enter(lease, DepositKind.RECEIVED, 5_000)
    with pytest.raises(RuleBroken, match="¥35,000 would go back now, not ¥30,000"):
        approve(desk, asked)
    withdraw_deposit(asked, actor=desk.clerk, now=NOW)
    assert ask(desk, lease).amount == 35_000


@pytest.mark.parametrize("day", [MOVED_IN - ONE_DAY, TODAY + ONE_DAY])
def test_the_transfer_was_made_by_today_and_not_before_the_deposit_came(desk, day):
    asked = ask(desk, ended(desk))
    with pytest.raises(RuleBroken) as broken:
        approve(desk, asked, paid_on=day)
    assert broken.value.field == "paid_on"


def test_it_is_refused_with_a_reason_or_withdrawn_and_asked_for_anew(desk):
    lease = ended(desk)
    asked = ask(desk, lease)
    with pytest.raises(RuleBroken):
        refuse_deposit(asked, " ", actor=desk.head, now=NOW)
    refuse_deposit(asked, "口座名義が違います", actor=desk.head, now=NOW)
    for decide in (
        lambda: approve(desk, asked),
        lambda: refuse_deposit(asked, "x", actor=desk.head, now=NOW),
        lambda: withdraw_deposit(asked, actor=desk.clerk, now=NOW),
    ):
        with pytest.raises(RuleBroken, match="decided already"):
            decide()
    assert queries.open_deposits(desk.facility.id).to_settle == [(lease, 30_000)]
    again = ask(desk, lease)
    withdraw_deposit(again, actor=desk.clerk, now=NOW)
    assert (asked.status, again.status) == (RequestStatus.REFUSED, RequestStatus.WITHDRAWN)
    approve(desk, ask(desk, lease))


def test_sent_twice_it_is_asked_once_and_one_waits_at_a_time(desk):
    make_invoice(desk.facility, desk.venture, 33_000, OCTOBER)
    lease = ended(desk)
    asked = ask(desk, lease)
    assert ask(desk, lease) is asked
    for paid_to, costs in (("x", {}), (ACCOUNT, {"arrears": 1}), ("", {"arrears": 30_000})):
        with pytest.raises(RuleBroken, match="waits for approval already"):
            ask(desk, lease, paid_to, **costs)
    approve(desk, asked)
    with pytest.raises(RuleBroken, match="No deposit is held"):
        ask(desk, lease)


def test_it_needs_an_account_to_go_to(desk):
    with pytest.raises(RuleBroken) as broken:
        ask(desk, ended(desk), " ")
    assert broken.value.field == "paid_to"


@pytest.mark.parametrize("role", [Role.CLERK, Role.MANAGER, Role.MENTOR])
def test_only_who_leads_the_facility_decides(desk, role):
    asked, other = ask(desk, ended(desk)), person(desk, role)
    with pytest.raises(NotAllowed):
        approve(desk, asked, actor=other)
    with pytest.raises(NotAllowed):
        refuse_deposit(asked, "x", actor=other, now=NOW)


def test_only_who_keeps_deposits_asks_and_withdraws(desk):
    lease, other = ended(desk), person(desk, Role.MANAGER)
    with pytest.raises(NotAllowed):
        ask(desk, lease, actor=other)
    asked = ask(desk, lease)
    with pytest.raises(NotAllowed):
        withdraw_deposit(asked, actor=other, now=NOW)


def test_it_is_written_down_and_all_who_should_are_told(desk):
    lease = ended(desk)
    approve(desk, ask(desk, lease, actor=person(desk, Role.CLERK, name="鈴木 花子")))
    lines = db.session.scalars(db.select(AuditEntry))
    told = {line.deed: (line.actor_name, line.after) for line in lines}
    assert (told["deposit.asked"][0], told["deposit.asked"][1]["amount"]) == ("鈴木 花子", 30_000)
    name, after = told["deposit.settled"]
    assert (name, after["refund"], after["asked_by"], after["day"]) == (
        "田中 一郎",
        30_000,
        "鈴木 花子",
        str(TODAY),
    )
    mails = {mail.template: mail for mail in db.session.scalars(db.select(OutboxMail))}
    assert "¥30,000" in mails["approval_asked"].subject
    assert mails["approval_asked"].to_name == "田中 一郎"
    assert mails["approval_decided"].to_name == "鈴木 花子"
    assert mails["approval_decided"].subject.startswith("Approved")


def test_those_of_others_do_not_exist(desk):
    asked = ask(desk, ended(desk))
    assert queries.deposit_request_at(desk.facility.id, asked.id) is asked
    with pytest.raises(NotFound):
        queries.deposit_request_at(make_desk().facility.id, asked.id)


def refused(promise, sql):
    with pytest.raises(IntegrityError, match=promise), db.session.begin_nested():
        db.session.execute(text(sql))


def test_the_database_keeps_what_was_asked_for_and_that_two_people_decide(desk):
    clerk = make_person(Role.CLERK, facility=desk.facility)
    asked = ask(desk, ended(desk), actor=as_actor(clerk))
    change = "UPDATE deposit_request SET "
    refused("two_people", f"{change}status = 'approved', decided_by_id = {clerk.id}")
    refused("decided", f"{change}status = 'approved'")
    for facts in ("amount = 1", "paid_to = 'x'", "arrears = 1", "restoration = 1", "tax_bp = 1"):
        refused("deposit_request_stays", change + facts)
    approve(desk, asked)
    refused("deposit_request_stays", f"{change}status = 'asked'")
    refused("deposit_request_stays", "DELETE FROM deposit_request")


@pytest.mark.parametrize("facts", [{}, {"amount": 1}, {"request_id": None}, {"lease_id": 2}])
def test_the_database_pays_back_only_what_was_approved(desk, facts):
    lease, other = ended(desk), ended(desk, 1, "102")
    asked = ask(desk, lease)
    if facts:
        asked.status, asked.decided_by_id = RequestStatus.APPROVED, desk.head.id
        db.session.flush()
    if "lease_id" in facts:
        facts = {"lease_id": other.id}
    told = {
        "lease_id": lease.id,
        "kind": DepositKind.REFUNDED,
        "amount": asked.amount,
        "on_day": TODAY,
        "request_id": asked.id,
    }
    with (
        pytest.raises(IntegrityError, match="deposit_return_is_approved"),
        db.session.begin_nested(),
    ):
        keep(DepositEntry(**told | facts))
    if facts:
        keep(DepositEntry(**told))
        with pytest.raises(IntegrityError, match="request_id"), db.session.begin_nested():
            keep(DepositEntry(**told))


UNLOCK = {
    "postgres": (
        "DROP TRIGGER deposit_request_stays_update ON deposit_request",
        "DROP TRIGGER deposit_entry_stays ON deposit_entry",
        "ALTER TABLE deposit_request DROP CONSTRAINT ck_deposit_request_two_people",
        "ALTER TABLE deposit_request DROP CONSTRAINT ck_deposit_request_decided",
    ),
    "sqlite": (
        "DROP TRIGGER deposit_request_stays_update",
        "DROP TRIGGER deposit_entry_stays_update",
        "DROP TRIGGER deposit_entry_stays_delete",
    ),
}


@pytest.fixture
def unlocked(desk):
    """Two deposits paid back as they should be, and nothing that keeps them so."""
    for code in ("101", "102"):
        approve(desk, ask(desk, ended(desk, code=code), actor=person(desk, Role.CLERK)))
    assert violations() == []
    with databases.unlocked(UNLOCK):
        yield


LAST = "(SELECT max(id) FROM deposit_entry)"


@pytest.mark.parametrize(
    ("sql", "check"),
    [
        (f"UPDATE deposit_entry SET request_id = NULL WHERE id = {LAST}", "deposit_is_approved"),
        (f"UPDATE deposit_entry SET amount = 1 WHERE id = {LAST}", "deposit_is_approved"),
        ("UPDATE deposit_request SET decided_by_id = asked_by_id", "deposit_is_approved"),
        ("UPDATE deposit_request SET decided_by_id = NULL", "deposit_is_approved"),
        (f"DELETE FROM deposit_entry WHERE id = {LAST}", "approval_is_paid"),
    ],
)
@pytest.mark.usefixtures("unlocked")
def test_the_auditor_sees_what_was_not_approved(sql, check):
    db.session.execute(text(sql))
    db.session.expire_all()
    assert check in {each.check for each in violations()}
