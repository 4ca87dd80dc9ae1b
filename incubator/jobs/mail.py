"""Write what is to be told, and send what stands in the outbox with no transaction open."""

import logging
from collections.abc import Callable
from datetime import datetime

from incubator.bookings.actions import tell_of_bookings
from incubator.core import mailer, outbox
from incubator.core.db import transaction
from incubator.core.mailer import NoServer, NotSent
from incubator.core.outbox import Letter
from incubator.core.settings import Settings

Clock = Callable[[], datetime]
log = logging.getLogger(__name__)


def write(clock: Clock, go_on: Callable[[], bool] = lambda: True) -> int:
    """Write the mails about new bookings, batch by batch as long as `go_on` says so; how many."""
    written = 0
    while go_on():
        with transaction():
            many = tell_of_bookings(now=clock())
        if not many:
            break
        written += many
    return written


def deliver(settings: Settings, clock: Clock, go_on: Callable[[], bool] = lambda: True) -> int:
    """Send the mails that are due, batch by batch as long as `go_on` says so; how many left."""
    left = 0
    while go_on():
        with transaction():
            letters = outbox.claim(now=clock())
        if not letters:
            break
        sent, worthwhile = _send(letters, settings, clock)
        left += sent
        if not worthwhile:
            break
    return left


def _send(letters: list[Letter], settings: Settings, clock: Clock) -> tuple[int, bool]:
    """Send one batch; tells also whether it is worth going on."""
    sent = 0
    with mailer.post_office(settings) as carry:
        for position, letter in enumerate(letters):
            try:
                carry(letter)
            except NoServer as trouble:
                log.warning("No mail can leave now: %s", trouble)
                _not_sent(letters[position:], trouble, clock())
                return sent, False
            except NotSent as trouble:
                _not_sent([letter], trouble, clock())
            else:
                with transaction():
                    outbox.note_sent(letter.id, now=clock())
                sent += 1
    return sent, True


def _not_sent(letters: list[Letter], trouble: NotSent, now: datetime) -> None:
    with transaction():
        for letter in letters:
            outbox.note_not_sent(letter.id, str(trouble), now=now, forever=trouble.forever)
