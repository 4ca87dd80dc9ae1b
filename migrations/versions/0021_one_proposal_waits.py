"""one proposal waits, and what was decided stays

Of several that wait for one venture the newest is kept.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

WAITS = "status = 'proposed'"
FACTS = (
    "facility_id",
    "organisation_id",
    "reason",
    "leave_on",
    "destination",
    "in_region",
    "grounds",
    "proposed_by_id",
    "proposed_at",
)


def changed(differs):
    facts = [f"NEW.{fact} {differs} OLD.{fact}" for fact in FACTS]
    return " OR ".join(["OLD.status <> 'proposed'", *facts])


UPDATE = "CREATE TRIGGER exit_proposal_stays_update BEFORE UPDATE ON exit_proposal\n"
DELETE = "CREATE TRIGGER exit_proposal_stays_delete BEFORE DELETE ON exit_proposal\n"
ABORT = "BEGIN SELECT RAISE(ABORT, 'exit_proposal_stays'); END"
REFUSE = "EXECUTE FUNCTION refuse_change('exit_proposal_stays')"
SQLITE = (f"{UPDATE}WHEN ({changed('IS NOT')}) {ABORT}", f"{DELETE}{ABORT}")
POSTGRESQL = (
    f"{UPDATE}FOR EACH ROW WHEN ({changed('IS DISTINCT FROM')}) {REFUSE}",
    f"{DELETE}FOR EACH ROW {REFUSE}",
    "CREATE TRIGGER exit_proposal_stays_truncate BEFORE TRUNCATE ON exit_proposal\n"
    f"FOR EACH STATEMENT {REFUSE}",
)


def upgrade():
    op.execute(
        f"UPDATE exit_proposal SET status = 'withdrawn' WHERE {WAITS} AND id NOT IN"
        f" (SELECT max(id) FROM exit_proposal WHERE {WAITS} GROUP BY organisation_id)"
    )
    op.create_index(
        "uq_exit_proposal_waiting",
        "exit_proposal",
        ["organisation_id"],
        unique=True,
        sqlite_where=sa.text(WAITS),
        postgresql_where=sa.text(WAITS),
    )
    for command in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(command)


def downgrade():
    sqlite = op.get_bind().dialect.name == "sqlite"
    for moment in ("update", "delete") if sqlite else ("update", "delete", "truncate"):
        on = "" if sqlite else " ON exit_proposal"
        op.execute(f"DROP TRIGGER exit_proposal_stays_{moment}{on}")
    op.drop_index("uq_exit_proposal_waiting", "exit_proposal")
