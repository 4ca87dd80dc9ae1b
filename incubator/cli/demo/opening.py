"""The demo opens a facility: house rules, units, rooms, subsidies, staff, the first tenants."""

from datetime import date, timedelta

from incubator.billing.actions import house as billing
from incubator.billing.queries.lease_tax import tax_rules
from incubator.cli.demo.cast import (
    ANNEX,
    CLOSED_UNITS,
    FACILITY,
    ROOMS,
    STAFF,
    Part,
)
from incubator.cli.demo.stage import SYSTEM, Stage, at, enrol
from incubator.core.access import Actor, Held, Role
from incubator.core.days import add_months
from incubator.core.db import db
from incubator.core.i18n import Name
from incubator.graduation.actions import open_facility as open_incubator
from incubator.leases import actions as leases
from incubator.leases.actions import OfferTerms, ProgrammeFacts
from incubator.leases.rules import Delivery, Method, Step
from incubator.organisations.actions import VentureFacts, add_venture
from incubator.organisations.models import Organisation
from incubator.organisations.models import Stage as Standing
from incubator.organisations.rules import check_digit
from incubator.people import actions as people
from incubator.people.actions import Offer
from incubator.people.rules import Place
from incubator.spaces import actions as spaces
from incubator.spaces.actions import Outage, UnitFacts
from incubator.spaces.queries import floors_named

FIRST_NUMBER = 234_567_000_000
OPENED = 60


def open_facility(stage: Stage) -> None:
    """Open the building with its rules, units, rooms and programmes."""
    day = stage.month(OPENED)
    now = at(day, 9)
    facts = {
        "name_en": "Aoba Incubation Centre",
        "postal_code": "980-0811",
        "address": "宮城県青葉市一番町1-2-3",
        "phone": "022-000-0000",
        "email": "office@aoba.example.jp",
        "included_room_minutes": 300,
    }
    facility = open_incubator(
        FACILITY, "あおばインキュベーションセンター", actor=SYSTEM, now=now, facts=facts
    )
    spaces.load_holidays(stage.today)
    stage.facility_id = facility.id
    _hire(stage, day)
    admin = stage.actor("admin", day)
    billing.set_issuer(facility, issuer(), from_day=day, actor=admin, now=now)
    for space in stage.cast.spaces:
        unit = UnitFacts(
            space.code, f"{space.code[:-2]}F", space.kind, space.area, space.rent, None, space.fee
        )
        stage.units[space.code] = spaces.add_unit(facility, unit, actor=admin, now=now).id
    spaces.draw_floors(facility.id)
    _furnish(stage, admin, day)
    _fund(stage, admin, day)


def open_annex(stage: Stage) -> None:
    """A second building, still empty: its rent roll is waiting to be imported."""
    day = stage.month(0)
    now = at(day, 9)
    facility = open_incubator(
        ANNEX, "あおばインキュベーションセンター西館", actor=SYSTEM, now=now,
        facts={"name_en": "Aoba Incubation Centre West", "email": "west@aoba.example.jp"},
    )  # fmt: skip
    here = Place(facility.id, None, Name.of(facility))
    for name, role, _ in STAFF[:3]:
        offer = Offer(f"{name}@aoba.example.jp", Role(role), here)
        people.invite(offer, lambda *_: "", actor=SYSTEM, now=now, today=day)
    db.session.flush()
    admin = stage.actor("admin", day)
    billing.set_issuer(facility, issuer(), from_day=day, actor=admin, now=now)


def issuer() -> dict[str, object]:
    """The foundation that runs both buildings, as it stands on invoices."""
    return {
        "name": "公益財団法人あおば産業振興財団",
        "postal_code": "980-0811",
        "address": "宮城県青葉市一番町1-2-3",
        "phone": "022-000-0000",
        "reg_no": f"T{number_of(0)}",
        "reg_valid_from": date(2023, 10, 1),
        "bank_account": "あおば銀行 一番町支店 普通 1234567 ザイ）アオバサンギヨウシンコウザイダン",
    }


def _hire(stage: Stage, day: date) -> None:
    here = Place(stage.facility_id, None, Name.of(stage.facility))
    for name, role, full_name in STAFF:
        email = f"{name}@aoba.example.jp"
        stage.staff[name] = enrol(stage, email, full_name, Role(role), here, day)
    for name in stage.cast.managers[2:]:
        email, full_name = f"{name}@aoba.example.jp", f"渡辺 {name[7:]}郎"
        stage.staff[name] = enrol(stage, email, full_name, Role.MANAGER, here, day)
    everywhere = Place()
    stage.staff["system"] = enrol(
        stage, "system@example.jp", "管理 太郎", Role.SYSTEM_ADMIN, everywhere, day
    )


def _furnish(stage: Stage, admin: Actor, day: date) -> None:
    floors = floors_named(stage.facility_id, ["1F", "2F", "3F"])
    for code, name, english, floor, capacity, equipment, price, buffer in ROOMS:
        facts = {
            "code": code,
            "name": name,
            "name_en": english,
            "floor_id": floors[floor].id,
            "capacity": capacity,
            "equipment": equipment,
            "price_per_step": price,
            "buffer_after": buffer,
            "step_minutes": 60,
            "min_minutes": 30,
            "max_minutes": 8 * 60,
            "open_minute": 8 * 60,
            "close_minute": 21 * 60,
        }
        room = spaces.add_room(stage.facility, facts, actor=admin, now=at(day, 10))
        stage.rooms.append(room.id)


