"""Readiness, proposals, decisions and criteria: the pages of managers and admins."""

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from incubator.core.access import Can
from incubator.core.days import ONE_DAY
from incubator.core.db import transaction
from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, say
from incubator.graduation import actions, queries, rules
from incubator.graduation.actions import Plan
from incubator.graduation.models import (
    GRADUATIONS,
    ExitProposal,
    ExitReason,
    Measure,
    ProposalStatus,
)
from incubator.graduation.rules import CriterionResult
from incubator.organisations.models import Organisation, Stage
from incubator.organisations.queries import all_ventures, venture_of
from incubator.web.answers import ALREADY, lead_on
from incubator.web.filters import language
from incubator.web.graduation.blueprint import pages
from incubator.web.graduation.forms import (
    CriterionForm,
    DecisionForm,
    ProposalForm,
    SumCriterionForm,
)
from incubator.web.graduation.show import as_rows, met
from incubator.web.guard import Here, Home, at_facility, at_venture

ANSWERS = {"approve": ProposalStatus.APPROVED, "refuse": ProposalStatus.REFUSED}


@pages.get("/f/<code>/graduation")
@at_facility(Can.VIEW_FIGURES)
def index(here: Here) -> ResponseReturnValue:
    """How ready every venture is, and what waits for a decision."""
    ventures = all_ventures(here.facility.id, Stage.TENANT, lang=language())
    ready = queries.readiness_of(here.facility, ventures, here.today)
    waiting = queries.waiting_proposals(here.facility.id)
    approved = queries.approved_exits(here.facility.id)
    rows: list[dict[str, Any]] = [
        {
            "venture": venture,
            "met": met(ready[venture.id]),
            "total": len(ready[venture.id]),
            "ready": rules.is_ready(ready[venture.id]),
            "unmet": [result for result in ready[venture.id] if not result.met and result.required],
            "proposal": waiting.get(venture.id),
            "approved": approved.get(venture.id),
        }
        for venture in ventures
    ]
    rows.sort(key=lambda row: (row["proposal"] is None, not row["ready"], str(row["venture"].name)))
    return render_template(
        "graduation/index.html",
        here=here,
        names=Measure.labels(),
        rows=rows,
        waiting=list(waiting.values()),
    )


@pages.get("/f/<code>/graduation/<key:organisation_id>")
@at_facility(Can.VIEW_FIGURES)
def venture(here: Here, organisation_id: int) -> ResponseReturnValue:
    """One venture: each criterion with evidence, proposals, what can be done."""
    return _venture_page(here, organisation_id, ProposalForm(formdata=None))


def _venture_page(here: Here, organisation_id: int, form: ProposalForm) -> ResponseReturnValue:
    found = venture_of(here.facility.id, organisation_id)
    decided, results = _standing(here, found)
    may_propose = here.may(Can.PROPOSE_GRADUATION)
    proposals = queries.proposals_of(found.id)
    page = render_template(
        "graduation/venture.html",
        here=here,
        venture=found,
        results=as_rows(results, here.facility.currency),
        met=met(results),
        ready=rules.is_ready(results),
        proposals=proposals,
        waiting=next((each for each in proposals if each.status is ProposalStatus.PROPOSED), None),
        approved=decided,
        left=next(iter(queries.departures_of(found)), None) if found.stage.gone else None,
        form=form if may_propose and found.stage == "tenant" else None,
        may_decide=here.may(Can.APPROVE_GRADUATION),
    )
    return page, form.status


@pages.post("/f/<code>/graduation/<key:organisation_id>/propose")
@at_facility(Can.PROPOSE_GRADUATION)
def propose(here: Here, organisation_id: int) -> ResponseReturnValue:
    """Propose that a venture leaves."""
    form = ProposalForm()
    if form.validate():
        plan = Plan(
            reason=ExitReason(form.reason.data),
            leave_on=form.leave_on.data,
            destination=form.destination.data or "",
            in_region=form.in_region.data,
            grounds=form.grounds.data or "",
        )
        with form.refusing():
            with transaction():
                found = venture_of(here.facility.id, organisation_id)
                actions.propose_exit(found, plan, actor=here.actor, now=here.now, today=here.today)
            return lead_on(
                say("Proposed. Somebody else decides now."), _address(here, organisation_id)
            )
    return _venture_page(here, organisation_id, form)


@pages.post("/f/<code>/graduation/proposals/<key:proposal_id>/withdraw")
@at_facility(Can.PROPOSE_GRADUATION)
def withdraw(here: Here, proposal_id: int) -> ResponseReturnValue:
    """Take one's own proposal back."""
    with transaction():
        proposal = queries.proposal_in(here.facility.id, proposal_id)
        organisation_id = proposal.organisation_id
        actions.withdraw_proposal(proposal, actor=here.actor, now=here.now)
    return lead_on(say("The proposal is withdrawn."), _address(here, organisation_id))


@pages.get("/f/<code>/graduation/proposals/<key:proposal_id>")
@at_facility(Can.APPROVE_GRADUATION)
def decision(here: Here, proposal_id: int) -> ResponseReturnValue:
    """Review a proposal and what approving it brings about."""
    return _decision_page(here, proposal_id, DecisionForm(formdata=None))


