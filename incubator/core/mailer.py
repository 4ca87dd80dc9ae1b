"""How a mail leaves: by SMTP when a server is set, else as a file that the operator can open."""

import os
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import partial
from pathlib import Path

from incubator.core.outbox import Letter
from incubator.core.settings import Settings

TIMEOUT = 10
SMTPS = 465
FINAL = 500
NOT_ABOUT_THE_MAIL = (smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused)
Carry = Callable[[Letter], None]


class NotSent(Exception):
    """The mail did not leave; `forever` when trying again is of no use."""

    def __init__(self, reason: str, *, forever: bool = False) -> None:
        super().__init__(reason)
        self.forever = forever


class NoServer(NotSent):
    """No mail can leave now."""


def compose(letter: Letter, sender: str, site: str = "") -> EmailMessage:
    """The mail as it travels, signed with where to sign in (`site`).

    An invitation stands in it as a part and as a file:
    Outlook and Gmail read the part with its method, Apple Mail and others open the file.
    """
    name, address = parseaddr(sender)
    message = EmailMessage(policy=policy.SMTP)
    try:
        message["From"] = Address(name or "Incubator", addr_spec=address)
        message["To"] = Address(letter.to.name, addr_spec=letter.to.address)
        message["Subject"] = letter.subject
    except (ValueError, IndexError, MessageError) as error:
        raise NotSent(f"{type(error).__name__}: {error}", forever=True) from error
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = letter.message_id
    message["Content-Language"] = letter.to.language
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{letter.body}\n-- \n{site}\n" if site else letter.body, cte="base64")
    if letter.calendar:
        ics, method = letter.calendar.ics, letter.calendar.method
        message.add_alternative(ics, subtype="calendar", cte="base64", params={"method": method})
        message.add_attachment(
            ics.encode(), maintype="application", subtype="ics", filename="invite.ics"
        )
    return message


class Postman:
    """Carries mails over one SMTP connection, opened when the first one leaves."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.line: smtplib.SMTP | None = None

    def carry(self, letter: Letter) -> None:
        """Hand a mail to the server; NotSent says why it would not take it."""
        message = compose(letter, self.settings.mail_from, self.settings.base_url)
        line = self.line or self._connect()
        try:
            line.send_message(message)
        except smtplib.SMTPException as error:
            code = _code(error)
            self._reset(line)
            final = code >= FINAL and not isinstance(error, NOT_ABOUT_THE_MAIL)
            raise NotSent(_reason(error), forever=final) from error
        except OSError as error:
            self.leave()
            raise NotSent(_reason(error)) from error

    def _connect(self) -> smtplib.SMTP:
        settings = self.settings
        checked = ssl.create_default_context()
        tls_first = settings.smtp_port == SMTPS
        kind = partial(smtplib.SMTP_SSL, context=checked) if tls_first else smtplib.SMTP
        try:
            self.line = line = kind(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT)
            if settings.smtp_tls and not tls_first:
                line.starttls(context=checked)
            if settings.smtp_user:
                line.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        except (OSError, smtplib.SMTPException) as error:
            self.leave()
            raise NoServer(_reason(error)) from error
        return line

    def _reset(self, line: smtplib.SMTP) -> None:
        try:
            line.rset()
        except (OSError, smtplib.SMTPException):
            self.leave()

    def leave(self) -> None:
        """Hang up."""
        line, self.line = self.line, None
        if line is not None:
            with suppress(OSError, smtplib.SMTPException):
                line.quit()


def _code(error: smtplib.SMTPException) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _said in error.recipients.values()), default=0)
    return int(getattr(error, "smtp_code", 0) or 0)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def file_of(home: Path, letter: Letter) -> Path:
    """Where a mail lies when no server is set; the same mail always in the same file."""
    return home / "mail" / f"{letter.written_at:%Y%m%d}-{letter.id:07d}.eml"


def lay_down(home: Path, letter: Letter, sender: str, site: str = "") -> None:
    """Write a mail as a file, whole or not at all."""
    path = file_of(home, letter)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(compose(letter, sender, site).as_bytes())
        os.replace(part, path)  # noqa: PTH105 - replaces what a killed attempt left
    except OSError as error:
        raise NoServer(_reason(error)) from error


@contextmanager
def post_office(settings: Settings) -> Iterator[Carry]:
    """What carries mails here, for one round."""
    if not settings.smtp_host:
        yield lambda letter: lay_down(settings.home, letter, settings.mail_from, settings.base_url)
        return
    postman = Postman(settings)
    try:
        yield postman.carry
    finally:
        postman.leave()
