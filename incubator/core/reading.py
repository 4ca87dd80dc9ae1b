"""Reading what people and files hold: full-width digits, commas, eras, units. One place for all."""

import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation

from incubator.core.days import ERAS
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.core.money import SQUARE_METRE, as_decimal, exponent

LETTERS = {"R": "令和", "H": "平成", "S": "昭和", "T": "大正", "M": "明治"}
ERA_DAY = re.compile(
    r"(令和|平成|昭和|大正|明治|[RHSTM])\.?(元|\d{1,2})[年./-](\d{1,2})[月./-](\d{1,2})日?"
)
PLAIN_DAY = re.compile(r"(\d{4})[年/.-](\d{1,2})[月/.-](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
MAX_LENGTH = 5_000


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
        if kind in {"Cs", "Co"} or (kind in {"Cc", "Cf"} and letter not in "\n\r\t\u200d"):
            raise RuleBroken(
                say("This holds a character that cannot be shown. Type it anew."), field
            )
    return text


def amount(text: str, currency: str = "JPY", *, field: str | None = None) -> int:
    """127,472円 or １２７４７２ as minor units of the currency."""
    plain = tidy(text).replace("−", "-").removesuffix("円").removeprefix("¥").removeprefix("\\")
    try:
        number = Decimal(plain.replace(",", "").strip()).scaleb(exponent(currency))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number != number.to_integral_value() or abs(number) >= 10**15:
        shown = str(as_decimal(127472, currency))
        raise RuleBroken(
            say("“%(text)s” is not an amount. Write it like %(shown)s.", text=text, shown=shown),
            field,
        )
    return int(number)


def area(text: str, *, field: str | None = None) -> int:
    """28.11㎡ as hundredths of a square metre."""
    plain = tidy(text).replace(",", "").replace("平方メートル", "")
    plain = plain.removesuffix("m2").removesuffix("m²").strip()
    try:
        number = Decimal(plain) * SQUARE_METRE
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number != number.to_integral_value() or not 0 < number < 10**8:
        raise RuleBroken(
            say("“%(text)s” is not an area. Write square metres like 28.11.", text=text), field
        )
    return int(number)


def day(text: str, *, field: str | None = None) -> date:
    """A day as people write it: 2026-11-23, 20261123, R8.11.23, 令和8年11月23日 (BR-C03)."""
    plain = tidy(text).replace(" ", "")
    try:
        if found := ERA_DAY.fullmatch(plain):
            name, year, month, number = found.groups()
            first = next(first for first, era in ERAS if era == LETTERS.get(name, name))
            year = 1 if year == "元" else int(year)
            return date(first.year + year - 1, int(month), int(number))
        if found := PLAIN_DAY.fullmatch(plain):
            return date(*(int(part) for part in found.groups() if part))
    except ValueError:
        pass
    raise RuleBroken(
        say("“%(text)s” is not a date. Write it like 2026-11-23 or 令和8年11月23日.", text=text),
        field,
    )
