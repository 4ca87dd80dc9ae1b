"""The main job of an incubator from end to end, as people do it on their screens."""

import io
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from icalendar import Calendar
from playwright.sync_api import Browser, Locator, expect
from pypdf import PdfReader
from sqlalchemy import Engine

from incubator.app import create_app
from incubator.billing.actions.house import set_issuer
from incubator.billing.models import Payment
from incubator.billing.queries import audit
from incubator.cli.fake_stripe import serve_fake
from incubator.core import clock
from incubator.core.access import Actor, Held, Role
from incubator.core.days import add_months, month_of
from incubator.core.db import db, transaction
from incubator.core.i18n import format_day, format_month
from incubator.core.outbox import OutboxMail
from incubator.core.settings import TEST_STRIPE_KEY, Settings
from incubator.graduation.actions import open_facility
from incubator.leases.actions import ProgrammeFacts, add_programme
from incubator.leases.models import Lease, LeaseStatus
from incubator.leases.rules import Delivery, Method, Step
from incubator.people.models import Grant
from incubator.people.passwords import hashed
from incubator.spaces import actions as spaces
from incubator.spaces.models import Facility
from tests.browser.conftest import Served, serving
from tests.browser.people import PASSWORD, Screen, Town, peopled
from tests.factories.base import RULES_OF_USE, keep, make_person, make_world
from tests.factories.payments import make_invoice
from tests.stripe_fake import SECRET

pytestmark = pytest.mark.browser

ROLL = Path(__file__).resolve().parents[1] / "data" / "samples" / "rentroll_aoba.xlsx"
SYSTEM = Actor(None, "operator", (Held(Role.SYSTEM_ADMIN),))
NUMBER = "T9234567890123"
NEWCOMER = "株式会社いと繊維テック"
NEIGHBOUR = "株式会社くもロボティクス"
SUBSIDY = {"ja": "青葉市賃料補助", "en": "City rent subsidy"}
LAB = "105"
RIVAL = "株式会社よこどり"
SECRETLY = "資金が尽きそうで心配だ"
TASK = "資金繰り表を更新する"


