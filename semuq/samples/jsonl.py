"""Samples in and out of JSONL files: one question per line, errors with their line number.

Files may be gzipped (`.jsonl.gz`) and `-` stands for standard input. Reading is lazy, so a file of
any size streams; a broken line is raised, or handed to the caller who asked to go on. A file in UTF-16, one that
holds a JSON array, and one whose name ends in `.csv` or `.tsv` are read too, the array as a whole; what else a file
may be, the error names.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import numpy as np

from semuq.errors import InvalidSamples
from semuq.samples.csv import is_csv, records_of_csv
from semuq.samples.sample_set import SampleSet

__all__ = ["Fields", "json_line", "read_records", "read_samples", "write_samples"]

OnError = Callable[[InvalidSamples], None]

DEEPEST = 64
"""Records nested deeper than this are refused: no file of answers is, and writers would run out of stack."""

_PROMPTS = ("question", "query", "input", "instruction", "prompt_text", "problem")
_TEXTS = ("answers", "responses", "outputs", "generations", "completions", "samples", "predictions", "candidates")
_SINGLE = ("answer", "response", "output", "completion", "prediction")
_FORMATS = {b"PAR1": "a Parquet file", b"PK\x03\x04": "a zip archive or an Excel sheet", b"SQLi": "an SQLite database"}


class Fields(NamedTuple):
    """Where a record holds its question and its answers.

    Args:
        prompt, texts: names of the two fields. Where one is not semuq's own name, fields that semuq does not know
            are other people's columns, and go into the metadata.
    """

    prompt: str = "prompt"
    texts: str = "texts"

    def samples(self, record: Mapping[str, Any]) -> SampleSet:
        """The record as a SampleSet.

        Raises:
            InvalidSamples: a field is missing, unknown or malformed; the message names fields that look like it.
        """
        renamed = dict(record)
        for ours, theirs in (("prompt", self.prompt), ("texts", self.texts)):
            if theirs != ours and theirs in renamed:
                if ours in renamed:
                    raise InvalidSamples(f"'{theirs}' and '{ours}' are both there; leave one out")
                renamed[ours] = renamed.pop(theirs)
            if ours not in renamed:
                raise InvalidSamples(f"'{theirs}' is missing; {_alike(record)}")
        if self != Fields():
            unknown = {name for name in renamed if name not in SampleSet.__dataclass_fields__}
            metadata = renamed.get("metadata") or {}
            if unknown and isinstance(metadata, Mapping):
                renamed["metadata"] = {**{name: renamed.pop(name) for name in sorted(unknown)}, **metadata}
        return SampleSet.from_dict(renamed)


def read_samples(
    path: str | Path,
    *,
    prompt_field: str = "prompt",
    texts_field: str = "texts",
    on_error: OnError | None = None,
) -> Iterator[SampleSet]:
    """The SampleSets of a JSONL file, one per line, lazily.

    Args:
        path: a `.jsonl`, `.csv` or `.tsv` file, also with `.gz` behind it, or "-" for standard input, in JSONL. In a
            table a row is a question where the answers are a JSON list, and an answer where they are not.
        prompt_field, texts_field: where other people's records hold the question and the list of answers; what else
            they hold is then kept in the metadata.
        on_error: called with the error of each broken line, which is then left out; None raises it.

    Raises:
        InvalidSamples: a line is not JSON or not a sample; the message starts with file and line number.
    """
    fields = Fields(prompt_field, texts_field)
    for number, record in read_records(path, fields=fields, on_error=on_error):
        try:
            yield fields.samples(record)
        except InvalidSamples as error:
            _report(path, number, str(error), error, on_error)


def read_records(
    path: str | Path, *, fields: Fields | None = None, on_error: OnError | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The (line number, object) pairs of a JSONL file; blank lines are passed over.

    Of a table in CSV those of `records_of_csv`, where `fields` says which rows belong together.
    """
    number = 0
    try:
        with _open_bytes(path) as file:
            if is_csv(str(path)):
                for number, found in records_of_csv(_table_lines(path, file), *(fields or Fields())):
                    if isinstance(found, InvalidSamples):
                        _report(path, number, str(found), found, on_error)
                    else:
                        yield number, found
                return
            first = True
            for number, line, whole in _lines(path, file):
                if not line.strip():
                    continue
                try:
                    # Numbers become nothing else; a body that nests without end exhausts the parser's stack.
                    record = whole if whole is not None else json.loads(line)
                    _check_depth(line, record)
                except (ValueError, RecursionError) as error:  # broken JSON and undecodable bytes alike
                    what = "nested too deeply" if isinstance(error, RecursionError) else f"not valid JSON ({error})"
                    _report(path, number, what + (_hint(line) if first else ""), error, on_error)
                    continue
                finally:
                    first = False
                if not isinstance(record, dict):
                    _report(path, number, f"expected an object, got {type(record).__name__}", None, on_error)
                    continue
                yield number, record
    except (gzip.BadGzipFile, EOFError) as error:
        _report(path, number + 1, f"damaged gzip file ({error}); nothing behind it can be read", error, on_error)
    except UnicodeError as error:
        _report(
            path, number + 1, f"not the text it begins as ({error}); nothing behind it can be read", error, on_error
        )


