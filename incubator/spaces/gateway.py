"""Where the public and bank holidays of a country come from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import holidays as almanac

LANGUAGES = {"JP": "ja"}


@dataclass(frozen=True)
class KnownHoliday:
    """A holiday as the almanac has it; `banks_only` when only banks rest."""

    day: date
    name: str
    banks_only: bool


def known_holidays(country: str, years: Iterable[int]) -> list[KnownHoliday]:
    """Public and bank holidays of these years, in order."""
    years, language = list(years), LANGUAGES.get(country)
    public = almanac.country_holidays(country, years=years, language=language)
    banks = (
        almanac.country_holidays(country, years=years, language=language, categories=("bank",))
        if "bank" in public.supported_categories
        else {}
    )
    found = {day: KnownHoliday(day, name, True) for day, name in banks.items()}
    found |= {day: KnownHoliday(day, name, False) for day, name in public.items()}
    return [found[day] for day in sorted(found)]
