"""no invoice below zero

What was issued before stays as it was; the auditor names it.

Revision ID: 0013
Revises: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NOT_BELOW = "NEW.kind <> 'invoice' OR NEW.total >= 0"
SQLITE = (
    f"""CREATE TRIGGER invoice_not_below_zero BEFORE INSERT ON invoice
BEGIN SELECT RAISE(ABORT, 'invoice_not_below_zero') WHERE NOT ({NOT_BELOW}); END""",
)
POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION invoice_not_below_zero() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT ({NOT_BELOW}) THEN
    RAISE EXCEPTION USING MESSAGE = 'invoice_not_below_zero', ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER invoice_not_below_zero BEFORE INSERT ON invoice
FOR EACH ROW EXECUTE FUNCTION invoice_not_below_zero()""",
)


def upgrade():
    for command in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(command)


def downgrade():
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP TRIGGER invoice_not_below_zero" + ("" if sqlite else " ON invoice"))
    if not sqlite:
        op.execute("DROP FUNCTION invoice_not_below_zero")
