"""The journal."""

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incubator.core.db import Amount, Entity
from incubator.core.promises import append_only


class Account(StrEnum):
    """The accounts of the journal."""

    RECEIVABLE = "receivable"
    SALES = "sales"
    TAX = "tax"
    UNTAXED = "untaxed"
    BANK = "bank"
    CARD_CLEARING = "card_clearing"
    CASH = "cash"
    CUSTOMER_CREDIT = "customer_credit"
    SUBSIDY = "subsidy"
    SET_OFF = "set_off"


class JournalEntry(Entity):
    """One event in the books."""

    __tablename__ = "journal_entry"
    __table_args__ = (UniqueConstraint("source"),)

    facility_id: Mapped[int] = mapped_column(ForeignKey("facility.id"), index=True)
    on_day: Mapped[date]
    source: Mapped[str]
    """The document behind it, as `invoice:12`, `payment:7`, `allocation:9`, `refund:2`.

    `released:9` once the invoice that allocation 9 settled was taken back.
    """

    postings: Mapped[list["Posting"]] = relationship()


class Posting(Entity):
    """One side of an entry: debit positive, credit negative; an entry sums to zero."""

    __tablename__ = "posting"
    __table_args__ = (CheckConstraint("amount <> 0", name="amount_not_zero"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id"), index=True)
    account: Mapped[Account]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    amount: Mapped[int] = mapped_column(Amount)
    currency: Mapped[str]


append_only(JournalEntry, "journal_entry_stays")
append_only(Posting, "posting_stays")
