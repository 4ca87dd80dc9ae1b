"""What is there before a file is taken in, as values, and what of it a row means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from incubator.core.days import Stretch
from incubator.leases.importing.columns import Column
from incubator.leases.importing.rentroll import RollRow, Tenancy, unit_key
from incubator.organisations.rules import name_key


@dataclass(frozen=True)
class PresentLease:
    """A lease that holds a unit."""

    venture_id: int
    venture: str
    days: Stretch
    rent: int = 0
    common_fee: int = 0
    deposit_months: int = 0
    programmes: Mapping[int, str] = field(default_factory=dict)
    """Their names by number."""


@dataclass(frozen=True)
class PresentUnit:
    """A unit that is there already."""

    id: int
    code: str
    facts: Mapping[str, object]
    leases: tuple[PresentLease, ...] = ()
    outages: tuple[Stretch, ...] = ()

    def let_in(self, days: Stretch) -> PresentLease | None:
        """The first lease that holds it on any of these days."""
        return next((lease for lease in self.leases if lease.days.meets(days)), None)

    def out_in(self, days: Stretch) -> Stretch | None:
        """The first outage that touches any of these days."""
        return next((out for out in sorted(self.outages) if out.meets(days)), None)


@dataclass(frozen=True)
class PresentVenture:
    """A venture that is there already."""

    id: int
    name: str
    facts: Mapping[Column, object] = field(default_factory=dict)

    @property
    def corporate_number(self) -> object:
        """Its number, if it is known."""
        return self.facts.get(Column.CORPORATE_NUMBER)


@dataclass(frozen=True)
class PresentProgramme:
    """A programme, with the days from which a lease may begin that has it granted."""

    id: int
    days: Stretch


@dataclass(frozen=True)
class Present:
    """What a facility holds before the file is taken in; units by their key."""

    units: Mapping[str, PresentUnit] = field(default_factory=dict)
    ventures: Sequence[PresentVenture] = ()
    programmes: Mapping[str, Sequence[PresentProgramme]] = field(default_factory=dict)
    """By name: programmes of several years may share one."""

    def unit_of(self, row: RollRow) -> PresentUnit | None:
        """The unit a row means."""
        return self.units.get(unit_key(row.unit))

    def venture_of(self, tenancy: Tenancy) -> PresentVenture | None:
        """The venture a row means: by corporate number, else by name."""
        number, key = tenancy.corporate_number, name_key(tenancy.name)
        by_number = (one for one in self.ventures if number and one.corporate_number == number)
        by_name = (
            one
            for one in self.ventures
            if name_key(one.name) == key and not (number and one.corporate_number)
        )
        return next(by_number, None) or next(by_name, None)

    def grantable(self, name: str, tenancy: Tenancy) -> list[PresentProgramme]:
        """The programmes of a name that a lease of these days may have granted."""
        return [one for one in self.programmes.get(name, ()) if tenancy.starts_on in one.days]

    def granted(self, programmes: Sequence[PresentProgramme], tenancy: Tenancy) -> str:
        """The unit on which a venture has such a programme already on any of these days."""
        venture = self.venture_of(tenancy)
        for unit in self.units.values():
            for lease in unit.leases:
                theirs = venture and lease.venture_id == venture.id
                has_it = any(each.id in lease.programmes for each in programmes)
                if theirs and has_it and lease.days.meets(tenancy.days):
                    return unit.code
        return ""

    def lease_of(self, tenancy: Tenancy, unit: PresentUnit) -> PresentLease | None:
        """The lease of a unit that a row means: of the same venture, from the same day."""
        venture = self.venture_of(tenancy)
        for lease in unit.leases:
            if venture and lease.venture_id == venture.id and lease.days.start == tenancy.starts_on:
                return lease
        return None
