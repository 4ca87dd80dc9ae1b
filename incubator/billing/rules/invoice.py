"""What makes an invoice an invoice: its state, title, number and what it must name."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from incubator.core.days import Stretch, fiscal_year
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Label, Message, say

CREDIT_NOTE = "credit_note"


class InvoiceState(Label):
    """How an invoice stands; it follows from what was paid, it is not written down (BR-B01)."""

    OPEN = "open"
    PARTIAL = "partial"
    OVERDUE = "overdue"
    PAID = "paid"
    CREDITED = "credited"
    CREDIT_NOTE = "credit_note"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.OPEN: say("Unpaid"),
            cls.PARTIAL: say("Partly paid"),
            cls.OVERDUE: say("Overdue"),
            cls.PAID: say("Paid"),
            cls.CREDITED: say("Credited"),
            cls.CREDIT_NOTE: say("Credit note"),
        }


def state_of(
    total: int, paid: int, due_on: date, today: date, *, credited: int | None = None
) -> InvoiceState:
    """The state of an invoice of `total` of which `paid` came in and `credited` was taken back.

    Without a credit note `credited` is None; one over nothing takes back an invoice over nothing.
    """
    if credited is not None and credited >= total:
        return InvoiceState.CREDITED
    come_off = paid + (credited or 0)
    if come_off >= total:
        return InvoiceState.PAID
    if due_on < today:
        return InvoiceState.OVERDUE
    return InvoiceState.PARTIAL if come_off else InvoiceState.OPEN


def valid_reg_no(
    reg_no: str | None, valid: tuple[date | None, date | None], day: date
) -> str | None:
    """The issuer's registration number where it holds on the day, else none (BR-T10)."""
    start, until = valid
    if not reg_no or (start and day < start) or (until and day >= until):
        return None
    return reg_no


def title_of(kind: str, reg_no: str | None) -> Message:
    """The title of the document; qualified only with a valid registration number (BR-T10)."""
    if kind == CREDIT_NOTE:
        return say("Qualified credit note") if reg_no else say("Credit note")
    return say("Qualified invoice") if reg_no else say("Invoice")


def check_complete(issuer: Mapping[str, Any], recipient: Mapping[str, Any], *, lines: int) -> None:
    """Refuse a document that would lack one of the items the law asks for (BR-T02)."""
    if not str(issuer.get("name", "")).strip():
        raise RuleBroken(say("The issuer has no name. Enter it in the facility's settings."))
    if not str(recipient.get("name", "")).strip():
        raise RuleBroken(say("The recipient has no name. Enter it in the venture's record."))
    if not lines:
        raise RuleBroken(say("There is nothing to bill."))


def number_of(prefix: str, kind: str, day: date, number: int) -> str:
    """AOBA-2026-00001; credit notes count apart, AOBA-CN-2026-00001 (BR-B02)."""
    letters = f"{prefix}-CN" if kind == CREDIT_NOTE else prefix
    return f"{letters}-{fiscal_year(day)}-{number:05d}"


def series_of(facility_id: int, kind: str, day: date) -> str:
    """The counter that numbers this kind of document in this fiscal year."""
    return f"{kind}:{facility_id}:{fiscal_year(day)}"


def run_key_of(month: date, earlier: int) -> str:
    """2026-05 for the first invoice of a month, 2026-05/2 for what came later (BR-B03)."""
    return f"{month:%Y-%m}" + (f"/{earlier + 1}" if earlier else "")


def is_whole_month(service: Stretch, month: date) -> bool:
    """Whether a service covers exactly the calendar month."""
    return service.start == month and service.last.month == month.month and service.until.day == 1
