"""What ventures report, and how they leave, as people see it."""

import re
from datetime import timedelta

import pytest

from incubator.core import clock
from incubator.core.audit import AuditEntry
from incubator.core.days import ONE_DAY, add_months, midnight
from incubator.core.db import db
from incubator.core.i18n import format_day, say
from incubator.core.outbox import OutboxMail
from incubator.graduation.actions import set_up_criteria
from incubator.graduation.models import (
    ExitDestination,
    ExitProposal,
    ExitReason,
    Figures,
    FollowUp,
    ProposalStatus,
)
from incubator.graduation.queries import criteria_on
from incubator.graduation.rules import asked_from, follow_up_days
from incubator.leases.models import LeaseStatus
from incubator.organisations.models import Stage
from incubator.web.keys import shuffle
from tests.factories.base import keep, make_lease, make_venture, make_world, second_year
from tests.factories.graduation import proposed_otherwise
from tests.factories.mentoring import make_assignment
from tests.manners import words

FIGURES = {"sales": "0", "jobs_ft": "0", "jobs_pt": "0", "funds_raised": "", "patents": ""}
LATER = clock.today() + timedelta(days=30)
TUESDAY = 1


@pytest.fixture
def world():
    return make_world(**second_year())


@pytest.fixture
def own(app, world):
    return f"/v/{shuffle(world.venture.id, app.config['URL_SECRET'])}"


@pytest.fixture
def this_month(own):
    return f"{own}/figures/{clock.today():%Y-%m}"


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("sales", "-5", "金額に負の数は使えません。"),
        ("funds_raised", "−7", "金額に負の数は使えません。"),
        ("jobs_pt", "ふたり", "「ふたり」は整数ではありません。"),
        ("patents", "-1", "「-1」は整数ではありません。"),
        ("jobs_ft", "", "0以上の整数を入力してください。"),
    ],
)
def test_one_sentence_says_what_is_wrong_with_a_figure(
    world, browser, this_month, name, typed, said
):
    world.people["owner"].language = "ja"
    browser.sign_in(world.people["owner"])
    page = browser.post(this_month, FIGURES | {name: typed}, 422)
    (field,) = page.select(".errmsg")
    assert words(field) == said
    assert db.session.scalar(db.select(Figures)) is None
    assert browser.post(this_month, FIGURES).select("#filed")


@pytest.mark.parametrize("stage", [Stage.ALUMNUS, Stage.LEFT])
def test_who_has_left_is_offered_nothing_that_would_be_refused(
    world, browser, own, this_month, stage
):
    make_assignment(world.people["manager"], world.venture)
    browser.sign_in(world.people["owner"])
    offer = re.compile(r"/book$|/book[/?]|/figures/" + this_month[-7:])
    for place in ("", "/bookings", "/mentoring"):
        browser.get(f"{own}{place}")
        assert browser.page.select(f'a[href="{own}/book"]')
    world.venture.stage, world.venture.left_on = stage, clock.today().replace(day=1)
    for place in ("", "/bookings", "/mentoring", "/figures", "/graduation"):
        page = browser.get(f"{own}{place}")
        assert not page.find_all("a", href=offer)
        assert "Included" not in words(page.main)
    for place in ("/book", "/rooms", f"/book/confirm?room={world.rooms[0].id}"):
        said = words(browser.get(f"{own}{place}").main)
        assert "Only companies that are with us can book rooms." in said
        assert browser.path == f"{own}/bookings"
    said = words(browser.get(f"{own}/mentoring/book").main)
    assert "Only ventures that are with us can book sessions." in said


def test_whoever_moves_in_later_is_offered_no_report(world, browser, own, this_month):
    browser.sign_in(world.people["owner"])
    next_month = add_months(clock.today(), 1).replace(day=1)
    for stage, day in ((Stage.PROSPECT, None), (Stage.TENANT, next_month)):
        world.venture.stage, world.venture.admitted_on = stage, day
        assert not browser.get(f"{own}/figures").select(f'a[href="{this_month}"]')
        assert "Nothing to report yet" in words(browser.page.main)
        browser.get(this_month, 422)
    world.venture.admitted_on = next_month - ONE_DAY
    assert browser.get(f"{own}/figures").select(f'a[href="{this_month}"]')
    assert browser.get(this_month).select("main form")


def test_ventures_that_owe_reports_stand_first(world, browser):
    make_venture(world.facility, name_en="Aaa", admitted_on=clock.today())
    browser.sign_in(world.people["manager"])
    first, *_, last = browser.get("/f/aoba/figures").select("tbody th")
    assert (words(first), words(last)) == (world.venture.name_en, "Aaa")


