"""Setting documents in type; data goes in as JSON, so what people typed stays inert text."""

import json
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

import typst

from incubator.billing.letters import printable
from incubator.core import places

_turn = threading.Lock()
"""One compiler, which no two threads may use at once: each keeps fonts and pages in memory."""


def render(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF of templates/documents/<template>.typ with `data`; equal input, equal bytes."""
    with _turn:
        made = _compiler().compile(
            str(places.templates() / "documents" / f"{template}.typ"),
            format="pdf",
            sys_inputs={"d": printable(json.dumps(data, ensure_ascii=False, sort_keys=True))},
        )
    if not isinstance(made, bytes):
        raise TypeError(template)
    return made


@cache
def _compiler() -> typst.Compiler:
    ours = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(places.static() / "fonts")],
    )
    return typst.Compiler(root=str(places.templates() / "documents"), font_paths=ours)
