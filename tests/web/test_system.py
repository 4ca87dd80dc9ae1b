"""The system administrator's pages, and the audit trail of a facility."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from types import ModuleType

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, OperationalError

from incubator.core import audit, backup, clock, job_runs
from incubator.core.audit import AuditEntry, Where
from incubator.core.db import db
from incubator.core.job_runs import JobName, Period, RunState
from incubator.core.outbox import MailState, OutboxMail
from incubator.core.settings import Settings
from incubator.people.models import Grant, Person, PersonStatus
from incubator.reports import rent_roll
from incubator.spaces.models import Facility, Unit
from incubator.web import session
from incubator.web.keys import shuffle
from incubator.web.system import health, views
from incubator.web.system.deeds import DEEDS, FACTS, SUBJECTS
from tests.factories.base import World, keep, make_facility, make_person, make_venture, make_world
from tests.screen import Browser, counted

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
PAGES = ["", "mail", "jobs", "people", "facilities", "facilities/add", "audit"]


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def admin(browser: Browser, world: World) -> Browser:
    return browser.sign_in(world.people["system_admin"])


def key(app: Flask, number: int) -> str:
    return shuffle(number, app.config["URL_SECRET"])


def mail(**facts: object) -> OutboxMail:
    facts = {
        "to_name": "山田 太郎",
        "to_address": "taro@example.jp",
        "language": "ja",
        "template": "x",
        "subject": "面談のご案内",
        "body": "14:00からです。\n",
        "message_id": "<1@incubator>",
        "written_at": NOW,
        "next_try_at": NOW,
        **facts,
    }
    return keep(OutboxMail(**facts))


def run(job: JobName = JobName.TIDY, period: str = "2026-11-23") -> job_runs.JobRun:
    made = job_runs.begin(job, Period(period, NOW), holder="host:1", now=NOW)
    assert made is not None
    return made


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_page_stands_when_empty_and_when_full(admin: Browser, page: str, lang: str):
    admin.client.set_cookie("incubator_language", lang)
    admin.get(f"/system/{page}")
    mail(calendar="BEGIN:VCALENDAR", calendar_method="REQUEST")
    job_runs.stumble(run(), "ConnectionError", now=NOW)
    job_runs.finish(run(JobName.HOLIDAYS, "2026"), 12, now=NOW)
    admin.get(f"/system/{page}")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", ["facility_admin", "clerk", "manager", "mentor", "owner"])
def test_nobody_else_comes_in(browser: Browser, world: World, role: str, page: str):
    browser.sign_in(world.people[role]).get(f"/system/{page}", 403)


def test_a_monitor_is_told_whether_pages_can_be_served(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
):
    assert browser.fetch("/healthz").json == {"status": "ok"}

    def fail(*_: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("secret address"))

    monkeypatch.setattr(views.db.session, "execute", fail)
    answer = browser.client.get("/healthz")
    assert (answer.status_code, "secret" in answer.text) == (503, False)


@pytest.mark.parametrize("failing", [session.queries, rent_roll], ids=["first", "in the page"])
def test_the_page_that_says_we_are_busy_asks_nothing_more_of_the_database(
    browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch, failing: ModuleType
):
    def fail(*_: object, **__: object) -> None:
        with suppress(DatabaseError):
            db.session.execute(text("SELECT nothing"))
        raise OperationalError("SELECT 1", {}, Exception("deadlock detected"))

    browser.sign_in(world.people["clerk"])
    monkeypatch.setattr(failing, "session_of" if failing is session.queries else "rent_roll", fail)
    english = {"Accept-Language": "en"}
    page = browser.get(f"/f/{world.facility.code}/rent-roll", 503, headers=english)
    assert "We are busy for a moment" in page.get_text()
    assert browser.response
    assert browser.response.headers["Retry-After"] == "5"


def test_the_overview_says_what_to_do(admin: Browser, app: Flask, tmp_path: Path):
    page = admin.get("/system/").get_text()
    assert "Start the worker" in page
    assert "Make a backup" in page
    job_runs.take_lead("host:1", now=clock.now(), seconds=60)
    settings: Settings = app.config["SETTINGS"]
    (settings.home / backup.LAST).write_text(
        f'{{"path": "/b.tar.gz", "size": 1234567, "at": "{clock.now().isoformat()}"}}'
    )
    page = admin.get("/system/").get_text()
    (settings.home / backup.LAST).unlink()
    assert "Start the worker" not in page
    assert "Make a backup" not in page
    assert "b.tar.gz (1.2 MB)" in page


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0.0 kB"), (999, "0.9 kB"), (1_234_567, "1.2 MB"), (5 * 10**9, "5.0 GB")],
)
def test_sizes_are_read_easily(size: int, words: str):
    assert health.in_words(size) == words


def test_the_migration_at_which_the_database_stands_is_read(app: Flask):
    connection = db.session.connection()
    assert health.revision_of(connection) is None
    connection.execute(db.text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
    connection.execute(db.text("INSERT INTO alembic_version VALUES ('0007')"))
    assert health.revision_of(connection) == "0007"


def test_mails_are_found_read_and_sent_again(admin: Browser, app: Flask):
    sent = mail(state=MailState.SENT, sent_at=NOW, message_id="<2@incubator>", subject="別の件")
    failed = mail(
        state=MailState.FAILED, error="550 no such user", calendar="BEGIN:VCALENDAR",
        calendar_method="REQUEST",
    )  # fmt: skip
    listed = admin.get("/system/mail?state=failed").get_text()
    assert "面談のご案内" in listed
    assert "別の件" not in listed
    assert "Nothing matches" in admin.get("/system/mail?words=nothing").get_text()
    address = f"/system/mail/{key(app, failed.id)}"
    page = admin.get(address).get_text()
    assert all(part in page for part in ("14:00からです。", "550 no such user", "BEGIN:VCALENDAR"))
    given = admin.fetch(f"{address}/file").data
    assert message_from_bytes(given, policy=policy.default)["Subject"] == "面談のご案内"
    assert admin.fetch(f"{address}/invite.ics").data == b"BEGIN:VCALENDAR"
    admin.post(f"{address}/send")
    assert db.session.get_one(OutboxMail, failed.id).state is MailState.WAITING
    assert "Send now" not in admin.get(f"/system/mail/{key(app, sent.id)}").get_text()
    admin.get(f"/system/mail/{key(app, 999)}", 404)


def test_a_job_that_failed_is_tried_again(admin: Browser, app: Flask):
    failed = run()
    job_runs.stumble(failed, "ConnectionError: no", now=NOW)
    page = admin.get("/system/jobs").get_text()
    assert "ConnectionError: no" in page
    admin.post(f"/system/jobs/{key(app, failed.id)}/retry")
    again = job_runs.run_of(failed.id)
    assert (again.state, again.attempts) == (RunState.WAITING, 0)


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", ("23 Nov 2026", "Oct 2026", "Year 2025")), ("ja", ("11月23日", "年10月", "2025年"))],
)
def test_what_a_job_ran_for_is_written_as_people_do(admin: Browser, lang: str, said: tuple[str]):
    for period in ("2026-11-23", "2026-10", "2025"):
        run(period=period)
    admin.client.set_cookie("incubator_language", lang)
    shown = admin.get("/system/jobs").main.get_text()
    assert all(words in shown for words in said)
    assert "2026-1" not in shown


def test_an_account_is_suspended_and_taken_up_again(admin: Browser, app: Flask, world: World):
    clerk = world.people["clerk"]
    page = admin.get("/system/people?words=鈴木").get_text()
    assert "鈴木 花子" in page
    assert "高橋 一郎" not in page
    address = f"/system/people/{key(app, clerk.id)}"
    assert "Suspend" in admin.get(address).get_text()
    admin.post(f"{address}/suspend")
    assert db.session.get_one(Person, clerk.id).status is PersonStatus.SUSPENDED
    admin.post(f"{address}/reactivate")
    assert db.session.get_one(Person, clerk.id).status is not PersonStatus.SUSPENDED
    myself = f"/system/people/{key(app, world.people['system_admin'].id)}"
    assert "Suspend the account" not in admin.get(myself).get_text()
    assert "cannot suspend" in admin.post(f"{myself}/suspend").get_text()
    admin.get(f"/system/people/{key(app, 99999)}", 404)


def test_an_account_without_a_role_is_suspended_and_taken_up_again(admin: Browser, app: Flask):
    person = make_person()
    address = f"/system/people/{key(app, person.id)}"
    admin.post(f"{address}/suspend")
    assert "Allow sign-in again" in admin.page.get_text()
    admin.post(f"{address}/reactivate")
    assert "can be used again" in admin.page.get_text()


def test_a_facility_is_opened_and_gets_its_administrator(admin: Browser, app: Flask):
    typed = {"code": "midori", "name": "みどりラボ", "name_en": "", "zone": "Asia/Tokyo"}
    admin.post("/system/facilities/add", {**typed, "code": "mi dori"}, 422)
    assert admin.page.find(id="code")["value"] == "mi dori"
    admin.post("/system/facilities/add", typed)
    facility = db.session.scalars(db.select(Facility).where(Facility.code == "midori")).one()
    assert admin.path == f"/system/facilities/{key(app, facility.id)}/invite"
    invitation = {"email": "new@example.jp", "role": "facility_admin", "language": "ja"}
    admin.post(admin.path, {**invitation, "email": "x"}, 422)
    page = admin.post(f"/system/facilities/{key(app, facility.id)}/invite", invitation)
    assert "Facility administrator" in page.get_text()
    grant = db.session.scalars(db.select(Grant).where(Grant.facility_id == facility.id)).one()
    assert grant.person.email == "new@example.jp"
    assert "midori" in admin.get("/system/facilities").get_text()
    admin.get(f"/system/facilities/{key(app, 999)}/invite", 404)


def write_record(world: World, facility: Facility, name: str, **facts: object) -> None:
    audit.record(
        make_person(name=name).as_actor(clock.today()),
        str(facts.get("deed", "give_role")),
        world.people["clerk"],
        at=NOW + timedelta(days=int(str(facts.get("days", 0)))),
        where=Where(facility.id),
        before={"name": "旧", "note": "SECRET"},
        after={"name": "新" * 100, "private_note": "SECRET", "until_day": clock.today()},
    )


def test_the_record_is_narrowed_by_place_person_deed_and_day(admin: Browser, world: World):
    other = make_facility("other", name="別館")
    write_record(world, world.facility, "甲野")
    write_record(world, other, "乙野", deed="suspend_person", days=2)
    for query, seen in {
        "": {"甲野", "乙野"},
        "facility=aoba": {"甲野"},
        "facility=nowhere": {"甲野", "乙野"},
        "person=乙": {"乙野"},
        "deed=give_role": {"甲野"},
        "since=2026-11-24": {"乙野"},
        "until=2026-11-23": {"甲野"},
        "since=2026-11-23&until=2026-11-25": {"甲野", "乙野"},
        "person=nobody": set(),
    }.items():
        text = admin.get(f"/system/audit?{query}").get_text()
        assert {name for name in ("甲野", "乙野") if name in text} == seen, query
        assert "SECRET" not in text


def test_the_record_is_narrowed_by_any_deed_without_reading_all_of_it(admin: Browser, world: World):
    with counted() as queries:
        page = admin.get("/system/audit")
    offered = {option["value"] for option in page.select("[name=deed] option")}
    assert offered == {"", *DEEDS}
    assert not [asked for asked in queries if "DISTINCT" in asked]


def test_what_was_done_to_a_record_is_not_told_of_another_kind_of_the_same_number(world: World):
    write_record(world, world.facility, "甲野")
    (entry,) = db.session.scalars(db.select(AuditEntry).where(AuditEntry.actor_name == "甲野"))
    where = (entry.subject_id, world.facility.id)
    assert audit.was_done(entry.deed, (Person, where[0]), where[1])
    assert not audit.was_done(entry.deed, (Unit, where[0]), where[1])


def test_a_facility_sees_its_own_record_only(browser: Browser, world: World):
    other = make_facility("other")
    write_record(world, world.facility, "甲野")
    write_record(world, other, "乙野")
    browser.sign_in(world.people["facility_admin"])
    text = browser.get("/f/aoba/audit?facility=other").get_text()
    assert "甲野" in text
    assert "乙野" not in text
    assert "SECRET" not in text
    browser.get("/f/other/audit", 404)
    browser.sign_in(world.people["clerk"]).get("/f/aoba/audit", 403)


def test_the_record_names_the_company_is_narrowed_to_it_and_is_a_file(
    app: Flask, browser: Browser, world: World
):
    other = make_venture(world.facility, "株式会社よそ", name_kana="ヨソ", name_en="Yoso")
    for venture, number in ((world.venture, 111_222), (other, 333_444)):
        keep(
            AuditEntry(
                at=NOW, actor_id=None, actor_name="甲野", deed="deposit.received",
                subject_kind="lease", subject_id=1, facility_id=world.facility.id,
                organisation_id=venture.id, after={"amount": number, "note": "SECRET"},
            )
        )  # fmt: skip
    browser.sign_in(world.people["facility_admin"])
    text = browser.get("/f/aoba/audit").get_text()
    assert all(each in text for each in ("Yoso", "333,444", "111,222"))
    text = browser.get("/f/aoba/audit?venture=よそ").get_text()
    assert "333,444" in text
    assert "111,222" not in text
    file = str(browser.page.select_one("a[href*='audit.csv']")["href"])
    text = browser.fetch(file).get_data(as_text=True)
    assert "甲野" in text
    assert "333,444" in text
    assert "111,222" not in text
    assert "SECRET" not in text
    browser.get(f"/f/aoba/ventures/{key(app, other.id)}")
    assert "333,444" in browser.follow("History").get_text()
    browser.get("/f/aoba/audit?venture=nobody")
    assert "Nothing matches" in browser.page.get_text()


@pytest.mark.parametrize(
    "query", ["code=x", "_method=POST", "_scheme=x", "endpoint=y", "_anchor=z"]
)
def test_a_query_that_looks_like_an_argument_of_ours_is_none(
    browser: Browser, world: World, query: str
):
    browser.sign_in(world.people["facility_admin"])
    for path in ("audit", "invoices", "payments", "ventures", "leases?sort=x"):
        browser.get(f"/f/aoba/{path}{'&' if '?' in path else '?'}{query}")


def test_a_long_record_has_pages(admin: Browser, world: World):
    for number in range(views.PER_PAGE + 5):
        keep(
            AuditEntry(
                at=NOW, actor_id=None, actor_name=f"n{number:03d}", deed="give_role",
                subject_kind="person", subject_id=1,
            )
        )  # fmt: skip
    assert "n000" not in admin.get("/system/audit?deed=give_role").get_text()
    assert "n000" in admin.get("/system/audit?deed=give_role&page=2").get_text()


def test_names_in_the_record_are_words():
    assert all(
        str(each)[:1].isupper() for each in (*DEEDS.values(), *SUBJECTS.values(), *FACTS.values())
    )
