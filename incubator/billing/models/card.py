"""Payments by card: attempts, and what the payment service says."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from incubator.core.db import Amount, Entity


class CheckoutState(StrEnum):
    """How far an online payment has come."""

    STARTED = "started"
    OPEN = "open"
    PAID = "paid"
    EXPIRED = "expired"


class Checkout(Entity):
    """One attempt to pay an invoice by card; its id is Stripe's idempotency key."""

    __tablename__ = "checkout"
    __table_args__ = (CheckConstraint("amount > 0", name="amount_positive"),)

    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    amount: Mapped[int] = mapped_column(Amount)
    currency: Mapped[str]
    state: Mapped[CheckoutState] = mapped_column(default=CheckoutState.STARTED)
    session_id: Mapped[str | None] = mapped_column(unique=True)
    url: Mapped[str | None]
    started_at: Mapped[datetime]


class WebhookEvent(Entity):
    """An event that the payment service sent; its id is taken once."""

    __tablename__ = "webhook_event"
    __table_args__ = (UniqueConstraint("event_id"),)

    event_id: Mapped[str]
    kind: Mapped[str]
    received_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(index=True)
    payment_id: Mapped[str | None] = mapped_column(index=True)
    checkout_id: Mapped[int | None] = mapped_column(ForeignKey("checkout.id"), index=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    facility_id: Mapped[int | None] = mapped_column(ForeignKey("facility.id"))
