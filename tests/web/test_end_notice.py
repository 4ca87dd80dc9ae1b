"""The end of a fixed term is announced in time, or the office hears of it (BR-N02)."""

import pytest

from incubator.core import clock
from incubator.core.audit import AuditEntry
from incubator.core.days import ONE_DAY, add_months
from incubator.core.db import db
from incubator.leases.models import LegalBasis
from incubator.web.keys import shuffle
from tests.factories.base import make_world


@pytest.fixture
def world(app):
    """A lease of three years that ends in eight months."""
    made = make_world("aoba")
    made.lease.starts_on = add_months(clock.today(), -28)
    made.lease.ends_on = add_months(made.lease.starts_on, 36)
    made.lease.signed_on = made.lease.prior_explained_on = made.lease.starts_on
    for price in made.lease.prices:
        price.from_day = made.lease.starts_on
    db.session.flush()
    made.address = f"/f/aoba/leases/{shuffle(made.lease.id, app.config['URL_SECRET'])}"
    return made


def text(page):
    return page.get_text(" ", strip=True)


def written(deed):
    counted = db.select(db.func.count(AuditEntry.id)).where(AuditEntry.deed == deed)
    return db.session.scalar(counted)


def on_dashboard(browser):
    card = "[aria-labelledby=end-notices]"
    return [text(each) for each in browser.get("/f/aoba/").select(f"{card} li")]


def test_an_end_stands_on_the_dashboard_until_it_is_announced(world, browser):
    browser.sign_in(world.people["facility_admin"])
    (row,) = on_dashboard(browser)
    assert "101 · to be announced by" in row
    assert "Announce the end of the term between" in text(browser.get(world.address))
    browser.post(f"{world.address}/announce", {"announced_on": "2099-01-01"}, status=422)
    day = clock.today() - ONE_DAY
    said = text(browser.post(f"{world.address}/announce", {"announced_on": day.isoformat()}))
    assert "The announcement is recorded." in said
    browser.post(f"{world.address}/announce", {"announced_on": day.isoformat()})
    assert written("lease.end_announced") == 1
    assert world.lease.end_notice_on == day
    assert "End announced on" in said
    assert on_dashboard(browser) == []


def test_a_late_announcement_says_until_when_the_venture_may_stay(world, browser):
    world.lease.ends_on = add_months(clock.today(), 3)
    browser.sign_in(world.people["clerk"])
    (row,) = on_dashboard(browser)
    assert "was to be announced by" in row
    day = clock.today().isoformat()
    said = text(browser.post(f"{world.address}/announce", {"announced_on": day}))
    assert "It came late: the venture need not leave before" in said


@pytest.mark.parametrize("change", ["permit", "short", "far", "announced"])
def test_what_needs_no_announcement_is_not_asked_for(world, browser, change):
    lease = world.lease
    if change == "permit":
        lease.legal_basis = LegalBasis.USE_PERMIT
    elif change == "short":
        lease.starts_on = add_months(lease.ends_on, -11)
    elif change == "far":
        lease.ends_on = add_months(clock.today(), 13)
    else:
        lease.end_notice_on = clock.today()
    browser.sign_in(world.people["facility_admin"])
    assert on_dashboard(browser) == []


def test_a_manager_records_none(world, browser):
    browser.sign_in(world.people["manager"])
    assert "/announce" not in str(browser.get(world.address))
    browser.post(f"{world.address}/announce", {"announced_on": "2026-11-01"}, status=403)
