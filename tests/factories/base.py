"""Builders of the smallest honest world: a facility with floors, units, rooms, people, a lease."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from incubator.billing.actions.house import load_tax_rates
from incubator.billing.models import Issuer
from incubator.core import clock
from incubator.core.access import VENTURE_ROLES, Role
from incubator.core.days import Proration
from incubator.core.db import Entity, db
from incubator.leases.models import Component, Lease, LeasePrice, LeaseStatus
from incubator.organisations.models import Organisation, Stage
from incubator.people.models import Grant, Person, PersonStatus
from incubator.spaces.models import Facility, Floor, LegalBasis, Room, Unit, UnitKind

NUMBERS = count(1)
E = TypeVar("E", bound=Entity)
NOT_AT_FACILITY = VENTURE_ROLES | {Role.SYSTEM_ADMIN}
LONG_AGO = datetime(2024, 4, 1, tzinfo=UTC)
FIRST_DAY = date(2024, 4, 1)


def keep(entity: E) -> E:
    """Write a row."""
    db.session.add(entity)
    db.session.flush()
    return entity


def make_facility(code: str = "", **facts: Any) -> Facility:
    """A facility in Aoba with an issuer and tax rates."""
    number = next(NUMBERS)
    facts = {
        "name": "あおばインキュベーションセンター",
        "name_en": "Aoba Incubation Centre",
        **facts,
    }
    facility = keep(Facility(code=code or f"f{number}", **facts))
    keep(
        Issuer(
            facility_id=facility.id,
            from_day=FIRST_DAY,
            name="公益財団法人あおば産業振興財団",
            postal_code="980-0000",
            address="宮城県青葉市中央1-1",
            phone="022-000-0000",
            reg_no="T9234567890123",
            reg_valid_from=date(2023, 10, 1),
            bank_account="あおば銀行 本店 普通 1234567 ｻﾞｲ)ｱｵﾊﾞｻﾝｷﾞﾖｳｼﾝｺｳｻﾞｲﾀﾞﾝ",
        )
    )
    load_tax_rates()
    return facility


def make_floor(facility: Facility, name: str = "1F", level: int = 1) -> Floor:
    """A storey."""
    return keep(Floor(facility_id=facility.id, name=name, level=level))


def make_unit(facility: Facility, floor: Floor, code: str = "", **facts: Any) -> Unit:
    """An office of 32.45 m² (domain.md §14)."""
    facts = {
        "kind": UnitKind.OFFICE,
        "area": 3245,
        "list_rent": 76257,
        "common_fee": 16225,
        **facts,
    }
    return keep(
        Unit(
            facility_id=facility.id,
            floor_id=floor.id,
            code=code or f"U-{next(NUMBERS):03d}",
            **facts,
        )
    )


RULES_OF_USE = {
    "step_minutes": 60,
    "min_minutes": 30,
    "max_minutes": 480,
    "open_minute": 480,
    "close_minute": 1260,
}


def make_room(facility: Facility, floor: Floor | None = None, code: str = "", **facts: Any) -> Room:
    """A meeting room at ¥500 an hour."""
    number = next(NUMBERS)
    facts = {
        "name": "会議室A",
        "name_en": "Meeting room A",
        "capacity": 8,
        "price_per_step": 500,
        "equipment": "スクリーン",
        **RULES_OF_USE,
        **facts,
    }
    return keep(
        Room(
            facility_id=facility.id,
            floor_id=floor.id if floor else None,
            code=code or f"MR{number}",
            **facts,
        )
    )


def make_venture(facility: Facility, name: str = "", **facts: Any) -> Organisation:
    """A venture that the facility looks after."""
    number = next(NUMBERS)
    facts = {
        "stage": Stage.TENANT,
        "name_en": f"Venture {number}",
        "email": f"office{number}@example.jp",
        "admitted_on": date(2025, 4, 1),
        "founded_on": date(2023, 4, 1),
        "created_at": LONG_AGO,
        **facts,
    }
    return keep(
        Organisation(facility_id=facility.id, name=name or f"株式会社ベンチャー{number}", **facts)
    )


def make_person(
    role: Role | str | None = None,
    *,
    facility: Facility | None = None,
    venture: Organisation | None = None,
    **facts: Any,
) -> Person:
    """An active person who holds a role at a facility, at a venture, or for the system."""
    number = next(NUMBERS)
    facts = {
        "name": f"佐藤 {number}",
        "email": f"person{number}@example.jp",
        "language": "en",
        "status": PersonStatus.ACTIVE,
        "created_at": LONG_AGO,
        **facts,
    }
    person = keep(Person(**facts))
    if role is not None:
        role = Role(role)
        keep(
            Grant(
                person_id=person.id,
                role=role,
                facility_id=facility.id if facility and role not in NOT_AT_FACILITY else None,
                organisation_id=venture.id if venture and role in VENTURE_ROLES else None,
                from_day=FIRST_DAY,
            )
        )
        db.session.refresh(person)
    return person


def three_years(start: date) -> dict[str, Any]:
    """The days of a lease for three years from a first of April on."""
    return {
        "starts_on": start,
        "ends_on": start.replace(year=start.year + 3),
        "signed_on": start - timedelta(days=17),
        "prior_explained_on": start - timedelta(days=22),
    }


def second_year() -> dict[str, Any]:
    """The days of a lease that is in its second year of three whenever the tests take place."""
    today = clock.today()
    return three_years(date(today.year - (1 if today.month > 3 else 2), 4, 1))


def make_lease(unit: Unit, venture: Organisation, **facts: Any) -> Lease:
    """A lease in force at the unit's list price."""
    facts = {
        "status": LeaseStatus.ACTIVE,
        **three_years(date(2025, 4, 1)),
        "area": unit.area,
        "proration_entry": Proration.ACTUAL,
        "proration_exit": Proration.ACTUAL,
        "legal_basis": LegalBasis.LEASE_FIXED_TERM,
        "notice_months": 3,
        "currency": "JPY",
        "offered_at": LONG_AGO,
        **facts,
    }
    lease = keep(
        Lease(
            number=f"L-{next(NUMBERS)}",
            facility_id=unit.facility_id,
            organisation_id=venture.id,
            unit_id=unit.id,
            **facts,
        )
    )
    for component, amount in (
        (Component.RENT, unit.list_rent),
        (Component.COMMON_FEE, unit.common_fee),
    ):
        if amount:
            keep(
                LeasePrice(
                    lease_id=lease.id, component=component, amount=amount, from_day=lease.starts_on
                )
            )
    return lease


