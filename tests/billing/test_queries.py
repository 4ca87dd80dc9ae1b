from datetime import date

import pytest

from incubator.billing import queries
from incubator.billing.models import (
    Allocation,
    ChargeKind,
    Invoice,
    Payment,
    PaymentMethod,
    TaxCategory,
)
from incubator.billing.queries import InvoiceSearch, InvoiceState
from incubator.core.days import Roll, Stretch
from incubator.core.db import db
from incubator.core.errors import NotFound
from incubator.leases.models import Delivery, LeaseSubsidy, Method, SubsidyProgramme
from incubator.spaces.actions import load_holidays
from incubator.spaces.models import DueRule
from tests.factories.base import (
    keep,
    make_facility,
    make_floor,
    make_lease,
    make_unit,
    make_venture,
)
from tests.factories.billing import (
    MAY,
    NOW,
    TODAY,
    bill,
    make_charge,
    make_invoice,
    take_back,
)
from tests.vectors import VECTORS


def pay(invoice: Invoice, amount: int, allocated: int | None = None) -> None:
    payment = keep(
        Payment(
            facility_id=invoice.facility_id,
            organisation_id=invoice.organisation_id,
            method=PaymentMethod.BANK,
            amount=amount,
            currency="JPY",
            received_on=TODAY,
            recorded_at=NOW,
            recorded_by="x",
            receipt_number=f"R-{invoice.id}-{amount}",
        )
    )
    share = amount if allocated is None else allocated
    keep(Allocation(payment_id=payment.id, invoice_id=invoice.id, amount=share, on_day=TODAY))


def test_what_is_open_and_overdue_follows_from_what_came_in():
    facility = make_facility()
    venture, other = make_venture(facility), make_venture(facility)
    invoice = make_invoice(venture, amount=1000)
    assert queries.open_amount(invoice.id) == 1100
    late = date(2026, 5, 2)
    assert queries.overdue_organisations(facility.id, late) == {venture.id: 1100}
    assert queries.overdue_organisations(facility.id, TODAY) == {}
    pay(invoice, 700, allocated=600)
    balance = queries.balances_of(venture.id, late)
    assert (balance.open, balance.overdue, balance.credit) == (500, 500, 100)
    assert balance.next_due_on == date(2026, 4, 30)
    nothing = queries.balances_of(other.id, late)
    assert (nothing.open, nothing.next_due_on) == (0, None)
    (row,) = queries.invoices_of(venture.id, TODAY)
    assert row.state is InvoiceState.PARTIAL
    (row,) = queries.invoices_of(venture.id, late)
    assert (row.state, row.open) == (InvoiceState.OVERDUE, 500)
    assert len(queries.allocations_of(invoice.id)) == 1


def test_billed_and_collected_by_month():
    facility = make_facility()
    invoice = make_invoice(make_venture(facility), amount=1000)
    pay(invoice, 300)
    months = [date(2026, 4, 1), MAY]
    assert queries.billed_and_collected(facility.id, months) == [
        (date(2026, 4, 1), 0, 0),
        (MAY, 1100, 300),
    ]
    assert queries.billed_and_collected(facility.id, []) == []


def test_search_by_day_amount_and_counterparty():
    """TV-098, BR-E10"""
    facility = make_facility()
    vector = VECTORS["TV-098"]
    docs, asked = vector["inputs"]["docs"], vector["inputs"]["query"]
    parties = {name: make_venture(facility, f"株式会社{name}") for _, _, name in docs}
    parties[docs[0][2]].name_kana = "クモロボ"
    nets = {112_656: 102_415, 184_800: 168_000}
    for text, total, name in docs:
        venture, day = parties[name], date.fromisoformat(text)
        make_charge(venture, source=f"x:{venture.id}:{day}", amount=nets[total])
        bill(facility, today=day)
    first, last = (date.fromisoformat(text) for text in asked["date"])
    least, most = asked["amount"]
    wanted = InvoiceSearch(
        issued_from=first, issued_to=last, least=least, most=most, party=asked["party"]
    )
    found = queries.search(facility.id, wanted, TODAY)
    hits = vector["expected"]["hits"]
    assert (found.count, found.total, len(found.rows)) == (hits, 112_656, 1)
    for fewer, hits in (
        (InvoiceSearch(), 3),
        (InvoiceSearch(party="100%"), 0),
        (InvoiceSearch(party="ろぼ"), 2),
        (InvoiceSearch(number="00002"), 1),
        (InvoiceSearch(month=MAY), 3),
        (InvoiceSearch(most=1), 0),
    ):
        assert queries.search(facility.id, fewer, TODAY, page=None).count == hits


@pytest.mark.parametrize("state", list(InvoiceState))
def test_search_by_state_agrees_with_the_state_shown(state: InvoiceState):
    facility = make_facility()
    venture = make_venture(facility)
    for number, paid in enumerate((0, 100, 1100)):
        make_charge(venture, source=f"x:{number}", amount=1000)
        (invoice,) = bill(facility)
        if paid:
            pay(invoice, paid)
    take_back(invoice)
    for day in (date(2026, 4, 30), date(2026, 5, 1)):
        every = queries.search(facility.id, InvoiceSearch(), day).rows
        found = queries.search(facility.id, InvoiceSearch(state=state), day).rows
        expected = {row.invoice.id for row in every if row.state is state}
        assert {row.invoice.id for row in found} == expected


