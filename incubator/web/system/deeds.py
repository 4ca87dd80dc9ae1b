"""What the record calls things, in words of the office."""

from incubator.billing.models import ChargeKind, PaymentMethod, ReversalCause
from incubator.core.access import Role
from incubator.core.i18n import Label, Message, say
from incubator.core.outbox import MailState
from incubator.graduation.models import ProposalStatus
from incubator.leases.models import LeaseStatus
from incubator.mentoring.models import AssignmentKind, Mode, SessionStatus
from incubator.organisations.models import Stage
from incubator.people.models import RequestStatus

DEEDS: dict[str, Message] = {
    "accept_invitation": say("Invitation accepted"),
    "action.agreed": say("Action item agreed"),
    "action.done": say("Action item done"),
    "action.moved": say("Action item moved"),
    "ask_credit_note": say("Credit note asked for"),
    "ask_refund": say("Repayment asked for"),
    "booking.cancelled": say("Booking cancelled"),
    "booking.made": say("Room booked"),
    "booking.no_show": say("Booking not used"),
    "change_account": say("Account changed"),
    "change_password": say("Password changed"),
    "closed_day.added": say("Closed day added"),
    "closed_day.removed": say("Closed day removed"),
    "credit_invoice": say("Invoice credited"),
    "criterion.changed": say("Graduation criterion changed"),
    "day.cleared": say("Hours of a day cleared"),
    "day.set": say("Hours of a day set"),
    "deposit.received": say("Deposit received"),
    "deposit.settled": say("Deposit settled"),
    "end_role": say("Role ended"),
    "exit.approved": say("Graduation approved"),
    "exit.proposed": say("Graduation proposed"),
    "exit.refused": say("Graduation refused"),
    "exit.withdrawn": say("Graduation proposal withdrawn"),
    "facility.added": say("Facility added"),
    "facility.changed": say("Facility changed"),
    "figures.filed": say("Monthly figures filed"),
    "floor.added": say("Floor added"),
    "follow_up.answered": say("Follow-up answered"),
    "give_role": say("Role given"),
    "hours.added": say("Hours added"),
    "hours.removed": say("Hours removed"),
    "import.applied": say("Import applied"),
    "issue_credit_note": say("Credit note issued"),
    "issue_invoice": say("Invoice issued"),
    "issuer.set": say("Issuer of invoices set"),
    "lease.declined": say("Offer declined"),
    "lease.ended": say("Lease ended"),
    "lease.explained": say("Prior explanation recorded"),
    "lease.imported": say("Lease imported"),
    "lease.lapsed": say("Offer lapsed"),
    "lease.notice_given": say("Notice given"),
    "lease.offered": say("Lease offered"),
    "lease.price_changed": say("Rent changed"),
    "lease.restoration_billed": say("Restoration put on an invoice"),
    "lease.restoration_dropped": say("Restoration taken off"),
    "lease.signed": say("Lease signed"),
    "manager.assigned": say("Manager assigned"),
    "manager.released": say("Manager released"),
    "note.written": say("Note written"),
    "private_note.viewed": say("Private note viewed"),
    "programme.added": say("Subsidy programme added"),
    "programme.changed": say("Subsidy programme changed"),
    "reactivate_person": say("Account allowed again"),
    "record_payment": say("Payment recorded"),
    "refund_credit": say("Credit paid back"),
    "refuse_credit_note": say("Credit note refused"),
    "refuse_refund": say("Repayment refused"),
    "remind_of_invoice": say("Reminder of an invoice sent"),
    "reset_password": say("Password reset"),
    "retry_job": say("Job tried again"),
    "reverse_payment": say("Payment reversed"),
    "reverse_refund": say("Repayment reversed"),
    "room.added": say("Room added"),
    "room.changed": say("Room changed"),
    "run_billing": say("Billing run"),
    "send_mail_again": say("Mail sent again"),
    "session.booked": say("Session booked"),
    "session.cancelled": say("Session cancelled"),
    "session.held": say("Session held"),
    "session.missed": say("Session missed"),
    "session.moved": say("Session moved"),
    "settle_card_event": say("Card payment settled"),
    "sign_out_everywhere": say("Signed out everywhere"),
    "start_checkout": say("Card payment started"),
    "suspend_person": say("Account suspended"),
    "unit.added": say("Unit added"),
    "unit.changed": say("Unit changed"),
    "unit.outage_ended": say("Maintenance ended"),
    "unit.outage_started": say("Maintenance started"),
    "use_credit": say("Credit used"),
    "venture.added": say("Venture added"),
    "venture.changed": say("Venture changed"),
    "venture.left": say("Venture left"),
    "withdraw_credit_note": say("Credit note withdrawn"),
    "withdraw_refund": say("Repayment withdrawn"),
}
SUBJECTS: dict[str, Message] = {
    "action_item": say("Action item"),
    "assignment": say("Assignment"),
    "availability": say("Hours"),
    "availability_exception": say("Hours"),
    "billing_run": say("Billing run"),
    "booking": say("Booking"),
    "checkout": say("Card payment"),
    "closed_day": say("Closed day"),
    "criterion": say("Graduation criterion"),
    "deposit_entry": say("Deposit"),
    "exit_proposal": say("Graduation proposal"),
    "facility": say("Facility"),
    "figures": say("Monthly figures"),
    "floor": say("Floor"),
    "follow_up": say("Follow-up"),
    "follow_up_answer": say("Follow-up"),
    "import_run": say("Import"),
    "invoice": say("Invoice"),
    "issuer": say("Issuer of invoices"),
    "job_run": say("Job"),
    "lease": say("Lease"),
    "mentoring_session": say("Session"),
    "organisation": say("Venture"),
    "outbox_mail": say("Mail"),
    "payment": say("Payment"),
    "person": say("Person"),
    "refund": say("Credit paid back"),
    "refund_request": say("Repayment asked for"),
    "role_grant": say("Role"),
    "room": say("Room"),
    "session_note": say("Note"),
    "subsidy_programme": say("Subsidy programme"),
    "unit": say("Unit"),
    "unit_outage": say("Maintenance"),
    "webhook_event": say("Card payment"),
}
FACTS: dict[str, Message] = {
    "amount": say("Amount"),
    "area": say("Area"),
    "asked_by": say("Asked for by"),
    "cause": say("What happened"),
    "code": say("Code"),
    "day": say("Day"),
    "days_late": say("Days past the due day"),
    "due_on": say("Due day"),
    "email": say("E-mail address"),
    "ended_on": say("Ended on"),
    "ends_at": say("End"),
    "ends_on": say("Free from"),
    "error": say("Error"),
    "expired_on": say("Offer valid until"),
    "from_day": say("From"),
    "given_on": say("Notice given on"),
    "invoice": say("Invoice"),
    "issued": say("Issued"),
    "kind": say("Kind"),
    "language": say("Language"),
    "leave_on": say("Leaves on"),
    "left_on": say("Left on"),
    "manager": say("Incubation manager"),
    "method": say("Way of payment"),
    "mode": say("Where"),
    "month": say("Month"),
    "name": say("Name"),
    "number": say("Number"),
    "period": say("Period"),
    "person": say("Person"),
    "price": say("Price"),
    "reason": say("Reason"),
    "rent": say("Rent"),
    "role": say("Role"),
    "room": say("Room"),
    "signed_on": say("Signed on"),
    "stage": say("Stage"),
    "starts_at": say("Start"),
    "starts_on": say("Start"),
    "state": say("State"),
    "status": say("State"),
    "total": say("Total"),
    "unit": say("Unit"),
    "until": say("Until"),
    "until_day": say("Until"),
    "venture": say("Venture"),
    "what": say("What was restored"),
}


VALUES: dict[str, tuple[type[Label], ...]] = {
    "cause": (ReversalCause,),
    "kind": (AssignmentKind, ChargeKind),
    "method": (PaymentMethod,),
    "mode": (Mode,),
    "role": (Role,),
    "stage": (Stage,),
    "state": (MailState,),
    "status": (LeaseStatus, RequestStatus, ProposalStatus, SessionStatus),
}
"""What the values of a fact are called, where it is one of few."""


def deed_label(deed: str) -> Message | str:
    """What was done."""
    return DEEDS.get(deed) or deed.replace("_", " ").replace(".", ": ")


def subject_label(kind: str) -> Message | str:
    """What it was done to."""
    return SUBJECTS.get(kind) or kind.replace("_", " ")


def fact_label(name: str) -> Message | str:
    """What changed of it."""
    return FACTS.get(name) or name.replace("_", " ")


def value_label(name: str, value: str) -> Message | str:
    """What a value of it is called."""
    kinds = VALUES.get(name, ())
    return next((each.label for kind in kinds for each in kind if each.value == value), value)
