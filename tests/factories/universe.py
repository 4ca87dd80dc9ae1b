"""Two facilities, three ventures, and in every confidential text a word nobody else has.

Facility `first` looks after the ventures A and B, facility `second` after C. Whatever a page of
somebody else shows of them, it shows with one of these words in it (security.md F1).
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from incubator.billing.models import (
    Allocation,
    BillingRun,
    CreditNoteRequest,
    LateChargeRequest,
    Payment,
    PaymentMethod,
    Refund,
    RefundPart,
    RefundRequest,
    WebhookEvent,
)
from incubator.core import audit, clock, outbox
from incubator.core.access import Actor, Role
from incubator.core.audit import Where
from incubator.core.days import ONE_DAY, month_of
from incubator.core.db import db
from incubator.core.job_runs import JobName, JobRun
from incubator.core.outbox import Recipient
from incubator.graduation.models import (
    AnswerSource,
    Criterion,
    ExitProposal,
    ExitReason,
    Figures,
    FollowUp,
    FollowUpAnswer,
    Measure,
)
from incubator.leases.models import DepositRequest
from incubator.mentoring.models import Availability, AvailabilityException, Visibility
from incubator.organisations.models import Organisation
from incubator.people.actions import open_session
from incubator.people.models import Grant, Person, RequestStatus
from incubator.spaces.models import ClosedDay, Facility, Room, Unit, UnitOutage
from tests.factories.base import (
    FIRST_DAY,
    keep,
    make_facility,
    make_floor,
    make_lease,
    make_person,
    make_room,
    make_unit,
    make_venture,
    second_year,
)
from tests.factories.billing import bill, make_charge
from tests.factories.bookings import make_booking
from tests.factories.leases import grant_programme, make_programme
from tests.factories.mentoring import (
    make_assignment,
    make_hours,
    make_item,
    make_note,
    make_session,
)

STAFF = (Role.FACILITY_ADMIN, Role.CLERK, Role.MANAGER, Role.MENTOR)


def canary(owner: str, what: str) -> str:
    """A word that only this owner's rows hold."""
    return f"ZQ{owner}x{what}"


@dataclass
class Place:
    """A facility with its staff, and what belongs to the house as a whole."""

    sign: str
    facility: Facility
    unit: Unit
    room: Room
    staff: dict[Role, Person]
    records: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.code, self.facility_id = self.facility.code, self.facility.id


@dataclass
class Side:
    """A venture with its people, and the number of one record of each kind."""

    sign: str
    place: Place
    venture: Organisation
    people: dict[Role, Person]
    records: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.venture_id = self.venture.id


@dataclass
class Universe:
    """All there is."""

    a: Side
    b: Side
    c: Side
    system_admin: Person

    def enter(self, person: Person) -> str:
        """The cookie of somebody who signed in."""
        return open_session(person, now=clock.now())


def make_universe() -> Universe:
    """Build everything; every record of a venture exists three times, once for each."""
    first, second = _place("F1", "first"), _place("F2", "second")
    sides = [_side("A", first), _side("B", first), _side("C", second)]
    for place in (first, second):
        _bill(place, [side for side in sides if side.place is place])
    mentor = first.staff[Role.MENTOR]
    make_assignment(mentor, sides[0].venture, "mentor")
    system_admin = make_person(Role.SYSTEM_ADMIN)
    _system(sides)
    db.session.flush()
    for side in sides:
        side.records = {**side.place.records, **side.records}
    return Universe(*sides, system_admin)


def _place(sign: str, code: str) -> Place:
    def mine(what: str) -> str:
        return canary(sign, what)

    facility = make_facility(code, name=f"施設 {code}", name_en=f"Facility {code}")
    floor = make_floor(facility)
    unit = make_unit(facility, floor, note=mine("note"))
    room = make_room(facility, floor, name=mine("room"), name_en=mine("room-en"))
    staff = {
        role: make_person(role, facility=facility, name=mine(role.value), email=f"{role}@{code}.jp")
        for role in STAFF
    }
    manager = staff[Role.MANAGER]
    today = clock.today()
    criterion = keep(
        Criterion(facility_id=facility.id, measure=Measure.JOBS_FT, target=5, from_day=FIRST_DAY)
    )
    outage = keep(
        UnitOutage(unit_id=make_unit(facility, floor).id, from_day=FIRST_DAY, reason=mine("outage"))
    )
    event = keep(
        WebhookEvent(
            event_id=f"evt_{code}",
            kind="checkout.session.completed",
            received_at=clock.now(),
            outcome="unmatched",
            payload={
                "at": clock.now().isoformat(),
                "live": False,
                "checkout_id": None,
                "session_id": mine("checkout"),
                "payment_id": mine("card"),
                "amount": 500,
                "currency": "JPY",
                "why": "unknown",
            },
            payment_id=mine("card"),
            facility_id=facility.id,
        )
    )
    hours = make_hours(manager, facility.id, 0)
    day = keep(
        AvailabilityException(
            facility_id=facility.id, person_id=manager.id, day=today + timedelta(days=3)
        )
    )
    keep(
        BillingRun(
            facility_id=facility.id,
            month=month_of(today),
            started_at=clock.now(),
            started_by=mine("run-by"),
            to_bill=1,
        )
    )
    closed = keep(
        ClosedDay(facility_id=facility.id, day=today + timedelta(days=200), name=mine("closed-day"))
    )
    programme = make_programme(facility, name=mine("programme"), funder=mine("funder"))
    assert isinstance(hours, Availability)
    return Place(
        sign,
        facility,
        unit,
        room,
        staff,
        {
            "facility_id": facility.id,
            "unit_id": unit.id,
            "room_id": room.id,
            "floor_id": floor.id,
            "criterion_id": criterion.id,
            "outage_id": outage.id,
            "programme_id": programme.id,
            "event_id": event.id,
            "hours_id": hours.id,
            "day_id": day.id,
            "closed_day_id": closed.id,
        },
    )


