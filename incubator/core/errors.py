"""What may go wrong on purpose."""

from incubator.core.i18n import Message


class RuleBroken(Exception):
    """A rule of the house says no. The message is for the person at the screen."""

    def __init__(self, message: Message, field: str | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        self.field = field


class NotAllowed(Exception):
    """The person asking may not do what they ask (403)."""


class NotFound(Exception):
    """There is no such record, or none that the person asking may know of (404)."""
