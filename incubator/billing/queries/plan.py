"""What a monthly run would bill: read once for the whole facility, as plain values."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import joinedload

from incubator.billing import rules
from incubator.billing.models import Charge, Invoice, InvoiceKind
from incubator.billing.queries.charges import OPEN, Known, charges_for
from incubator.billing.queries.concerns import Concern, about, concerns_of
from incubator.billing.queries.house import House, due_day, house_of
from incubator.billing.queries.lease_tax import rules_of
from incubator.billing.queries.ledger import corrected
from incubator.core.days import add_months, month_of
from incubator.core.db import db
from incubator.core.outbox import Recipient
from incubator.core.packing import pack
from incubator.leases import queries as leases
from incubator.leases.models import Lease
from incubator.leases.rules import LeaseTerms, Line, month_lines
from incubator.organisations.models import Organisation
from incubator.organisations.queries import addressees_of_many
from incubator.spaces.models import Facility


@dataclass(frozen=True)
class Billable:
    """A venture with what its leases come to in the month, and who gets the mail."""

    organisation_id: int
    name: str
    items: tuple[rules.Item, ...]
    to: tuple[Recipient, ...]
    name_en: str = ""


@dataclass(frozen=True)
class RunPlan:
    """One month of one facility, ready to be billed venture by venture."""

    house: House
    month: date
    due_on: date
    ventures: tuple[Billable, ...]
    concerns: tuple[Concern, ...] = ()
    terms: Mapping[int, LeaseTerms] = field(default_factory=dict)
    """Of the leases of the month, by their ids."""

    @property
    def facility_id(self) -> int:
        """Whose run it is."""
        return self.house.facility_id


@dataclass(frozen=True)
class Proposed:
    """What one venture's next invoice would say."""

    venture: Billable
    draft: rules.Draft


@dataclass(frozen=True)
class Preview:
    """A run before it happens, with what was issued for the month before."""

    plan: RunPlan
    proposed: tuple[Proposed, ...]
    issued: tuple[Invoice, ...]
    concerns: tuple[Concern, ...] = ()
    """What is missing for those that would be billed."""
    waiting: tuple[Proposed, ...] = ()
    """What comes to less than zero, so that it is not issued yet."""

    @property
    def total(self) -> int:
        """What the run would bill, tax included."""
        return sum(each.draft.total for each in self.proposed)


def plan_run(facility: Facility, month: date, *, today: date) -> RunPlan:
    """Read everything a run of the month needs, in a handful of questions."""
    month = month_of(month)
    items: dict[int, list[rules.Item]] = defaultdict(list)
    held = leases.due_in_month(facility.id, month)
    house = house_of(facility, today)
    tax = rules_of(house.rates, house.rounding)
    terms = dict(zip((each.id for each in held), leases.terms_of_many(held, tax), strict=True))
    for lease in held:
        items[lease.organisation_id] += lease_items(lease, terms[lease.id], month)
    waiting = db.select(Charge.organisation_id).where(Charge.facility_id == facility.id, OPEN)
    concerned = Organisation.id.in_(items) | Organisation.id.in_(waiting)
    ventures = db.session.scalars(
        db.select(Organisation).where(concerned).order_by(Organisation.id)
    ).all()
    addressees = addressees_of_many(ventures, today)
    return RunPlan(
        house,
        month,
        due_day(facility, month, today),
        tuple(
            Billable(
                venture.id,
                venture.name,
                tuple(items.get(venture.id, ())),
                addressees[venture.id],
                venture.name_en,
            )
            for venture in ventures
        ),
        concerns_of(held, ventures, addressees, house.issuer, month),
        terms,
    )


def lease_items(lease: Lease, terms: LeaseTerms, month: date) -> list[rules.Item]:
    """What a lease puts on the invoice of a month; what a funder pays is left out (BR-S07)."""
    return [
        rules.Item(
            kind=line.kind,
            source=source_of(lease.id, line),
            service_month=month,
            service=line.days,
            amount=line.amount,
            currency=line.currency,
            title=title_of(terms, line),
            why={"rule": line.rule, "inputs": line.inputs, "say": pack(line.why)},
            lease_id=lease.id,
        )
        for line in month_lines(terms, month)
        if line.programme_id is None or line.amount
    ]


def title_of(terms: LeaseTerms, line: Line) -> str:
    """The unit's code; for a subsidy the programme's name with it."""
    return terms.unit if line.programme_id is None else f"{line.title}（{terms.unit}）"


def source_of(lease_id: int, line: Line) -> str:
    """`lease:12`, or `lease:12:programme:3` for a subsidy."""
    programme = "" if line.programme_id is None else f":programme:{line.programme_id}"
    return f"lease:{lease_id}{programme}"


def propose(plan: RunPlan, venture: Billable, known: Sequence[Known]) -> rules.Draft:
    """The next invoice of a venture: what waits for it and what its leases add (BR-B03, BR-B04)."""
    waiting = [
        item
        for item, waits in known
        if waits and rules.ripe(item, plan.month, plan.house.issued_on)
    ]
    charges = [item for item, _ in known]
    new = rules.missing(venture.items, (item.key for item in charges))
    added = rules.with_their_rent(new, charges)
    return rules.draft([*waiting, *added], plan.house.rates, plan.house.rounding)


def preview(facility: Facility, month: date, *, today: date) -> Preview:
    """What a run today would issue, to the yen, and what stands already."""
    plan = plan_run(facility, month, today=today)
    ids = [venture.organisation_id for venture in plan.ventures]
    charges = charges_for(facility.id, plan.month, ids)
    proposed = [
        Proposed(venture, propose(plan, venture, charges.get(venture.organisation_id, [])))
        for venture in plan.ventures
    ]
    issued = db.session.scalars(
        db.select(Invoice)
        .where(
            Invoice.facility_id == facility.id,
            Invoice.service_month == plan.month,
            Invoice.kind == InvoiceKind.INVOICE,
            ~corrected(Invoice.id),
        )
        .options(joinedload(Invoice.organisation))
        .order_by(Invoice.id)
    )
    waiting = tuple(each for each in proposed if each.draft.waits)
    billed = tuple(each for each in proposed if each.draft.lines and not each.draft.waits)
    concerned = about(plan.concerns, {each.venture.organisation_id for each in billed})
    return Preview(plan, billed, tuple(issued), concerned if billed else (), waiting)


def first_open_month(lease: Lease, today: date) -> date:
    """The first month of a lease with nothing issued for it that still stands (BR-R04, BR-T11)."""
    issued = db.session.scalar(
        db.select(db.func.max(Charge.service_month)).where(
            Charge.lease_id == lease.id,
            Charge.invoice_id.is_not(None),
            ~corrected(Charge.invoice_id),
        )
    )
    return add_months(issued, 1) if issued else min(month_of(today), month_of(lease.starts_on))
