"""All lines of a month of a lease: the one place that bills, quotes and previews ask."""

from datetime import date

from incubator.core.days import fiscal_year, month_of
from incubator.leases.rules.rent import line_of
from incubator.leases.rules.subsidy import awards
from incubator.leases.rules.subsidy_lines import lines_of
from incubator.leases.rules.terms import COMMON_FEE, RENT, LeaseTerms, Line


def month_lines(terms: LeaseTerms, month: date) -> list[Line]:
    """Rent, common fee and subsidies of the month around a day; none outside the lease (BR-B06)."""
    month = month_of(month)
    charged = [line_of(terms, component, month) for component in (RENT, COMMON_FEE)]
    lines = [line for line in charged if line is not None]
    return [*lines, *lines_of(terms, month)] if lines else lines


def drawn_by_year(terms: LeaseTerms, programme_id: int) -> dict[int, int]:
    """What a lease draws from one programme, by fiscal year (BR-S10, BR-C01)."""
    drawn: dict[int, int] = {}
    for month in terms.days.months():
        for award in awards(terms, month):
            if award.grant.programme_id == programme_id:
                year = fiscal_year(month)
                drawn[year] = drawn.get(year, 0) + award.amount
    return drawn
