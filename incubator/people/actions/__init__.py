"""What people do with their accounts. Each function is one deed; the caller commits."""

from incubator.people.actions.account import (
    Profile,
    change_password,
    change_profile,
    rehash,
)
from incubator.people.actions.links import (
    NewAccount,
    accept_invitation,
    request_reset,
    reset_password,
)
from incubator.people.actions.roles import (
    Invitation,
    Offer,
    end_grant,
    invite,
    reactivate,
    suspend,
)
from incubator.people.actions.sessions import (
    TooManyGuesses,
    forget_guess,
    forget_what_is_over,
    note_guess,
    note_seen,
    open_session,
    revoke_session,
    sign_out_everywhere,
)

__all__ = [
    "Invitation",
    "NewAccount",
    "Offer",
    "Profile",
    "TooManyGuesses",
    "accept_invitation",
    "change_password",
    "change_profile",
    "end_grant",
    "forget_guess",
    "forget_what_is_over",
    "invite",
    "note_guess",
    "note_seen",
    "open_session",
    "reactivate",
    "rehash",
    "request_reset",
    "reset_password",
    "revoke_session",
    "sign_out_everywhere",
    "suspend",
]
