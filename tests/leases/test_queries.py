"""Questions about leases: who is found, and how often the database is asked."""

from datetime import date

import pytest

from incubator.core.days import Stretch
from incubator.core.errors import NotFound
from incubator.leases import queries, rules
from incubator.leases.models import LeaseStatus
from incubator.leases.queries import LeaseSearch
from incubator.leases.rules import OfferTerms, TaxRules
from tests.factories.base import make_lease, make_unit, make_world
from tests.factories.leases import RATES, grant_programme, make_offer, make_programme
from tests.screen import counted


@pytest.fixture
def world():
    return make_world()


def test_which_leases_are_billed_in_a_month(world):
    offered = make_lease(world.units[1], world.venture, status=LeaseStatus.OFFERED, signed_on=None)
    ended = make_lease(
        world.units[2], world.venture, status=LeaseStatus.ENDED, ends_on=date(2026, 12, 1)
    )
    found = queries.due_in_month(world.facility.id, date(2026, 11, 15))
    assert found == [world.lease, ended]
    assert queries.due_in_month(world.facility.id, date(2026, 12, 1)) == [world.lease]
    held = queries.leases_in(world.facility.id, Stretch(date(2026, 11, 1), date(2026, 12, 1)))
    assert set(held) == {world.lease, offered, ended}
    assert queries.of_venture(world.venture.id)[0] in {world.lease, offered, ended}


def test_terms_of_many_ask_nothing(world):
    for _ in range(3):
        lease = make_lease(make_unit(world.facility, world.floor), world.venture)
        grant_programme(lease, make_programme(world.facility))
    found = queries.due_in_month(world.facility.id, date(2026, 11, 1))
    with counted() as asked:
        terms = queries.terms_of_many(found, TaxRules(RATES))
        lines = [rules.month_lines(each, date(2026, 11, 1)) for each in terms]
    assert asked == []
    assert [len(each) for each in lines] == [2, 3, 3, 3]


def test_a_lease_is_found_where_it_belongs(world):
    other = make_world("anders")
    assert queries.lease_at(world.facility.id, world.lease.id) is world.lease
    assert queries.own_lease(world.venture.id, world.lease.id) is world.lease
    with pytest.raises(NotFound):
        queries.lease_at(other.facility.id, world.lease.id)
    with pytest.raises(NotFound):
        queries.own_lease(other.venture.id, world.lease.id)


def test_programmes_are_found_by_code_and_day(world):
    programme = make_programme(world.facility, code="AOBA-1", valid_until=date(2027, 4, 1))
    other = make_world("anders")
    assert queries.programme_by_code(world.facility.id, "AOBA-1") is programme
    assert queries.grantable(programme, date(2027, 3, 31))
    assert not queries.grantable(programme, date(2027, 4, 1))
    with pytest.raises(NotFound):
        queries.programme_by_code(world.facility.id, "AOBA-2")
    with pytest.raises(NotFound):
        queries.programme_at(other.facility.id, programme.id)
    grant_programme(world.lease, programme)
    assert queries.with_programmes([programme.id]) == [world.lease]
    assert queries.with_programmes([programme.id], venture=other.venture.id) == []


def test_the_list_is_searched(world):
    found = queries.search(world.facility.id, LeaseSearch(ends_within=6), date(2027, 11, 1))
    assert (found.items, found.total) == ([world.lease], 1)
    none = queries.search(world.facility.id, LeaseSearch(ends_within=3), date(2027, 11, 1))
    assert none.total == 0
    world.venture.name_kana = "クモロボ"
    read = queries.search(world.facility.id, LeaseSearch(words="くもろぼ"), date(2026, 11, 1))
    assert read.items == [world.lease]
    assert queries.count_by_status(world.facility.id) == {LeaseStatus.ACTIVE: 1}
    assert queries.stays_of(world.venture.id, world.facility.id) == [world.lease.days]


def test_a_draft_is_the_lease_it_would_become(world):
    offer: OfferTerms = make_offer(world.units[3], world.venture, common_fee=0)
    draft = queries.draft_of(offer, world.units[3], world.facility, tax=TaxRules(RATES))
    assert draft.days == offer.days
    assert [price.component for price in draft.prices] == ["rent"]
    assert rules.quote(draft).move_in.total == 3 * 76257 + 83882
