"""Tables of answers in CSV and TSV files, as records: a row for each question, or a row for each answer.

Below `jsonl`, which opens files and reads records, whatever they are written in.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from semuq.errors import InvalidSamples
from semuq.samples.sample_set import SampleSet

__all__ = ["is_csv", "records_of_csv"]

SEPARATORS = (",", ";", "\t")
_OWN = frozenset(SampleSet.__dataclass_fields__)
_TEXTS = frozenset({"prompt", "texts", "id", "answer", "perturbation"})
"""Fields that are text as it stands, whatever it looks like."""

Located = tuple[int, dict[str, Any] | InvalidSamples]


def is_csv(path: str) -> bool:
    """Whether a path names such a file; one that is compressed counts."""
    return path.lower().removesuffix(".gz").endswith((".csv", ".tsv"))


def records_of_csv(lines: Iterable[str], prompt: str = "prompt", texts: str = "texts") -> Iterator[Located]:
    r"""(line number, record or what is wrong with it) of each question, lazily.

    The first line names the columns; they are separated by what it is separated by: commas, semicolons or tabs.

    Args:
        lines: with their ends, which may stand inside quoted cells.
        prompt, texts: the columns with the question and the answers. A first cell of `texts` that is a JSON list of
            texts makes every row a question; any other text makes every row an answer, and the rows of a question
            follow each other. Without such a column every row is a question that has no answers yet.

    Cells of other columns that SampleSet knows are read as JSON where they are JSON; the columns it does not know are
    metadata. An empty cell is left out. In a row for each answer, `token_logprobs` are those of that answer; all else
    is a list where it is not the same for all answers of a question.

    >>> table = ["question,answer,split\n", "Where is it?,Paris,dev\n", 'Where is it?,"Lyon, I think",dev\n']
    >>> next(records_of_csv(table, "question", "answer"))
    (2, {'question': 'Where is it?', 'answer': ['Paris', 'Lyon, I think'], 'metadata': {'split': 'dev'}})
    """
    rows = _rows(iter(lines))
    first = next(rows, None)
    if first is None:
        return
    if isinstance(first[1], InvalidSamples):
        yield first  # type: ignore[misc]
        return
    columns = [name.strip() for name in first[1]]
    if len(set(columns)) < len(columns) or not all(columns):
        yield first[0], InvalidSamples(f"expected a name for each column, each once, got {', '.join(columns):.120}")
        return
    named = (_named(line, row, columns) for line, row in rows)
    if texts not in columns or prompt not in columns:
        yield from ((line, row if isinstance(row, InvalidSamples) else _flat(row, prompt)) for line, row in named)
        return
    yield from _questions(named, prompt, texts)


def _rows(lines: Iterator[str]) -> Iterator[tuple[int, list[str] | InvalidSamples]]:
    header = next(lines, "")
    separator = max(SEPARATORS, key=header.count)
    taken = 1

    def counted() -> Iterator[str]:
        nonlocal taken
        yield header
        for line in lines:
            taken += 1
            yield line

    reader = csv.reader(counted(), delimiter=separator, strict=True)
    begins = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield begins, InvalidSamples(f"not readable as CSV ({error}); JSONL has no such limits")
            row = []
        if row is None:
            return
        if row:
            yield begins, row
        begins = taken + 1


def _named(
    line: int, row: list[str] | InvalidSamples, columns: list[str]
) -> tuple[int, dict[str, str] | InvalidSamples]:
    if isinstance(row, InvalidSamples):
        return line, row
    if len(row) != len(columns):
        return line, InvalidSamples(f"expected {len(columns)} cells as in the first line, got {len(row)}")
    return line, dict(zip(columns, row, strict=True))


def _questions(
    rows: Iterable[tuple[int, dict[str, str] | InvalidSamples]], prompt: str, texts: str
) -> Iterator[Located]:
    lists: bool | None = None
    held: list[dict[str, str]] = []
    begins = 0
    over: set[int] = set()
    for line, row in rows:
        if isinstance(row, InvalidSamples):
            what = str(row)
            if held:  # one answer fewer would change its score
                what += f"; the question of line {begins} is left out with it, whose answer this may be"
                over.add(_key(held[0], prompt))
                held = []
            yield line, InvalidSamples(what)
            continue
        if lists is None:
            lists = _list(row[texts]) is not None
        if lists:
            answers = _list(row[texts])
            if answers is None:
                yield (
                    line,
                    InvalidSamples(
                        f"{texts}: expected a JSON list of texts as in the rows before, got {row[texts]!r:.60}"
                    ),
                )
            else:
                yield line, {**_record(row, prompt, without=texts), texts: answers}
            continue
        if held and _key(row, prompt) != _key(held[0], prompt):
            over.add(_key(held[0], prompt))
            yield begins, _gathered(held, prompt, texts)
            held = []
        if not held and _key(row, prompt) in over:
            yield (
                line,
                InvalidSamples(
                    f"the answers to {row[prompt]!r:.60} do not follow each other; sort the rows by question, or give "
                    "different questions different ids"
                ),
            )
            continue
        begins = begins if held else line
        held.append(row)
    if held:
        yield begins, _gathered(held, prompt, texts)


def _key(row: Mapping[str, str], prompt: str) -> int:
    """What the rows of one question have in common, in little memory."""
    return hash((row[prompt], row.get("id")))


def _gathered(rows: list[dict[str, str]], prompt: str, texts: str) -> dict[str, Any]:
    """The rows of one question as its record."""
    records = [_record(row, prompt, without=texts) for row in rows]
    record: dict[str, Any] = {}
    for name in dict.fromkeys(name for own in records for name in own if name != "metadata"):
        values = [own.get(name) for own in records]
        record[name] = values[0] if values.count(values[0]) == len(values) and name != "token_logprobs" else values
    record[texts] = [row[texts] for row in rows]
    metadata = {}
    for name in dict.fromkeys(name for own in records for name in own.get("metadata", ())):
        values = [own.get("metadata", {}).get(name) for own in records]
        metadata[name] = values[0] if values.count(values[0]) == len(values) else values
    return {**record, **({"metadata": metadata} if metadata else {})}


def _record(row: Mapping[str, str], prompt: str, without: str = "") -> dict[str, Any]:
    record: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    for name, cell in row.items():
        if name in (prompt, without):
            continue
        if not cell.strip():
            continue
        if name == "references":
            record[name] = _list(cell) or [cell]
        elif name == "metadata" or name not in _OWN:
            metadata |= _object(cell) if name == "metadata" else {name: _value(cell)}
        else:
            record[name] = cell if name in _TEXTS else _value(cell)
    found: dict[str, Any] = {prompt: row[prompt]} if row.get(prompt) else {}
    return {**found, **record, **({"metadata": metadata} if metadata else {})}


def _flat(row: Mapping[str, str], prompt: str) -> dict[str, Any]:
    """A row without answers, or without the columns that were named: every column by its name, for hints to find."""
    record = _record(row, prompt)
    return {**{name: cell for name, cell in row.items() if name not in _OWN}, **record}


def _value(cell: str) -> Any:
    """A cell as what it is in JSON, else as its text; True and False as Python and spreadsheets write them."""
    if cell.strip().lower() in ("true", "false"):
        return cell.strip().lower() == "true"
    try:
        return json.loads(cell, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return cell


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _list(cell: str) -> list[str] | None:
    """The texts of a cell that is a JSON list of them."""
    if not cell.lstrip().startswith("["):
        return None
    found = _value(cell)
    return found if isinstance(found, list) and all(isinstance(own, str) for own in found) else None


def _object(cell: str) -> dict[str, Any]:
    found = _value(cell)
    return found if isinstance(found, dict) else {"metadata": found}
