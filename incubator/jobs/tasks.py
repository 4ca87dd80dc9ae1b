"""The jobs themselves. Each can run twice without harm, and opens its own transactions."""

from collections.abc import Callable, Iterable
from datetime import date, datetime

from sqlalchemy import and_
from sqlalchemy.orm import selectinload

from incubator.billing.actions import keep_document
from incubator.billing.actions.remind import remind_overdue as remind
from incubator.billing.models import Document, Invoice
from incubator.billing.pdf import render
from incubator.billing.queries import invoice_paper
from incubator.core import outbox
from incubator.core.access import Actor, Role
from incubator.core.days import add_months, month_of
from incubator.core.db import db, transaction
from incubator.graduation import actions as graduation
from incubator.graduation.models import FollowUp
from incubator.graduation.queries import due_before
from incubator.jobs.runner import Turn
from incubator.leases import actions as leases
from incubator.people import actions as people
from incubator.people.queries import people_at
from incubator.spaces.actions import load_holidays as take_in_holidays
from incubator.spaces.models import Facility
from incubator.spaces.queries import facilities

WORKER = Actor(None, "worker")
BATCH = 50


class SomeFailed(Exception):
    """Part of a job could not be done; the rest was."""


def lapse_offers(turn: Turn) -> int:
    """Free the units whose offer nobody took up in time."""
    return _at_each_facility(
        turn,
        lambda place, today: len(
            leases.lapse_offers(place.id, actor=WORKER, now=turn.now, today=today)
        ),
    )


def end_leases(turn: Turn) -> int:
    """Let graduates leave whose day has come, then close the leases that have run out.

    In this order: who leaves as a graduate is an alumnus, not somebody whose lease just ended.
    """
    return _at_each_facility(turn, lambda place, today: _end(place.id, turn.now, today))


def _end(facility_id: int, now: datetime, today: date) -> int:
    left = graduation.complete_exits(facility_id, actor=WORKER, now=now, today=today)
    return left + len(graduation.close_finished(facility_id, actor=WORKER, now=now, today=today))


def _at_each_facility(turn: Turn, deed: Callable[[Facility, date], int]) -> int:
    """Do it at every facility in a transaction of its own; one that fails stops no other."""
    done, troubles = 0, []
    for facility_id in [each.id for each in facilities()]:
        try:
            with transaction():
                place = db.session.get_one(Facility, facility_id)
                done += deed(place, turn.today(place.zone))
        except Exception as error:  # noqa: BLE001 - told below, after the others had their turn
            troubles.append(f"facility {facility_id}: {type(error).__name__}: {error}")
    if troubles:
        raise SomeFailed("; ".join(troubles))
    return done


def render_invoices(turn: Turn) -> int:
    """Set in type the invoices that nobody has opened yet."""
    done = 0
    while invoices := _without_paper():
        papers = [
            (f"invoice:{each.id}", each.language, invoice_paper(each, each.language))
            for each in invoices
        ]
        db.session.rollback()
        made = [(subject, lang, render("invoice", paper)) for subject, lang, paper in papers]
        with transaction():
            for subject, language, pdf in made:
                keep_document(subject, language, pdf, now=turn.now)
        done += len(made)
    return done


def _without_paper() -> list[Invoice]:
    subject = db.literal("invoice:").concat(db.cast(Invoice.id, db.String))
    kept = and_(Document.subject == subject, Document.language == Invoice.language)
    return list(
        db.session.scalars(
            db.select(Invoice)
            .outerjoin(Document, kept)
            .where(Document.id.is_(None))
            .options(selectinload(Invoice.lines), selectinload(Invoice.taxes))
            .order_by(Invoice.id)
            .limit(BATCH)
        )
    )


def remind_overdue(turn: Turn) -> int:
    """Remind ventures of what is not paid in time, on the days that their facility chose."""
    return _at_each_facility(
        turn,
        lambda place, today: remind(place, actor=WORKER, now=turn.now, today=today),
    )


def remind_of_follow_ups(turn: Turn) -> int:
    """Tell the managers of each facility once a month which alumni to ask."""
    return _at_each_facility(turn, lambda place, today: _remind(place, today, turn))


def _remind(facility: Facility, today: date, turn: Turn) -> int:
    until = add_months(month_of(today), 1)
    due = due_before(facility.id, until)
    staff = people_at(facility.id, (Role.MANAGER, Role.FACILITY_ADMIN), today) if due else []
    sent = 0
    for person in staff:
        once = f"follow_ups:{facility.id}:{until:%Y-%m}:{person.id}"
        if not outbox.was_posted(once):
            values = {"facility": facility, "due": _lines(due)}
            outbox.post("follow_ups_due", person.recipient, values, now=turn.now, once=once)
            sent += 1
    return sent


def _lines(due: Iterable[FollowUp]) -> list[dict[str, object]]:
    return [
        {"venture": each.organisation.name, "year": each.year, "day": each.due_on} for each in due
    ]


def load_holidays(turn: Turn) -> int:
    """Take in the public holidays of the coming years."""
    with transaction():
        return take_in_holidays(turn.today())


def tidy(turn: Turn) -> int:
    """Clear away sessions and links that ended long ago, and counted guesses."""
    with transaction():
        return people.forget_what_is_over(now=turn.now)