@pytest.fixture
def shop(fresh_database: Engine, tmp_path: Path) -> Iterator[Served]:
    """The installation as it is set up on the web, with the stand-in for Stripe beside it."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    fake = serve_fake(0, f"{address}/stripe/webhook", SECRET)
    settings = Settings(
        home=tmp_path,
        database_url=fresh_database.url.render_as_string(hide_password=False),
        secret_key="not a secret in tests",
        testing=True,
        base_url=address,
        stripe_api_key=TEST_STRIPE_KEY,
        stripe_webhook_secret=SECRET,
        stripe_api_base=fake.base,
    )
    app = create_app(settings)
    with serving(app, port) as served:
        yield served
    fake.stop()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def open_house(app: Flask, lang: str) -> None:
    """A facility on its first day: an issuer, two programmes, two rooms, the staff."""
    with app.app_context(), transaction():
        now, today = clock.now(), clock.today()
        facts = {"name_en": "Aoba Incubation Centre", "closed_weekdays": "", "open_minute": 0,
                 "close_minute": 1440, "closed_on_holidays": False}  # fmt: skip
        facility = open_facility(
            "aoba", "青葉インキュベーションセンター", actor=SYSTEM, now=now, facts=facts
        )
        admin = staff(facility, Role.FACILITY_ADMIN, "高橋 一郎", lang).as_actor(today)
        staff(facility, Role.CLERK, "鈴木 花子", lang)
        staff(facility, Role.MANAGER, "佐藤 美佳", lang)
        staff(facility, Role.MENTOR, "田中 恵美", lang)
        staff(None, Role.SYSTEM_ADMIN, "管理 太郎", lang)
        issuer = {"name": "公益財団法人あおば産業振興財団", "reg_no": NUMBER,
                  "reg_valid_from": date(2023, 10, 1), "address": "宮城県青葉市一番町1-2-3",
                  "bank_account": "あおば銀行 一番町支店 普通 1234567"}  # fmt: skip
        set_issuer(facility, issuer, from_day=today, actor=admin, now=now)
        for code, name in (("MR-A", "会議室A"), ("MR-B", "会議室B")):
            room = {"code": code, "name": name, "name_en": code, "capacity": 6,
                    "price_per_step": 500, **RULES_OF_USE,
                    "open_minute": 0, "close_minute": 1440}  # fmt: skip
            spaces.add_room(facility, room, actor=admin, now=now)
        city = ProgrammeFacts(
            code="CITY", name=SUBSIDY["ja"], name_en=SUBSIDY["en"], funder="青葉市",
            method=Method.PER_M2, steps=(Step(12, 700), Step(12, 500), Step(12, 300)),
            area_cap=5_000, valid_from=date(2020, 4, 1), max_months=36,
            delivery=Delivery.RENT_REDUCTION,
        )  # fmt: skip
        lab = replace(city, code="LAB", name="県ラボ補助", name_en="Prefecture lab grant")
        for programme in (city, lab):
            add_programme(programme, facility_id=facility.id, actor=admin, now=now)


def staff(facility: Facility | None, role: Role, name: str, lang: str):
    """Somebody of the staff who has chosen a password."""
    return make_person(
        role, facility=facility, name=name, email=f"{role.value}@aoba.example.jp",
        password_hash=hashed(PASSWORD), language=lang,
    )  # fmt: skip


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_whole_story(chromium: Browser, shop: Served, lang: str, width: int):
    open_house(shop.app, lang)
    with peopled(chromium, shop, lang, width) as town:
        admin = town.sign_in("facility_admin@aoba.example.jp")
        import_the_rent_roll(admin)
        look_at_the_dashboard(admin)
        offer_the_lab(town, admin)
        owner = invite_the_owner(town, admin)
        sign_the_lease(town, owner)
        clerk = town.sign_in("clerk@aoba.example.jp")
        bill_the_month(town, clerk)
        member = invite_a_colleague(town, owner)
        pay_by_card(town, member)
        record_a_transfer(clerk)
        book_a_room(member, owner)
        manager = publish_hours(town, admin)
        meet(town, owner, manager)
        keep_a_record(town, owner, manager)
        file_figures(owner)
        graduate(town, admin, manager)
        look_around(town, member)
        leave(town, owner)
        assert town.ask(audit) == []


def import_the_rent_roll(admin: Screen) -> None:
    admin.go("Import")
    admin.page.locator("main input[type=file]").set_input_files(ROLL)
    admin.press("Check this file").sees("nothing kept yet").sees("Warning")
    admin.reads(admin.n("%(num)s row", "%(num)s rows", 27))
    admin.press("Import %(num)s row")
    expect(admin.page.locator("main [role=status], main .flash").first).to_be_visible()


def look_at_the_dashboard(admin: Screen) -> None:
    admin.go("Dashboard")
    admin.reads(admin.n("%(num)s floor", "%(num)s floors", 3))
    admin.reads(admin.n("%(num)s unit", "%(num)s units", 27))
    for floor in ("1F", "2F", "3F", f"{LAB[0]}F"):
        show_the_floor(admin, floor)
    admin.page.locator(f"main [data-room='{LAB}']:visible").first.click()
    admin.reads(admin.w("Unit %(code)s", code=LAB)).link("Quote this unit")
    admin.sees("Quote for %(unit)s", unit=LAB)


def show_the_floor(admin: Screen, floor: str) -> None:
    admin.page.locator("main .floortabs a", has_text=floor).click()
    admin.sees("Floor plan, %(floor)s", floor=floor)


def offer_the_lab(town: Town, admin: Screen) -> None:
    start = add_months(month_of(clock.today()), -1)
    second = Screen(admin.page.context.new_page(), admin.lang).open(admin.page.url)
    fill_in_the_quote(second, RIVAL, add_months(start, 6))
    second.press("Work out the quote")
    fill_in_the_quote(admin, NEWCOMER, start)
    admin.choose("programme_1", SUBSIDY[town.lang]).type(steps="50, 80")
    admin.press("Work out the quote").sees("Over the whole stay").reads(SUBSIDY[town.lang])
    admin.sees("Contract year %(n)s", n=2).sees("Due before the keys")
    admin.press("Offer this lease").sees(
        "The unit is held for %(venture)s until the offer is signed, declined or lapses.",
        venture=NEWCOMER,
    )
    second.press("Offer this lease").reads(NEWCOMER)
    expect(second.page.locator("main .errsum, main [role=alert]").first).to_be_visible()
    second.page.close()
    running = town.ask(
        lambda: db.session.scalars(db.select(Lease.status).where(Lease.unit.has(code=LAB))).all()
    )
    assert running == [LeaseStatus.OFFERED]


def fill_in_the_quote(admin: Screen, who: str, start: date) -> None:
    details = admin.page.locator("main details").filter(
        has=admin.page.locator("[name=new_venture]")
    )
    if details.count() and details.get_attribute("open") is None:
        details.locator("summary").click()
    today = clock.today().isoformat()
    admin.type(new_venture=who, starts_on=start.isoformat(), months="24", explained_on=today)


def invite_the_owner(town: Town, admin: Screen) -> Screen:
    admin.go("Ventures").type(q=NEWCOMER).press("Search").link(NEWCOMER)
    admin.link("Invite a member").type(email="owner@ito.example.jp", role="owner")
    admin.type(language=town.lang).press("Send the invitation")
    admin.reads("owner@ito.example.jp")
    return town.accept("owner@ito.example.jp", "糸井 紡")


def sign_the_lease(town: Town, owner: Screen) -> None:
    owner.go("Lease").type(signer_name="糸井 紡").press("Accept and sign")
    owner.sees("In force")
    assert town.mails("facility_admin@aoba.example.jp", "lease_signed_staff")


def bill_the_month(town: Town, clerk: Screen) -> None:
    clerk.go("Billing run").type(month=f"{clock.today():%Y-%m}").press("Show")
    proposed = clerk.page.locator("main .line-x.total > .amt").last.inner_text()
    clerk.reads(NEWCOMER).link("Review %(num)s invoice").press("Issue %(num)s invoice").sees(
        "As a list, with PDFs"
    )
    assert clerk.page.locator("main tfoot td").last.inner_text() == proposed
    clerk.sees("Nothing is left to bill for this month.")
    clerk.page.locator("main tr").filter(has_text=NEWCOMER).locator("a").first.click()
    address = clerk.page.locator("main a:visible").filter(has_text="PDF").first
    pdf = clerk.page.request.get(address.get_attribute("href")).body()
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert NUMBER in text
    assert NEWCOMER in text.replace("\n", "")


def invite_a_colleague(town: Town, owner: Screen) -> Screen:
    owner.go("Members").link("Invite a member")
    owner.type(email="team@ito.example.jp", role="member", language=town.lang)
    owner.press("Send the invitation").reads("team@ito.example.jp")
    return town.accept("team@ito.example.jp", "糸野 直")


def pay_by_card(town: Town, member: Screen) -> None:
    member.sees("Payment for %(month)s", month=format_month(clock.today(), town.lang))
    member.link("Go to payment").press("Pay %(amount)s")
    member.sees("Pay by card (test mode)").press("Pay %(amount)s")
    see_it_paid(town, member)
    assert town.ask(receipts)


def see_it_paid(town: Town, member: Screen) -> None:
    member.page.wait_for_url("**/returned")
    for _ in range(100):
        if town.ask(paid_sums):
            break
        member.page.wait_for_timeout(100)
    member.page.reload()
    member.sees("Thank you, the invoice is paid")


def paid_sums() -> int:
    return db.session.scalar(db.select(db.func.count(Payment.id))) or 0


def receipts() -> int:
    """How many mails say that money came in."""
    said = OutboxMail.template == "payment_received"
    return db.session.scalar(db.select(db.func.count(OutboxMail.id)).where(said)) or 0


def record_a_transfer(clerk: Screen) -> None:
    clerk.go("Payments").link("Record a payment")
    clerk.type(q=NEIGHBOUR).press("Search").link("Record a payment", within="main table")
    clerk.type(amount="10,000", received_on=clock.today().isoformat(), method="bank")
    clerk.type(payer_name="クモロボティクス").press("Record the payment")
    clerk.reads(NEIGHBOUR).reads("10,000")
    clerk.go("Invoices").type(party=NEIGHBOUR).press("Search")
    clerk.sees("Partly paid")


def book_a_room(member: Screen, owner: Screen) -> None:
    member.go("Book")
    owner.open(a_free_slot(member).get_attribute("href"))
    book_a_slot(member)
    owner.press("Book %(start)s–%(end)s").sees("Nearest free times")


def book_a_slot(member: Screen) -> Screen:
    a_free_slot(member).click()
    return member.type(title="定例会議").press("Book %(start)s–%(end)s").reads("定例会議")


def a_free_slot(member: Screen) -> Locator:
    """The first of the free times; tomorrow's, just before midnight."""
    slots = member.page.locator("main .slots a:visible")
    if not slots.count():
        member.page.locator("main .subtabs a").nth(1).click()
    return slots.first


