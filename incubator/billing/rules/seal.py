"""The hash over all facts of an issued document, so that a change would show (BR-B05)."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum
from hashlib import sha256

HEADER = (
    "facility_id", "organisation_id", "kind", "number", "run_key", "service_month", "issued_on",
    "due_on", "currency", "language", "issuer", "recipient", "rounding", "taxable_total",
    "tax_total", "untaxed_total", "total", "corrects_id",
)  # fmt: skip
LINE = (
    "position", "kind", "title", "service_from", "service_until", "amount", "tax_category",
    "rate_bp", "why",
)  # fmt: skip
TAX = ("category", "rate_bp", "taxable", "tax")
Facts = Mapping[str, object]


def seal(header: Facts, lines: Iterable[Facts], taxes: Iterable[Facts]) -> str:
    """SHA-256 of the canonical JSON of a document's facts, in hexadecimal."""
    facts = {
        "header": _pick(header, HEADER),
        "lines": [_pick(line, LINE) for line in lines],
        "taxes": [_pick(tax, TAX) for tax in taxes],
    }
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _pick(facts: Facts, names: Iterable[str]) -> dict[str, object]:
    return {name: _plain(facts.get(name)) for name in names}


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
