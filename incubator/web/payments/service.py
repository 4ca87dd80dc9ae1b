"""The payment service as this installation is set up."""

from flask import current_app

from incubator.billing.gateway import CardPayments, StripePayments
from incubator.core.settings import TEST_WEBHOOK_SECRET, Settings

LIVE = ("sk_live_", "rk_live_")


def settings() -> Settings:
    """The settings of this installation."""
    found: Settings = current_app.config["SETTINGS"]
    return found


def event_secret() -> str:
    """What messages are signed with; none while the secret is the one that everybody knows."""
    secret = settings().stripe_webhook_secret.get_secret_value()
    known = secret == TEST_WEBHOOK_SECRET and not settings().stripe_api_base
    return "" if known or not settings().takes_cards else secret


def is_live() -> bool:
    """Whether real money moves."""
    return settings().stripe_api_key.get_secret_value().startswith(LIVE)


def card_payments() -> CardPayments:
    """The payment service."""
    known: CardPayments | None = current_app.extensions.get("card_payments")
    if known is None:
        known = StripePayments.of(settings())
        current_app.extensions["card_payments"] = known
    return known