def _fund(stage: Stage, admin: Actor, day: date) -> None:
    programmes = (
        ProgrammeFacts(
            code="CITY",
            name="青葉市賃料補助",
            name_en="Aoba City rent subsidy",
            funder="青葉市",
            method=Method.PER_M2,
            steps=(Step(12, 700), Step(12, 500), Step(12, 300)),
            valid_from=day,
            area_cap=5_000,
            max_months=36,
            delivery=Delivery.RENT_REDUCTION,
            conditions="毎年度、市税の納税証明書を提出すること。市内に本店を置くこと。",
        ),
        ProgrammeFacts(
            code="LAB",
            name="県ラボ補助",
            name_en="Prefecture lab grant",
            funder="宮城県",
            method=Method.RATIO,
            steps=(Step(36, 5_000),),
            valid_from=day,
            monthly_cap=50_000,
            max_fiscal_years=3,
            rounding_unit=10,
            delivery=Delivery.TENANT_REIMBURSE,
            conditions="研究開発計画を年1回報告すること。",
        ),
    )
    for facts in programmes:
        made = leases.add_programme(
            facts, facility_id=stage.facility_id, actor=admin, now=at(day, 11)
        )
        db.session.flush()
        stage.programmes[facts.code] = made.id


def number_of(index: int) -> str:
    """An invented corporate number with a right check digit."""
    base = f"{FIRST_NUMBER + index:012d}"
    return f"{check_digit(base)}{base}"


def found(stage: Stage, part: Part, moved_in: date) -> Organisation:
    """Take a venture into the list."""
    index = stage.number_of(part)
    day = min(moved_in, stage.today) - timedelta(days=40)
    facts = VentureFacts(
        name=part.name,
        name_kana=part.kana,
        name_en=part.english,
        corporate_number=number_of(index + 1),
        representative=part.owner,
        email=f"office@{part.english.split()[0].lower()}.example.jp",
        phone=f"022-000-{index + 1:04d}",
        address="宮城県青葉市一番町1-2-3",
        founded_on=add_months(moved_in, -7 - index % 9),
        capital=3_000_000 + 1_000_000 * (index % 5),
        baseline_jobs_ft=1 + index % 3,
    )
    admin = stage.actor("admin", day)
    venture = add_venture(
        facts, facility_id=stage.facility_id, actor=admin, now=at(day, 10), today=day
    )
    stage.ventures[part.name] = venture.id
    place = Place(stage.facility_id, venture.id, Name.of(venture))
    host = f"{part.english.split()[0].lower()}.example.jp"
    people = (("owner", part.owner, Role.OWNER), ("team", f"{part.owner[:1]}野 直", Role.MEMBER))
    stage.members[part.name] = [
        enrol(stage, f"{name}@{host}", full_name, role, place, day)
        for name, full_name, role in people
    ]
    return venture


def terms_of(stage: Stage, part: Part, starts_on: date) -> OfferTerms:
    """What is agreed with a venture."""
    space = next(space for space in stage.cast.spaces if space.code == part.unit)
    return OfferTerms(
        facility_id=stage.facility_id,
        unit_id=stage.units[part.unit],
        organisation_id=stage.ventures[part.name],
        starts_on=starts_on,
        ends_on=add_months(starts_on, part.term),
        rent=space.rent,
        common_fee=space.fee,
        rent_steps=part.steps,
        deposit_months=part.deposit,
        programme_ids=(stage.programmes[part.programme],) if part.programme else (),
        prior_explained_on=starts_on - timedelta(days=20),
        signed_on=starts_on - timedelta(days=14),
        deposit_received_on=starts_on if part.deposit else None,
    )


def settle_first_tenants(stage: Stage, months: int) -> None:
    """Take over the leases signed before the history begins."""
    for part in stage.cast.parts:
        if part.months_ago > months:
            starts_on = stage.month(part.months_ago).replace(day=part.day)
            found(stage, part, starts_on)
            signed = at(starts_on - timedelta(days=14), 10)
            admin = stage.actor("admin", starts_on)
            terms = terms_of(stage, part, starts_on)
            tax = tax_rules(stage.facility_id, signed.date())
            leases.import_lease(terms, actor=admin, now=signed, tax=tax)
            db.session.flush()


def close_units(stage: Stage) -> None:
    """Some units are under repair."""
    for code, back, reason in CLOSED_UNITS:
        day = stage.month(back)
        outage = Outage(from_day=day, until_day=add_months(day, back + 3), reason=reason)
        admin = stage.actor("admin", day)
        spaces.start_outage(stage.unit(code), outage, actor=admin, now=at(day, 9))


def is_tenant(stage: Stage, part: Part) -> bool:
    """Whether a venture is inside."""
    return part.name in stage.ventures and stage.venture(part).stage is Standing.TENANT


def nightly(stage: Stage) -> Actor:
    """Whoever works at night."""
    return Actor(None, "nightly", (Held(Role.FACILITY_ADMIN, stage.facility_id),))
