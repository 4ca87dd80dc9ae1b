import re
import threading
import unicodedata
from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader

from incubator.billing import queries
from incubator.billing.models import ChargeKind, TaxCategory
from incubator.billing.pdf import render
from incubator.billing.queries.paper import ROUNDED
from incubator.core.days import Stretch
from incubator.core.money import Rounding
from tests import letters
from tests.factories.base import make_facility, make_venture
from tests.factories.billing import MAY, TODAY, bill, make_charge, make_invoice, take_back

LONG = "株式会社" + "とても長い名前の研究開発型スタートアップ" * 3


def words(paper: object) -> str:
    return str(paper)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "ja",
            ("AOBA-2026-00001", "T9234567890123", "公益財団法人あおば産業振興財団", "¥1,650"),
        ),
        ("en", ("Qualified invoice", "Registration number", "Billed for", "At 10%", "Due on")),
    ],
)
def test_all_that_the_law_asks_for_is_on_the_paper(language: str, expected: tuple[str, ...]):
    """BR-T02: issuer and number, day, items, sums by rate, tax by rate, recipient."""
    venture = make_venture(make_facility("aoba"), "株式会社くもロボティクス")
    invoice = make_invoice(venture)
    paper = words(queries.invoice_paper(invoice, language))
    for word in (*expected, "株式会社くもロボティクス", "¥1,500", "¥150", "10%"):
        assert word in paper, word


def test_reduced_and_untaxed_lines_are_marked():
    """BR-T08"""
    venture = make_venture(make_facility())
    make_charge(
        venture, source="a", kind=ChargeKind.OTHER, tax_category=TaxCategory.REDUCED, amount=900
    )
    invoice = make_invoice(
        venture, source="b", kind=ChargeKind.OTHER, tax_category=TaxCategory.OUT_OF_SCOPE
    )
    paper = queries.invoice_paper(invoice, "en")
    assert paper["lines"][0]["what"].endswith("※")
    assert "※" in paper["notes"][0]
    assert [row[0] for row in paper["taxes"]] == ["At 8% (reduced) ※", "Outside consumption tax"]


@pytest.mark.parametrize("mode", list(Rounding))
def test_the_note_says_how_tax_was_rounded(mode: Rounding):
    facility = make_facility()
    issuer = queries.issuer_on(facility.id, TODAY)
    assert issuer is not None
    issuer.rounding = mode
    invoice = make_invoice(make_venture(facility))
    assert queries.invoice_paper(invoice, "en")["notes"] == [str(ROUNDED[mode])]


def test_without_number_address_and_bank_the_paper_is_plain():
    """BR-T10"""
    facility = make_facility()
    issuer = queries.issuer_on(facility.id, TODAY)
    assert issuer is not None
    issuer.reg_no, issuer.bank_account, issuer.phone, issuer.postal_code = None, "", "", ""
    paper = queries.invoice_paper(make_invoice(make_venture(facility)), "en")
    assert (paper["title"], paper["from"]["reg"], paper["bank"]) == ("Invoice", "", [])


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (Stretch(MAY, date(2026, 6, 1)), "For May 2026"),
        (Stretch(MAY, date(2026, 5, 2)), "1 May 2026"),
        (Stretch(date(2026, 5, 11), date(2026, 6, 1)), "11 May 2026 – 31 May 2026"),
    ],
)
def test_a_period_reads_as_an_office_writes_it(days: Stretch, expected: str):
    assert queries.Paper("en", "JPY").period(days) == expected


def test_rates_may_have_halves():
    paper = queries.Paper("en", "EUR")
    assert queries.rate_words(paper, 1050, TaxCategory.STANDARD) == "10.5%"
    assert queries.rate_words(paper, None, TaxCategory.EXEMPT) == "Exempt"


@pytest.mark.parametrize("rounding", list(Rounding))
def test_how_tax_is_rounded_is_said_without_a_currency(rounding: Rounding):
    facility = make_facility()
    facility.currency = "EUR"
    issuer = queries.issuer_on(facility.id, date.max)
    assert issuer is not None
    issuer.rounding = rounding
    make_charge(make_venture(facility), currency="EUR", why={})
    (invoice,) = bill(facility)
    assert "円" not in str(queries.invoice_paper(invoice, "ja"))


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("lines", [1, 12, 60])
def test_the_pdf_is_the_same_bytes_every_time(language: str, lines: int):
    facility = make_facility()
    venture = make_venture(facility, LONG)
    for number in range(lines):
        make_charge(venture, source=f"x:{number}", title=f'#read("/etc/passwd") {LONG}')
    (invoice,) = bill(facility)
    paper = queries.invoice_paper(invoice, language)
    first = render("invoice", paper)
    assert first.startswith(b"%PDF-")
    assert render("invoice", paper) == first
    assert b"/MarkInfo" in first or b"/StructTreeRoot" in first
    pages = len(re.findall(rb"/Type\s*/Page\b", first))
    assert pages == (1 if lines == 1 else pages)
    assert b"/FontFile" in first


@pytest.mark.parametrize(
    "name", ["髙﨑邉濵", "𠮷野家", "靑木", "\ufa19田", "𩸽亭", "Nguyễn Đặng", "한국테크"]
)
def test_every_letter_of_a_name_is_printed(name: str):
    """What no font of ours has would be a box on paper and a zero in the text."""
    invoice = make_invoice(make_venture(make_facility(), f"株式会社{name}"))
    pdf = PdfReader(BytesIO(render("invoice", queries.invoice_paper(invoice, "ja"))))
    text = pdf.pages[0].extract_text()
    assert f"株式会社{name}" in text
    assert "\0" not in text


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("🚀ロケット", "〓ロケット"),
        ("测试", "〓〓"),
        ("cafe\u0301", "café"),
        ("神\U000e0100戸", "神戸"),
        ("〓", "〓"),
        ("ｱｲｳ ㈱①", "ｱｲｳ ㈱①"),
    ],
)
def test_a_letter_that_no_font_has_is_printed_as_geta(typed: str, printed: str):
    """Accents and selectors need no letter of their own."""
    invoice = make_invoice(make_venture(make_facility()), title=f"<{typed}>")
    pdf = PdfReader(BytesIO(render("invoice", queries.invoice_paper(invoice, "ja"))))
    said = unicodedata.normalize("NFC", pdf.pages[0].extract_text()).replace("\U000e0100", "")
    assert f"<{printed}>" in said
    assert "\0" not in said


def test_the_list_of_letters_is_that_of_the_fonts():
    assert (letters.FONTS / "letters.txt").read_text() == letters.listed()


def test_threads_render_side_by_side():
    invoice = make_invoice(make_venture(make_facility()))
    paper = queries.invoice_paper(invoice, "ja")
    made: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: made.append(render("invoice", paper))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1


def test_a_credit_note_names_what_it_corrects():
    invoice = make_invoice(make_venture(make_facility()))
    paper = queries.invoice_paper(take_back(invoice), "en")
    assert ["Corrects invoice", invoice.number] in paper["facts"]
    assert (paper["title"], paper["bank"]) == ("Qualified credit note", [])
    assert paper["grand"][1] == "−¥1,650"
