"""Deeds around accounts leave the trace they should."""

from datetime import timedelta

import pytest

from incubator.core.access import Actor, Role
from incubator.core.audit import AuditEntry
from incubator.core.db import db
from incubator.core.errors import NotAllowed, RuleBroken
from incubator.core.outbox import OutboxMail
from incubator.people import actions, passwords, queries
from incubator.people.actions import NewAccount, Offer, Profile, TooManyGuesses
from incubator.people.models import LinkKind, Person, PersonStatus
from incubator.people.rules import GUESSES
from tests.factories.base import make_facility, make_person, make_venture
from tests.factories.people import NOW, PASSWORD, TODAY, as_actor, link_to, make_user, place_of


@pytest.fixture
def facility():
    return make_facility("aoba")


@pytest.fixture
def admin(facility):
    return make_person(Role.FACILITY_ADMIN, facility=facility)


def invite(email, role, place, admin):
    return actions.invite(
        Offer(email, role, place, "en"), link_to, actor=as_actor(admin), now=NOW, today=TODAY
    )


def deeds():
    return list(db.session.scalars(db.select(AuditEntry.deed).order_by(AuditEntry.id)))


def mails():
    return list(db.session.scalars(db.select(OutboxMail).order_by(OutboxMail.id)))


def token_in(link):
    return link.rsplit("/", 1)[1]


def test_an_invitation_makes_an_account_with_a_link_that_works_once(facility, admin):
    made = invite("New@Example.jp", Role.CLERK, place_of(facility), admin)
    assert made.is_new
    assert (made.person.status, made.person.email) == (PersonStatus.INVITED, "new@example.jp")
    assert [mail.template for mail in mails()] == ["invitation"]
    assert made.link in mails()[0].body
    link, person = queries.link_of(token_in(made.link), LinkKind.INVITATION, now=NOW, lock=True)
    account = NewAccount("新井 光", passwords.hashed(PASSWORD), "ja")
    actions.accept_invitation(link, person, account, now=NOW)
    assert (person.name, person.status) == ("新井 光", PersonStatus.ACTIVE)
    assert passwords.fits(PASSWORD, person.password_hash)
    assert queries.link_of(token_in(made.link), LinkKind.INVITATION, now=NOW) is None
    assert deeds() == ["give_role", "accept_invitation"]
    assert person in queries.people_at(facility.id, Role.CLERK, TODAY)


@pytest.mark.parametrize(("days", "works"), [(6, True), (7, False)])
def test_an_invitation_lasts_seven_days(facility, admin, days, works):
    link = invite("new@example.jp", Role.CLERK, place_of(facility), admin).link
    later = NOW + timedelta(days=days)
    assert (queries.link_of(token_in(link), LinkKind.INVITATION, now=later) is not None) is works


def test_inviting_again_replaces_the_link(facility, admin):
    first = invite("new@example.jp", Role.CLERK, place_of(facility), admin)
    again = invite("new@example.jp", Role.CLERK, place_of(facility), admin)
    assert again.grant is first.grant
    assert not again.is_new
    assert queries.link_of(token_in(first.link), LinkKind.INVITATION, now=NOW) is None
    assert queries.link_of(token_in(again.link), LinkKind.INVITATION, now=NOW) is not None


def test_a_known_address_gets_the_role_and_a_note(facility, admin):
    known = make_person(email="known@example.jp")
    made = invite("known@example.jp", Role.MENTOR, place_of(facility), admin)
    assert (made.person, made.link, made.is_new) == (known, "", False)
    assert [mail.template for mail in mails()] == ["role_given"]
    with pytest.raises(RuleBroken):
        invite("known@example.jp", Role.MENTOR, place_of(facility), admin)


def test_a_mail_names_the_place_in_the_language_of_its_reader(facility, admin):
    facility.name, facility.name_en = "青葉インキュベーションセンター", "Aoba Incubation Centre"
    make_person(email="known@example.jp", language="ja")
    invite("known@example.jp", Role.MENTOR, place_of(facility), admin)
    invite("new@example.jp", Role.MENTOR, place_of(facility), admin)
    known, new = mails()
    for text in (known.subject, known.body):
        assert facility.name in text
        assert facility.name_en not in text
    assert facility.name_en in new.subject


def test_a_suspended_address_gets_no_mail(facility, admin):
    make_person(email="known@example.jp", status=PersonStatus.SUSPENDED)
    invite("known@example.jp", Role.MENTOR, place_of(facility), admin)
    assert mails() == []


def test_nobody_invites_above_themselves(facility):
    manager = make_person(Role.MANAGER, facility=facility)
    with pytest.raises(NotAllowed):
        invite("x@example.jp", Role.CLERK, place_of(facility), manager)
    venture = make_venture(facility)
    invite("x@example.jp", Role.OWNER, place_of(venture=venture), manager)
    owner = queries.colleagues_of(venture.id, TODAY)[0].person
    assert owner.email == "x@example.jp"


