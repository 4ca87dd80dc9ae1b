"""Pages behind the links in mails: a forgotten password, an invitation."""

from collections.abc import Callable

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.core import clock
from incubator.core.db import transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.people import actions, passwords, queries, rules
from incubator.people.actions import NewAccount
from incubator.people.models import LinkKind, OneTimeLink, Person
from incubator.web.account import cookies
from incubator.web.account.blueprint import pages
from incubator.web.account.forms import AcceptForm, ForgotForm, ResetForm
from incubator.web.account.ways import home, link_address
from incubator.web.answers import lead_on
from incubator.web.errors import Trouble, page
from incubator.web.guard import public

USED_UP = Trouble(
    say("This link no longer works"),
    say("It was used already, or it is too old. We can mail you a new one."),
    (say("Mail me a new link"), "account.forgot"),
)
GONE = {
    LinkKind.PASSWORD_RESET: USED_UP,
    LinkKind.INVITATION: Trouble(
        USED_UP.title,
        say(
            "It was used already, or it is too old. If you have chosen your password, sign in; "
            "if not, ask whoever invited you for a new invitation."
        ),
        (say("Sign in"), "account.sign_in"),
    ),
}
PAGES = {
    LinkKind.PASSWORD_RESET: "account/reset.html",
    LinkKind.INVITATION: "account/invitation.html",
}


@pages.route("/forgot-password", methods=["GET", "POST"])
@public
def forgot() -> ResponseReturnValue:
    """Mail a link to set a new password; the answer never tells who has an account."""
    form = ForgotForm()
    if not form.validate_on_submit():
        return render_template("account/forgot.html", form=form), form.status
    now = clock.now()
    with transaction():
        actions.note_guess("forgot", str(form.email.data), request.remote_addr or "", now=now)
        actions.request_reset(str(form.email.data), link_address, language=g.lang, now=now)
    return redirect(url_for("account.forgot_sent"), 303)


@pages.get("/forgot-password/sent")
@public
def forgot_sent() -> ResponseReturnValue:
    """Tell what to do next."""
    return render_template("account/forgot_sent.html")


@pages.route("/reset/<token>", methods=["GET", "POST"])
@public
def reset(token: str) -> ResponseReturnValue:
    """Set a new password by a mailed link."""
    form = ResetForm()

    def set_password(kept: str) -> ResponseReturnValue:
        now = clock.now()
        with transaction():
            link, person = _still(token, LinkKind.PASSWORD_RESET)
            actions.reset_password(link, person, kept, now=now)
        said = say("Your new password is set. Please sign in with it.")
        return cookies.finish(lead_on(said, url_for("account.sign_in")))

    return _choose_password(token, LinkKind.PASSWORD_RESET, form, set_password)


@pages.route("/invitation/<token>", methods=["GET", "POST"])
@public
def invitation(token: str) -> ResponseReturnValue:
    """Begin: choose a name and a password."""
    form = AcceptForm()

    def begin(kept: str) -> ResponseReturnValue:
        now = clock.now()
        with transaction():
            link, person = _still(token, LinkKind.INVITATION)
            account = NewAccount(str(form.name.data), kept, g.lang)
            actions.accept_invitation(link, person, account, now=now)
            opened = cookies.new_session(person, now=now)
        said = say("Welcome! Your account is ready.")
        return cookies.begin(lead_on(said, home(person.as_actor(clock.today()))), opened)

    return _choose_password(token, LinkKind.INVITATION, form, begin)


def _choose_password(
    token: str,
    kind: LinkKind,
    form: ResetForm | AcceptForm,
    deed: Callable[[str], ResponseReturnValue],
) -> ResponseReturnValue:
    """The page behind a link with which a password is chosen; `deed` gets it hashed."""
    found = queries.link_of(token, kind, now=clock.now())
    if found is None:
        return page(404, GONE[kind])
    _, person = found
    if form.validate_on_submit():
        with form.refusing():
            rules.check_password(str(form.password.data), email=person.email)
            return deed(passwords.hashed(str(form.password.data)))
    return render_template(PAGES[kind], form=form, person=person), form.status


def _still(token: str, kind: LinkKind) -> tuple[OneTimeLink, Person]:
    """The link, locked, as long as nobody was quicker."""
    found = queries.link_of(token, kind, now=clock.now(), lock=True)
    if found is None:
        raise RuleBroken(GONE[kind].advice)
    return found
