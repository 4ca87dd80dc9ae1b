"""What `make test` runs: every check, even after one has failed, and one line at the end."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

HOME = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
BUILD = HOME / "build"
LINT = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "lint-imports": ["lint-imports"],
    "djlint": ["djlint", "--lint", "--quiet", "templates"],
}
PYTEST = ["pytest", "-q", "-n", "2", "--dist=worksteal", "-m"]
UNIT = "not browser and not long"
COVER = ["--cov", "--cov-report=", "--cov-fail-under=0"]
SWEEPS = [f"tests/web/test_{what}.py" for what in ("doors", "bad_input", "foreign_ids", "twice")]
"""They ask for everything as everybody; with coverage they would take half as long again."""
ONCE = ["tests/site/test_house_rules.py", "tests/site/test_catalogue.py"]
TESTS = {
    "sqlite": [*PYTEST, UNIT, *COVER, *(f"--ignore={each}" for each in SWEEPS)],
    "postgres": [*PYTEST, UNIT, *(f"--ignore={each}" for each in ONCE)],
    "sweeps and browser": [*PYTEST, "not long", "tests/browser", *SWEEPS, "--dist=loadfile"],
}
COVERAGE = {
    "coverage": ["coverage", "report"],
    "coverage of rules": [
        "coverage",
        "report",
        "--include=*/rules.py,*/rules/*",
        "--fail-under=100",
    ],
}
NOTHING_COLLECTED = 5


def run(name: str, command: list[str], **extra: str) -> bool:
    """Run one step in sight of the reader; tell whether it went well."""
    print(f"\n— {name}", flush=True)
    program = str(BIN / command[0])
    code = subprocess.run([program, *command[1:]], cwd=HOME, env=os.environ | extra, check=False)
    return code.returncode in {0, NOTHING_COLLECTED if command[0] == "pytest" else 0}


def tests() -> list[str]:
    """Run the suites and return the names of those that failed."""
    shutil.rmtree(BUILD / "tests", ignore_errors=True)
    failed = []
    for name, command in TESTS.items():
        engine = "postgres" if name == "postgres" else "sqlite"
        report = f"--junitxml={BUILD / 'tests' / name}.xml"
        if not run(f"tests: {name}", [*command, report], INCUBATOR_TEST_ENGINE=engine):
            failed.append(f"tests ({name})")
    return failed


def tally() -> tuple[int, int, int]:
    """Count what the reports say: passed, failed, skipped."""
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for report in sorted((BUILD / "tests").glob("*.xml")):
        for suite in ElementTree.parse(report).iter("testsuite"):
            for key in counts:
                counts[key] += int(suite.get(key, 0))
    failed = counts["failures"] + counts["errors"]
    return counts["tests"] - failed - counts["skipped"], failed, counts["skipped"]


def summary(unclean: list[str]) -> str:
    """One line that says all."""
    passed, failed, skipped = tally()
    parts = [f"{passed} passed, {failed} failed"]
    if skipped:
        parts.append(f"{skipped} skipped")
    if not (BUILD / "tests" / "postgres.xml").exists():
        parts.append("PostgreSQL not tried: no server found")
    if unclean:
        parts.append(f"not clean: {', '.join(unclean)}")
    return "Incubator: " + "; ".join(parts)


def main(only: str = "") -> int:
    """Run the linters, and unless told `lint`, everything else."""
    unclean = [name for name, command in LINT.items() if not run(name, command)]
    if only == "lint":
        print("\nIncubator: " + (f"not clean: {', '.join(unclean)}" if unclean else "clean"))
        return bool(unclean)
    unclean += tests()
    unclean += [name for name, command in COVERAGE.items() if not run(name, command)]
    print(f"\n{summary(unclean)}")
    return bool(unclean)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
