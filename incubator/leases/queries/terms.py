"""Leases and offers as the values that their months are worked out from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from incubator.leases import rules
from incubator.leases.models import Lease, LeaseSubsidy, SubsidyProgramme
from incubator.leases.queries.found import with_programmes
from incubator.leases.rules import (
    Grant,
    LeaseTerms,
    OfferTerms,
    Price,
    ProgrammeTerms,
    TaxRules,
)
from incubator.spaces.models import Facility, Unit

PROGRAMME_TERMS = tuple(each.name for each in fields(ProgrammeTerms))


def terms_of(lease: Lease, tax: TaxRules) -> LeaseTerms:
    """A lease as its months are worked out from it; asks nothing of an eagerly loaded lease."""
    return _terms(lease, lease.starts_on.replace(day=1), tax)


def before_in(lease: Lease, month: date, tax: TaxRules) -> LeaseTerms | None:
    """The terms of a lease, for another that goes on from it within the same month (BR-P05)."""
    return _terms(lease, month, tax) if lease.ends_on > month else None


def _terms(lease: Lease, month: date, tax: TaxRules) -> LeaseTerms:
    return LeaseTerms(
        unit=lease.unit.code,
        starts_on=lease.starts_on,
        ends_on=lease.ends_on,
        area=lease.area,
        prices=tuple(
            Price(price.component.value, price.amount, price.from_day, price.unit_price)
            for price in lease.prices
        ),
        subsidies=tuple(granted(each) for each in lease.subsidies),
        currency=lease.currency,
        rent_steps=tuple((step["year"], step["bp"]) for step in lease.rent_steps),
        free_months=lease.free_months,
        proration_entry=lease.proration_entry,
        proration_exit=lease.proration_exit,
        rounding_unit=lease.rounding_unit,
        deposit=lease.deposit,
        deposit_months=lease.deposit_months,
        founded_on=lease.organisation.founded_on,
        tax_rates=tax.rates,
        tax_rounding=tax.rounding,
        before=before_in(lease.renews, month, tax)
        if lease.starts_on > month and lease.renews
        else None,
    )


def terms_of_many(leases: Sequence[Lease], tax: TaxRules) -> list[LeaseTerms]:
    """The terms of eagerly loaded leases, in the same order."""
    return [terms_of(lease, tax) for lease in leases]


def granted(subsidy: LeaseSubsidy) -> Grant:
    """A programme as granted on a lease, as a value."""
    return grant_of(
        subsidy.programme,
        subsidy.from_month,
        subsidy.until_month,
        (subsidy.counted_from, subsidy.drawn_before),
    )


def grant_of(
    programme: SubsidyProgramme,
    from_month: date,
    until_month: date | None = None,
    earlier: tuple[date | None, Mapping[Any, int]] = (None, {}),
) -> Grant:
    """A programme as granted from a month on; `earlier` is what former leases left to count."""
    terms: dict[str, Any] = {name: getattr(programme, name) for name in PROGRAMME_TERMS}
    return Grant(
        **terms,
        steps=programme.rates,
        from_month=from_month,
        until_month=until_month,
        programme_id=programme.id,
        counted_from=earlier[0],
        drawn_before=tuple(sorted((int(year), drawn) for year, drawn in earlier[1].items())),
    )


def draft_of(
    offer: OfferTerms,
    unit: Unit,
    facility: Facility,
    programmes: Sequence[SubsidyProgramme] = (),
    *,
    founded_on: date | None = None,
    tax: TaxRules,
    renews: Lease | None = None,
) -> LeaseTerms:
    """An offer as the lease it would become, with what its venture drew of programmes before."""
    first = offer.starts_on.replace(day=1)
    fee = [Price(rules.COMMON_FEE, offer.common_fee, offer.starts_on)] if offer.common_fee else []
    rent = Price(rules.RENT, offer.rent, offer.starts_on, offer.unit_price)
    return LeaseTerms(
        unit=unit.code,
        starts_on=offer.starts_on,
        ends_on=offer.ends_on,
        area=unit.area,
        prices=(rent, *fee),
        subsidies=_grants_of(offer, programmes, tax),
        currency=facility.currency,
        rent_steps=offer.rent_steps,
        free_months=offer.free_months,
        proration_entry=facility.proration_entry,
        proration_exit=facility.proration_exit,
        rounding_unit=facility.rounding_unit,
        deposit=offer.deposit,
        deposit_months=offer.deposit_months,
        founded_on=founded_on,
        tax_rates=tax.rates,
        tax_rounding=tax.rounding,
        before=before_in(renews, first, tax) if renews and offer.starts_on > first else None,
    )


def _grants_of(
    offer: OfferTerms, programmes: Iterable[SubsidyProgramme], tax: TaxRules
) -> tuple[Grant, ...]:
    """In order, each programme once, however often it is named."""
    chosen = {each.id: each for each in programmes}
    earlier = with_programmes(chosen, venture=offer.organisation_id)
    first = offer.starts_on.replace(day=1)
    return tuple(
        grant_of(each, first, None, earlier_draws(each.id, earlier, tax))
        for each in chosen.values()
    )


def drawn_in_years(programme_id: int, leases: Iterable[Lease], tax: TaxRules) -> dict[int, int]:
    """What these leases draw from a programme, by fiscal year (BR-S10)."""
    drawn: dict[int, int] = {}
    for terms in terms_of_many(list(leases), tax):
        for year, amount in rules.drawn_by_year(terms, programme_id).items():
            drawn[year] = drawn.get(year, 0) + amount
    return drawn


def earlier_draws(
    programme_id: int, leases: Iterable[Lease], tax: TaxRules
) -> tuple[date | None, dict[int, int]]:
    """From when a programme's months count on these leases, and what they drew by fiscal year."""
    held = [
        (lease, each)
        for lease in leases
        for each in lease.subsidies
        if each.programme_id == programme_id
    ]
    begun = [rules.anchor_of(terms_of(lease, tax), granted(each)) for lease, each in held]
    return min(begun, default=None), drawn_in_years(programme_id, [lease for lease, _ in held], tax)
