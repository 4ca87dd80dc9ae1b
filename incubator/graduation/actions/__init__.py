"""What people do about figures and graduation. Each function is one deed; the caller commits."""

from incubator.graduation.actions.alumni import Answer, record_answer
from incubator.graduation.actions.criteria import change_criterion, set_up_criteria
from incubator.graduation.actions.exits import (
    Plan,
    approve_exit,
    complete_exits,
    propose_exit,
    refuse_exit,
    tell_destination,
    withdraw_proposal,
)
from incubator.graduation.actions.figures import Report, file_figures
from incubator.graduation.actions.leaving import close_finished, end_lease
from incubator.graduation.actions.opening import open_facility

__all__ = [
    "Answer",
    "Plan",
    "Report",
    "approve_exit",
    "change_criterion",
    "close_finished",
    "complete_exits",
    "end_lease",
    "file_figures",
    "open_facility",
    "propose_exit",
    "record_answer",
    "refuse_exit",
    "set_up_criteria",
    "tell_destination",
    "withdraw_proposal",
]
