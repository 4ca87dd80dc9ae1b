"""Where the public and bank holidays of a country come from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import holidays as almanac

LANGUAGES = {"JP": "ja"}
ENGLISH = "en_US"


@dataclass(frozen=True)
class KnownHoliday:
    """A holiday as the almanac has it; `banks_only` when only banks rest."""

    day: date
    name: str
    name_en: str
    banks_only: bool


def known_holidays(country: str, years: Iterable[int]) -> list[KnownHoliday]:
    """Public and bank holidays of these years, in order."""
    years = list(years)
    found: dict[date, KnownHoliday] = {}
    for category in ("bank", "public"):
        named = _almanac(country, years, LANGUAGES.get(country), category)
        english = _almanac(country, years, ENGLISH, category)
        found |= {
            day: KnownHoliday(day, name, english.get(day, ""), banks_only=category == "bank")
            for day, name in named.items()
        }
    return [found[day] for day in sorted(found)]


def _almanac(
    country: str, years: Iterable[int], language: str | None, category: str
) -> Mapping[date, str]:
    """The names of the days in a language; nothing in one that the almanac does not speak."""
    known = almanac.country_holidays(country)
    if category not in known.supported_categories:
        return {}
    if language and language not in known.supported_languages:
        return {}
    return almanac.country_holidays(country, years=years, language=language, categories=(category,))
