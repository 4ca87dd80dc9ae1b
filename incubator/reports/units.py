"""Every unit of a facility as it stands on a day: state, who holds it, who comes next."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import joinedload, selectinload

from incubator.core.days import FOREVER, Stretch, day_at
from incubator.core.db import db
from incubator.leases import queries as leases
from incubator.leases.models import HOLDING, Lease, LeaseStatus
from incubator.spaces import queries as spaces
from incubator.spaces.models import Unit
from incubator.spaces.rules.states import Holding, UnitDay, UnitState, state_of


@dataclass(frozen=True)
class UnitRow:
    """A unit on a day."""

    unit: Unit
    day: UnitDay
    lease: Lease | None = None
    following: Lease | None = None
    out: tuple[Stretch, ...] = ()

    @property
    def state(self) -> UnitState:
        """Its state."""
        return self.day.state

    @property
    def last_day(self) -> date | None:
        """The last day of its lease, or of the signed one that renews it."""
        lease, after = self.lease, self.following
        if lease and after and after.renews_id == lease.id and after.status in leases.SIGNED:
            return after.days.last
        return lease.days.last if lease else None


def holding_of(lease: Lease) -> Holding:
    """A lease as the state of its unit sees it; whoever signed long ago was known long ago."""
    return Holding(
        days=lease.days,
        offered=lease.status is LeaseStatus.OFFERED,
        notice_given_on=lease.notice_given_on,
        known_from=lease.signed_on or day_at(lease.offered_at, lease.unit.floor.facility.zone),
    )


def units_on(facility_id: int, day: date) -> list[UnitRow]:
    """The units of a facility on a day, floor by floor, in a handful of questions."""
    ahead = Stretch(day, FOREVER)
    out = spaces.outages_in(facility_id, ahead)
    held: dict[int, list[Lease]] = {}
    for lease in leases.leases_in(facility_id, ahead):
        held.setdefault(lease.unit_id, []).append(lease)
    return [
        unit_row(unit, day, held.get(unit.id, []), out.get(unit.id, []))
        for unit in spaces.units_of(facility_id)
    ]


def unit_row(unit: Unit, day: date, held: list[Lease], out: list[Stretch]) -> UnitRow:
    """One unit on a day, from its leases and outages."""
    by_holding = {holding_of(lease): lease for lease in held}
    found = state_of(day, by_holding, out)
    return UnitRow(
        unit=unit,
        day=found,
        lease=by_holding[found.holding] if found.holding else None,
        following=by_holding[found.following] if found.following else None,
        out=tuple(out),
    )


def history_of(unit_id: int) -> list[Lease]:
    """Every lease and offer of a unit, the latest first."""
    asked = db.select(Lease).where(Lease.unit_id == unit_id)
    asked = asked.options(joinedload(Lease.organisation), selectinload(Lease.prices))
    return list(db.session.scalars(asked.order_by(Lease.starts_on.desc(), Lease.id.desc())))


def held_in(unit_id: int, days: Stretch) -> list[Lease]:
    """The leases and offers that hold a unit on some of these days, the latest first."""
    held = [lease for lease in history_of(unit_id) if lease.status in HOLDING]
    return [lease for lease in held if lease.days.meets(days)]


def unit_on(unit: Unit, day: date) -> UnitRow:
    """One unit on a day."""
    held = held_in(unit.id, Stretch(day, FOREVER))
    out = [
        Stretch(outage.from_day, outage.until_day or FOREVER)
        for outage in spaces.outages_of(unit.id)
    ]
    return unit_row(unit, day, held, out)
