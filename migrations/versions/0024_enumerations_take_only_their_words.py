"""enumerations take only their words, and a venture has one lead manager at a time

Of two lead managers at once the later one supports.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

from incubator.core.checks import change_checks

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

WORDS = {
    "action_item": {
        "owner": "'venture', 'manager'",
    },
    "assignment": {
        "kind": "'lead', 'support', 'mentor'",
    },
    "charge": {
        "kind": "'rent', 'common_fee', 'subsidy', 'room', 'room_cancellation', 'utility', 'restoration', 'late', 'other'",
        "tax_category": "'standard', 'reduced', 'exempt', 'out_of_scope'",
    },
    "checkout": {
        "state": "'started', 'open', 'paid', 'expired'",
    },
    "credit_note_request": {
        "status": "'asked', 'approved', 'refused', 'withdrawn'",
    },
    "criterion": {
        "measure": "'sales_12_months', 'jobs_ft', 'funds_raised', 'months_inside', 'figures_filed', 'sessions_12_months', 'rent_paid'",
    },
    "deposit_entry": {
        "kind": "'due', 'received', 'set_off', 'refunded'",
    },
    "deposit_request": {
        "status": "'asked', 'approved', 'refused', 'withdrawn'",
    },
    "exit_proposal": {
        "reason": "'graduated_growth', 'graduated_milestone', 'graduated_acquired', 'term_expired', 'withdrew', 'milestone_failed', 'closed', 'bankrupt', 'evicted', 'transferred'",
        "status": "'proposed', 'approved', 'refused', 'withdrawn'",
    },
    "facility": {
        "legal_basis": "'lease_fixed_term', 'use_permit'",
        "due_rule": "'prev_month_end', 'prev_month_day', 'same_month_day'",
        "holiday_roll": "'none', 'next', 'previous'",
        "proration_entry": "'actual', 'fixed30', 'monthly'",
        "proration_exit": "'actual', 'fixed30', 'monthly'",
    },
    "follow_up_answer": {
        "source": "'self_report', 'public_record', 'estimate'",
    },
    "invoice": {
        "kind": "'invoice', 'credit_note'",
        "rounding": "'floor', 'half_up', 'ceil'",
    },
    "invoice_line": {
        "kind": "'rent', 'common_fee', 'subsidy', 'room', 'room_cancellation', 'utility', 'restoration', 'late', 'other'",
        "tax_category": "'standard', 'reduced', 'exempt', 'out_of_scope'",
    },
    "invoice_tax": {
        "category": "'standard', 'reduced', 'exempt', 'out_of_scope'",
    },
    "issuer": {
        "rounding": "'floor', 'half_up', 'ceil'",
    },
    "job_run": {
        "job": "'lapse_offers', 'end_leases', 'render_invoices', 'remind_overdue', 'follow_ups', 'holidays', 'tidy'",
    },
    "late_charge_request": {
        "status": "'asked', 'approved', 'refused', 'withdrawn'",
    },
    "lease": {
        "proration_entry": "'actual', 'fixed30', 'monthly'",
        "proration_exit": "'actual', 'fixed30', 'monthly'",
        "legal_basis": "'lease_fixed_term', 'use_permit'",
    },
    "lease_price": {
        "component": "'rent', 'common_fee'",
    },
    "mentoring_session": {
        "mode": "'in_person', 'online', 'phone', 'visit'",
    },
    "payment": {
        "method": "'bank', 'card', 'cash', 'set_off', 'subsidy'",
    },
    "payment_reversal": {
        "cause": "'mistake', 'returned'",
    },
    "posting": {
        "account": "'receivable', 'sales', 'tax', 'untaxed', 'bank', 'card_clearing', 'cash', 'customer_credit', 'subsidy', 'set_off'",
    },
    "refund_request": {
        "status": "'asked', 'approved', 'refused', 'withdrawn'",
    },
    "refund_reversal": {
        "cause": "'mistake', 'returned'",
    },
    "role_grant": {
        "role": "'system_admin', 'facility_admin', 'clerk', 'manager', 'mentor', 'owner', 'member'",
    },
    "subsidy_programme": {
        "method": "'per_m2', 'ratio', 'fixed'",
        "anchor": "'move_in', 'first_grant'",
        "proration": "'actual', 'fixed30', 'monthly'",
        "delivery": "'tenant_reimburse', 'landlord_agent', 'rent_reduction'",
    },
    "tax_rate": {
        "category": "'standard', 'reduced', 'exempt', 'out_of_scope'",
    },
    "unit": {
        "kind": "'office', 'shared_desk', 'workshop', 'wet_lab', 'dry_lab', 'storage', 'parking'",
    },
}
LEAD = "one_lead_at_a_time"
LEADS = "kind IN ('lead')"
OTHER_LEADS = """
    SELECT 1 FROM assignment AS other
    WHERE other.kind = 'lead' AND other.organisation_id = assignment.organisation_id
      AND other.id <> assignment.id
      AND (other.until_day IS NULL OR other.until_day > assignment.from_day)
      AND (other.from_day, other.id) < (assignment.from_day, assignment.id)"""
EXCLUDE = f"""ALTER TABLE assignment ADD CONSTRAINT {LEAD} EXCLUDE USING gist (
    (int8range(organisation_id, organisation_id, '[]')) WITH &&,
    (daterange(from_day, until_day, '[)')) WITH &&) WHERE ({LEADS})"""


def refusal(moment):
    """The trigger of SQLite that keeps two lead managers from sharing a day."""
    itself = " AND other.id <> OLD.id" if moment == "UPDATE" else ""
    return f"""CREATE TRIGGER {LEAD}_{moment.lower()} BEFORE {moment} ON assignment WHEN NEW.{LEADS}
BEGIN
  SELECT RAISE(ABORT, '{LEAD}') WHERE (
    SELECT COALESCE(other.until_day, '9999-12-31') FROM assignment AS other
    WHERE other.organisation_id = NEW.organisation_id AND other.{LEADS}{itself} AND other.from_day < COALESCE(NEW.until_day, '9999-12-31')
    ORDER BY other.from_day DESC LIMIT 1) > NEW.from_day;
END"""


def upgrade():
    op.execute(f"UPDATE assignment SET kind = 'support' WHERE kind = 'lead' AND EXISTS ({OTHER_LEADS})")
    rows = sa.text(LEADS)
    op.create_index(
        f"ix_{LEAD}",
        "assignment",
        ["organisation_id", "from_day"],
        sqlite_where=rows,
        postgresql_where=rows,
    )
    for table, columns in WORDS.items():
        change_checks(table, {f"ck_{table}_{one}": f"{one} IN ({columns[one]})" for one in columns})
    for command in map(refusal, ("INSERT", "UPDATE")) if on_sqlite() else (EXCLUDE,):
        op.execute(command)


def downgrade():
    op.drop_index(f"ix_{LEAD}", "assignment")
    if on_sqlite():
        for moment in ("insert", "update"):
            op.execute(f"DROP TRIGGER {LEAD}_{moment}")
    else:
        op.drop_constraint(LEAD, "assignment")
    for table, columns in WORDS.items():
        change_checks(table, {f"ck_{table}_{one}": None for one in columns})


def on_sqlite():
    return op.get_bind().dialect.name == "sqlite"