def publish_hours(town: Town, admin: Screen) -> Screen:
    admin.go("Mentoring").choose("venture", NEWCOMER).choose("person", "佐藤 美佳")
    admin.press("Save the assignment").reads(NEWCOMER)
    manager = town.sign_in("manager@aoba.example.jp")
    tomorrow = clock.today() + timedelta(days=1)
    manager.go("My hours").type(weekday=str(tomorrow.weekday()), from_minute="600")
    manager.type(until_minute="720").press("Add hours").reads("10:00–12:00")
    return manager


def meet(town: Town, owner: Screen, manager: Screen) -> None:
    owner.go("Mentoring").link("Book a session")
    owner.page.locator("main [aria-labelledby=times] a.btn:visible").first.click()
    owner.type(topic="次の資金調達", place="room:MR-A").press("Book the session").reads("佐藤 美佳")
    for address in ("manager@aoba.example.jp", "team@ito.example.jp"):
        mail = town.mail(address, "session_booked")
        assert mail.calendar_method == "REQUEST"
        [event] = Calendar.from_ical(mail.calendar).events
        assert event["UID"]
        assert int(event["SEQUENCE"]) == 0


def keep_a_record(town: Town, owner: Screen, manager: Screen) -> None:
    manager.go("Sessions")
    manager.page.locator("main tr").filter(has_text=NEWCOMER).locator("a").first.click()
    due = (clock.today() + timedelta(days=7)).isoformat()
    manager.type(shared="販路と資金繰りを話した。", private=SECRETLY)
    manager.type(title_1=TASK, owner_1="venture", due_1=due).press("Save the record").reads(TASK)
    manager.press("Show private notes").reads(SECRETLY)
    manager.go("Today").reads(TASK)
    owner.go("Mentoring").link("次の資金調達").reads("販路と資金繰りを話した。")
    owner.reads_not(SECRETLY)
    owner.go("Home").reads(TASK)
    owner.go("Mentoring").press("Done")
    owner.go("Home").reads_not(TASK)
    manager.go("Today").reads_not(TASK)


