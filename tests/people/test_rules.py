"""Who may give which role, what a password must be, when to wait."""

from datetime import timedelta

import pytest

from incubator.core.access import Held, Role
from incubator.core.errors import RuleBroken
from incubator.people.rules import (
    GUESSES,
    GUESSING_WINDOW,
    Place,
    address_key,
    administers,
    check_keeps_an_admin,
    check_password,
    check_second_person,
    check_waiting,
    device_of,
    email_of,
    grantable,
    may_grant,
    wait_until,
)
from tests.factories.people import NOW, actor

F1, F2, A, C = 1, 2, 10, 30
AT_F1, AT_A = Place(F1), Place(F1, A)
STAFF = {Role.FACILITY_ADMIN, Role.CLERK, Role.MANAGER, Role.MENTOR}
PEOPLE_OF_VENTURE = {Role.OWNER, Role.MEMBER}


@pytest.mark.parametrize(
    ("who", "place", "roles"),
    [
        (actor(Role.SYSTEM_ADMIN), Place(), {Role.SYSTEM_ADMIN}),
        (actor(Role.SYSTEM_ADMIN), AT_F1, STAFF | {Role.SYSTEM_ADMIN}),
        (actor(Role.FACILITY_ADMIN, facility=F1), AT_F1, STAFF),
        (actor(Role.FACILITY_ADMIN, facility=F1), AT_A, STAFF | PEOPLE_OF_VENTURE),
        (actor(Role.FACILITY_ADMIN, facility=F2), AT_F1, set()),
        (actor(Role.FACILITY_ADMIN, facility=F2), AT_A, set()),
        (actor(Role.MANAGER, facility=F1), AT_F1, set()),
        (actor(Role.MANAGER, facility=F1), AT_A, PEOPLE_OF_VENTURE),
        (actor(Role.CLERK, facility=F1), AT_A, set()),
        (actor(Role.MENTOR, facility=F1), AT_A, set()),
        (actor(Role.OWNER, venture=A), AT_A, {Role.MEMBER}),
        (actor(Role.OWNER, venture=A), Place(None, A), {Role.MEMBER}),
        (actor(Role.OWNER, venture=C), AT_A, set()),
        (actor(Role.MEMBER, venture=A), AT_A, set()),
    ],
)
def test_nobody_gives_a_role_above_their_own(who, place, roles):
    assert {role for role in Role if may_grant(who, role, place)} == roles
    assert set(grantable(who, place)) == roles


@pytest.mark.parametrize(
    ("who", "held", "is_theirs"),
    [
        (actor(Role.FACILITY_ADMIN, facility=F1), [Held(Role.CLERK, F1)], True),
        (actor(Role.FACILITY_ADMIN, facility=F1), [Held(Role.CLERK, F2)], False),
        (actor(Role.FACILITY_ADMIN, facility=F1), [Held(Role.CLERK, F1), Held(Role.MENTOR, F2)], 0),
        (actor(Role.FACILITY_ADMIN, facility=F1), [Held(Role.OWNER, None, A)], True),
        (actor(Role.FACILITY_ADMIN, facility=F1), [Held(Role.OWNER, None, C)], False),
        (actor(Role.FACILITY_ADMIN, facility=F1), [Held(Role.SYSTEM_ADMIN)], False),
        (actor(Role.CLERK, facility=F1), [Held(Role.CLERK, F1)], False),
        (actor(Role.SYSTEM_ADMIN), [Held(Role.SYSTEM_ADMIN), Held(Role.OWNER, None, C)], True),
    ],
)  # fmt: skip
def test_an_account_belongs_to_who_administers_all_its_places(who, held, is_theirs):
    assert administers(who, held, {A}) is bool(is_theirs)


