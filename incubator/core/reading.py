"""Reading what people and files hold: full-width digits, commas, eras, units. One place for all."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from fractions import Fraction

from incubator.core.days import ERAS, days_in_month
from incubator.core.errors import RuleBroken
from incubator.core.i18n import SIGNS, say
from incubator.core.money import SQUARE_METRE, WHOLE, as_decimal, exponent

LETTERS = {"R": "令和", "H": "平成", "S": "昭和", "T": "大正", "M": "明治"}
ERA_DAY = re.compile(
    r"(令和|平成|昭和|大正|明治|[RHSTM])\.?(元|\d{1,2})[年./-](\d{1,2})[月./-](\d{1,2})日?"
)
PLAIN_DAY = re.compile(r"(\d{4})[年/.-](\d{1,2})[月/.-](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
NUMBER = re.compile(r"[+-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\.[0-9]+)?")
MONTHS = re.compile(
    r"([0-9]{1,3})(か月分?|ヶ月分?|カ月分?|ヵ月分?|ケ月分?|months?)?", re.IGNORECASE
)
PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)%?")
PARTS = re.compile(r"(?P<part>[0-9]{1,9})[/\N{FRACTION SLASH}](?P<of>[0-9]{1,9})")
PARTS_JA = re.compile(r"(?P<of>[0-9]{1,9})分の(?P<part>[0-9]{1,9})")
MARKS = {code: (sign, code) for code, sign in SIGNS.items()} | {"JPY": ("¥", "JPY", "円", "\\")}
"""What may stand beside an amount of a currency; another's sign is no slip to overlook."""
MAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
MAX_LENGTH = 5_000
BROKEN = "\N{REPLACEMENT CHARACTER}"
"""What becomes of bytes that are no text, such as half of a pair (a lone surrogate)."""
YEARS = range(1868, 2200)


def tidy(text: str) -> str:
    """Full-width letters and digits become plain ones, spaces around go (NFKC)."""
    return unicodedata.normalize("NFKC", text).strip()


def words(text: str, *, field: str | None = None, longest: int = MAX_LENGTH) -> str:
    """Text as stored: NFC, without control or direction characters, which are refused."""
    text = unicodedata.normalize("NFC", text).strip()
    if len(text) > longest:
        raise RuleBroken(say("Please keep this to %(longest)s characters.", longest=longest), field)
    for letter in text:
        kind = unicodedata.category(letter)
        if (
            letter == BROKEN
            or kind in {"Cs", "Co"}
            or (kind in {"Cc", "Cf"} and letter not in "\n\r\t\u200d")
        ):
            raise RuleBroken(
                say("This holds a character that cannot be shown. Type it anew."), field
            )
    return text


def is_mail(text: str) -> bool:
    """Whether this has the form of an e-mail address."""
    return bool(MAIL.fullmatch(text))


def _number(plain: str) -> Decimal | None:
    """A number with its commas in the right places, or None."""
    return Decimal(plain.replace(",", "")) if NUMBER.fullmatch(plain) else None


def amount(text: str, currency: str, *, field: str | None = None) -> int:
    """127,472円, １２７４７２ or €1,274.72 as minor units of the currency, beside its own sign."""
    plain = tidy(text).replace("−", "-")
    for mark in MARKS[currency]:
        plain = plain.replace(mark, "")
    number = _number(plain.strip())
    number = None if number is None else number.scaleb(exponent(currency))
    if number is None or number != number.to_integral_value() or abs(number) >= 10**15:
        shown = str(as_decimal(127472, currency))
        raise RuleBroken(
            say("“%(text)s” is not an amount. Write it like %(shown)s.", text=text, shown=shown),
            field,
        )
    return int(number)


def area(text: str) -> int:
    """28.11㎡ as hundredths of a square metre."""
    plain = tidy(text).replace("平方メートル", "").replace("平米", "")
    number = _number(plain.removesuffix("m2").strip())
    number = None if number is None else number * SQUARE_METRE
    if number is None or number != number.to_integral_value() or not 0 < number < 10**8:
        raise RuleBroken(
            say("“%(text)s” is not an area. Write square metres like 28.11.", text=text)
        )
    return int(number)


def share(text: str, *, field: str | None = None) -> Fraction:
    """50, 50%, 2/3 or 3分の2 as the exact part of a whole."""
    plain = tidy(text).replace(" ", "")
    found = PARTS.fullmatch(plain) or PARTS_JA.fullmatch(plain)
    if found and int(found["of"]):
        exact = Fraction(int(found["part"]), int(found["of"]))
    elif percent := PERCENT.fullmatch(plain):
        exact = Fraction(percent[1]) / 100
    else:
        raise RuleBroken(
            say("“%(text)s” is not a share. Write it like 50%% or 2/3.", text=text), field
        )
    if exact > 1:
        raise RuleBroken(say("A share is at most 100%%."), field)
    if exact.denominator > WHOLE:
        raise RuleBroken(
            say("“%(text)s” is too fine: a share has at most 10,000 parts.", text=text), field
        )
    return exact


def months(text: str) -> int:
    """3, ３か月 or 3 months as a number of months."""
    found = MONTHS.fullmatch(tidy(text).replace(" ", ""))
    if found is None:
        raise RuleBroken(say("“%(text)s” is not a number of months. Write it like 3.", text=text))
    return int(found[1])


def day(text: str, *, field: str | None = None) -> date:
    """A day as people write it: 2026-11-23, 20261123, R8.11.23, 令和8年11月23日 (BR-C03)."""
    plain = tidy(text).replace(" ", "")
    if found := ERA_DAY.fullmatch(plain):
        name, year, month, number = found.groups()
        first = next(first for first, era in ERAS if era == LETTERS.get(name, name))
        years = first.year + (1 if year == "元" else int(year)) - 1
        real = _real_day(years, int(month), int(number), field)
        if real >= first:
            return real
    elif found := PLAIN_DAY.fullmatch(plain):
        years, months, days = (int(part) for part in found.groups() if part)
        return _real_day(years, months, days, field)
    raise RuleBroken(
        say("“%(text)s” is not a date. Write it like 2026-11-23 or 令和8年11月23日.", text=text),
        field,
    )


def month(text: str) -> date:
    """2026-05, 2026/5, R8.5 or 令和8年5月 as the first day of the month."""
    first = f"{tidy(text).removesuffix('月')}-01"
    if not (ERA_DAY.fullmatch(first) or PLAIN_DAY.fullmatch(first)):
        raise RuleBroken(say("“%(text)s” is not a month. Write it like 2026-11.", text=text))
    return day(first)


def _real_day(year: int, month: int, number: int, field: str | None) -> date:
    """The day, unless the calendar has none such, or nobody alive could mean it."""
    if year not in YEARS:
        ends = {"first": str(YEARS.start), "last": str(YEARS.stop - 1)}
        raise RuleBroken(say("Write a year from %(first)s to %(last)s.", **ends), field)
    try:
        first = date(year, month, 1)
    except ValueError:
        raise RuleBroken(
            say("There is no month %(year)s-%(month)s.", year=year, month=month), field
        ) from None
    days = days_in_month(first)
    if not 1 <= number <= days:
        raise RuleBroken(
            say("%(year)s-%(month)s has %(days)s days.", year=year, month=month, days=days), field
        )
    return first.replace(day=number)
