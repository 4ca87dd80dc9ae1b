"""Sign in, sign out, and choose the language."""

from datetime import timedelta

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from incubator.core import clock
from incubator.core.db import db, transaction
from incubator.core.errors import NotFound, RuleBroken
from incubator.core.i18n import LANGUAGES, format_time, say
from incubator.people import actions, passwords, queries
from incubator.people.actions import TooManyGuesses
from incubator.people.models import Person, PersonStatus, SignInSession
from incubator.people.rules import SEEN_EVERY
from incubator.web.account import cookies, links, settings
from incubator.web.account.blueprint import pages
from incubator.web.account.forms import SignInForm, without_marks
from incubator.web.account.ways import home, safe_path
from incubator.web.answers import lead_on
from incubator.web.errors import Trouble, page
from incubator.web.guard import Desk, public, signed_in
from incubator.web.session import me, visitor

__all__ = ["links", "pages", "settings"]

WRONG = say("The e-mail address or the password is wrong. Please enter them again.")
STAYS = frozenset({"account.sign_out", "account.sign_out_everywhere"})


@pages.before_app_request
def note_seen() -> None:
    """Remember now and then when a browser was at work; never while it only looks."""
    found = visitor() if request.method == "POST" and request.endpoint not in STAYS else None
    now = clock.now()
    if found is not None and now - found.session.seen_at >= SEEN_EVERY:
        session_id = found.session.id
        with transaction():
            actions.note_seen(db.session.get_one(SignInSession, session_id), now=now)


@pages.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Ask who it is."""
    wanted = safe_path(request.args.get("next"))
    if request.method == "GET" and me() is not None:
        return redirect(wanted or home(me()), 303)
    form = SignInForm()
    if form.validate_on_submit():
        with form.refusing():
            found = _recognise(without_marks(form.email.data), str(form.password.data))
            return _let_in(found, wanted)
    return render_template("account/sign_in.html", form=form, next=wanted), form.status


def _recognise(email: str, password: str) -> Person:
    """Whose password this is; the guess is counted before it is looked at."""
    now = clock.now()
    with transaction():
        guesses = actions.note_guess("sign_in", email, request.remote_addr or "", now=now)
        ids = [guess.id for guess in guesses]
    person = queries.person_by_email(email)
    kept = person.password_hash if person else None
    if not passwords.fits(password, kept) or person is None or kept is None:
        raise RuleBroken(WRONG)
    if person.status is not PersonStatus.ACTIVE:
        raise RuleBroken(WRONG)
    fresh = passwords.hashed(password) if passwords.is_outdated(kept) else ""
    person_id = person.id
    with transaction():
        actions.forget_guess(ids)
        person = db.session.get_one(Person, person_id)
        if fresh:
            actions.rehash(person, kept, fresh)
    return person


def _let_in(person: Person, wanted: str | None) -> ResponseReturnValue:
    now, person_id = clock.now(), person.id
    with transaction():
        person = db.session.get_one(Person, person_id)
        token = cookies.new_session(person, now=now)
    actor = person.as_actor(clock.today())
    return cookies.begin(redirect(wanted or home(actor), 303), token)


@pages.app_errorhandler(TooManyGuesses)
def wait(many: TooManyGuesses) -> ResponseReturnValue:
    """Too many guesses: when to come back."""
    at = format_time(many.until + timedelta(minutes=1), clock.HOME_ZONE)
    advice = say(
        "Somebody tried many times in a short while. To protect the account we wait a little: "
        "please try again at %(time)s.",
        time=at,
    )
    response = page(429, Trouble(say("Too many attempts"), advice))
    seconds = int((many.until - clock.now()).total_seconds()) + 1
    response.headers["Retry-After"] = str(max(seconds, 1))
    return response


@pages.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """Close this session."""
    found = visitor()
    if found is not None:
        session_id = found.session.id
        with transaction():
            mine = db.session.get_one(SignInSession, session_id)
            actions.revoke_session(mine, now=clock.now())
    session.clear()
    return cookies.finish(lead_on(say("You have signed out."), url_for("account.sign_in")))


@pages.post("/sign-out-everywhere")
@signed_in
def sign_out_everywhere(here: Desk) -> ResponseReturnValue:
    """Close every session of this person."""
    with transaction():
        person = db.session.get_one(Person, here.actor.id)
        actions.sign_out_everywhere(person, actor=here.actor, now=here.now)
    session.clear()
    said = say("You have signed out on every device.")
    return cookies.finish(lead_on(said, url_for("account.sign_in")))


@pages.get("/language/<code>")
@public
def language(code: str) -> ResponseReturnValue:
    """Show pages in another language in this browser."""
    if code not in LANGUAGES:
        raise NotFound
    wanted = safe_path(request.args.get("next")) or home(me())
    return cookies.speak(redirect(wanted, 303), code)
