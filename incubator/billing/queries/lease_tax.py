"""The tax facts that leases are quoted with; leases stand below billing and are handed them."""

from collections.abc import Iterable
from datetime import date

from incubator.billing.models import TaxCategory
from incubator.billing.queries.house import issuer_on, tax_rates
from incubator.billing.rules import Rate
from incubator.core.money import Rounding
from incubator.leases.rules import TaxRules


def tax_rules(facility_id: int, day: date) -> TaxRules:
    """The standard rates by day, and how the issuer of the day rounds (BR-T01, BR-T09)."""
    return rules_of(tax_rates(), rounding_on(facility_id, day))


def rounding_on(facility_id: int, day: date) -> Rounding:
    """How the issuer of the day rounds tax (BR-T06)."""
    issuer = issuer_on(facility_id, day)
    return Rounding(issuer.rounding) if issuer else Rounding.FLOOR


def rules_of(rates: Iterable[Rate], rounding: Rounding) -> TaxRules:
    """The same from facts that are known already."""
    standard = TaxCategory.STANDARD.value
    found = tuple((rate.from_day, rate.bp) for rate in rates if rate.category == standard)
    return TaxRules(found, rounding)
