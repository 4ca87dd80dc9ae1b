"""The code base as text and as trees, read once."""

import ast
from functools import cache
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
PYTHON = sorted((HOME / "incubator").rglob("*.py"))
TEMPLATES = sorted(
    path for path in (HOME / "templates").rglob("*") if path.suffix in {".html", ".txt"}
)
DOORS = {"web", "api", "jobs", "cli"}


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    """The path as people write it."""
    return path.relative_to(HOME).as_posix()


def area(path: Path) -> str:
    """The package under `incubator` in which a module lies."""
    return path.relative_to(HOME / "incubator").parts[0]


def dotted(node: ast.AST) -> str:
    """`a.b.c` for a name or an attribute, empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return ""


def calls(path: Path) -> list[tuple[str, int]]:
    """What a module calls, with line numbers."""
    return [
        (dotted(node.func), node.lineno)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
    ]
