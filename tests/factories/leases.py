"""Builders of programmes, offers and the values that rules take."""

from datetime import date
from typing import Any

from incubator.core.days import ONE_DAY, Stretch
from incubator.leases.models import Lease, LeaseSubsidy, SubsidyProgramme
from incubator.leases.queries import overlapping
from incubator.leases.rules import (
    COMMON_FEE,
    RENT,
    Grant,
    LeaseTerms,
    Method,
    OfferTerms,
    Price,
    Step,
)
from incubator.organisations.models import Organisation
from incubator.spaces.models import Facility, Unit
from tests.factories.base import NUMBERS, keep

START = date(2026, 4, 1)
RATES = ((date(2019, 10, 1), 1000),)


def make_programme(facility: Facility, **facts: Any) -> SubsidyProgramme:
    """Half of the rent for as long as the lease lasts."""
    facts = {
        "code": f"P{next(NUMBERS)}",
        "name": "青葉市スタートアップ賃料補助",
        "funder": "青葉市",
        "method": Method.RATIO,
        "steps": [{"months": 0, "rate": 5000}],
        "valid_from": date(2020, 4, 1),
        "conditions": "毎年4月30日までに年次報告を提出する。\n月に1回以上、面談を受ける。",
        **facts,
    }
    return keep(SubsidyProgramme(facility_id=facility.id, **facts))


def grant_programme(lease: Lease, programme: SubsidyProgramme, **facts: Any) -> LeaseSubsidy:
    """Grant it on a lease from the start."""
    facts = {"from_month": lease.starts_on.replace(day=1), **facts}
    return keep(LeaseSubsidy(lease_id=lease.id, programme_id=programme.id, **facts))


def make_offer(unit: Unit, venture: Organisation, **facts: Any) -> OfferTerms:
    """The unit at its list price for three years."""
    facts = {
        "starts_on": date(2026, 12, 1),
        "ends_on": date(2029, 12, 1),
        "rent": unit.list_rent or 0,
        "common_fee": unit.common_fee,
        "deposit_months": 3,
        "expires_on": date(2026, 12, 15),
        "prior_explained_on": date(2026, 11, 20),
        **facts,
    }
    return OfferTerms(unit.facility_id, unit.id, venture.id, **facts)


def a_grant(**facts: Any) -> Grant:
    """Half of the rent from April 2026."""
    facts = {
        "name": "市の補助",
        "method": Method.RATIO,
        "steps": (Step(0, 5000),),
        "from_month": START,
        "programme_id": 1,
        **facts,
    }
    return Grant(**facts)


def lease_terms(rent: int = 76257, fee: int = 0, **facts: Any) -> LeaseTerms:
    """32.45 m² from April 2026 for five years (domain.md §14)."""
    start = facts.get("starts_on", START)
    prices = [Price(RENT, rent, start)]
    if fee:
        prices.append(Price(COMMON_FEE, fee, start))
    facts = {
        "unit": "101",
        "starts_on": start,
        "ends_on": date(2031, 4, 1),
        "area": 3245,
        "prices": tuple(prices),
        "tax_rates": RATES,
        "currency": "JPY",
        **facts,
    }
    return LeaseTerms(**facts)


def lease_on(unit_id: int, day: date) -> Lease | None:
    """The lease that holds a unit on a day."""
    return overlapping(unit_id, Stretch(day, day + ONE_DAY))
