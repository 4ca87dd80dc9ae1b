"""Promises that hold for the whole code base, checked over everything there is."""

import ast
import re
from pathlib import Path

import pytest
from flask import Flask

from tests.site.reading import DOORS, HOME, PYTHON, TEMPLATES, area, calls, dotted, name_of, tree

OPEN_TO_ALL = {"static"}
CORE = HOME / "incubator" / "core"
WORKER = HOME / "incubator" / "jobs" / "worker.py"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
ASK_THE_TIME = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
}  # fmt: skip
BORROWED = re.compile(r"{%-? from \S+ import (.+?)(?: with context)? -?%}")
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
DROPPED_BY_POLICY = {
    "a style= attribute": re.compile(r"<[a-zA-Z][^<>]*\sstyle\s*=", re.IGNORECASE),
    "an on…= attribute": re.compile(r"<[a-zA-Z][^<>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a <style> element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline <script>": re.compile(r"<script(?![^<>]*\ssrc\s*=)", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
}
every_module = pytest.mark.parametrize("path", PYTHON, ids=name_of)
every_template = pytest.mark.parametrize("path", TEMPLATES, ids=name_of)


def test_every_route_has_a_door(app: Flask):
    open_doors = {
        name
        for name, view in app.view_functions.items()
        if not getattr(view, "guarded_by", None) and name not in OPEN_TO_ALL
    }
    assert not open_doors, (
        f"Nobody decided who may come in here: {sorted(open_doors)}. Put a door of "
        "incubator.web.guard on each, `@public` where that is meant."
    )


@every_module
def test_files_and_functions_stay_small(path: Path):
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 400, (
        f"{name_of(path)} has {lines} lines. Past 400 nobody reads it whole: make it a folder of "
        "the same name, split by verb."
    )
    for node in ast.walk(tree(path)):
        if isinstance(node, FUNCTIONS):
            long = (node.end_lineno or node.lineno) - node.lineno + 1
            assert long <= 40, (
                f"{name_of(path)}: {node.name} has {long} lines. A function fits on a screen (40): "
                "give its steps names of their own."
            )


@every_module
def test_nothing_is_imported_inside_a_function(path: Path):
    for function in ast.walk(tree(path)):
        if isinstance(function, FUNCTIONS):
            inner = [n for n in ast.walk(function) if isinstance(n, (ast.Import, ast.ImportFrom))]
            assert not inner, (
                f"{name_of(path)}: {function.name} imports in line {inner[0].lineno}. That hides a "
                "cycle: the deed belongs into the highest area it touches."
            )


@every_module
def test_only_doors_commit(path: Path):
    if path == CORE / "db.py":
        return
    commits = [line for name, line in calls(path) if name.endswith(".commit")]
    assert not commits, (
        f"{name_of(path)}:{commits} commits. Only `transaction()` does, opened by a door."
    )
    opened = [line for name, line in calls(path) if name.split(".")[-1] == "transaction"]
    assert not opened or area(path) in DOORS, (
        f"{name_of(path)}:{opened} opens a transaction. A view, an API handler, a job step or a "
        "command opens it; actions are called inside one, so that two deeds can be one."
    )


@every_module
def test_only_the_clock_asks_the_time(path: Path):
    if path == CORE / "clock.py":
        return
    asked = [
        f"{name} in line {line}"
        for name, line in calls(path)
        if ".".join(name.split(".")[-2:]) in ASK_THE_TIME
    ]
    assert not asked, (
        f"{name_of(path)}: {asked}. Take `now` or `today` as an argument; doors get it from "
        "incubator.core.clock, so that a test can stand on any day."
    )


@every_module
def test_money_is_never_a_float(path: Path):
    if path == WORKER:  # it waits, in seconds
        return
    floats = [
        node.lineno
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Call) and dotted(node.func) == "float")
    ]
    assert not floats, (
        f"{name_of(path)}:{floats} uses a float. Money is whole minor units, ratios are basis "
        "points; 0.1 + 0.2 is not 0.3 and an auditor notices."
    )


@every_template
def test_templates_parse(app: Flask, path: Path):
    app.jinja_env.parse(path.read_text(encoding="utf-8"), filename=str(path))


@every_template
def test_templates_use_what_they_import(path: Path):
    text = path.read_text(encoding="utf-8")
    used = set(re.findall(r"\w+", BORROWED.sub("", text)))
    names = [name.split()[-1] for line in BORROWED.findall(text) for name in line.split(",")]
    assert set(names) <= used, (
        f"{name_of(path)} imports {sorted(set(names) - used)} and does not use it. Take it out: "
        "whoever reads the first lines wants to know what the page is made of."
    )


@every_template
def test_templates_need_nothing_inline(path: Path):
    text = JINJA.sub("x", path.read_text(encoding="utf-8"))
    found = [what for what, pattern in DROPPED_BY_POLICY.items() if pattern.search(text)]
    assert not found, (
        f"{name_of(path)} has {', '.join(found)}. The content security policy drops it in every "
        "browser: use a class in static/css and behaviour in static/js."
    )


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_what_is_installed_is_named_by_its_hash_alone(name: str):
    text = (HOME / name).read_text(encoding="utf-8")
    assert "://" not in text, f"{name} names a place to load from; run `make lock`."
    assert all("==" in line for line in text.splitlines() if line[:1].isalnum()), name
