"""Renewing a lease on its pages: worked out, approved, offered, signed, and readable afterwards."""

import pytest

from incubator.core import clock
from incubator.core.days import add_months
from incubator.core.db import db
from incubator.core.i18n import format_day
from incubator.leases import queries
from incubator.leases.actions.deposit import _enter
from incubator.leases.models import DepositKind, Lease, LeaseStatus
from incubator.web.keys import shuffle
from tests.factories.base import make_world
from tests.factories.leases import grant_programme, make_programme


@pytest.fixture
def world():
    made = make_world("aoba")
    made.facility.max_total_months = 84
    lease = made.lease
    lease.starts_on = add_months(clock.today().replace(day=16), -33)
    lease.ends_on = add_months(lease.starts_on, 36)
    for price in lease.prices:
        price.from_day = lease.starts_on
    lease.signed_on = lease.prior_explained_on = lease.starts_on
    lease.deposit = 228771
    for kind in (DepositKind.DUE, DepositKind.RECEIVED):
        _enter(lease, kind, 228771, lease.starts_on)
    db.session.flush()
    return made


def at(app, lease, deed=""):
    return f"/f/aoba/leases/{shuffle(lease.id, app.config['URL_SECRET'])}{deed}"


def home(app, world, lease=None, deed=""):
    secret = app.config["URL_SECRET"]
    tail = f"/{shuffle(lease.id, secret)}{deed}" if lease else ""
    return f"/v/{shuffle(world.venture.id, secret)}/lease{tail}"


def sent(page):
    """What the button that offers sends."""
    (form,) = [each for each in page.select("form[method=post]") if "renew" in each["action"]]
    return {each["name"]: each["value"] for each in form.select("input[name]")}


def test_the_office_works_it_out_and_offers_it_once(app, world, browser):
    programme = make_programme(world.facility)
    grant_programme(world.lease, programme)
    browser.sign_in(world.people["facility_admin"])
    browser.get(at(app, world.lease))
    said = browser.follow("Offer the next lease").get_text(" ", strip=True)
    for words in ("What would change", "¥228,771", "1/2 of the rent", "is a new contract"):
        assert words in said
    assert "on the lease before" in said
    page = browser.get(at(app, world.lease, "/renew?rent=80000&months=24&deposit=240000"))
    assert "¥11,229" in page.get_text()
    wanted = sent(page)
    assert (wanted["rent"], wanted["programme_1"]) == ("80000", str(programme.id))
    page = browser.post(at(app, world.lease, "/renew"), wanted)
    after = queries.renewal_of(world.lease.id)
    assert after.number in page.h1.get_text()
    term = (world.lease.ends_on, add_months(world.lease.ends_on, 24))
    assert (after.starts_on, after.ends_on) == term
    browser.post(at(app, world.lease, "/renew"), wanted)
    assert db.session.scalar(db.select(db.func.count()).select_from(Lease)) == 2
    assert "the next lease is offered" in browser.get("/f/aoba/").get_text()


def test_the_tenant_signs_and_it_no_longer_ends(app, world, browser):
    browser.sign_in(world.people["facility_admin"])
    browser.post(at(app, world.lease, "/renew"), sent(browser.get(at(app, world.lease, "/renew"))))
    after = queries.renewal_of(world.lease.id)
    browser.sign_out().sign_in(world.people["owner"])
    page = browser.get(home(app, world))
    assert "The office explains the lease to you in writing first" in page.get_text()
    assert "Due when you sign" in page.get_text()
    after.prior_explained_on = clock.today()
    page = browser.post(home(app, world, after, "/sign"), {"signer_name": "石井 蓮"})
    assert f"Your stay goes on with the lease {after.number}" in page.get_text()

    browser.sign_out().sign_in(world.people["facility_admin"])
    page = browser.get(at(app, world.lease))
    assert f"The deposit goes on with the lease {after.number}" in page.get_text()
    assert "Offer the next lease" not in page.get_text()
    row = browser.follow(after.number).select_one("#card-tenancy").find_parent("section")
    assert world.lease.number in row.get_text()
    assert "No lease ends within the next six months" in browser.get("/f/aoba/").get_text()
    assert world.lease.number not in browser.get("/f/aoba/leases?ends=6").get_text()
    ends = format_day(after.days.last, "en", "table")
    for path in ("units", "units-panel?unit=101", "rent-roll"):
        assert ends in browser.fetch(f"/f/aoba/{path}").text
    page = browser.get(at(app, world.lease, "/renew"))
    assert "has a next one already" in page.get_text()


