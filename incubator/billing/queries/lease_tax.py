"""The tax facts that leases are quoted with; leases stand below billing and are handed them."""

from datetime import date

from incubator.billing.models import TaxCategory
from incubator.billing.queries.house import issuer_on, tax_rates
from incubator.core.money import Rounding
from incubator.leases.rules import TaxRules


def tax_rules(facility_id: int, day: date) -> TaxRules:
    """The standard rates by day, and how the issuer of the day rounds (BR-T01, BR-T09)."""
    issuer = issuer_on(facility_id, day)
    standard = TaxCategory.STANDARD.value
    rates = tuple((rate.from_day, rate.bp) for rate in tax_rates() if rate.category == standard)
    return TaxRules(rates, Rounding(issuer.rounding) if issuer else Rounding.FLOOR)
