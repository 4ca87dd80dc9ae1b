"""Monthly figures, criteria, graduation decisions and follow-up of alumni."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incubator.core.db import Amount, Entity, partial_index
from incubator.core.i18n import Label, Message, say
from incubator.core.packing import unpack
from incubator.core.promises import append_only, stays_once
from incubator.graduation.rules import CriterionResult
from incubator.organisations.models import Organisation


class Figures(Entity):
    """What a venture reports of a month; an answer is never overwritten, a later one counts."""

    __tablename__ = "figures"
    __table_args__ = (
        UniqueConstraint("organisation_id", "month", "version"),
        CheckConstraint("jobs_ft >= 0 AND jobs_pt >= 0", name="jobs_not_negative"),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    month: Mapped[date]
    version: Mapped[int] = mapped_column(default=1)
    currency: Mapped[str]
    sales: Mapped[int] = mapped_column(Amount)
    """Of the month, tax-inclusive."""
    jobs_ft: Mapped[int]
    """People at 32 hours a week or more on the last day of the month (domain.md §5.3)."""
    jobs_pt: Mapped[int]
    funds_raised: Mapped[int] = mapped_column(Amount, default=0)
    patents: Mapped[int] = mapped_column(default=0)
    comment: Mapped[str] = mapped_column(default="")
    filed_at: Mapped[datetime]
    filed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    filed_by_name: Mapped[str]


append_only(Figures, "figures_stay_as_filed")


class Measure(Label):
    """What a criterion looks at."""

    SALES_12_MONTHS = "sales_12_months"
    JOBS_FT = "jobs_ft"
    FUNDS_RAISED = "funds_raised"
    MONTHS_INSIDE = "months_inside"
    FIGURES_FILED = "figures_filed"
    SESSIONS_12_MONTHS = "sessions_12_months"
    RENT_PAID = "rent_paid"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.SALES_12_MONTHS: say("Sales of the last 12 months"),
            cls.JOBS_FT: say("Full-time employees"),
            cls.FUNDS_RAISED: say("Funds raised in total"),
            cls.MONTHS_INSIDE: say("Months inside"),
            cls.FIGURES_FILED: say("Monthly reports filed in the last 12 months"),
            cls.SESSIONS_12_MONTHS: say("Mentoring sessions in the last 12 months"),
            cls.RENT_PAID: say("Nothing overdue"),
        }


class Criterion(Entity):
    """One thing looked at before graduation; thresholds are strict (BR-G02)."""

    __tablename__ = "criterion"
    __table_args__ = (UniqueConstraint("facility_id", "measure", "from_day"),)

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"))
    measure: Mapped[Measure]
    target: Mapped[int] = mapped_column(Amount)
    """Met when the actual figure is strictly greater; for `rent_paid`, when nothing is overdue."""
    required: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    from_day: Mapped[date]
    until_day: Mapped[date | None]


class ExitReason(Label):
    """Why a venture leaves; only the first three are graduation (domain.md §5.1)."""

    GRADUATED_GROWTH = "graduated_growth"
    GRADUATED_MILESTONE = "graduated_milestone"
    GRADUATED_ACQUIRED = "graduated_acquired"
    TERM_EXPIRED = "term_expired"
    WITHDREW = "withdrew"
    MILESTONE_FAILED = "milestone_failed"
    CLOSED = "closed"
    BANKRUPT = "bankrupt"
    EVICTED = "evicted"
    TRANSFERRED = "transferred"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.GRADUATED_GROWTH: say("Graduated: outgrew the incubator"),
            cls.GRADUATED_MILESTONE: say("Graduated: reached its milestones"),
            cls.GRADUATED_ACQUIRED: say("Graduated: merged or acquired"),
            cls.TERM_EXPIRED: say("Term expired"),
            cls.WITHDREW: say("Withdrew"),
            cls.MILESTONE_FAILED: say("Missed its milestones"),
            cls.CLOSED: say("Closed its business"),
            cls.BANKRUPT: say("Went bankrupt"),
            cls.EVICTED: say("Had to leave"),
            cls.TRANSFERRED: say("Moved to another facility"),
        }


GRADUATIONS = frozenset(
    {ExitReason.GRADUATED_GROWTH, ExitReason.GRADUATED_MILESTONE, ExitReason.GRADUATED_ACQUIRED}
)


class ProposalStatus(Label):
    """How far a proposal has come."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.PROPOSED: say("Proposed"),
            cls.APPROVED: say("Approved"),
            cls.REFUSED: say("Refused"),
            cls.WITHDRAWN: say("Withdrawn"),
        }


