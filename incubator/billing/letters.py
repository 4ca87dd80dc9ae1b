"""Which letters our fonts have, so that paper shows a sign for one that is missing, not a box."""

import unicodedata
from functools import cache

from incubator.core import places

GETA = "〓"
"""What Japanese type sets for a letter that the case does not hold."""
UNSEEN = frozenset({"Cc", "Cf", "Me", "Mn", "Zs"})
"""Kinds of characters that are spaces or join others; they need no letter of their own."""


def printable(text: str) -> str:
    """The text with 〓 for each letter that none of our fonts has."""
    missing = {sign for sign in set(text) if ord(sign) not in _letters()}
    return text.translate(
        {ord(sign): GETA for sign in missing if unicodedata.category(sign) not in UNSEEN}
    )


@cache
def _letters() -> frozenset[int]:
    """The code points of `letters.txt`, a range to a line: first-last, hexadecimal."""
    listed = (places.static() / "fonts" / "letters.txt").read_text().split()
    spans = ([int(end, 16) for end in line.split("-")] for line in listed)
    return frozenset(code for first, last in spans for code in range(first, last + 1))
