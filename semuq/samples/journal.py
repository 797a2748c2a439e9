"""`Journal`: a JSON Lines file that only grows, is whole after any interruption, and is resumed by the next run.

Scores, results of an evaluation and the log of a training run are journals.
"""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast

from semuq.errors import InvalidSamples
from semuq.samples.jsonl import json_line

try:
    import fcntl
except ImportError:  # pragma: no cover  # on Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["Journal"]


class Journal:
    """A file of records, one JSON object a line.

    A line is on disk before `write` returns. One that did not fit is taken back; one that a kill cut off is left out by
    `records` and replaced by the next line that is written. Nothing in the file changes before the first `write`.
    In a `with` block the file stays open; outside, every line opens and closes it. One process writes at a time: a
    second one is refused, also one that read the file before the first wrote to it.

    Args:
        path: the file; made by the first line that is written.
        begins: how every line of ours begins: a last line without its end that does not begin so is not dropped.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "log.jsonl"
        >>> with Journal(path) as journal:
        ...     journal.write({"step": 1})
        >>> _ = path.write_bytes(path.read_bytes() + b'{"step": 2, "los')  # cut off by a kill
        >>> with Journal(path) as journal:
        ...     print([record for _, record in journal.records()], journal.torn)
        ...     journal.write({"step": 2})
        [{'step': 1}] True
        >>> path.read_text().splitlines()
        ['{"step": 1}', '{"step": 2}']
    """

    def __init__(self, path: str | Path, *, begins: str = "{") -> None:
        self.path = Path(path)
        self.torn = False
        """Whether a last line was found cut off."""
        self._begins = begins.encode()
        self._file: IO[bytes] | None = None
        self._held = False
        self._end: int | None = None
        self._size: int | None = None

    def __enter__(self) -> Journal:
        self._held = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._held = False
        self.close()

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """(line number, line) of every whole line, lazily."""
        end = size = 0
        if self.path.is_file():
            size = self.path.stat().st_size
            with self.path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    if not line.endswith(b"\n") and (line.startswith(self._begins) or self._begins.startswith(line)):
                        self.torn = True
                        break
                    yield number, line
                    end += len(line)
        self._end, self._size = end, size

    def records(self) -> Iterator[tuple[int, Any]]:
        """(line number, record) of every whole line, lazily.

        Raises:
            InvalidSamples: a whole line is not JSON; the message has its number.
        """
        for number, line in self.lines():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InvalidSamples(f"{self.path}, line {number}: expected a JSON object ({error})") from error

    def write(self, record: Mapping[str, Any]) -> None:
        """Append one record; numbers that JSON has not become null.

        Raises:
            OSError: the line could not be written whole; what was written of it is taken back.
        """
        self.write_line(json_line(record))

    def write_line(self, line: bytes) -> None:
        """Append a line that is JSON already, its end included."""
        file, end = self.open(), self._known_end()
        rest = memoryview(line)
        try:
            while rest:  # an unbuffered write may be short
                rest = rest[file.write(rest) :]
        except OSError as error:
            file.truncate(end)
            error.filename = str(self.path)
            raise
        finally:
            if not self._held:
                self.close()
        self._end = self._size = end + len(line)

    def open(self) -> IO[bytes]:
        """The open file, unbuffered; only now is a torn line cut off.

        Raises:
            InvalidSamples: another process is writing to it, or has done so since it was read.
        """
        if self._file is None:
            end = self._known_end()
            file = cast(IO[bytes], io.FileIO(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666), "r+"))
            try:
                self._claim(file)
                if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    file.truncate(end)
                    file.seek(end)
            except BaseException:
                file.close()
                raise
            self._file, self._size = file, end
        return self._file

    def _claim(self, file: IO[bytes]) -> None:
        """Lock the file until it is closed; it must be as it was read."""
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            return
        try:
            if fcntl is not None:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InvalidSamples(
                f"{self.path}: expected to write alone, but another process is writing to it; wait for it, or write to "
                "another file"
            ) from error
        if self._size is not None and os.fstat(file.fileno()).st_size != self._size:
            raise InvalidSamples(
                f"{self.path}: changed by another process since it was read; run the same command again to go on"
            )

    def restart(self) -> None:
        """Forget what the file holds: the next line is its first."""
        self.close()
        self._end, self._size = 0, None

    def close(self) -> None:
        """Close the file; the journal can still be read and written."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _known_end(self) -> int:
        """Where the last whole line ends."""
        if self._end is None:
            for _ in self.lines():
                pass
        return self._end or 0
