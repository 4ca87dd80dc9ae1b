"""Setting documents in type; data goes in as JSON, so what people typed stays inert text."""

import json
import threading
from collections.abc import Mapping
from typing import Any

import typst

from incubator.core import places

_threads = threading.local()


def render(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF of templates/documents/<template>.typ with `data`; equal input, equal bytes."""
    made = _compiler(template).compile(
        format="pdf", sys_inputs={"d": json.dumps(data, ensure_ascii=False, sort_keys=True)}
    )
    if not isinstance(made, bytes):
        raise TypeError(template)
    return made


def _compiler(template: str) -> typst.Compiler:
    """One compiler per thread and template: they cannot be shared."""
    compilers: dict[str, typst.Compiler] = _threads.__dict__.setdefault("compilers", {})
    if template not in compilers:
        compilers[template] = typst.Compiler(
            str(places.templates() / "documents" / f"{template}.typ"),
            root=str(places.templates() / "documents"),
            font_paths=[str(places.static() / "fonts")],
            ignore_system_fonts=True,
        )
    return compilers[template]
