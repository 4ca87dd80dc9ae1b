"""`incubator user invite` makes the first people."""

import pytest
from click.testing import CliRunner

from incubator.cli import door
from incubator.cli.main import main
from incubator.core.db import db
from incubator.people.models import Person, PersonStatus
from tests.factories.base import make_facility, make_person, make_venture


@pytest.fixture
def command(fresh_app, monkeypatch):
    monkeypatch.setattr(door, "create_app", lambda: fresh_app)
    with fresh_app.app_context():
        facility = make_facility("aoba")
        make_venture(facility, "株式会社くも", name_en="Kumo")
        make_venture(facility, "双子")
        make_venture(facility, "双子")
        db.session.commit()

    def run(*words):
        return CliRunner().invoke(main, ["user", "invite", *words])

    return run


@pytest.mark.parametrize(
    "words",
    [
        ["--role", "system_admin"],
        ["--role", "clerk", "--facility", "aoba"],
        ["--role", "owner", "--venture", "株式会社くも"],
        ["--role", "member", "--venture", "Kumo", "--facility", "aoba", "--language", "en"],
    ],
)
def test_the_command_prints_a_link(command, fresh_app, words):
    result = command("first@example.jp", *words)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("http://localhost/invitation/")
    with fresh_app.app_context():
        person = db.session.scalar(db.select(Person).where(Person.email == "first@example.jp"))
        assert person.grants[0].role.value == words[1]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (PersonStatus.ACTIVE, "has an account already"),
        (PersonStatus.SUSPENDED, "known@example.jp is suspended"),
    ],
)
def test_the_command_says_how_a_known_account_stands(command, fresh_app, status, said):
    with fresh_app.app_context():
        make_person(email="known@example.jp", status=status)
        db.session.commit()
    result = command("known@example.jp", "--role", "clerk", "--facility", "aoba")
    assert result.exit_code == 0
    assert said in result.output


@pytest.mark.parametrize(
    "words",
    [
        ["--role", "clerk"],
        ["--role", "clerk", "--facility", "nowhere"],
        ["--role", "owner"],
        ["--role", "owner", "--venture", "双子"],
        ["--role", "owner", "--venture", "nobody"],
    ],
)
def test_the_command_says_what_is_missing(command, words):
    result = command("first@example.jp", *words)
    assert result.exit_code == 1
    assert result.output.strip()
