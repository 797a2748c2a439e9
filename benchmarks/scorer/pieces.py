"""Results of the stages that are not timings: a small JSON file each, void once the measured code changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Pieces:
    """Named JSON values in a folder, for one state of the code."""

    def __init__(self, folder: Path, code: str) -> None:
        self._folder = folder / code

    def get(self, name: str) -> Any | None:
        """The value, or None if it is not there."""
        path = self._folder / f"{name}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None

    def keep(self, name: str, value: Any) -> None:
        """Write a value; a kill in the middle leaves the old one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f"{name}.draft"
        draft.write_text(json.dumps(value), encoding="utf-8")
        draft.replace(self._folder / f"{name}.json")

    def starting(self, prefix: str) -> dict[str, Any]:
        """All values whose name starts with a prefix, by the rest of their name."""
        paths = sorted(self._folder.glob(f"{prefix}*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name))
        return {path.name.removeprefix(prefix).removesuffix(".json"): self.get(path.stem) for path in paths}
