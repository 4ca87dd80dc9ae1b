"""A Stripe for tests: signed messages, and a service that answers at once."""

import json
import time
from itertools import count
from typing import Any

import stripe

from incubator.billing.gateway import Order, Page

SECRET = "whsec_tests"
KEY = "sk_test_tests"
NUMBERS = count(1)


def session(checkout_id: int | str | None, amount: int, **facts: Any) -> dict[str, Any]:
    """A paid Checkout Session as an event carries it."""
    number = next(NUMBERS)
    return {
        "id": f"cs_test_{number}",
        "object": "checkout.session",
        "amount_total": amount,
        "currency": "jpy",
        "payment_status": "paid",
        "payment_intent": f"pi_{number}",
        "metadata": {} if checkout_id is None else {"checkout": str(checkout_id)},
        **facts,
    }


def intent(checkout_id: int | None, amount: int, **facts: Any) -> dict[str, Any]:
    """A payment that succeeded as an event carries it."""
    return {
        "id": f"pi_{next(NUMBERS)}",
        "object": "payment_intent",
        "amount_received": amount,
        "currency": "jpy",
        "status": "succeeded",
        "metadata": {} if checkout_id is None else {"checkout": str(checkout_id)},
        **facts,
    }


def charge(payment_id: str, amount: int, **facts: Any) -> dict[str, Any]:
    """A card payment of which so much was refunded as an event carries it."""
    return {
        "id": f"ch_{next(NUMBERS)}",
        "object": "charge",
        "amount": amount,
        "amount_refunded": amount,
        "currency": "jpy",
        "payment_intent": payment_id,
        "metadata": {},
        **facts,
    }


def dispute(payment_id: str, amount: int) -> dict[str, Any]:
    """A card payment that the card holder disputes as an event carries it."""
    return {
        "id": f"dp_{next(NUMBERS)}",
        "object": "dispute",
        "amount": amount,
        "currency": "jpy",
        "payment_intent": payment_id,
        "metadata": {},
    }


def event(
    about: dict[str, Any], kind: str = "checkout.session.completed", **facts: Any
) -> dict[str, Any]:
    """An event about something."""
    return {
        "id": f"evt_{next(NUMBERS)}",
        "object": "event",
        "type": kind,
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": about},
        **facts,
    }


def signed(told: dict[str, Any], secret: str = SECRET, age: int = 0) -> dict[str, Any]:
    """What a test client sends: the body and the signature made `age` seconds ago."""
    body = json.dumps(told)
    signature = stripe.WebhookSignature.generate_signature_header(
        payload=body, secret=secret, timestamp=int(time.time()) - age
    )
    return {
        "data": body,
        "headers": {"Stripe-Signature": signature, "Content-Type": "application/json"},
    }


class QuickCards:
    """A payment service that opens every page at once and remembers what it was asked."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.closed: list[str] = []

    def open_page(self, order: Order) -> Page:
        """Open a page."""
        self.orders.append(order)
        return Page(f"cs_{order.key}", f"https://checkout.stripe.com/c/{order.key}")

    def close_page(self, session_id: str) -> None:
        """Close a page."""
        self.closed.append(session_id)
