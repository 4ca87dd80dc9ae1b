"""What people type about their account."""

from wtforms import EmailField, PasswordField, RadioField
from wtforms.validators import ValidationError

from incubator.core import reading
from incubator.core.errors import RuleBroken
from incubator.core.i18n import say
from incubator.people import rules
from incubator.people.rules import SHORTEST_PASSWORD
from incubator.web.forms import PageForm, WordsField, choices, needed
from incubator.web.nav import LANGUAGE_NAMES

LANGUAGES = choices(LANGUAGE_NAMES.items())
THEMES = choices(
    [
        ("auto", say("As on this device")),
        ("light", say("Light")),
        ("dark", say("Dark")),
    ]
)


class AddressField(EmailField):
    """An e-mail address in the one way accounts are found by."""

    def pre_validate(self, _form: object) -> None:
        """Read the address; what was typed stays in the field when it is none."""
        try:
            self.data = rules.email_of(self.data or "")
        except RuleBroken as broken:
            raise ValidationError(broken.message) from broken


class SignInForm(PageForm):
    """Who, and the secret."""

    email = EmailField(
        say("E-mail address"),
        [needed(say("Please enter your e-mail address."))],
        render_kw={"autocomplete": "username"},
    )
    password = PasswordField(
        say("Password"),
        [needed(say("Please enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )


class ForgotForm(PageForm):
    """Where to mail the link."""

    email = AddressField(
        say("E-mail address"),
        [needed(say("Please enter your e-mail address."))],
        render_kw={"autocomplete": "username"},
    )


def _new_password() -> PasswordField:
    return PasswordField(
        say("New password"),
        [needed(say("Please choose a password."))],
        description=say(
            "At least %(count)s characters. Several unrelated words work well.",
            count=SHORTEST_PASSWORD,
        ),
        render_kw={"autocomplete": "new-password", "minlength": SHORTEST_PASSWORD},
    )


class ResetForm(PageForm):
    """A new password."""

    password = _new_password()


class AcceptForm(PageForm):
    """The name and the password of a new account."""

    name = WordsField(
        say("Your name"),
        [needed(say("Please enter your name."))],
        render_kw={"autocomplete": "name", "maxlength": 100},
    )
    password = _new_password()


class PasswordForm(PageForm):
    """The old password, and a new one."""

    old = PasswordField(
        say("Present password"),
        [needed(say("Please enter your present password."))],
        render_kw={"autocomplete": "current-password"},
    )
    password = _new_password()


class ProfileForm(PageForm):
    """How a person is called, and how pages look to them."""

    name = WordsField(
        say("Your name"),
        [needed(say("Please enter your name."))],
        render_kw={"autocomplete": "name", "maxlength": 100},
    )
    name_kana = WordsField(
        say("Reading in kana"),
        description=say("For example “サトウ ミカ”. Used to sort lists."),
        render_kw={"maxlength": 100},
    )
    language = RadioField(say("Language of pages and mails"), choices=LANGUAGES)
    theme = RadioField(say("Colours"), choices=THEMES)


def without_marks(text: str | None) -> str:
    """What was typed as an address, as far as it can be looked up; never an error."""
    try:
        return rules.email_of(text or "")
    except RuleBroken:
        return reading.tidy(text or "").lower()[:320]
