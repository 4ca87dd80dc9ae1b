"""Forms about figures, graduation and alumni."""

from wtforms import BooleanField, Field, RadioField, SelectField, TextAreaField

from incubator.core.i18n import say
from incubator.graduation import rules
from incubator.graduation.models import AnswerSource, ExitReason
from incubator.web.forms import (
    AmountField,
    CountField,
    DayField,
    PageForm,
    WordsField,
    choices,
    needed,
)

UNKNOWN = "unknown"
KNOWN = {"yes": True, "no": False, UNKNOWN: None}
YES_NO = choices([("yes", say("Yes")), ("no", say("No")), (UNKNOWN, say("Not known"))])
SOURCES = choices(AnswerSource.labels().items())


class FiguresForm(PageForm):
    """What happened in a month."""

    sales = AmountField(
        say("Sales of the month"),
        [needed()],
        description=say("Tax included. 0 if there were none."),
    )
    jobs_ft = CountField(
        say("Full-time employees"),
        [needed(rules.NONE_OR_MORE)],
        description=say("People working 32 hours a week or more, on the last day of the month."),
    )
    jobs_pt = CountField(say("Part-time employees"), [needed(rules.NONE_OR_MORE)])
    funds_raised = AmountField(
        say("Funds raised in the month"), description=say("Equity, loans and grants received.")
    )
    patents = CountField(say("Patents filed in the month"), default=0)
    comment = TextAreaField(
        say("What happened this month"), description=say("Read by your incubation manager.")
    )


class ProposalForm(PageForm):
    """A venture is to leave."""

    reason = SelectField(
        say("Reason"),
        choices=choices((reason.value, reason.label) for reason in ExitReason),
    )
    leave_on = DayField(
        say("Leaves on"), [needed()], description=say("From this day the units are free.")
    )
    destination = WordsField(
        say("Where to"), [needed()], description=say("Town and building, as far as known.")
    )
    in_region = BooleanField(say("Stays in the region"), default=True)
    grounds = TextAreaField(say("Grounds"), [needed(say("Say why, in a sentence or two."))])


class DestinationForm(PageForm):
    """Where somebody went that left without a decision."""

    destination = WordsField(
        say("Where to"), [needed()], description=say("Town and building, as far as known.")
    )


class DecisionForm(PageForm):
    """Yes or no, with a word."""

    note = TextAreaField(say("Note on the decision"), description=say("To refuse, write why."))


class CriterionForm(PageForm):
    """A target."""

    target: Field = CountField(say("Target"), [needed()], most=10**12)
    required = BooleanField(say("Has to be met to graduate"))


class SumCriterionForm(CriterionForm):
    """A target that is a sum of money."""

    target = AmountField(say("Target"), [needed()])


class AnswerForm(PageForm):
    """What was learnt of an alumnus."""

    as_of = DayField(say("Day of the answer"), [needed()])
    source = SelectField(say("Source"), choices=SOURCES)
    operating = RadioField(say("Still in business"), choices=YES_NO, default=UNKNOWN)
    in_region = RadioField(say("Main site in the region"), choices=YES_NO, default=UNKNOWN)
    jobs_ft = CountField(say("Full-time employees"))
    sales_year = AmountField(say("Sales of the last full year"))
    comment = TextAreaField(say("Note"))
