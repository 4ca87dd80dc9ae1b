"""Charges, issued invoices and their PDFs. What is issued stays."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from incubator.core.days import Stretch
from incubator.core.db import Amount, Entity, partial_index
from incubator.core.i18n import Label, Message, say
from incubator.core.money import Rounding
from incubator.core.promises import added_only_if, append_only, stays_once
from incubator.organisations.models import Organisation
from incubator.people.models import Asked, takes_two_people


class TaxCategory(StrEnum):
    """How a line is taxed (domain.md §6.5)."""

    STANDARD = "standard"
    REDUCED = "reduced"
    EXEMPT = "exempt"
    OUT_OF_SCOPE = "out_of_scope"


class TaxRate(Entity):
    """A tax rate from a day on; never a constant."""

    __tablename__ = "tax_rate"
    __table_args__ = (UniqueConstraint("category", "from_day"),)

    category: Mapped[TaxCategory]
    from_day: Mapped[date]
    rate_bp: Mapped[int]


class Issuer(Entity):
    """Who bills for a facility from a day on, as printed on its documents (BR-T10)."""

    __tablename__ = "issuer"
    __table_args__ = (UniqueConstraint("facility_id", "from_day"),)

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    from_day: Mapped[date]
    name: Mapped[str]
    postal_code: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    reg_no: Mapped[str | None]
    reg_valid_from: Mapped[date | None]
    reg_valid_until: Mapped[date | None]
    bank_account: Mapped[str] = mapped_column(default="")
    rounding: Mapped[Rounding] = mapped_column(default=Rounding.FLOOR)
    number_prefix: Mapped[str] = mapped_column(default="")


class ChargeKind(Label):
    """What is charged."""

    RENT = "rent"
    COMMON_FEE = "common_fee"
    SUBSIDY = "subsidy"
    ROOM = "room"
    ROOM_CANCELLATION = "room_cancellation"
    UTILITY = "utility"
    RESTORATION = "restoration"
    LATE = "late"
    OTHER = "other"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What a line on a document says."""
        return {
            cls.RENT: say("Rent"),
            cls.COMMON_FEE: say("Common-area fee"),
            cls.SUBSIDY: say("Rent subsidy"),
            cls.ROOM: say("Meeting room"),
            cls.ROOM_CANCELLATION: say("Meeting room cancellation"),
            cls.UTILITY: say("Utilities"),
            cls.RESTORATION: say("Restoration"),
            cls.LATE: say("Late charge"),
            cls.OTHER: say("Other"),
        }


OF_A_LEASE = (ChargeKind.RENT, ChargeKind.COMMON_FEE, ChargeKind.SUBSIDY)
"""What a run works out from the leases of the month; anything else is charged where it arises."""


class Charge(Entity):
    """Something to be billed once: (kind, service month, source) is unique (BR-B03)."""

    __tablename__ = "charge"
    __table_args__ = (
        UniqueConstraint("kind", "service_month", "source"),
        CheckConstraint("service_from <= service_until", name="days_in_order"),
        CheckConstraint(
            "(invoice_id IS NULL) OR (cancelled_at IS NULL)", name="invoiced_or_cancelled"
        ),
        Index("ix_charge_open", "facility_id", "organisation_id", "invoice_id"),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    lease_id: Mapped[int | None] = mapped_column(ForeignKey("lease.id"), index=True)
    kind: Mapped[ChargeKind]
    source: Mapped[str]
    """What it comes from, such as `lease:12`, `lease:12:programme:3` or `booking:55`.

    `booking:55@7` once invoice 7 was taken back and the booking is billed anew.
    """
    service_month: Mapped[date]
    service_from: Mapped[date]
    service_until: Mapped[date]
    """Half-open, as every stretch."""
    amount: Mapped[int] = mapped_column(Amount)
    currency: Mapped[str]
    tax_category: Mapped[TaxCategory] = mapped_column(default=TaxCategory.STANDARD)
    title: Mapped[str] = mapped_column(default="")
    """What it is of, in the venture's own words: a unit's code, a room's name."""
    why: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """{"rule": …, "inputs": …}: how the amount was worked out."""
    created_at: Mapped[datetime]
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"), index=True)
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]


