"""A demo that is soon built."""

import pytest

from incubator.cli.demo import cast, history


def shorten(patch: pytest.MonkeyPatch, months: int) -> None:
    """Let the demo begin a few months ago, without those who have left since."""
    patch.setattr(history, "MONTHS", months)
    patch.setattr(cast, "PARTS", tuple(part for part in cast.PARTS if part.leaves is None))
