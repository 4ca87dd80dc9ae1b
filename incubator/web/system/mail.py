"""The outbox, for whoever runs the installation."""

from io import BytesIO

from flask import current_app, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from incubator.core import mailer, outbox
from incubator.core.access import Can
from incubator.core.db import transaction
from incubator.core.i18n import say
from incubator.core.outbox import MailState
from incubator.web.answers import lead_on
from incubator.web.forms import page_asked
from incubator.web.guard import Desk, of_system
from incubator.web.system.blueprint import PER_PAGE, pages

STATES = {
    MailState.WAITING: "mid",
    MailState.SENT: "ok",
    MailState.FAILED: "bad",
    MailState.CALLED_OFF: "off",
}
UNSENT = {MailState.WAITING, MailState.FAILED}


@pages.get("/system/mail", endpoint="mail")
@of_system(Can.RUN_SYSTEM)
def mails(_here: Desk) -> ResponseReturnValue:
    """List mails, the latest first."""
    page, words = page_asked(), request.args.get("words", "").strip()
    wanted = request.args.get("state", "")
    state = MailState(wanted) if wanted in set(MailState) else None
    found, total = outbox.mails(page, PER_PAGE, state=state, words=words)
    return render_template(
        "system/mail.html",
        mails=found,
        total=total,
        page=page,
        per_page=PER_PAGE,
        words=words,
        wanted=wanted,
        counts=outbox.counts(),
        states=STATES,
        choices=list(MailState),
    )


@pages.get("/system/mail/<key:mail_id>")
@of_system(Can.RUN_SYSTEM)
def mail_item(_here: Desk, mail_id: int) -> ResponseReturnValue:
    """Show one mail as it leaves."""
    mail = outbox.mail_of(mail_id)
    settings = current_app.config["SETTINGS"]
    where = None
    if mail.state is MailState.SENT and not settings.smtp_host:
        path = mailer.file_of(settings.home, outbox.letter_of(mail))
        where = path.name if path.exists() else None
    return render_template(
        "system/mail_item.html", mail=mail, states=STATES, where=where, unsent=mail.state in UNSENT
    )


@pages.get("/system/mail/<key:mail_id>/file")
@of_system(Can.RUN_SYSTEM)
def mail_file(_here: Desk, mail_id: int) -> ResponseReturnValue:
    """Give the mail as a file that mail programs open."""
    letter = outbox.letter_of(outbox.mail_of(mail_id))
    settings = current_app.config["SETTINGS"]
    message = mailer.compose(letter, settings.mail_from, settings.base_url)
    return send_file(
        BytesIO(message.as_bytes()),
        "message/rfc822",
        as_attachment=True,
        download_name=f"mail-{letter.id}.eml",
    )


@pages.get("/system/mail/<key:mail_id>/invite.ics")
@of_system(Can.RUN_SYSTEM)
def mail_invitation(_here: Desk, mail_id: int) -> ResponseReturnValue:
    """Give the calendar entry that a mail carries."""
    mail = outbox.mail_of(mail_id)
    content = BytesIO((mail.calendar or "").encode())
    return send_file(content, "text/calendar", as_attachment=True, download_name="invite.ics")


@pages.post("/system/mail/<key:mail_id>/send")
@of_system(Can.RUN_SYSTEM)
def send_mail(here: Desk, mail_id: int) -> ResponseReturnValue:
    """Let the worker try this mail now."""
    with transaction():
        outbox.send_again(outbox.mail_of(mail_id), actor=here.actor, now=here.now)
    return lead_on(
        say("The worker will try again within seconds."),
        url_for("system.mail_item", mail_id=mail_id),
    )
