"""days have an English name

The holidays that are loaded get the names that the almanac gives to those loaded from now on.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ENGLISH = {
    "元日": "New Year's Day",
    "成人の日": "Coming of Age Day",
    "建国記念の日": "Foundation Day",
    "天皇誕生日": "Emperor's Birthday",
    "春分の日": "Vernal Equinox Day",
    "昭和の日": "Showa Day",
    "憲法記念日": "Constitution Day",
    "みどりの日": "Greenery Day",
    "こどもの日": "Children's Day",
    "海の日": "Marine Day",
    "山の日": "Mountain Day",
    "敬老の日": "Respect for the Aged Day",
    "秋分の日": "Autumnal Equinox Day",
    "スポーツの日": "Sports Day",
    "体育の日": "Physical Education Day",
    "文化の日": "Culture Day",
    "勤労感謝の日": "Labor Thanksgiving Day",
    "振替休日": "Substitute Holiday",
    "国民の休日": "National Holiday",
    "天皇の即位の日": "Emperor's Enthronement Day",
    "即位礼正殿の儀が行われる日": "Emperor's Enthronement Day",
    "銀行休業日": "Bank Holiday",
}
TABLES = ("closed_day", "holiday")


def upgrade():
    for table in TABLES:
        op.add_column(
            table, sa.Column("name_en", sa.String(), server_default=sa.text("''"), nullable=False)
        )
    holiday = sa.table("holiday", *map(sa.column, ("country", "name", "name_en")))
    for name, name_en in ENGLISH.items():
        op.execute(
            holiday.update()
            .where(holiday.c.country == "JP", holiday.c.name == name)
            .values(name_en=name_en)
        )


def downgrade():
    for table in TABLES:
        op.drop_column(table, "name_en")
