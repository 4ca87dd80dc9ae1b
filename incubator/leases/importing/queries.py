"""What is there before a rent roll is taken in."""

from datetime import date

from incubator.core.days import FOREVER, Stretch
from incubator.leases.importing.columns import OF_A_UNIT, OF_A_VENTURE
from incubator.leases.importing.present import (
    Present,
    PresentLease,
    PresentProgramme,
    PresentUnit,
    PresentVenture,
)
from incubator.leases.importing.rentroll import unit_key
from incubator.leases.models import Component, Lease
from incubator.leases.queries import leases_in, programmes_of
from incubator.organisations import queries as organisations
from incubator.organisations.models import Organisation
from incubator.spaces import queries as spaces
from incubator.spaces.models import Unit
from incubator.spaces.rules.floors import floor_name


def present(facility_id: int, today: date) -> Present:
    """The units, leases, ventures and programmes of a facility, in a few questions."""
    leases: dict[int, list[PresentLease]] = {}
    for lease in leases_in(facility_id, Stretch(date.min, date.max)):
        leases.setdefault(lease.unit_id, []).append(_lease(lease, today))
    out = spaces.outages_in(facility_id, Stretch(date.min, date.max))
    units = {
        unit_key(unit.code): _unit(unit, leases.get(unit.id, []), out.get(unit.id, []))
        for unit in spaces.units_of(facility_id)
    }
    ventures = [_venture(one) for one in organisations.all_ventures(facility_id)]
    named: dict[str, list[PresentProgramme]] = {}
    for one in programmes_of(facility_id):
        days = Stretch(one.valid_from, one.valid_until or FOREVER)
        named.setdefault(one.name, []).append(PresentProgramme(one.id, days))
    return Present(units, ventures, named)


def _lease(lease: Lease, today: date) -> PresentLease:
    day = max(today, lease.starts_on)
    prices = {each.component: each.amount for each in lease.prices if each.from_day <= day}
    return PresentLease(
        lease.organisation_id,
        lease.organisation.name,
        lease.days,
        rent=prices.get(Component.RENT, 0),
        common_fee=prices.get(Component.COMMON_FEE, 0),
        deposit_months=lease.deposit_months,
        programmes={each.programme_id: each.programme.name for each in lease.subsidies},
    )


def _unit(unit: Unit, leases: list[PresentLease], outages: list[Stretch]) -> PresentUnit:
    facts = {name: getattr(unit, name) for name in OF_A_UNIT.values()}
    facts["floor"] = floor_name(unit.floor.name)
    return PresentUnit(unit.id, unit.code, facts, tuple(leases), tuple(outages))


def _venture(venture: Organisation) -> PresentVenture:
    facts = {column: getattr(venture, column) for column in OF_A_VENTURE}
    return PresentVenture(venture.id, venture.name, facts)
