"""Mail that leaves, and mail that does not."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask

from incubator.core import mailer, outbox
from incubator.core.db import db
from incubator.core.errors import NotAllowed
from incubator.core.mailer import NoServer, NotSent
from incubator.core.outbox import BACK_OFF, Invitation, Letter, MailState, OutboxMail, Recipient
from incubator.core.settings import Settings
from incubator.jobs.mail import deliver
from tests.factories.base import actor_of, keep, make_person

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
ICS = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
TO = Recipient("山田 太郎", "taro@example.jp", "ja")
LETTER = Letter(7, "<7@incubator>", TO, "面談のご案内：会議室A", "山田様\n\n14:00です。\n", NOW)


class Sink:
    """A mail server that may be told to misbehave."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.taken: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, _s: Any, _x: Any, envelope: Any, address: str, _o: Any
    ) -> str:
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _s: Any, _x: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith(("250", "taken")):
            message = message_from_bytes(envelope.content, policy=policy.default)
            self.taken.append(message)  # type: ignore[arg-type]
        return answer.removeprefix("taken ")


@contextmanager
def listening(sink: Sink, home: Path, tls: SSLContext | None = None) -> Iterator[Settings]:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=port, ssl_context=tls)
    controller.start()
    try:
        yield Settings(home=home, smtp_host="127.0.0.1", smtp_port=port, mail_from="a@example.jp")
    finally:
        controller.stop()


def write(number: int = 1, **facts: Any) -> OutboxMail:
    facts = {
        "to_name": "山田 太郎",
        "to_address": f"taro{number}@example.jp",
        "language": "ja",
        "template": "x",
        "subject": f"お知らせ {number}",
        "body": "本文\n",
        "message_id": f"<{number}@incubator>",
        "written_at": NOW,
        "next_try_at": NOW,
        **facts,
    }
    mail = keep(OutboxMail(**facts))
    db.session.commit()
    return mail


def test_a_mail_keeps_its_japanese_and_its_message_id():
    message = message_from_bytes(
        mailer.compose(LETTER, "あおば <a@example.jp>").as_bytes(), policy=policy.default
    )
    assert message["Subject"] == LETTER.subject
    assert message["To"].addresses[0].display_name == "山田 太郎"
    assert message["From"].addresses[0].display_name == "あおば"
    assert message["Message-ID"] == "<7@incubator>"
    assert message.get_content().splitlines() == LETTER.body.splitlines()


def test_a_mail_is_signed_with_where_to_sign_in():
    message = message_from_bytes(
        mailer.compose(LETTER, "a@example.jp", "https://x.example.jp").as_bytes(),
        policy=policy.default,
    )
    assert message.get_content().splitlines()[-2:] == ["-- ", "https://x.example.jp"]


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_an_invitation_is_a_part_with_its_method_and_a_file(method: str):
    letter = replace(LETTER, calendar=Invitation(ICS, method))
    raw = mailer.compose(letter, "a@example.jp").as_bytes()
    message = message_from_bytes(raw, policy=policy.default)
    parts = {part.get_content_type(): part for part in message.walk()}
    assert parts["text/calendar"].get_param("method") == method
    assert parts["application/ics"].get_filename() == "invite.ics"
    assert parts["application/ics"].get_content() == ICS.encode()
    assert parts["text/calendar"].get_content().splitlines() == ICS.splitlines()


@pytest.mark.parametrize(
    "letter",
    [
        replace(LETTER, subject="a\r\nBcc: x@example.jp"),
        replace(LETTER, to=Recipient("x", "no address", "ja")),
        replace(LETTER, to=Recipient("x", "a@example.jp\r\nBcc: b@example.jp", "ja")),
    ],
)
def test_a_mail_cannot_smuggle_headers(letter: Letter):
    with pytest.raises(NotSent) as refused:
        mailer.compose(letter, "a@example.jp")
    assert refused.value.forever


def test_without_a_server_a_mail_becomes_a_file(app: Flask, tmp_path: Path):
    mail = write()
    settings = Settings(home=tmp_path)
    assert deliver(settings, lambda: NOW) == 1
    path = mailer.file_of(tmp_path, outbox.letter_of(db.session.merge(mail)))
    assert b"Message-ID: <1@incubator>" in path.read_bytes()
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert [oct(each.stat().st_mode & 0o777) for each in (path.parent, path)] == ["0o700", "0o600"]
    assert (mail.state, mail.sent_at, mail.attempts) == (MailState.SENT, NOW, 1)
    assert deliver(settings, lambda: NOW) == 0


