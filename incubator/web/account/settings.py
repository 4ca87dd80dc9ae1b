"""A person's own account: name, language, password, open sessions."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from incubator.core.db import db, transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.people import actions, passwords, queries, rules
from incubator.people.actions import Profile
from incubator.people.models import Person
from incubator.web.account import cookies
from incubator.web.account.blueprint import pages
from incubator.web.account.forms import PasswordForm, ProfileForm
from incubator.web.answers import lead_on
from incubator.web.guard import Desk, signed_in
from incubator.web.nav import brand_of
from incubator.web.session import visitor


def _me(here: Desk) -> Person:
    return db.session.get_one(Person, here.actor.id)


def _session_id() -> int | None:
    found = visitor()
    return found.session.id if found else None


@pages.route("/account", methods=["GET", "POST"])
@signed_in
def settings(here: Desk) -> ResponseReturnValue:
    """Show and change name, language and look."""
    form = ProfileForm(obj=_me(here))
    if form.validate_on_submit():
        profile = Profile(
            str(form.name.data), form.name_kana.data or "", form.language.data, form.theme.data
        )
        with form.refusing():
            with transaction():
                actions.change_profile(_me(here), profile, actor=here.actor, now=here.now)
            answer = lead_on(say("Saved."), url_for("account.settings"))
            return cookies.speak(answer, profile.language)
    values = {
        "form": form,
        "person": _me(here),
        "sessions": queries.sessions_of(_me(here).id, now=here.now),
        "this_session": _session_id(),
        "brand": brand_of(here.actor),
    }
    return render_template("account/settings.html", **values), form.status


@pages.route("/account/password", methods=["GET", "POST"])
@signed_in
def password(here: Desk) -> ResponseReturnValue:
    """Change the password with the old one."""
    form, person = PasswordForm(), _me(here)
    if form.validate_on_submit():
        with form.refusing():
            rules.check_password(str(form.password.data), email=person.email)
            _check_old(here, person, str(form.old.data))
            kept = passwords.hashed(str(form.password.data))
            with transaction():
                actions.change_password(
                    _me(here), kept, session_id=_session_id(), actor=here.actor, now=here.now
                )
            return lead_on(
                say("Your password is changed. Other devices were signed out."),
                url_for("account.settings"),
            )
    page = render_template(
        "account/password.html", form=form, person=person, brand=brand_of(here.actor)
    )
    return page, form.status


def _check_old(here: Desk, person: Person, old: str) -> None:
    """A stolen session must not be able to guess the password either."""
    email, kept = person.email, person.password_hash
    with transaction():
        guesses = actions.note_guess("password", email, email, now=here.now)
        ids = [guess.id for guess in guesses]
    if not passwords.fits(old, kept):
        raise RuleBroken(say("This is not your present password."), "old")
    with transaction():
        actions.forget_guess(ids)


@pages.post("/account/sessions/<key:session_id>/close")
@signed_in
def close_session(here: Desk, session_id: int) -> ResponseReturnValue:
    """Sign one of the person's browsers out."""
    with transaction():
        found = queries.own_session(_me(here).id, session_id)
        actions.revoke_session(found, now=here.now)
    return lead_on(say("That device was signed out."), url_for("account.settings"))
