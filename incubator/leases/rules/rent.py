"""Rent and common fee of one month: prices by day, contract years, rent-free days, proration."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Protocol

from incubator.core.days import (
    Proration,
    Stretch,
    add_months,
    days_in_month,
    end_of_term,
    full_months_since,
    whole_month,
)
from incubator.core.i18n import Message, Sum, say, say_n
from incubator.core.money import SQUARE_METRE, WHOLE, round_to
from incubator.leases.rules.terms import RENT, LeaseTerms, Line, Price


class Prorated(Protocol):
    """What says how the months of entry and of leaving are charged (BR-P02)."""

    @property
    def proration_entry(self) -> Proration:
        """Of the first month."""

    @property
    def proration_exit(self) -> Proration:
        """Of the last month."""


@dataclass(frozen=True)
class Piece:
    """Days of one month under the same terms."""

    days: Stretch
    price: Price
    bp: int = WHOLE
    year: int = 0
    free: bool = False


@dataclass(frozen=True)
class Charged:
    """What one component costs in one month, and from which pieces (BR-P03)."""

    amount: int
    held: Stretch
    pieces: tuple[Piece, ...]
    part: tuple[int, int]
    """The share of a whole month that is charged, as numerator and denominator."""
    own: Stretch
    """The days of this lease among those held; all of them unless it renews another."""
    taken: int = 0
    """What the leases it renews charge of the same month."""

    @property
    def even(self) -> bool:
        """Whether all its days go by the same terms."""
        return len(self.pieces) == 1 and self.pieces[0].days == self.held

    @property
    def to_date(self) -> int:
        """What the month costs up to the end of this lease."""
        return self.amount + self.taken

    @property
    def free(self) -> bool:
        """Whether nothing is owed."""
        return all(piece.free for piece in self.pieces)


def rent_by_area(unit_price: int, area: int) -> int:
    """The monthly rent from a price per m² and hundredths of a m² (BR-R01)."""
    return round_to(Fraction(unit_price * area, SQUARE_METRE))


@dataclass(frozen=True)
class Asked:
    """What a quote is to start from: a unit's prices, and what was typed instead of them."""

    area: int
    list_rent: int | None
    unit_price: int | None
    rent: int | None = None
    by_area: int | None = None


def agreed_price(asked: Asked) -> tuple[int, int | None]:
    """The monthly rent and the price per m² it came from, if it did (BR-R01)."""
    if asked.by_area is not None:
        return rent_by_area(asked.by_area, asked.area), asked.by_area
    if asked.rent is not None:
        return asked.rent, None
    if asked.list_rent is not None:
        return asked.list_rent, asked.unit_price
    return rent_by_area(asked.unit_price or 0, asked.area), asked.unit_price


def discounted(price: int, bp: int, unit: int = 1) -> int:
    """A list price at a share in basis points, floored to its own unit (BR-R02)."""
    return round_to(Fraction(price * bp, WHOLE), unit)


def share_of_month(method: Proration, days: int, of: int) -> tuple[int, int]:
    """The part of a month that `days` of its `of` days stand for (BR-P02, BR-P04)."""
    if days >= of or method is Proration.MONTHLY:
        return 1, 1
    return (min(days, 30), 30) if method is Proration.FIXED30 else (days, of)


def part_charged(by: Prorated, held: Stretch) -> tuple[int, int]:
    """The part of the month charged; a side that is not prorated counts to the month's end."""
    month = whole_month(held.start)
    entry, leaving = held.start > month.start, held.until < month.until
    if entry and by.proration_entry is Proration.MONTHLY:
        entry, held = False, Stretch(month.start, held.until)
    if leaving and by.proration_exit is Proration.MONTHLY:
        held = Stretch(held.start, month.until)
    method = by.proration_entry if entry else by.proration_exit
    return share_of_month(method, held.days, month.days)


