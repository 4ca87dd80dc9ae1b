"""enumerations take only their words, and a venture has one lead manager at a time

Of two lead managers at once the later one supports.

Revision ID: 0024
Revises: 0023
"""

import re

import sqlalchemy as sa
from alembic import op

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
CHECKS = [
    (table, f"ck_{table}_{column}", f"{column} IN ({words})")
    for table, columns in WORDS.items()
    for column, words in columns.items()
]
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
    if on_sqlite():
        copy_tables(lambda created, checks: f"{created[:-1]}{checks})")
        for moment in ("INSERT", "UPDATE"):
            op.execute(refusal(moment))
    else:
        for table, name, check in CHECKS:
            op.create_check_constraint(op.f(name), table, check)
        op.execute(EXCLUDE)


def downgrade():
    op.drop_index(f"ix_{LEAD}", "assignment")
    if on_sqlite():
        for moment in ("insert", "update"):
            op.execute(f"DROP TRIGGER {LEAD}_{moment}")
        copy_tables(lambda created, checks: created.replace(checks, ""))
    else:
        op.drop_constraint(LEAD, "assignment")
        for table, name, _check in CHECKS:
            op.drop_constraint(op.f(name), table)


def on_sqlite():
    return op.get_bind().dialect.name == "sqlite"


def copy_tables(change):
    """What SQLite asks for to change a constraint: new tables, made like the old ones.

    Triggers are put aside: one of another table may speak of a table that is away for a moment.
    """
    database = op.get_bind()
    triggers = database.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).all()
    for name, _sql in triggers:
        database.exec_driver_sql(f"DROP TRIGGER {name}")
    for table in WORDS:
        checks = "".join(
            f", CONSTRAINT {name} CHECK ({check})" for where, name, check in CHECKS if where == table
        )
        kept = database.exec_driver_sql(
            "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL", (table,)
        ).all()
        for created in (sql for kind, sql in kept if kind == "table"):
            new = re.sub(r"^CREATE TABLE \S+", f"CREATE TABLE {table}_new", created)
            database.exec_driver_sql(change(new, checks))
        database.exec_driver_sql(f"INSERT INTO {table}_new SELECT * FROM {table}")
        database.exec_driver_sql(f"DROP TABLE {table}")
        database.exec_driver_sql(f"ALTER TABLE {table}_new RENAME TO {table}")
        for index in (sql for kind, sql in kept if kind == "index"):
            database.exec_driver_sql(index)
    for _name, trigger in triggers:
        database.exec_driver_sql(trigger)
