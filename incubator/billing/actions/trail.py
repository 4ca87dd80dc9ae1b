"""The record of what was done to a venture's documents about money."""

from collections.abc import Mapping
from datetime import datetime

from incubator.billing.models import Invoice, Payment, Refund, RefundRequest
from incubator.core import audit
from incubator.core.access import Actor
from incubator.core.audit import Where

Of = Invoice | Payment | Refund | RefundRequest


def note(deed: str, of: Of, after: Mapping[str, object], *, actor: Actor, now: datetime) -> None:
    """Write down a deed, where the document belongs."""
    where = Where(of.facility_id, of.organisation_id)
    audit.record(actor, deed, of, at=now, where=where, after=after)
