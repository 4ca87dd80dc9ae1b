"""Everything we say can be said in Japanese."""

import re
from collections.abc import Iterator
from functools import cache

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from tests.manners import CATALOGUE
from tests.site.reading import PYTHON, TEMPLATES, name_of

KEYWORDS = {
    "say": None,
    "say_n": (2, 3),
    "N_": None,
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
HELP = "Run `make messages` and write the Japanese."


@cache
def said() -> dict[str | tuple[str, ...], str]:
    """Every message of the code and the templates, with one place that says it."""
    places: dict[str | tuple[str, ...], str] = {}
    for method, paths in (("python", PYTHON), ("jinja2", TEMPLATES)):
        for path in paths:
            for line, text, _comments, _context in extract_from_file(method, str(path), KEYWORDS):
                places.setdefault(text, f"{name_of(path)}:{line}")
    return places


@cache
def catalogue() -> Catalog:
    if not CATALOGUE.exists():
        return Catalog(locale="ja")
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="ja")


def entries() -> Iterator[Message]:
    return (entry for entry in catalogue() if entry.id)


def strings(entry: Message) -> tuple[str, ...]:
    return (entry.string,) if isinstance(entry.string, str) else tuple(entry.string)


def test_every_message_is_in_the_catalogue():
    known = {entry.id for entry in entries()}
    known |= {entry.id[0] for entry in entries() if isinstance(entry.id, tuple)}
    missing = {text: place for text, place in said().items() if text not in known}
    assert not missing, f"{len(missing)} messages have no Japanese. {HELP} {missing}"


def test_no_message_is_left_empty():
    empty = [entry.id for entry in entries() if not all(strings(entry))]
    assert not empty, f"{len(empty)} messages are empty in Japanese: {empty}"


def test_nothing_is_doubtful_or_left_over():
    doubtful = [entry.id for entry in entries() if entry.fuzzy]
    assert not doubtful, f"These were guessed by a program; a person must read them: {doubtful}"
    assert not catalogue().obsolete, f"Nobody says this any more. {HELP} {catalogue().obsolete}"
    used = set(said()) | {text[0] for text in said() if isinstance(text, tuple)}
    unused = [entry.id for entry in entries() if entry.id not in used]
    assert not unused, f"Nobody says this any more. {HELP} {unused}"


def test_both_languages_fill_in_the_same():
    for entry in entries():
        texts = (entry.id,) if isinstance(entry.id, str) else entry.id
        asked = {name for text in texts for name in PLACEHOLDER.findall(text)}
        for string in filter(None, strings(entry)):
            given = set(PLACEHOLDER.findall(string))
            assert given == asked or (len(texts) > 1 and given | {"num"} == asked | {"num"}), (
                f"{entry.id!r} fills in {sorted(asked)}, its Japanese fills in {sorted(given)}."
            )


def test_parts_of_a_line_are_joined_in_one_way():
    """`%(unit)s · %(day)s` in both languages; words keep 賃料・共益費."""
    joined = [
        string
        for entry in entries()
        for string in strings(entry)
        if re.search(r"\)[sd]・|・%\(", string)
    ]
    assert not joined, f"Write “ · ” between parts of a line: {joined}"