def test_an_owner_of_a_venture_is_no_member_of_it_besides(facility, admin):
    venture = make_venture(facility)
    here = place_of(venture=venture)
    member = make_person("member", venture=venture)
    invite(member.email, Role.OWNER, here, admin)
    assert [held.role for held in queries.held_by(member, TODAY)] == [Role.OWNER]
    assert deeds() == ["end_role", "give_role"]
    with pytest.raises(RuleBroken):
        invite(member.email, Role.MEMBER, here, admin)


def test_a_role_ends_from_today(facility, admin):
    clerk = make_person(Role.CLERK, facility=facility)
    grant = clerk.grants[0]
    actions.end_grant(grant, place_of(facility), actor=as_actor(admin), now=NOW, today=TODAY)
    db.session.flush()
    assert clerk.as_actor(TODAY).held == ()
    assert clerk.as_actor(TODAY - timedelta(days=1)).held
    assert queries.people_at(facility.id, Role.CLERK, TODAY) == []
    assert queries.colleagues_at(facility.id, TODAY)[0].person is admin


def test_nobody_ends_the_last_administrator(facility, admin):
    def end(person):
        actions.end_grant(
            person.grants[0], place_of(facility), actor=as_actor(admin), now=NOW, today=TODAY
        )

    with pytest.raises(RuleBroken):
        end(admin)
    second = make_person(Role.FACILITY_ADMIN, facility=facility)
    with pytest.raises(RuleBroken):
        end(admin)
    end(second)
    owner = make_person(Role.OWNER, venture=make_venture(facility))
    with pytest.raises(NotAllowed):
        actions.end_grant(
            admin.grants[0], place_of(facility), actor=as_actor(owner), now=NOW, today=TODAY
        )


def suspend(person, admin, facility, ventures=frozenset()):
    actions.suspend(
        person,
        ventures=ventures,
        actor=as_actor(admin),
        now=NOW,
        today=TODAY,
        facility_id=facility.id,
    )


def test_suspending_kills_sessions_and_links_at_once(facility, admin):
    clerk = make_user(Role.CLERK, facility=facility)
    token = actions.open_session(clerk, now=NOW)
    actions.request_reset(clerk.email, link_to, language="ja", now=NOW)
    reset = token_in(mails()[0].body.split("http://x")[1].split()[0])
    assert queries.session_of(token, now=NOW)
    suspend(clerk, admin, facility)
    db.session.flush()
    assert queries.session_of(token, now=NOW) is None
    assert queries.link_of(reset, LinkKind.PASSWORD_RESET, now=NOW) is None
    assert clerk.as_actor(TODAY).held == ()
    actions.reactivate(clerk, ventures=(), actor=as_actor(admin), now=NOW, today=TODAY)
    assert clerk.status is PersonStatus.ACTIVE
    assert queries.session_of(token, now=NOW) is None
    assert deeds() == ["suspend_person", "reactivate_person"]


def test_an_account_with_a_role_elsewhere_is_not_mine_to_suspend(facility, admin):
    elsewhere = make_person(Role.CLERK, facility=make_facility("other"))
    both = make_person(Role.CLERK, facility=facility)
    invite(both.email, Role.MENTOR, place_of(facility), admin)
    venture = make_venture(facility)
    owner = make_person(Role.OWNER, venture=venture)
    for person in (elsewhere, owner, admin):
        with pytest.raises(RuleBroken):
            suspend(person, admin, facility)
    suspend(both, admin, facility)
    suspend(owner, admin, facility, {venture.id})
    actions.reactivate(owner, ventures={venture.id}, actor=as_actor(admin), now=NOW, today=TODAY)
    assert owner.status is PersonStatus.INVITED


def test_an_account_without_a_role_is_changed_by_the_system_administrator_alone(facility, admin):
    root = as_actor(make_person(Role.SYSTEM_ADMIN))
    person = make_user(Role.CLERK, facility=facility)
    actions.end_grant(
        person.grants[0], place_of(facility), actor=as_actor(admin), now=NOW, today=TODAY
    )
    for change, before, after in (
        (actions.suspend, PersonStatus.ACTIVE, PersonStatus.SUSPENDED),
        (actions.reactivate, PersonStatus.SUSPENDED, PersonStatus.ACTIVE),
    ):
        with pytest.raises(NotAllowed):
            change(person, ventures=(), actor=as_actor(admin), now=NOW, today=TODAY)
        assert person.status is before
        change(person, ventures=(), actor=root, now=NOW, today=TODAY)
        assert person.status is after