@dataclass
class World:
    """A small facility at work: eight units, three rooms, one tenant, somebody in every role."""

    facility: Facility
    floor: Floor
    units: list[Unit]
    rooms: list[Room]
    venture: Organisation
    lease: Lease
    people: dict[str, Person] = field(default_factory=dict)


def make_world(code: str = "aoba", **lease_facts: Any) -> World:
    """Build the world."""
    facility = make_facility(code)
    floor, upper = make_floor(facility), make_floor(facility, "2F", 2)
    units = [make_unit(facility, floor, f"10{n}") for n in range(1, 6)]
    units += [make_unit(facility, upper, f"20{n}", kind=UnitKind.WET_LAB) for n in range(1, 4)]
    rooms = [
        make_room(facility, floor, f"M{n}", name=f"会議室{n}", name_en=f"Meeting room {n}")
        for n in range(1, 4)
    ]
    venture = make_venture(facility, "株式会社くもロボティクス", name_en="Kumo Robotics")
    lease = make_lease(units[0], venture, **lease_facts)
    people = {
        role.value: make_person(role, facility=facility, venture=venture, name=name)
        for role, name in (
            (Role.FACILITY_ADMIN, "高橋 一郎"),
            (Role.CLERK, "鈴木 花子"),
            (Role.MANAGER, "佐藤 美佳"),
            (Role.MENTOR, "田中 恵美"),
            (Role.OWNER, "石井 蓮"),
            (Role.MEMBER, "中村 葵"),
            (Role.SYSTEM_ADMIN, "管理 太郎"),
        )
    }
    return World(facility, floor, units, rooms, venture, lease, people)


def actor_of(person: Person) -> Any:
    """The person as actions want them, today."""
    return person.as_actor(clock.today())
