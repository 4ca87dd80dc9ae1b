"""Questions about leases, programmes and deposits. Nothing here changes anything."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func
from sqlalchemy.orm import joinedload, selectinload

from incubator.core.days import Stretch, add_months, whole_month
from incubator.core.db import db
from incubator.core.errors import NotFound
from incubator.leases import rules
from incubator.leases.models import (
    HOLDING,
    DepositEntry,
    Lease,
    LeaseStatus,
    LeaseSubsidy,
    SubsidyProgramme,
)
from incubator.leases.rules import NO_TAX, Grant, LeaseTerms, OfferTerms, Price, Step, TaxRules
from incubator.organisations.models import Organisation
from incubator.spaces.models import Facility, Unit

SIGNED = (LeaseStatus.ACTIVE, LeaseStatus.NOTICE, LeaseStatus.ENDED)
RUNNING = (LeaseStatus.OFFERED, LeaseStatus.ACTIVE, LeaseStatus.NOTICE)


def _leases() -> Select[Lease]:
    asked: Select[Lease] = db.select(Lease)
    return asked.options(
        joinedload(Lease.unit).joinedload(Unit.floor),
        joinedload(Lease.organisation),
        selectinload(Lease.prices),
        selectinload(Lease.subsidies).joinedload(LeaseSubsidy.programme),
    )


def leases_in(facility_id: int, stretch: Stretch) -> list[Lease]:
    """The leases that hold a unit of the facility on any of these days, by unit and day."""
    asked = _leases().where(
        Lease.facility_id == facility_id,
        Lease.status.in_(HOLDING),
        Lease.starts_on < stretch.until,
        Lease.ends_on > stretch.start,
    )
    return list(db.session.scalars(asked.order_by(Lease.unit_id, Lease.starts_on)))


def days_held_in(facility_id: int, stretch: Stretch) -> list[Lease]:
    """The same leases for counting their days, without what hangs on them: one question."""
    asked = db.select(Lease).where(
        Lease.facility_id == facility_id,
        Lease.status.in_(HOLDING),
        Lease.starts_on < stretch.until,
        Lease.ends_on > stretch.start,
    )
    return list(db.session.scalars(asked.order_by(Lease.unit_id, Lease.starts_on)))


def lease_on(unit_id: int, day: date) -> Lease | None:
    """The lease that holds a unit on a day."""
    return overlapping(unit_id, Stretch(day, date.fromordinal(day.toordinal() + 1)))


def overlapping(unit_id: int, days: Stretch, *, besides: int | None = None) -> Lease | None:
    """The first lease that holds a unit on any of these days."""
    asked = _leases().where(
        Lease.unit_id == unit_id,
        Lease.status.in_(HOLDING),
        Lease.starts_on < days.until,
        Lease.ends_on > days.start,
    )
    if besides is not None:
        asked = asked.where(Lease.id != besides)
    return db.session.scalars(asked.order_by(Lease.starts_on)).first()


def due_in_month(facility_id: int, month: date) -> list[Lease]:
    """The signed leases that hold a unit in the month around a day, ready for `terms_of_many`."""
    days = whole_month(month)
    asked = _leases().where(
        Lease.facility_id == facility_id,
        Lease.status.in_(SIGNED),
        Lease.starts_on < days.until,
        Lease.ends_on > days.start,
    )
    return list(db.session.scalars(asked.order_by(Lease.organisation_id, Lease.id)))


def of_venture(organisation_id: int) -> list[Lease]:
    """All leases of a venture, the latest first."""
    asked = _leases().where(Lease.organisation_id == organisation_id)
    return list(db.session.scalars(asked.order_by(Lease.starts_on.desc(), Lease.id.desc())))


def lease_at(facility_id: int, lease_id: int) -> Lease:
    """One lease of this facility; NotFound for any other."""
    asked = _leases().where(Lease.id == lease_id, Lease.facility_id == facility_id)
    return _found(db.session.scalars(asked).first(), "lease")


def own_lease(organisation_id: int, lease_id: int) -> Lease:
    """One lease of this venture; NotFound for any other."""
    asked = _leases().where(Lease.id == lease_id, Lease.organisation_id == organisation_id)
    return _found(db.session.scalars(asked).first(), "lease")


def _found(lease: Lease | None, what: str) -> Lease:
    if lease is None:
        raise NotFound(what)
    return lease


@dataclass(frozen=True)
class LeaseSearch:
    """What a list of leases shows; no status means those that run."""

    statuses: tuple[LeaseStatus, ...] = RUNNING
    ends_within: int | None = None
    """Months from today."""
    page: int = 1
    size: int = 50


@dataclass(frozen=True)
class FoundLeases:
    """One page of a list, and how many there are in all."""

    items: list[Lease]
    total: int


def search(facility_id: int, wanted: LeaseSearch, today: date) -> FoundLeases:
    """A page of the leases that match, the next to end first."""
    asked = _leases().where(Lease.facility_id == facility_id, Lease.status.in_(wanted.statuses))
    if wanted.ends_within is not None:
        until = add_months(today, wanted.ends_within)
        asked = asked.where(Lease.ends_on > today, Lease.ends_on <= until)
    total = db.session.scalar(
        db.select(func.count()).select_from(asked.with_only_columns(Lease.id).subquery())
    )
    page = asked.order_by(Lease.ends_on, Lease.id).limit(wanted.size)
    page = page.offset((wanted.page - 1) * wanted.size)
    return FoundLeases(list(db.session.scalars(page)), total or 0)


def count_by_status(facility_id: int) -> dict[LeaseStatus, int]:
    """How many leases stand where."""
    rows = db.session.execute(
        db.select(Lease.status, func.count())
        .where(Lease.facility_id == facility_id)
        .group_by(Lease.status)
    )
    return {row[0]: row[1] for row in rows}


def same_offer(unit_id: int, days: Stretch, venture: tuple[int | None, str]) -> int | None:
    """The open offer of these days to this venture (by number, or by name), made a moment ago."""
    number, name = venture
    found: int | None = db.session.scalar(
        db.select(Lease.id)
        .join(Lease.organisation)
        .where(
            Lease.unit_id == unit_id,
            Lease.status == LeaseStatus.OFFERED,
            Lease.starts_on == days.start,
            Lease.ends_on == days.until,
            Organisation.id == number if number else Organisation.name == name,
        )
    )
    return found


def moved_in_on(organisation_id: int, facility_id: int) -> date | None:
    """When a venture first held a unit of the facility (BR-N03)."""
    first: date | None = db.session.scalar(
        db.select(func.min(Lease.starts_on)).where(
            Lease.organisation_id == organisation_id,
            Lease.facility_id == facility_id,
            Lease.status.in_(SIGNED),
        )
    )
    return first


def expired_offers(facility_id: int, today: date) -> list[Lease]:
    """Offers that nobody took up in time."""
    asked = _leases().where(
        Lease.facility_id == facility_id,
        Lease.status == LeaseStatus.OFFERED,
        Lease.offer_expires_on < today,
    )
    return list(db.session.scalars(asked.order_by(Lease.id)))


def run_out(facility_id: int, today: date) -> list[Lease]:
    """Leases in force whose last day has passed."""
    asked = _leases().where(
        Lease.facility_id == facility_id,
        Lease.status.in_((LeaseStatus.ACTIVE, LeaseStatus.NOTICE)),
        Lease.ends_on <= today,
    )
    return list(db.session.scalars(asked.order_by(Lease.id)))


def programmes_of(facility_id: int) -> list[SubsidyProgramme]:
    """The subsidy programmes of a facility, by name."""
    asked = db.select(SubsidyProgramme).where(SubsidyProgramme.facility_id == facility_id)
    return list(db.session.scalars(asked.order_by(SubsidyProgramme.name, SubsidyProgramme.id)))


def programmes_on(facility_id: int, day: date) -> list[SubsidyProgramme]:
    """The programmes that can be granted on a lease that begins on a day."""
    return [
        programme
        for programme in programmes_of(facility_id)
        if programme.valid_from <= day
        and (programme.valid_until is None or day < programme.valid_until)
    ]


def programme_at(facility_id: int, programme_id: int) -> SubsidyProgramme:
    """One programme of this facility; NotFound for any other."""
    found = db.session.get(SubsidyProgramme, programme_id)
    if found is None or found.facility_id != facility_id:
        raise NotFound("programme")
    return found


def programme_by_code(facility_id: int, code: str) -> SubsidyProgramme:
    """The programme of this facility with this code or name; NotFound when there is none."""
    for programme in programmes_of(facility_id):
        if code in {programme.code, programme.name}:
            return programme
    raise NotFound(f"no programme has the code {code}")


def with_programme(
    programme_id: int, *, besides: int | None = None, venture: int | None = None
) -> list[Lease]:
    """The leases, of one venture or all, that hold or held a unit with this programme granted."""
    holders = db.select(LeaseSubsidy.lease_id).where(LeaseSubsidy.programme_id == programme_id)
    asked = _leases().where(Lease.id.in_(holders), Lease.status.in_(HOLDING))
    if besides is not None:
        asked = asked.where(Lease.id != besides)
    if venture is not None:
        asked = asked.where(Lease.organisation_id == venture)
    return list(db.session.scalars(asked.order_by(Lease.id)))


def drawn_in_years(
    programme_id: int, leases: Iterable[Lease], tax: TaxRules = NO_TAX
) -> dict[int, int]:
    """What these leases draw from a programme, by fiscal year (BR-S10)."""
    drawn: dict[int, int] = {}
    for terms in terms_of_many(list(leases), tax):
        for year, amount in rules.drawn_by_year(terms, programme_id).items():
            drawn[year] = drawn.get(year, 0) + amount
    return drawn


def deposit_of(lease_id: int) -> list[DepositEntry]:
    """The deposit ledger of a lease, in order (BR-D02)."""
    asked = db.select(DepositEntry).where(DepositEntry.lease_id == lease_id)
    return list(db.session.scalars(asked.order_by(DepositEntry.on_day, DepositEntry.id)))


def deposits_of(lease_ids: Collection[int]) -> dict[int, list[DepositEntry]]:
    """The deposit ledgers of several leases, in one question."""
    found: dict[int, list[DepositEntry]] = {lease_id: [] for lease_id in lease_ids}
    asked = db.select(DepositEntry).where(DepositEntry.lease_id.in_(lease_ids))
    for entry in db.session.scalars(asked.order_by(DepositEntry.on_day, DepositEntry.id)):
        found[entry.lease_id].append(entry)
    return found


def terms_of(lease: Lease, tax: TaxRules = NO_TAX) -> LeaseTerms:
    """A lease as its months are worked out from it; asks nothing of an eagerly loaded lease."""
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
        proration_entry=lease.proration_entry.value,
        proration_exit=lease.proration_exit.value,
        rounding_unit=lease.rounding_unit,
        deposit=lease.deposit,
        deposit_months=lease.deposit_months,
        founded_on=lease.organisation.founded_on,
        tax_rates=tax.rates,
        tax_rounding=tax.rounding,
    )


def terms_of_many(leases: Sequence[Lease], tax: TaxRules = NO_TAX) -> list[LeaseTerms]:
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
    earlier: tuple[date | None, dict[str, int]] = (None, {}),
) -> Grant:
    """A programme as granted from a month on; `earlier` is what former leases left to count."""
    return Grant(
        name=programme.name,
        method=programme.method,
        steps=tuple(Step(step.get("months", 0), step["rate"]) for step in programme.steps),
        from_month=from_month,
        until_month=until_month,
        code=programme.code,
        programme_id=programme.id,
        includes_common_fee=programme.includes_common_fee,
        includes_tax=programme.includes_tax,
        area_cap=programme.area_cap,
        monthly_cap=programme.monthly_cap,
        fy_cap=programme.fy_cap,
        total_cap=programme.total_cap,
        max_months=programme.max_months,
        max_fiscal_years=programme.max_fiscal_years,
        anchor=programme.anchor,
        proration=programme.proration.value,
        rounding_unit=programme.rounding_unit,
        delivery=programme.delivery,
        company_age_limit_years=programme.company_age_limit_years,
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
    tax: TaxRules = NO_TAX,
) -> LeaseTerms:
    """An offer as the lease it would become; asks nothing."""
    fee = [Price(rules.COMMON_FEE, offer.common_fee, offer.starts_on)] if offer.common_fee else []
    rent = Price(rules.RENT, offer.rent, offer.starts_on, offer.unit_price)
    return LeaseTerms(
        unit=unit.code,
        starts_on=offer.starts_on,
        ends_on=offer.ends_on,
        area=unit.area,
        prices=(rent, *fee),
        subsidies=tuple(grant_of(each, offer.starts_on.replace(day=1)) for each in programmes),
        currency=facility.currency,
        rent_steps=offer.rent_steps,
        free_months=offer.free_months,
        proration_entry=facility.proration_entry.value,
        proration_exit=facility.proration_exit.value,
        rounding_unit=facility.rounding_unit,
        deposit=offer.deposit,
        deposit_months=offer.deposit_months,
        founded_on=founded_on,
        tax_rates=tax.rates,
        tax_rounding=tax.rounding,
    )
