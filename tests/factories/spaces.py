"""Builders of rent rolls."""

import csv
from io import BytesIO, StringIO
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook

from incubator.core.access import Actor, Held, Role
from incubator.spaces.models import Facility

HEADER = (
    "区画", "階", "種別", "面積", "月額賃料", "共益費", "状態", "入居企業", "法人番号", "代表者",
    "メール", "設立日", "契約開始", "契約終了", "敷金月数", "補助制度", "備考",
)  # fmt: skip
LET = {
    "区画": "101", "階": "1F", "種別": "オフィス", "面積": "28.11", "月額賃料": "66,058",
    "共益費": "14055", "状態": "入居中", "入居企業": "株式会社くもロボティクス",
    "法人番号": "3062632597597", "代表者": "石井 蓮", "メール": "101@example.jp",
    "設立日": "令和3年1月1日", "契約開始": "令和7年7月1日", "契約終了": "令和10年6月30日",
    "敷金月数": "3", "補助制度": "県ラボ補助", "備考": "",
}  # fmt: skip
VACANT = {
    "区画": "105", "階": "1F", "種別": "ウェットラボ", "面積": "49.2", "月額賃料": "162360",
    "共益費": "24600", "状態": "空室",
}  # fmt: skip
WORKS = {**VACANT, "区画": "201", "階": "2F", "状態": "工事中", "備考": "空調更新"}


def roll_csv(*rows: dict[str, str], header: tuple[str, ...] = HEADER, encoding: str = "utf-8"):
    """A rent roll as CSV."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    for row in rows:
        writer.writerow([row.get(name, "") for name in header])
    return out.getvalue().encode(encoding)


def workbook(*rows: tuple[object, ...]) -> bytes:
    """An XLSX of these rows."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def bomb(size: int) -> bytes:
    """A zip that unpacks to `size` bytes of nothing."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * size)
    return out.getvalue()


def admin_of(facility: Facility) -> Actor:
    """The facility's administrator, as a value."""
    return Actor(None, "高橋 一郎", (Held(Role.FACILITY_ADMIN, facility_id=facility.id),))
