"""What a storey is called: however an office writes it, one storey has one name."""

import re

from incubator.core import reading

UP = re.compile(r"(?:F(\d+)|(\d+)[F階]?)")
DOWN = re.compile(r"(?:B|地下)(\d+)[F階]?")


def floor_name(text: str) -> str:
    """1, F1, 1F and １階 as 1F, B1F and 地下1階 as B1; other names as they are."""
    name = reading.tidy(text)
    plain = name.upper().replace(" ", "")
    if found := UP.fullmatch(plain):
        return f"{int(found[1] or found[2])}F"
    if found := DOWN.fullmatch(plain):
        return f"B{int(found[1])}"
    return name


def level_of(name: str) -> int:
    """The level that a storey's name tells, 2F is 2, B1 is −1; 0 when it tells none."""
    plain = reading.tidy(name).upper()
    digits = "".join(letter for letter in plain if letter.isdigit())
    below = plain.startswith("B") or "地下" in plain
    return (-1 if below else 1) * int(digits[:3] or 0)
