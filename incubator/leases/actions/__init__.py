"""What people do with leases, one verb of the office each; the caller commits."""

from incubator.leases.actions.common import lock_leases
from incubator.leases.actions.deposit import (
    give_back_deposit,
    receive_deposit,
    refuse_deposit,
    return_deposit,
    settle_deposit,
    withdraw_deposit,
)
from incubator.leases.actions.leave import (
    announce_end,
    close_finished,
    cut_short,
    end_lease,
    give_notice,
    go_on,
)
from incubator.leases.actions.offer import (
    decline_lease,
    import_lease,
    lapse_offers,
    offer_lease,
    renew_lease,
)
from incubator.leases.actions.price import PriceChange, change_price
from incubator.leases.actions.programmes import ProgrammeFacts, add_programme, edit_programme
from incubator.leases.actions.sign import explain_lease, sign_lease
from incubator.leases.actions.subsidy import SubsidyEnd, end_subsidy
from incubator.leases.actions.units import remove_unit
from incubator.leases.rules import OfferTerms

__all__ = [
    "OfferTerms",
    "PriceChange",
    "ProgrammeFacts",
    "SubsidyEnd",
    "add_programme",
    "announce_end",
    "change_price",
    "close_finished",
    "cut_short",
    "decline_lease",
    "edit_programme",
    "end_lease",
    "end_subsidy",
    "explain_lease",
    "give_back_deposit",
    "give_notice",
    "go_on",
    "import_lease",
    "lapse_offers",
    "lock_leases",
    "offer_lease",
    "receive_deposit",
    "refuse_deposit",
    "remove_unit",
    "renew_lease",
    "return_deposit",
    "settle_deposit",
    "sign_lease",
    "withdraw_deposit",
]
