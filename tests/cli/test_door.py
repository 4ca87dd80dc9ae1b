"""Whatever goes wrong on purpose is one clear line and exit code 1."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from incubator.cli.main import main


def command(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def every_command(group: click.Group = main, before: tuple[str, ...] = ()):
    for name, one in group.commands.items():
        yield (*before, name)
        if isinstance(one, click.Group):
            yield from every_command(one, (*before, name))


@pytest.mark.parametrize("words", list(every_command()), ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...]):
    said = command(*words, "--help")
    assert said.exit_code == 0
    assert said.output.startswith("Usage: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("units",), "Missing option '--facility'. See main units --help."),
        (("units", "--nonsense"), "No such option"),
        (("nonsense",), "No such command 'nonsense'."),
        (("run", "--port", "x"), "'x' is not a valid integer"),
        (("run", "--port", "99999"), "99999 is not in the range 1<=x<=65535"),
        (("run", "--port", "-1"), "-1 is not in the range"),
        (("import", "rentroll", "none.csv", "--facility", "a"), "'none.csv' does not exist"),
        (("quote", "--unit", "1", "--start", "x", "--months", "1"), "“x” is not a date"),
        (("quote", "--unit", "1", "--start", "R8.1.1", "--months", "0"), "'--months'"),
        (("user", "invite", "a@b.jp", "--role", "king"), "'king' is not one of"),
        (("rent", "run", "--facility", "a", "--month", "May"), "May is not a month"),
    ],
)
def test_what_is_typed_wrong_is_one_line_with_the_way_to_help(words: tuple[str, ...], said: str):
    result = command(*words)
    assert (result.exit_code, result.output.count("\n")) == (1, 1), result.output
    assert said in result.output


def test_a_group_alone_lists_its_commands():
    said = command("invoices")
    assert said.exit_code == 1
    assert "show" in said.output


@pytest.fixture
def bare(tmp_path: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database without a table."""
    monkeypatch.setenv("INCUBATOR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INCUBATOR_DATABASE_URL", empty_database)


@pytest.mark.parametrize(
    "words",
    [
        ("units", "--facility", "aoba"),
        ("audit",),
        ("invoices", "list"),
        ("facility", "add", "aoba", "--name", "Aoba"),
        ("user", "invite", "a@example.jp", "--role", "system_admin"),
    ],
    ids=" ".join,
)
def test_a_database_without_tables_is_to_be_migrated(bare: None, words: tuple[str, ...]):
    result = command(*words)
    assert (result.exit_code, result.output.count("\n")) == (1, 1), result.output
    assert "Run `incubator migrate` first." in result.output


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:////nowhere/incubator.db", "does not answer: unable to open database file"),
        ("nonsense", "does not answer: Could not parse"),
        ("mysql://x", "INCUBATOR_DATABASE_URL cannot be used: it has to begin with postgresql://"),
    ],
)
def test_a_database_that_cannot_be_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, said: str
):
    monkeypatch.setenv("INCUBATOR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INCUBATOR_DATABASE_URL", url)
    result = command("units", "--facility", "aoba")
    assert (result.exit_code, result.output.count("\n")) == (1, 1), result.output
    assert said in result.output


def test_a_setting_that_makes_no_sense_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("INCUBATOR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INCUBATOR_SMTP_PORT", "mail")
    result = command("units", "--facility", "aoba")
    assert (result.exit_code, result.output.count("\n")) == (1, 1), result.output
    assert "INCUBATOR_SMTP_PORT" in result.output


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("INCUBATOR_HOME", str(tmp_path / "file" / "home"))
    result = command("migrate")
    assert result.exit_code == 1
    assert result.output == f"{tmp_path}/file/home: Not a directory\n"


def test_what_is_no_backup_is_refused_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("INCUBATOR_HOME", str(tmp_path / "home"))
    (tmp_path / "README.md").write_text("words\n")
    result = command("restore", str(tmp_path / "README.md"))
    assert (result.exit_code, result.output.count("\n")) == (1, 1), result.output
    assert "README.md is not a backup of Incubator: " in result.output
