"""Commands about credit that is paid back. Approving takes a person who has signed in."""

from datetime import date
from typing import Any

import click

from incubator.billing.actions.refund import RefundDetails, ask_refund
from incubator.billing.actions.reverse import RefundReversalDetails, reverse_refund
from incubator.billing.models import RefundRequest, RefundReversalCause
from incubator.billing.queries import refunds
from incubator.cli.door import (
    as_json,
    facility_of,
    facility_option,
    json_option,
    operator,
    with_app,
)
from incubator.cli.people import venture_called
from incubator.core import clock, reading
from incubator.core.db import transaction
from incubator.core.i18n import format_money


@click.group()
def refund() -> None:
    """Credit that is paid back; a facility administrator approves it on its page."""


@refund.command("ask")
@facility_option
@click.option("--venture", "name", required=True, help="The venture's name.")
@click.option("--amount", required=True, help="What is paid back.")
@click.option("--to", "paid_to", required=True, help="The account, as on the transfer slip.")
@click.option("--note", default="", help="For whoever approves it.")
@json_option
@with_app
def ask(code: str, name: str, amount: str, paid_to: str, note: str, as_data: bool) -> None:
    """Ask to pay credit back; it counts once somebody has approved it."""
    with transaction():
        facility = facility_of(code)
        details = RefundDetails(
            facility_id=facility.id,
            organisation_id=venture_called(name, facility).id,
            amount=reading.amount(amount, facility.currency, field="amount"),
            paid_to=paid_to,
            note=note,
        )
        now, today = clock.now(), clock.today(facility.zone)
        asked = ask_refund(details, actor=operator(facility), now=now, today=today)
        if as_data:
            as_json(_facts(asked))
            return
        click.echo(f"{_amount(asked)} to {asked.organisation.name}: waits for approval")


@refund.command("list")
@facility_option
@json_option
@with_app
def list_refunds(code: str, as_data: bool) -> None:
    """List what waits for approval and what was paid back lately."""
    facility_id = facility_of(code).id
    waiting, paid = refunds.waiting_in(facility_id), refunds.refunds_in(facility_id)
    rows: list[dict[str, Any]] = [_facts(asked) for asked in waiting]
    rows += [
        {
            "number": each.number,
            "venture": each.organisation.name,
            "amount": each.amount,
            "currency": each.currency,
            "paid_on": each.paid_on,
            "status": "reversed" if each.reversal else "paid",
            "asked_by": each.request.asked_by if each.request else None,
            "approved_by": each.request.decided_by if each.request else None,
        }
        for each in paid
    ]
    if as_data:
        as_json(rows)
        return
    for row in rows:
        amount = format_money(row["amount"], row["currency"], "en")
        head = f"{row.get('number', '-'):<20}  {row.get('paid_on', '-')!s:<10}  {row['status']:<8}"
        click.echo(f"{head}{amount:>14}  {row['venture']}")


@refund.command("reverse")
@click.argument("number")
@facility_option
@click.option("--reason", required=True, help="For the office and the auditor.")
@click.option(
    "--cause", type=click.Choice([each.value for each in RefundReversalCause]), required=True
)
@click.option("--date", "on", help="The day of the reversal; else today.")
@json_option
@with_app
def reverse(number: str, code: str, reason: str, cause: str, on: str | None, as_data: bool) -> None:
    """Take a repayment back that was recorded by mistake, or that came back from the bank."""
    with transaction():
        facility = facility_of(code)
        today = clock.today(facility.zone)
        found = refunds.refund_numbered(facility.id, number)
        details = RefundReversalDetails(_day(on, today), RefundReversalCause(cause), reason)
        made = reverse_refund(
            found, details, actor=operator(facility), now=clock.now(), today=today
        )
        if as_data:
            facts = {"number": found.number, "amount": found.amount, "currency": found.currency}
            as_json({**facts, "reversed_on": made.on_day, "cause": made.cause.value})
            return
        amount = format_money(found.amount, found.currency, "en")
        click.echo(f"{found.number}: {amount} is credit again; the notice is void")


def _day(text: str | None, today: date) -> date:
    return reading.day(text, field="date") if text else today


def _amount(asked: RefundRequest) -> str:
    return format_money(asked.amount, asked.currency, "en")


def _facts(asked: RefundRequest) -> dict[str, Any]:
    return {
        "venture": asked.organisation.name,
        "amount": asked.amount,
        "currency": asked.currency,
        "status": asked.status.value,
        "asked_by": asked.asked_by,
    }


COMMANDS: tuple[click.Command, ...] = (refund,)
