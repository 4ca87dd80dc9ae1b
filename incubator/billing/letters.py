"""Which letters our fonts have, so that paper shows a sign for one that is missing, not a box."""

import struct
import unicodedata
from collections.abc import Iterator
from functools import cache

from incubator.core import places

GETA = "〓"
"""What Japanese type sets for a letter that the case does not hold."""
UNSEEN = frozenset({"Cc", "Cf", "Me", "Mn", "Zs"})
"""Kinds of characters that are spaces or join others; they need no letter of their own."""
SEGMENTS, GROUPS = 4, 12


def printable(text: str) -> str:
    """The text with 〓 for each letter that none of our fonts has."""
    missing = {sign for sign in set(text) if ord(sign) not in _letters()}
    return text.translate(
        {ord(sign): GETA for sign in missing if unicodedata.category(sign) not in UNSEEN}
    )


@cache
def _letters() -> frozenset[int]:
    files = (places.static() / "fonts").glob("*-Regular.subset.ttf")
    return frozenset(code for file in files for span in _spans(file.read_bytes()) for code in span)


def _spans(font: bytes) -> Iterator[range]:
    """The code points of a font, as its table cmap gives them (OpenType, formats 4 and 12)."""
    tables = struct.unpack_from(">H", font, 4)[0]
    entries = (struct.unpack_from(">4sIII", font, 12 + 16 * place) for place in range(tables))
    start = next(offset for tag, _, offset, _ in entries if tag == b"cmap")
    for place in range(struct.unpack_from(">H", font, start + 2)[0]):
        at = start + struct.unpack_from(">I", font, start + 8 + 8 * place)[0]
        kind = struct.unpack_from(">H", font, at)[0]
        if kind == SEGMENTS:
            many = struct.unpack_from(">H", font, at + 6)[0] // 2
            last = struct.unpack_from(f">{many}H", font, at + 14)
            first = struct.unpack_from(f">{many}H", font, at + 16 + 2 * many)
            yield from (range(a, b + 1) for a, b in zip(first, last, strict=True))
        elif kind == GROUPS:
            groups = struct.unpack_from(">I", font, at + 12)[0]
            for group in range(groups):
                a, b, _ = struct.unpack_from(">III", font, at + 16 + 12 * group)
                yield range(a, b + 1)