def test_no_figures_are_asked_for_of_months_before_the_venture_was_entered(world, browser, own):
    make_assignment(world.people["manager"], world.venture)
    last_month = add_months(clock.today(), -1)
    for entered_on, asked in ((last_month, 1), (clock.today(), 0)):
        world.venture.created_at = midnight(entered_on, world.facility.zone)
        browser.sign_in(world.people["owner"])
        for place in ("", "/figures"):
            overdue = browser.get(f"{own}{place}").select('a[href*="/figures/20"].todo')
            assert len(overdue) == asked
        first = f"The report of {clock.today():%b %Y} is due on"
        assert (first in words(browser.page.main)) is (asked == 0)
        browser.sign_in(world.people["manager"])
        row = browser.get("/f/aoba/figures").select_one("tbody tr")
        assert words(row).count("Missing") == asked
        assert words(row.select("td")[-1]) == str(asked)


def test_a_month_after_leaving_has_no_form(world, browser, this_month):
    browser.sign_in(world.people["owner"])
    assert browser.get(this_month).select("main form")
    world.venture.stage, world.venture.left_on = Stage.ALUMNUS, clock.today().replace(day=1)
    for page in (browser.get(this_month, 422), browser.post(this_month, FIGURES, 422)):
        assert "Reports end with the month you moved out." in words(page.main)
        assert not page.select("main form")


def plan(day):
    return {
        "reason": "graduated_growth",
        "leave_on": str(day),
        "destination": "青葉市",
        "grounds": "Outgrown.",
    }


def proposed(world, browser, day=LATER):
    """A manager proposes that the venture leaves: the proposal, and where it was proposed."""
    browser.sign_in(world.people["manager"])
    browser.get("/f/aoba/graduation")
    page = browser.follow(world.venture.name_en)
    place = page.select_one("main form")["action"]
    browser.post(place, plan(day))
    return db.session.scalars(db.select(ExitProposal)).one(), place


def test_an_approved_exit_is_said_and_nothing_else_can_be_proposed(world, browser):
    proposal, propose = proposed(world, browser)
    browser.sign_in(world.people["facility_admin"])
    browser.get("/f/aoba/graduation")
    browser.follow(world.venture.name_en)
    page = browser.follow("Review and decide")
    assert world.lease.number in page.select_one("#consequences").find_parent("section").get_text()
    assert "once a year for five years" in words(page)
    decide, decision = page.select_one("main form")["action"], browser.path
    page = browser.post(decide, {"answer": "approve"})
    assert proposal.status is ProposalStatus.APPROVED
    assert world.lease.days.last == LATER - timedelta(days=1)
    last = str(say("The last day of the leases is %(day)s.", day=world.lease.days.last))
    assert f"Approved. {last}" in words(page)
    assert "already done" in words(browser.post(decide, {"answer": "approve"}))
    page = browser.post(decide, {"answer": "refuse", "note": "Too early"}, 422)
    assert "has been decided already" in words(page)
    for shown in (page, browser.get(decision)):
        assert not shown.select("main button[name=answer]")
        assert words(shown.main).count("Approved") == 1
    browser.sign_in(world.people["manager"])
    assert "Leaves on" in browser.get("/f/aoba/graduation").select_one("table").get_text()
    page = browser.follow(world.venture.name_en)
    assert "It is decided that the venture leaves" in page.get_text()
    assert not page.find("form", action=propose)
    page = browser.post(propose, plan(LATER), 422)
    assert "It is decided already that they leave on" in page.get_text()


def test_rooms_are_offered_up_to_a_decided_leaving_day(world, browser, own):
    leaves_on = next(
        day
        for day in (clock.today() + timedelta(days=n) for n in range(8, 20))
        if day.weekday() == TUESDAY
    )
    proposal, _ = proposed(world, browser, leaves_on)
    browser.sign_in(world.people["owner"])
    days = {day: f"day={day}" for day in (leaves_on - ONE_DAY, leaves_on)}

    def offers(place):
        return bool(browser.get(place).select("main a[href*='/book/confirm']"))

    pages = (f"{own}/book?{{}}", f"{own}/rooms?{{}}")
    for page in pages:
        assert all(offers(page.format(day)) for day in days.values())
    browser.sign_in(world.people["facility_admin"])
    browser.get("/f/aoba/graduation")
    browser.follow(world.venture.name_en)
    page = browser.follow("Review and decide")
    browser.post(page.select_one("main form")["action"], {"answer": "approve"})
    assert world.venture.left_on == proposal.leave_on
    browser.sign_in(world.people["owner"])
    for page in pages:
        assert [offers(page.format(day)) for day in days.values()] == [True, False]
    assert "You leave on" in browser.get(pages[0].format(days[leaves_on])).get_text()
    assert "You leave on" in browser.get(f"{own}/graduation").get_text()
    world.venture.left_on = None
    world.lease.status, world.lease.ends_on = LeaseStatus.ACTIVE, add_months(leaves_on, 12)
    assert "You leave on" not in browser.get(f"{own}/graduation").get_text()
    assert offers(pages[0].format(days[leaves_on]))


