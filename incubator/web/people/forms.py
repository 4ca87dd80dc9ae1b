"""What people type to invite others."""

from wtforms import RadioField
from wtforms.validators import InputRequired

from incubator.core.access import Role
from incubator.core.i18n import say
from incubator.web.account.forms import LANGUAGES, AddressField
from incubator.web.forms import PageForm, choices, needed


class InviteForm(PageForm):
    """An address, a role, and the language of the mail."""

    email = AddressField(
        say("E-mail address"),
        [needed(say("Please enter an e-mail address like name@example.jp."))],
        render_kw={"autocomplete": "off"},
    )
    role = RadioField(say("Role"), [InputRequired(say("Please choose a role."))])
    language = RadioField(
        say("Language of the mail"),
        [InputRequired(say("Please choose a language."))],
        choices=LANGUAGES,
    )

    def offer_roles(self, roles: list[Role], language: str) -> None:
        """Set what can be chosen; a single role is chosen already."""
        self.role.choices = choices((role.value, role.label) for role in roles)
        if not self.is_submitted():
            self.language.data = language
            if len(roles) == 1:
                self.role.data = roles[0].value


ROLE_NOTES = {
    Role.FACILITY_ADMIN.value: say("Leases, rooms, staff, approvals"),
    Role.CLERK.value: say("Invoices, payments, receipts"),
    Role.MANAGER.value: say("Looks after ventures: sessions, notes, graduation"),
    Role.MENTOR.value: say("Advises ventures in booked sessions"),
    Role.OWNER.value: say("Signs leases, pays, invites members"),
    Role.MEMBER.value: say("Books rooms and sessions, pays, files figures"),
}
