"""Money that came in, and what it settles. What is recorded stays."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incubator.billing.models.documents import Invoice
from incubator.core.db import Amount, Entity
from incubator.core.i18n import Label, Message, say
from incubator.core.promises import append_only
from incubator.organisations.models import Organisation


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


class Allocation(Entity):
    """The part of a payment that settles an invoice."""

    __tablename__ = "allocation"
    __table_args__ = (CheckConstraint("amount > 0", name="amount_positive"),)

    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), index=True)
    amount: Mapped[int] = mapped_column(Amount)
    on_day: Mapped[date]

    invoice: Mapped[Invoice] = relationship()


class ReversalCause(Label):
    """Why a payment does not count; the venture is told."""

    MISTAKE = "mistake"
    RETURNED = "returned"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.MISTAKE: say("Recorded by mistake"),
            cls.RETURNED: say("The bank took the money back"),
        }


class PaymentReversal(Entity):
    """A payment that does not count any more: all of it, once, and for good."""

    __tablename__ = "payment_reversal"
    __table_args__ = (UniqueConstraint("payment_id"),)

    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    on_day: Mapped[date]
    """The day of the entry in the books."""
    cause: Mapped[ReversalCause]
    reason: Mapped[str]
    """In the office's own words; the venture does not see it."""
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class Refund(Entity):
    """Credit of a venture that was paid back by bank transfer; its notice has a number."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        UniqueConstraint("facility_id", "number"),
        Index("uq_refund_once_key", "once_key", unique=True),
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
    """What a form sent twice carries both times."""

    organisation: Mapped[Organisation] = relationship()
    parts: Mapped[list["RefundPart"]] = relationship(order_by="RefundPart.id")


class RefundPart(Entity):
    """The part of a refund that comes from one payment's credit."""

    __tablename__ = "refund_part"
    __table_args__ = (CheckConstraint("amount > 0", name="amount_positive"),)

    refund_id: Mapped[int] = mapped_column(ForeignKey("refund.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    amount: Mapped[int] = mapped_column(Amount)

    payment: Mapped[Payment] = relationship(back_populates="refunds")


append_only(Payment, "payment_stays_as_recorded")
append_only(Allocation, "allocation_stays_as_recorded")
append_only(PaymentReversal, "payment_reversal_stays")
append_only(Refund, "refund_stays")
append_only(RefundPart, "refund_part_stays")