def test_an_approved_exit_that_cuts_no_lease_short_tells_of_none(world, browser):
    proposed(world, browser)
    world.lease.ends_on = LATER
    browser.sign_in(world.people["facility_admin"])
    browser.get("/f/aoba/graduation")
    browser.follow(world.venture.name_en)
    page = browser.follow("Review and decide")
    said = words(browser.post(page.select_one("main form")["action"], {"answer": "approve"}))
    assert "Approved." in said
    assert "last day of the leases" not in said


def test_a_proposal_whose_day_has_passed_is_refused(world, browser):
    proposal, _ = proposed(world, browser)
    proposal = proposed_otherwise(proposal, leave_on=clock.today() - timedelta(days=1))
    browser.sign_in(world.people["facility_admin"])
    browser.get("/f/aoba/graduation")
    browser.follow(world.venture.name_en)
    page = browser.follow("Review and decide")
    assert [each["value"] for each in page.select("main button[name=answer]")] == ["refuse"]
    decide = page.select_one("main form")["action"]
    page = browser.post(decide, {"answer": "approve"}, 422)
    assert "The day has passed. Refuse the proposal" in page.get_text()
    page = browser.post(decide, {"answer": "refuse"}, 422)
    assert "Write why it is refused." in words(page)
    browser.post(decide, {"answer": "refuse", "note": "The day has passed"})
    assert proposal.status is ProposalStatus.REFUSED


def test_only_who_graduates_is_to_be_asked_each_year(world, browser):
    proposal, _ = proposed(world, browser)
    proposed_otherwise(proposal, reason=ExitReason.WITHDREW)
    browser.sign_in(world.people["facility_admin"])
    browser.get("/f/aoba/graduation")
    browser.follow(world.venture.name_en)
    page = browser.follow("Review and decide")
    assert "What approving brings about" in words(page)
    assert "once a year for five years" not in words(page)


def test_a_target_sent_again_from_the_page_before_is_changed_once(app, world, browser):
    set_up_criteria(world.facility, today=clock.today() - ONE_DAY)
    db.session.flush()
    old = criteria_on(world.facility.id, clock.today())[0]
    browser.sign_in(world.people["facility_admin"])
    place = f"/f/aoba/criteria/{shuffle(old.id, app.config['URL_SECRET'])}"
    for target in (5, 5, 7):
        browser.post(place, {"target": str(target), "required": "y"})
        assert criteria_on(world.facility.id, clock.today())[0].target == target
        assert browser.get(place).select_one("#target")["value"] == str(target)
    changes = db.select(AuditEntry).where(AuditEntry.deed == "criterion.changed")
    assert len(db.session.scalars(changes).all()) == 2
    assert criteria_on(world.facility.id, clock.today() - ONE_DAY)[0].target == old.target


def graduated(world, years):
    """The venture left as a graduate so many years ago; nothing was asked of it yet."""
    left_on = add_months(clock.today(), -12 * years)
    world.venture.stage, world.venture.left_on = Stage.ALUMNUS, left_on
    world.venture.admitted_on = add_months(left_on, -31) - timedelta(days=20)
    keep(
        ExitProposal(
            facility_id=world.facility.id,
            organisation_id=world.venture.id,
            reason=ExitReason.GRADUATED_GROWTH,
            leave_on=left_on,
            destination="青葉市",
            grounds="Outgrown.",
            criteria=[],
            status=ProposalStatus.APPROVED,
            proposed_by_id=world.people["manager"].id,
            proposed_at=clock.now(),
            decided_by_id=world.people["facility_admin"].id,
        )
    )
    return [
        keep(
            FollowUp(
                facility_id=world.facility.id,
                organisation_id=world.venture.id,
                year=year,
                due_on=due_on,
            )
        )
        for year, due_on in follow_up_days(left_on)
    ]


