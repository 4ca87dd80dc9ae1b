"""restoration that is set off is taxed as the issuer rounds

What was asked for before was rounded down.

Revision ID: 0025
Revises: 0024
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLE, STAYS = "deposit_request", "deposit_request_stays"
FACTS = ("lease_id", "amount", "paid_to", "arrears", "late_charges", "restoration", "tax_bp")
COLUMN = (
    "rounding VARCHAR(32) DEFAULT 'floor' NOT NULL"
    " CONSTRAINT ck_deposit_request_rounding CHECK (rounding IN ('floor', 'half_up', 'ceil'))"
)


def keep(*facts):
    """Let a request keep these facts from when it was asked on."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    on = "" if sqlite else f" ON {TABLE}"
    op.execute(f"DROP TRIGGER {STAYS}_update{on}")
    differs = "IS NOT" if sqlite else "IS DISTINCT FROM"
    changed = " OR ".join(f"NEW.{fact} {differs} OLD.{fact}" for fact in facts)
    rows = "" if sqlite else "FOR EACH ROW "
    refuse = f"EXECUTE FUNCTION refuse_change('{STAYS}')"
    if sqlite:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{STAYS}'); END"
    op.execute(
        f"CREATE TRIGGER {STAYS}_update BEFORE UPDATE ON {TABLE}\n"
        f"{rows}WHEN (OLD.status <> 'asked' OR {changed}) {refuse}"
    )


def upgrade():
    op.execute(f"ALTER TABLE {TABLE} ADD COLUMN {COLUMN}")
    keep(*FACTS, "rounding", "asked_by_id")


def downgrade():
    keep(*FACTS, "asked_by_id")
    op.drop_column(TABLE, "rounding")