def _side(sign: str, place: Place) -> Side:
    def mine(what: str) -> str:
        return canary(sign, what)

    venture = make_venture(
        place.facility,
        mine("name"),
        name_kana=mine("kana"),
        name_en=mine("name-en"),
        representative=mine("representative"),
        email=f"{mine('mail')}@example.jp",
        phone=mine("phone"),
        address=mine("address"),
        business=mine("business"),
    )
    people = {
        role: make_person(
            role, venture=venture, name=mine(role.value), email=f"{role}@{sign.lower()}.jp"
        )
        for role in (Role.OWNER, Role.MEMBER)
    }
    side = Side(sign, place, venture, people)
    grant = db.session.scalars(
        db.select(Grant).where(Grant.person_id == people[Role.MEMBER].id)
    ).one()
    side.records |= {
        "venture_id": venture.id,
        "organisation_id": venture.id,
        "person_id": people[Role.MEMBER].id,
        "grant_id": grant.id,
    }
    _let(side, mine)
    _meet(side, mine)
    _grow(side, mine)
    return side


def _let(side: Side, mine: Any) -> None:
    place = side.place
    unit = make_unit(place.facility, make_floor(place.facility, f"{side.sign}F", 3))
    lease = make_lease(unit, side.venture, **second_year(), signed_by_name=mine("signer"))
    programme = make_programme(place.facility, name=f"{place.sign} {side.sign}")
    grant_programme(lease, programme)
    side.records |= {"lease_id": lease.id, "own_unit_id": unit.id}


def _meet(side: Side, mine: Any) -> None:
    place, now = side.place, clock.now()
    manager = place.staff[Role.MANAGER]
    owner = side.people[Role.OWNER]
    guests = tuple(side.people.values())
    hours = {"A": 30, "B": 50, "C": 30}[side.sign]
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)
    booking = make_booking(place.room, owner, start, venture=side.venture, title=mine("booking"))
    session = make_session(manager, side.venture, start, guests=guests, topic=mine("topic"))
    make_note(session, manager, mine("shared-note"))
    make_note(session, manager, mine("private-note"), Visibility.PRIVATE)
    item = make_item(session, mine("item"), due_on=clock.today())
    assignment = make_assignment(manager, side.venture)
    side.records |= {
        "booking_id": booking.id,
        "session_id": session.id,
        "action_id": item.id,
        "assignment_id": assignment.id,
    }


def _grow(side: Side, mine: Any) -> None:
    facility_id, organisation_id = side.place.facility.id, side.venture.id
    now = clock.now()
    manager = side.place.staff[Role.MANAGER]
    owner = side.people[Role.OWNER]
    here: dict[str, Any] = {"facility_id": facility_id, "organisation_id": organisation_id}
    figures = keep(
        Figures(
            **here,
            month=date(2026, 5, 1),
            currency="JPY",
            sales=1,
            jobs_ft=1,
            jobs_pt=0,
            comment=mine("comment"),
            filed_at=now,
            filed_by_id=owner.id,
            filed_by_name=owner.name,
        )
    )
    proposal = keep(
        ExitProposal(
            **here,
            reason=ExitReason.GRADUATED_GROWTH,
            leave_on=clock.today() + timedelta(days=90),
            destination=mine("destination"),
            grounds=mine("grounds"),
            criteria=[],
            proposed_by_id=manager.id,
            proposed_at=now,
        )
    )
    follow_up = keep(FollowUp(**here, year=1, due_on=clock.today()))
    keep(
        FollowUpAnswer(
            follow_up_id=follow_up.id,
            as_of=clock.today(),
            source=AnswerSource.SELF_REPORT,
            comment=mine("answer"),
            recorded_at=now,
            recorded_by=owner.name,
        )
    )
    side.records |= {
        "figures_id": figures.id,
        "proposal_id": proposal.id,
        "follow_up_id": follow_up.id,
    }


