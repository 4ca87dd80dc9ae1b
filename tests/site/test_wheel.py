"""The wheel carries all that a checkout has: pages, styles, documents, migrations."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.site.reading import HOME

pytestmark = pytest.mark.long
PARTS = {
    "incubator": "incubator",
    "templates": "incubator/_data/templates",
    "static": "incubator/_data/static",
    "migrations": "incubator/_data/migrations",
}
VISIT = """
import json, re, sys
from incubator.app import create_app
from incubator.core import places
browser = create_app().test_client()
seen = {}
for path in sys.argv[1:]:
    answer = browser.get(path)
    text = answer.get_data(as_text=True)
    seen[path] = [answer.status_code, re.sub(r'(csrf_token|once_key)"[^>]*', "", text)]
paper = (places.templates() / "documents" / "invoice.typ").read_text()
print(json.dumps({"root": str(places.ROOT), "seen": seen, "paper": paper}))
"""
PAGES = ("/sign-in", "/language/en?next=/sign-in", "/forgot-password", "/static/css/app.css")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the wheel lies, without its dependencies."""
    place = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(build, cwd=HOME, check=True, capture_output=True)
    (wheel,) = place.glob("*.whl")
    target = place / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(target), str(wheel)], check=True, capture_output=True)
    return target


def files(place: Path) -> set[str]:
    """What lies below a folder, but for what Python makes by itself."""
    found = (path for path in place.rglob("*") if path.is_file())
    return {
        path.relative_to(place).as_posix()
        for path in found
        if path.suffix != ".pyc" and "_data" not in path.relative_to(place).parts
    }


def visit(code: Path, home: Path) -> dict[str, object]:
    """Migrate a new database with this code, and look at some pages."""
    kept = {name: value for name, value in os.environ.items() if "INCUBATOR" not in name}
    kept.pop("DATABASE_URL", None)
    around = kept | {"PYTHONPATH": str(code), "INCUBATOR_HOME": str(home)}
    migrate = "from incubator.cli.main import main; main(['migrate'])"
    home.mkdir()
    said = ""
    for program in ([migrate], [VISIT, *PAGES]):
        said = subprocess.run(
            [sys.executable, "-c", *program],
            cwd=home,
            env=around,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    answer: dict[str, object] = json.loads(said)
    return answer


@pytest.mark.parametrize(("here", "there"), PARTS.items(), ids=PARTS)
def test_no_file_is_left_behind(installed: Path, here: str, there: str):
    assert files(HOME / here) == files(installed / there) - {"_data"}


def test_the_wheel_serves_the_same_pages(installed: Path, tmp_path: Path):
    packed = visit(installed, tmp_path / "packed")
    checkout = visit(HOME, tmp_path / "checkout")
    assert packed.pop("root") == str(installed / "incubator" / "_data")
    assert checkout.pop("root") == str(HOME)
    assert packed == checkout
    assert all(status in {200, 302, 303} for status, _text in packed["seen"].values())
