"""Put the parts together."""

import os

from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from incubator import tables
from incubator.core import outbox, places
from incubator.core.db import db
from incubator.core.settings import Settings
from incubator.web import errors, filters, keys, meant, nav, security, session
from incubator.web.account.views import pages as account
from incubator.web.account.ways import page_address
from incubator.web.billing.views import pages as billing
from incubator.web.bookings.views import pages as bookings
from incubator.web.dashboard.views import pages as dashboard
from incubator.web.graduation.views import pages as graduation
from incubator.web.home.views import pages as home
from incubator.web.leases.views import pages as leases
from incubator.web.mentoring.views import pages as mentoring
from incubator.web.organisations.views import pages as organisations
from incubator.web.payments.views import pages as payments
from incubator.web.people.views import pages as people
from incubator.web.spaces.views import pages as spaces
from incubator.web.system.views import pages as system

PAGES = (
    account,
    home,
    dashboard,
    people,
    system,
    spaces,
    organisations,
    leases,
    billing,
    payments,
    bookings,
    mentoring,
    graduation,
)
TABLES = tables.TABLES
csrf = CSRFProtect()


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application; what it writes from now on is for its own account alone."""
    os.umask(0o077)
    settings = settings or Settings()
    app = Flask("incubator", template_folder=places.templates(), static_folder=places.static())
    app.config.from_mapping(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"pool_pre_ping": True, "pool_use_lifo": True},
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
        TESTING=settings.testing,
        WTF_CSRF_ENABLED=not settings.testing,
        WTF_CSRF_TIME_LIMIT=None,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https:"),
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    settings.home.mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    session.install(app)  # first of all: whoever is refused is refused in their language
    csrf.init_app(app)
    csrf.exempt("incubator.web.payments.card.webhook")
    keys.install(app, settings.secret_key.get_secret_value())
    outbox.install(page_address)
    for install in (filters.install, nav.install, meant.install, errors.install, security.harden):
        install(app)
    for page in PAGES:
        app.register_blueprint(page)
    return app
