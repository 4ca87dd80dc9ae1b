"""Sending the PDF of an invoice: kept bytes where there are any, else made and kept now."""

from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from zipfile import ZipFile

from flask import request, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from incubator.billing import queries
from incubator.billing.actions import keep_document
from incubator.billing.models import Document, Invoice
from incubator.billing.pdf import render
from incubator.core.db import transaction
from incubator.core.i18n import LANGUAGES


def pdf_of(invoice: Invoice, *, now: datetime) -> ResponseReturnValue:
    """The PDF in the language of the address, else in that of the invoice."""
    asked = request.args.get("lang", "")
    language = asked if asked in LANGUAGES else invoice.language
    return send_file(
        BytesIO(kept(invoice, language, now=now).pdf),
        mimetype="application/pdf",
        download_name=_name(invoice),
        as_attachment="download" in request.args,
    )


def pdfs_of(
    found: Iterable[tuple[Invoice, Document | None]], name: str, *, now: datetime
) -> ResponseReturnValue:
    """The PDFs of many documents in one ZIP, each in the language of its invoice."""
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for invoice, document in found:
            made = document or kept(invoice, invoice.language, now=now)
            archive.writestr(_name(invoice), made.pdf)
    out.seek(0)
    return send_file(out, mimetype="application/zip", download_name=name, as_attachment=True)


def _name(invoice: Invoice) -> str:
    """Day, amount and counterparty: what a tax office looks for a document by."""
    name = f"{invoice.issued_on:%Y%m%d}_{invoice.total}_{invoice.recipient['name']}"
    return f"{name}_{invoice.number}.pdf".replace("/", "／").replace("\\", "＼")


def kept(invoice: Invoice, language: str, *, now: datetime) -> Document:
    """The document on record; set in type before the transaction that keeps it."""
    subject = f"invoice:{invoice.id}"
    found = queries.document_of(subject, language)
    if found is None:
        pdf = render("invoice", queries.invoice_paper(invoice, language))
        try:
            with transaction():
                found = keep_document(subject, language, pdf, now=now)
        except IntegrityError:
            found = queries.document_of(subject, language)
            if found is None:
                raise
    return found