def test_a_lower_deposit_is_paid_back(app, world, browser):
    browser.sign_in(world.people["facility_admin"])
    page = browser.get(at(app, world.lease, "/renew?deposit=200000"))
    browser.post(at(app, world.lease, "/renew"), sent(page))
    after = queries.renewal_of(world.lease.id)
    after.status, after.signed_on = LeaseStatus.ACTIVE, clock.today()
    browser.post(at(app, after, "/give-back"), status=422)
    days = after.starts_on - clock.today()
    for lease in (world.lease, after):
        lease.starts_on, lease.ends_on = lease.starts_on - days, lease.ends_on - days
        db.session.flush()
    assert "Pay back ¥28,771" in browser.get(at(app, after)).get_text()
    browser.post(at(app, after, "/give-back"), {"paid_to": " "}, 422)
    page = browser.post(at(app, after, "/give-back"), {"paid_to": "あおば銀行"})
    assert "The return of the deposit waits for approval" in page.get_text()
    assert "You asked for this yourself" in page.get_text()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ("months=61", "at most 60 months"),
        ("months=52", "may stay 84 months in all"),
        ("months=x", "is not a whole number"),
        ("deposit=", "Please fill this in"),
        ("steps=half", "is not a share"),
        ("programme_1=nope", "Choose one from the list"),
    ],
)
def test_what_is_wrong_is_said_before_it_is_offered(app, world, browser, changes, words):
    browser.sign_in(world.people["clerk"])
    page = browser.get(at(app, world.lease, f"/renew?{changes}"), 422)
    assert words in page.get_text()


def test_a_budget_that_is_spent_is_said_before_it_is_offered(app, world, browser):
    spent = make_programme(world.facility, name="使われた補助", budget_per_fy=100)
    browser.sign_in(world.people["facility_admin"])
    page = browser.get(at(app, world.lease, f"/renew?programme_1={spent.id}"), 422)
    assert "使われた補助 has ¥100 left in fiscal year" in page.get_text()
    assert not page.select("main form[method=post]")


def test_who_may_not_stay_longer_is_offered_nothing(app, world, browser):
    world.facility.max_total_months = 36
    browser.sign_in(world.people["clerk"])
    for deed in ("", "/renew"):
        page = browser.get(at(app, world.lease, deed))
        assert "No next lease can be offered. A venture may stay" in page.get_text(" ", strip=True)
        assert not page.select("main a[href$=renew], main form[action*=renew]")
    browser.sign_out().sign_in(world.people["facility_admin"])
    refused = browser.post(at(app, world.lease, "/renew"), {"months": "1", "deposit": "0"}, 422)
    assert "may stay 36 months in all" in refused.get_text()
    world.facility.max_total_months = 37
    browser.get(at(app, world.lease))
    page = browser.follow("Offer the next lease")
    assert "What would change" in page.get_text()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"months": "52"}, "may stay 84 months in all"),
        ({"expires_on": "2020-01-01"}, "cannot expire before today"),
        ({"months": "x"}, "is not a whole number"),
        ({"rent": "-5"}, "amount cannot be negative"),
        ({"deposit": "-5"}, "amount cannot be negative"),
    ],
)
def test_an_offer_that_cannot_be_is_refused_on_the_page(app, world, browser, changes, words):
    browser.sign_in(world.people["facility_admin"])
    wanted = sent(browser.get(at(app, world.lease, "/renew"))) | changes
    assert words in browser.post(at(app, world.lease, "/renew"), wanted, 422).get_text()
    world.lease.status, world.lease.notice_given_on = LeaseStatus.NOTICE, clock.today()
    page = browser.post(at(app, world.lease, "/renew"), {**wanted, "months": "12"}, 422)
    assert "cannot" in page.get_text()


def test_it_is_said_when_a_subsidy_is_used_up(app, world, browser):
    used_up = make_programme(world.facility, name="使い切った補助", max_months=36)
    grant_programme(world.lease, used_up)
    browser.sign_in(world.people["clerk"])
    page = browser.get(at(app, world.lease, "/renew"))
    assert "使い切った補助 gives nothing any more" in page.get_text()
    assert "月に1回以上" not in page.get_text()


def test_a_clerk_works_it_out_and_an_administrator_approves(app, world, browser):
    browser.sign_in(world.people["clerk"])
    page = browser.get(at(app, world.lease, "/renew"))
    assert "send them the address of this page" in page.get_text()
    browser.post(at(app, world.lease, "/renew"), {}, 403)
    browser.sign_out().sign_in(world.people["manager"])
    browser.get(at(app, world.lease, "/renew"), 403)


def test_a_lease_of_another_house_is_not_there(app, world, browser):
    other = make_world("anders")
    browser.sign_in(world.people["facility_admin"])
    browser.get(at(app, other.lease, "/renew"), 404)
    browser.post(at(app, other.lease, "/renew"), {"months": "12"}, 404)
    strange = make_programme(other.facility)
    wanted = sent(browser.get(at(app, world.lease, "/renew")))
    page = browser.post(
        at(app, world.lease, "/renew"), {**wanted, "programme_1": str(strange.id)}, 422
    )
    assert strange.code not in page.get_text()
    assert queries.renewal_of(world.lease.id) is None


def test_pages_speak_japanese(app, world, browser):
    browser.client.set_cookie("incubator_language", "ja")
    browser.sign_in(world.people["facility_admin"])
    page = browser.get(at(app, world.lease, "/renew"))
    assert "再契約" in page.h1.get_text()
    browser.post(at(app, world.lease, "/renew"), sent(page))
    browser.get(at(app, world.lease))
    browser.get(at(app, queries.renewal_of(world.lease.id)))
    browser.sign_out().sign_in(world.people["owner"])
    browser.get(home(app, world))
