"""The words of a document on paper, every one of them ready to print in one language."""

from datetime import date
from typing import Any

from incubator.billing import rules
from incubator.billing.models import Invoice, InvoiceKind, InvoiceLine, InvoiceTax, TaxCategory
from incubator.core.days import Stretch
from incubator.core.db import db
from incubator.core.i18n import Message, format_day, format_money, format_month, say, translate
from incubator.core.money import Rounding

ROUNDED = {
    Rounding.FLOOR: say(
        "Tax is worked out once per rate on the sum of the document; fractions are dropped."
    ),
    Rounding.HALF_UP: say(
        "Tax is worked out once per rate on the sum of the document, rounded half up."
    ),
    Rounding.CEIL: say("Tax is worked out once per rate on the sum of the document, rounded up."),
}
UNTAXED = {
    TaxCategory.EXEMPT: say("Exempt"),
    TaxCategory.OUT_OF_SCOPE: say("Not taxable"),
}
GREETING = {
    InvoiceKind.INVOICE: say("Please find our charges below."),
    InvoiceKind.CREDIT_NOTE: say("We credit the following amount to you."),
}
AMOUNT = {
    InvoiceKind.INVOICE: say("Amount due (tax included)"),
    InvoiceKind.CREDIT_NOTE: say("Amount credited (tax included)"),
}
REDUCED_MARK = " ※"


class Paper:
    """Says things in the language of one sheet and writes its money and days."""

    def __init__(self, language: str, currency: str) -> None:
        self.language, self.currency = language, currency

    def say(self, message: Message) -> str:
        """The sentence."""
        return translate(message, self.language)

    def money(self, amount: int) -> str:
        """The sum."""
        return format_money(amount, self.currency, self.language)

    def day(self, day: date) -> str:
        """The day without its weekday."""
        return format_day(day, self.language, "table")

    def period(self, days: Stretch) -> str:
        """The month where it is a whole one, else from day to day."""
        if rules.is_whole_month(days, days.start.replace(day=1)):
            return self.say(say("For %(month)s", month=format_month(days.start, self.language)))
        if days.days <= 1:
            return self.day(days.start)
        return f"{self.day(days.start)} – {self.day(days.last)}"


def title_of(invoice: Invoice) -> Message:
    """What the document calls itself (BR-T10)."""
    return rules.title_of(invoice.kind.value, invoice.issuer.get("reg_no"))


def invoice_paper(invoice: Invoice, language: str) -> dict[str, Any]:
    """Everything an invoice or credit note prints (BR-T02, BR-T08)."""
    paper = Paper(language, invoice.currency)
    say_ = paper.say
    credit = invoice.kind is InvoiceKind.CREDIT_NOTE
    return {
        "lang": language,
        "day": [invoice.issued_on.year, invoice.issued_on.month, invoice.issued_on.day],
        "title": say_(title_of(invoice)),
        "number": invoice.number,
        "to": _recipient(paper, invoice),
        "from": issuer_words(paper, invoice.issuer),
        "facts": _facts(paper, invoice),
        "greeting": say_(GREETING[invoice.kind]),
        "grand": [
            say_(AMOUNT[invoice.kind]),
            paper.money(invoice.total),
        ],
        "head": [say_(word) for word in (say("Item"), say("Tax rate"), say("Amount (before tax)"))],
        "lines": [_line(paper, line) for line in invoice.lines],
        "notes": _notes(paper, invoice),
        "tax_head": [
            say_(word) for word in (say("Tax class"), say("Net amount"), say("Tax amount"))
        ],
        "taxes": _taxes(paper, invoice),
        "tax_foot": [
            say_(say("Subtotal")),
            paper.money(invoice.taxable_total + invoice.untaxed_total),
            paper.money(invoice.tax_total),
        ],
        "total": [say_(say("Total (tax included)")), paper.money(invoice.total)],
        "bank": [] if credit else bank_words(paper, invoice.issuer),
    }


