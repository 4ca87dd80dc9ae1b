"""Reminding ventures of invoices that are not paid in time (BR-B08)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from incubator.billing.models import Invoice
from incubator.billing.queries.funded import own_parts
from incubator.billing.queries.ledger import OpenInvoice, open_invoices
from incubator.core import audit, outbox
from incubator.core.access import Actor
from incubator.core.audit import Where
from incubator.core.outbox import Recipient
from incubator.organisations.queries import addressees_of_many
from incubator.spaces.models import Facility
from incubator.spaces.rules import reminders


def remind_overdue(facility: Facility, *, actor: Actor, now: datetime, today: date) -> int:
    """Mail what a venture still owes on the facility's days after the due day; a nightly job.

    Nobody is asked for what a funder pays to the facility. Only an invoice that reaches one of the
    days today is reminded of, so that choosing days floods nobody.
    """
    due = [today - timedelta(days=days) for days in reminders.days_of(facility.reminder_days)]
    late = open_invoices(Invoice.facility_id == facility.id, Invoice.due_on.in_(due))
    addressees = addressees_of_many({one.invoice.organisation for one in late}, today)
    own = own_parts({one.invoice.id: one.open for one in late})
    sent = 0
    for invoice, left in ((one.invoice, own[one.invoice.id]) for one in late):
        days = (today - invoice.due_on).days
        told = [
            to
            for to in addressees[invoice.organisation_id]
            if left and _post(to, invoice, days, left, facility=facility, now=now)
        ]
        if told:
            audit.record(
                actor,
                "remind_of_invoice",
                invoice,
                at=now,
                where=Where(facility.id, invoice.organisation_id),
                after={"number": invoice.number, "amount": left, "days_late": days},
            )
        sent += len(told)
    return sent


def _post(
    to: Recipient, invoice: Invoice, days: int, left: int, *, facility: Facility, now: datetime
) -> bool:
    once = f"{_reminder(invoice.id)}{days}:{to.address}"
    if outbox.was_posted(once):
        return False
    values = {
        "invoice": invoice,
        "left": left,
        "days": days,
        "issuer": invoice.issuer,
        "recipient": invoice.recipient,
    }
    outbox.post("invoice_overdue", to, values, now=now, facility=facility.id, once=once)
    return True


def call_off_paid(found: Iterable[OpenInvoice], parts: Mapping[int, int], today: date) -> None:
    """Nobody is reminded of what was overdue and these parts pay in full."""
    for one in found:
        if one.invoice.due_on < today and parts.get(one.invoice.id) == one.open:
            call_off_reminders(one.invoice.id)


def call_off_reminders(invoice_id: int) -> None:
    """Nobody is reminded of this invoice any more."""
    outbox.call_off_all(_reminder(invoice_id))


def _reminder(invoice_id: int) -> str:
    return f"reminder:{invoice_id}:"
