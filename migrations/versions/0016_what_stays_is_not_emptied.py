"""what stays is not emptied

PostgreSQL's TRUNCATE passes by the triggers of rows; SQLite knows no such statement.

Revision ID: 0016
Revises: 0015
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STAYS = {
    "allocation": "allocation_stays_as_recorded",
    "audit_entry": "audit_stays",
    "credit_note_request": "credit_note_request_stays",
    "deposit_entry": "deposit_entry_stays",
    "deposit_request": "deposit_request_stays",
    "document": "document_stays_as_made",
    "figures": "figures_stay_as_filed",
    "follow_up_answer": "follow_up_answer_stays",
    "invoice": "invoice_stays_as_issued",
    "invoice_line": "invoice_line_stays_as_issued",
    "invoice_tax": "invoice_tax_stays_as_issued",
    "journal_entry": "journal_entry_stays",
    "payment": "payment_stays_as_recorded",
    "payment_reversal": "payment_reversal_stays",
    "posting": "posting_stays",
    "refund": "refund_stays",
    "refund_part": "refund_part_stays",
    "refund_request": "refund_request_stays",
    "refund_reversal": "refund_reversal_stays",
    "session_note": "session_note_stays",
}


def upgrade():
    if op.get_bind().dialect.name == "postgresql":
        for table, name in STAYS.items():
            op.execute(
                f"CREATE TRIGGER {name}_truncate BEFORE TRUNCATE ON {table}\n"
                f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('{name}')"
            )


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        for table, name in STAYS.items():
            op.execute(f"DROP TRIGGER {name}_truncate ON {table}")
