"""Recording money that came in, and using what was paid too much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from incubator.billing.actions.books import Event, enter
from incubator.billing.actions.remind import call_off_paid
from incubator.billing.actions.trail import note
from incubator.billing.models import Allocation, Invoice, Payment, PaymentMethod
from incubator.billing.queries import payments as queries
from incubator.billing.queries.funded import awaited_of, own_parts
from incubator.billing.queries.house import prefix_on
from incubator.billing.queries.ledger import OpenInvoice
from incubator.billing.rules import pay as rules
from incubator.core import outbox
from incubator.core.access import Actor, Can, require
from incubator.core.db import db, lock
from incubator.core.errors import NotFound, RuleBroken
from incubator.core.i18n import say
from incubator.core.numbering import next_number
from incubator.core.reading import tidy
from incubator.organisations.models import Organisation
from incubator.organisations.queries import addressees
from incubator.spaces.models import Facility


@dataclass(frozen=True)
class PaymentDetails:
    """Money from a venture, in minor units of the facility's currency.

    It settles `invoices`, oldest due first (all open ones when None), or exactly the `parts`
    by invoice id; the rest is the venture's credit.
    """

    facility_id: int
    organisation_id: int
    amount: int
    received_on: date
    method: PaymentMethod = PaymentMethod.BANK
    invoices: tuple[int, ...] | None = None
    parts: Mapping[int, int] | None = None
    payer_name: str = ""
    note: str = ""
    external_id: str | None = None
    once_key: str | None = None


@dataclass(frozen=True)
class CreditUse:
    """Part of a venture's credit for one of its invoices."""

    facility_id: int
    organisation_id: int
    invoice_id: int
    amount: int


def record_payment(details: PaymentDetails, *, actor: Actor, now: datetime, today: date) -> Payment:
    """Record money that came in; sent twice with one key it is recorded once."""
    require(actor, Can.RUN_BILLING, facility=details.facility_id)
    return receive(details, actor=actor, now=now, today=today)


def receive(details: PaymentDetails, *, actor: Actor, now: datetime, today: date) -> Payment:
    """Take in money on behalf of whoever reports it; the venture's lock makes others wait."""
    lock(Organisation, details.organisation_id)
    known = queries.payment_once(details.once_key, details.external_id)
    if known is not None and known.facility_id != details.facility_id:
        raise NotFound
    return known or take_in(details, actor=actor, now=now, today=today)


def take_in(details: PaymentDetails, *, actor: Actor, now: datetime, today: date) -> Payment:
    """Write down money that is known to be new, while the venture is locked."""
    rules.check_received_on(details.received_on, today)
    found = _locked_open(details.facility_id, details.organisation_id)
    chosen = _chosen(found, details)
    settled = rules.share_out(details.amount, chosen, details.parts, _first(chosen, details))
    payment = _write(details, actor, now, today)
    _settle(payment, settled.parts, details.received_on)
    call_off_paid(found, dict(settled.parts), today)
    enter(
        _event(payment, f"payment:{payment.id}", details.received_on),
        rules.postings_of(payment.method.value, payment.amount, settled.rest),
    )
    _record(payment, settled, found, actor, now)
    _mail(payment, settled, found, now, today)
    return payment


def _locked_open(facility_id: int, organisation_id: int) -> list[OpenInvoice]:
    """What is open, with its invoices locked; read again once nobody else can change it."""
    found = queries.open_invoices_of(facility_id, organisation_id)
    lock(Invoice, *(one.invoice.id for one in found))
    return queries.open_invoices_of(facility_id, organisation_id)


def _chosen(found: Sequence[OpenInvoice], details: PaymentDetails) -> list[rules.OpenItem]:
    wanted = details.invoices
    return [one.item for one in found if wanted is None or one.invoice.id in wanted]


def _first(chosen: Sequence[rules.OpenItem], details: PaymentDetails) -> Mapping[int, int]:
    """Of several invoices what the payer itself owes: a funder its parts, the venture its own."""
    if len(chosen) < 2:
        return {}
    left = {item.invoice_id: item.open for item in chosen}
    own = own_parts(left)
    if details.method is not PaymentMethod.SUBSIDY:
        return own
    return {invoice_id: amount - own[invoice_id] for invoice_id, amount in left.items()}