def issuer_words(paper: Paper, issuer: dict[str, Any]) -> dict[str, Any]:
    """The issuer as printed: name, registration number if it has one, address."""
    reg_no = issuer.get("reg_no")
    facility = issuer.get("facility_en") if paper.language == "en" else ""
    lines = (
        _address(issuer),
        paper.say(say("Tel. %(phone)s", phone=issuer["phone"])) if issuer.get("phone") else "",
        facility or issuer.get("facility") or "",
    )
    return {
        "name": issuer["name"],
        "reg": paper.say(say("Registration number %(number)s", number=reg_no)) if reg_no else "",
        "lines": [line for line in lines if line],
    }


def bank_words(paper: Paper, issuer: dict[str, Any]) -> list[str]:
    """Where to pay, and who bears the fee."""
    if not issuer.get("bank_account"):
        return []
    return [
        paper.say(say("Please pay to")),
        issuer["bank_account"],
        paper.say(say("Bank transfer fees are borne by the payer.")),
    ]


def _recipient(paper: Paper, invoice: Invoice) -> dict[str, Any]:
    facts = invoice.recipient
    also = facts.get("name_en") if paper.language == "en" else ""
    return {
        "name": paper.say(say("To: %(name)s", name=facts["name"])),
        "lines": [line for line in (also, _address(facts)) if line],
    }


def _address(facts: dict[str, Any]) -> str:
    postal = f"〒{facts['postal_code']} " if facts.get("postal_code") else ""
    return f"{postal}{facts.get('address', '')}".strip()


def _facts(paper: Paper, invoice: Invoice) -> list[list[str]]:
    month = format_month(invoice.service_month, paper.language)
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        original = db.session.get_one(Invoice, invoice.corrects_id)
        pairs = [
            (say("Credit note number"), invoice.number),
            (say("Credited on"), paper.day(invoice.issued_on)),
            (say("Corrects invoice"), original.number),
            (say("Corrected invoice issued on"), paper.day(original.issued_on)),
            (say("Billed for"), month),
        ]
    else:
        pairs = [
            (say("Invoice number"), invoice.number),
            (say("Issued on"), paper.day(invoice.issued_on)),
            (say("Due on"), paper.day(invoice.due_on)),
            (say("Billed for"), month),
        ]
    return [[paper.say(label), value] for label, value in pairs]


def _line(paper: Paper, line: InvoiceLine) -> dict[str, str]:
    mark = REDUCED_MARK if line.tax_category is TaxCategory.REDUCED else ""
    why = rules.reason(line.why)
    return {
        "what": f"{paper.say(line.kind.label)} {line.title}".strip() + mark,
        "when": paper.period(Stretch(line.service_from, line.service_until)),
        "why": paper.say(why) if why else "",
        "rate": rate_words(paper, line.rate_bp, line.tax_category),
        "amount": paper.money(line.amount),
    }


def rate_words(paper: Paper, rate_bp: int | None, category: TaxCategory) -> str:
    """10%, or why there is none."""
    if rate_bp is None:
        return paper.say(UNTAXED[category])
    whole, rest = divmod(rate_bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%" if rest else f"{whole}%"


def _notes(paper: Paper, invoice: Invoice) -> list[str]:
    reduced = next(
        (line for line in invoice.lines if line.tax_category is TaxCategory.REDUCED), None
    )
    notes = [paper.say(ROUNDED[Rounding(invoice.rounding)])] if invoice.taxes else []
    if reduced:
        rate = rate_words(paper, reduced.rate_bp, TaxCategory.REDUCED)
        notes.insert(0, paper.say(say("※ marks items at the reduced rate of %(rate)s.", rate=rate)))
    return notes


def _taxes(paper: Paper, invoice: Invoice) -> list[list[str]]:
    rows = [_tax(paper, tax) for tax in invoice.taxes]
    if any(line.rate_bp is None for line in invoice.lines):
        rows.append(
            [paper.say(say("Outside consumption tax")), paper.money(invoice.untaxed_total), "—"]
        )
    return rows


def _tax(paper: Paper, tax: InvoiceTax) -> list[str]:
    rate = rate_words(paper, tax.rate_bp, tax.category)
    words = (
        say("At %(rate)s (reduced) ※", rate=rate)
        if tax.category is TaxCategory.REDUCED
        else say("At %(rate)s", rate=rate)
    )
    return [paper.say(words), paper.money(tax.taxable), paper.money(tax.tax)]
