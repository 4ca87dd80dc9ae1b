"""Occupancy by units and by area, as a sweep over stretches (BR-K01)."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from incubator.core.days import Stretch
from incubator.core.money import with_digits


@dataclass(frozen=True)
class UnitUse:
    """A unit's area in 0.01 m², the days it was let and the days it could not be."""

    area: int
    let: tuple[Stretch, ...] = ()
    out: tuple[Stretch, ...] = ()


@dataclass(frozen=True)
class Occupancy:
    """Days let and days available, of units and weighted by area; shares are exact."""

    unit_days_let: int
    unit_days: int
    area_days_let: int
    area_days: int

    @property
    def by_units(self) -> Fraction | None:
        """The share of unit-days let; None when nothing was available."""
        return Fraction(self.unit_days_let, self.unit_days) if self.unit_days else None

    @property
    def by_area(self) -> Fraction | None:
        """The share of area-days let; None when nothing was available."""
        return Fraction(self.area_days_let, self.area_days) if self.area_days else None


def covered(stretches: Iterable[Stretch], over: Stretch) -> int:
    """How many days of `over` at least one stretch covers, in one sweep."""
    days, reached = 0, over.start
    for stretch in sorted(stretches):
        start, until = max(stretch.start, reached), min(stretch.until, over.until)
        if until > start:
            days += (until - start).days
            reached = until
    return days


def occupancy(units: Iterable[UnitUse], over: Stretch) -> Occupancy:
    """Occupancy over days; out-of-service days count neither as available nor as let (BR-K01)."""
    counted = [(unit.area, *_days(unit, over)) for unit in units]
    return Occupancy(
        unit_days_let=sum(let for _, let, _ in counted),
        unit_days=sum(available for _, _, available in counted),
        area_days_let=sum(area * let for area, let, _ in counted),
        area_days=sum(area * available for area, _, available in counted),
    )


def _days(unit: UnitUse, over: Stretch) -> tuple[int, int]:
    out = covered(unit.out, over)
    return covered((*unit.let, *unit.out), over) - out, over.days - out


def percent(share: Fraction | None) -> str:
    """A share as a percentage with two digits, rounded half up; a dash for none."""
    bp = basis_points(share)
    return "–" if bp is None else with_digits(bp)


def basis_points(share: Fraction | None) -> int | None:
    """A share in basis points, rounded half up."""
    return None if share is None else int((share * 20_000 + 1) // 2)