def test_a_folder_that_cannot_be_written_waits(app: Flask, tmp_path: Path):
    mail = write()
    (tmp_path / "mail").write_text("in the way")
    assert deliver(Settings(home=tmp_path), lambda: NOW) == 0
    assert (mail.state, mail.next_try_at) == (MailState.WAITING, NOW + BACK_OFF[0])


def test_a_server_gets_each_mail_once(tmp_path: Path):
    mails = [write(number) for number in range(1, 31)]
    sink = Sink()
    with listening(sink, tmp_path) as settings:
        assert deliver(settings, lambda: NOW) == 30
        assert deliver(settings, lambda: NOW) == 0
    assert sorted(each["Message-ID"] for each in sink.taken) == sorted(
        f"<{number}@incubator>" for number in range(1, 31)
    )
    assert {mail.state for mail in mails} == {MailState.SENT}


@pytest.mark.parametrize(
    ("answer", "address", "state", "later"),
    [
        ("451 try later", "taro@example.jp", MailState.WAITING, BACK_OFF[0]),
        ("554 spam", "taro@example.jp", MailState.FAILED, None),
        ("250 OK", "nobody@example.jp", MailState.FAILED, None),
    ],
)
def test_a_refusal_is_for_now_or_for_good(
    tmp_path: Path, answer: str, address: str, state: MailState, later: timedelta | None
):
    mail, other = write(1, to_address=address), write(2)
    with listening(Sink(answer), tmp_path) as settings:
        assert deliver(settings, lambda: NOW) == 1
    assert mail.state is state
    assert mail.error
    assert other.state is MailState.SENT
    if later:
        assert mail.next_try_at == NOW + later


def test_a_server_that_took_it_but_said_no_gets_the_same_id_again(tmp_path: Path):
    write()
    sink = Sink("taken 451 lost my answer")
    with listening(sink, tmp_path) as settings:
        assert deliver(settings, lambda: NOW) == 0
        assert deliver(settings, lambda: NOW + BACK_OFF[0]) == 1
    assert [each["Message-ID"] for each in sink.taken] == ["<1@incubator>"] * 2


def test_killed_between_claim_and_sending_it_is_sent_again_with_the_same_id(tmp_path: Path):
    mail = write()
    claimed = outbox.claim(now=NOW)
    db.session.commit()
    assert [each.message_id for each in claimed] == ["<1@incubator>"]
    sink = Sink()
    with listening(sink, tmp_path) as settings:
        assert deliver(settings, lambda: NOW + timedelta(minutes=1)) == 0
        assert deliver(settings, lambda: NOW + outbox.PATIENCE) == 1
    assert [each["Message-ID"] for each in sink.taken] == ["<1@incubator>"]
    assert (mail.state, mail.attempts) == (MailState.SENT, 2)


def test_three_days_without_a_server_lose_nothing_and_try_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    mails = [write(number) for number in range(1, 4)]
    tries = 0

    def refuse(*_: object, **__: object) -> None:
        nonlocal tries
        tries += 1
        raise ConnectionRefusedError

    monkeypatch.setattr(mailer.smtplib, "SMTP", refuse)
    settings = Settings(home=tmp_path, smtp_host="mail.example.jp")
    now = NOW
    while now < NOW + timedelta(hours=72):
        assert deliver(settings, lambda at=now: at) == 0  # type: ignore[misc]
        now = max(now + timedelta(minutes=1), min(mail.next_try_at for mail in mails))
    assert tries < 12
    assert {mail.state for mail in mails} == {MailState.WAITING}
    monkeypatch.undo()
    with listening(Sink(), tmp_path) as settings:
        assert deliver(settings, lambda: NOW + timedelta(hours=97)) == 3


def test_in_the_end_it_is_given_up_and_can_be_taken_up(tmp_path: Path):
    mail = write(attempts=len(BACK_OFF) + 1)
    outbox.note_not_sent(mail.id, "451 again", now=NOW)
    assert mail.state is MailState.FAILED
    with pytest.raises(NotAllowed):
        outbox.send_again(mail, actor=actor_of(make_person()), now=NOW)
    outbox.send_again(mail, actor=actor_of(make_person("system_admin")), now=NOW)
    db.session.commit()
    assert (mail.state, mail.attempts) == (MailState.WAITING, 0)
    assert deliver(Settings(home=tmp_path), lambda: NOW) == 1


