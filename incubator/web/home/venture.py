"""The tenant's home: what is due, what comes next, what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.billing.queries.funded import Shared, shared
from incubator.billing.queries.ledger import OpenInvoice
from incubator.billing.queries.payments import open_invoices_of
from incubator.bookings import queries as bookings
from incubator.core.access import Can
from incubator.core.i18n import Message, Sum, format_month, say
from incubator.graduation import queries as graduation
from incubator.graduation.rules import report_due
from incubator.leases import queries as leases
from incubator.leases.models import LeaseStatus
from incubator.mentoring import queries as mentoring
from incubator.mentoring.models import ActionOwner, MentoringSession
from incubator.organisations.models import Stage
from incubator.web.filters import language, name_of, stretch, t
from incubator.web.graduation.show import as_rows, met
from incubator.web.guard import Home, at_venture
from incubator.web.home.blueprint import pages

COMING_SHOWN = 6


@dataclass(frozen=True)
class Coming:
    """Something in the calendar."""

    at: datetime
    icon: str
    title: str | Message
    note: str | Message
    href: str


@pages.get("/v/<key:venture_id>/")
@at_venture(Can.VIEW_OWN_VENTURE)
def venture(here: Home) -> ResponseReturnValue:
    """Show a member what is due, what comes next and what to do."""
    found = open_invoices_of(here.facility.id, here.venture.id)
    parts = shared({each.invoice.id: each.open for each in found})
    invoices = [each for each in found if _owes(each, parts)]
    results = graduation.readiness(here.facility, here.venture, here.today)
    return render_template(
        "home/venture.html",
        here=here,
        due=invoices[0] if invoices else None,
        parts=parts,
        others=invoices[1:],
        inside=here.venture.stage is Stage.TENANT,
        coming=sorted(_coming(here), key=lambda each: each.at)[:COMING_SHOWN],
        todos=list(_todos(here, invoices)),
        results=as_rows(results, here.facility.currency),
        met=met(results),
    )


def _owes(each: OpenInvoice, parts: dict[int, Shared]) -> bool:
    """Whether the venture itself is to pay anything of an invoice."""
    part = parts.get(each.invoice.id)
    return part is None or part.own > 0


def _coming(here: Home) -> Iterator[Coming]:
    sessions = mentoring.upcoming(here.venture.id, here.now)
    with_session = {session.booking_id for session in sessions}
    for session in mentoring.readable_by_member(sessions, here.actor, here.venture.id):
        yield _session(here, session)
    for booking in bookings.next_of(here.venture.id, here.now, COMING_SHOWN):
        if booking.id not in with_session:
            href = url_for(
                "bookings.own_booking", venture_id=here.venture.id, booking_id=booking.id
            )
            note = stretch(booking.starts_at, booking.ends_at, here.facility.zone)
            yield Coming(booking.starts_at, "calendar", name_of(booking.room), note, href)


def _session(here: Home, session: MentoringSession) -> Coming:
    title = say("Mentoring with %(name)s", name=session.manager.name)
    href = url_for("mentoring.own_session", venture_id=here.venture.id, session_id=session.id)
    note = stretch(session.starts_at, session.ends_at, here.facility.zone)
    return Coming(session.starts_at, "message-circle", title, note, href)


def _todos(here: Home, invoices: list[OpenInvoice]) -> Iterator[dict[str, Any]]:
    venture_id = here.venture.id
    for late in invoices:
        if late.invoice.due_on < here.today:
            yield {
                "icon": "alert-triangle",
                "title": say("Invoice %(number)s is overdue", number=late.invoice.number),
                "note": say("Was due on %(day)s", day=late.invoice.due_on),
                "href": url_for(
                    "billing.own_invoice", venture_id=venture_id, invoice_id=late.invoice.id
                ),
                "hot": True,
            }
    for lease in leases.of_venture(venture_id):
        if lease.status is LeaseStatus.OFFERED:
            yield {
                "icon": "signature",
                "title": say("A lease of unit %(code)s is offered to you", code=lease.unit.code),
                "note": say("Answer by %(day)s", day=lease.offer_expires_on or lease.starts_on),
                "href": url_for("leases.own", venture_id=venture_id),
            }
    yield from _deposits(here)
    yield from _actions(here)
    for month in graduation.missing_figures(here.venture, here.facility, here.today):
        yield _report(here, month)


def _deposits(here: Home) -> Iterator[dict[str, Any]]:
    for lease, amount in leases.open_deposits(here.facility.id, here.venture.id).due:
        yield {
            "icon": "wallet",
            "title": say("%(amount)s of the deposit is due", amount=Sum(amount, lease.currency)),
            "note": say("Unit %(code)s", code=lease.unit.code),
            "href": url_for("leases.own", venture_id=here.venture.id) + f"#{lease.number.lower()}",
        }


def _actions(here: Home) -> Iterator[dict[str, Any]]:
    """What was agreed in sessions: the venture's own first, then what its managers promised."""
    items = mentoring.open_actions(here.venture.id)
    for item in sorted(items, key=lambda each: each.owner is ActionOwner.MANAGER):
        late = item.due_on is not None and item.due_on < here.today
        icon, notes = "list-check", []
        if item.owner is ActionOwner.MANAGER:
            icon, notes = "hourglass", [say("Your manager does this")]
        if item.due_on:
            notes.append(say("Due on %(day)s", day=item.due_on))
        yield {
            "icon": "alert-triangle" if late else icon,
            "title": item.title,
            "note": " · ".join(str(t(note)) for note in notes),
            "href": url_for("mentoring.own", venture_id=here.venture.id) + "#todo",
            "hot": late,
        }


def _report(here: Home, month: date) -> dict[str, Any]:
    due = report_due(month)
    return {
        "icon": "chart-bar",
        "title": say("File the figures of %(month)s", month=format_month(month, language())),
        "note": say("Due on %(day)s", day=due),
        "href": url_for("graduation.own_file", venture_id=here.venture.id, month=f"{month:%Y-%m}"),
        "hot": due < here.today,
    }