class ExitProposal(Entity):
    """A manager proposes that a venture leaves, someone else decides (BR-G01)."""

    __tablename__ = "exit_proposal"
    __table_args__ = (
        CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> proposed_by_id", name="two_people"
        ),
        CheckConstraint(
            "status IN ('proposed', 'withdrawn') OR decided_by_id IS NOT NULL", name="decided"
        ),
        Index("ix_exit_proposal_organisation", "organisation_id", "status"),
        partial_index(
            "uq_exit_proposal_waiting",
            "organisation_id",
            unique=True,
            where="status = 'proposed'",
        ),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    reason: Mapped[ExitReason]
    leave_on: Mapped[date]
    """The first day the units are free."""
    destination: Mapped[str]
    in_region: Mapped[bool] = mapped_column(default=True)
    grounds: Mapped[str]
    criteria: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """Measure, actual, target, met and evidence as they stood when proposed."""
    status: Mapped[ProposalStatus] = mapped_column(default=ProposalStatus.PROPOSED)
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str] = mapped_column(default="")

    organisation: Mapped[Organisation] = relationship()

    @property
    def results(self) -> list[CriterionResult]:
        """The criteria as they stood; the evidence of early proposals is text in one language."""
        return [
            CriterionResult(**result | {"evidence": unpack(evidence)})
            if isinstance(evidence := result["evidence"], dict)
            else CriterionResult(**result)
            for result in self.criteria
        ]


stays_once(
    ExitProposal,
    "exit_proposal_stays",
    "proposed",
    (
        "facility_id",
        "organisation_id",
        "reason",
        "leave_on",
        "destination",
        "in_region",
        "grounds",
        "proposed_by_id",
        "proposed_at",
    ),
)


class ExitDestination(Entity):
    """Where a venture went that left without a decision, written down afterwards (BR-G01)."""

    __tablename__ = "exit_destination"
    __table_args__ = (
        UniqueConstraint("organisation_id", "left_on"),
        CheckConstraint("destination <> ''", name="somewhere"),
    )

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    left_on: Mapped[date]
    """The day on which the stay ended, as `organisation.left_on`."""
    destination: Mapped[str]


class AnswerSource(Label):
    """Where an answer comes from (domain.md §5.3)."""

    SELF_REPORT = "self_report"
    PUBLIC_RECORD = "public_record"
    ESTIMATE = "estimate"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What people read."""
        return {
            cls.SELF_REPORT: say("The venture told us"),
            cls.PUBLIC_RECORD: say("Public record"),
            cls.ESTIMATE: say("Estimate"),
        }


class FollowUp(Entity):
    """A yearly question to an alumnus, due on a day (BR-G03); unknown is an answer."""

    __tablename__ = "follow_up"
    __table_args__ = (UniqueConstraint("organisation_id", "year", "due_on"),)

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    year: Mapped[int]
    """How many years after graduation, 1 to 5."""
    due_on: Mapped[date]

    organisation: Mapped[Organisation] = relationship()
    answers: Mapped[list["FollowUpAnswer"]] = relationship(order_by="FollowUpAnswer.id")


class FollowUpAnswer(Entity):
    """What was learnt of an alumnus; never overwritten, a later answer counts."""

    __tablename__ = "follow_up_answer"

    follow_up_id: Mapped[int] = mapped_column(ForeignKey("follow_up.id"), index=True)
    as_of: Mapped[date]
    source: Mapped[AnswerSource]
    operating: Mapped[bool | None]
    in_region: Mapped[bool | None]
    jobs_ft: Mapped[int | None]
    sales_year: Mapped[int | None] = mapped_column(Amount)
    comment: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


append_only(FollowUpAnswer, "follow_up_answer_stays")
