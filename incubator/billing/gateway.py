"""The payment service (Stripe) behind a Protocol; nothing here touches the database.

No call is made inside a transaction, and none waits for long.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, Self

import stripe

from incubator.billing.rules.card import CardEvent
from incubator.core.settings import Settings

CONNECT_SECONDS, READ_SECONDS, RETRIES = 3, 10, 2
INTENT = "payment_intent"
AMOUNTS = {INTENT: "amount_received", "charge": "amount_refunded", "dispute": "amount"}
"""Where an event's subject says how much; a page to pay on says it otherwise."""
LONGEST_ID = 10


class Unavailable(Exception):
    """The payment service does not answer, or refuses."""


class Forged(Exception):
    """A message that the payment service did not send, or sent too long ago."""


@dataclass(frozen=True)
class Order:
    """What is to be paid on the service's page, in minor units; JPY 500 is 500 (BR-Y01)."""

    checkout_id: int
    key: str
    """The idempotency key: the same order asked twice opens one page."""
    amount: int
    currency: str
    title: str
    reference: str
    success_url: str
    cancel_url: str


@dataclass(frozen=True)
class Page:
    """Where to pay."""

    session_id: str
    url: str


class CardPayments(Protocol):
    """What we ask of a payment service."""

    def open_page(self, order: Order) -> Page:
        """Open a page on which an order can be paid."""
        ...

    def close_page(self, session_id: str) -> None:
        """Let nobody pay on a page any more; one that is paid or gone stays as it is."""
        ...


class StripePayments:
    """Stripe Checkout; `base` is another address of the same interface, for tests and the demo."""

    def __init__(self, api_key: str, base: str = "") -> None:
        wait = stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS))
        addresses: Any = {"base_addresses": {"api": base}} if base else {}
        self._client = stripe.StripeClient(
            api_key, http_client=wait, max_network_retries=RETRIES, **addresses
        )

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The service as an installation is set up."""
        return cls(settings.stripe_api_key.get_secret_value(), settings.stripe_api_base)

    def open_page(self, order: Order) -> Page:
        """Open a Checkout Session."""
        try:
            session = self._client.v1.checkout.sessions.create(
                _session_of(order), {"idempotency_key": order.key}
            )
        except stripe.StripeError as error:
            raise Unavailable(str(error)) from error
        if not session.url:
            raise Unavailable(session.id)
        return Page(session.id, session.url)

    def close_page(self, session_id: str) -> None:
        """Expire a Checkout Session."""
        try:
            self._client.v1.checkout.sessions.expire(session_id)
        except stripe.InvalidRequestError:
            return
        except stripe.StripeError as error:
            raise Unavailable(str(error)) from error


def _session_of(order: Order) -> Any:
    ours = {"checkout": str(order.checkout_id), "invoice": order.reference}
    return {
        "mode": "payment",
        "payment_method_types": ["card"],
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": order.currency.lower(),
                    "unit_amount": order.amount,
                    "product_data": {"name": order.title},
                },
            }
        ],
        "client_reference_id": order.reference,
        "metadata": ours,
        "payment_intent_data": {"metadata": ours},
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
    }


def read_event(body: bytes, signature: str, secret: str) -> CardEvent:
    """A message of the service; Forged unless it is signed with our secret, and fresh."""
    if not secret:
        raise Forged("no secret is set")
    try:
        text = body.decode()
        stripe.WebhookSignature.verify_header(
            text, signature, secret, stripe.Webhook.DEFAULT_TOLERANCE
        )
        return _event_of(json.loads(text))
    except (stripe.SignatureVerificationError, KeyError, TypeError, ValueError) as error:
        raise Forged(str(error)) from error


def _event_of(told: dict[str, Any]) -> CardEvent:
    about = dict(told["data"]["object"])
    subject = about.get("object")
    intent = subject == INTENT
    ours = about.get("metadata") or {}
    number = str(ours.get("checkout", ""))
    return CardEvent(
        id=str(told["id"]),
        kind=str(told["type"]),
        at=datetime.fromtimestamp(int(told["created"]), UTC),
        live=bool(told["livemode"]),
        account=str(told.get("account") or ""),
        checkout_id=int(number) if number.isdecimal() and len(number) < LONGEST_ID else None,
        session_id="" if subject in AMOUNTS else str(about.get("id", "")),
        payment_id=str(about.get("id" if intent else INTENT) or ""),
        amount=int(about.get(AMOUNTS.get(str(subject), "amount_total")) or 0),
        currency=str(about.get("currency") or ""),
        paid=about.get("status" if intent else "payment_status") in {"succeeded", "paid"},
    )
