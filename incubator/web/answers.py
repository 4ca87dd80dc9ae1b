"""What views answer with when it is not a page."""

from collections.abc import Iterable, Sequence

from flask import flash, redirect
from werkzeug.wrappers import Response

from incubator.core import sheets
from incubator.core.i18n import Message, say
from incubator.core.sheets import Cell
from incubator.web.filters import t

ALREADY = say("This is already done.")
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def lead_on(said: Message, to: str, kind: str = "success") -> Response:
    """Lead to the next page, which says how it went; loading that again repeats nothing."""
    flash(t(said), kind)
    return redirect(to, 303)


def table_file(
    name: str, header: Iterable[Message | str], rows: Iterable[Sequence[Cell]]
) -> Response:
    """A table to download, as XLSX or as CSV by the end of its name."""
    words = [str(t(each)) for each in header]
    stem, _, kind = name.rpartition(".")
    if kind == "xlsx":
        data, mimetype = sheets.xlsx_file(stem, words, rows), EXCEL
    else:
        data, mimetype = sheets.csv_file(words, rows), "text/csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, mimetype=mimetype, headers=headers)
