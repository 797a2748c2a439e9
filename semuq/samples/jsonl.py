"""Samples in and out of JSONL files: one question per line, errors with their line number.

Files may be gzipped (`.jsonl.gz`) and `-` stands for standard input. Reading is lazy, so a file of
any size streams; a broken line is raised, or handed to the caller who asked to go on.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any, Literal, cast

from semuq.errors import InvalidSamples
from semuq.samples.sample_set import SampleSet

__all__ = ["open_text", "read_records", "read_samples", "write_samples"]


def read_samples(path: str | Path, *, on_error: Callable[[InvalidSamples], None] | None = None) -> Iterator[SampleSet]:
    """The SampleSets of a JSONL file, one per line, lazily.

    Args:
        path: a `.jsonl` or `.jsonl.gz` file, or "-" for standard input.
        on_error: called with the error of each broken line, which is then left out; None raises it.

    Raises:
        InvalidSamples: a line is not JSON or not a sample; the message starts with file and line number.
    """
    for number, record in read_records(path, on_error=on_error):
        try:
            yield SampleSet.from_dict(record)
        except InvalidSamples as error:
            _report(path, number, str(error), error, on_error)


def read_records(
    path: str | Path, *, on_error: Callable[[InvalidSamples], None] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The (line number, object) pairs of a JSONL file; blank lines are passed over."""
    number = 0
    try:
        with _open_bytes(path) as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    record = json.loads(line)
                except ValueError as error:  # broken JSON and undecodable bytes alike
                    _report(path, number, f"not valid JSON ({error})", error, on_error)
                    continue
                if not isinstance(record, dict):
                    _report(path, number, f"expected an object, got {type(record).__name__}", None, on_error)
                    continue
                yield number, record
    except (gzip.BadGzipFile, EOFError) as error:
        _report(path, number + 1, f"damaged gzip file ({error}); nothing behind it can be read", error, on_error)


def write_samples(path: str | Path, batch: Iterable[SampleSet]) -> None:
    """Write one SampleSet per line, in UTF-8, to a file, a `.gz` file or "-"."""
    with open_text(path, "w") as file:
        for samples in batch:
            file.write(json.dumps(samples.to_dict(), ensure_ascii=False) + "\n")


def open_text(path: str | Path, mode: Literal["w", "a"]) -> AbstractContextManager[IO[str]]:
    """A UTF-8 text file to write, gzipped if its name ends in .gz; "-" is standard output."""
    if str(path) == "-":
        return nullcontext(sys.stdout)
    if str(path).endswith(".gz"):
        return cast(IO[str], gzip.open(path, mode + "t", encoding="utf-8"))
    return Path(path).open(mode, encoding="utf-8")


def _open_bytes(path: str | Path) -> AbstractContextManager[IO[bytes]]:
    if str(path) == "-":
        return nullcontext(sys.stdin.buffer)
    if str(path).endswith(".gz"):
        return cast(IO[bytes], gzip.open(path, "rb"))
    return Path(path).open("rb")


def _report(
    path: str | Path,
    number: int,
    what: str,
    cause: Exception | None,
    on_error: Callable[[InvalidSamples], None] | None,
) -> None:
    error = InvalidSamples(f"{path}, line {number}: {what}")
    if on_error is None:
        raise error from cause
    on_error(error)