def write_samples(path: str | Path, batch: Iterable[SampleSet]) -> None:
    """Write one SampleSet per line, in UTF-8, to a file, a `.gz` file or "-".

    Raises:
        InvalidSamples: the metadata holds what JSON cannot.
    """
    with _create(path) as file:
        for samples in batch:
            file.write(json_line(samples.to_dict()))


def json_line(record: Mapping[str, Any]) -> bytes:
    r"""One line of strict JSON in UTF-8: NaN and infinities, which JSON has not, become null.

    Escapes stand only where a text holds half a surrogate pair. NumPy's numbers and arrays are written as plain ones.

    Raises:
        InvalidSamples: a value is none that JSON has.

    >>> json_line({"prompt": "Où?", "metadata": {"weight": float("nan")}}).decode()
    '{"prompt": "Où?", "metadata": {"weight": null}}\n'
    """
    try:
        try:
            text = json.dumps(record, ensure_ascii=False, allow_nan=False, default=_plain)
        except ValueError:
            record = _finite(record)
            text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidSamples(f"metadata: expected what JSON can hold, got something else ({error})") from error
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(record, allow_nan=False, default=_plain).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} {value!r:.40}")


def _finite(value: Any) -> Any:
    """The value with null for what is no number."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value


def _create(path: str | Path) -> AbstractContextManager[IO[bytes]]:
    """A file to write, gzipped if its name ends in .gz; "-" is standard output."""
    if str(path) == "-":
        return nullcontext(sys.stdout.buffer)
    return cast(IO[bytes], gzip.open(path, "wb")) if str(path).endswith(".gz") else Path(path).open("wb")


def _open_bytes(path: str | Path) -> AbstractContextManager[IO[bytes]]:
    if str(path) == "-":
        return nullcontext(sys.stdin.buffer)
    if str(path).endswith(".gz"):
        return cast(IO[bytes], gzip.open(path, "rb"))
    return Path(path).open("rb")


def _lines(path: str | Path, file: IO[bytes]) -> Iterator[tuple[int, str | bytes, Any]]:
    """(line number, line, its object where the file is one JSON array): bytes in UTF-8, other encodings decoded."""
    line = file.readline()
    start = 1
    while line.endswith(b"\n") and not line.strip():
        line, start = file.readline(), start + 1
    _refuse_formats(path, line)
    if b"\0" in line[:4] or line.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = line + file.read()
        yield from _of_text(content.decode(json.detect_encoding(content[:4])), start)
        return
    line = line.removeprefix(b"\xef\xbb\xbf")
    if line.lstrip().startswith(b"["):
        yield from _of_text(line + file.read(), start)
        return
    yield start, line, None
    for number, other in enumerate(file, start=start + 1):
        yield number, other, None


def _table_lines(path: str | Path, file: IO[bytes]) -> Iterator[str]:
    """The lines of a table, their ends included: lazily in UTF-8, all at once in UTF-16 and other encodings."""
    line = file.readline()
    _refuse_formats(path, line)
    encoding = json.detect_encoding(line[:4]) if line else "utf-8"
    if not encoding.startswith("utf-8"):
        yield from io.StringIO((line + file.read()).decode(encoding), newline="\n")
        return
    yield line.decode(encoding)
    for other in file:
        yield other.decode()


def _refuse_formats(path: str | Path, start: bytes) -> None:
    kind = next((name for magic, name in _FORMATS.items() if start.startswith(magic)), None)
    if kind:
        raise InvalidSamples(f"{path}: expected JSON, one object per line, got {kind}; write it as JSONL first")


def _of_text(content: str | bytes, start: int) -> Iterator[tuple[int, str | bytes, Any]]:
    """The items of a JSON array with their line numbers, or the lines of anything else."""
    try:
        text = content if isinstance(content, str) else content.decode()
        items = list(_items(text)) if text.lstrip().startswith("[") else None
    except (ValueError, RecursionError):
        items = None  # not one array: each line speaks for itself, and its errors are told with it
    lines: list[str] | list[bytes]
    if items is None:
        lines = content.split("\n") if isinstance(content, str) else content.split(b"\n")
        for index in range(len(lines)):
            yield start + index, lines[index], None
        return
    number, place = start, 0
    for begin, end, item in items:
        number, place = number + text.count("\n", place, begin), begin
        yield number, text[begin:end], item


def _items(text: str) -> Iterator[tuple[int, int, Any]]:
    """(begin, end, value) of each item of the JSON array that a text is.

    Raises:
        ValueError: it is none.
    """
    decoder = json.JSONDecoder()
    place, separator = _skip(text, text.index("[") + 1), ","
    if text[place : place + 1] == "]":
        separator = "]"
        place += 1
    while separator == ",":
        value, end = decoder.raw_decode(text, place)
        yield place, end, value
        place = _skip(text, end)
        separator = text[place : place + 1]
        place = _skip(text, place + 1)
    if separator != "]" or _skip(text, place) != len(text):
        raise ValueError("not one array")


def _skip(text: str, place: int) -> int:
    while text[place : place + 1] in (" ", "\t", "\r", "\n"):
        place += 1
    return place


def _check_depth(line: str | bytes, record: Any) -> None:
    brackets = line.count("[") + line.count("{") if isinstance(line, str) else line.count(b"[") + line.count(b"{")
    if brackets <= DEEPEST:
        return
    held, depth = [record], 0
    while held:
        depth += 1
        if depth > DEEPEST:
            raise RecursionError("nested too deeply")
        inner = [value for own in held for value in (own.values() if isinstance(own, dict) else own)]
        held = [value for value in inner if isinstance(value, dict | list)]


def _alike(record: Mapping[str, Any]) -> str:
    """What to do about a record without the two fields: the names that look like them."""
    prompt = next((name for name in ("prompt", *_PROMPTS) if name in record), None)
    texts = next((name for name in ("texts", *_TEXTS) if isinstance(record.get(name), list)), None)
    single = next((name for name in _SINGLE if isinstance(record.get(name), str)), None)
    if prompt and texts:
        return (
            f"the question seems to be in '{prompt}' and the answers in '{texts}': say so with "
            f"--prompt-field {prompt} --texts-field {texts} (in Python prompt_field=, texts_field=)"
        )
    if prompt and single:
        return (
            f"'{single}' holds one answer: collect those of each question in a list 'texts'; a CSV file may have a row "
            f"for each answer: --prompt-field {prompt} --texts-field {single}"
        )
    names = ", ".join(map(repr, list(record)[:8])) or "nothing"
    return f"every record needs 'prompt' and 'texts', this one holds {names:.120}; see --prompt-field, --texts-field"


def _hint(line: str | bytes) -> str:
    """What a file may be whose first line is no JSON."""
    text = line if isinstance(line, str) else line.decode(errors="replace")
    stripped = text.strip()
    if stripped.startswith("{"):
        return "; is one object spread over several lines? `jq -c .` writes one per line"
    separator = next((sign for sign in ("\t", ";", ",") if sign in stripped), None)
    if separator and not stripped.startswith(("[", '"{')):
        columns = [name.strip().strip('"') for name in stripped.split(separator)[:6]]
        return (
            f"; is it a table with the columns {', '.join(columns):.80}? Let its name end in .csv or .tsv, and it is "
            "read as one"
        )
    return ""


def _report(path: str | Path, number: int, what: str, cause: BaseException | None, on_error: OnError | None) -> None:
    error = InvalidSamples(f"{path}, line {number}: {what}")
    if on_error is None:
        raise error from cause
    on_error(error)
