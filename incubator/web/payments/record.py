"""Recording money that came in."""

from collections import Counter
from collections.abc import Sequence
from secrets import token_urlsafe

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from incubator.billing.actions.pay import PaymentDetails, record_payment
from incubator.billing.models import PaymentMethod
from incubator.billing.queries import TO_PAY, invoice_by_number, invoice_of
from incubator.billing.queries import payments as queries
from incubator.billing.queries.ledger import OpenInvoice
from incubator.core import promises, reading
from incubator.core.access import Can
from incubator.core.db import transaction
from incubator.core.errors import NotFound, RuleBroken
from incubator.core.i18n import Sum, say
from incubator.organisations.models import Organisation, Stage
from incubator.organisations.queries import all_ventures, venture_of
from incubator.organisations.rules import payer_key
from incubator.web.answers import lead_on
from incubator.web.filters import language, name_of
from incubator.web.forms import choices, day_asked, on_page, page_asked
from incubator.web.guard import Here, at_facility
from incubator.web.keys import key_of, number_of
from incubator.web.payments.blueprint import pages
from incubator.web.payments.forms import RecordForm, amount_of, notes_on


@pages.route("/f/<code>/payments/record", methods=["GET", "POST"])
@at_facility(Can.RUN_BILLING)
def record(here: Here) -> ResponseReturnValue:
    """Choose what was paid, then say how."""
    number, key = request.args.get("invoice", ""), request.args.get("venture", "")
    if not number and not key:
        return _choose(here)
    venture, invoice_id = _about(here, number, key)
    found = queries.open_invoices_of(here.facility.id, venture.id)
    form = RecordForm()
    if form.is_submitted() and (known := queries.payment_once(form.once_key.data)):
        payment = queries.payment_in(here.facility.id, known.id)
        return redirect(_address(here, payment.id), 303)
    _offer(form, here, venture, found, invoice_id)
    if form.validate_on_submit():
        with form.refusing():
            payment_id = _save(here, form, venture.id, found)
            amount = Sum(form.amount.data, here.facility.currency)
            said = say("%(amount)s recorded. The receipt is ready.", amount=amount)
            return lead_on(said, _address(here, payment_id))
        found = queries.open_invoices_of(here.facility.id, venture.id)
    page = render_template(
        "payments/record.html",
        here=here,
        form=form,
        venture=venture,
        found=found,
        notes=notes_on(found),
    )
    return page, form.status


def _choose(here: Here) -> str:
    words = reading.tidy(request.args.get("q", ""))[:100]
    found = queries.open_invoices_in(here.facility.id)
    if words:
        found = _searched(found, words, here.facility.currency)
    page = page_asked()
    return render_template(
        "payments/choose.html",
        here=here,
        found=found,
        shown=on_page(found, page),
        page=page,
        words=words,
        day=day_asked(),
        ventures=_ventures(here, payer_key(words)),
    )


def _ventures(here: Here, key: str) -> list[tuple[str, str]]:
    """Whoever could pay in advance: (key, name); those that were searched for, if any."""
    stages = [stage for stage in Stage if stage is not Stage.LEFT]
    every = all_ventures(here.facility.id, *stages, lang=language())
    found = [each for each in every if _is_called(each, key)]
    return [(key_of(each.id), name_of(each)) for each in found or every]


def _searched(found: Sequence[OpenInvoice], words: str, currency: str) -> list[OpenInvoice]:
    """Those that a line of a bank statement may mean: one amount may pay all that is open."""
    owed: Counter[int] = Counter()
    for one in found:
        owed[one.invoice.organisation_id] += one.open
    amount, key = amount_of(words, currency), payer_key(words)
    return [
        one
        for one in found
        if _says(one, key) or amount in {one.open, owed[one.invoice.organisation_id]}
    ]


def _says(one: OpenInvoice, key: str) -> bool:
    return (
        key in payer_key(one.invoice.number)
        or key in str(one.open)
        or _is_called(one.invoice.organisation, key)
    )


def _is_called(venture: Organisation, key: str) -> bool:
    names = (venture.name, venture.name_en, venture.name_kana)
    return any(key in payer_key(name) for name in names)


def _about(here: Here, number: str, key: str) -> tuple[Organisation, int | None]:
    """The venture that paid, and the invoice it named."""
    if number:
        try:
            invoice = invoice_by_number(number, here.facility.id, TO_PAY)
        except NotFound:
            invoice = invoice_of(here.facility.id, number_of(number), TO_PAY)
        return invoice.organisation, invoice.id
    return venture_of(here.facility.id, number_of(key)), None


def _offer(
    form: RecordForm,
    here: Here,
    venture: Organisation,
    found: Sequence[OpenInvoice],
    invoice_id: int | None,
) -> None:
    """Fill in what is likely."""
    form.invoices.choices = choices((one.invoice.number, one.invoice.number) for one in found)
    if form.is_submitted():
        return
    chosen = [one for one in found if invoice_id in {None, one.invoice.id}]
    form.amount.data = sum(one.open for one in chosen) or None
    form.invoices.data = [one.invoice.number for one in chosen]
    form.received_on.data = day_asked() or here.today
    form.method.data = PaymentMethod.BANK.value
    form.payer_name.data = venture.name_kana or venture.name
    form.once_key.data = token_urlsafe(16)


def _save(here: Here, form: RecordForm, venture_id: int, found: Sequence[OpenInvoice]) -> int:
    """Record it once, however often the form is sent; the number of the payment."""
    by_number = {one.invoice.number: one.invoice.id for one in found}
    gone = [number for number in form.invoices.data or () if number not in by_number]
    if gone:
        gone_words = say("Invoice %(number)s is not open any more.", number=gone[0])
        raise RuleBroken(gone_words, "invoices")
    details = _details(
        here, form, venture_id, tuple(by_number[each] for each in form.invoices.data or ())
    )
    try:
        with transaction():
            return record_payment(details, actor=here.actor, now=here.now, today=here.today).id
    except IntegrityError as error:
        known = queries.payment_once(details.once_key)
        if known is None or not promises.broke(error, "once_key"):
            raise
        return known.id


def _details(
    here: Here, form: RecordForm, venture_id: int, invoices: tuple[int, ...]
) -> PaymentDetails:
    return PaymentDetails(
        facility_id=here.facility.id,
        organisation_id=venture_id,
        amount=form.amount.data,
        received_on=form.received_on.data,
        method=PaymentMethod(form.method.data),
        invoices=invoices,
        payer_name=form.payer_name.data or "",
        note=form.note.data or "",
        once_key=form.once_key.data or None,
    )


def _address(here: Here, payment_id: int) -> str:
    return url_for("payments.payment", code=here.facility.code, payment_id=payment_id)
