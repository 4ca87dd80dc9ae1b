"""Commands that print figures of a facility."""

import click

from incubator.cli.door import as_json, facility_of, facility_option, json_option, with_app
from incubator.core import reading
from incubator.core.days import ONE_DAY, Stretch
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.core.money import with_digits
from incubator.reports.dashboard import stock_in, use_between
from incubator.spaces.queries import units_of
from incubator.spaces.rules.occupancy import percent


@click.command()
@facility_option
@click.option("--from", "first", required=True, help="First day.")
@click.option("--to", "last", required=True, help="Last day, counted in.")
@json_option
@with_app
def occupancy(code: str, first: str, last: str, *, as_data: bool) -> None:
    """Print the share of unit-days and area-days let, out-of-service days left out."""
    facility = facility_of(code)
    days = Stretch(reading.day(first), reading.day(last) + ONE_DAY)
    if not days.days:
        raise RuleBroken(say("The last day lies before the first."))
    use = use_between(stock_in(facility.id, units_of(facility.id), days), days)
    if as_data:
        as_json(
            {
                "facility": facility.code,
                "from": days.start,
                "to": days.last,
                "unit_days": {"let": use.unit_days_let, "available": use.unit_days},
                "area_days": {"let": use.area_days_let, "available": use.area_days},
                "by_units_percent": percent(use.by_units),
                "by_area_percent": percent(use.by_area),
            }
        )
        return
    click.echo(
        f"by units  {percent(use.by_units)} %  ({use.unit_days_let} of {use.unit_days} days)"
    )
    let, available = with_digits(use.area_days_let), with_digits(use.area_days)
    click.echo(f"by area   {percent(use.by_area)} %  ({let} of {available} m² × days)")


COMMANDS: tuple[click.Command, ...] = (occupancy,)