@pytest.mark.parametrize(
    ("role", "own", "others", "elsewhere", "refused"),
    [
        (Role.FACILITY_ADMIN, False, 0, 0, True),
        (Role.FACILITY_ADMIN, False, 1, 0, False),
        (Role.FACILITY_ADMIN, True, 1, 0, True),
        (Role.FACILITY_ADMIN, True, 1, 1, False),
        (Role.OWNER, False, 0, 0, True),
        (Role.MEMBER, True, 0, 0, False),
        (Role.CLERK, False, 0, 0, False),
    ],
)
def test_a_place_keeps_its_last_administrator(role, own, others, elsewhere, refused):
    def end():
        check_keeps_an_admin(role, own=own, admins_left_here=others, own_left_anywhere=elsewhere)

    if refused:
        with pytest.raises(RuleBroken):
            end()
    else:
        end()


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("correct horse battery", True),
        ("ひみつのことばをならべる", True),
        ("kumo8472xyzq", True),
        ("short9!", False),
        ("x" * 201, False),
        ("aaaaaaaaaaaa", False),
        ("password1234", False),
        ("passwordpassword", False),
        ("Qwerty123456", False),
        ("ｐａｓｓｗｏｒｄ１２３４", False),
        ("hanako1234", False),
    ],
)
def test_a_password_is_long_and_hard_to_guess(password, good):
    if good:
        check_password(password, email="hanako@example.jp")
    else:
        with pytest.raises(RuleBroken) as refused:
            check_password(password, email="hanako@example.jp")
        assert refused.value.field == "password"


def test_a_short_name_in_an_address_does_not_count():
    check_password("abc correct horse", email="abc@example.jp")


@pytest.mark.parametrize("password", ["ab@example.jp", "AB@Example.jp", "ab@example.jp123"])
def test_the_own_address_is_no_password(password):
    with pytest.raises(RuleBroken, match="too easy"):
        check_password(password, email="ab@example.jp")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Hanako@Example.JP ", "hanako@example.jp"),
        ("ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ", "hanako@example.jp"),
        ("x@例え.jp", "x@xn--r8jz45g.jp"),
        ("nobody", None),
        ("田中@example.jp", None),
        ("", None),
    ],
)
def test_addresses_are_read_one_way(typed, read):
    if read is None:
        with pytest.raises(RuleBroken):
            email_of(typed)
    else:
        assert email_of(typed) == read


@pytest.mark.parametrize(
    ("ages", "waits"),
    [
        ([], None),
        ([1] * (GUESSES - 1), None),
        ([60] * GUESSES, 540),
        ([599] + [10] * (GUESSES - 1), 1),
        ([601] + [10] * (GUESSES - 1), None),
        ([300, 200] + [10] * (GUESSES - 1), 400),
    ],
)
def test_after_twenty_guesses_in_ten_minutes_one_waits(ages, waits):
    attempts = [NOW - timedelta(seconds=age) for age in ages]
    until = None if waits is None else NOW + timedelta(seconds=waits)
    assert wait_until(attempts, NOW) == until
    assert timedelta(minutes=10) == GUESSING_WINDOW


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("not an address", "not an address"),
    ],
)
def test_a_network_counts_as_one_address(address, key):
    assert address_key(address) == key


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/131.0 Safari/537.36 Edg/131.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/131.0 Safari/537.36", "Chrome, Linux"),
        ("curl/8.0", ""),
    ],
)  # fmt: skip
def test_a_device_is_named_as_its_owner_knows_it(agent, device):
    assert device_of(agent) == device


def test_a_role_is_held_where_it_is_given():
    assert AT_A.held(Role.MEMBER) == Held(Role.MEMBER, organisation_id=A)
    assert AT_A.held(Role.CLERK) == Held(Role.CLERK, facility_id=F1)


@pytest.mark.parametrize("status", ["approved", "refused", "withdrawn"])
def test_what_was_decided_is_not_decided_again(status):
    check_waiting("asked")
    with pytest.raises(RuleBroken):
        check_waiting(status)


@pytest.mark.parametrize(("asked_by", "decided_by"), [(1, 1), (1, None), (None, None)])
def test_nobody_decides_alone(asked_by, decided_by):
    check_second_person(1, 2)
    check_second_person(None, 2)
    with pytest.raises(RuleBroken):
        check_second_person(asked_by, decided_by)
