import csv
import io
from datetime import date, timedelta
from zipfile import ZipFile

import pytest
import time_machine

from incubator.billing import queries
from incubator.billing.models import BillingRun, CreditNoteRequest, Document, Invoice, Issuer
from incubator.core.db import db
from incubator.leases.models import Lease, LeaseSubsidy, Method, SubsidyProgramme
from incubator.web.billing import invoices
from tests.factories.base import (
    World,
    keep,
    make_facility,
    make_lease,
    make_venture,
    make_world,
    three_years,
)
from tests.factories.billing import NOW, bill, make_charge, make_invoice, make_tenants, take_back
from tests.factories.leases import grant_programme, make_programme
from tests.factories.payments import make_invoice as issue
from tests.manners import words
from tests.screen import Browser, counted


@pytest.fixture(autouse=True)
def _in_april():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def world() -> World:
    return make_world()


def key(browser: Browser, endpoint: str, **values: object) -> str:
    with browser.client.application.test_request_context():
        return browser.client.application.url_for(endpoint, **values)


def test_a_month_without_a_bill_is_not_called_billed(browser: Browser, world: World):
    browser.sign_in(world.people["clerk"])
    shown = words(browser.get("/f/aoba/billing?month=2020-01"))
    assert "There is nothing to bill for this month." in shown
    assert "left to bill" not in shown
    assert "on an invoice of their own" not in shown
    shown = words(browser.get("/f/aoba/billing/review?month=2020-01"))
    assert "left to bill" not in shown


def test_the_clerk_sees_issues_and_sees_again(browser: Browser, world: World):
    make_charge(world.venture)
    browser.sign_in(world.people["clerk"])
    page = browser.get("/f/aoba/billing?month=2026-05")
    assert "¥103,380" in words(page)
    browser.follow("Review 1 invoice")
    assert "cannot be changed" in words(browser.page)
    page = browser.post("/f/aoba/billing", {"month": "2026-05"})
    assert "AOBA-2026-00001" in words(page)
    assert "Invoices issued: 1, ¥103,380 in all." in words(page)
    page = browser.post("/f/aoba/billing", {"month": "2026-05"})
    assert "Nothing was issued twice" in words(page)
    assert db.session.scalar(db.select(db.func.count()).select_from(Invoice)) == 1
    page = browser.get("/f/aoba/billing/review?month=2026-05")
    assert "Nothing is left to bill" in words(page)


def test_a_month_too_far_ahead_is_shown_and_not_issued(browser: Browser, world: World):
    browser.sign_in(world.people["clerk"])
    said = "The invoices for Jul 2026 can be issued from Fri 1 May 2026."
    page = words(browser.get("/f/aoba/billing?month=2026-07"))
    assert said in page
    assert "To issue1 invoice" in page
    assert "Review 1 invoice" not in page
    assert said in words(browser.get("/f/aoba/billing/review?month=2026-07", 422))
    assert said in words(browser.post("/f/aoba/billing", {"month": "2026-07"}, 422))
    assert db.session.scalars(db.select(Invoice)).all() == []
    assert said not in words(browser.get("/f/aoba/billing?month=2026-06"))


def test_what_comes_to_less_than_zero_is_named_and_not_issued(browser: Browser, world: World):
    bill(world.facility)
    make_charge(world.venture, amount=-500)
    browser.sign_in(world.people["clerk"])
    page = browser.get("/f/aoba/billing?month=2026-05")
    assert f"{world.venture.name_en} −¥550" in words(page)
    assert "Review 1 invoice" not in words(page)
    page = browser.post("/f/aoba/billing", {"month": "2026-05"})
    assert "Nothing was issued twice" in words(page)


def test_an_earlier_month_with_a_lease_that_is_not_billed_is_named_until_it_is(
    browser: Browser, world: World
):
    april = date(2026, 4, 1)
    for month in (april, date(2026, 5, 1)):
        bill(world.facility, month)
    late = make_lease(world.units[1], make_venture(world.facility), **three_years(NOW.date()))
    browser.sign_in(world.people["clerk"])
    there = "/f/aoba/billing?month=2026-04"
    for path in ("/f/aoba/worklist", "/f/aoba/billing"):
        assert "Leases are not billed yet in earlier months. Apr 2026 1 lease" in words(
            browser.get(path)
        )
        assert browser.page.find("a", href=there)
    page = browser.get(there)
    assert "in earlier months" not in words(page)
    assert late.organisation.name_en in words(page)
    browser.post("/f/aoba/billing", {"month": "2026-04"})
    for path in ("/f/aoba/worklist", "/f/aoba/billing"):
        assert "in earlier months" not in words(browser.get(path))


