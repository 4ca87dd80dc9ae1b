"""A big house for measuring: honest rows, the same every time, written past the deeds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, insert, text

from incubator.billing import rules
from incubator.billing.models import (
    Account,
    Allocation,
    Charge,
    ChargeKind,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceTax,
    JournalEntry,
    Payment,
    PaymentMethod,
    Posting,
    TaxCategory,
)
from incubator.bookings.models import Booking
from incubator.core.access import Role
from incubator.core.days import ONE_DAY, Proration, add_months, month_of
from incubator.core.db import db, transaction
from incubator.core.money import Rounding
from incubator.leases.models import Component, Lease, LeasePrice, LeaseStatus
from incubator.organisations.models import Organisation, Stage
from incubator.people.actions import open_session
from incubator.people.models import Grant, Person, PersonStatus
from incubator.spaces.models import LegalBasis, Unit, UnitKind
from tests.factories.base import (
    FIRST_DAY,
    LONG_AGO,
    actor_of,
    make_facility,
    make_floor,
    make_person,
    make_room,
)
from tests.factories.bookings import TERMS

ZONE = ZoneInfo("Asia/Tokyo")
RENT, FEE, TAX = 80_000, 16_000, 9_600
UNITS_A_FLOOR = 50
HOURS = (9, 10, 11, 13, 14, 15, 16, 18)
LATE_EVERY = 50
LET_SINCE = 35
CHUNK = 5_000


@dataclass(frozen=True)
class Size:
    """How much there is of everything."""

    units: int = 500
    rooms: int = 50
    bookings: int = 100_000
    months: int = 36


@dataclass(frozen=True)
class House:
    """What the measurements need to know of the house."""

    facility_id: int
    venture_id: int
    rooms: tuple[int, ...]
    ventures: tuple[int, ...]
    member_id: int
    clerk_id: int
    tokens: dict[str, str]
    day: date


def build(size: Size, now: datetime) -> House:
    """Fill an empty database."""
    today = now.astimezone(ZONE).date()
    with transaction():
        facility = make_facility("aoba")
        floors = [
            make_floor(facility, f"{n}F", n) for n in range(1, -(-size.units // UNITS_A_FLOOR) + 1)
        ]
        rooms = tuple(
            make_room(facility, floors[n % len(floors)], f"MR{n:02d}", name_en=f"Room {n}").id
            for n in range(size.rooms)
        )
        floor_ids = [floor.id for floor in floors]
        _write(Organisation, _ventures(facility.id, size))
        _write(Unit, _units(facility.id, floor_ids, size))
        _write(Lease, _leases(facility.id, size, today))
        _write(LeasePrice, _prices(size, today))
        _write(Person, _owners(size))
        _write(Grant, _roles(size))
        _set_counters(Organisation, Unit, Lease, Person)
        venture = db.session.get_one(Organisation, 1)
        people = {
            role: make_person(role, facility=facility, venture=venture)
            for role in ("facility_admin", "clerk", "owner", "member")
        }
        tokens = {role: open_session(person, now=now) for role, person in people.items()}
        _write(Booking, _bookings(facility.id, rooms, people["member"].id, size, today))
        _money(facility.id, size, today)
        _set_counters(Invoice, Payment, JournalEntry)
        house = House(
            facility_id=facility.id,
            venture_id=venture.id,
            rooms=rooms,
            ventures=tuple(range(1, size.units + 1)),
            member_id=people["member"].id,
            clerk_id=people["clerk"].id,
            tokens=tokens,
            day=today,
        )
        assert actor_of(people["clerk"]).serves(facility.id)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return house


def _table(entity: Any) -> Table:
    table: Table = entity.__table__
    return table


def _write(entity: Any, rows: Iterator[dict[str, Any]]) -> None:
    chunk: list[dict[str, Any]] = []
    connection = db.session.connection()
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            connection.execute(insert(_table(entity)), chunk)
            chunk = []
    if chunk:
        connection.execute(insert(_table(entity)), chunk)


def _set_counters(*entities: Any) -> None:
    """PostgreSQL's counters go on behind the numbers written here."""
    if db.engine.dialect.name != "postgresql":
        return
    for entity in entities:
        name = entity.__tablename__
        counter = f"pg_get_serial_sequence('{name}', 'id')"
        known = f"(SELECT coalesce(max(id), 1) FROM {name})"
        db.session.execute(text(f"SELECT setval({counter}, {known})"))


def _ventures(facility_id: int, size: Size) -> Iterator[dict[str, Any]]:
    for n in range(1, size.units + 1):
        yield {
            "id": n,
            "facility_id": facility_id,
            "stage": Stage.TENANT,
            "name": f"株式会社ベンチャー{n}",
            "name_en": f"Venture {n}",
            "email": f"office{n}@example.jp",
            "founded_on": date(2020, 4, 1),
            "admitted_on": date(2022, 4, 1),
            "created_at": LONG_AGO,
        }


