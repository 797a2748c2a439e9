"""Columns in, columns out: a batch as data engines hand it over, read row by row and given back with more columns.

Between the engines (Hugging Face's datasets, Ray Data) and `Scorer`, which only knows questions. A row that cannot be
read costs itself, never the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from semuq.errors import InvalidParameter, InvalidSamples, MissingEvidence
from semuq.samples import SampleSet
from semuq.samples.records import read_row
from semuq.scoring.record import QuestionScore

__all__ = ["KNOWN", "added_columns", "read_rows", "scored_or_why", "with_columns"]

KNOWN = tuple(item.name for item in fields(SampleSet))
"""The names of the columns that are read."""

Row = SampleSet | str
Scored = QuestionScore | str


def read_rows(batch: Any, columns: Mapping[str, str] | None = None) -> list[Row]:
    """Each row as a SampleSet, or why it is none.

    Args:
        batch: a mapping of columns of one length, or a pyarrow Table.
        columns: field of a SampleSet -> the column that holds it; None reads the columns that have a field's name.

    Raises:
        InvalidParameter: not such a batch, or a column that it has not.
    """
    names = _names(batch)
    wanted = {name: name for name in KNOWN if name in names} if columns is None else columns
    lost = [column for column in wanted.values() if column not in names]
    if lost or not {"prompt", "texts"} <= set(wanted):
        needs = f"one called {lost[0]!r}" if lost else "'prompt' and 'texts'"
        raise InvalidParameter(
            f"batch: expected the column {needs}, got {names!r:.120}; say which columns they are in: "
            "Scorer(..., columns={'prompt': 'question', 'texts': 'answers'})"
        )
    return [_read(row) for row in _rows(batch, wanted)]


def scored_or_why(rows: Sequence[Row], score: Callable[[Sequence[SampleSet]], Sequence[QuestionScore]]) -> list[Scored]:
    """The score of each row, or why it has none; one pass for all, and one each where the evidence fails a question."""
    found: list[Any] = list(rows)
    good = [place for place, row in enumerate(rows) if isinstance(row, SampleSet)]
    held: list[Any] = [rows[place] for place in good]
    try:
        scores: list[Scored] = [*score(held)] if held else []
    except (InvalidSamples, MissingEvidence):
        scores = [_alone(samples, score) for samples in held]
    for place, own in zip(good, scores, strict=True):
        found[place] = own
    return found


def added_columns(scored: Sequence[Scored], names: Sequence[str]) -> dict[str, Any]:
    """The columns of scored rows: a number for each name, `clusters`, `verdict` and `error`.

    Args:
        scored: the scores of a row, or why it has none: NaN, no cluster and no verdict then. A row may lack the scores
            of some estimators only, and says why.
        names: what their scores are called, and the columns, too.

    Types do not depend on the rows: engines fix them by the first batch, which may hold bad rows only.
    """
    right = [None if isinstance(own, str) else own for own in scored]
    columns: dict[str, Any] = {
        name: np.array([np.nan if own is None else own.scores.get(name, np.nan) for own in right], dtype=np.float64)
        for name in names
    }
    columns["clusters"] = [np.array(() if own is None else own.clusters, dtype=np.int64) for own in right]
    columns["verdict"] = ["" if own is None else own.verdict for own in right]
    columns["error"] = [own if isinstance(own, str) else _unscored(own) for own in scored]
    return columns


def _unscored(score: QuestionScore) -> str:
    """Why some estimators have no score here, "" if all have one."""
    return "; ".join(f"{name}: {reason}" for name, reason in score.unscored.items())


def with_columns(batch: Any, added: Mapping[str, Any]) -> Any:
    """The batch with these columns, in its own form; a column of the same name is replaced."""
    if isinstance(batch, Mapping):
        return {**batch, **added}
    import pyarrow as pa

    for name, values in added.items():
        if name in batch.column_names:
            batch = batch.drop_columns([name])
        kind = pa.list_(pa.int64()) if name == "clusters" else None
        batch = batch.append_column(name, pa.array(values, kind))
    return batch


def _names(batch: Any) -> list[str]:
    if isinstance(batch, Mapping):
        return list(batch)
    if hasattr(batch, "column_names") and hasattr(batch, "to_pylist"):  # pyarrow's, without importing it
        return list(batch.column_names)
    raise InvalidParameter(
        f"batch: expected a mapping of columns or a pyarrow Table, got {type(batch).__name__}; "
        'pass batched=True to Dataset.map, batch_format="pyarrow" or "numpy" to Ray\'s map_batches'
    )


def _rows(batch: Any, wanted: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    if not isinstance(batch, Mapping):
        for row in batch.select(list(dict.fromkeys(wanted.values()))).to_pylist():
            yield {name: row[column] for name, column in wanted.items()}
        return
    lengths = {column: len(batch[column]) for column in wanted.values()}
    if len(set(lengths.values())) > 1:
        raise InvalidParameter(f"batch: expected columns of one length, got {lengths}")
    for place in range(lengths[wanted["prompt"]]):
        yield {name: batch[column][place] for name, column in wanted.items()}


def _read(row: Mapping[str, Any]) -> Row:
    try:
        return read_row(row)
    except InvalidSamples as error:
        return str(error)


def _alone(samples: SampleSet, score: Callable[[Sequence[SampleSet]], Sequence[QuestionScore]]) -> Scored:
    try:
        return score([samples])[0]
    except (InvalidSamples, MissingEvidence) as error:
        # Evidence counts the questions it was given, which is one.
        return str(error).removeprefix("samples[0]").removeprefix(f" ({samples.id})").removeprefix(": ")
