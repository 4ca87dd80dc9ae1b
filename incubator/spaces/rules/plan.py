"""A floor drawn when nobody has drawn it: two rows of rooms along a corridor."""

from collections.abc import Sequence
from dataclasses import dataclass

from incubator.core.money import split_exactly

WIDTH, HEIGHT = 960, 420
MARGIN = 12
CORRIDOR = 64
NARROWEST = 92
ROW = (HEIGHT - 2 * MARGIN - CORRIDOR) // 2


@dataclass(frozen=True)
class Box:
    """A rectangle on a plan of 960 × 420."""

    x: int
    y: int
    w: int
    h: int


def corridor() -> Box:
    """Where the corridor of a plan made by `lay_out` runs."""
    return Box(MARGIN, MARGIN + ROW, WIDTH - 2 * MARGIN, CORRIDOR)


def lay_out(areas: Sequence[int]) -> list[Box]:
    """A box for each unit in order: the first half above the corridor, the rest below it."""
    cut = _half(areas)
    upper, lower = areas[:cut], areas[cut:]
    below = MARGIN + ROW + CORRIDOR
    return [*_row(upper, MARGIN), *_row(lower, below)]


def _half(areas: Sequence[int]) -> int:
    """Where to cut so that both rows hold about the same area; a single unit stays above."""
    whole = sum(areas)
    cuts = range(1, len(areas) + 1)
    return min(cuts, key=lambda cut: (abs(2 * sum(areas[:cut]) - whole), cut), default=0)


def _row(areas: Sequence[int], y: int) -> list[Box]:
    if not areas:
        return []
    width = WIDTH - 2 * MARGIN
    least = min(NARROWEST, width // len(areas))
    extra = split_exactly(width - least * len(areas), [int(area) for area in areas])
    boxes, x = [], MARGIN
    for more in extra:
        boxes.append(Box(x, y, least + more, ROW))
        x += least + more
    return boxes
