"""What speaks against an offer, asked by whoever quotes it and by the deed that makes it."""

from collections.abc import Iterator
from datetime import date

from incubator.core.db import db
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Name, Sum, say
from incubator.leases import rules
from incubator.leases.models import HOLDING, Lease, LeaseSubsidy
from incubator.leases.queries.found import overlapping, stays_of, with_programmes
from incubator.leases.queries.programmes import grantable, programme_at
from incubator.leases.queries.terms import drawn_in_years
from incubator.leases.rules import LeaseTerms, Limits, OfferTerms, TaxRules
from incubator.spaces import queries as spaces
from incubator.spaces.models import Facility, Unit


def objections(
    offer: OfferTerms, draft: LeaseTerms, *, today: date, tax: TaxRules
) -> Iterator[RuleBroken]:
    """Why an offer would be refused; `draft` is the lease it would become."""
    yield from _against_term(offer)
    yield from _against_values(offer, today)
    yield from against_unit(offer)
    yield from against_programmes(offer)
    yield from _against_budgets(offer, draft, tax)


def _against_term(offer: OfferTerms) -> Iterator[RuleBroken]:
    facility = db.session.get_one(Facility, offer.facility_id)
    limits = Limits(facility.max_contract_months, facility.max_total_months)
    try:
        rules.check_term(offer.days, limits, stays_of(offer.organisation_id, facility.id))
    except RuleBroken as broken:
        yield broken


def _against_values(offer: OfferTerms, today: date) -> Iterator[RuleBroken]:
    if offer.expires_on is not None and offer.expires_on < today:
        yield RuleBroken(say("An offer cannot expire before today."), "expires_on")
    if offer.ends_on <= today:
        yield RuleBroken(
            say("This lease would have ended on %(day)s already.", day=offer.days.last), "starts_on"
        )
    if offer.prior_explained_on is not None and offer.prior_explained_on > today:
        yield RuleBroken(say("This day is still to come."), "explained_on")
    if offer.rent < 0 or offer.common_fee < 0:
        yield RuleBroken(say("A price cannot be negative."), "rent")
    if offer.deposit < 0:
        yield RuleBroken(say("A deposit cannot be negative."), "deposit")


def against_unit(offer: OfferTerms) -> Iterator[RuleBroken]:
    """Who has the unit on one of these days, and from when it is out of use (BR-P05)."""
    unit = db.session.get_one(Unit, offer.unit_id)
    taken = overlapping(unit.id, offer.days)
    if taken is not None:
        yield is_taken(unit, taken)
    for out in spaces.outages_in(unit.facility_id, offer.days).get(unit.id, []):
        yield RuleBroken(
            say("%(unit)s is out of use from %(start)s.", unit=unit.code, start=out.start), "unit"
        )


def is_taken(unit: Unit, by: Lease) -> RuleBroken:
    """Somebody holds the unit already (BR-P05)."""
    return RuleBroken(
        say(
            "%(unit)s is taken from %(start)s to %(last)s by %(who)s (%(number)s).",
            unit=unit.code,
            start=by.starts_on,
            last=by.days.last,
            who=Name.of(by.organisation),
            number=by.number,
        ),
        "unit",
    )


def against_programmes(offer: OfferTerms) -> Iterator[RuleBroken]:
    """Which programmes cannot be granted on that day, or are granted to the venture already."""
    twice = _numbers_with_it(offer)
    for each in dict.fromkeys(offer.programme_ids):
        programme = programme_at(offer.facility_id, each)
        if not grantable(programme, offer.starts_on):
            yield RuleBroken(
                say(
                    "%(programme)s cannot be granted on a lease that begins on %(day)s.",
                    programme=Name.of(programme),
                    day=offer.starts_on,
                ),
                "programmes",
            )
        if each in twice:
            yield RuleBroken(
                say(
                    "%(programme)s is already granted to them on the lease %(number)s.",
                    programme=Name.of(programme),
                    number=twice[each],
                ),
                "programmes",
            )


def _numbers_with_it(offer: OfferTerms) -> dict[int, str]:
    """By programme, the lease on which the venture has it in these days already."""
    rows = db.session.execute(
        db.select(LeaseSubsidy.programme_id, Lease.number)
        .join(Lease, Lease.id == LeaseSubsidy.lease_id)
        .where(
            LeaseSubsidy.programme_id.in_(offer.programme_ids),
            Lease.organisation_id == offer.organisation_id,
            Lease.status.in_(HOLDING),
            Lease.starts_on < offer.ends_on,
            Lease.ends_on > offer.starts_on,
        )
        .order_by(Lease.id.desc())
    )
    return {row[0]: row[1] for row in rows}


def _against_budgets(offer: OfferTerms, draft: LeaseTerms, tax: TaxRules) -> Iterator[RuleBroken]:
    """What it would draw beyond a programme's budget of any fiscal year (BR-S10)."""
    chosen = (programme_at(offer.facility_id, each) for each in dict.fromkeys(offer.programme_ids))
    budgets = {each: each.budget_per_fy for each in chosen if each.budget_per_fy is not None}
    others = with_programmes([each.id for each in budgets])
    for programme, budget in budgets.items():
        given = drawn_in_years(programme.id, others, tax)
        for year, amount in rules.drawn_by_year(draft, programme.id).items():
            left = budget - given.get(year, 0)
            if amount > left:
                yield RuleBroken(
                    say(
                        "%(programme)s has %(left)s left in fiscal year %(year)s,"
                        " and this lease would draw %(amount)s.",
                        programme=Name.of(programme),
                        left=Sum(max(left, 0), draft.currency),
                        year=year,
                        amount=Sum(amount, draft.currency),
                    ),
                    "programmes",
                )
