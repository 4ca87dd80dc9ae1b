"""Keeping the bytes of a document from its first rendering on."""

from datetime import datetime
from hashlib import sha256

from incubator.billing.models import Document
from incubator.core.db import db


def keep_document(subject: str, language: str, pdf: bytes, *, now: datetime) -> Document:
    """Keep a rendering; whoever was first stays (BR-B05)."""
    found: Document | None = db.session.scalar(
        db.select(Document).where(Document.subject == subject, Document.language == language)
    )
    if found:
        return found
    document = Document(
        subject=subject,
        language=language,
        made_at=now,
        sha256=sha256(pdf).hexdigest(),
        pdf=pdf,
    )
    db.session.add(document)
    db.session.flush()
    return document
