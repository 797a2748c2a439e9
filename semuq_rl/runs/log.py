"""The log of a run: one record for each thing that happens, appended at once, cut back to a checkpoint on resume."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from semuq.samples.journal import Journal

__all__ = ["RunLog", "read_log"]


class RunLog:
    """A journal of records, each with the `step` it belongs to.

    Args:
        path: the file; its folder exists.
        keep_to: records of later steps, written before a kill but after the checkpoint, are dropped; None
            starts afresh.
        writes: whether this process touches the file; of several that train together one does, and all
            know what they recorded.
    """

    def __init__(self, path: Path, *, keep_to: int | None, writes: bool = True) -> None:
        self.path = path
        self.records = [] if keep_to is None else [record for record in read_log(path) if record["step"] <= keep_to]
        self._journal = Journal(path) if writes else None
        if self._journal is not None:
            self._journal.restart()
            with self._journal:
                self._journal.open()
                for record in self.records:
                    self._journal.write(record)

    def write(self, step: int, **values: Any) -> None:
        """Append one record; numbers that are not finite become null, as JSON has none."""
        record = {"step": step, **{name: None if _infinite(own) else own for name, own in values.items()}}
        self.records.append(record)
        if self._journal is not None:
            self._journal.write(record)


def read_log(path: Path) -> list[dict[str, Any]]:
    """The records of a log, none if there is no file; a last line cut short by a kill is left out."""
    return [record for _, record in Journal(path).records()]


def _infinite(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
