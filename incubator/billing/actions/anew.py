"""Billing anew what an invoice carried that a credit note took back (BR-T11)."""

from datetime import datetime

from incubator.billing import rules
from incubator.billing.actions.charges import NewCharge, add_charge
from incubator.billing.actions.trail import note
from incubator.billing.models import OF_A_LEASE, Charge, Invoice
from incubator.billing.queries import credit_notes_of
from incubator.billing.queries.credit_notes import taken_back
from incubator.core.access import Actor, Can, require
from incubator.core.days import Stretch
from incubator.core.db import db, lock
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.organisations.models import Organisation


def bill_anew(invoice: Invoice, *, actor: Actor, now: datetime) -> None:
    """Let the next run of its month bill it: leases as they then stand, the rest as it was.

    Its charges let go of their sources, so what follows is billed once again and not twice.
    """
    require(actor, Can.RUN_BILLING, facility=invoice.facility_id)
    lock(Organisation, invoice.organisation_id)
    if not credit_notes_of(invoice.id):
        raise RuleBroken(say("Only what a credit note took back can be billed anew."))
    let_go(invoice, actor=actor, now=now)


def let_go(invoice: Invoice, *, actor: Actor, now: datetime) -> None:
    """The same for whoever may decide on the credit note that says so."""
    charges = taken_back(invoice.id)
    again = [_again(charge) for charge in charges if charge.kind not in OF_A_LEASE]
    for charge in charges:
        charge.source = rules.let_go(charge.source, invoice.id)
    db.session.flush()
    for each in again:
        add_charge(each, now=now)
    if charges:
        note("bill_anew", invoice, {}, actor=actor, now=now)


def _again(charge: Charge) -> NewCharge:
    return NewCharge(
        facility_id=charge.facility_id,
        organisation_id=charge.organisation_id,
        kind=charge.kind,
        source=charge.source,
        service=Stretch(charge.service_from, charge.service_until),
        amount=charge.amount,
        currency=charge.currency,
        title=charge.title,
        why=charge.why,
        tax_category=charge.tax_category,
        lease_id=charge.lease_id,
    )
