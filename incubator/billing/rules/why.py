"""Why a line is this amount, as it was stored with the document."""

from collections.abc import Mapping
from typing import Any

from incubator.core.i18n import Message
from incubator.core.packing import unpack


def reason(why: Mapping[str, Any]) -> Message | None:
    """The sentence of a line's stored `why`, if it has one."""
    return unpack(why["say"]) if why.get("say") else None
