"""What every page that any test opens must hold to."""

import re
import sys
from collections import Counter
from collections.abc import Container, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import html5lib
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup, PageElement, Tag
from bs4.builder._html5lib import TreeBuilderForHtml5lib

HOME = Path(__file__).resolve().parents[1]
CATALOGUE = HOME / "incubator" / "translations" / "ja" / "LC_MESSAGES" / "messages.po"
UNLABELLED = {"hidden", "submit", "button", "reset", "image"}
SILENT = ["script", "style", "template"]
FIELDS = {"input", "select", "textarea"}
SHORTEST = 12
WRONG = ("Error: ", "エラー：")
RAW = re.compile(r"\b[A-Z]\w+\(\w+=|<[\w.]+ object at|datetime\.date\(")
BUDGET = 25


def check_page(text: str) -> BeautifulSoup:
    """Check a whole page and give it back parsed."""
    page, wrong = parsed(text)
    assert not wrong, f"This is not HTML5; a browser would guess: {wrong[:5]}"
    check_head(page)
    check_parts(page)
    return page


def parsed(text: str) -> tuple[BeautifulSoup, list[str]]:
    """A page, and what is wrong with it; BeautifulSoup alone would not tell."""
    page = BeautifulSoup("", "html5lib")
    parser = html5lib.HTMLParser(tree=lambda spaces: TreeBuilderForHtml5lib(spaces, page, False))
    with unmeasured():
        parser.parse(text)
    return page, [f"line {at[0]}: {code} {data}" for at, code, data in parser.errors]


@contextmanager
def unmeasured() -> Iterator[None]:
    """Whatever measures coverage looks away: it would see every line of a parser not ours."""
    measuring = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(measuring)


def check_head(page: BeautifulSoup) -> None:
    """One heading, a title that begins with it, a language."""
    headings = page.select("h1")
    assert len(headings) == 1, f"A page has one h1; this one has {len(headings)}."
    heading, title = words(headings[0]), words(page.title) if page.title else ""
    assert heading, "The h1 is empty."
    if page.select_one("[data-error-summary]"):
        assert title.startswith(WRONG), f"{title!r} tells of errors late (ui.md §7)."
    title = title.removeprefix(WRONG[0]).removeprefix(WRONG[1])
    assert title.startswith(heading), f"The title {title!r} does not begin with the h1 {heading!r}."
    loaded = [str(tag["src"]) for tag in page.select("script[src]")]
    assert len(loaded) == len(set(loaded)), f"A script that is loaded twice runs twice: {loaded}"
    lang = page.html.get("lang") if page.html else None
    assert lang in {"ja", "en"}, f"<html lang> is {lang!r}; a screen reader needs ja or en."
    if lang == "ja":
        check_translated(page)


def check_parts(page: BeautifulSoup) -> None:
    """Labels, ids, forms and the content security policy; holds for fragments too."""
    raw = RAW.search(page.get_text())
    assert not raw, f"A value stands there as Python writes it: {raw and raw[0]}"
    tags = page.find_all(True)
    ids = Counter(str(tag["id"]) for tag in tags if tag.has_attr("id"))
    twice = sorted(name for name, times in ids.items() if times > 1)
    assert not twice, f"These ids occur twice on one page: {twice}"
    labels = {tag.get("for") for tag in tags if tag.name == "label" and words(tag)}
    for tag in tags:
        if tag.name == "form":
            for needed in ("action", "method"):
                assert tag.get(needed), f"Where a form goes, and how: {opening(tag)} {needed}="
        if tag.name in FIELDS:
            assert labelled(tag, labels, ids), f"{opening(tag)} has no label; nobody can hear it."
        forbidden = [name for name in tag.attrs if name == "style" or name.startswith("on")]
        assert not forbidden, f"{opening(tag)}: our content security policy drops {forbidden}."


def labelled(field: Tag, labels: Container[object], ids: Container[str]) -> bool:
    """Whether a person who cannot see it hears what a field is."""
    if field.get("type") in UNLABELLED or field.get("aria-label"):
        return True
    by = str(field.get("aria-labelledby", "")).split()
    if by and all(name in ids for name in by):
        return True
    if field.get("id") in labels:
        return True
    around = field.find_parent("label")
    return around is not None and bool(words(around))


def check_translated(page: BeautifulSoup) -> None:
    """No sentence of ours stands in English on a Japanese page."""
    exact, patterns = sentences()
    for node in page.find_all(string=True):
        text = " ".join(node.split())
        ours = text in exact
        if len(text) > SHORTEST and re.match(r"[A-Za-z]", text):
            ours = ours or any(pattern.fullmatch(text) for pattern in patterns)
        assert not (ours and spoken(node)), f"{text!r} stands untranslated on a Japanese page."


def spoken(text: PageElement) -> bool:
    """Whether a reader meets it as Japanese."""
    return not (text.find_parent(SILENT) or text.find_parent(lang="en"))


@cache
def sentences() -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Our English sentences: those that stand as they are, and those with something filled in."""
    if not CATALOGUE.exists():
        return frozenset(), ()
    with CATALOGUE.open("rb") as file:
        found = [
            text for entry in read_po(file) for text in forms(entry.id) if text not in entry.string
        ]
    texts = {" ".join(text.split()) for text in found if len(text) > SHORTEST}
    filled = [text for text in texts if "%(" in text and len(bare(text)) > SHORTEST]
    patterns = [re.sub(r"%\\\(\w+\\\)[sd]", ".+", re.escape(text)) for text in filled]
    return frozenset(texts), tuple(re.compile(pattern) for pattern in patterns)


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    """A message as the tuple of its forms."""
    return (text,) if isinstance(text, str) else text


def bare(text: str) -> str:
    """A sentence without its placeholders."""
    return re.sub(r"%\(\w+\)[sd]", "", text)


def made_for(form: Tag) -> dict[str, str]:
    """The record that a form says it was made for."""
    return {"of": str(form.select_one("[name=of]")["value"])}


def words(tag: Tag) -> str:
    """The text of a tag as one line."""
    return " ".join(tag.get_text().split())


def opening(tag: Tag) -> str:
    """The opening tag, to find it by."""
    return str(tag).split(">", 1)[0] + ">"
