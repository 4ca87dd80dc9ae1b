"""Headers on every answer, and bodies we refuse to read."""

from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from flask import Flask, Response, abort, current_app, request

NOTHING = "\x00"
STRIPE_CHECKOUT = "https://checkout.stripe.com"
BODY_LIMIT = 5_000_000
YEAR = 31_536_000
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def harden(app: Flask) -> None:
    """Protect every answer of `app`; a payment form may lead to Stripe or what stands in for it."""
    if app.config.get("MAX_CONTENT_LENGTH") is None:
        app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    settings = app.config.get("SETTINGS")
    stand_in = (settings.stripe_api_base.rstrip("/"),) if settings else ()
    policy = " ".join((POLICY, STRIPE_CHECKOUT, *stand_in))

    def protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure or app.config.get("SESSION_COOKIE_SECURE"):
            response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
        _set_caching(response)
        return response

    app.before_request(refuse_unmeasured_body)
    app.before_request(refuse_unwritable_address)
    app.after_request(protect)
    app.url_defaults(add_fingerprint)


def refuse_unmeasured_body() -> None:
    """A body of unknown length could be cut off at the limit without anyone noticing (411)."""
    if "Transfer-Encoding" in request.headers:
        abort(411)


def refuse_unwritable_address() -> None:
    """No name and no word holds the character that PostgreSQL cannot keep (400)."""
    if any(NOTHING in value for values in request.args.listvalues() for value in values):
        abort(400)
    if NOTHING in request.path:
        abort(404)


def add_fingerprint(endpoint: str, values: dict[str, object]) -> None:
    """Let the address of a static file change when the file does."""
    if endpoint == "static" and "filename" in values and "v" not in values:
        found = _fingerprint_of(str(values["filename"]))
        if found:
            values["v"] = found


def _fingerprint_of(name: str) -> str:
    path = Path(current_app.static_folder or "") / name
    if not path.is_file():
        return ""
    return _fingerprint(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _fingerprint(path: Path, _changed: int) -> str:
    return blake2b(path.read_bytes(), digest_size=6).hexdigest()


def _set_caching(response: Response) -> None:
    """Pages and papers are nobody's to keep; a static file under its fingerprint is for ever."""
    if request.endpoint == "static" and response.status_code < 400:
        values = request.view_args or {}
        if request.args.get("v") == _fingerprint_of(str(values.get("filename", ""))):
            response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        return
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Cookie")