def test_the_pdfs_of_a_month_come_in_one_file(
    browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch
):
    (april,), (may,) = (bill(world.facility, date(2026, month, 1)) for month in (4, 5))
    browser.sign_in(world.people["clerk"])
    browser.get("/f/aoba/billing?month=2026-05")
    page = browser.follow("As a list, with PDFs")
    assert april.number not in words(page.main)
    address = str(page.select_one("a[href*='invoices.zip']")["href"])
    for _ in range(2):
        with ZipFile(io.BytesIO(browser.fetch(address).get_data())) as file:
            (name,) = file.namelist()
            assert name.endswith(f"_{may.number}.pdf")
            assert file.read(name) == queries.document_of(f"invoice:{may.id}", "ja").pdf
    with ZipFile(io.BytesIO(browser.fetch("/f/aoba/invoices.zip").get_data())) as file:
        assert len(file.namelist()) == 2
    monkeypatch.setattr(invoices, "MOST", 1)
    page = browser.get("/f/aoba/invoices.zip", 422)
    assert "More than 1 documents match. Choose a month or fewer days." in words(page)


def test_without_a_month_it_is_the_next_one(browser: Browser, world: World):
    browser.sign_in(world.people["facility_admin"])
    assert "May 2026" in words(browser.get("/f/aoba/billing?month="))
    assert "Review" not in words(browser.page)


def test_nothing_is_billed_for_a_month_that_is_none(browser: Browser, world: World):
    make_charge(world.venture)
    browser.sign_in(world.people["clerk"])
    for month, why in (("never", "is not a month"), ("2026-13", "There is no month 2026-13.")):
        page = browser.post("/f/aoba/billing", {"month": month}, 422)
        assert why in words(page)
    assert not list(db.session.scalars(db.select(Invoice)))


def test_a_run_that_stopped_says_so(browser: Browser, world: World):
    make_tenants(2, world.facility)
    db.session.add(
        BillingRun(
            facility_id=world.facility.id,
            month=date(2026, 5, 1),
            started_at=NOW,
            started_by="x",
            to_bill=3,
            issued=1,
        )
    )
    browser.sign_in(world.people["clerk"])
    assert "bills only what is missing" in words(browser.get("/f/aoba/billing"))


def test_without_an_issuer_the_page_says_what_to_do(browser: Browser, world: World):
    for issuer in db.session.scalars(db.select(Issuer)):
        db.session.delete(issuer)
    browser.sign_in(world.people["clerk"])
    assert "issuer of invoices" in words(browser.get("/f/aoba/billing"))
    browser.get("/f/aoba/billing/review")
    browser.post("/f/aoba/billing", {"month": "2026-05"}, status=422)


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("", 2),
        ("?party=くも", 1),
        ("?least=5000", 0),
        ("?least=１，０００円&most=2000", 2),
        ("?issued_from=2026-04-20&issued_to=R8.4.20&state=open", 2),
        ("?state=overdue", 0),
        ("?number=00002", 1),
        ("?state=nonsense&page=1", 2),
    ],
)
def test_invoices_are_searched(browser: Browser, world: World, query: str, hits: int):
    """BR-E10"""
    other = make_venture(world.facility, "=cmd|' /C calc'!A0")
    make_charge(other, source="booking:2")
    world.lease.ends_on = date(2025, 4, 2)
    make_invoice(world.venture)
    browser.sign_in(world.people["clerk"])
    page = browser.get(f"/f/aoba/invoices{query}")
    assert len(page.select("tbody tr")) == hits
    data = browser.fetch(f"/f/aoba/invoices.csv{query}").get_data()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert len(rows) == hits + 1
    assert not any(cell.startswith("=") for row in rows for cell in row)


