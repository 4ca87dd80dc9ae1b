"""What the record calls things, in words of the office."""

from incubator.core.i18n import Message

DEEDS: dict[str, Message] = {}
SUBJECTS: dict[str, Message] = {}


def deed_label(deed: str) -> Message | str:
    """What was done."""
    return DEEDS.get(deed) or deed.replace("_", " ").replace(".", ": ")


def subject_label(kind: str) -> Message | str:
    """What it was done to."""
    return SUBJECTS.get(kind) or kind.replace("_", " ")