def charge_of(terms: LeaseTerms, component: str, month: date) -> Charged | None:
    """What `component` costs in the month around a day; None when it is not charged then.

    A month in which one lease renews another is worked out as a whole, and the renewal charges
    what the lease before leaves of it, so that no day is paid twice or not at all (BR-P05).
    """
    own = whole_month(month).within(terms.days)
    pieces = _pieces(terms, component, own) if own.days else ()
    if not pieces:
        return None
    before = charge_of(terms.before, component, month) if terms.before else None
    held, taken = own, 0
    if before is not None:
        held, taken = Stretch(before.held.start, own.until), before.to_date
        pieces = before.pieces + pieces
    part = part_charged(terms, held)
    amount = max(_amount(terms, held, pieces, part) - taken, 0)
    return Charged(amount, held, pieces, part, own, taken)


def _amount(
    terms: LeaseTerms, held: Stretch, pieces: tuple[Piece, ...], part: tuple[int, int]
) -> int:
    first, last = pieces[0], pieces[-1]
    alike = len({(piece.price.amount, piece.bp, piece.free) for piece in pieces}) == 1
    whole = part == (1, 1) and Stretch(first.days.start, last.days.until) == held
    if alike and whole and first.bp == WHOLE:
        return 0 if first.free else first.price.amount
    weighed = sum(
        piece.price.amount * piece.bp * piece.days.days for piece in pieces if not piece.free
    )
    exact = Fraction(weighed * part[0], WHOLE * held.days * part[1])
    return round_to(exact, terms.rounding_unit)


def _pieces(terms: LeaseTerms, component: str, held: Stretch) -> tuple[Piece, ...]:
    prices = [price for price in terms.prices if price.component == component]
    cuts = {held.start, held.until}
    cuts.update(price.from_day for price in prices if price.from_day in held)
    if component == RENT:
        cuts.update(cut for cut in _rent_cuts(terms, held) if cut in held)
    days = sorted(cuts)
    pieces = []
    for start, until in pairwise(days):
        valid = [price for price in prices if price.from_day <= start]
        if valid:
            price = max(valid, key=lambda price: price.from_day)
            pieces.append(_piece(terms, component, Stretch(start, until), price))
    return tuple(pieces)


def _piece(terms: LeaseTerms, component: str, days: Stretch, price: Price) -> Piece:
    if component != RENT:
        return Piece(days, price)
    year = contract_year(terms, days.start)
    return Piece(days, price, terms.paid_share(year), year, days.start < terms.free_until)


def _rent_cuts(terms: LeaseTerms, held: Stretch) -> Iterator[date]:
    yield terms.free_until
    year = contract_year(terms, held.start)
    while terms.rent_steps and (anniversary := end_of_term(terms.starts_on, 12 * year)) in held:
        yield anniversary
        year += 1


def amounts(terms: LeaseTerms, component: str, days: Stretch) -> Iterator[int]:
    """What `component` costs in every month that `days` of the lease touch, in order."""
    pieces = _pieces(terms, component, days)
    even = [_amount(terms, piece.days, (piece,), (1, 1)) for piece in pieces]
    at = 0
    for month in days.months():
        while at < len(pieces) and pieces[at].days.until <= month:
            at += 1
        if at < len(pieces) and covers(pieces[at].days, month):
            yield even[at]
        else:
            charged = charge_of(terms, component, month)
            yield charged.amount if charged else 0


def covers(days: Stretch, month: date) -> bool:
    """Whether a stretch holds the whole month that begins on a day."""
    return days.start <= month and add_months(month, 1) <= days.until


def contract_year(terms: LeaseTerms, day: date) -> int:
    """The contract year a day lies in, counted from the day of the start (BR-R03)."""
    return full_months_since(terms.starts_on, day) // 12 + 1


def line_of(terms: LeaseTerms, component: str, month: date) -> Line | None:
    """The line of one component in one month (BR-R01 to BR-R05, BR-P01 to BR-P05)."""
    charged = charge_of(terms, component, month)
    if charged is None:
        return None
    return Line(
        kind=component,
        amount=charged.amount,
        title=terms.unit,
        rule=_rule(charged),
        inputs=_inputs(terms, charged),
        why=_why(terms, charged),
        days=charged.own,
        currency=terms.currency,
    )


def _rule(charged: Charged) -> str:
    if charged.free:
        return "BR-B07"
    if charged.taken:
        return "BR-P05"
    if not charged.even:
        return "BR-P03"
    if charged.part != (1, 1):
        return "BR-P02"
    return "BR-R01" if charged.pieces[0].bp == WHOLE else "BR-R03"