def test_what_cannot_be_read_is_said(browser: Browser, world: World):
    browser.sign_in(world.people["clerk"])
    page = browser.get("/f/aoba/invoices?issued_from=soon&least=much")
    assert "is not a date" in words(page)
    assert "is not an amount" in words(page)
    page = browser.get("/f/aoba/invoices.csv?issued_from=soon", 422)
    assert "is not a date" in words(page)


def test_an_invoice_shows_lines_reasons_and_its_pdf(browser: Browser, world: World):
    (invoice,) = bill(world.facility)
    browser.sign_in(world.people["clerk"])
    page = browser.get(key(browser, "billing.invoice", code="aoba", invoice_id=invoice.id))
    for expected in (invoice.number, "¥76,257", "Unpaid", "Receivable", "Issued"):
        assert expected in words(page)
    path = key(browser, "billing.invoice_pdf", code="aoba", invoice_id=invoice.id)
    first = browser.fetch(path)
    assert first.mimetype == "application/pdf"
    assert browser.fetch(path).data == first.data
    assert browser.fetch(f"{path}?lang=en&download=1").data != first.data
    languages = db.session.scalars(db.select(Document.language).order_by(Document.language))
    assert list(languages) == ["en", "ja"]


def test_lists_call_ventures_as_the_reader_does_and_the_paper_as_it_was_issued(
    browser: Browser, world: World
):
    (invoice,) = bill(world.facility)
    browser.sign_in(world.people["clerk"])
    for page in ("/f/aoba/invoices", "/f/aoba/billing?month=2026-05"):
        said = words(browser.get(page))
        assert world.venture.name_en in said
        assert world.venture.name not in said
    browser.get(key(browser, "billing.invoice", code="aoba", invoice_id=invoice.id))
    assert world.venture.name_en in browser.page.select_one(".pagehead").get_text()
    assert world.venture.name in browser.page.select_one(".sheet .to").get_text()


def asked_credit(browser: Browser, invoice: Invoice, **form: str) -> tuple[str, str]:
    """Who has signed in asks for a credit note: where the invoice is, and where it is decided."""
    path = key(browser, "billing.credit", code="aoba", invoice_id=invoice.id)
    browser.post(path, {"reason": "Wrong unit", "follows": "never", **form})
    asked = db.session.scalars(db.select(CreditNoteRequest)).one()
    decide = key(browser, "billing.approve_credit", code="aoba", credit_note_id=asked.id)
    return path.removesuffix("/credit"), decide.removesuffix("/approve")


def test_an_invoice_is_taken_back_once_somebody_else_approves_it(browser: Browser, world: World):
    (invoice,) = bill(world.facility)
    browser.sign_in(world.people["clerk"])
    path = key(browser, "billing.credit", code="aoba", invoice_id=invoice.id)
    assert "cannot be undone" in words(browser.get(path))
    browser.post(path, {"reason": " ", "follows": "never"}, status=422)
    here, decide = asked_credit(browser, invoice)
    assert "A credit note waits for approval" in words(browser.page)
    assert not browser.page.find("form", action=f"{decide}/approve")
    assert not browser.page.find("a", href=path)
    page = browser.post(path, {"reason": "Another reason", "follows": "never"}, status=422)
    assert "waits for its approval already" in words(page)
    asked_credit(browser, invoice)
    assert browser.get("/f/aoba/worklist").find("a", href=here)
    browser.post(f"{decide}/approve", {}, status=403)
    browser.sign_in(world.people["facility_admin"])
    assert browser.get("/f/aoba/").find("a", href=here)
    assert browser.get(here).find("form", action=f"{decide}/approve")
    page = browser.post(f"{decide}/approve", {})
    assert "Credit note AOBA-CN-2026-00001 was issued." in words(page)
    assert "Credited" in words(page)
    assert "Wrong unit" in words(page)
    page = browser.post(f"{decide}/approve", {})
    assert (browser.path, "already done" in words(page)) == (here, True)
    (note,) = queries.credit_notes_of(invoice.id)
    own = browser.get(key(browser, "billing.invoice", code="aoba", invoice_id=note.id))
    assert "Still open" not in words(own)
    page = browser.post(f"{decide}/refuse", {"refusal": "No"}, status=422)
    assert "decided already" in words(page)
    assert not browser.get("/f/aoba/").find("a", href=here)
    assert "exists already" in words(
        browser.post(path, {"reason": "Again", "follows": "never"}, status=422)
    )


