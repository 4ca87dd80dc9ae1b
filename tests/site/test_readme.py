"""What the README says is so: commands, settings, files, sign-ins."""

import re
import shlex

import click
import pytest

from incubator.cli.demo import SIGN_INS
from incubator.cli.main import main
from incubator.core.settings import Settings
from tests.site.reading import HOME

README = (HOME / "README.md").read_text(encoding="utf-8")
DEPLOY = sorted(path for path in (HOME / "deploy").iterdir() if path.is_file())
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^|[\s']|bin/)incubator(?= )([^'\n]*)")
SETTING = re.compile(r"^\| `(INCUBATOR_\w+)` \|", re.MULTILINE)
LINK = re.compile(r"\]\(([^)]+)\)|src=\"([^\"]+)\"")
OURS = ("incubator/", "templates/", "tests/", "deploy/", "docs/", "migrations/")


def code_of(text: str) -> list[str]:
    """The lines between fences, joined where they go on, and what stands in backticks."""
    fenced = [line for block in FENCE.findall(text) for line in block.split("\n")]
    lines = "\n".join(fenced).replace("\\\n", " ").split("\n")
    return lines + CODE.findall(FENCE.sub("", text))


def commands() -> list[str]:
    """Every `incubator …` that a reader could type, and what the units and containers run."""
    said = code_of(README)
    for path in DEPLOY:
        text = path.read_text(encoding="utf-8")
        said += [" ".join(re.findall(r'"([^"]+)"', each)) for each in re.findall(r"\[.*\]", text)]
        said += re.findall(r"^Exec\w+=(.*)", text, re.MULTILINE)
    found = [match for line in said for match in COMMAND.findall(line)]
    return sorted({each.split("#")[0].strip() for each in found} - {""})


@pytest.mark.parametrize("typed", commands())
def test_a_command_exists_with_its_options(typed: str):
    words = shlex.split(typed)
    command: click.Command = main
    while isinstance(command, click.Group):
        name = words.pop(0)
        assert name in command.commands, f"incubator {typed}: there is no {name}."
        command = command.commands[name]
    known = {option for each in command.params for option in each.opts} | {"--help"}
    asked = {word.split("=")[0] for word in words if word.startswith("--")}
    assert asked <= known, f"incubator {typed}: unknown {sorted(asked - known)}."


def test_every_command_is_listed():
    listed = {tuple(each.split()[:2]) for each in commands()}
    for name, command in main.commands.items():
        below = command.commands if isinstance(command, click.Group) else [None]
        for inner in below:
            there = any(
                each[0] == name and (inner is None or each[1:] == (inner,)) for each in listed
            )
            assert there, f"The README does not name `incubator {name} {inner or ''}`."


def test_the_table_of_settings_is_whole():
    names = [f"INCUBATOR_{field.upper()}" for field in Settings.model_fields]
    assert sorted(SETTING.findall(README)) == sorted(names)


def test_plain_defaults_are_as_told():
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, int | str) and field.default != "":
            start = f"| `INCUBATOR_{name.upper()}` |"
            row = next(line for line in README.split("\n") if line.startswith(start))
            assert f"| `{field.default}` |" in row, f"{name} is {field.default} by default: {row}"


def test_what_the_deployment_sets_is_a_setting():
    known = {f"INCUBATOR_{field.upper()}" for field in Settings.model_fields}
    text = README + "".join(path.read_text(encoding="utf-8") for path in DEPLOY)
    of_tests = {"INCUBATOR_TEST_ENGINE", "INCUBATOR_TEST_MOMENT"}
    assert set(re.findall(r"INCUBATOR_[A-Z_]*[A-Z]", text)) <= known | of_tests


def test_links_and_files_are_there():
    targets = ["".join(each).split("#")[0] for each in LINK.findall(README)]
    targets += [each for each in code_of(README) if each.startswith(OURS) and " " not in each]
    missing = [each for each in targets if "://" not in each and not (HOME / each).exists()]
    missing = [each for each in missing if each and each != "deploy/.env"]
    assert not missing, f"The README names what is not there: {missing}"


def test_the_sign_ins_are_those_of_the_demo():
    for role, email, password in SIGN_INS:
        assert f"| {role} | {email} |" in README
        assert f"`{password}`" in README


def test_the_make_targets_exist():
    rules = re.findall(r"^([\w-]+):", (HOME / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    said = {each for line in code_of(README) for each in re.findall(r"^make ([\w-]+)", line)}
    assert said <= set(rules)
