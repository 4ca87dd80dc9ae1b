"""Money that came in, and what it settles. What is recorded stays."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship, remote

from incubator.billing.models.documents import Invoice
from incubator.core.db import Amount, Entity, partial_index
from incubator.core.i18n import Label, Message, say
from incubator.core.promises import added_only_if, append_only, stays_once
from incubator.organisations.models import Organisation
from incubator.people.models import Asked, takes_two_people


class PaymentMethod(Label):
    """How money came in (domain.md §13.2)."""

    BANK = "bank"
    CARD = "card"
    CASH = "cash"
    SET_OFF = "set_off"
    SUBSIDY = "subsidy"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.BANK: say("Bank transfer"),
            cls.CARD: say("Card"),
            cls.CASH: say("Cash"),
            cls.SET_OFF: say("Set-off"),
            cls.SUBSIDY: say("Paid by the funder"),
        }


class Payment(Entity):
    """Money received from a venture; its receipt has a number of its own."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        UniqueConstraint("facility_id", "receipt_number"),
        Index("uq_payment_external_id", "external_id", unique=True),
        Index("uq_payment_once_key", "once_key", unique=True),
        Index("ix_payment_received", "facility_id", "received_on"),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    method: Mapped[PaymentMethod]
    amount: Mapped[int] = mapped_column(Amount)
    currency: Mapped[str]
    received_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    payer_name: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    external_id: Mapped[str | None]
    """The payment's id at Stripe or the bank: applied at most once."""
    once_key: Mapped[str | None]
    """What a form sent twice carries both times."""
    receipt_number: Mapped[str]

    organisation: Mapped[Organisation] = relationship()
    allocations: Mapped[list["Allocation"]] = relationship()
    refunds: Mapped[list["RefundPart"]] = relationship(back_populates="payment")
    reversal: Mapped["PaymentReversal | None"] = relationship(lazy="joined")

    @property
    def paid_back(self) -> int:
        """What was paid back of its credit and did not come back."""
        return sum(part.amount for part in self.refunds if part.refund.reversal is None)


class Allocation(Entity):
    """The part of a payment that settles an invoice."""

    __tablename__ = "allocation"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("ix_allocation_invoice", "invoice_id", "payment_id", "amount"),
        Index("ix_allocation_payment", "payment_id", "amount"),
    )

    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"))
    amount: Mapped[int] = mapped_column(Amount)
    on_day: Mapped[date]

    invoice: Mapped[Invoice] = relationship()
    credit_note: Mapped[Invoice | None] = relationship(
        primaryjoin=lambda: foreign(Allocation.invoice_id) == remote(Invoice.corrects_id),
        viewonly=True,
    )
    """What took the invoice back, so that this is credit again."""


class ReversalCause(Label):
    """Why a payment does not count; the venture is told."""

    MISTAKE = "mistake"
    RETURNED = "returned"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.MISTAKE: say("Recorded by mistake"),
            cls.RETURNED: say("The money went back through the bank or the card company"),
        }


class Reversal:
    """What every reversal says, whatever it takes back."""

    on_day: Mapped[date]
    """The day of the entry in the books."""
    reason: Mapped[str]
    """In the office's own words; the venture does not see it."""
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class PaymentReversal(Reversal, Entity):
    """A payment that does not count any more: all of it, once, and for good."""

    __tablename__ = "payment_reversal"
    __table_args__ = (UniqueConstraint("payment_id"),)

    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    cause: Mapped[ReversalCause]


class RefundRequest(Asked):
    """One person asks to pay credit back, another decides."""

    __tablename__ = "refund_request"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        *takes_two_people(),
        partial_index(
            "uq_refund_request_waiting",
            "facility_id",
            "organisation_id",
            where="status = 'asked'",
            unique=True,
        ),
        Index("uq_refund_request_once_key", "once_key", unique=True),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    amount: Mapped[int] = mapped_column(Amount)
    currency: Mapped[str]
    paid_to: Mapped[str]
    """The account, as on the transfer slip."""
    note: Mapped[str] = mapped_column(default="")
    once_key: Mapped[str | None]
    """What a form sent twice carries both times."""

    organisation: Mapped[Organisation] = relationship()
    refund: Mapped["Refund | None"] = relationship(back_populates="request")


class Refund(Entity):
    """Credit of a venture that was paid back by bank transfer; its notice has a number."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        UniqueConstraint("facility_id", "number"),
        Index("uq_refund_once_key", "once_key", unique=True),
        Index("uq_refund_request_id", "request_id", unique=True),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    number: Mapped[str]
    amount: Mapped[int] = mapped_column(Amount)
    currency: Mapped[str]
    paid_on: Mapped[date]
    paid_to: Mapped[str]
    """The account, as on the transfer slip."""
    note: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    once_key: Mapped[str | None]
    """What a form carried before refunds had to be approved."""
    request_id: Mapped[int | None] = mapped_column(ForeignKey("refund_request.id"))
    """Who asked and who approved; a refund from before that had to be has none."""

    organisation: Mapped[Organisation] = relationship()
    request: Mapped[RefundRequest | None] = relationship(back_populates="refund")
    parts: Mapped[list["RefundPart"]] = relationship(
        order_by="RefundPart.id", back_populates="refund"
    )
    reversal: Mapped["RefundReversal | None"] = relationship(lazy="joined")


class RefundPart(Entity):
    """The part of a refund that comes from one payment's credit."""

    __tablename__ = "refund_part"
    __table_args__ = (CheckConstraint("amount > 0", name="amount_positive"),)

    refund_id: Mapped[int] = mapped_column(ForeignKey("refund.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    amount: Mapped[int] = mapped_column(Amount)

    payment: Mapped[Payment] = relationship(back_populates="refunds")
    refund: Mapped[Refund] = relationship(back_populates="parts", lazy="joined")


class RefundReversalCause(Label):
    """Why a repayment does not count; the venture is told."""

    MISTAKE = "mistake"
    RETURNED = "returned"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.MISTAKE: say("Recorded by mistake"),
            cls.RETURNED: say("The transfer came back from the bank"),
        }


class RefundReversal(Reversal, Entity):
    """A repayment that does not count any more: all of it, once, and for good."""

    __tablename__ = "refund_reversal"
    __table_args__ = (UniqueConstraint("refund_id"),)

    refund_id: Mapped[int] = mapped_column(ForeignKey("refund.id"))
    cause: Mapped[RefundReversalCause]


append_only(Payment, "payment_stays_as_recorded")
append_only(Allocation, "allocation_stays_as_recorded")
append_only(PaymentReversal, "payment_reversal_stays")
stays_once(
    RefundRequest,
    "refund_request_stays",
    "asked",
    ("facility_id", "organisation_id", "amount", "currency", "paid_to", "asked_by_id"),
)
append_only(Refund, "refund_stays")
added_only_if(
    Refund,
    "refund_is_approved",
    "EXISTS (SELECT 1 FROM refund_request AS asked WHERE asked.id = NEW.request_id"
    " AND asked.status = 'approved' AND asked.facility_id = NEW.facility_id"
    " AND asked.organisation_id = NEW.organisation_id AND asked.amount = NEW.amount"
    " AND asked.currency = NEW.currency AND asked.paid_to = NEW.paid_to)",
)
append_only(RefundPart, "refund_part_stays")
append_only(RefundReversal, "refund_reversal_stays")
