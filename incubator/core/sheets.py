"""Tables in files: CSV and XLSX read with suspicion, and written so that nothing in them runs."""

import csv
import warnings
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import islice
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

import xlsxwriter
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from incubator.core.errors import RuleBroken
from incubator.core.i18n import Message, say

MAX_ROWS = 10_000
HEADROOM = 20
"""Rows that a title, a header and totals may take besides."""
MAX_COLUMNS = 100
MAX_PARTS = 200
MAX_UNPACKED = 10_000_000
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
UTF8_MARK, UTF16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
FORBIDDEN_XML = (b"<!DOCTYPE", b"<!ENTITY")
RUNS = ("=", "+", "-", "@", "\t", "\r")
BROKEN = (
    InvalidFileException, BadZipFile, ParseError, zlib.error, KeyError, ValueError, TypeError,
    AttributeError, IndexError, EOFError, OverflowError, NotImplementedError, OSError, RuntimeError,
)  # fmt: skip
Cell = str | int | Decimal | date | None


@dataclass(frozen=True)
class Row:
    """One row: its number as a spreadsheet shows it, and its cells as text."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """What stands in a file or on its first visible sheet, without empty rows."""

    rows: tuple[Row, ...]
    sheet: str = ""


def refused(why: Message) -> RuleBroken:
    """The file cannot be taken; the message names the cure."""
    return RuleBroken(why, "file")


def read_table(data: bytes) -> Table:
    """Read a CSV (UTF-8 with or without a mark, CP932) or an XLSX file; RuleBroken otherwise."""
    if data.startswith(ZIP):
        return _read_xlsx(data)
    if data.startswith(OLD_EXCEL):
        raise refused(
            say("This is an old Excel file or protected by a password. Save it as .xlsx.")
        )
    return _as_table(_csv_rows(decode(data)))


def decode(data: bytes) -> str:
    """Text of a file in UTF-8 or CP932, decided strictly; nothing is ever guessed or replaced."""
    if data.startswith(UTF16_MARKS):
        raise refused(say("This file is UTF-16. Save it as “CSV UTF-8” or as .xlsx."))
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text or "\ufffd" in text:
            break
        return text
    raise refused(
        say("The characters of this file cannot be read. Save it as “CSV UTF-8” or as .xlsx.")
    )


def _csv_rows(text: str) -> Iterator[tuple[str, ...]]:
    first = text.partition("\n")[0]
    delimiter = "\t" if "\t" in first and "," not in first else ","
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield tuple(cell.strip() for cell in cells[:MAX_COLUMNS])
    except csv.Error as error:
        raise refused(
            say(
                "Line %(line)s is not proper CSV: look for a quotation mark that is never closed.",
                line=reader.line_num,
            )
        ) from error


def _as_table(rows: Iterable[tuple[str, ...]], sheet: str = "") -> Table:
    numbered = [Row(number, _trimmed(cells)) for number, cells in enumerate(rows, 1) if any(cells)]
    if not numbered:
        raise refused(say("This file is empty."))
    if len(numbered) > MAX_ROWS + HEADROOM:
        raise refused(say("This file has more than %(most)s rows. Split it.", most=f"{MAX_ROWS:,}"))
    return Table(tuple(numbered), sheet)


def _trimmed(cells: tuple[str, ...]) -> tuple[str, ...]:
    last = max((at for at, cell in enumerate(cells) if cell), default=-1)
    return cells[: last + 1]


def _read_xlsx(data: bytes) -> Table:
    unreadable = say("This Excel file cannot be read. Save it again as .xlsx and try once more.")
    try:
        _check_parts(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _first_sheet(data)
    except BROKEN as error:
        raise refused(unreadable) from error


def _check_parts(data: bytes) -> None:
    """Refuse a bomb by what its directory says, and any XML that defines entities (fault 24)."""
    with ZipFile(BytesIO(data)) as packed:
        parts = packed.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise refused(say("This Excel file is too large once unpacked. Keep one sheet of it."))
        for part in parts:
            content = packed.read(part)
            if content.startswith(UTF16_MARKS) or any(word in content for word in FORBIDDEN_XML):
                raise refused(say("This Excel file defines entities, which no spreadsheet needs."))


def _first_sheet(data: bytes) -> Table:
    book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        sheet = next(one for one in book.worksheets if one.sheet_state == "visible")
        rows = sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True)
        taken = [tuple(map(_text, row)) for row in islice(rows, MAX_ROWS * 2)]
        return _as_table(taken, str(sheet.title))
    finally:
        book.close()


def _text(value: object) -> str:
    """What a cell shows: days as ISO, numbers in the 15 digits that Excel keeps."""
    match value:
        case None:
            return ""
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case float():
            return f"{value:.15g}"
        case _:
            return str(value).strip()


def column_letter(index: int) -> str:
    """A for the first column (0), AA for the 27th."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def csv_file(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A CSV that Excel opens with the right characters and in which no formula runs (fault 25)."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_calm(cell) for cell in row] for row in rows)
    return UTF8_MARK + out.getvalue().encode()


def _calm(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(RUNS) else cell
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def xlsx_file(title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """An XLSX of one sheet: numbers stay numbers, days days, text never becomes a formula."""
    out = BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True, "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        number = book.add_format({"num_format": "#,##0"})
        exact = book.add_format({"num_format": "#,##0.00"})
        sheet.freeze_panes(1, 1)
        sheet.write_row(0, 0, header, bold)
        for at, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(at, column, cell, day)
                elif isinstance(cell, int):
                    sheet.write_number(at, column, cell, number)
                elif isinstance(cell, Decimal):
                    whole = cell.as_tuple().exponent == 0
                    sheet.write_number(at, column, cell, number if whole else exact)
                else:
                    sheet.write(at, column, cell or "")
        sheet.autofit()
    return out.getvalue()