def _decision_page(here: Here, proposal_id: int, form: DecisionForm) -> ResponseReturnValue:
    proposal = queries.proposal_in(here.facility.id, proposal_id)
    results = proposal.results
    gone = proposal.organisation.stage.gone
    page = render_template(
        "graduation/decision.html",
        here=here,
        proposal=proposal,
        results=as_rows(results, here.facility.currency),
        met=met(results),
        leases=queries.leases_cut_short(proposal),
        own=proposal.proposed_by_id == here.actor.id,
        waits=proposal.status is ProposalStatus.PROPOSED,
        graduates=proposal.reason in GRADUATIONS,
        gone=gone,
        passed=proposal.leave_on < here.today and not gone,
        form=form,
    )
    return page, form.status


@pages.post("/f/<code>/graduation/proposals/<key:proposal_id>/decide")
@at_facility(Can.APPROVE_GRADUATION)
def decide(here: Here, proposal_id: int) -> ResponseReturnValue:
    """Approve or refuse."""
    form = DecisionForm()
    organisation_id = queries.proposal_in(here.facility.id, proposal_id).organisation_id
    if form.validate():
        with form.refusing():
            with transaction():
                said = _decide(here, proposal_id, form)
            return lead_on(said, _address(here, organisation_id))
        if _decided_so(here, proposal_id, form):
            return lead_on(ALREADY, _address(here, organisation_id))
    return _decision_page(here, proposal_id, form)


def _decided_so(here: Here, proposal_id: int, form: DecisionForm) -> bool:
    """Whether this very person has given just this answer."""
    given = queries.proposal_in(here.facility.id, proposal_id)
    status = ANSWERS.get(request.form.get("answer", ""))
    decided = (given.status, given.decided_by_id, given.decision_note)
    return decided == (status, here.actor.id, form.note.data or "")


def _decide(here: Here, proposal_id: int, form: DecisionForm) -> Message:
    proposal = queries.proposal_in(here.facility.id, proposal_id)
    note = form.note.data or ""
    if request.form.get("answer") == "approve":
        ending = queries.leases_cut_short(proposal)
        actions.approve_exit(proposal, note=note, actor=here.actor, now=here.now, today=here.today)
        last = proposal.leave_on - ONE_DAY
        told = say("Approved. The last day of the leases is %(day)s.", day=last)
        return told if ending else say("Approved.")
    if request.form.get("answer") != "refuse":
        raise RuleBroken(say("Choose whether to approve or to refuse."))
    actions.refuse_exit(proposal, note=note, actor=here.actor, now=here.now)
    return say("Refused.")


def _address(here: Here, organisation_id: int) -> str:
    return url_for(".venture", code=here.facility.code, organisation_id=organisation_id)


@pages.get("/f/<code>/criteria")
@at_facility(Can.EDIT_FACILITY)
def criteria(here: Here) -> ResponseReturnValue:
    """What the facility looks at before graduation."""
    return render_template(
        "graduation/criteria.html",
        here=here,
        spell=rules.spell,
        criteria=queries.criteria_on(here.facility.id, here.today),
    )


@pages.route("/f/<code>/criteria/<key:criterion_id>", methods=["GET", "POST"])
@at_facility(Can.EDIT_FACILITY)
def criterion(here: Here, criterion_id: int) -> ResponseReturnValue:
    """Change one target from today on."""
    found = queries.criterion_in(here.facility.id, criterion_id, here.today)
    kind = SumCriterionForm if found.measure in rules.SUMS else CriterionForm
    form = kind(obj=found)
    if form.validate_on_submit():
        with transaction():
            actions.change_criterion(
                queries.criterion_in(here.facility.id, criterion_id, here.today),
                target=form.target.data,
                required=form.required.data,
                actor=here.actor,
                now=here.now,
                today=here.today,
            )
        return lead_on(
            say("The target is changed from today on."),
            url_for(".criteria", code=here.facility.code),
        )
    spelled = say(
        "Today it is %(target)s.",
        target=rules.spell(found.measure, found.target, here.facility.currency),
    )
    page = render_template(
        "graduation/criterion.html", here=here, criterion=found, form=form, spelled=spelled
    )
    return page, form.status


@pages.get("/v/<key:venture_id>/graduation")
@at_venture(Can.VIEW_OWN_GRADUATION)
def own_graduation(here: Home) -> ResponseReturnValue:
    """The venture's own milestones."""
    decided, results = _standing(here, here.venture)
    return render_template(
        "graduation/own_graduation.html",
        here=here,
        results=as_rows(results, here.facility.currency),
        met=met(results),
        ready=rules.is_ready(results),
        approved=decided,
    )


def _standing(
    here: Here | Home, venture: Organisation
) -> tuple[ExitProposal | None, list[CriterionResult]]:
    """The exit decided on, and the criteria: when it was proposed, of who has left by it."""
    decided = queries.exit_of(venture)
    if decided is not None and venture.stage.gone:
        return decided, decided.results
    return decided, queries.readiness(here.facility, venture, here.today)
