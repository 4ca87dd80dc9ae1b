"""What servers serve: the pages, with `incubator run` also the worker in the same process."""

import atexit
import gc
import logging
import signal

from flask import Flask

from incubator.app import create_app
from incubator.cli.fake_stripe import serve_fake
from incubator.core.settings import TEST_STRIPE_KEY, Settings
from incubator.jobs.worker import Worker


def pages() -> Flask:
    """The application alone, for gunicorn.

    What is built once is never garbage: looking through it for some took a seventh of a long page.
    """
    app = create_app()
    gc.freeze()
    return app


def pages_and_worker() -> Flask:
    """The application, with a worker in threads beside it; asked to end, it ends in order."""
    logging.getLogger("waitress").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app = create_app(with_stand_in(Settings()))
    worker = Worker(app)
    worker.start()
    atexit.register(worker.stop)
    gc.freeze()
    return app


def with_stand_in(settings: Settings) -> Settings:
    """Without an account at Stripe, a stand-in on this machine takes the card payments (test)."""
    if settings.stripe_api_key.get_secret_value() != TEST_STRIPE_KEY or settings.stripe_api_base:
        return settings
    address = f"{settings.base_url.rstrip('/')}/stripe/webhook"
    stand_in = serve_fake(0, address, settings.stripe_webhook_secret.get_secret_value())
    return settings.model_copy(update={"stripe_api_base": stand_in.base})