def _bill(place: Place, sides: list[Side]) -> None:
    for side in sides:
        make_charge(
            side.venture, title=canary(side.sign, "charge"), source=f"booking:{side.venture.id}"
        )
    invoices = {invoice.organisation_id: invoice for invoice in bill(place.facility)}
    for side in sides:
        invoice = invoices[side.venture.id]
        payment = keep(
            Payment(
                facility_id=place.facility.id,
                organisation_id=side.venture.id,
                method=PaymentMethod.BANK,
                amount=1200,
                currency="JPY",
                received_on=clock.today(),
                recorded_at=clock.now(),
                recorded_by=canary(place.sign, "clerk"),
                payer_name=canary(side.sign, "payer"),
                note=canary(side.sign, "payment-memo"),
                receipt_number=f"R-{side.sign}",
            )
        )
        keep(
            Allocation(
                payment_id=payment.id,
                invoice_id=invoice.id,
                amount=1000,
                on_day=clock.today(),
            )
        )
        refund = _refund(place, side, payment)
        asked = _asked(place, side, RequestStatus.ASKED)
        deposit = keep(
            DepositRequest(
                lease_id=side.records["lease_id"],
                amount=100,
                paid_to=canary(side.sign, "deposit-account"),
                arrears=0,
                late_charges=0,
                restoration=0,
                tax_bp=1000,
                asked_at=clock.now(),
                asked_by=canary(place.sign, "clerk"),
                asked_by_id=place.staff[Role.CLERK].id,
            )
        )
        credit_note = keep(
            CreditNoteRequest(
                invoice_id=invoice.id,
                why=canary(side.sign, "credit-note"),
                asked_at=clock.now(),
                asked_by=canary(place.sign, "clerk"),
                asked_by_id=place.staff[Role.CLERK].id,
            )
        )
        late = keep(
            LateChargeRequest(
                invoice_id=invoice.id,
                late_from=invoice.due_on,
                late_until=invoice.due_on + ONE_DAY,
                amount=100,
                asked_at=clock.now(),
                asked_by=canary(place.sign, "clerk"),
                asked_by_id=place.staff[Role.CLERK].id,
            )
        )
        side.records |= {
            "invoice_id": invoice.id,
            "payment_id": payment.id,
            "refund_id": refund.id,
            "request_id": asked.id,
            "credit_note_id": credit_note.id,
            "late_charge_id": late.id,
            "deposit_id": deposit.id,
        }


def _asked(place: Place, side: Side, status: RequestStatus) -> RefundRequest:
    decided = status is not RequestStatus.ASKED
    return keep(
        RefundRequest(
            facility_id=place.facility.id,
            organisation_id=side.venture.id,
            amount=100,
            currency="JPY",
            paid_to=canary(side.sign, "account"),
            note=canary(side.sign, "refund-memo"),
            status=status,
            asked_at=clock.now(),
            asked_by=canary(place.sign, "clerk"),
            asked_by_id=place.staff[Role.CLERK].id,
            decided_by_id=place.staff[Role.FACILITY_ADMIN].id if decided else None,
        )
    )


def _refund(place: Place, side: Side, payment: Payment) -> Refund:
    asked = _asked(place, side, RequestStatus.APPROVED)
    refund = keep(
        Refund(
            facility_id=place.facility.id,
            organisation_id=side.venture.id,
            number=canary(side.sign, "refund"),
            amount=100,
            currency="JPY",
            paid_on=clock.today(),
            paid_to=asked.paid_to,
            recorded_at=clock.now(),
            recorded_by=canary(place.sign, "clerk"),
            request_id=asked.id,
        )
    )
    keep(RefundPart(refund_id=refund.id, payment_id=payment.id, amount=100))
    return refund


def _system(sides: list[Side]) -> None:
    """Mails, lines of the record, and a job, as the system keeps them."""
    now: datetime = clock.now()
    job = keep(
        JobRun(job=JobName.LAPSE_OFFERS, period="2026-05", at=now, holder="x", started_at=now)
    )
    for side in sides:
        to = Recipient(canary(side.sign, "addressee"), f"to@{side.sign}.jp".lower(), "en")
        outbox.post("role_given", to, {"place": side.sign, "role": "x"}, now=now)
        [mail], _ = outbox.mails(1, 1)
        where = Where(side.place.facility.id, side.venture.id)
        actor = Actor(None, canary(side.sign, "actor"))
        audit.record(actor, "edit_venture", side.venture, at=now, where=where)
        side.records |= {"mail_id": mail.id, "run_id": job.id}
