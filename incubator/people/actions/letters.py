"""What mails about accounts say in common."""

from datetime import datetime

from incubator.core.clock import HOME_ZONE
from incubator.core.i18n import Instant, Message


def moment(at: datetime) -> Message:
    """A moment on the wall clock at home, in the recipient's language."""
    return Message("%(moment)s", {"moment": Instant(at, HOME_ZONE)})