def test_a_reset_works_once_for_two_hours_and_ends_all_sessions():
    person = make_user()
    token = actions.open_session(person, now=NOW)
    actions.request_reset(person.email, link_to, language="ja", now=NOW)
    actions.request_reset(person.email, link_to, language="ja", now=NOW + timedelta(minutes=1))
    assert len(mails()) == 1
    actions.request_reset(person.email, link_to, language="ja", now=NOW + timedelta(minutes=6))
    first, second = (token_in(m.body.split("http://x")[1].split()[0]) for m in mails())
    assert queries.link_of(first, LinkKind.PASSWORD_RESET, now=NOW) is None
    late = NOW + timedelta(hours=2, minutes=6)
    assert queries.link_of(second, LinkKind.PASSWORD_RESET, now=late) is None
    link, found = queries.link_of(second, LinkKind.PASSWORD_RESET, now=NOW, lock=True)
    actions.reset_password(link, found, passwords.hashed("entirely new words"), now=NOW)
    assert queries.link_of(second, LinkKind.PASSWORD_RESET, now=NOW) is None
    assert queries.session_of(token, now=NOW) is None
    assert mails()[-1].template == "password_changed"
    assert deeds() == ["reset_password"]


@pytest.mark.parametrize(
    ("status", "templates"),
    [
        (None, []),
        (PersonStatus.SUSPENDED, []),
        (PersonStatus.INVITED, ["invitation"]),
        (PersonStatus.ACTIVE, ["password_reset"]),
    ],
)
def test_only_an_account_gets_a_mail_to_begin_again(status, templates):
    if status:
        make_person(email="x@example.jp", status=status)
    actions.request_reset("x@example.jp", link_to, language="ja", now=NOW)
    assert [mail.template for mail in mails()] == templates


def test_guesses_run_out_per_account_and_per_address():
    for number in range(GUESSES):
        actions.note_guess("sign_in", "a@example.jp", f"192.0.2.{number}", now=NOW)
    with pytest.raises(TooManyGuesses) as many:
        actions.note_guess("sign_in", "a@example.jp", "198.51.100.1", now=NOW)
    assert many.value.until == NOW + timedelta(minutes=10)
    for number in range(GUESSES):
        actions.note_guess("sign_in", f"b{number}@example.jp", "203.0.113.1", now=NOW)
    with pytest.raises(TooManyGuesses):
        actions.note_guess("sign_in", "c@example.jp", "203.0.113.1", now=NOW)
    later = NOW + timedelta(minutes=11)
    guesses = actions.note_guess("sign_in", "a@example.jp", "203.0.113.1", now=later)
    actions.forget_guess([guess.id for guess in guesses])
    for _ in range(GUESSES):
        actions.note_guess("sign_in", "a@example.jp", "203.0.113.1", now=later)


def test_a_person_changes_what_is_theirs():
    person = make_user()
    me = Actor(person.id, person.name)
    kept = actions.open_session(person, now=NOW)
    other = actions.open_session(person, now=NOW)
    mine, _ = queries.session_of(kept, now=NOW)
    actions.change_profile(person, Profile("新", "シン", "ja", "dark"), actor=me, now=NOW)
    actions.change_profile(person, Profile("新", "シン", "ja", "dark"), actor=me, now=NOW)
    actions.change_password(person, "hash", session_id=mine.id, actor=me, now=NOW)
    assert queries.session_of(kept, now=NOW)
    assert queries.session_of(other, now=NOW) is None
    actions.sign_out_everywhere(person, actor=me, now=NOW)
    assert queries.session_of(kept, now=NOW) is None
    assert deeds() == ["change_account", "change_password", "sign_out_everywhere"]
    actions.rehash(person, "hash", "newer")
    actions.rehash(person, "hash", "lost")
    assert person.password_hash == "newer"


def test_passwords_are_kept_as_argon2id():
    kept = passwords.hashed(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not passwords.is_outdated(kept)
    assert passwords.is_outdated(kept.replace("t=2", "t=1"))
    assert not passwords.fits("wrong", kept)
    assert not passwords.fits("nobody has this password", None)
    assert not passwords.fits(PASSWORD, "not a hash")


def test_people_are_found_by_place(facility, admin):
    venture, other = make_venture(facility), make_venture(facility)
    owner = make_person(Role.OWNER, venture=venture)
    member = make_person(Role.MEMBER, venture=venture)
    make_person(Role.MEMBER, venture=venture, status=PersonStatus.SUSPENDED)
    assert queries.people_at(facility.id, [Role.FACILITY_ADMIN, Role.CLERK], TODAY) == [admin]
    assert set(queries.members_of(venture.id, TODAY)) == {owner, member}
    many = queries.owners_of_many([venture.id, other.id], TODAY)
    assert (set(many[venture.id]), many[other.id]) == ({owner}, [])
    assert len(queries.recipients([owner, owner, member])) == 2
    assert isinstance(db.session.get(Person, owner.id), Person)