def _owners(size: Size) -> Iterator[dict[str, Any]]:
    for n in range(1, size.units + 1):
        yield {
            "id": n,
            "email": f"owner{n}@example.jp",
            "name": f"佐藤 {n}郎",
            "language": "ja",
            "status": PersonStatus.ACTIVE,
            "created_at": LONG_AGO,
        }


def _roles(size: Size) -> Iterator[dict[str, Any]]:
    for n in range(1, size.units + 1):
        yield {
            "person_id": n,
            "role": Role.OWNER,
            "organisation_id": n,
            "from_day": FIRST_DAY,
        }


def _units(facility_id: int, floors: list[int], size: Size) -> Iterator[dict[str, Any]]:
    for n in range(size.units):
        floor, place = divmod(n, UNITS_A_FLOOR)
        row, column = divmod(place, 10)
        yield {
            "id": n + 1,
            "facility_id": facility_id,
            "floor_id": floors[floor],
            "code": f"{floor + 1}{place + 1:02d}",
            "kind": UnitKind.OFFICE if n % 3 else UnitKind.WET_LAB,
            "area": 2_500 + n % 40 * 50,
            "list_rent": RENT,
            "common_fee": FEE,
            "plan_x": column * 90,
            "plan_y": row * 90,
            "plan_w": 80,
            "plan_h": 80,
        }


def _leases(facility_id: int, size: Size, today: date) -> Iterator[dict[str, Any]]:
    starts_on = add_months(month_of(today), -LET_SINCE)
    for n in range(1, size.units + 1):
        yield {
            "id": n,
            "number": f"L-{n:05d}",
            "facility_id": facility_id,
            "organisation_id": n,
            "unit_id": n,
            "status": LeaseStatus.ACTIVE,
            "starts_on": starts_on,
            "ends_on": add_months(starts_on, LET_SINCE + 2 + n % 24),
            "currency": "JPY",
            "area": 2_500 + (n - 1) % 40 * 50,
            "rent_steps": [],
            "proration_entry": Proration.ACTUAL,
            "proration_exit": Proration.ACTUAL,
            "legal_basis": LegalBasis.LEASE_FIXED_TERM,
            "notice_months": 3,
            "offered_at": LONG_AGO,
            "prior_explained_on": starts_on,
            "signed_on": starts_on,
        }


def _prices(size: Size, today: date) -> Iterator[dict[str, Any]]:
    from_day = add_months(month_of(today), -LET_SINCE)
    for n in range(1, size.units + 1):
        for component, amount in ((Component.RENT, RENT), (Component.COMMON_FEE, FEE)):
            yield {"lease_id": n, "component": component, "amount": amount, "from_day": from_day}


def _bookings(
    facility_id: int, rooms: tuple[int, ...], by: int, size: Size, today: date
) -> Iterator[dict[str, Any]]:
    """Eight hours a day in every room, from a fortnight ahead back into the past."""
    left, day = size.bookings, today + timedelta(days=14)
    while left > 0:
        day -= ONE_DAY
        for room in rooms:
            for hour in HOURS[: min(left, len(HOURS))]:
                start = datetime.combine(day, time(hour), ZONE)
                end = start + timedelta(hours=1)
                left -= 1
                yield {
                    "facility_id": facility_id,
                    "room_id": room,
                    "organisation_id": left % size.units + 1,
                    "booked_by_id": by,
                    "title": "定例会議",
                    "starts_at": start,
                    "ends_at": end,
                    "holds_from": start,
                    "holds_until": end,
                    "currency": "JPY",
                    "price": 500,
                    "terms": TERMS,
                    "booked_at": start - timedelta(days=5),
                }


def _money(facility_id: int, size: Size, today: date) -> None:
    """Rent and fee of every month for every venture; every fiftieth owes the last two months."""
    months = [add_months(month_of(today), 1 - back) for back in range(size.months, 0, -1)]
    documents = [(at, n, month) for at, (month, n) in enumerate(_each(months, size), 1)]
    paid = [one for one in documents if one[1] % LATE_EVERY or one[2] < months[-2]]
    _write(Invoice, (_invoice(facility_id, *one) for one in documents))
    _write(InvoiceLine, (row for one in documents for row in _lines(*one)))
    _write(InvoiceTax, (_tax(one[0]) for one in documents))
    _write(Charge, (row for one in documents for row in _charges(facility_id, *one)))
    _write(Payment, (_payment(facility_id, *one) for one in paid))
    _write(Allocation, (_allocation(*one) for one in paid))
    count = len(documents)
    for first, kind, some in ((0, "invoice", documents), (count, "payment", paid)):
        _write(JournalEntry, (_entry(facility_id, first, kind, *one) for one in some))
        _write(Posting, (row for one in some for row in _postings(first, kind, *one)))