def test_an_alumnus_is_asked_near_the_day_and_the_last_answer_counts(world, browser):
    today = clock.today()
    graduated(world, 1)
    browser.sign_in(world.people["manager"])
    page = browser.get("/f/aoba/alumni")
    assert "31.0 months" in words(page.main)
    assert "1 graduate; benchmark 32 months" in words(page.main)
    place, later = (each["href"] for each in page.select("main .todo"))
    answer = {"source": "self_report", "operating": "no", "in_region": "yes", "jobs_ft": "9"}
    for day, refused in (
        (today + ONE_DAY, "This day is still to come."),
        (add_months(today, -12), "or later answers this."),
    ):
        page = browser.post(place, answer | {"as_of": str(day)}, 422)
        assert refused in words(page.select_one(".errmsg"))
    browser.post(place, answer | {"as_of": str(today)})
    assert [each["href"] for each in browser.page.select("main .todo")] == [later]
    assert "0 of 1; of those known 0%" in words(browser.page.main)
    browser.follow(f"As of {format_day(today, 'en', 'table')}")
    browser.post(place, answer | {"as_of": str(today - ONE_DAY), "operating": "yes"})
    assert "1 of 1; of those known 100%" in words(browser.page.main)


def test_a_question_of_years_to_come_is_not_asked_yet(app, world, browser):
    _first, second, *_ = graduated(world, 1)
    browser.sign_in(world.people["manager"])
    place = f"/f/aoba/alumni/{shuffle(second.id, app.config['URL_SECRET'])}"
    page = browser.get(place)
    opens = format_day(asked_from(second.due_on), "en")
    assert f"This is asked from {opens} on." in words(page.main)
    assert not page.select("main form")


def test_who_has_left_already_keeps_that_day_when_the_exit_is_approved(world, browser):
    proposed(world, browser)
    today = clock.today()
    browser.sign_in(world.people["facility_admin"])
    world.venture.stage, world.venture.left_on = Stage.LEFT, today
    world.lease.status, world.lease.ends_on = LeaseStatus.ENDED, today
    browser.get("/f/aoba/graduation")
    browser.follow(world.venture.name_en)
    page = browser.follow("Review and decide")
    said = words(page.main)
    assert f"The day on which it did, {format_day(today, 'en')}, stays." in said
    assert "end the leases" not in said
    assert "Room bookings" not in said
    browser.post(page.select_one("main form")["action"], {"answer": "approve"})
    assert (world.venture.stage, world.venture.left_on) == (Stage.ALUMNUS, today)
    mails = db.session.scalars(db.select(OutboxMail).where(OutboxMail.template == "exit_approved"))
    assert {format_day(today, each.language) in each.body for each in mails} == {True}


def test_the_office_reads_of_everybody_who_left_and_who_came_back(world, browser):
    today = clock.today()
    other = make_venture(world.facility, name_en="Gone Ltd")
    make_lease(
        world.units[1],
        other,
        status=LeaseStatus.ENDED,
        ends_on=today,
        ended_on=today,
        end_reason="家賃滞納",
    )
    other.stage, other.left_on = Stage.LEFT, today
    graduated(world, 1)
    world.lease.status, world.lease.ends_on = LeaseStatus.ENDED, world.venture.left_on
    world.lease.starts_on = world.venture.admitted_on
    world.venture.stage, world.venture.admitted_on, world.venture.left_on = (
        Stage.TENANT,
        today,
        None,
    )
    browser.sign_in(world.people["manager"])
    page = browser.get("/f/aoba/alumni")
    gone, back = [words(row) for row in page.select("main tbody tr")]
    assert "Gone Ltd" in gone
    assert "家賃滞納" in gone
    assert "Graduated: outgrew the incubator" in back
    assert f"Back since {format_day(today, 'en', 'table')}" in back
    assert "1 of 2 who left" in words(page.main)
    assert "1 of 1; of those known 100%" in words(page.main)


