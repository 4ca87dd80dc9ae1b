"""Commands about leases."""

from datetime import date

import click

from incubator.billing.queries.lease_tax import tax_rules
from incubator.cli.door import as_json, facility_of, json_option, with_app
from incubator.core import clock, reading
from incubator.core.days import end_of_term
from incubator.core.db import db
from incubator.core.errors import NotFound
from incubator.core.i18n import format_money, format_month, name_of, translate
from incubator.leases import queries, rules
from incubator.leases.rules import Asked, OfferTerms, Quote, QuotedMonth
from incubator.spaces import queries as spaces
from incubator.spaces.models import Facility, Unit


class Day(click.ParamType[date]):
    """A day in any way people write one."""

    name = "day"

    def convert(
        self, value: object, _param: click.Parameter | None, _ctx: click.Context | None
    ) -> date:
        """Read it."""
        return value if isinstance(value, date) else reading.day(str(value))


@click.command("quote")
@click.option("--unit", required=True, help="The unit's code.")
@click.option("--start", required=True, type=Day(), help="The first day.")
@click.option("--months", required=True, type=click.IntRange(1, 600))
@click.option("--programme", "programmes", multiple=True, help="Code or name; in order.")
@click.option("--facility", "code", help="Its code; needed where there are several.")
@json_option
@with_app
def quote(
    unit: str,
    start: date,
    months: int,
    programmes: tuple[str, ...],
    code: str | None,
    *,
    as_data: bool,
) -> None:
    """Every month of a lease at list price, what moving in costs, and the whole stay."""
    facility, found = _unit(unit, code)
    chosen = [queries.programme_by_code(facility.id, each) for each in programmes]
    rent, unit_price = rules.agreed_price(Asked(found.area, found.list_rent, found.unit_price))
    offer = OfferTerms(
        facility_id=facility.id,
        unit_id=found.id,
        organisation_id=0,
        starts_on=start,
        ends_on=end_of_term(start, months),
        rent=rent,
        unit_price=unit_price,
        common_fee=found.common_fee,
        deposit_months=USUAL_DEPOSIT,
        programme_ids=tuple(each.id for each in chosen),
    )
    today = clock.today(facility.zone)
    tax = tax_rules(facility.id, today)
    draft = queries.draft_of(offer, found, facility, chosen, tax=tax)
    against = queries.objections(offer, draft, today=today, tax=tax)
    for said in (*(each.message for each in against), *rules.doubts(draft)):
        click.echo(f"warning: {translate(said, 'en')}", err=True)
    worked_out = rules.quote(draft)
    if as_data:
        as_json(_figures(worked_out))
    else:
        _tell(worked_out)


USUAL_DEPOSIT = 3


def _unit(unit: str, code: str | None) -> tuple[Facility, Unit]:
    if code is not None:
        facility = facility_of(code)
        return facility, spaces.unit_by_code(facility.id, unit)
    found = db.session.scalars(db.select(Unit).where(Unit.code == unit)).all()
    if len(found) != 1:
        known = "several facilities have" if found else "no facility has"
        raise NotFound(f"{known} a unit {unit}; name the facility with --facility")
    return db.session.get_one(Facility, found[0].facility_id), found[0]


def _figures(worked_out: Quote) -> dict[str, object]:
    return {
        "currency": worked_out.currency,
        "lines_by_month": [_month(month) for month in worked_out.lines_by_month],
        "move_in": worked_out.move_in.total,
        "total": worked_out.total,
    }


def _month(month: QuotedMonth) -> dict[str, object]:
    return {
        "month": f"{month.month:%Y-%m}",
        "lines": [
            {
                "kind": line.kind,
                "amount": line.amount,
                "rule": line.rule,
                "inputs": line.inputs,
                "why": translate(line.why, "en"),
            }
            for line in month.lines
        ],
        "subtotal": month.subtotal,
        "tax": month.tax,
        "total": month.total,
    }


def _tell(worked_out: Quote) -> None:
    def money(amount: int) -> str:
        return format_money(amount, worked_out.currency, "en")

    for month in worked_out.lines_by_month:
        click.echo(f"{format_month(month.month, 'en')}: {money(month.total)}")
        for line in month.lines:
            title = f" ({name_of(line, 'en')})" if line.kind == rules.SUBSIDY else ""
            label, why = translate(line.label, "en"), translate(line.why, "en")
            click.echo(f"  {label}{title} {money(line.amount)}: {why}")
        click.echo(f"  Tax {money(month.tax)}")
    click.echo(f"Due before the keys: {money(worked_out.move_in.total)}")
    click.echo(f"The whole stay: {money(worked_out.total)}")


COMMANDS: tuple[click.Command, ...] = (quote,)
