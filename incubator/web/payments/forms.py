"""Forms about payments."""

from collections.abc import Iterable

from flask import request
from wtforms import (
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)
from wtforms.validators import Length

from incubator.billing.models import PaymentMethod, RefundReversalCause, ReversalCause
from incubator.billing.queries.ledger import OpenInvoice
from incubator.billing.queries.payments import PaymentSearch
from incubator.core import reading
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Sum, say
from incubator.web.filters import t
from incubator.web.forms import (
    AmountField,
    DayField,
    PageForm,
    WordsField,
    choices,
    chosen,
    day_asked,
    needed,
)

METHODS = choices((method.value, method.label) for method in PaymentMethod)


class RecordForm(PageForm):
    """Money that came in."""

    amount = AmountField(say("Amount received"), validators=[needed()])
    received_on = DayField(say("Day the money came in"), validators=[needed()])
    method = RadioField(say("How it was paid"), choices=METHODS, validators=[chosen()])
    payer_name = WordsField(
        say("Payer"),
        validators=[Length(max=200)],
        description=say("As the bank statement shows it."),
    )
    invoices = SelectMultipleField(
        say("Settle these invoices"),
        validate_choice=False,
        description=say("The oldest due date comes first. What is left is kept as credit."),
    )
    note = TextAreaField(say("Note for the office"), validators=[Length(max=1000)])
    once_key = HiddenField()


class CreditForm(PageForm):
    """Credit for an invoice."""

    invoice = RadioField(say("Invoice"), validators=[chosen()])
    amount = AmountField(say("Amount"), validators=[needed()])
    held = HiddenField()
    """The credit that the page showed: a form sent twice finds another, and is refused."""


class ReversalForm(PageForm):
    """Why a payment does not count."""

    cause = RadioField(
        say("What happened"),
        choices=choices((cause.value, cause.label) for cause in ReversalCause),
        validators=[needed()],
        description=say("The venture reads this in a mail and on the receipt."),
    )
    on_day = DayField(
        say("Day of the reversal"),
        validators=[needed()],
        description=say("The day the money went back, or the day the mistake was seen."),
    )
    reason = TextAreaField(
        say("Reason"),
        validators=[needed(), Length(max=1000)],
        description=say("For the office and the auditor; the venture does not see it."),
    )


class RefundReversalForm(ReversalForm):
    """Why a repayment does not count."""

    cause = RadioField(
        say("What happened"),
        choices=choices((cause.value, cause.label) for cause in RefundReversalCause),
        validators=[needed()],
        description=say("The venture reads this in a mail and on the notice."),
    )
    on_day = DayField(
        say("Day of the reversal"),
        validators=[needed()],
        description=say("The day the transfer came back, or the day the mistake was seen."),
    )


class RefundForm(PageForm):
    """Credit that is to be paid back."""

    amount = AmountField(say("Amount"), validators=[needed()])
    paid_to = WordsField(
        say("Transfer to"),
        validators=[needed(), Length(max=200)],
        description=say("Bank, branch, account and holder, as on the transfer slip."),
    )
    note = TextAreaField(
        say("Note for the office"),
        validators=[Length(max=1000)],
        description=say("What whoever approves it should know, such as who asked for the money."),
    )
    once_key = HiddenField()


class CardEventForm(PageForm):
    """Where a card payment belongs."""

    invoice = SelectField(say("Invoice"), validators=[chosen()])


class AsideForm(PageForm):
    """Why a card payment is not ours."""

    reason = WordsField(say("Reason"), validators=[needed(), Length(max=500)])


def search_asked(currency: str) -> PaymentSearch:
    """What the address asks for; a sum that cannot be read is left out, a day is refused."""
    asked = request.args
    method = asked.get("method", "")
    return PaymentSearch(
        words=reading.tidy(asked.get("q", ""))[:100],
        first=day_asked("from"),
        last=day_asked("to"),
        least=amount_of(asked.get("least", ""), currency),
        most=amount_of(asked.get("most", ""), currency),
        method=PaymentMethod(method) if method in set(PaymentMethod) else None,
    )


def amount_of(text: str, currency: str) -> int | None:
    """The sum that was typed; none where it cannot be read as one."""
    try:
        return reading.amount(text, currency) if text.strip() else None
    except RuleBroken:
        return None


def notes_on(found: Iterable[OpenInvoice]) -> dict[str, object]:
    """What stands beside each invoice that can be chosen."""
    return {
        one.invoice.number: t(
            say(
                "%(amount)s open, due %(day)s",
                amount=Sum(one.open, one.invoice.currency),
                day=one.invoice.due_on,
            )
        )
        for one in found
    }
