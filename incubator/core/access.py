"""Who may do what: the permission matrix on one screen (security.md §2.2).

Roles are granted at a facility, at an organisation (a venture's people) or for the whole system.
Areas ask for a permission where it is needed; nobody peeks at a role.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from incubator.core.errors import NotAllowed
from incubator.core.i18n import Label, Message, say


class Can(StrEnum):
    """Everything a person can be allowed to do."""

    # the whole system
    RUN_SYSTEM = "run_system"
    MANAGE_FACILITIES = "manage_facilities"
    # at a facility
    VIEW_FACILITY = "view_facility"
    EDIT_FACILITY = "edit_facility"
    INVITE_STAFF = "invite_staff"
    INVITE_VENTURE = "invite_venture"
    VIEW_DASHBOARD = "view_dashboard"
    VIEW_VENTURES = "view_ventures"
    EDIT_VENTURES = "edit_ventures"
    VIEW_LEASES = "view_leases"
    DRAFT_LEASES = "draft_leases"
    APPROVE_LEASES = "approve_leases"
    VIEW_BILLING = "view_billing"
    RUN_BILLING = "run_billing"
    APPROVE_MONEY = "approve_money"
    VIEW_BOOKINGS = "view_bookings"
    MANAGE_BOOKINGS = "manage_bookings"
    SEE_BOOKING_TITLES = "see_booking_titles"
    ASSIGN_MANAGERS = "assign_managers"
    MENTOR = "mentor"
    WRITE_NOTES = "write_notes"
    VIEW_FIGURES = "view_figures"
    VERIFY_FIGURES = "verify_figures"
    PROPOSE_GRADUATION = "propose_graduation"
    APPROVE_GRADUATION = "approve_graduation"
    IMPORT_DATA = "import_data"
    VIEW_AUDIT = "view_audit"
    # at one's own venture
    VIEW_OWN_VENTURE = "view_own_venture"
    EDIT_OWN_VENTURE = "edit_own_venture"
    INVITE_MEMBERS = "invite_members"
    VIEW_OWN_LEASE = "view_own_lease"
    SIGN_OWN_LEASE = "sign_own_lease"
    VIEW_OWN_INVOICES = "view_own_invoices"
    PAY_OWN_INVOICES = "pay_own_invoices"
    BOOK_ROOMS = "book_rooms"
    BOOK_SESSIONS = "book_sessions"
    VIEW_OWN_NOTES = "view_own_notes"
    FILE_FIGURES = "file_figures"
    VIEW_OWN_GRADUATION = "view_own_graduation"


class Role(Label):
    """What a person is, somewhere."""

    SYSTEM_ADMIN = "system_admin"
    FACILITY_ADMIN = "facility_admin"
    CLERK = "clerk"
    MANAGER = "manager"
    MENTOR = "mentor"
    OWNER = "owner"
    MEMBER = "member"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them (domain.md §15)."""
        return {
            cls.SYSTEM_ADMIN: say("System administrator"),
            cls.FACILITY_ADMIN: say("Facility administrator"),
            cls.CLERK: say("Finance clerk"),
            cls.MANAGER: say("Incubation manager"),
            cls.MENTOR: say("Mentor"),
            cls.OWNER: say("Venture owner"),
            cls.MEMBER: say("Venture member"),
        }


