"""a credit note says what follows

What was asked for before says nothing: it is billed anew only from the invoice's page.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BEFORE = ("invoice_id", "why", "asked_by_id")


def stays(facts):
    """Say anew which facts nobody changes once they are asked for."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    table, name = "credit_note_request", "credit_note_request_stays"
    differs = "IS NOT" if sqlite else "IS DISTINCT FROM"
    changed = " OR ".join(f"NEW.{fact} {differs} OLD.{fact}" for fact in facts)
    op.execute(f"DROP TRIGGER {name}_update" + ("" if sqlite else f" ON {table}"))
    rows = "" if sqlite else "FOR EACH ROW "
    refuse = f"BEGIN SELECT RAISE(ABORT, '{name}'); END"
    if not sqlite:
        refuse = f"EXECUTE FUNCTION refuse_change('{name}')"
    op.execute(
        f"CREATE TRIGGER {name}_update BEFORE UPDATE ON {table}\n"
        f"{rows}WHEN (OLD.status <> 'asked' OR {changed}) {refuse}"
    )


def upgrade():
    op.add_column("credit_note_request", sa.Column("bill_anew", sa.Boolean(), nullable=True))
    stays((*BEFORE, "bill_anew"))


def downgrade():
    stays(BEFORE)
    op.drop_column("credit_note_request", "bill_anew")
