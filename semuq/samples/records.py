"""Samples from tables that are in memory: a pandas DataFrame, a dataset of Hugging Face, a list of dictionaries."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from semuq.errors import InvalidSamples
from semuq.samples.jsonl import Fields
from semuq.samples.sample_set import SampleSet

__all__ = ["from_records", "read_row"]


def from_records(table: Any, *, prompt: str = "prompt", texts: str = "texts") -> list[SampleSet]:
    """One SampleSet per row.

    Args:
        table: a pandas DataFrame, a `datasets.Dataset`, or any iterable of mappings (one per question).
        prompt: the column with the question.
        texts: the column with the list of answers.

    Columns that SampleSet knows (`token_logprobs`, `references`, `id`, ...) are read as such. Others are kept in the
    metadata where `prompt` or `texts` name other columns than semuq's own, and refused where they do not: a mistyped
    `token_logprob` must not pass for a question without log-probs. Missing values of pandas (NaN, NaT, NA) and None are
    left out.

    Raises:
        InvalidSamples: not a table, or a row is missing something or malformed; the message starts with its number.

    Example:
        >>> rows = [{"question": "Capital of France?", "answers": ["Paris", "Lyon"], "split": "dev"}]
        >>> dict(from_records(rows, prompt="question", texts="answers")[0].metadata)
        {'split': 'dev'}
    """
    fields = Fields(prompt, texts)
    made = []
    for number, row in enumerate(_rows(table)):
        if not isinstance(row, Mapping):
            raise InvalidSamples(f"row {number}: expected a mapping of columns, got {type(row).__name__}")
        try:
            made.append(read_row(row, fields))
        except InvalidSamples as error:
            hint = "; if each row is one answer, gather them first: table.groupby(QUESTION).agg(list).reset_index()"
            of_answers = isinstance(row.get(texts), str)
            raise InvalidSamples(f"row {number}: {error}{hint if of_answers else ''}") from error
    return made


def read_row(row: Mapping[str, Any], fields: Fields = Fields()) -> SampleSet:  # noqa: B008 (a constant)
    """One row of a table as a SampleSet; values that are missing are left out.

    Raises:
        InvalidSamples: a field is missing, unknown or malformed.
    """
    return fields.samples({name: _plain(value) for name, value in row.items() if not _missing(value)})


def _rows(table: Any) -> Iterator[Any]:
    if hasattr(table, "to_dict") and hasattr(table, "columns"):  # pandas, without importing it
        return iter(table.to_dict(orient="records"))
    if isinstance(table, str | bytes | Mapping) or not isinstance(table, Iterable):
        raise InvalidSamples(
            f"table: expected a DataFrame, a dataset or a list of dictionaries, got {type(table).__name__}; "
            "a file is read by read_samples"
        )
    return iter(table)


def _missing(value: Any) -> bool:
    """None, NaN, NaT and NA alone in a cell; arrays and texts are values."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating) and math.isnan(value)


def _plain(value: Any) -> Any:
    """NumPy's arrays of texts as lists, and its numbers as Python's."""
    if isinstance(value, np.ndarray) and value.dtype == object:
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value
