"""The log of a run: one JSON object a line, appended as things happen, cut back to a checkpoint on resume."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["RunLog", "read_log"]


class RunLog:
    """A file of records, each with the `step` it belongs to.

    Args:
        path: the file; its folder exists.
        keep_to: records of later steps, written before a kill but after the checkpoint, are dropped; None
            starts afresh.
        writes: whether this process touches the file; of several that train together one does, and all
            know what they recorded.
    """

    def __init__(self, path: Path, *, keep_to: int | None, writes: bool = True) -> None:
        self.path, self.writes = path, writes
        kept = [] if keep_to is None else [record for record in read_log(path) if record["step"] <= keep_to]
        self.records = kept
        if writes:
            path.write_text("".join(_line(record) for record in kept), encoding="utf-8")

    def write(self, step: int, **values: Any) -> None:
        """Append one record; numbers that are not finite become null, as JSON has none."""
        record = _clean({"step": step, **values})
        self.records.append(record)
        if self.writes:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(_line(record))


def read_log(path: Path) -> list[dict[str, Any]]:
    """The records of a log, none if there is no file; a last line cut short by a kill is left out."""
    if not path.exists():
        return []
    records = []
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            if number < len(lines):
                raise
    return records


def _clean(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in record.items()
    }


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"