def test_what_is_called_off_never_leaves(tmp_path: Path):
    reminder, sent = write(1, once_key="reminder:1"), write(2, once_key="reminder:2")
    sent.state = MailState.SENT
    db.session.commit()
    assert outbox.was_posted("reminder:1")
    assert outbox.call_off("reminder:1", "reminder:2", "reminder:3") == [sent]
    db.session.commit()
    assert deliver(Settings(home=tmp_path), lambda: NOW) == 0
    assert (reminder.state, sent.state) == (MailState.CALLED_OFF, MailState.SENT)


@pytest.mark.parametrize(
    ("tried", "arrived"),
    [
        (lambda _mail: None, False),
        (lambda _mail: outbox.claim(now=NOW), True),
        (lambda mail: (outbox.claim(now=NOW), fail(mail)), False),
        (lambda mail: (outbox.claim(now=NOW), fail(mail, forever=True)), False),
        (lambda mail: (outbox.claim(now=NOW), fail(mail), outbox.claim(now=LATER)), True),
        (lambda mail: (outbox.claim(now=NOW), outbox.note_sent(mail.id, now=NOW)), True),
    ],
    ids=["never tried", "on its way", "failed", "refused", "on its way again", "sent"],
)
def test_what_is_called_off_may_have_arrived(tried, arrived):
    mail = write(once_key="invitation")
    tried(mail)
    assert bool(outbox.call_off("invitation")) is arrived
    assert mail.state is not MailState.WAITING
    outbox.send_again(mail, actor=actor_of(make_person("system_admin")), now=NOW)
    assert mail.state is not MailState.WAITING


def fail(mail, **how):
    outbox.note_not_sent(mail.id, "451 later", now=NOW, **how)


LATER = NOW + timedelta(hours=1)


def test_called_off_while_it_is_on_its_way_stays_called_off():
    mail = write()
    outbox.claim(now=NOW)
    mail.state = MailState.CALLED_OFF
    outbox.note_not_sent(mail.id, "451", now=NOW)
    assert mail.state is MailState.CALLED_OFF


def test_a_login_that_is_refused_is_about_the_server_not_the_mail(tmp_path: Path):
    mail = write()
    with listening(Sink(), tmp_path) as settings:
        locked = settings.model_copy(update={"smtp_user": "x"})
        assert deliver(locked, lambda: NOW) == 0
        insecure = settings.model_copy(update={"smtp_tls": True})
        with pytest.raises(NoServer), mailer.post_office(insecure) as carry:
            carry(LETTER)
    assert mail.state is MailState.WAITING


@pytest.mark.parametrize("trusted", [True, False])
def test_tls_from_the_start_only_with_a_server_whose_certificate_is_trusted(
    trusted: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    certificate = Path(__file__).parents[1] / "data" / "mail_server.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate) if trusted else "")
    tls = SSLContext(PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    mail, sink = write(), Sink()
    with listening(sink, tmp_path, tls) as settings:
        monkeypatch.setattr(mailer, "SMTPS", settings.smtp_port)
        assert deliver(settings, lambda: NOW) == trusted
    assert len(sink.taken) == trusted
    assert mail.state is (MailState.SENT if trusted else MailState.WAITING)
    assert ("CERTIFICATE_VERIFY_FAILED" in caplog.text) is not trusted


def test_a_server_that_hangs_up_is_called_again(tmp_path: Path):
    letters = [replace(LETTER, id=number) for number in (1, 2)]
    with (
        listening(Sink("421 going down"), tmp_path) as settings,
        mailer.post_office(settings) as carry,
    ):
        with pytest.raises(NotSent) as trouble:
            carry(letters[0])
        assert not trouble.value.forever
        carry(letters[1])


def test_mails_are_found_by_state_and_words():
    write(1)
    write(2, state=MailState.FAILED, subject="100%")
    assert outbox.counts()[MailState.FAILED] == 1
    assert outbox.mails(1, 10, state=MailState.FAILED)[1] == 1
    assert outbox.mails(1, 10, words="taro1")[1] == 1
    assert outbox.mails(1, 10, words="0%")[1] == 1
    assert outbox.mails(1, 10, words="_")[1] == 0
