"""Payments by card: what an event of the payment service means to us."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from incubator.core.errors import RuleBroken
from incubator.core.i18n import Label, Message, Sum, say

LEAST = {"JPY": 50, "USD": 50, "EUR": 50, "GBP": 30}
MOST = 99_999_999
"""The limits of one card payment in minor units (domain.md §10)."""
PAID = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "payment_intent.succeeded",
    }
)
ENDED = frozenset({"checkout.session.expired", "checkout.session.async_payment_failed"})
AGAIN = "#"
"""Between a card payment's id and the number of its recording, where it is not the first."""


class Outcome(StrEnum):
    """What became of an event."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    ENDED = "ended"
    IGNORED = "ignored"
    UNMATCHED = "unmatched"
    SETTLED = "settled"


class Mismatch(Label):
    """Why a card payment waits for the clerk."""

    UNKNOWN = "unknown"
    SESSION = "session"
    CURRENCY = "currency"
    AMOUNT = "amount"
    MODE = "mode"
    ACCOUNT = "account"
    REVERSED = "reversed"
    REFUNDED = "refunded"
    DISPUTED = "disputed"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What the clerk reads."""
        return {
            cls.UNKNOWN: say("It names no invoice of ours."),
            cls.SESSION: say("It belongs to another payment page than the one we opened."),
            cls.CURRENCY: say("Its currency is not that of the invoice."),
            cls.AMOUNT: say("Its amount is not the one we asked for."),
            cls.MODE: say("It is a test payment in real business, or the other way round."),
            cls.ACCOUNT: say("It was paid to another account."),
            cls.REVERSED: say("It was recorded on another invoice by mistake."),
            cls.REFUNDED: say("It was refunded at Stripe."),
            cls.DISPUTED: say("The card holder disputes it."),
        }


TAKEN_BACK = {
    "charge.refunded": Mismatch.REFUNDED,
    "charge.dispute.created": Mismatch.DISPUTED,
}
"""Money that goes back, or may have to."""


@dataclass(frozen=True)
class CardEvent:
    """What the payment service tells us, as far as it matters; amounts in minor units."""

    id: str
    kind: str
    at: datetime
    live: bool
    account: str = ""
    checkout_id: int | None = None
    session_id: str = ""
    payment_id: str = ""
    amount: int = 0
    currency: str = ""
    paid: bool = False


@dataclass(frozen=True)
class Attempt:
    """The payment we asked for."""

    session_id: str | None
    amount: int
    currency: str


def is_payment(event: CardEvent) -> bool:
    """Whether money has come in, rather than is hoped for."""
    return event.kind in PAID and event.paid and bool(event.payment_id)


def mismatch(event: CardEvent, attempt: Attempt | None, *, live: bool) -> Mismatch | None:
    """Why a payment cannot be the one we asked for; None when it is."""
    if event.account:
        return Mismatch.ACCOUNT
    if event.live != live:
        return Mismatch.MODE
    if attempt is None:
        return Mismatch.UNKNOWN
    if event.session_id and attempt.session_id and event.session_id != attempt.session_id:
        return Mismatch.SESSION
    if event.currency.upper() != attempt.currency:
        return Mismatch.CURRENCY
    return Mismatch.AMOUNT if event.amount != attempt.amount else None


def recorded_as(payment_id: str, before: int) -> str:
    """The id under which a card payment is recorded after so many recordings were reversed."""
    return f"{payment_id}{AGAIN}{before + 1}" if before else payment_id


def payment_id_of(recorded: str) -> str:
    """The card payment's own id."""
    return recorded.partition(AGAIN)[0]


def check_payable(open_amount: int, currency: str) -> None:
    """A card pays what is open, within what the service takes; in minor units, JPY as it is."""
    if open_amount <= 0:
        raise RuleBroken(say("Nothing is open on this invoice any more."))
    least = LEAST[currency]
    if open_amount < least:
        raise RuleBroken(
            say(
                "A card can pay %(least)s or more. Please use a bank transfer.",
                least=Sum(least, currency),
            )
        )
    if open_amount > MOST:
        raise RuleBroken(say("This is too much for a card. Please use a bank transfer."))