def test_a_foreign_invoice_does_not_exist():
    facility, other = make_facility(), make_facility()
    venture = make_venture(facility)
    invoice = make_invoice(venture)
    stranger = make_venture(facility)
    assert queries.invoice_of(facility.id, invoice.id) is invoice
    assert queries.own_invoice(venture.id, invoice.id, queries.TO_PAY) is invoice
    assert queries.invoice_by_number(invoice.number, facility.id) is invoice
    for ask in (
        lambda: queries.invoice_of(other.id, invoice.id),
        lambda: queries.own_invoice(stranger.id, invoice.id),
        lambda: queries.invoice_of(facility.id, invoice.id, ~queries.TO_PAY),
        lambda: queries.invoice_by_number("none"),
        lambda: queries.invoice_by_number(invoice.number, other.id),
    ):
        with pytest.raises(NotFound):
            ask()


@pytest.mark.parametrize(
    ("rule", "month", "issued_on", "due"),
    [
        (DueRule.PREV_MONTH_END, MAY, TODAY, date(2026, 4, 30)),
        (DueRule.PREV_MONTH_DAY, MAY, TODAY, date(2026, 4, 27)),
        (DueRule.PREV_MONTH_DAY, date(2026, 10, 1), date(2026, 9, 20), date(2026, 9, 25)),
        (DueRule.PREV_MONTH_END, date(2027, 1, 1), date(2026, 12, 20), date(2027, 1, 4)),
        (DueRule.PREV_MONTH_END, MAY, date(2026, 5, 2), date(2026, 5, 7)),
    ],
)
def test_the_due_day_of_a_facility(rule: DueRule, month: date, issued_on: date, due: date):
    load_holidays(TODAY)
    facility = make_facility(due_rule=rule, due_day=25, holiday_roll=Roll.NEXT)
    assert queries.due_day(facility, month, issued_on) == due


@pytest.mark.parametrize(
    ("delivery", "taxable"),
    [(Delivery.RENT_REDUCTION, 62482), (Delivery.LANDLORD_AGENT, 92482)],
)
def test_the_way_a_subsidy_is_paid_decides_the_taxable_sum(delivery: Delivery, taxable: int):
    """BR-S07"""
    facility = make_facility()
    lease = make_lease(make_unit(facility, make_floor(facility)), make_venture(facility))
    programme = keep(
        SubsidyProgramme(
            facility_id=facility.id,
            code="p",
            name="補助",
            method=Method.FIXED,
            steps=[{"months": 0, "rate": 30000}],
            delivery=delivery,
            valid_from=date(2024, 4, 1),
        )
    )
    keep(LeaseSubsidy(lease_id=lease.id, programme_id=programme.id, from_month=date(2025, 4, 1)))
    db.session.expire_all()
    (invoice,) = bill(facility)
    assert invoice.taxable_total == taxable
    assert queries.audit() == []


@pytest.mark.parametrize(
    ("day", "standard", "reduced"),
    [
        (date.min, 0, 0),
        (date(1989, 3, 31), 0, 0),
        (date(1989, 4, 1), 300, 300),
        (date(1997, 4, 1), 500, 500),
        (date(2014, 3, 31), 500, 500),
        (date(2014, 4, 1), 800, 800),
        (date(2019, 9, 30), 800, 800),
        (date(2019, 10, 1), 1000, 800),
        (TODAY, 1000, 800),
    ],
)
def test_every_day_has_a_tax_rate(day: date, standard: int, reduced: int):
    """BR-T01"""
    make_facility()
    assert queries.tax_rate_on(day) == standard
    assert queries.tax_rate_on(day, TaxCategory.REDUCED) == reduced


def test_a_charge_may_come_from_anywhere():
    venture = make_venture(make_facility())
    days = Stretch(TODAY, date(2026, 4, 21))
    charge = make_charge(venture, kind=ChargeKind.OTHER, source="manual:1", service=days)
    assert charge.service_month == date(2026, 4, 1)


@pytest.mark.parametrize("case", VECTORS["TV-040"]["expected"], ids=lambda case: case["nominal"])
def test_due_days_roll_off_days_on_which_banks_rest(case: dict[str, str]):
    """TV-040"""
    load_holidays(TODAY)
    nominal = date.fromisoformat(case["nominal"])
    terms = {"due_rule": DueRule.SAME_MONTH_DAY, "due_day": nominal.day}
    for how, due in ((Roll.NEXT, "next"), (Roll.PREVIOUS, "prev"), (Roll.NONE, "nominal")):
        facility = make_facility(**terms, holiday_roll=how)
        assert queries.due_day(facility, nominal, TODAY) == date.fromisoformat(case[due])
