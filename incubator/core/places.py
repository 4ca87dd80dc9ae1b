"""Where templates, static files and migrations lie: in a checkout, or inside the wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
PACKED = PACKAGE / "_data"
ROOT = PACKED if PACKED.exists() else PACKAGE.parent


def templates() -> Path:
    """The folder of Jinja templates."""
    return ROOT / "templates"


def static() -> Path:
    """The folder of static files."""
    return ROOT / "static"


def migrations() -> Path:
    """The folder of Alembic migrations."""
    return ROOT / "migrations"


def revisions() -> list[str]:
    """The numbers of all migrations."""
    return [path.name[:4] for path in (migrations() / "versions").glob("[0-9]*_*.py")]
