import csv
from contextlib import suppress
from datetime import date, datetime
from io import BytesIO, StringIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from incubator.core import sheets
from incubator.core.errors import RuleBroken
from tests.factories.spaces import bomb, workbook

MIDNIGHT = datetime(2026, 4, 1)  # noqa: DTZ001 - spreadsheets know no zones


@pytest.mark.parametrize(
    "data",
    ["区画,階\n101,１Ｆ\n".encode(code) for code in ("utf-8", "utf-8-sig", "cp932")]
    + [b"\xe5\x8c\xba\xe7\x94\xbb\t\xe9\x9a\x8e\r\n101\t\xef\xbc\x91\xef\xbc\xa6\r\n"]
    + ["区画,階\r101,１Ｆ\r".encode()],
    ids=["utf-8", "with a mark", "cp932", "tabs", "only carriage returns"],
)
def test_csv_is_read_in_the_encodings_of_offices(data):
    table = sheets.read_table(data)
    assert [row.cells for row in table.rows] == [("区画", "階"), ("101", "１Ｆ")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("区画,階".encode("utf-16"), "UTF-16"),
        (b"\x81\xff\xfe,1", "cannot be read"),
        (b"a,b\x00,c", "cannot be read"),
        ("a,\ufffd".encode(), "cannot be read"),
        (b"", "empty"),
        (b"\n ,\n", "empty"),
        (b'a,b\n"c,d\n', "not proper CSV"),
        (b"\xd0\xcf\x11\xe0", "old Excel"),
        (b"PK\x03\x04 not a zip", "cannot be read"),
        (b"a\n" * 10_100, "more than 10,000 rows"),
        (bomb(20_000_000), "too large"),
        (bomb(100), "cannot be read"),
    ],
)
def test_files_that_cannot_be_trusted_are_refused_with_a_cure(data, why):
    with pytest.raises(RuleBroken, match=why) as broken:
        sheets.read_table(data)
    assert broken.value.field == "file"


@pytest.mark.parametrize("evil", [b'<!DOCTYPE x [<!ENTITY a "b">]>', b"\xff\xfe<\x00"])
def test_entities_in_xlsx_are_refused(evil):
    out = BytesIO(workbook(("a",)))
    with ZipFile(out, "a", ZIP_DEFLATED) as packed:
        packed.writestr("xl/evil.xml", evil)
    with pytest.raises(RuleBroken, match="defines entities"):
        sheets.read_table(out.getvalue())


def test_too_many_parts_are_refused():
    out = BytesIO()
    with ZipFile(out, "w") as packed:
        for number in range(300):
            packed.writestr(f"{number}.xml", b"")
    with pytest.raises(RuleBroken, match="too large"):
        sheets.read_table(out.getvalue())


def test_cells_are_read_as_they_are_shown():
    table = sheets.read_table(
        workbook(
            ("title",),
            (),
            ("n", "day", "moment", "none", "text"),
            (101.0, date(2026, 4, 1), MIDNIGHT, None, " 28.11 "),
        )
    )
    assert table.sheet == "Sheet"
    assert [row.number for row in table.rows] == [1, 3, 4]
    assert table.rows[-1].cells == ("101", "2026-04-01", "2026-04-01", "", "28.11")


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (b"3.3000000000000003", "3.3"),
        (b"0.30000000000000004", "0.3"),
        (b"3.062632597597E12", "3062632597597"),
        (b"101.0", "101"),
    ],
)
def test_a_computed_number_is_read_as_excel_shows_it(stored, shown):
    """Excel writes the digits that a float has; our writer would round them."""
    written, kept = BytesIO(workbook((1234.5,))), BytesIO()
    with ZipFile(written) as source, ZipFile(kept, "w") as target:
        for part in source.namelist():
            target.writestr(part, source.read(part).replace(b"<v>1234.5<", b"<v>%b<" % stored))
    assert sheets.read_table(kept.getvalue()).rows[0].cells == (shown,)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(data):
    for start in (b"", sheets.ZIP, b"a,b\n"):
        with suppress(RuleBroken):
            sheets.read_table(start + data)


EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]


def test_no_formula_runs_in_a_csv_we_write():
    data = sheets.csv_file(["a", "b"], [[evil, 5] for evil in EVIL] + [[None, date(2026, 4, 1)]])
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(StringIO(data.decode("utf-8-sig"), newline="")))
    assert all(row[0].startswith("'") for row in rows[1:-1])
    assert rows[1][1] == "5"
    assert rows[-1] == ["", "2026-04-01"]


def test_numbers_stay_numbers_in_an_xlsx_we_write():
    data = sheets.xlsx_file(
        "Roll", ["a", "b", "c"], [["=1+1", 5, date(2026, 4, 1)], [None, 1, None]]
    )
    rows = list(load_workbook(BytesIO(data)).active.iter_rows(values_only=True))
    assert rows[1] == ("=1+1", 5, MIDNIGHT)
    assert load_workbook(BytesIO(data)).active["A2"].data_type == "s"


@pytest.mark.parametrize(
    ("index", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")]
)
def test_columns_have_letters(index, letter):
    assert sheets.column_letter(index) == letter