def test_what_a_lease_was_billed_beyond_its_end_is_found_taken_back_and_billed_anew(
    browser: Browser, world: World
):
    (invoice,) = bill(world.facility)
    lease = key(browser, "leases.lease", code="aoba", lease_id=world.lease.id)
    browser.sign_in(world.people["facility_admin"])
    page = browser.post(f"{lease}/end", {"until": "2026-05-10", "reason": "Graduated"})
    here = key(browser, "billing.invoice", code="aoba", invoice_id=invoice.id)
    assert "over ¥101,730 bills other days than this lease runs" in words(page)
    assert page.find("a", href=here)
    browser.sign_in(world.people["clerk"])
    page = browser.get("/f/aoba/worklist")
    assert "Billed for other days than let" in words(page)
    assert page.find("a", href=here)
    assert "Bill it anew?" not in words(browser.get(here))
    browser.post(f"{here}/anew", {}, status=422)
    assert "credit note took back" in words(browser.page)
    take_back(invoice)
    assert "Billed for other days than let" not in words(browser.get("/f/aoba/worklist"))
    assert "Bill it anew?" in words(browser.get(here))
    for _ in range(2):
        page = browser.post(f"{here}/anew", {})
        assert "as soon as you issue it here" in words(page)
        assert "¥29,533" in words(page)
    page = browser.post("/f/aoba/billing", {"month": "2026-05"})
    assert "Invoices issued: 1, ¥29,533 in all." in words(page)
    page = browser.get(here)
    assert "Bill it anew?" not in words(page)
    assert "Released to be billed anew" in words(page)
    assert queries.audit() == []


def test_what_was_billed_without_a_subsidy_is_found_taken_back_and_billed_anew(
    browser: Browser, world: World
):
    programme = make_programme(world.facility, steps=[{"months": 0, "rate": 0}])
    grant_programme(world.lease, programme)
    (invoice,) = bill(world.facility)
    programme.steps = [{"months": 0, "rate": 5000}]
    db.session.flush()
    here = key(browser, "billing.invoice", code="aoba", invoice_id=invoice.id)
    browser.sign_in(world.people["clerk"])
    lease = key(browser, "leases.lease", code="aoba", lease_id=world.lease.id)
    for path, said in (
        ("/f/aoba/worklist", "Billed without a subsidy"),
        ("/f/aoba/billing?month=2026-05", "bill a rent without its subsidy"),
        (lease, f"bills this lease without the subsidy {programme.name}"),
    ):
        assert said in words(browser.get(path))
        assert browser.page.find("a", href=here)
    with counted() as asked:
        browser.get("/f/aoba/billing?month=2026-05")
    assert sum("lease_price.lease_id IN (" in each for each in asked) == 1, "terms are read once"
    page = browser.post("/f/aoba/billing", {"month": "2026-05"})
    assert "Nothing was issued twice" in words(page)
    take_back(invoice)
    browser.post(f"{here}/anew", {})
    page = browser.post("/f/aoba/billing", {"month": "2026-05"})
    assert "Invoices issued: 1, ¥59,789 in all." in words(page)
    assert "without its subsidy" not in words(page)
    assert "Billed without a subsidy" not in words(browser.get("/f/aoba/worklist"))
    assert queries.audit() == []


def test_whoever_asks_says_what_follows(browser: Browser, world: World):
    """BR-T11"""
    (invoice,) = bill(world.facility)
    browser.sign_in(world.people["clerk"])
    path = key(browser, "billing.credit", code="aoba", invoice_id=invoice.id)
    assert not browser.get(path).select("input[name=follows][checked]")
    page = browser.post(path, {"reason": "Wrong unit"}, status=422)
    assert "Please fill this in." in words(page)
    here, decide = asked_credit(browser, invoice, follows="never")
    assert "What follows Not billed again" in words(browser.get(here))
    browser.sign_in(world.people["facility_admin"])
    page = browser.post(f"{decide}/approve", {})
    assert "Billed anew" not in words(page)


