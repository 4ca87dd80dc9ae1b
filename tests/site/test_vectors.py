"""Every worked example is asserted somewhere, but for those whose area is still to come."""

import re

from tests.site.reading import HOME
from tests.vectors import VECTORS

LATER = {
    "TV-027": "short payments closed as a discount",
    "TV-060": "payer names of bank files",
    "TV-061": "kana of bank files",
    "TV-070": "bank files that come in",
    "TV-073": "direct debits",
    "TV-083": "success of a programme",
    "TV-090": "European state aid",
    "TV-091": "British state aid",
    "TV-092": "tax withheld from experts' fees",
    "TV-099": "the projects of the bureaus",
    "TV-100": "figures of the projects",
    "TV-101": "hints to those who buy from the exempt",
}


def test_every_vector_of_what_is_built_is_read_by_a_test():
    tests = [path for path in (HOME / "tests").rglob("test_*.py") if path.name != "test_vectors.py"]
    used = {
        number
        for path in tests
        for number in re.findall(r'VECTORS\["(TV-\d+)"\]', path.read_text(encoding="utf-8"))
    }
    assert set(VECTORS) - used == set(LATER)
