"""Worked examples with known answers, by their number: tests/data/vectors.json."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "data" / "vectors.json"
VECTORS: dict[str, Any] = {each["id"]: each for each in json.loads(FILE.read_text("utf-8"))}


def basis_points(share: str) -> int:
    """0.70 as 7000."""
    return int(Decimal(share) * 10_000)
