"""What is asked about one invoice and decided by somebody else: what all such deeds share."""

from datetime import datetime

from incubator.billing.models import Invoice, OfInvoice
from incubator.core.access import Actor, Can, require, require_any
from incubator.core.db import db, lock
from incubator.core.i18n import Message
from incubator.organisations.models import Organisation
from incubator.people.actions import asking
from incubator.people.actions.asking import Told
from incubator.spaces.models import Facility

ASKERS = (Can.RUN_BILLING, Can.APPROVE_MONEY)


def check_may_decide(asked: OfInvoice, actor: Actor) -> None:
    """Whoever may decide does so alone: the venture's money and the question are locked."""
    require(actor, Can.APPROVE_MONEY, facility=asked.invoice.facility_id)
    lock(Organisation, asked.invoice.organisation_id)
    lock(Invoice, asked.invoice_id)
    lock(type(asked), asked.id)
    asking.check_may_decide(asked, actor)


def withdraw(asked: OfInvoice, *, actor: Actor, now: datetime) -> None:
    """Take the question back, as long as nobody has decided."""
    require_any(actor, ASKERS, facility=asked.invoice.facility_id)
    lock(type(asked), asked.id)
    asking.withdraw(asked, actor=actor, now=now)


def told(invoice: Invoice, what: Message, why: str = "") -> Told:
    """What the mails about it say."""
    code = db.session.get_one(Facility, invoice.facility_id).code
    return Told(invoice.facility_id, code, invoice.organisation, what, why)
