"""The file `semuq score` writes: a line at a time, valid after any interruption, resumed by the next run."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
from collections import Counter
from pathlib import Path
from types import TracebackType

from semuq.errors import InvalidSamples
from semuq.estimators.naming import Names
from semuq.samples import SampleSet
from semuq.samples.journal import Journal
from semuq.samples.jsonl import json_line
from semuq.scoring import source_key
from semuq.scoring.record import QuestionScore

__all__ = ["ScoreFile", "score_line"]

_START = '{"source"'
"""How each line begins: what does not begin so was not written here and is never dropped."""


class ScoreFile:
    """An output that knows what it already holds.

    Args:
        path: a file, a device, or "-" for standard output, which holds nothing.
        settings: the `fingerprint` of this run.
        names: what this run calls the scores, "short" or "full"; one file does not mix them.
        overwrite: empty an existing file first.

    Raises:
        InvalidSamples: the file holds something else, or scores made with other settings.
        OSError: it cannot be read or written.
    """

    def __init__(self, path: str, *, settings: str, names: Names = "short", overwrite: bool = False) -> None:
        self.path = path
        self.names = names
        self.written = 0
        self._done: Counter[str] = Counter()
        self._stream: io.FileIO | None = None
        self._journal = Journal(path, begins=_START)
        self._regular = path != "-" and (not Path(path).exists() or Path(path).is_file())
        if self._regular:
            _refuse_unwritable(Path(path))
            if overwrite:
                self._journal.restart()
            else:
                for number, line in self._journal.lines():
                    self._note(number, line, settings)

    def __enter__(self) -> ScoreFile:
        self._journal.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None and self._regular:
            self._journal.open()  # nothing to write is a result too: an empty file
        self._journal.__exit__(kind, error, traceback)
        if self._stream is not None:
            self._stream.close()

    @property
    def dropped(self) -> bool:
        """Whether a line was found that a kill had cut off; its question is scored again."""
        return self._journal.torn

    def holds(self, samples: SampleSet) -> bool:
        """Whether these answers are already scored here; each line found stands for one question."""
        if not self._done:
            return False
        key = source_key(samples)
        if self._done[key] == 0:
            return False
        self._done[key] -= 1
        return True

    def write(self, score: QuestionScore) -> None:
        """Append one line, on disk before this returns; a line that does not fit is taken back."""
        self.write_line(score_line(score))

    def write_line(self, line: bytes) -> None:
        """As `write`, of a score that is a line already."""
        if self._regular:
            self._journal.write_line(line)
        elif self.path == "-":
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        else:  # a device
            self._stream = self._stream or io.FileIO(self.path, "w")
            try:
                self._stream.write(line)
            except OSError as error:
                error.filename = self.path
                raise
        self.written += 1

    def _note(self, number: int, line: bytes, settings: str) -> None:
        """Count a question that is done."""
        where = f"{self.path}, line {number}"
        try:
            record = json.loads(line)
            source, made_with = str(record["source"]), record["settings"]
            how = f"relation {record['relation']}, {', '.join(record['scores'])}"
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidSamples(
                f"{where}: not a score, so nothing was added to the file; pass another -o, or --overwrite to replace it"
            ) from error
        if made_with != settings:
            raise InvalidSamples(
                f"{where}: scored with other settings ({how}); pass another -o, or --overwrite to score all again"
            )
        written: Names = "short" if record.get("estimators") else "full"
        if written != self.names:
            raise InvalidSamples(
                f"{where}: its scores have {written} names; pass --names {written} to go on, or another -o"
            )
        self._done[source] += 1


def _refuse_unwritable(path: Path) -> None:
    """Say so before any work, rather than at the first line of scores."""
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def score_line(score: QuestionScore) -> bytes:
    """The line of a score, see `json_line`."""
    return json_line(score.to_dict())
