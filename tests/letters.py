"""Lists the letters of our fonts: `python -m tests.letters > static/fonts/letters.txt`."""

from itertools import groupby
from pathlib import Path

from fontTools.ttLib import TTFont

FONTS = Path(__file__).resolve().parents[1] / "static" / "fonts"


def listed() -> str:
    """What letters.txt has to say: each range of code points, first and last in hexadecimal."""
    codes = sorted({code for file in FONTS.glob("*-Regular.*.ttf") for code in _codes(file)})
    spans = groupby(enumerate(codes), lambda placed: placed[1] - placed[0])
    ranges = ([code for _, code in span] for _, span in spans)
    return "".join(f"{span[0]:X}-{span[-1]:X}\n" for span in ranges)


def _codes(file: Path) -> set[int]:
    with TTFont(file, lazy=True) as font:
        return set(font.getBestCmap())


if __name__ == "__main__":
    print(listed(), end="")