def file_figures(owner: Screen) -> None:
    owner.go("Monthly figures").link("Report this month")
    owner.type(sales="1,200,000", jobs_ft="4", jobs_pt="1").press("File the report")
    owner.reads("1,200,000")
    owner.go("Milestones").sees("Criteria")


def graduate(town: Town, admin: Screen, manager: Screen) -> None:
    today = clock.today()
    manager.go("Graduation").link(NEWCOMER)
    manager.type(
        leave_on=today.isoformat(), destination="青葉市の自社ビル", grounds="十分に育った。"
    )
    manager.type(reason="graduated_growth", grounds="十分に育った。").press("Propose")
    manager.sees("You proposed this, so somebody else decides.")
    admin.go("Graduation").link(NEWCOMER).link("Review and decide")
    manager.open(admin.path)
    expect(manager.main).not_to_contain_text(manager.w("Approve and end the leases"))
    promote(town, "manager@aoba.example.jp")
    manager.open(admin.path).sees("You made this proposal yourself. Somebody else must decide.")
    admin.press("Approve and end the leases").reads(NEWCOMER)
    admin.go("Alumni").reads(NEWCOMER).reads(format_day(add_months(today, 12), town.lang, "table"))
    admin.open(f"/f/aoba/?unit={LAB}&day={today.isoformat()}")
    show_the_floor(admin, f"{LAB[0]}F")
    plan = admin.page.locator(f"main [data-room='{LAB}']:visible").first
    expect(plan).to_have_class(re.compile("[fc]-vacant"))


