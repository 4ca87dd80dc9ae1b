"""What people do about mentoring. Each function is one deed; the caller commits."""

from incubator.mentoring.actions.assign import (
    AssignmentTerms,
    assign_manager,
    end_assignment,
    withdraw_assignment,
)
from incubator.mentoring.actions.book import SessionRequest, book_session
from incubator.mentoring.actions.change import NewTime, cancel_session, reschedule_session
from incubator.mentoring.actions.hours import (
    DayTerms,
    HoursTerms,
    add_hours,
    remove_exception,
    remove_hours,
    set_exception,
)
from incubator.mentoring.actions.items import (
    ItemTerms,
    add_item,
    complete_item,
    move_item,
    reopen_item,
)
from incubator.mentoring.actions.record import (
    hold_session,
    miss_session,
    take_back_held,
    view_private_notes,
    write_note,
)

__all__ = [
    "AssignmentTerms",
    "DayTerms",
    "HoursTerms",
    "ItemTerms",
    "NewTime",
    "SessionRequest",
    "add_hours",
    "add_item",
    "assign_manager",
    "book_session",
    "cancel_session",
    "complete_item",
    "end_assignment",
    "hold_session",
    "miss_session",
    "move_item",
    "remove_exception",
    "remove_hours",
    "reopen_item",
    "reschedule_session",
    "set_exception",
    "take_back_held",
    "view_private_notes",
    "withdraw_assignment",
    "write_note",
]
