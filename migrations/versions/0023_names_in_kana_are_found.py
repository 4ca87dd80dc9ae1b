"""names in kana are found however they were typed

Revision ID: 0023
Revises: 0022
"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ORGANISATION = sa.table(
    "organisation", sa.column("id", sa.Integer), sa.column("name_kana", sa.String)
)


def upgrade():
    database = op.get_bind()
    asked = sa.select(ORGANISATION.c.id, ORGANISATION.c.name_kana)
    for number, typed in database.execute(asked).all():
        database.execute(
            sa.update(ORGANISATION)
            .where(ORGANISATION.c.id == number)
            .values(name_kana=katakana(typed))
        )


def katakana(text):
    """Hiragana and half-width kana as full-width katakana."""
    tidy = unicodedata.normalize("NFKC", text).strip()
    return "".join(
        chr(ord(letter) + 0x60) if "ぁ" <= letter <= "ゖ" else letter for letter in tidy
    )


def downgrade():
    """How a name was typed is not known any more; nothing needs it."""
