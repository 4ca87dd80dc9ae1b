"""Commands about billing: the monthly run, invoices, the auditor."""

import sys
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import click

from incubator.billing import queries
from incubator.billing.actions import bill_month, keep_document
from incubator.billing.models import Invoice
from incubator.billing.pdf import render
from incubator.billing.queries.unsubsidised import Unsubsidised, billed_unsubsidised
from incubator.billing.rules import issuable_from, reason
from incubator.cli.door import (
    as_json,
    facility_of,
    facility_option,
    json_option,
    operator,
    with_app,
)
from incubator.core import clock
from incubator.core.db import db, transaction
from incubator.core.i18n import LANGUAGES, format_money, name_of, translate
from incubator.spaces.models import Facility
from incubator.spaces.queries import facilities

Command = Callable[..., Any]


def _month(_context: object, _parameter: object, text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise click.BadParameter(f"{text} is not a month; write it like 2026-05.") from None


def month_option(command: Command) -> Command:
    """The month of service, such as 2026-05."""
    return click.option("--month", required=True, callback=_month, help="Such as 2026-05.")(command)


def _money(amount: int, currency: str) -> str:
    return format_money(amount, currency, "en")


@click.group()
def rent() -> None:
    """The monthly run that bills rent and everything else."""


@rent.command("preview")
@facility_option
@month_option
@json_option
@with_app
def preview(code: str, month: date, as_data: bool) -> None:
    """Show what a run would issue; it issues nothing."""
    facility = facility_of(code)
    today = clock.today(facility.zone)
    found = queries.preview(facility, month, today=today)
    in_full = billed_unsubsidised(facility.id, today, month=month)
    if as_data:
        as_json(
            {
                "month": f"{month:%Y-%m}",
                "issuable_from": issuable_from(month),
                "due_on": found.plan.due_on,
                "already_issued": len(found.issued),
                "invoices": [_proposed(each) for each in found.proposed],
                "waiting": [_proposed(each) for each in found.waiting],
                "warnings": [_warning(each) for each in found.concerns],
                "billed_without_subsidy": [_in_full(each) for each in in_full],
                "total": found.total,
            }
        )
        return
    for each in found.proposed:
        click.echo(f"{_money(each.draft.total, each.draft.currency):>14}  {each.venture.name}")
    click.echo(
        f"{_money(found.total, facility.currency):>14}  {len(found.proposed)} to issue, "
        f"{len(found.issued)} issued before"
    )
    if today < issuable_from(month):
        click.echo(f"They can be issued from {issuable_from(month)}.")
    for each in found.waiting:
        amount = _money(each.draft.total, each.draft.currency)
        click.echo(f"{amount:>14}  {each.venture.name} waits for a month in which more is owed")
    _warn(found.concerns, in_full)


def _warn(
    concerns: Iterable[queries.Concern], in_full: Iterable[Unsubsidised], *, aside: bool = False
) -> None:
    """Name what makes the invoices wrong; `aside` of a result, on standard error."""
    for concern in concerns:
        names = ", ".join(
            f"{case.lease} {translate(case.venture, 'en')}".strip() for case in concern.cases
        )
        told = (
            translate(concern.programme or "", "en"),
            translate(concern.lack.label, "en"),
            names,
        )
        click.echo(f"Warning: {' - '.join(filter(None, told))}", err=aside)
    for one in in_full:
        click.echo(
            f"Warning: {one.invoice.number} bills {one.lease.unit.code} without the subsidy"
            f" {name_of(one.programme, 'en')}. Ask for a credit note and that it is billed anew.",
            err=aside,
        )


def _warning(concern: queries.Concern) -> dict[str, Any]:
    return {
        "lack": concern.lack.value,
        "programme": concern.programme.name if concern.programme else "",
        "ventures": [case.venture.name for case in concern.cases],
        "leases": [case.lease for case in concern.cases if case.lease],
    }


def _in_full(each: Unsubsidised) -> dict[str, str]:
    return {
        "invoice": each.invoice.number,
        "lease": each.lease.unit.code,
        "programme": each.programme.name,
    }


def _proposed(each: queries.Proposed) -> dict[str, Any]:
    draft = each.draft
    return {
        "venture": each.venture.name,
        "currency": draft.currency,
        "lines": [
            {
                "kind": line.item.kind,
                "title": line.item.title,
                "from": line.item.service.start,
                "until": line.item.service.until,
                "amount": line.item.amount,
                "rate_bp": line.rate_bp,
            }
            for line in draft.lines
        ],
        "taxable": draft.taxable,
        "tax": draft.tax,
        "untaxed": draft.untaxed,
        "total": draft.total,
    }


@rent.command("run")
@facility_option
@month_option
@json_option
@with_app
def run(code: str, month: date, as_data: bool) -> None:
    """Issue what is missing for a month; killed anywhere, it can simply be run again."""
    facility = facility_of(code)
    today = clock.today(facility.zone)
    concerns = queries.preview(facility, month, today=today).concerns
    _warn(concerns, billed_unsubsidised(facility.id, today, month=month), aside=True)
    issued: list[tuple[str, int]] = []
    done = bill_month(
        facility,
        month,
        inside=transaction,
        actor=operator(facility),
        now=clock.now(),
        today=today,
        each=lambda invoice: issued.append((invoice.number, invoice.total)),
    )
    if as_data:
        invoices = [{"number": number, "total": total} for number, total in issued]
        as_json({"month": f"{month:%Y-%m}", "issued": invoices, "total": done.total})
        return
    click.echo(f"Invoices issued: {done.issued}, {_money(done.total, facility.currency)} in all.")


@click.group()
def invoices() -> None:
    """Issued invoices and credit notes."""


@invoices.command("list")
@click.option("--facility", "code", help="Code of the facility; else those of all.")
@click.option("--party", default="", help="Part of the venture's name.")
@click.option("--state", type=click.Choice([each.value for each in queries.InvoiceState]))
@json_option
@with_app
def list_invoices(code: str | None, party: str, state: str | None, as_data: bool) -> None:
    """List them, the newest first; those overdue longest late first."""
    wanted = queries.InvoiceSearch(
        party=party, state=queries.InvoiceState(state) if state else None
    )
    rows = [
        row
        for facility in ([facility_of(code)] if code else facilities())
        for row in queries.search(facility.id, wanted, clock.today(facility.zone), page=None).rows
    ]
    if as_data:
        as_json([_short(row) for row in rows])
        return
    for row in rows:
        invoice = row.invoice
        click.echo(
            f"{invoice.number}  {invoice.issued_on}  {row.state.value:<8}"
            f"{_money(invoice.total, invoice.currency):>14}  {invoice.recipient['name']}"
        )


def _short(row: queries.Standing) -> dict[str, Any]:
    invoice = row.invoice
    return {
        "number": invoice.number,
        "kind": invoice.kind.value,
        "venture": invoice.recipient["name"],
        "issued_on": invoice.issued_on,
        "due_on": invoice.due_on,
        "currency": invoice.currency,
        "total": invoice.total,
        "paid": row.settled.paid,
        "open": row.open,
        "state": row.state.value,
    }


@invoices.command("show")
@click.argument("number")
@click.option("--facility", "code", help="Where several facilities use the same number.")
@json_option
@with_app
def show(number: str, code: str | None, as_data: bool) -> None:
    """Show one with its lines and taxes."""
    invoice = _by_number(number, code)
    here = db.session.get_one(Facility, invoice.facility_id)
    (row,) = queries.standings([invoice], clock.today(here.zone))
    if as_data:
        as_json({**_short(row), **_parts(invoice)})
        return
    click.echo(f"{invoice.number}  {invoice.recipient['name']}  {row.state.value}")
    for line in invoice.lines:
        amount = _money(line.amount, invoice.currency)
        click.echo(f"{amount:>14}  {line.kind.value} {line.title} {line.service_from}")
    for tax in invoice.taxes:
        click.echo(f"{_money(tax.tax, invoice.currency):>14}  tax at {tax.rate_bp / 100:g}%")
    click.echo(f"{_money(invoice.total, invoice.currency):>14}  total, due {invoice.due_on}")


def _parts(invoice: Invoice) -> dict[str, Any]:
    return {
        "lines": [
            {
                "kind": line.kind.value,
                "title": line.title,
                "from": line.service_from,
                "until": line.service_until,
                "amount": line.amount,
                "rate_bp": line.rate_bp,
                "rule": line.why.get("rule", ""),
                "inputs": line.why.get("inputs", {}),
                "why": translate(reason(line.why) or "", "en"),
            }
            for line in invoice.lines
        ],
        "taxes": [
            {"rate_bp": tax.rate_bp, "taxable": tax.taxable, "tax": tax.tax}
            for tax in invoice.taxes
        ],
    }


def _by_number(number: str, code: str | None) -> Invoice:
    return queries.invoice_by_number(number, facility_of(code).id if code else None)


@invoices.command("pdf")
@click.argument("number")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--facility", "code", help="Where several facilities use the same number.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Else the invoice's own language.")
@json_option
@with_app
def pdf(number: str, file: Path, code: str | None, lang: str | None, as_data: bool) -> None:
    """Write the PDF; the bytes are those kept from its first rendering on."""
    invoice = _by_number(number, code)
    subject, language = f"invoice:{invoice.id}", lang or invoice.language
    document = queries.document_of(subject, language)
    if document is None:
        made = render("invoice", queries.invoice_paper(invoice, language))
        with transaction():
            document = keep_document(subject, language, made, now=clock.now())
            file.write_bytes(document.pdf)
    else:
        file.write_bytes(document.pdf)
    size = file.stat().st_size
    if as_data:
        facts = {"number": invoice.number, "language": language, "sha256": document.sha256}
        as_json({**facts, "file": str(file), "bytes": size})
        return
    click.echo(f"{file}: {size} bytes")


@click.command("audit")
@json_option
@with_app
def audit(as_data: bool) -> None:
    """Recompute the books; exit code 1 when anything does not hold."""
    found = queries.audit()
    if as_data:
        as_json([vars(each) for each in found])
    else:
        for each in found:
            click.echo(f"{each.check}: {each.record} {each.problem}")
        click.echo("The books hold." if not found else f"{len(found)} violations.")
    if found:
        sys.exit(1)


COMMANDS: tuple[click.Command, ...] = (rent, invoices, audit)