def test_what_is_to_be_billed_anew_is_so_once_it_is_approved(browser: Browser, world: World):
    """BR-T11"""
    (invoice,) = bill(world.facility)
    lease = key(browser, "leases.lease", code="aoba", lease_id=world.lease.id)
    browser.sign_in(world.people["facility_admin"])
    browser.post(f"{lease}/end", {"until": "2026-05-10", "reason": "Graduated"})
    browser.sign_in(world.people["clerk"])
    page = browser.get(key(browser, "billing.credit", code="aoba", invoice_id=invoice.id))
    assert page.select_one("input[name=follows][checked]")["value"] == "anew"
    here, decide = asked_credit(browser, invoice, follows="anew")
    browser.sign_in(world.people["facility_admin"])
    assert "What follows Billed anew by the run of May 2026" in words(browser.get(here))
    page = browser.post(f"{decide}/approve", {})
    assert "Bill it anew?" not in words(page)
    assert "¥29,533" in words(browser.follow("Billed anew by the run of May 2026"))
    browser.sign_in(world.people["clerk"])
    page = browser.post("/f/aoba/billing", {"month": "2026-05"})
    assert "Invoices issued: 1, ¥29,533 in all." in words(page)
    assert queries.audit() == []


def test_a_credit_note_is_refused_with_a_reason_or_withdrawn(browser: Browser, world: World):
    (invoice,) = bill(world.facility)
    browser.sign_in(world.people["clerk"])
    here, decide = asked_credit(browser, invoice)
    browser.sign_in(world.people["facility_admin"])
    browser.post(f"{decide}/refuse", {"refusal": " "}, status=422)
    page = browser.post(f"{decide}/refuse", {"refusal": "The unit is right"})
    assert "The credit note is refused." in words(page)
    assert "The unit is right" in words(page)
    assert page.find("a", href=f"{here}/credit")
    again = key(browser, "billing.credit", code="aoba", invoice_id=invoice.id)
    page = browser.post(again, {"reason": "It is wrong after all", "follows": "never"})
    assert "You asked for this yourself" in words(page)
    withdrawal = page.find("form", action=lambda to: to and to.endswith("/withdraw"))
    browser.post(withdrawal["action"].replace("withdraw", "approve"), {}, status=422)
    assert "asked for" in words(browser.page)
    page = browser.post(withdrawal["action"], {})
    assert "The credit note is withdrawn." in words(page)
    assert queries.credit_notes_of(invoice.id) == []


def test_a_credit_note_of_another_facility_is_not_decided_here(browser: Browser, world: World):
    invoice = make_invoice(make_venture(make_facility("kita")))
    asked = keep(
        CreditNoteRequest(invoice_id=invoice.id, why="x", asked_at=NOW, asked_by="somebody")
    )
    browser.sign_in(world.people["facility_admin"])
    for deed in ("approve", "refuse", "withdraw"):
        path = key(browser, f"billing.{deed}_credit", code="aoba", credit_note_id=asked.id)
        browser.post(path, {"refusal": "x"}, status=404)


def test_a_member_sees_the_own_invoices_only(browser: Browser, world: World):
    (invoice,) = bill(world.facility)
    stranger = make_venture(world.facility)
    foreign = make_invoice(stranger)
    browser.sign_in(world.people["member"])
    home = key(browser, "billing.own_invoices", venture_id=world.venture.id)
    page = browser.get(home)
    assert invoice.number in words(page)
    assert foreign.number not in words(page)
    page = browser.follow("May 2026")
    assert "¥101,730" in words(page)
    mine = {"venture_id": world.venture.id, "invoice_id": invoice.id}
    pdf = browser.fetch(key(browser, "billing.own_invoice_pdf", **mine))
    assert pdf.mimetype == "application/pdf"
    for endpoint in ("billing.own_invoice", "billing.own_invoice_pdf"):
        wrong = {"venture_id": world.venture.id, "invoice_id": foreign.id}
        browser.get(key(browser, endpoint, **wrong), status=404)
    browser.get("/f/aoba/invoices", status=404)


def test_a_venture_turns_the_pages_of_its_invoices(browser: Browser, world: World):
    made = [
        issue(world.facility, world.venture, 1100, date(2026, 12, 1) + timedelta(days=day)).number
        for day in range(queries.PAGE + 2)
    ]
    browser.sign_in(world.people["member"])
    page = browser.get(key(browser, "billing.own_invoices", venture_id=world.venture.id))
    path = browser.path
    assert f"¥{1100 * len(made):,}" in words(page)
    assert numbers(page) == made[:1:-1]
    assert numbers(browser.follow("Next")) == made[1::-1]
    assert "No invoices yet" not in words(browser.get(f"{path}?page=9"))


