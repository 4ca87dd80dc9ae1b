"""Whatever is billed, paid, used, paid back and reversed, in whatever order: a model agrees."""

from collections import defaultdict
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from incubator.billing.actions.credit import approve_credit_note, ask_credit_note
from incubator.billing.actions.pay import CreditUse, PaymentDetails, record_payment, use_credit
from incubator.billing.actions.reverse import (
    RefundReversalDetails,
    ReversalDetails,
    reverse_payment,
    reverse_refund,
)
from incubator.billing.models import (
    CreditNoteRequest,
    Invoice,
    Payment,
    Refund,
    RefundReversalCause,
    ReversalCause,
)
from incubator.billing.queries import audit, balances_of, settled
from incubator.core.db import db
from incubator.core.errors import RuleBroken
from tests.factories.payments import NOW, TODAY, make_desk, make_invoice, pay_back
from tests.sweep import undone

NET = st.integers(1, 300)
ANY = st.integers(0, 99)
SHARE = st.sampled_from([10, 50, 100, 100, 130])
"""How much of what is allowed at most is tried, in percent."""
FIRST_DUE = TODAY - timedelta(days=40)


@dataclass
class PaidIn:
    """A payment as the model sees it: what of it each invoice got, and what went back."""

    amount: int
    parts: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    back: int = 0
    counts: bool = True

    @property
    def left(self) -> int:
        return self.amount - sum(self.parts.values()) - self.back if self.counts else 0


@contextmanager
def refused_unless(fine: bool):
    """What the model forbids is refused and leaves nothing; what it allows is done."""
    with ExitStack() as stack:
        if not fine:
            stack.enter_context(pytest.raises(RuleBroken))
        stack.enter_context(db.session.begin_nested())
        yield


