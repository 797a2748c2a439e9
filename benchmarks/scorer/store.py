"""What was measured already: a line of JSON per timing, so that a run that stops goes on where it stopped.

A line counts only for the code that it was measured with: its key is a digest of the setting, the relation's
sources and the workers'.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from benchmarks.scorer.crew import ROOT
from benchmarks.scorer.settings import Setting

MEASURED = ("semuq/relations", "semuq/models", "benchmarks/scorer/worker")
Row = dict[str, Any]


def code_digest(root: Path = ROOT) -> str:
    """Of every source file whose speed is measured."""
    digest = hashlib.blake2b(digest_size=8)
    for folder in MEASURED:
        for path in sorted(path for path in (root / folder).rglob("*.*") if path.suffix in (".py", ".c")):
            digest.update(f"{path.relative_to(root)}".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


class Store:
    """Rows of one kind of run in a file.

    Args:
        path: the file; made on the first row.
        code: digest of the code that is measured.
    """

    def __init__(self, path: Path, code: str) -> None:
        self._path = path
        self._code = code

    def key(self, setting: Setting) -> str:
        """What a row must carry to count for a setting. How often to repeat is no part of it."""
        facts = {name: value for name, value in vars(setting).items() if name != "repeats"}
        return hashlib.blake2b(f"{self._code} {facts}".encode(), digest_size=8).hexdigest()

    def rows(self, setting: Setting) -> list[Row]:
        """All rows of a setting; a line cut off by a kill is dropped."""
        key = self.key(setting)
        return [row for row in self._read() if row["key"] == key]

    def add(self, setting: Setting, row: Row) -> None:
        """Append a row at once."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"key": self.key(setting), **row})
        # A newline first: what a kill cut off must not swallow this row.
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")

    def _read(self) -> list[Row]:
        if not self._path.is_file():
            return []
        rows = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError:
                continue
        return rows