def test_the_milestones_of_who_has_left_stay_as_they_were(app, world, browser, own):
    proposal, _ = proposed(world, browser)
    kept = {"measure": "jobs_ft", "target": 6, "required": True, "evidence": "むかしの文"}
    left_on = add_months(world.venture.admitted_on, 5)
    world.venture.stage, world.venture.left_on = Stage.ALUMNUS, left_on
    said = f"You left on {format_day(left_on, 'en')}."
    set_up_criteria(world.facility, today=world.venture.admitted_on)
    for status in (ProposalStatus.REFUSED, ProposalStatus.APPROVED):
        proposal = proposed_otherwise(
            proposal,
            criteria=[kept | {"actual": 7, "met": True}],
            decided_by_id=world.people["facility_admin"].id,
            status=status,
        )
        browser.sign_in(world.people["owner"])
        page = browser.get(f"{own}/graduation")
        assert (said in words(page.main)) is (status is ProposalStatus.APPROVED)
        assert ("5 months" in words(page.main)) is (status is ProposalStatus.REFUSED)
    staff = f"/f/aoba/graduation/{shuffle(world.venture.id, app.config['URL_SECRET'])}"
    decision = f"/f/aoba/graduation/proposals/{shuffle(proposal.id, app.config['URL_SECRET'])}"
    for person, place in (("owner", f"{own}/graduation"), ("facility_admin", staff)):
        browser.sign_in(world.people[person])
        page = browser.get(place)
        assert "Criteria when proposed" in words(page.main)
        assert "むかしの文" in words(page.main)
        assert not page.main.find_all("a", href=f"{own}/figures")
    assert page.main.find_all("a", href=decision)


def test_what_was_reported_in_an_earlier_stay_can_be_seen_and_corrected(world, browser, own):
    months = [add_months(clock.today().replace(day=1), -back) for back in (9, 8)]
    browser.sign_in(world.people["owner"])
    reported, missed = (f"{own}/figures/{month:%Y-%m}" for month in months)
    world.venture.admitted_on = months[0]
    browser.post(reported, FIGURES)
    world.venture.admitted_on = clock.today()
    assert browser.get(f"{own}/figures").select(f'main a[href="{reported}"]')
    assert browser.get(reported).select("main form")
    browser.post(reported, FIGURES | {"sales": "5"})
    assert len(db.session.scalars(db.select(Figures)).all()) == 2
    browser.get(missed, 422)
    browser.post(missed, FIGURES, 422)


def test_where_somebody_went_without_a_decision_is_written_down_afterwards(app, world, browser):
    today = clock.today()
    world.lease.status, world.lease.ends_on, world.lease.end_reason = (
        LeaseStatus.ENDED,
        today,
        "移転のため",
    )
    world.venture.stage, world.venture.left_on = Stage.LEFT, today
    key = shuffle(world.venture.id, app.config["URL_SECRET"])
    place = f"/f/aoba/alumni/{key}/left/{today}"
    browser.sign_in(world.people["manager"])
    page = browser.get("/f/aoba/alumni")
    assert "Not known" in words(page.select_one("main tbody tr"))
    assert not page.select(f'a[href="{place}"]')
    assert "移転のため" in words(browser.follow(world.venture.name_en).main)
    assert "Write down where it went" not in words(browser.page.main)
    browser.get(place, 403)
    browser.sign_in(world.people["facility_admin"])
    browser.get("/f/aoba/alumni")
    page = browser.follow("Write down where it went")
    assert "移転のため" in words(page)
    for nothing in ("", " "):
        assert browser.post(place, {"destination": nothing}, 422).select(".errmsg")
    for _ in range(2):
        browser.post(place, {"destination": "青葉市 青葉工業団地"})
    (row,) = browser.page.select("main tbody tr")
    assert "青葉市 青葉工業団地 Correct where it went" in words(row)
    assert "青葉市 青葉工業団地" in words(browser.get(f"/f/aoba/graduation/{key}").main)
    assert browser.get(place).select_one("#destination")["value"] == "青葉市 青葉工業団地"
    assert len(db.session.scalars(db.select(ExitDestination)).all()) == 1
    browser.get(place.replace(str(today), str(today - ONE_DAY)), 404)
    browser.get(place.replace(str(today), "someday"), 404)


def test_a_decision_says_itself_where_the_venture_went(app, world, browser):
    graduated(world, 1)
    key = shuffle(world.venture.id, app.config["URL_SECRET"])
    place = f"/f/aoba/alumni/{key}/left/{world.venture.left_on}"
    browser.sign_in(world.people["facility_admin"])
    assert not browser.get("/f/aoba/alumni").select(f'a[href="{place}"]')
    page = browser.get(place)
    assert "The decision says where the venture went: 青葉市" in words(page.main)
    assert not page.select("main form")
    page = browser.post(place, {"destination": "若葉市"}, 422)
    assert "The decision says where the venture went." in words(page.main)
