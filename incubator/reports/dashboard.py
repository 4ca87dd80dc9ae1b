"""What a facility's dashboard shows: use of the units, money by month, leases that end."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from incubator.billing.queries import billed_and_collected
from incubator.core.days import FOREVER, ONE_DAY, Stretch, add_months, month_of
from incubator.leases import queries as leases
from incubator.leases import rules
from incubator.leases.models import Lease, LeaseStatus
from incubator.reports.units import holding_of
from incubator.spaces import queries as spaces
from incubator.spaces.models import Facility, Unit
from incubator.spaces.rules.occupancy import Occupancy, UnitUse, occupancy
from incubator.spaces.rules.states import UnitState, state_of

MONTHS = 12
ENDING_MONTHS = 6
SHOWN = (
    (UnitState.OCCUPIED, UnitState.NOTICE),
    (UnitState.RESERVED,),
    (UnitState.MAINTENANCE,),
    (UnitState.VACANT,),
)
"""The parts of a bar, from below: let, reserved, maintenance, vacant."""


@dataclass(frozen=True)
class MonthOfUnits:
    """How many units were let, reserved, under repair and vacant at the end of a month."""

    month: date
    counts: tuple[int, int, int, int]


@dataclass(frozen=True)
class MonthOfMoney:
    """What was billed for a month and what of it was collected; minor units with tax."""

    month: date
    billed: int
    collected: int


def last_months(day: date) -> list[date]:
    """The months up to that of a day, oldest first."""
    return [add_months(month_of(day), -back) for back in range(MONTHS - 1, -1, -1)]


@dataclass(frozen=True)
class Stock:
    """The units of a facility, who holds them and when they are out of service over some days."""

    units: Sequence[Unit]
    held: Mapping[int, Sequence[Lease]]
    out: Mapping[int, Sequence[Stretch]]


def stock_in(facility_id: int, units: Sequence[Unit], days: Stretch) -> Stock:
    """Read once for every picture that is drawn of it."""
    held: dict[int, list[Lease]] = {}
    for lease in leases.days_held_in(facility_id, days):
        held.setdefault(lease.unit_id, []).append(lease)
    return Stock(units, held, spaces.outages_in(facility_id, days))


def stock_of_year(facility_id: int, units: Sequence[Unit], day: date) -> Stock:
    """What the dashboard of a day needs: from the first of its months on."""
    return stock_in(facility_id, units, Stretch(last_months(day)[0], FOREVER))


def use_between(stock: Stock, days: Stretch) -> Occupancy:
    """Occupancy of the facility over some days (BR-K01)."""
    let = {
        unit_id: tuple(each.days for each in held if each.status is not LeaseStatus.OFFERED)
        for unit_id, held in stock.held.items()
    }
    return occupancy(
        (
            UnitUse(unit.area, let.get(unit.id, ()), tuple(stock.out.get(unit.id, ())))
            for unit in stock.units
        ),
        days,
    )


def units_by_month(stock: Stock, day: date) -> list[MonthOfUnits]:
    """The last twelve months, each as it stood on its last day or on `day`."""
    holdings = {
        unit.id: [holding_of(lease) for lease in stock.held.get(unit.id, ())]
        for unit in stock.units
    }
    found = []
    for month in last_months(day):
        end = min(add_months(month, 1) - ONE_DAY, day)
        states = Counter(
            state_of(end, holdings[unit.id], stock.out.get(unit.id, ())).state
            for unit in stock.units
        )
        let, reserved, maintenance, vacant = (sum(states[s] for s in part) for part in SHOWN)
        found.append(MonthOfUnits(month, (let, reserved, maintenance, vacant)))
    return found


def money_by_month(facility: Facility, day: date) -> list[MonthOfMoney]:
    """What was billed and collected in each of the last twelve months."""
    return [
        MonthOfMoney(month, billed, collected)
        for month, billed, collected in billed_and_collected(facility.id, last_months(day))
    ]


@dataclass(frozen=True)
class Ending:
    """A lease that ends soon, and what has been offered to go on from it."""

    lease: Lease
    offered: Lease | None

    def to_announce(self, day: date) -> tuple[date, str] | None:
        """Until when its end is to be announced, and how pressing that is (BR-N02)."""
        if self.lease.status is not LeaseStatus.ACTIVE or self.lease.end_notice_on:
            return None
        window = rules.end_notice_window(self.lease.days, self.lease.legal_basis)
        if window is None:
            return None
        return window.last, rules.end_notice_urgency(self.lease.ends_on, day)

    def soon(self, day: date) -> bool:
        """Whether it ends within six months."""
        return self.lease.ends_on <= add_months(day, ENDING_MONTHS)


def ending_leases(facility_id: int, day: date) -> list[Ending]:
    """Leases in force that end within a year with no signed one to follow, soonest first."""
    soon = add_months(day, rules.ANNOUNCED_FROM)
    held = leases.leases_in(facility_id, Stretch(day, day + ONE_DAY), ends_by=soon)
    found = [lease for lease in held if lease.status is not LeaseStatus.OFFERED]
    after = leases.renewals_of([lease.id for lease in found])
    ending = [Ending(lease, after.get(lease.id)) for lease in found]
    ending = [one for one in ending if not one.offered or one.offered.status not in leases.SIGNED]
    return sorted(ending, key=lambda one: (one.lease.ends_on, one.lease.unit.code))


def change(months: Sequence[MonthOfUnits]) -> tuple[int, int]:
    """How many units were let at the first and at the last of the months."""
    return months[0].counts[0], months[-1].counts[0]
