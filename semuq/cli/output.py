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
from typing import IO, cast

from semuq.errors import InvalidSamples
from semuq.samples import SampleSet
from semuq.samples.jsonl import json_line
from semuq.scoring import source_key
from semuq.scoring.record import QuestionScore

__all__ = ["ScoreFile", "score_line"]

_START = b'{"source"'
"""How each line begins: what does not begin so was not written here and is never dropped."""


class ScoreFile:
    """An output that knows what it already holds.

    Args:
        path: a file, a device, or "-" for standard output, which holds nothing.
        settings: the `fingerprint` of this run.
        overwrite: empty an existing file first.

    Raises:
        InvalidSamples: the file holds something else, or scores made with other settings.
        OSError: it cannot be read or written.
    """

    def __init__(self, path: str, *, settings: str, overwrite: bool = False) -> None:
        self.path = path
        self.written = 0
        self.dropped = False
        self._done: Counter[str] = Counter()
        self._file: IO[bytes] | None = None
        self._end = 0
        self._regular = path != "-" and (not Path(path).exists() or Path(path).is_file())
        if self._regular:
            _refuse_unwritable(Path(path))
            if Path(path).exists() and not overwrite:
                self._end = self._take_stock(settings)

    def __enter__(self) -> ScoreFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None and self.path != "-":
            self._open()  # nothing to write is a result too: an empty file
        if self._file is not None:
            self._file.close()

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
        line = score_line(score)
        if self.path == "-":
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        else:
            self._append(self._open(), line)
        self.written += 1

    def _open(self) -> IO[bytes]:
        """The open file, unbuffered; only now is anything in it replaced, so that a failed start costs nothing."""
        if self._file is None:
            self._file = cast(IO[bytes], io.FileIO(self.path, "r+" if self._end else "w"))
            if self._regular:
                self._file.truncate(self._end)
                self._file.seek(self._end)
        return self._file

    def _append(self, file: IO[bytes], line: bytes) -> None:
        rest = memoryview(line)
        try:
            while rest:  # an unbuffered write may be short
                rest = rest[file.write(rest) :]
        except OSError as error:
            if self._regular:
                file.truncate(self._end)
            error.filename = self.path
            raise
        self._end += len(line)

    def _take_stock(self, settings: str) -> int:
        """Count what is done and return where the last whole line ends."""
        end = 0
        with Path(self.path).open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n") and (line.startswith(_START) or _START.startswith(line)):
                    self.dropped = True  # cut off in the middle by a kill: dropped, and scored again
                    break
                self._note(number, line, settings)
                end += len(line)
        return end

    def _note(self, number: int, line: bytes, settings: str) -> None:
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
