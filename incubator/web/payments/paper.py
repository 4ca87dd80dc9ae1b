"""Sending the PDF of a receipt or notice: the bytes of its first rendering."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Any

from flask import Response, abort, g, request, send_file

from incubator.billing.actions import keep_document
from incubator.billing.models import Payment, Refund
from incubator.billing.pdf import render
from incubator.billing.queries import document_of
from incubator.billing.queries.receipt import receipt_paper
from incubator.billing.queries.refunds import refund_paper
from incubator.core.db import transaction
from incubator.core.i18n import LANGUAGES

Words = Callable[[str], dict[str, Any]]


def receipt_of(payment: Payment, now: datetime) -> Response:
    """The receipt; once the payment is reversed a void one: the first is kept, not given out."""
    void, number = payment.reversal, payment.receipt_number
    return _send(
        f"reversal:{void.id}" if void else f"payment:{payment.id}",
        f"{number}-void" if void else number,
        lambda language: receipt_paper(payment, language),
        now,
    )


def notice_of(refund: Refund, now: datetime) -> Response:
    """The notice of what was paid back; a void one once that is reversed."""
    void, number = refund.reversal, refund.number
    return _send(
        f"refund_reversal:{void.id}" if void else f"refund:{refund.id}",
        f"{number}-void" if void else number,
        lambda language: refund_paper(refund, language),
        now,
    )


def _send(subject: str, name: str, words: Words, now: datetime) -> Response:
    language = request.args.get("lang") or str(g.lang)
    if language not in LANGUAGES:
        abort(404)
    kept = document_of(subject, language)
    pdf = kept.pdf if kept else _keep(subject, language, render("receipt", words(language)), now)
    return send_file(
        BytesIO(pdf), mimetype="application/pdf", download_name=f"{name}-{language}.pdf"
    )


def _keep(subject: str, language: str, made: bytes, now: datetime) -> bytes:
    with transaction():
        return keep_document(subject, language, made, now=now).pdf