class Ledger(RuleBasedStateMachine):
    """One venture's account. The model keeps sums by invoice and payment, in order of their age."""

    def __init__(self):
        super().__init__()
        self.ends = ExitStack()
        self.ends.enter_context(undone())
        self.totals: dict[int, int] = {}
        self.credited: set[int] = set()
        self.asked: dict[int, CreditNoteRequest] = {}
        self.payments: dict[int, PaidIn] = {}
        self.refunds: dict[int, dict[int, int]] = {}
        self.reversed: set[int] = set()

    def teardown(self):
        self.ends.close()

    @initialize()
    def open_the_desk(self):
        self.desk = make_desk()
        self.here = (self.desk.facility.id, self.desk.venture.id)
        self.by = {"actor": self.desk.clerk, "now": NOW, "today": TODAY}

    def paid(self, invoice):
        return sum(each.parts[invoice] for each in self.payments.values() if each.counts)

    def open(self, invoice):
        return 0 if invoice in self.credited else self.totals[invoice] - self.paid(invoice)

    @property
    def still_open(self):
        return [each for each in self.totals if self.open(each)]

    @property
    def credit(self):
        return sum(each.left for each in self.payments.values())

    def of(self, most, share):
        return most * share // 100 or 1

    def pick(self, things, n):
        return list(things)[n % len(things)]

    def take(self, amount):
        """An amount out of the venture's credit, oldest payment first."""
        for at, payment in self.payments.items():
            part = min(payment.left, amount)
            amount -= part
            if part:
                yield at, part

    @rule(nets=st.lists(NET, min_size=1, max_size=3))
    def bill(self, nets):
        for net in nets:
            due = FIRST_DUE + timedelta(days=len(self.totals))
            total = net + net // 10
            made = make_invoice(self.desk.facility, self.desk.venture, total, due)
            self.totals[made.id] = total

    @rule(share=SHARE)
    def pay(self, share):
        amount = self.of(sum(self.open(each) for each in self.totals), share)
        details = PaymentDetails(*self.here, amount, received_on=TODAY)
        payment = record_payment(details, **self.by)
        paid_in = self.payments[payment.id] = PaidIn(amount)
        for invoice in self.totals:
            part = min(self.open(invoice), paid_in.left)
            paid_in.parts[invoice] += part

    @precondition(lambda self: self.totals)
    @rule(n=ANY, share=SHARE, more=st.sampled_from([0, 200]))
    def pay_one(self, n, share, more):
        invoice = self.pick(self.totals, n)
        amount = self.of(self.open(invoice), share)
        fine = amount <= self.open(invoice)
        with refused_unless(fine):
            details = PaymentDetails(
                *self.here, amount + more, received_on=TODAY, parts={invoice: amount}
            )
            payment = record_payment(details, **self.by)
        if fine:
            self.payments[payment.id] = PaidIn(amount + more)
            self.payments[payment.id].parts[invoice] = amount

    @precondition(lambda self: self.credit and self.still_open)
    @rule(n=ANY, share=SHARE)
    def use_credit(self, n, share):
        invoice = self.pick(self.still_open, n)
        most = min(self.open(invoice), self.credit)
        amount = self.of(most, share)
        fine = amount <= most
        with refused_unless(fine):
            use_credit(CreditUse(*self.here, invoice, amount), **self.by)
        if fine:
            for at, part in list(self.take(amount)):
                self.payments[at].parts[invoice] += part

    @precondition(lambda self: self.totals.keys() - self.asked)
    @rule(n=ANY)
    def ask_for_a_credit_note(self, n):
        invoice = self.pick(sorted(self.totals.keys() - self.asked), n)
        fine = invoice not in self.credited
        with refused_unless(fine):
            found = db.session.get_one(Invoice, invoice)
            self.asked[invoice] = ask_credit_note(found, "誤り", anew=False, **self.by)

    @precondition(lambda self: self.asked)
    @rule(n=ANY)
    def approve_a_credit_note(self, n):
        """What anybody had paid of it is credit from then on."""
        invoice = self.pick(self.asked, n)
        approve_credit_note(self.asked.pop(invoice), **{**self.by, "actor": self.desk.head})
        self.credited.add(invoice)
        for payment in self.payments.values():
            payment.parts.pop(invoice, None)

    @precondition(lambda self: self.payments)
    @rule(n=ANY)
    def reverse(self, n):
        at = self.pick(self.payments, n)
        paid_in = self.payments[at]
        fine = paid_in.counts and not paid_in.back
        with refused_unless(fine):
            details = ReversalDetails(TODAY, ReversalCause.MISTAKE, "誤り")
            reverse_payment(db.session.get_one(Payment, at), details, **self.by)
        paid_in.counts = paid_in.counts and not fine

    @precondition(lambda self: self.credit)
    @rule(share=SHARE)
    def pay_back(self, share):
        amount = self.of(self.credit, share)
        fine = amount <= self.credit
        with refused_unless(fine):
            refund = pay_back(self.desk, amount)
        if fine:
            self.refunds[refund.id] = dict(self.take(amount))
            for at, part in self.refunds[refund.id].items():
                self.payments[at].back += part

    @precondition(lambda self: self.refunds)
    @rule(n=ANY)
    def reverse_what_was_paid_back(self, n):
        refund = self.pick(self.refunds, n)
        fine = refund not in self.reversed
        with refused_unless(fine):
            details = RefundReversalDetails(TODAY, RefundReversalCause.RETURNED, "口座なし")
            reverse_refund(db.session.get_one(Refund, refund), details, **self.by)
        if fine:
            self.reversed.add(refund)
            for at, part in self.refunds[refund].items():
                self.payments[at].back -= part

    @invariant()
    def the_books_agree(self):
        assert audit() == []
        done = settled(list(self.totals))
        for invoice, total in self.totals.items():
            open_ = total - done[invoice].paid - (done[invoice].credited or 0)
            assert open_ == self.open(invoice), invoice
        if self.totals or self.payments:
            balance = balances_of(self.desk.venture.id, TODAY)
            assert balance.open == sum(self.open(each) for each in self.totals)
            assert balance.credit == self.credit


@pytest.mark.parametrize(
    "examples", [10, pytest.param(300, marks=pytest.mark.long)], ids=["some", "many"]
)
def test_a_model_agrees_with_the_books(examples):
    many = settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Ledger, settings=many)
