"""Two facilities with three ventures, for tests that try everything on everybody."""

from collections.abc import Iterator

import pytest
from flask import Flask, got_request_exception

from incubator.core.db import db
from incubator.core.settings import Settings
from tests import stripe_fake
from tests.factories.universe import Universe, make_universe
from tests.stripe_fake import QuickCards
from tests.sweep import note_trouble


@pytest.fixture
def universe(app: Flask) -> Iterator[Universe]:
    made = make_universe()
    db.session.commit()
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.extensions["card_payments"] = QuickCards()
    with got_request_exception.connected_to(note_trouble, app):
        yield made
    app.config["PROPAGATE_EXCEPTIONS"] = None
    del app.extensions["card_payments"]


@pytest.fixture
def cards(app: Flask) -> Iterator[QuickCards]:
    """A payment service that takes cards."""
    known = app.config["SETTINGS"]
    app.config["SETTINGS"] = Settings(
        home=known.home,
        database_url=known.database_url,
        secret_key="not a secret in tests",
        base_url="http://localhost",
        stripe_api_key=stripe_fake.KEY,
        stripe_webhook_secret=stripe_fake.SECRET,
    )
    quick = QuickCards()
    app.extensions["card_payments"] = quick
    yield quick
    app.config["SETTINGS"] = known
    del app.extensions["card_payments"]
