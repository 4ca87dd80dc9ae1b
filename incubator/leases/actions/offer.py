"""Offering a lease holds the unit from that moment; declining or lapsing frees it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from incubator.core import audit
from incubator.core.access import Actor, Can, require
from incubator.core.days import day_at, fiscal_year
from incubator.core.db import db, lock
from incubator.core.errors import NotFound, RuleBroken
from incubator.core.i18n import say
from incubator.core.numbering import next_number
from incubator.leases import queries, rules
from incubator.leases.actions.common import (
    lock_leases,
    require_owner_or,
    require_status,
    tell_owners,
    where,
)
from incubator.leases.models import (
    Component,
    DepositEntry,
    DepositKind,
    Lease,
    LeasePrice,
    LeaseStatus,
    LeaseSubsidy,
    SubsidyProgramme,
)
from incubator.leases.rules import LeaseTerms, OfferTerms, TaxRules
from incubator.organisations.models import Organisation, Stage
from incubator.spaces.models import Facility, Unit


def offer_lease(
    terms: OfferTerms,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    tax: TaxRules,
) -> Lease:
    """Offer a unit to a venture; `no_two_leases_of_a_unit` keeps it for them (BR-P05)."""
    require(actor, Can.DRAFT_LEASES, facility=terms.facility_id)
    return _offer(terms, actor=actor, now=now, today=today, tax=tax)


def renew_lease(
    lease: Lease,
    terms: OfferTerms,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    tax: TaxRules,
) -> Lease:
    """Offer a tenant the next lease, from the day theirs ends; approving it is this deed (BR-N04).

    The unit stays theirs without a gap, and nothing of the lease in force changes.
    """
    require(actor, Can.APPROVE_LEASES, facility=lease.facility_id)
    require_status(lease, LeaseStatus.ACTIVE)
    if (taken := queries.renewal_of(lease.id)) is not None:
        raise RuleBroken(say("%(number)s goes on from it already.", number=taken.number))
    until = terms.expires_on or lease.days.last
    rules.check_renewal(lease.days, terms.days, until)
    offered = replace(
        terms,
        facility_id=lease.facility_id,
        unit_id=lease.unit_id,
        organisation_id=lease.organisation_id,
        renews_id=lease.id,
        expires_on=until,
    )
    return _offer(offered, lease, actor=actor, now=now, today=today, tax=tax)


def _offer(
    terms: OfferTerms,
    renews: Lease | None = None,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    tax: TaxRules,
) -> Lease:
    facility, unit, venture = _parties(terms)
    draft = queries.draft_of(
        terms,
        unit,
        facility,
        _programmes(terms),
        founded_on=venture.founded_on,
        tax=tax,
        renews=renews,
    )
    _refuse(queries.objections(terms, draft, today=today, tax=tax))
    lease = _write(terms, facility, unit, _grants(draft), now=now)
    audit.record(actor, "lease.offered", lease, at=now, where=where(lease), after=_facts(lease))
    tell_owners(lease, "lease_offered", now=now)
    db.session.flush()
    return lease


def import_lease(terms: OfferTerms, *, actor: Actor, now: datetime, tax: TaxRules) -> Lease:
    """Take over a lease that was signed elsewhere; nobody is written to."""
    require(actor, Can.IMPORT_DATA, facility=terms.facility_id)
    facility, unit, venture = _parties(terms)
    if terms.starts_on >= terms.ends_on:
        raise RuleBroken(say("The lease must last at least a day."), "ends_on")
    programmes = _programmes(terms)
    _refuse(queries.against_unit(terms))
    _refuse(queries.against_programmes(terms))
    draft = queries.draft_of(terms, unit, facility, programmes, tax=tax)
    lease = _write(terms, facility, unit, _grants(draft), now=now)
    lease.status = LeaseStatus.ACTIVE
    lease.signed_on = terms.signed_on or min(terms.starts_on, day_at(now, facility.zone))
    lease.signed_by_name = venture.representative or venture.name
    if venture.stage is Stage.PROSPECT:
        venture.stage = Stage.TENANT
    venture.admitted_on = min(venture.admitted_on or lease.starts_on, lease.starts_on)
    _import_deposit(lease, terms)
    audit.record(actor, "lease.imported", lease, at=now, where=where(lease), after=_facts(lease))
    return lease


def _import_deposit(lease: Lease, terms: OfferTerms) -> None:
    if not lease.deposit:
        return
    due = lease.signed_on or lease.starts_on
    _deposit(lease, DepositKind.DUE, due)
    if terms.deposit_received_on is not None:
        _deposit(lease, DepositKind.RECEIVED, terms.deposit_received_on)


def _deposit(lease: Lease, kind: DepositKind, day: date) -> None:
    db.session.add(DepositEntry(lease_id=lease.id, kind=kind, amount=lease.deposit, on_day=day))


def decline_lease(lease: Lease, *, actor: Actor, now: datetime, reason: str = "") -> None:
    """The venture declines an offer, or the office takes it back; the unit is free again."""
    require_owner_or(actor, Can.DRAFT_LEASES, lease)
    require_status(lease, LeaseStatus.OFFERED)
    lease.status, lease.end_reason = LeaseStatus.DECLINED, reason or None
    lease.renews_id = None
    audit.record(
        actor, "lease.declined", lease, at=now, where=where(lease), after={"reason": reason}
    )


def lapse_offers(facility_id: int, *, actor: Actor, now: datetime, today: date) -> list[Lease]:
    """Let offers lapse that nobody took up in time; a nightly job, so no permission is asked."""
    lock_leases(*queries.expired_offers(facility_id, today))
    lapsed = queries.expired_offers(facility_id, today)
    for lease in lapsed:
        lease.status, lease.renews_id = LeaseStatus.LAPSED, None
        after = {"expired_on": lease.offer_expires_on}
        audit.record(actor, "lease.lapsed", lease, at=now, where=where(lease), after=after)
        tell_owners(lease, "lease_lapsed", now=now)
    return lapsed


def _parties(terms: OfferTerms) -> tuple[Facility, Unit, Organisation]:
    """Venture and unit are locked, so that two who offer at once come one after the other."""
    facility = db.session.get_one(Facility, terms.facility_id)
    (venture,) = lock(Organisation, terms.organisation_id)
    (unit,) = lock(Unit, terms.unit_id)
    if {venture.facility_id, unit.facility_id} != {facility.id}:
        raise NotFound
    return facility, unit, venture


def _refuse(objections: Iterable[RuleBroken]) -> None:
    """Stop at the first."""
    for each in objections:
        raise each


def _programmes(terms: OfferTerms) -> list[SubsidyProgramme]:
    """The programmes in the order asked for, locked, so that a budget is not given away twice."""
    held = lock(SubsidyProgramme, *terms.programme_ids) if terms.programme_ids else []
    if any(each.facility_id != terms.facility_id for each in held):
        raise NotFound("programme")
    known = {each.id: each for each in held}
    return [known[each] for each in terms.programme_ids]


def _write(
    terms: OfferTerms,
    facility: Facility,
    unit: Unit,
    grants: list[LeaseSubsidy],
    *,
    now: datetime,
) -> Lease:
    lease = Lease(
        number=_number(facility, terms.starts_on),
        facility_id=facility.id,
        organisation_id=terms.organisation_id,
        unit_id=unit.id,
        status=LeaseStatus.OFFERED,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        currency=facility.currency,
        area=unit.area,
        rent_steps=[{"year": year, "bp": bp} for year, bp in terms.rent_steps],
        free_months=terms.free_months,
        proration_entry=facility.proration_entry,
        proration_exit=facility.proration_exit,
        rounding_unit=facility.rounding_unit,
        deposit_months=terms.deposit_months,
        deposit=terms.deposit,
        legal_basis=facility.legal_basis,
        notice_months=facility.notice_months,
        prior_explained_on=terms.prior_explained_on,
        offered_at=now,
        offer_expires_on=terms.expires_on,
        renews_id=terms.renews_id,
        prices=list(_prices(terms)),
        subsidies=grants,
    )
    db.session.add(lease)
    db.session.flush()
    return lease


def _number(facility: Facility, starts_on: date) -> str:
    number = next_number(f"lease:{facility.id}:{starts_on.year}")
    return f"{facility.code.upper()}-L{starts_on.year}-{number:03d}"


def _prices(terms: OfferTerms) -> Iterable[LeasePrice]:
    yield LeasePrice(
        component=Component.RENT,
        amount=terms.rent,
        unit_price=terms.unit_price,
        from_day=terms.starts_on,
    )
    if terms.common_fee:
        yield LeasePrice(
            component=Component.COMMON_FEE, amount=terms.common_fee, from_day=terms.starts_on
        )


def _grants(draft: LeaseTerms) -> list[LeaseSubsidy]:
    """The programmes as granted, in the order in which they are applied.

    Months and sums of a programme go on counting from the venture's earlier leases.
    """
    return [
        LeaseSubsidy(
            programme_id=grant.programme_id,
            position=position,
            from_month=grant.from_month,
            counted_from=grant.counted_from,
            drawn_before={str(year): amount for year, amount in grant.drawn_before},
        )
        for position, grant in enumerate(draft.subsidies)
    ]


def _facts(lease: Lease) -> dict[str, object]:
    rent = [price.amount for price in lease.prices if price.component is Component.RENT]
    return {
        "number": lease.number,
        "unit": lease.unit.code,
        "renews_id": lease.renews_id,
        "starts_on": lease.starts_on,
        "ends_on": lease.ends_on,
        "fiscal_year": fiscal_year(lease.starts_on),
        "rent": rent[0] if rent else 0,
        "deposit": lease.deposit,
        "programmes": [each.programme.name for each in lease.subsidies],
    }
