"""The stand-in over HTTP: the interface, the page to pay on, and signed messages back."""

import json
import logging
from dataclasses import dataclass, field
from http.client import HTTPException
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import stripe
from flask import Flask, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.serving import BaseWSGIServer, make_server

from incubator.cli.fake_stripe.service import Refused, Service, Thing, unfold
from incubator.core import places
from incubator.core.i18n import LANGUAGES
from incubator.web import filters

TRIES, FIRST_WAIT_MS, PATIENCE_SECONDS = 6, 100, 10
log = logging.getLogger(__name__)


@dataclass
class Post:
    """Delivers events to one address, signed, again and again until it is taken."""

    url: str
    secret: str
    waiting: SimpleQueue[Thing | None] = field(default_factory=SimpleQueue)
    answers: list[tuple[str, int]] = field(default_factory=list)
    closing: Event = field(default_factory=Event)

    def run(self) -> None:
        """Deliver whatever comes until None comes."""
        while (event := self.waiting.get()) is not None:
            self.deliver(event)

    def deliver(self, event: Thing) -> None:
        """Try until somebody says 2xx, a little later each time."""
        for attempt in range(TRIES):
            status = self.send(event)
            self.answers.append((event["type"], status))
            if 200 <= status < 300 or self.closing.wait(FIRST_WAIT_MS * 2**attempt / 1000):
                return
        log.warning("Nobody took %s at %s", event["type"], self.url)

    def send(self, event: Thing) -> int:
        """Send once; 0 when nobody answers."""
        body = json.dumps(event)
        signature = stripe.WebhookSignature.generate_signature_header(
            payload=body, secret=self.secret
        )
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        message = Request(self.url, data=body.encode(), headers=headers)  # noqa: S310 - our own
        try:
            with urlopen(message, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - our own
                return int(answer.status)
        except (URLError, HTTPException, OSError) as error:
            return int(getattr(error, "code", 0))


@dataclass
class FakeServer:
    """A running stand-in: `base` for `INCUBATOR_STRIPE_API_BASE`; `stop()` ends it."""

    base: str
    service: Service
    post: Post
    server: BaseWSGIServer
    threads: tuple[Thread, ...]

    def stop(self) -> None:
        """End it."""
        self.post.closing.set()
        self.post.waiting.put(None)
        self.server.shutdown()
        self.server.server_close()
        for thread in self.threads:
            thread.join()


def serve_fake(port: int, webhook_url: str, secret: str) -> FakeServer:
    """Start the stand-in on this machine (port 0: any free one); it tells `webhook_url`."""
    post = Post(webhook_url, secret)
    service = Service(post.waiting.put)
    server = make_server("127.0.0.1", port, create_fake(service, post), threaded=True)
    threads = (
        Thread(target=server.serve_forever, name="fake-stripe", daemon=True),
        Thread(target=post.run, name="fake-stripe-events", daemon=True),
    )
    for thread in threads:
        thread.start()
    return FakeServer(f"http://127.0.0.1:{server.server_port}", service, post, server, threads)


def create_fake(service: Service, post: Post) -> Flask:
    """The stand-in as a web application."""
    app = Flask("fake_stripe", template_folder=places.templates(), static_folder=places.static())
    filters.install(app)
    app.before_request(_choose_language)
    app.context_processor(lambda: {"lang": g.lang, "theme": "auto", "brand": "Stripe"})
    _add_interface(app, service)
    _add_pages(app, service, post)
    return app


def _choose_language() -> None:
    g.lang = request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def _add_interface(app: Flask, service: Service) -> None:
    def answer(make: Any) -> Response:
        if not request.headers.get("Authorization", "").startswith("Bearer sk_test_"):
            body = {
                "error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}
            }
            return Response(json.dumps(body), 401, mimetype="application/json")
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        asked = f"{request.path}?{sorted(request.form.items())}"
        status, text = service.once(key, asked, make)
        return Response(text, status, mimetype="application/json")

    @app.post("/v1/checkout/sessions")
    def open_session() -> Response:
        asked = unfold(request.form)
        return answer(lambda: service.open_session(asked, request.host_url))

    @app.get("/v1/checkout/sessions/<thing_id>")
    def session(thing_id: str) -> Response:
        return answer(lambda: service.get(thing_id, "checkout.session"))

    @app.post("/v1/checkout/sessions/<thing_id>/expire")
    def expire(thing_id: str) -> Response:
        return answer(lambda: service.expire(thing_id))

    @app.get("/v1/payment_intents/<thing_id>")
    def intent(thing_id: str) -> Response:
        return answer(lambda: service.get(thing_id, "payment_intent"))

    @app.get("/v1/events")
    def events() -> Response:
        return answer(lambda: {"object": "list", "has_more": False, "data": service.all("event")})


def _add_pages(app: Flask, service: Service, post: Post) -> None:
    @app.get("/")
    def index() -> str:
        return render_template(
            "fake_stripe/index.html", events=service.all("event"), answers=len(post.answers)
        )

    @app.post("/events/<thing_id>/again")
    def again(thing_id: str) -> ResponseReturnValue:
        post.waiting.put(service.get(thing_id, "event"))
        return redirect(url_for("index"), 303)

    @app.get("/c/pay/<thing_id>")
    def pay_page(thing_id: str) -> ResponseReturnValue:
        return _pay_page(service, thing_id)

    @app.post("/c/pay/<thing_id>")
    def pay(thing_id: str) -> ResponseReturnValue:
        try:
            taken = service.pay(thing_id, request.form.get("card", ""))
        except Refused as refused:
            return _pay_page(service, thing_id, status=refused.status)
        if not taken:
            return _pay_page(service, thing_id, declined=True, status=402)
        success = service.get(thing_id, "checkout.session")["success_url"]
        return redirect(success.replace("{CHECKOUT_SESSION_ID}", thing_id), 303)


def _pay_page(
    service: Service, thing_id: str, *, declined: bool = False, status: int = 200
) -> ResponseReturnValue:
    session = service.things.get(thing_id)
    if session is None or session["object"] != "checkout.session":
        return "No such page", 404
    titles = service.private[thing_id]["titles"]
    page = render_template(
        "fake_stripe/pay.html", session=session, titles=titles, declined=declined
    )
    return page, status
