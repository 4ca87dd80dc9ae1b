"""Taking an issued invoice back: by a document that mirrors it, never by changing it (BR-T11).

One person asks for it, another approves; only then is it issued. What was paid of the invoice is
the venture's credit from then on: its payments and receipts stay as they are.
"""

from collections.abc import Iterable
from datetime import date, datetime

from incubator.billing import rules
from incubator.billing.actions.anew import let_go
from incubator.billing.actions.asked import ASKERS, check_may_decide, told, withdraw
from incubator.billing.actions.books import Event, enter
from incubator.billing.actions.issue import Issued, Order, issue_invoice
from incubator.billing.actions.late import call_off_late
from incubator.billing.actions.remind import call_off_reminders
from incubator.billing.actions.trail import note
from incubator.billing.models import (
    Allocation,
    CreditNoteRequest,
    Invoice,
    InvoiceKind,
    InvoiceLine,
)
from incubator.billing.queries import House, credit_notes_of, house_of
from incubator.billing.queries.asked import waiting_on
from incubator.billing.queries.credit_notes import settling
from incubator.billing.rules.pay import postings_released
from incubator.core.access import Actor, require_any
from incubator.core.days import Stretch
from incubator.core.db import db, lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.core.money import Rounding
from incubator.organisations.queries import addressees
from incubator.people.actions import asking
from incubator.people.actions.asking import Told
from incubator.spaces.models import Facility


def ask_credit_note(
    invoice: Invoice, why: str, *, anew: bool, actor: Actor, now: datetime, today: date
) -> CreditNoteRequest:
    """Ask to take a whole invoice back, and whether what was on it is then billed anew.

    Nothing is issued yet. Sent twice it is asked once.
    """
    require_any(actor, ASKERS, facility=invoice.facility_id)
    why = why.strip()
    if not why:
        raise RuleBroken(say("Write why the invoice is taken back."), "reason")
    (invoice,) = lock(Invoice, invoice.id)
    known = waiting_on(CreditNoteRequest, invoice.id)
    same = (actor.id, why, anew)
    if known is not None and (known.asked_by_id, known.why, known.bill_anew) == same:
        return known
    if known is not None:
        raise RuleBroken(say("A credit note for this invoice waits for its approval already."))
    _check_credited(invoice)
    asked = CreditNoteRequest(
        invoice=invoice, why=why, bill_anew=anew, **asking.asked_by(actor, now)
    )
    db.session.add(asked)
    after = {"reason": why, "bill_anew": anew}
    note("ask_credit_note", invoice, after, actor=actor, now=now)
    asking.tell_approvers(asked, _told(asked), now=now, today=today)
    return asked


def approve_credit_note(
    asked: CreditNoteRequest, *, actor: Actor, now: datetime, today: date
) -> Issued:
    """Issue the credit note of a whole invoice: the same lines and taxes with the other sign."""
    check_may_decide(asked, actor)
    _check_credited(asked.invoice)
    asking.approve(asked, actor=actor, now=now)
    paid = settling(asked.invoice_id)
    released = sum(part.amount for part in paid)
    made = _issue(asked.invoice, released, actor, now, today)
    _release(asked.invoice, paid, today)
    call_off_late(asked.invoice_id, asked.why, actor=actor, now=now)
    call_off_reminders(asked.invoice_id)
    after = {"credit_note": made.number, "reason": asked.why, "asked_by": asked.asked_by}
    note("credit_invoice", asked.invoice, {**after, "credit": released}, actor=actor, now=now)
    if asked.bill_anew:
        let_go(asked.invoice, actor=actor, now=now)
    asking.tell_asker(asked, _told(asked), now=now)
    return made


def refuse_credit_note(
    asked: CreditNoteRequest, reason: str, *, actor: Actor, now: datetime
) -> None:
    """Say no, with a reason for whoever asked."""
    check_may_decide(asked, actor)
    asking.refuse(asked, reason, actor=actor, now=now)
    after = {"reason": asked.reason, "asked_by": asked.asked_by}
    note("refuse_credit_note", asked.invoice, after, actor=actor, now=now)
    asking.tell_asker(asked, _told(asked), now=now)


def withdraw_credit_note(asked: CreditNoteRequest, *, actor: Actor, now: datetime) -> None:
    """Take the question back, as long as nobody has decided."""
    withdraw(asked, actor=actor, now=now)
    after = {"asked_by": asked.asked_by}
    note("withdraw_credit_note", asked.invoice, after, actor=actor, now=now)


def _check_credited(invoice: Invoice) -> None:
    """Stop unless the invoice can be taken back as a whole."""
    if invoice.kind is not InvoiceKind.INVOICE:
        raise RuleBroken(say("A credit note cannot be credited."))
    if credit_notes_of(invoice.id):
        raise RuleBroken(say("A credit note for this invoice exists already."))


def _told(asked: CreditNoteRequest) -> Told:
    what = say("credit note for invoice %(number)s", number=asked.invoice.number)
    return told(asked.invoice, what, asked.why)


def _issue(invoice: Invoice, released: int, actor: Actor, now: datetime, today: date) -> Issued:
    facility = db.session.get_one(Facility, invoice.facility_id)
    order = Order(
        house=_house_of(facility, invoice, today),
        venture=invoice.organisation,
        draft=mirror(invoice),
        service_month=invoice.service_month,
        due_on=today,
        kind=InvoiceKind.CREDIT_NOTE,
        corrects=invoice,
        to=addressees(invoice.organisation, today),
        released=released,
    )
    return issue_invoice(order, actor=actor, now=now)


def _release(invoice: Invoice, paid: Iterable[Allocation], today: date) -> None:
    """Enter what had settled the invoice as the venture's credit: a part once, and for good."""
    here = (invoice.facility_id, invoice.organisation_id, today)
    for part in paid:
        event = Event(*here, f"released:{part.id}", invoice.currency)
        enter(event, postings_released(part.amount))


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
