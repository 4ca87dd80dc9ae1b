"""Identifiers and ages of organisations (domain.md §6.3, §7.3)."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from incubator.core.days import add_months
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, say
from incubator.core.reading import tidy

THIRTEEN = re.compile(r"[0-9]{13}")
DASHES = re.compile(r"[-‐‑–—―ー\s]")
FORMS = (("(株)", "株式会社"), ("(有)", "有限会社"), ("(同)", "合同会社"), ("(合)", "合同会社"))
LEGAL_FORM = re.compile(r"^[ァ-ヶ]{1,3}\)|\([ァ-ヶ]{1,3}\)?$")
BETWEEN = re.compile(r"[-‐−ー・.\s]")
LARGE = str.maketrans("ァィゥェォッャュョヮ", "アイウエオツヤユヨワ")
VARIANTS = str.maketrans("髙﨑濵邉邊齋齊斎澤國", "高崎浜辺辺斉斉斉沢国")


def stays(left_on: date | None, day: date) -> bool:
    """Whether a venture is still here on a day; `left_on` is the first day without it."""
    return left_on is None or day < left_on


def check_stays(left_on: date | None, day: date) -> None:
    """Nothing is booked for the day on which a venture leaves, or later."""
    if not stays(left_on, day):
        raise RuleBroken(
            say("The company leaves on %(day)s; nothing is booked from then on.", day=left_on),
            "start",
        )


def check_digit(base: str) -> int:
    """The first digit of a corporate number whose other twelve are `base` (BR-I01)."""
    weighted = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(base)))
    return 9 - weighted % 9


def plain_number(text: str) -> str:
    """A number without spaces and dashes, in plain digits."""
    return DASHES.sub("", tidy(text)).upper()


def is_corporate_number(number: str) -> bool:
    """Whether thirteen digits carry the right check digit; form only, not registration."""
    return bool(THIRTEEN.fullmatch(number)) and int(number[0]) == check_digit(number[1:])


def corporate_number(text: str, *, field: str | None = None) -> str:
    """A corporate number as typed, in thirteen plain digits; RuleBroken when it cannot be one."""
    number = plain_number(text)
    if not THIRTEEN.fullmatch(number):
        raise RuleBroken(
            say("A corporate number has 13 digits; “%(text)s” does not.", text=text), field
        )
    if not is_corporate_number(number):
        raise RuleBroken(_wrong_digit(number), field)
    return number


def _wrong_digit(number: str) -> Message:
    return say(
        "The check digit of %(number)s is wrong: it would begin with %(right)s. "
        "Compare it with the certificate.",
        number=number,
        right=check_digit(number[1:]),
    )


@dataclass(frozen=True)
class RegistrationNumber:
    """An invoice registration number in its plain form, and what to look at."""

    number: str
    warning: Message | None = None


def registration_number(
    text: str, *, corporation: bool = True, field: str | None = None
) -> RegistrationNumber:
    """T and thirteen digits; a corporation's digits are its corporate number (BR-I02).

    The scheme of sole proprietors' numbers is not published, so theirs are only warned about.
    """
    number = plain_number(text)
    if not (number.startswith("T") and THIRTEEN.fullmatch(number[1:])):
        raise RuleBroken(
            say("A registration number is T and 13 digits; “%(text)s” is not.", text=text), field
        )
    if is_corporate_number(number[1:]):
        return RegistrationNumber(number)
    wrong = _wrong_digit(number[1:])
    if corporation:
        raise RuleBroken(wrong, field)
    return RegistrationNumber(number, wrong)


def municipality_code(five: str) -> str:
    """A local government code with its check digit: 13101 is 131016 (BR-I03)."""
    weighted = sum(int(digit) * weight for digit, weight in zip(five, (6, 5, 4, 3, 2), strict=True))
    return f"{five}{(11 - weighted % 11) % 10}"


def company_age(founded_on: date, day: date) -> int:
    """How many whole years a company has existed; negative before it was founded.

    One of 29 February is a year older on 28 February of a year that is no leap year.
    """
    years = day.year - founded_on.year
    return years - (add_months(founded_on, years * 12) > day)


def name_key(name: str) -> str:
    """What two ways of writing one company's name have in common; for matching, never for show."""
    key = unicodedata.normalize("NFKC", name).translate(VARIANTS)
    for short, long in FORMS:
        key = key.replace(short, long)
    return re.sub(r"\s", "", key).casefold()


def kana_key(text: str) -> str:
    """Hiragana and half-width kana as full-width katakana, as stored and searched for."""
    return "".join(
        chr(ord(letter) + 0x60) if "ぁ" <= letter <= "ゖ" else letter for letter in tidy(text)
    )


def payer_key(text: str) -> str:
    """What a name has in common with it on a bank statement: ｶ)ﾊﾅｺｽﾒ is ハナコスメ, ﾃｲ is ティ."""
    name = LEGAL_FORM.sub("", BETWEEN.sub("", kana_key(text)))
    return name.translate(LARGE).casefold()


def check_founded(founded_on: date | None, today: date) -> None:
    """A company is not founded in the future."""
    if founded_on is not None and founded_on > today:
        raise RuleBroken(say("This day is in the future."), "founded_on")
