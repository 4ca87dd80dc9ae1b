"""What waits for a second person, with the page where it is decided."""

from dataclasses import dataclass

from flask import url_for

from incubator.billing.queries.waiting import Waiting, WaitingKind, waiting_at
from incubator.core.i18n import Message, say
from incubator.web.guard import Here


@dataclass(frozen=True)
class Shown:
    """One thing that waits, as the list of them shows it."""

    asked: Waiting
    what: Message
    href: str


def waiting_here(here: Here, kind: WaitingKind | None = None) -> list[Shown]:
    """Everything that waits at the facility, or what is of one kind; the oldest first."""
    found = waiting_at(here.facility.id)
    return [_shown(here, each) for each in found if kind in (None, each.kind)]


def _shown(here: Here, asked: Waiting) -> Shown:
    code = here.facility.code
    if asked.kind is WaitingKind.CREDIT_NOTE:
        what = say("Credit note for %(number)s", number=asked.number)
        return Shown(asked, what, url_for("billing.invoice", code=code, invoice_id=asked.record))
    if asked.kind is WaitingKind.DEPOSIT:
        what = say("Return of the deposit for %(number)s", number=asked.number)
        return Shown(asked, what, url_for("leases.lease", code=code, lease_id=asked.record))
    if asked.kind is WaitingKind.LATE_CHARGE:
        what = say("Late charge on %(number)s", number=asked.number)
        return Shown(asked, what, url_for("billing.late", code=code, invoice_id=asked.record))
    href = url_for("payments.refund_request", code=code, request_id=asked.record)
    return Shown(asked, say("Repayment of credit"), href)
