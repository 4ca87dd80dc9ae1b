"""Charges, issued invoices, payments and the journal. What is issued stays."""

from incubator.billing.models.books import (
    Account,
    JournalEntry,
    Posting,
)
from incubator.billing.models.card import (
    Checkout,
    CheckoutState,
    WebhookEvent,
)
from incubator.billing.models.documents import (
    BillingRun,
    Charge,
    ChargeKind,
    CreditNoteRequest,
    Document,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceTax,
    Issuer,
    TaxCategory,
    TaxRate,
)
from incubator.billing.models.money import (
    Allocation,
    Payment,
    PaymentMethod,
    PaymentReversal,
    Refund,
    RefundPart,
    RefundRequest,
    RefundReversal,
    RefundReversalCause,
    ReversalCause,
)

__all__ = [
    "Account",
    "Allocation",
    "BillingRun",
    "Charge",
    "ChargeKind",
    "Checkout",
    "CheckoutState",
    "CreditNoteRequest",
    "Document",
    "Invoice",
    "InvoiceKind",
    "InvoiceLine",
    "InvoiceTax",
    "Issuer",
    "JournalEntry",
    "Payment",
    "PaymentMethod",
    "PaymentReversal",
    "Posting",
    "Refund",
    "RefundPart",
    "RefundRequest",
    "RefundReversal",
    "RefundReversalCause",
    "ReversalCause",
    "TaxCategory",
    "TaxRate",
    "WebhookEvent",
]
