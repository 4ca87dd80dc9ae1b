"""A subsidy of one lease ends before the lease; months that are issued stay (BR-S09)."""

from datetime import date

import pytest
import time_machine

from incubator.core.audit import AuditEntry
from incubator.core.db import db
from incubator.web.keys import shuffle
from tests.factories.base import make_world
from tests.factories.billing import MAY, NOW, bill
from tests.factories.leases import grant_programme, make_programme

JUNE = date(2026, 6, 1)


@pytest.fixture(autouse=True)
def _in_april():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def world(app):
    made = make_world()
    made.programme = make_programme(made.facility, name_en="City rent subsidy", code="CITY")
    made.granted = grant_programme(made.lease, made.programme)
    db.session.flush()
    made.address = f"/f/aoba/leases/{shuffle(made.lease.id, app.config['URL_SECRET'])}"
    return made


def text(page):
    return page.get_text(" ", strip=True)


def end(browser, world, day, status=200, **facts):
    sent = {"programme": "CITY", "last_month": day.isoformat(), "why": "要件を満たさない"}
    return text(browser.post(f"{world.address}/subsidy", sent | facts, status))


def subsidies(invoice):
    return [line.amount for line in invoice.lines if line.kind == "subsidy"]


def test_it_ends_after_what_is_issued_and_is_billed_no_more(world, browser):
    (issued,) = bill(world.facility)
    assert len(subsidies(issued)) == 1
    browser.sign_in(world.people["facility_admin"])
    assert "The first month that can change is Jun 2026" in end(
        browser, world, date(2026, 4, 30), 422
    )
    said = end(browser, world, MAY)
    assert "The last month of the subsidy is recorded." in said
    assert world.granted.until_month == JUNE
    end(browser, world, MAY)
    ended = db.select(AuditEntry).where(AuditEntry.deed == "lease.subsidy_ended")
    assert len(db.session.scalars(ended).all()) == 1
    (later,) = bill(world.facility, JUNE, today=date(2026, 5, 20))
    assert subsidies(later) == []


def test_the_end_is_moved_or_taken_back_unless_it_has_a_budget(world, browser):
    browser.sign_in(world.people["facility_admin"])
    end(browser, world, date(2026, 7, 15))
    assert world.granted.until_month == date(2026, 8, 1)
    end(browser, world, date(2026, 6, 15))
    assert world.granted.last_month == JUNE
    world.programme.budget_per_fy = 1
    said = end(browser, world, date(2026, 9, 1), 422)
    assert "It ends with Jun 2026 and can only end earlier" in said
    db.session.expire(world.granted)
    assert world.granted.last_month == JUNE
    world.programme.budget_per_fy = None
    end(browser, world, world.lease.days.last)
    assert world.granted.until_month is None


def test_it_needs_a_reason_a_programme_of_the_lease_and_an_administrator(world, browser):
    browser.sign_in(world.people["facility_admin"])
    end(browser, world, MAY, 422, why=" ")
    end(browser, world, MAY, 422, programme="OTHER")
    browser.sign_in(world.people["clerk"])
    assert "End a subsidy" not in text(browser.get(world.address))
    end(browser, world, MAY, 403)
    assert world.granted.until_month is None