VENTURE_ROLES = frozenset({Role.OWNER, Role.MEMBER})
_MEMBER = {
    Can.VIEW_OWN_VENTURE,
    Can.VIEW_OWN_LEASE,
    Can.BOOK_ROOMS,
    Can.BOOK_SESSIONS,
    Can.VIEW_OWN_NOTES,
    Can.FILE_FIGURES,
    Can.VIEW_OWN_INVOICES,
    Can.PAY_OWN_INVOICES,
    Can.VIEW_OWN_GRADUATION,
}
MATRIX: dict[Role, frozenset[Can]] = {
    Role.SYSTEM_ADMIN: frozenset(
        {Can.RUN_SYSTEM, Can.MANAGE_FACILITIES, Can.VIEW_AUDIT, Can.INVITE_STAFF}
    ),
    Role.FACILITY_ADMIN: frozenset(
        {
            Can.VIEW_FACILITY,
            Can.EDIT_FACILITY,
            Can.INVITE_STAFF,
            Can.INVITE_VENTURE,
            Can.VIEW_DASHBOARD,
            Can.VIEW_VENTURES,
            Can.EDIT_VENTURES,
            Can.VIEW_LEASES,
            Can.DRAFT_LEASES,
            Can.APPROVE_LEASES,
            Can.VIEW_BILLING,
            Can.APPROVE_MONEY,
            Can.VIEW_BOOKINGS,
            Can.MANAGE_BOOKINGS,
            Can.SEE_BOOKING_TITLES,
            Can.ASSIGN_MANAGERS,
            Can.VIEW_FIGURES,
            Can.APPROVE_GRADUATION,
            Can.IMPORT_DATA,
            Can.VIEW_AUDIT,
        }
    ),
    Role.CLERK: frozenset(
        {
            Can.VIEW_FACILITY,
            Can.VIEW_DASHBOARD,
            Can.VIEW_VENTURES,
            Can.VIEW_LEASES,
            Can.DRAFT_LEASES,
            Can.VIEW_BILLING,
            Can.RUN_BILLING,
            Can.VIEW_BOOKINGS,
        }
    ),
    Role.MANAGER: frozenset(
        {
            Can.VIEW_FACILITY,
            Can.INVITE_VENTURE,
            Can.VIEW_DASHBOARD,
            Can.VIEW_VENTURES,
            Can.EDIT_VENTURES,
            Can.VIEW_LEASES,
            Can.VIEW_BOOKINGS,
            Can.MANAGE_BOOKINGS,
            Can.SEE_BOOKING_TITLES,
            Can.ASSIGN_MANAGERS,
            Can.MENTOR,
            Can.WRITE_NOTES,
            Can.VIEW_FIGURES,
            Can.VERIFY_FIGURES,
            Can.PROPOSE_GRADUATION,
        }
    ),
    Role.MENTOR: frozenset({Can.MENTOR, Can.WRITE_NOTES}),
    Role.OWNER: frozenset(_MEMBER | {Can.EDIT_OWN_VENTURE, Can.INVITE_MEMBERS, Can.SIGN_OWN_LEASE}),
    Role.MEMBER: frozenset(_MEMBER),
}


@dataclass(frozen=True)
class Held:
    """One role, and where it is held; nowhere means the whole system."""

    role: Role
    facility_id: int | None = None
    organisation_id: int | None = None


@dataclass(frozen=True)
class Actor:
    """Whoever acts, a person or a nightly job, as far as the rules care."""

    id: int | None
    name: str
    held: tuple[Held, ...] = ()

    def can(
        self, permission: Can, *, facility: int | None = None, organisation: int | None = None
    ) -> bool:
        """Whether a role held exactly there (or for the whole system) grants it."""
        return any(
            permission in MATRIX[held.role]
            for held in self.held
            if (held.facility_id, held.organisation_id) in {(facility, organisation), (None, None)}
        )

    def facilities(self, permission: Can) -> frozenset[int]:
        """The facilities at which a role grants it."""
        return frozenset(
            held.facility_id
            for held in self.held
            if held.facility_id is not None and permission in MATRIX[held.role]
        )

    def organisations(self, permission: Can) -> frozenset[int]:
        """The organisations at which a role grants it."""
        return frozenset(
            held.organisation_id
            for held in self.held
            if held.organisation_id is not None and permission in MATRIX[held.role]
        )

    def serves(self, facility: int) -> bool:
        """Whether any role is held at this facility."""
        return any(held.facility_id == facility for held in self.held)

    def belongs_to(self, organisation: int) -> bool:
        """Whether any role is held at this organisation."""
        return any(held.organisation_id == organisation for held in self.held)


def require(
    actor: Actor, permission: Can, *, facility: int | None = None, organisation: int | None = None
) -> None:
    """Stop here unless `actor` holds `permission` at this facility or this organisation."""
    if not actor.can(permission, facility=facility, organisation=organisation):
        raise NotAllowed(permission)


def require_any(actor: Actor, permissions: Iterable[Can], *, facility: int) -> None:
    """Stop here unless `actor` holds one of the permissions at this facility."""
    if not any(actor.can(permission, facility=facility) for permission in permissions):
        raise NotAllowed(*permissions)