def _each(months: list[date], size: Size) -> Iterator[tuple[date, int]]:
    for month in months:
        for n in range(1, size.units + 1):
            yield month, n


def _issued(month: date) -> date:
    return add_months(month, -1).replace(day=20)


def _due(month: date) -> date:
    return month - ONE_DAY


def _invoice(facility_id: int, at: int, n: int, month: date) -> dict[str, Any]:
    issued = _issued(month)
    return {
        "id": at,
        "facility_id": facility_id,
        "organisation_id": n,
        "kind": InvoiceKind.INVOICE,
        "number": rules.number_of("BENCH", "invoice", issued, at),
        "run_key": f"{month:%Y-%m}",
        "service_month": month,
        "issued_on": issued,
        "issued_at": datetime.combine(issued, time(16), ZONE),
        "issued_by": "鈴木 花子",
        "due_on": _due(month),
        "currency": "JPY",
        "issuer": {
            "name": "公益財団法人あおば産業振興財団",
            "postal_code": "980-0000",
            "address": "宮城県青葉市中央1-1",
            "phone": "022-000-0000",
            "reg_no": "T9234567890123",
            "bank_account": "あおば銀行 本店 普通 1234567",
        },
        "recipient": {
            "name": f"株式会社ベンチャー{n}",
            "name_en": f"Venture {n}",
            "postal_code": "980-0001",
            "address": "宮城県青葉市",
            "representative": "佐藤 一郎",
            "reg_no": None,
        },
        "rounding": Rounding.FLOOR,
        "taxable_total": RENT + FEE,
        "tax_total": TAX,
        "untaxed_total": 0,
        "total": RENT + FEE + TAX,
        "facts_sha256": "0" * 64,
    }


def _lines(at: int, n: int, month: date) -> Iterator[dict[str, Any]]:
    for position, (kind, amount) in enumerate(_kinds(), 1):
        yield {
            "invoice_id": at,
            "position": position,
            "kind": kind,
            "title": f"{n:03d}",
            "service_from": month,
            "service_until": add_months(month, 1),
            "amount": amount,
            "tax_category": TaxCategory.STANDARD,
            "rate_bp": 1000,
            "why": {},
        }


def _kinds() -> tuple[tuple[ChargeKind, int], ...]:
    return (ChargeKind.RENT, RENT), (ChargeKind.COMMON_FEE, FEE)


def _tax(at: int) -> dict[str, Any]:
    return {
        "invoice_id": at,
        "category": TaxCategory.STANDARD,
        "rate_bp": 1000,
        "taxable": RENT + FEE,
        "tax": TAX,
    }


def _charges(facility_id: int, at: int, n: int, month: date) -> Iterator[dict[str, Any]]:
    for kind, amount in _kinds():
        yield {
            "facility_id": facility_id,
            "organisation_id": n,
            "lease_id": n,
            "kind": kind,
            "source": f"lease:{n}",
            "service_month": month,
            "service_from": month,
            "service_until": add_months(month, 1),
            "amount": amount,
            "currency": "JPY",
            "title": f"{n:03d}",
            "why": {},
            "created_at": datetime.combine(_issued(month), time(16), ZONE),
            "invoice_id": at,
        }


def _payment(facility_id: int, at: int, n: int, month: date) -> dict[str, Any]:
    return {
        "id": at,
        "facility_id": facility_id,
        "organisation_id": n,
        "method": PaymentMethod.BANK,
        "amount": RENT + FEE + TAX,
        "currency": "JPY",
        "received_on": _due(month),
        "recorded_at": datetime.combine(_due(month), time(17), ZONE),
        "recorded_by": "鈴木 花子",
        "receipt_number": f"BENCH-R-{at:06d}",
    }


def _allocation(at: int, _n: int, month: date) -> dict[str, Any]:
    total = RENT + FEE + TAX
    return {"payment_id": at, "invoice_id": at, "amount": total, "on_day": _due(month)}


def _entry(
    facility_id: int, first: int, kind: str, at: int, _n: int, month: date
) -> dict[str, Any]:
    day = _issued(month) if kind == "invoice" else _due(month)
    return {
        "id": first + at,
        "facility_id": facility_id,
        "on_day": day,
        "source": f"{kind}:{at}",
    }


def _postings(first: int, kind: str, at: int, n: int, _month: date) -> Iterator[dict[str, Any]]:
    total = RENT + FEE + TAX
    sides = {
        "invoice": (
            (Account.RECEIVABLE, total),
            (Account.SALES, -RENT - FEE),
            (Account.TAX, -TAX),
        ),
        "payment": ((Account.BANK, total), (Account.RECEIVABLE, -total)),
    }[kind]
    for account, amount in sides:
        yield {
            "entry_id": first + at,
            "account": account,
            "organisation_id": n,
            "amount": amount,
            "currency": "JPY",
        }
