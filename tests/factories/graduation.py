"""Proposals as they could have been made."""

from typing import Any

from incubator.core.db import db
from incubator.graduation.models import ExitProposal, ProposalStatus
from tests.factories.base import keep


def proposed_otherwise(proposal: ExitProposal, **facts: Any) -> ExitProposal:
    """The same proposal with other facts instead: what is proposed is never rewritten."""
    names = [each.key for each in db.inspect(ExitProposal).columns if each.key != "id"]
    facts = {name: getattr(proposal, name) for name in names} | facts
    if proposal.status is ProposalStatus.PROPOSED:
        proposal.status = ProposalStatus.WITHDRAWN
        db.session.flush()
    return keep(ExitProposal(**facts))
