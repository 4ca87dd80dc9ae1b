"""What billing does; the caller commits."""

from incubator.billing.actions.anew import bill_anew
from incubator.billing.actions.charges import NewCharge, add_charge, cancel_charge
from incubator.billing.actions.credit import (
    approve_credit_note,
    ask_credit_note,
    refuse_credit_note,
    withdraw_credit_note,
)
from incubator.billing.actions.deposit import settle_deposit
from incubator.billing.actions.documents import keep_document
from incubator.billing.actions.issue import Order, issue_invoice
from incubator.billing.actions.pay import (
    CreditUse,
    PaymentDetails,
    record_payment,
    use_credit,
)
from incubator.billing.actions.refund import (
    RefundDetails,
    approve_refund,
    ask_refund,
    refuse_refund,
    withdraw_refund,
)
from incubator.billing.actions.reverse import (
    RefundReversalDetails,
    ReversalDetails,
    reverse_payment,
    reverse_refund,
)
from incubator.billing.actions.run import bill_month

__all__ = [
    "CreditUse",
    "NewCharge",
    "Order",
    "PaymentDetails",
    "RefundDetails",
    "RefundReversalDetails",
    "ReversalDetails",
    "add_charge",
    "approve_credit_note",
    "approve_refund",
    "ask_credit_note",
    "ask_refund",
    "bill_anew",
    "bill_month",
    "cancel_charge",
    "issue_invoice",
    "keep_document",
    "record_payment",
    "refuse_credit_note",
    "refuse_refund",
    "reverse_payment",
    "reverse_refund",
    "settle_deposit",
    "use_credit",
    "withdraw_credit_note",
    "withdraw_refund",
]
