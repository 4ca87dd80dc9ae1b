"""Which leases there are, by unit, venture, state and day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, or_
from sqlalchemy.orm import aliased, joinedload, selectinload

from incubator.core.days import Stretch, add_months, whole_month
from incubator.core.db import db, page_of
from incubator.core.errors import NotFound
from incubator.leases.models import HOLDING, IN_FORCE, Lease, LeaseStatus, LeaseSubsidy
from incubator.organisations.models import Organisation
from incubator.organisations.queries import named
from incubator.spaces.models import Unit, UnitOutage
from incubator.spaces.queries import every_unit

SIGNED = (*IN_FORCE, LeaseStatus.ENDED)
RUNNING = (LeaseStatus.OFFERED, *IN_FORCE)


def _lease() -> Select[Lease]:
    asked: Select[Lease] = db.select(Lease)
    return asked.options(
        joinedload(Lease.unit).joinedload(Unit.floor),
        joinedload(Lease.organisation),
        selectinload(Lease.subsidies).joinedload(LeaseSubsidy.programme),
    )


def _leases() -> Select[Lease]:
    """Many at once, with what the terms of a renewal ask of the lease before."""
    return _lease().options(
        selectinload(Lease.prices),
        selectinload(Lease.renews).options(
            selectinload(Lease.prices),
            selectinload(Lease.subsidies).joinedload(LeaseSubsidy.programme),
        ),
    )


def leases_in(facility_id: int, stretch: Stretch, *, ends_by: date | None = None) -> list[Lease]:
    """The leases that hold a unit of the facility on any of these days, by unit and day.

    All of them, or those that end by a day.
    """
    asked = _leases().where(
        Lease.facility_id == facility_id,
        Lease.status.in_(HOLDING),
        Lease.starts_on < stretch.until,
        Lease.ends_on > stretch.start,
    )
    if ends_by is not None:
        asked = asked.where(Lease.ends_on <= ends_by)
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


def units_by_use(facility_id: int, day: date) -> list[tuple[Unit, bool]]:
    """The units of a facility, each with whether a lease or an offer holds it on a day."""
    held = (
        db.exists()
        .where(Lease.unit_id == Unit.id, Lease.status.in_(HOLDING))
        .where(Lease.starts_on <= day, Lease.ends_on > day)
    )
    asked = every_unit(facility_id).add_columns(held)
    return [(unit, bool(used)) for unit, used in db.session.execute(asked)]


def is_unused(unit_id: int) -> bool:
    """Whether a unit was never let, offered or out of service."""
    asked = db.or_(
        db.exists().where(Lease.unit_id == unit_id),
        db.exists().where(UnitOutage.unit_id == unit_id),
    )
    return not db.session.scalar(db.select(asked))


def overlapping(unit_id: int, days: Stretch) -> Lease | None:
    """The first lease that holds a unit on any of these days."""
    asked = _leases().where(
        Lease.unit_id == unit_id,
        Lease.status.in_(HOLDING),
        Lease.starts_on < days.until,
        Lease.ends_on > days.start,
    )
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


def of_ids(lease_ids: Collection[int]) -> list[Lease]:
    """These leases, ready for `terms_of`."""
    return list(db.session.scalars(_leases().where(Lease.id.in_(lease_ids))))


def lease_at(facility_id: int, lease_id: int) -> Lease:
    """One lease of this facility; NotFound for any other."""
    asked = _lease().where(Lease.id == lease_id, Lease.facility_id == facility_id)
    return _one(asked)


def own_lease(organisation_id: int, lease_id: int) -> Lease:
    """One lease of this venture; NotFound for any other."""
    asked = _lease().where(Lease.id == lease_id, Lease.organisation_id == organisation_id)
    return _one(asked)


def _one(asked: Select[Lease]) -> Lease:
    """The only one, its prices with it."""
    lease = db.session.scalars(asked.options(joinedload(Lease.prices))).unique().one_or_none()
    if lease is None:
        raise NotFound("lease")
    return lease


@dataclass(frozen=True)
class LeaseSearch:
    """What a list of leases shows; no status means those that run."""

    statuses: tuple[LeaseStatus, ...] = RUNNING
    ends_within: int | None = None
    """Months from today."""
    page: int = 1
    size: int = 50
    words: str = ""
    """Of the venture's name, the unit or the lease's number."""


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
        after = aliased(Lease)
        renewed = db.select(after.renews_id).where(
            after.facility_id == facility_id,
            after.renews_id.is_not(None),
            after.status.in_(SIGNED),
        )
        asked = asked.where(Lease.ends_on > today, Lease.ends_on <= until, Lease.id.not_in(renewed))
    if wanted.words:
        asked = asked.where(_says(wanted.words))
    return FoundLeases(*page_of(asked.order_by(Lease.ends_on, Lease.id), wanted.page, wanted.size))


def _says(words: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = db.or_(
        Lease.number.icontains(words, autoescape=True),
        Lease.unit.has(Unit.code.icontains(words, autoescape=True)),
        Lease.organisation.has(named(words)),
    )
    return found


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


def stays_of(organisation_id: int, facility_id: int) -> list[Stretch]:
    """The days on which a venture held units of the facility, or will, by lease (BR-N03)."""
    rows = db.session.execute(
        db.select(Lease.starts_on, Lease.ends_on).where(
            Lease.organisation_id == organisation_id,
            Lease.facility_id == facility_id,
            Lease.status.in_(SIGNED),
        )
    )
    return [Stretch(*row) for row in rows]


def expired_offers(facility_id: int, today: date) -> list[Lease]:
    """Offers that nobody took up in time."""
    asked = _leases().where(
        Lease.facility_id == facility_id,
        Lease.status == LeaseStatus.OFFERED,
        Lease.offer_expires_on < today,
    )
    return list(db.session.scalars(asked.order_by(Lease.id)))


def run_out(facility_id: int, today: date) -> list[Lease]:
    """Leases in force whose last day has passed, or that were marked ended ahead of that day."""
    ahead = and_(Lease.status == LeaseStatus.ENDED, Lease.ended_on < Lease.ends_on)
    asked = _leases().where(
        Lease.facility_id == facility_id,
        or_(Lease.status.in_(IN_FORCE), ahead),
        Lease.ends_on <= today,
    )
    return list(db.session.scalars(asked.order_by(Lease.id)))


def with_programmes(programme_ids: Collection[int], *, venture: int | None = None) -> list[Lease]:
    """The leases, of one venture or all, that hold or held a unit with one of these granted."""
    if not programme_ids:
        return []
    holders = db.select(LeaseSubsidy.lease_id).where(LeaseSubsidy.programme_id.in_(programme_ids))
    asked = _leases().where(Lease.id.in_(holders), Lease.status.in_(HOLDING))
    if venture is not None:
        asked = asked.where(Lease.organisation_id == venture)
    return list(db.session.scalars(asked.order_by(Lease.id)))