def _write(details: PaymentDetails, actor: Actor, now: datetime, today: date) -> Payment:
    facility = db.session.get_one(Facility, details.facility_id)
    payment = Payment(
        facility_id=details.facility_id,
        organisation_id=details.organisation_id,
        method=details.method,
        amount=details.amount,
        currency=facility.currency,
        received_on=details.received_on,
        recorded_at=now,
        recorded_by=actor.name,
        payer_name=tidy(details.payer_name),
        note=details.note,
        external_id=details.external_id,
        once_key=details.once_key,
        receipt_number=_take_number(facility, today),
    )
    db.session.add(payment)
    db.session.flush()
    return payment


def _take_number(facility: Facility, today: date) -> str:
    number = next_number(rules.receipt_series_of(facility.id, today))
    return rules.receipt_number_of(prefix_on(facility, today), today, number)


def _settle(payment: Payment, parts: Sequence[tuple[int, int]], on_day: date) -> list[Allocation]:
    written = [
        Allocation(payment_id=payment.id, invoice_id=invoice_id, amount=part, on_day=on_day)
        for invoice_id, part in parts
    ]
    db.session.add_all(written)
    db.session.flush()
    return written


def _event(payment: Payment, source: str, day: date) -> Event:
    return Event(payment.facility_id, payment.organisation_id, day, source, payment.currency)


def _record(
    payment: Payment,
    settled: rules.Settled,
    found: Sequence[OpenInvoice],
    actor: Actor,
    now: datetime,
) -> None:
    numbers = {one.invoice.id: one.invoice.number for one in found}
    after = {
        "receipt": payment.receipt_number,
        "amount": payment.amount,
        "method": payment.method.value,
        "received_on": payment.received_on,
        "invoices": {numbers[invoice_id]: part for invoice_id, part in settled.parts},
        "credit": settled.rest,
    }
    note("record_payment", payment, after, actor=actor, now=now)


def _mail(
    payment: Payment,
    settled: rules.Settled,
    found: Sequence[OpenInvoice],
    now: datetime,
    today: date,
) -> None:
    """Thank the venture and say what is still open."""
    by_id = {one.invoice.id: one for one in found}
    parts = [
        {"number": by_id[at].invoice.number, "amount": part, "left": by_id[at].open - part}
        for at, part in settled.parts
    ]
    venture = db.session.get_one(Organisation, payment.organisation_id)
    facility = db.session.get_one(Facility, payment.facility_id)
    for to in addressees(venture, today):
        outbox.post(
            "payment_received",
            to,
            {
                "payment": payment,
                "parts": parts,
                "rest": settled.rest,
                "venture": venture,
                "facility": facility,
            },
            now=now,
            facility=payment.facility_id,
            once=f"payment:{payment.id}:{to.address}",
        )


def use_credit(use: CreditUse, *, actor: Actor, now: datetime, today: date) -> list[Allocation]:
    """Settle an invoice with credit, oldest payment first; a funder's money only its part."""
    require(actor, Can.RUN_BILLING, facility=use.facility_id)
    rules.check_positive(use.amount)
    lock(Organisation, use.organisation_id)
    found = {one.invoice.id: one for one in _locked_open(use.facility_id, use.organisation_id)}
    if (chosen := found.get(use.invoice_id)) is None:
        raise RuleBroken(say("Nothing is open on this invoice any more."), "invoice")
    rules.share_out(use.amount, [chosen.item], {use.invoice_id: use.amount})
    parts = rules.take_credit(
        use.amount,
        queries.own_credit(use.facility_id, use.organisation_id),
        queries.funded_credit(use.facility_id, use.organisation_id),
        awaited_of(chosen.invoice.id, chosen.open),
        chosen.invoice.currency,
    )
    call_off_paid([chosen], {use.invoice_id: use.amount}, today)
    return [
        _use_part(payment_id, use.invoice_id, part, actor=actor, now=now, today=today)
        for payment_id, part in parts
    ]


def _use_part(
    payment_id: int, invoice_id: int, part: int, *, actor: Actor, now: datetime, today: date
) -> Allocation:
    payment = db.session.get_one(Payment, payment_id)
    (allocation,) = _settle(payment, [(invoice_id, part)], today)
    enter(
        _event(payment, f"allocation:{allocation.id}", today),
        [(rules.CREDIT, part), (rules.RECEIVABLE, -part)],
    )
    note("use_credit", payment, {"invoice": invoice_id, "amount": part}, actor=actor, now=now)
    return allocation
