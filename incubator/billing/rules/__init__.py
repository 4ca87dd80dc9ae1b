"""What billing decides: values in, values out."""

from incubator.billing.rules.draft import (
    TAKEN_BACK,
    Draft,
    DraftLine,
    Item,
    draft,
    let_go,
    missing,
    ripe,
    with_their_rent,
)
from incubator.billing.rules.due import DueTerms, due_on, is_weekend, rule_day
from incubator.billing.rules.invoice import (
    InvoiceState,
    check_complete,
    is_whole_month,
    number_of,
    run_key_of,
    series_of,
    state_of,
    title_of,
    valid_reg_no,
)
from incubator.billing.rules.late import late_charge, late_days, statutory_rate_bp
from incubator.billing.rules.seal import HEADER, LINE, TAX, seal
from incubator.billing.rules.tax import (
    Rate,
    TaxGroup,
    owes_credit_note,
    tax_groups,
    tax_on,
    tax_rate_on,
    tax_within,
)
from incubator.billing.rules.why import reason

__all__ = [
    "HEADER",
    "LINE",
    "TAKEN_BACK",
    "TAX",
    "Draft",
    "DraftLine",
    "DueTerms",
    "InvoiceState",
    "Item",
    "Rate",
    "TaxGroup",
    "check_complete",
    "draft",
    "due_on",
    "is_weekend",
    "is_whole_month",
    "late_charge",
    "late_days",
    "let_go",
    "missing",
    "number_of",
    "owes_credit_note",
    "reason",
    "ripe",
    "rule_day",
    "run_key_of",
    "seal",
    "series_of",
    "state_of",
    "statutory_rate_bp",
    "tax_groups",
    "tax_on",
    "tax_rate_on",
    "tax_within",
    "title_of",
    "valid_reg_no",
    "with_their_rent",
]