class InvoiceKind(StrEnum):
    """What document it is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class Invoice(Entity):
    """An issued document with the facts of its day; never changed (BR-B05, BR-T02).

    Whether it is paid is not written here: it follows from allocations.
    """

    __tablename__ = "invoice"
    __table_args__ = (
        UniqueConstraint("facility_id", "number"),
        Index("uq_invoice_run", "facility_id", "organisation_id", "run_key", unique=True),
        CheckConstraint("total = taxable_total + tax_total + untaxed_total", name="adds_up"),
        Index("ix_invoice_search", "facility_id", "issued_on", "total"),
        Index("ix_invoice_month", "facility_id", "service_month", "total"),
        partial_index("ix_invoice_corrects_id", "corrects_id", where="corrects_id IS NOT NULL"),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[InvoiceKind] = mapped_column(default=InvoiceKind.INVOICE)
    number: Mapped[str]
    run_key: Mapped[str | None]
    """The month of the run that issued it, `2026-05` or `2026-05/2` for a later one."""
    service_month: Mapped[date]
    issued_on: Mapped[date]
    issued_at: Mapped[datetime]
    issued_by: Mapped[str]
    due_on: Mapped[date]
    currency: Mapped[str]
    language: Mapped[str] = mapped_column(default="ja")
    issuer: Mapped[dict[str, Any]] = mapped_column(JSON)
    """name, postal_code, address, phone, reg_no (or null), bank_account as printed."""
    recipient: Mapped[dict[str, Any]] = mapped_column(JSON)
    rounding: Mapped[Rounding]
    taxable_total: Mapped[int] = mapped_column(Amount)
    tax_total: Mapped[int] = mapped_column(Amount)
    untaxed_total: Mapped[int] = mapped_column(Amount)
    total: Mapped[int] = mapped_column(Amount)
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"))
    facts_sha256: Mapped[str]

    organisation: Mapped[Organisation] = relationship()
    lines: Mapped[list["InvoiceLine"]] = relationship(order_by="InvoiceLine.position")
    taxes: Mapped[list["InvoiceTax"]] = relationship(order_by="InvoiceTax.rate_bp.desc()")


class InvoiceLine(Entity):
    """One line of an issued document."""

    __tablename__ = "invoice_line"
    __table_args__ = (UniqueConstraint("invoice_id", "position"),)

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"))
    position: Mapped[int]
    kind: Mapped[ChargeKind]
    title: Mapped[str]
    service_from: Mapped[date]
    service_until: Mapped[date]
    amount: Mapped[int] = mapped_column(Amount)
    tax_category: Mapped[TaxCategory]
    rate_bp: Mapped[int | None]
    why: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class InvoiceTax(Entity):
    """The tax of one rate, rounded once for the whole document (BR-T03)."""

    __tablename__ = "invoice_tax"
    __table_args__ = (UniqueConstraint("invoice_id", "rate_bp", "category"),)

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"))
    category: Mapped[TaxCategory]
    rate_bp: Mapped[int]
    taxable: Mapped[int] = mapped_column(Amount)
    tax: Mapped[int] = mapped_column(Amount)


class CreditNoteRequest(Asked):
    """One person asks to take an invoice back, another decides; once it is approved for good."""

    __tablename__ = "credit_note_request"
    __table_args__ = (
        *takes_two_people(),
        partial_index(
            "uq_credit_note_request_once",
            "invoice_id",
            where="status IN ('asked', 'approved')",
            unique=True,
        ),
    )

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"))
    why: Mapped[str]
    """Why the invoice is taken back."""
    bill_anew: Mapped[bool | None]
    """Whether what was on it is billed anew; None where it was asked before this was a question."""

    invoice: Mapped[Invoice] = relationship()


class LateChargeRequest(Asked):
    """One person asks to charge what was late of an invoice, another approves or waives it.

    A day is charged or waived once (BR-L05).
    """

    __tablename__ = "late_charge_request"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("late_from < late_until", name="days_in_order"),
        *takes_two_people(),
        partial_index(
            "uq_late_charge_request_once",
            "invoice_id",
            "late_from",
            where="status <> 'withdrawn'",
            unique=True,
        ),
    )

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), index=True)
    late_from: Mapped[date]
    late_until: Mapped[date]
    """Half-open, as every stretch."""
    amount: Mapped[int] = mapped_column(Amount)

    invoice: Mapped[Invoice] = relationship()

    @property
    def days(self) -> Stretch:
        """The days of delay."""
        return Stretch(self.late_from, self.late_until)

    @property
    def source(self) -> str:
        """What the charge comes from."""
        return f"late:{self.invoice_id}:{self.late_from}"


OfInvoice = CreditNoteRequest | LateChargeRequest
"""What is asked about one invoice."""


class Document(Entity):
    """The bytes of an issued document, kept from its first rendering on."""

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("subject", "language"),)

    subject: Mapped[str]
    """`invoice:12`, `payment:7`, `refund:2`, or `reversal:3` for the receipt marked as void."""
    language: Mapped[str]
    made_at: Mapped[datetime]
    sha256: Mapped[str]
    pdf: Mapped[bytes] = deferred(mapped_column(LargeBinary))


class BillingRun(Entity):
    """One pass of the monthly run: how far it came."""

    __tablename__ = "billing_run"

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    month: Mapped[date]
    started_at: Mapped[datetime]
    started_by: Mapped[str]
    finished_at: Mapped[datetime | None]
    to_bill: Mapped[int]
    issued: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(Amount, default=0)


append_only(Invoice, "invoice_stays_as_issued")
append_only(InvoiceLine, "invoice_line_stays_as_issued")
append_only(InvoiceTax, "invoice_tax_stays_as_issued")
append_only(Document, "document_stays_as_made")
stays_once(
    CreditNoteRequest,
    "credit_note_request_stays",
    "asked",
    ("invoice_id", "why", "asked_by_id", "bill_anew"),
)
stays_once(
    LateChargeRequest,
    "late_charge_request_stays",
    "asked",
    ("invoice_id", "late_from", "late_until", "amount", "asked_by_id"),
)
added_only_if(
    Invoice,
    "credit_note_is_approved",
    "NEW.kind <> 'credit_note' OR EXISTS (SELECT 1 FROM credit_note_request AS asked"
    " WHERE asked.invoice_id = NEW.corrects_id AND asked.status = 'approved')",
)
added_only_if(Invoice, "invoice_not_below_zero", "NEW.kind <> 'invoice' OR NEW.total >= 0")