def promote(town: Town, email: str) -> None:
    """Make somebody an administrator as well."""

    def deed() -> None:
        with transaction():
            facility = db.session.scalars(db.select(Facility)).one()
            known = db.select(Grant).where(Grant.person.has(email=email))
            keep(
                Grant(
                    person_id=db.session.scalars(known).one().person_id,
                    role=Role.FACILITY_ADMIN,
                    facility_id=facility.id,
                    from_day=clock.today(),
                )
            )

    town.ask(deed)


def look_around(town: Town, member: Screen) -> None:
    mentor = town.sign_in("mentor@aoba.example.jp")
    mentor.sees("Today")
    mentor.open("/f/aoba/billing").sees("You may not do this")
    system = town.sign_in("system_admin@aoba.example.jp")
    system.go("Mail").reads("owner@ito.example.jp")
    member.open("/f/aoba/")
    expect(member.page.locator("h1")).to_have_text(member.w("We cannot find this page"))


def leave(town: Town, owner: Screen) -> None:
    other = "en" if town.lang == "ja" else "ja"
    elsewhere = town.sign_in("owner@ito.example.jp")
    owner.open("/account")
    owner.page.locator(f"a[hreflang={other}]:visible").first.click()
    expect(owner.page.locator("html")).to_have_attribute("lang", other)
    owner.lang = other
    owner.press("Sign out on every device")
    expect(owner.page).to_have_url(re.compile("/sign-in"))
    elsewhere.open("/account")
    expect(elsewhere.page).to_have_url(re.compile("/sign-in"))


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_member_needs_no_javascript(chromium: Browser, shop: Served, lang: str):
    invoice_of_today(shop.app, lang)
    with peopled(chromium, shop, lang, 390, scripts=False) as town:
        member = town.sign_in("member@kumo.example.jp")
        pay_by_card(town, member)
        member.open("/").go("Book")
        book_a_slot(member)
        member.go("Home").sees("All bookings").reads(
            "会議室1" if lang == "ja" else "Meeting room 1"
        )
        member.go("Monthly figures").link("Report this month")
        member.type(sales="1,200,000", jobs_ft="4", jobs_pt="1").press("File the report")
        member.reads("1,200,000").open("/account").press("Sign out on every device")
        expect(member.page).to_have_url(re.compile("/sign-in"))


def invoice_of_today(app: Flask, lang: str) -> None:
    """A tenant with an invoice to pay and rooms to book."""
    with app.app_context(), transaction():
        world = make_world()
        for room in world.rooms:
            room.open_minute, room.close_minute = 0, 1440
        world.facility.open_minute, world.facility.close_minute = 0, 1440
        world.facility.closed_weekdays, world.facility.closed_on_holidays = "", False
        make_invoice(world.facility, world.venture, 550, clock.today())
        person = world.people["member"]
        person.email, person.language = "member@kumo.example.jp", lang
        person.password_hash = hashed(PASSWORD)
