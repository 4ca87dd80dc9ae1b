"""Files between a look and the deed: kept under the name of what is in them."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from flask import current_app
from werkzeug.datastructures import FileStorage
from werkzeug.utils import secure_filename

from incubator.core.errors import NotFound
from incubator.leases.importing.actions import RollFile

KEPT = timedelta(days=7)
NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Shelf:
    """The uploads of one facility."""

    facility_id: int

    def _path(self, sha: str) -> Path:
        if not NAME.fullmatch(sha):
            raise NotFound("upload")
        folder: Path = current_app.config["SETTINGS"].home / "uploads"
        return folder / f"{self.facility_id}-{sha}"

    def keep(self, upload: FileStorage) -> str:
        """Keep a file and say under which name it is found again."""
        data = upload.read()
        sha = sha256(data).hexdigest()
        path = self._path(sha)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        name = (upload.filename or "").replace("/", " ").replace("\\", " ").strip()
        path.with_suffix(".name").write_text(name[:200] or secure_filename(sha), encoding="utf-8")
        return sha

    def take(self, sha: str) -> RollFile:
        """The file that was kept; NotFound when there is none."""
        path = self._path(sha)
        try:
            return RollFile(path.with_suffix(".name").read_text("utf-8"), path.read_bytes())
        except OSError:
            raise NotFound("upload") from None

    def drop(self, sha: str) -> None:
        """Forget a file."""
        path = self._path(sha)
        path.unlink(missing_ok=True)
        path.with_suffix(".name").unlink(missing_ok=True)


def tidy_up(now: datetime) -> None:
    """Forget files that nobody came back for within a week."""
    folder: Path = current_app.config["SETTINGS"].home / "uploads"
    for path in folder.glob("*-*"):
        if path.stat().st_mtime < (now - KEPT).timestamp():
            path.unlink(missing_ok=True)
