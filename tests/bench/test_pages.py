"""How long a page takes; a number to compare, and a ceiling that only a mistake breaks."""

from statistics import median
from time import perf_counter

import pytest

ROUNDS = 50
CEILING_MS = 250
OPEN_PAGES = ["/"]


@pytest.mark.long
@pytest.mark.parametrize("path", OPEN_PAGES)
def test_a_page_is_quick(browser, path):
    times = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        browser.client.get(path, follow_redirects=True)
        times.append((perf_counter() - begun) * 1000)
    print(f"\n{path}: {median(times):.1f} ms, slowest {max(times):.1f} ms")
    assert median(times) < CEILING_MS
