"""a credit note takes two people

What was issued before has no request and stays as it was.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APPROVED = (
    "NEW.kind <> 'credit_note' OR EXISTS (SELECT 1 FROM credit_note_request AS asked"
    " WHERE asked.invoice_id = NEW.corrects_id AND asked.status = 'approved')"
)
SQLITE = (
    """CREATE TRIGGER credit_note_request_stays_update BEFORE UPDATE ON credit_note_request
WHEN (OLD.status <> 'asked' OR NEW.invoice_id IS NOT OLD.invoice_id
 OR NEW.why IS NOT OLD.why OR NEW.asked_by_id IS NOT OLD.asked_by_id)
BEGIN SELECT RAISE(ABORT, 'credit_note_request_stays'); END""",
    """CREATE TRIGGER credit_note_request_stays_delete BEFORE DELETE ON credit_note_request
BEGIN SELECT RAISE(ABORT, 'credit_note_request_stays'); END""",
    f"""CREATE TRIGGER credit_note_is_approved BEFORE INSERT ON invoice
BEGIN SELECT RAISE(ABORT, 'credit_note_is_approved') WHERE NOT ({APPROVED}); END""",
)
POSTGRESQL = (
    """CREATE TRIGGER credit_note_request_stays_update BEFORE UPDATE ON credit_note_request
FOR EACH ROW WHEN (OLD.status <> 'asked' OR NEW.invoice_id IS DISTINCT FROM OLD.invoice_id
 OR NEW.why IS DISTINCT FROM OLD.why OR NEW.asked_by_id IS DISTINCT FROM OLD.asked_by_id)
EXECUTE FUNCTION refuse_change('credit_note_request_stays')""",
    """CREATE TRIGGER credit_note_request_stays_delete BEFORE DELETE ON credit_note_request
FOR EACH ROW EXECUTE FUNCTION refuse_change('credit_note_request_stays')""",
    f"""CREATE OR REPLACE FUNCTION credit_note_is_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT ({APPROVED}) THEN
    RAISE EXCEPTION USING MESSAGE = 'credit_note_is_approved', ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER credit_note_is_approved BEFORE INSERT ON invoice
FOR EACH ROW EXECUTE FUNCTION credit_note_is_approved()""",
)


def upgrade():
    op.create_table(
        "credit_note_request",
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "asked_by_id IS NULL OR decided_by_id IS NULL OR decided_by_id <> asked_by_id",
            name=op.f("ck_credit_note_request_two_people"),
        ),
        sa.CheckConstraint(
            "status IN ('asked', 'withdrawn') OR decided_by_id IS NOT NULL",
            name=op.f("ck_credit_note_request_decided"),
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_credit_note_request_invoice_id_invoice")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["person.id"], name=op.f("fk_credit_note_request_asked_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["person.id"],
            name=op.f("fk_credit_note_request_decided_by_id_person"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_note_request")),
    )
    op.create_index(
        "uq_credit_note_request_once",
        "credit_note_request",
        ["invoice_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('asked', 'approved')"),
        postgresql_where=sa.text("status IN ('asked', 'approved')"),
    )
    for command in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(command)


def downgrade():
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP TRIGGER credit_note_is_approved" + ("" if sqlite else " ON invoice"))
    if not sqlite:
        op.execute("DROP FUNCTION credit_note_is_approved")
    op.drop_table("credit_note_request")