def numbers(page):
    return [cell.get_text(strip=True) for cell in page.select("table.bills tbody td:nth-child(2)")]


def test_a_venture_without_invoices_is_told_when_they_come(browser: Browser, world: World):
    browser.sign_in(world.people["member"])
    page = browser.get(key(browser, "billing.own_invoices", venture_id=world.venture.id))
    assert "No invoices yet" in words(page)


def test_another_facilitys_invoice_does_not_exist(browser: Browser, world: World):
    invoice = make_invoice(make_venture(make_facility("kita")))
    browser.sign_in(world.people["clerk"])
    path = key(browser, "billing.invoice", code="aoba", invoice_id=invoice.id)
    browser.get(path, status=404)


def test_who_may_only_look_cannot_issue(browser: Browser, world: World):
    (invoice,) = bill(world.facility)
    browser.sign_in(world.people["facility_admin"])
    page = browser.get(key(browser, "billing.invoice", code="aoba", invoice_id=invoice.id))
    assert "Ask for a credit note" in words(page)
    browser.post("/f/aoba/billing", {"month": "2026-05"}, status=403)
    browser.get("/f/aoba/billing/review", status=403)
    assert queries.audit() == []


@pytest.mark.parametrize("path", ["/f/aoba/billing", "/f/aoba/invoices"])
def test_pages_speak_japanese(browser: Browser, world: World, path: str):
    bill(world.facility)
    make_charge(world.venture)
    browser.client.set_cookie("incubator_language", "ja")
    browser.sign_in(world.people["clerk"])
    browser.get(path)


def grant_unrated(world: World) -> None:
    programme = keep(
        SubsidyProgramme(
            facility_id=world.facility.id,
            code="P1",
            name="青葉市家賃補助",
            method=Method.FIXED,
            steps=[{"months": 0, "rate": 0}],
            valid_from=NOW.date(),
        )
    )
    lease = db.session.scalars(db.select(Lease)).first()
    keep(LeaseSubsidy(lease_id=lease.id, programme_id=programme.id, from_month=date(2026, 1, 1)))
    db.session.expire_all()


def test_nobody_bills_without_a_subsidys_rate_unknowingly(browser: Browser, world: World):
    grant_unrated(world)
    for role, path, way in (
        ("facility_admin", "/f/aoba/billing", "/f/aoba/programmes/"),
        ("clerk", "/f/aoba/billing", "/f/aoba/programmes"),
        ("clerk", "/f/aoba/billing/review", "/f/aoba/programmes"),
    ):
        browser.sign_in(world.people[role])
        page = browser.get(f"{path}?month=2026-05")
        warning = next(
            each for each in page.select(".note.warn") if "青葉市家賃補助" in words(each)
        )
        assert "no rate yet" in words(warning)
        assert world.venture.name_en in words(warning)
        assert warning.select("a")[-1]["href"].startswith(way)
    assert "warning" in words(browser.get("/f/aoba/worklist?month=2026-05"))
    db.session.scalars(db.select(SubsidyProgramme)).one().name_en = "Aoba rent subsidy"
    db.session.flush()
    page = words(browser.get("/f/aoba/billing?month=2026-05"))
    assert "Aoba rent subsidy: This subsidy programme has no rate yet" in page
    assert f"{world.units[0].code} {world.venture.name_en}" in page
    browser.sign_in(world.people["facility_admin"])
    assert "No rate yet" in words(browser.get("/f/aoba/programmes"))


def test_what_the_issuer_lacks_leads_to_the_issuer(browser: Browser, world: World):
    db.session.execute(db.update(Issuer).values(bank_account=""))
    browser.sign_in(world.people["facility_admin"])
    page = browser.get("/f/aoba/billing?month=2026-05")
    assert "no bank account" in words(page)
    assert page.find("a", string="Enter it under the issuer of invoices.")
    assert page.find("a", string=world.venture.name_en)["href"].endswith("/edit")
