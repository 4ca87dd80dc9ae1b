"""What sweeps over all pages need: nothing they do stays, and what they cause is seen."""

import io
import traceback
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from pypdf import PdfReader
from sqlalchemy import Engine, event
from werkzeug.test import TestResponse

from incubator.core.db import db

TROUBLE: list[str] = []


def note_trouble(_app: Flask, exception: Exception, **_rest: object) -> None:
    """Remember why an answer was 500."""
    last = traceback.extract_tb(exception.__traceback__)[-1]
    TROUBLE[:] = [f"{type(exception).__name__} {exception} at {last.filename}:{last.lineno}"[:300]]


@contextmanager
def undone() -> Iterator[None]:
    """Throw away what happens inside."""
    db.session.remove()
    connection = db.engines[None]
    nested = connection.begin_nested()
    try:
        yield
    finally:
        db.session.remove()
        nested.rollback()


@contextmanager
def committed() -> Iterator[list[str]]:
    """Collect what was written and kept meanwhile; a PDF is kept when first asked for."""
    waiting: list[str] = []
    kept: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        wrote = statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))
        if wrote and not statement.startswith("INSERT INTO document "):
            waiting.append(statement[:80])

    def keep(_session: object) -> None:
        kept.extend(waiting)
        waiting.clear()

    def drop(_session: object) -> None:
        waiting.clear()

    event.listen(Engine, "before_cursor_execute", note)
    event.listen(db.session, "after_commit", keep)
    event.listen(db.session, "after_rollback", drop)
    try:
        yield kept
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        event.remove(db.session, "after_commit", keep)
        event.remove(db.session, "after_rollback", drop)


def text_of(response: TestResponse) -> str:
    """Everything an answer says: its body, unpacked where it is a file, and its headers."""
    data = response.get_data()
    text = data.decode("utf-8", "replace") + str(response.headers)
    if data.startswith(b"%PDF"):
        text += "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            text += "".join(
                archive.read(name).decode("utf-8", "replace") for name in archive.namelist()
            )
    if response.mimetype == "text/csv":
        text += data.decode("cp932", "replace")
    return text
