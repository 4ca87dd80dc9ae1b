"""What the stand-in remembers and does: sessions, payments, events, idempotency keys."""

import copy
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from threading import RLock
from typing import Any

from incubator.core import clock

DAY = 86_400
LEAST = 50
MOST = 99_999_999
CARDS = {"4242": "", "0002": "card_declined"}
SESSION_PARTS = frozenset(
    {
        "mode", "payment_method_types", "line_items", "client_reference_id", "metadata",
        "payment_intent_data", "success_url", "cancel_url", "locale", "customer_email",
    }
)  # fmt: skip
Thing = dict[str, Any]


class Refused(Exception):
    """An error in the words of the interface."""

    def __init__(self, status: int, **error: object) -> None:
        super().__init__(str(error.get("message", "")))
        self.status = status
        self.error = error


def invalid(code: str, message: str, param: str = "") -> Refused:
    """A request that makes no sense."""
    return Refused(400, type="invalid_request_error", code=code, message=message, param=param)


def unfold(form: Mapping[str, str]) -> Thing:
    """`a[b][0]=c` as nested dicts and lists."""
    found: Thing = {}
    for name, value in form.items():
        place, *rest = re.findall(r"[^\[\]]+", name)
        here = found
        for part in rest:
            here, place = here.setdefault(place, {}), part
        here[place] = value
    return {name: _listed(value) for name, value in found.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(each) for name, each in value.items()}
    if inner and all(name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


@dataclass
class Service:
    """Everything lives in memory; `deliver` sends an event on its way."""

    deliver: Callable[[Thing], None]
    things: dict[str, Thing] = field(default_factory=dict)
    private: dict[str, Thing] = field(default_factory=dict)
    replies: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock)

    def once(self, key: str | None, asked: str, answer: Callable[[], Thing]) -> tuple[int, str]:
        """Answer, or repeat the answer that this idempotency key got; as (status, JSON)."""
        with self.lock:
            if key and key in self.replies:
                before, status, body = self.replies[key]
                if before != asked:
                    message = (
                        "Keys for idempotent requests can only be used with the same parameters."
                    )
                    return 400, _error(type="idempotency_error", message=message)
                return status, body
            try:
                status, body = 200, json.dumps(answer())
            except Refused as refused:
                status, body = refused.status, _error(**refused.error)
            if key:
                self.replies[key] = (asked, status, body)
            return status, body

    def new(self, prefix: str, kind: str, **facts: Any) -> Thing:
        """A new thing with an id."""
        thing = {
            "id": f"{prefix}_{token_hex(8)}",
            "object": kind,
            "created": int(clock.now().timestamp()),
            "livemode": False,
            "metadata": {},
            **facts,
        }
        self.things[thing["id"]] = thing
        return thing

    def get(self, thing_id: str, kind: str) -> Thing:
        """A thing by its id."""
        found = self.things.get(thing_id)
        if found is None or found["object"] != kind:
            raise Refused(
                404,
                type="invalid_request_error",
                code="resource_missing",
                message=f"No such {kind}: '{thing_id}'",
                param="id",
            )
        return found

    def all(self, kind: str) -> list[Thing]:
        """All things of a kind, newest first."""
        return [thing for thing in reversed(self.things.values()) if thing["object"] == kind]

    def emit(self, kind: str, about: Thing) -> Thing:
        """Tell whoever listens that something happened."""
        event = self.new("evt", "event", type=kind, data={"object": copy.deepcopy(about)})
        del event["metadata"]
        self.deliver(event)
        return event

    def open_session(self, asked: Thing, host: str) -> Thing:
        """Open a page to pay on."""
        unknown = sorted(set(asked) - SESSION_PARTS)
        if unknown:
            raise invalid(
                "parameter_unknown", f"Received unknown parameter: {unknown[0]}", unknown[0]
            )
        items = asked.get("line_items") or []
        if not items:
            raise invalid("parameter_missing", "Missing required param: line_items.", "line_items")
        total = sum(
            _whole(item["price_data"]["unit_amount"]) * _whole(item["quantity"]) for item in items
        )
        if not LEAST <= total <= MOST:
            raise invalid(
                "amount_too_small", f"Amount must be between ¥{LEAST} and ¥{MOST}.", "amount"
            )
        session = self.new(
            "cs_test",
            "checkout.session",
            mode=asked.get("mode", "payment"),
            client_reference_id=asked.get("client_reference_id"),
            metadata=asked.get("metadata", {}),
            success_url=asked["success_url"],
            cancel_url=asked.get("cancel_url"),
            amount_total=total,
            currency=items[0]["price_data"]["currency"],
            status="open",
            payment_status="unpaid",
            payment_intent=None,
        )
        session["expires_at"] = session["created"] + DAY
        session["url"] = f"{host}c/pay/{session['id']}"
        self.private[session["id"]] = {
            "titles": [item["price_data"]["product_data"]["name"] for item in items],
            "metadata": asked.get("payment_intent_data", {}).get("metadata", {}),
        }
        return session

    def expire(self, session_id: str) -> Thing:
        """Close a page that nobody paid on."""
        session = self.get(session_id, "checkout.session")
        if session["status"] != "open":
            raise invalid("resource_already_exists", "Only open sessions can be expired.")
        session.update(status="expired", url=None)
        self.emit("checkout.session.expired", session)
        return session

    def pay(self, session_id: str, card: str) -> bool:
        """Pay on a page; whether the card was taken."""
        with self.lock:
            session = self.get(session_id, "checkout.session")
            if session["status"] != "open":
                raise invalid("session_closed", "This page is no longer open.")
            intent = self.new(
                "pi",
                "payment_intent",
                amount=session["amount_total"],
                amount_received=0,
                currency=session["currency"],
                metadata=self.private[session_id]["metadata"],
                status="requires_payment_method",
            )
            if CARDS.get(card, "card_declined"):
                self.emit("payment_intent.payment_failed", intent)
                return False
            intent.update(status="succeeded", amount_received=intent["amount"])
            session.update(status="complete", payment_status="paid", payment_intent=intent["id"])
            self.emit("payment_intent.succeeded", intent)
            self.emit("checkout.session.completed", session)
            return True


def _whole(text: str) -> int:
    if not str(text).isdecimal():
        raise invalid("parameter_invalid_integer", f"Invalid integer: {text}", "amount")
    return int(text)


def _error(**error: object) -> str:
    return json.dumps({"error": error})
