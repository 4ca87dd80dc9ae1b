"""The subsidy lines of one month, and how each amount came about in words."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from incubator.core.days import Stretch, whole_month
from incubator.core.i18n import Message, Sum, say, say_n
from incubator.core.money import WHOLE
from incubator.leases.rules.rent import percent, rounded_down, square_metres
from incubator.leases.rules.subsidy import Award, awards
from incubator.leases.rules.terms import SUBSIDY, Delivery, LeaseTerms, Line, Method

HALF = Fraction(1, 2)
DELIVERIES = {
    Delivery.TENANT_REIMBURSE: say(
        "The funder pays it to the tenant afterwards; the invoice stays whole."
    ),
    Delivery.LANDLORD_AGENT: say(
        "The funder pays it to the facility; the invoice stays whole and the tenant owes the rest."
    ),
}


def lines_of(terms: LeaseTerms, month: date) -> Iterator[Line]:
    """The subsidy lines of one month (BR-S07: how it is delivered decides the invoice)."""
    for award in awards(terms, month):
        yield _line(terms, award, whole_month(month).within(terms.days))


def _line(terms: LeaseTerms, award: Award, held: Stretch) -> Line:
    grant = award.grant
    reduces = grant.delivery is Delivery.RENT_REDUCTION
    return Line(
        kind=SUBSIDY,
        amount=-award.amount if reduces else 0,
        title=grant.name,
        rule=RULES[award.decided_by],
        inputs={
            "programme": grant.code or grant.name,
            "method": grant.method.value,
            "rate": award.step.rate,
            "of": award.step.of if grant.method is Method.RATIO else None,
            "tenancy_month": award.tenancy_month,
            "area": terms.area,
            "area_cap": grant.area_cap,
            "eligible": award.eligible,
            "part": list(award.part),
            "monthly_cap": grant.monthly_cap,
            "fy_cap": grant.fy_cap,
            "total_cap": grant.total_cap,
            "rounding_unit": grant.rounding_unit,
            "decided_by": award.decided_by,
            "delivery": grant.delivery.value,
            "subsidy": award.amount,
        },
        why=_why(terms, award),
        days=held,
        granted=award.amount,
        delivery=grant.delivery,
        name_en=grant.name_en,
        programme_id=grant.programme_id,
        currency=terms.currency,
    )


CAPPED_AFTER_ROUNDING = ("fy_cap", "total_cap")
RULES = {
    "formula": "BR-S01",
    "area_cap": "BR-S02",
    "monthly_cap": "BR-S01",
    "fy_cap": "BR-S04",
    "total_cap": "BR-S04",
    "rent": "BR-S08",
    "age": "BR-S09",
}


def _why(terms: LeaseTerms, award: Award) -> Message:
    grant, currency = award.grant, terms.currency
    if award.decided_by == "age":
        return say_n(
            "years",
            "The company is older than %(years)s year, so this programme gives nothing more.",
            "The company is older than %(years)s years, so this programme gives nothing more.",
            years=grant.company_age_limit_years,
        )
    told = formula_in_words(terms, award)
    if award.taken:
        taken = Sum(award.taken, currency)
        told = say("%(parts)s − %(taken)s on the lease before", parts=told, taken=taken)
    limit = _limit(award, currency)
    if limit:
        told = say("%(formula)s, %(limit)s", formula=told, limit=limit)
    if award.decided_by not in CAPPED_AFTER_ROUNDING:
        told = rounded_down(told, grant.rounding_unit, currency)
    told = say("%(parts)s = %(amount)s", parts=told, amount=Sum(award.amount, currency))
    after = DELIVERIES.get(grant.delivery)
    return say("%(what)s. %(how)s", what=told, how=after) if after else told


def formula_in_words(terms: LeaseTerms, award: Award) -> Message:
    """How the amount is worked out before any cap."""
    told = _formula_words(terms, award, Sum(award.step.rate, terms.currency))
    if award.part == (1, 1):
        return told
    return say(
        "%(price)s × %(days)s of %(of)s days", price=told, days=award.part[0], of=award.part[1]
    )


def _formula_words(terms: LeaseTerms, award: Award, rate: Sum) -> Message:
    grant = award.grant
    if grant.method is Method.RATIO:
        return _ratio_words(terms, award)
    if grant.method is Method.FIXED:
        return say("%(rate)s a month", rate=rate)
    if grant.area_cap is not None and grant.area_cap < terms.area:
        return say(
            "%(cap)s of %(area)s m² × %(rate)s",
            cap=square_metres(grant.area_cap),
            area=square_metres(terms.area),
            rate=rate,
        )
    return say("%(area)s m² × %(rate)s", area=square_metres(terms.area), rate=rate)


def _ratio_words(terms: LeaseTerms, award: Award) -> Message:
    told = say("%(share)s of the %(what)s (%(eligible)s%(tax)s)")
    rest = say("%(share)s of the %(what)s still to pay (%(eligible)s%(tax)s)")
    both = award.grant.includes_common_fee
    return (rest if award.after_others else told) % {
        "share": share_in_words(award.step.share),
        "what": say("rent and common fee") if both else say("rent"),
        "eligible": Sum(award.eligible, terms.currency),
        "tax": say(" with tax") if award.grant.includes_tax else "",
    }


def _limit(award: Award, currency: str) -> Message | None:
    grant = award.grant
    match award.decided_by:
        case "monthly_cap":
            return say("at most %(cap)s a month", cap=Sum(grant.monthly_cap or 0, currency))
        case "fy_cap":
            return say(
                "at most %(cap)s in a fiscal year, of which %(left)s were left",
                cap=Sum(grant.fy_cap or 0, currency),
                left=Sum(award.left, currency),
            )
        case "total_cap":
            return say(
                "at most %(cap)s in all, of which %(left)s were left",
                cap=Sum(grant.total_cap or 0, currency),
                left=Sum(award.left, currency),
            )
        case "rent":
            return say("but never more than what is charged")
    return None


def share_in_words(share: Fraction) -> Message | str:
    """1/2 and 2/3 as the fractions that they are, else 33.33% where that is exact."""
    if share != HALF and not WHOLE % share.denominator:
        return percent(int(share * WHOLE))
    return say("%(part)s/%(parts)s", part=share.numerator, parts=share.denominator)
