"""What waits for a second person's approval, as the people who work on it see it."""

from dataclasses import dataclass

from flask import url_for

from incubator.billing.models import CreditNoteRequest, RefundRequest
from incubator.billing.queries.credit_notes import credit_notes_waiting_in
from incubator.billing.queries.refunds import waiting_in
from incubator.core.i18n import Message, say
from incubator.organisations.models import Organisation
from incubator.people.models import Asked
from incubator.web.guard import Here


@dataclass(frozen=True)
class Waiting:
    """One thing that somebody asked for, and the page where it is decided."""

    asked: Asked
    venture: Organisation
    what: Message
    amount: int
    currency: str
    href: str


def all_waiting(here: Here) -> list[Waiting]:
    """Everything that waits at a facility, the oldest first."""
    facility = here.facility.id
    found = [waiting_refund(here, each) for each in waiting_in(facility)]
    found += [_credit_note(here, each) for each in credit_notes_waiting_in(facility)]
    return sorted(found, key=lambda each: each.asked.asked_at)


def waiting_refund(here: Here, asked: RefundRequest) -> Waiting:
    """Credit that is to be paid back."""
    href = url_for("payments.refund_request", code=here.facility.code, request_id=asked.id)
    what = say("Repayment of credit")
    return Waiting(asked, asked.organisation, what, asked.amount, asked.currency, href)


def _credit_note(here: Here, asked: CreditNoteRequest) -> Waiting:
    invoice = asked.invoice
    href = url_for("billing.invoice", code=here.facility.code, invoice_id=invoice.id)
    what = say("Credit note for %(number)s", number=invoice.number)
    return Waiting(asked, invoice.organisation, what, invoice.total, invoice.currency, href)