def _inputs(terms: LeaseTerms, charged: Charged) -> dict[str, object]:
    return {
        "area": terms.area,
        "days": charged.own.days,
        "days_in_month": days_in_month(charged.held.start),
        "part": list(charged.part),
        "rounding_unit": terms.rounding_unit,
        "taken": charged.taken,
        "segments": [
            {
                "from": piece.days.start.isoformat(),
                "until": piece.days.until.isoformat(),
                "price": piece.price.amount,
                "unit_price": piece.price.unit_price,
                "bp": piece.bp,
                "contract_year": piece.year or None,
                "rent_free": piece.free,
            }
            for piece in charged.pieces
        ],
    }


def percent(bp: int) -> str:
    """50%, 33.33%."""
    whole, rest = divmod(bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"


def square_metres(area: int) -> str:
    """32.45, from hundredths."""
    return f"{area // SQUARE_METRE}.{area % SQUARE_METRE:02d}"


def _why(terms: LeaseTerms, charged: Charged) -> Message:
    if charged.free:
        return say_n(
            "months",
            "Rent-free until %(day)s (the first month).",
            "Rent-free until %(day)s (the first %(months)s months).",
            day=terms.free_until,
            months=terms.free_months,
        )
    first = charged.pieces[0]
    if charged.even and charged.part == (1, 1) and first.bp == WHOLE and not charged.taken:
        return _origin(terms, first.price) or say(
            "%(price)s a month, as agreed.", price=Sum(first.price.amount, terms.currency)
        )
    return _worked_out(terms, charged)


def _worked_out(terms: LeaseTerms, charged: Charged) -> Message:
    parts = [_part(terms, charged, piece) for piece in charged.pieces]
    whole = parts[0]
    for part in parts[1:]:
        whole = say("%(first)s + %(next)s", first=whole, next=part)
    whole = rounded_down(whole, terms.rounding_unit, terms.currency)
    if charged.taken:
        before = Sum(charged.taken, terms.currency)
        whole = say("%(parts)s − %(taken)s on the lease before", parts=whole, taken=before)
    told = say("%(parts)s = %(amount)s", parts=whole, amount=Sum(charged.amount, terms.currency))
    origin = _origin(terms, charged.pieces[-1].price)
    return say("%(origin)s; %(sum)s", origin=origin, sum=told) if origin else told


def rounded_down(told: Message, unit: int, currency: str) -> Message:
    """What is worked out, with the unit that it is floored to where that is not the smallest."""
    if unit == 1:
        return told
    return say("%(formula)s, rounded down to %(unit)s", formula=told, unit=Sum(unit, currency))


def _origin(terms: LeaseTerms, price: Price) -> Message | None:
    if price.unit_price is None or rent_by_area(price.unit_price, terms.area) != price.amount:
        return None
    return say(
        "%(area)s m² × %(unit_price)s = %(price)s",
        area=square_metres(terms.area),
        unit_price=Sum(price.unit_price, terms.currency),
        price=Sum(price.amount, terms.currency),
    )


def _part(terms: LeaseTerms, charged: Charged, piece: Piece) -> Message:
    days, of = _days_of(charged, piece)
    told = say("%(price)s", price=Sum(piece.price.amount, terms.currency))
    if piece.free:
        return say_n(
            "days", "%(days)s rent-free day", "%(days)s rent-free days", days=piece.days.days
        )
    if piece.bp != WHOLE:
        told = say(
            "%(price)s × %(share)s (contract year %(year)s)",
            price=told,
            share=percent(piece.bp),
            year=piece.year,
        )
    if days == of:
        return told
    return say("%(price)s × %(days)s of %(of)s days", price=told, days=days, of=of)


def _days_of(charged: Charged, piece: Piece) -> tuple[int, int]:
    """How many days of how many a piece stands for, as an office writes it."""
    if charged.even:
        return charged.part
    if charged.part == (1, 1):
        return piece.days.days, charged.held.days
    exact = Fraction(charged.part[0] * piece.days.days, charged.held.days)
    if exact.denominator == 1:
        return exact.numerator, charged.part[1]
    return exact.numerator, charged.part[1] * exact.denominator
