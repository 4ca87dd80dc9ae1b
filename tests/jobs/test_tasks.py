"""What the jobs do, and that doing it twice does it once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from incubator.billing.models import Document
from incubator.core.access import Role
from incubator.core.db import db
from incubator.core.outbox import OutboxMail
from incubator.core.settings import Settings
from incubator.graduation.models import ExitProposal, ExitReason, FollowUp, ProposalStatus
from incubator.jobs import tasks
from incubator.jobs.runner import Turn
from incubator.leases.models import Lease, LeaseStatus
from incubator.organisations.models import Organisation, Stage
from incubator.people.models import SignInAttempt, SignInSession
from incubator.spaces.models import Holiday
from tests.factories.base import (
    keep,
    make_facility,
    make_floor,
    make_lease,
    make_person,
    make_unit,
    make_venture,
    make_world,
)
from tests.factories.billing import make_invoice
from tests.factories.payments import make_invoice as make_open

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


@pytest.fixture
def turn(tmp_path: Path) -> Turn:
    return Turn(NOW, NOW, Settings(home=tmp_path))


def test_the_day_is_that_of_the_building(turn: Turn):
    late = Turn(datetime(2026, 11, 23, 20, tzinfo=UTC), NOW, turn.settings)
    assert late.today() == date(2026, 11, 24)
    assert late.today("Europe/Berlin") == date(2026, 11, 23)


def test_an_offer_lapses_and_frees_the_unit(turn: Turn):
    world = make_world()
    offer = make_lease(
        world.units[1],
        world.venture,
        status=LeaseStatus.OFFERED,
        signed_on=None,
        offer_expires_on=date(2026, 11, 20),
    )
    db.session.commit()
    assert tasks.lapse_offers(turn) == 1
    assert tasks.lapse_offers(turn) == 0
    assert db.session.get_one(Lease, offer.id).status is LeaseStatus.LAPSED


def test_a_lease_ends_when_its_last_day_has_passed(turn: Turn):
    world = make_world()
    world.lease.ends_on = date(2026, 11, 23)
    db.session.commit()
    assert tasks.end_leases(turn) == 1
    assert tasks.end_leases(turn) == 0
    assert db.session.get_one(Lease, world.lease.id).status is LeaseStatus.ENDED


def test_who_graduates_leaves_on_the_day_of_the_house(turn: Turn):
    venture = make_venture(make_facility("berlin", zone="Europe/Berlin"))
    keep(
        ExitProposal(
            facility_id=venture.facility_id,
            organisation_id=venture.id,
            reason=ExitReason.GRADUATED_GROWTH,
            status=ProposalStatus.APPROVED,
            leave_on=date(2026, 11, 24),
            destination="",
            grounds="",
            criteria=[],
            proposed_by_id=make_person().id,
            proposed_at=NOW,
            decided_by_id=make_person().id,
        )
    )
    db.session.commit()
    evening = datetime(2026, 11, 23, 20, tzinfo=UTC)
    assert tasks.end_leases(replace(turn, at=evening)) == 0
    assert tasks.end_leases(replace(turn, at=evening + timedelta(hours=4))) == 1
    assert db.session.get_one(Organisation, venture.id).stage is Stage.ALUMNUS


def test_trouble_at_one_facility_stops_no_other(turn: Turn, monkeypatch: pytest.MonkeyPatch):
    first, second = make_facility("first"), make_facility("second")
    for facility in (first, second):
        unit = make_unit(facility, make_floor(facility))
        make_lease(unit, make_venture(facility), ends_on=date(2026, 11, 1))
    db.session.commit()
    close, ids = tasks.graduation.close_finished, (first.id, second.id)

    def stumble(facility_id: int, **how: object) -> list[Lease]:
        if facility_id == ids[0]:
            raise ConnectionError("no")
        return close(facility_id, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(tasks.graduation, "close_finished", stumble)
    with pytest.raises(tasks.SomeFailed, match=f"facility {ids[0]}: ConnectionError: no"):
        tasks.end_leases(turn)
    ended = db.session.scalars(db.select(Lease).where(Lease.status == LeaseStatus.ENDED)).all()
    assert [lease.facility_id for lease in ended] == [ids[1]]


def test_an_invoice_is_set_in_type_once(turn: Turn):
    invoice = make_invoice(make_world().venture)
    db.session.commit()
    assert tasks.render_invoices(turn) == 1
    assert tasks.render_invoices(turn) == 0
    kept = db.session.scalars(db.select(Document)).one()
    assert (kept.subject, kept.pdf[:4]) == (f"invoice:{invoice.id}", b"%PDF")


def test_ventures_are_reminded_once_of_what_is_overdue(turn: Turn):
    world = make_world()
    invoice = make_open(world.facility, world.venture, 11_000, date(2026, 11, 20))
    db.session.commit()
    assert [tasks.remind_overdue(turn), tasks.remind_overdue(turn)] == [1, 0]
    (mail,) = db.session.scalars(
        db.select(OutboxMail).where(OutboxMail.template == "invoice_overdue")
    )
    assert invoice.number in mail.subject


def test_managers_hear_once_a_month_whom_to_ask(turn: Turn):
    world = make_world()
    world.venture.stage = Stage.ALUMNUS
    other = make_facility("other")
    make_person(Role.MANAGER, facility=other)
    for venture, year, due in (
        (world.venture, 1, date(2026, 11, 30)),
        (world.venture, 2, date(2027, 11, 30)),
    ):
        keep(
            FollowUp(
                facility_id=world.facility.id, organisation_id=venture.id, year=year, due_on=due
            )
        )
    db.session.commit()
    assert tasks.remind_of_follow_ups(turn) == 2
    assert tasks.remind_of_follow_ups(turn) == 0
    mails = db.session.scalars(db.select(OutboxMail)).all()
    assert {mail.to_name for mail in mails} == {"佐藤 美佳", "高橋 一郎"}
    assert all("株式会社くもロボティクス" in mail.body for mail in mails)
    assert all("1" in mail.subject for mail in mails)


def test_holidays_are_taken_in_once(turn: Turn):
    assert tasks.load_holidays(turn) > 0
    assert tasks.load_holidays(turn) == 0
    assert db.session.scalar(db.select(Holiday.name).where(Holiday.day == date(2027, 5, 3)))


def test_only_what_ended_long_ago_is_cleared_away(turn: Turn):
    person = make_person()
    for number, days in enumerate((100, 10, -10)):
        ended = NOW - timedelta(days=days)
        keep(
            SignInSession(
                token_hash=str(number),
                person_id=person.id,
                opened_at=ended,
                seen_at=ended,
                expires_at=ended,
            )
        )
    for hours in (25, 23):
        keep(SignInAttempt(key="x", at=NOW - timedelta(hours=hours)))
    db.session.commit()
    assert tasks.tidy(turn) == 2
    assert set(db.session.scalars(db.select(SignInSession.token_hash))) == {"1", "2"}
    assert db.session.scalars(db.select(SignInAttempt.at)).one() == NOW - timedelta(hours=23)
