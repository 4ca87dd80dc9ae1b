"""Sending the PDF of an invoice: kept bytes where there are any, else made and kept now."""

from datetime import datetime
from io import BytesIO

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
    name = f"{invoice.issued_on:%Y%m%d}_{invoice.total}_{invoice.recipient['name']}"
    name = f"{name}_{invoice.number}.pdf"
    return send_file(
        BytesIO(kept(invoice, language, now=now).pdf),
        mimetype="application/pdf",
        download_name=name,
        as_attachment="download" in request.args,
    )


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
