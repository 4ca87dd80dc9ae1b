"""From the invoice over the payment page and back, with real HTTP all the way."""

import time
from datetime import timedelta
from threading import Thread

import pytest
import requests
from bs4 import BeautifulSoup
from werkzeug.serving import make_server

from incubator.billing.queries import audit as violations
from incubator.billing.queries import open_amount
from incubator.cli.fake_stripe import serve_fake
from incubator.core import clock
from incubator.core.db import db, transaction
from incubator.core.settings import TEST_STRIPE_KEY, Settings
from incubator.people.actions import open_session
from incubator.web.keys import shuffle
from incubator.web.session import COOKIE
from tests.factories.base import make_world
from tests.factories.payments import make_invoice
from tests.stripe_fake import SECRET


class Town:
    """The application, the stand-in for Stripe, and a member with a browser."""

    def __init__(self, app):
        self.app = app
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.fake = serve_fake(0, f"{self.base}/stripe/webhook", SECRET)
        known = app.config["SETTINGS"]
        app.config["WTF_CSRF_ENABLED"] = True
        app.config["SETTINGS"] = Settings(
            home=known.home,
            database_url=known.database_url,
            secret_key="not a secret in tests",
            base_url=self.base,
            stripe_api_key=TEST_STRIPE_KEY,
            stripe_webhook_secret=SECRET,
            stripe_api_base=self.fake.base,
        )
        self.http = requests.Session()
        self.http.cookies.set("incubator_language", "en")
        self.open_shop()

    def open_shop(self):
        with self.app.app_context(), transaction():
            world = make_world()
            due = clock.today() + timedelta(days=5)
            invoice = make_invoice(world.facility, world.venture, 550, due)
            owner = world.people["owner"]
            self.http.cookies.set(COOKIE, open_session(owner, now=clock.now()))
            secret = self.app.config["URL_SECRET"]
            self.invoice_id = invoice.id
            self.path = (
                f"/v/{shuffle(world.venture.id, secret)}/invoices/{shuffle(invoice.id, secret)}"
            )

    def close(self):
        self.http.close()
        self.fake.stop()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def page(self, url):
        answer = self.http.get(url)
        assert answer.status_code == 200, url
        return BeautifulSoup(answer.text, "html5lib")

    def send(self, url, form, button=None):
        values = {field["name"]: field["value"] for field in form.select("input[name]")}
        if button:
            values[button["name"]] = button["value"]
        return self.http.post(url, values)


@pytest.fixture
def town(fresh_app):
    built = Town(fresh_app)
    yield built
    built.close()


def test_500_and_some_yen_go_the_whole_way(town):
    page = town.page(town.base + town.path)
    form = page.select_one("#pay form")
    answer = town.send(town.base + form["action"], form)
    assert answer.url.startswith(town.fake.base)
    assert "テストモード" in answer.text
    assert "550" in answer.text
    shop = BeautifulSoup(answer.text, "html5lib")
    refused = town.send(answer.url, shop.select("form")[1], shop.select("form")[1].button)
    assert refused.status_code == 402
    back = town.send(answer.url, shop.select("form")[0], shop.select("form")[0].button)
    assert back.url == f"{town.base}{town.path}/returned"
    for _ in range(100):
        if "the invoice is paid" in town.page(back.url).h1.get_text():
            break
        time.sleep(0.1)
    for told in town.fake.service.all("event"):
        assert town.fake.post.send(told) == 200
    with town.app.app_context():
        assert open_amount(town.invoice_id) == 0
        assert violations() == []
        db.session.remove()
