"""Taking an issued invoice back: by a document that mirrors it, never by changing it (BR-T11)."""

from datetime import date, datetime

from incubator.billing import rules
from incubator.billing.actions.issue import Issued, Order, issue_invoice
from incubator.billing.actions.remind import call_off_reminders
from incubator.billing.models import Invoice, InvoiceKind, InvoiceLine
from incubator.billing.queries import House, house_of, settled
from incubator.core import audit
from incubator.core.access import Actor, Can, require
from incubator.core.audit import Where
from incubator.core.days import Stretch
from incubator.core.db import db, lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.core.money import Rounding
from incubator.organisations.queries import addressees
from incubator.spaces.models import Facility


def credit_invoice(
    invoice: Invoice, reason: str, *, actor: Actor, now: datetime, today: date
) -> Issued:
    """Issue the credit note of a whole invoice: the same lines and taxes with the other sign."""
    require(actor, Can.RUN_BILLING, facility=invoice.facility_id)
    if not reason.strip():
        raise RuleBroken(say("Write why the invoice is taken back."), "reason")
    (invoice,) = lock(Invoice, invoice.id)
    if invoice.kind is not InvoiceKind.INVOICE:
        raise RuleBroken(say("A credit note cannot be credited."))
    done = settled([invoice.id])[invoice.id]
    if done.credited:
        raise RuleBroken(say("A credit note for this invoice exists already."))
    if done.paid:
        raise RuleBroken(say("This invoice has payments, so it cannot be credited as a whole."))
    facility = db.session.get_one(Facility, invoice.facility_id)
    order = Order(
        house=_house_of(facility, invoice, today),
        venture=invoice.organisation,
        draft=mirror(invoice),
        service_month=invoice.service_month,
        due_on=today,
        kind=InvoiceKind.CREDIT_NOTE,
        corrects_id=invoice.id,
        to=addressees(invoice.organisation, today),
    )
    note = issue_invoice(order, actor=actor, now=now)
    call_off_reminders(invoice.id)
    audit.record(
        actor,
        "credit_invoice",
        invoice,
        at=now,
        where=Where(invoice.facility_id, invoice.organisation_id),
        after={"credit_note": note.number, "reason": reason.strip()},
    )
    return note


def _house_of(facility: Facility, invoice: Invoice, today: date) -> House:
    """The house today, rounding as the invoice did, so that the mirror is exact (BR-T06)."""
    house = house_of(facility, today)
    return House(
        house.facility_id,
        house.prefix,
        invoice.currency,
        today,
        house.issuer,
        Rounding(invoice.rounding),
        house.rates,
    )


def mirror(invoice: Invoice) -> rules.Draft:
    """The lines and tax groups of an issued invoice with the other sign."""
    lines = tuple(rules.DraftLine(_mirrored(line, invoice), line.rate_bp) for line in invoice.lines)
    groups = tuple(
        rules.TaxGroup(tax.category.value, tax.rate_bp, -tax.taxable, -tax.tax)
        for tax in invoice.taxes
    )
    return rules.Draft(lines, groups, invoice.currency)


def _mirrored(line: InvoiceLine, invoice: Invoice) -> rules.Item:
    return rules.Item(
        kind=line.kind.value,
        source="",
        service_month=invoice.service_month,
        service=Stretch(line.service_from, line.service_until),
        amount=-line.amount,
        currency=invoice.currency,
        title=line.title,
        category=line.tax_category.value,
        why=line.why,
    )
