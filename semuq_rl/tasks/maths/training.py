"""MATH as training problems: from the hub, from a folder that `datasets` saved, or from a file.

The papers train on the 8,523 problems of levels 3 to 5 that are not in MATH500. Any source with a `problem`, a
`level` and an `answer` or a `solution` will do; a problem of the evaluation sets is left out, wherever it comes
from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from semuq.errors import InvalidSamples, MissingExtra
from semuq.samples.jsonl import read_records
from semuq_rl.groups.answers import last_boxed
from semuq_rl.tasks.maths.sets import SETS, MathsProblem, load_set

__all__ = ["HUB", "load_training"]

HUB = "DigitalLearningGmbH/MATH-lighteval"
"""MATH with its levels, train and test: 12,500 problems."""


def load_training(
    source: str | Path = HUB, *, levels: Sequence[int] = (3, 4, 5), limit: int | None = None
) -> list[tuple[MathsProblem, int]]:
    r"""(problem, level) for each problem of the wanted levels that is in no evaluation set.

    Args:
        source: a `.jsonl`, `.jsonl.gz`, `.json` or `.parquet` file, a folder made by `datasets`, or a hub name.
            All splits are taken.
        levels: of MATH, 1 to 5. Problems without a level are taken.
        limit: the first so many.

    Rows hold `problem`; `answer` (or `expected_answer`, or the last \boxed{} of `solution`); and perhaps `level`
    ("Level 5" or 5). A row without an answer is left out.

    Raises:
        InvalidSamples: a row has no `problem`, or no problem is left.
        MissingExtra: `datasets` is not installed and the source needs it.
    """
    held_out = evaluation_problems()
    found: dict[str, tuple[MathsProblem, int]] = {}
    for number, row in enumerate(_rows(source), start=1):
        if not isinstance(row.get("problem"), str):
            raise InvalidSamples(
                f"{source}, row {number}: expected 'problem' and 'answer' or 'solution', got {', '.join(map(str, row))}"
            )
        level = _level(row.get("level"))
        answer = _answer(row)
        key = _key(row["problem"])
        if answer is None or key in held_out or (level is not None and level not in levels):
            continue
        problem = MathsProblem(id=f"math-{number}", problem=row["problem"], references=(answer,))
        found.setdefault(key, (problem, level or 0))
        if limit is not None and len(found) == limit:
            break
    if not found:
        raise InvalidSamples(f"{source}: expected problems of levels {list(levels)} with an answer, found none")
    return list(found.values())


@cache
def evaluation_problems() -> frozenset[str]:
    """What a problem of an evaluation set is known by."""
    return frozenset(_key(problem.problem) for name in SETS for problem in load_set(name))


def _rows(source: str | Path) -> Iterable[Mapping[str, Any]]:
    path = Path(source)
    if path.name.endswith((".jsonl", ".jsonl.gz")):
        return [row for _, row in read_records(path)]
    if path.suffix == ".json":
        rows = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(rows, list):
            raise InvalidSamples(f"{source}: expected a list of objects, got {type(rows).__name__}")
        return rows
    try:
        import datasets
    except ImportError as error:
        raise MissingExtra(f"{source}: reading it needs datasets; pip install 'semuq[rl]'") from error
    if path.suffix == ".parquet":
        loaded = datasets.load_dataset("parquet", data_files=str(path))
    elif path.is_dir():
        loaded = datasets.load_from_disk(str(path))
    else:
        try:
            loaded = datasets.load_dataset(str(source))
        except (OSError, ValueError) as error:
            raise InvalidSamples(
                f"task.source: expected a data set on the hub, a file or a folder, got {str(source)!r} ({error}); "
                "get it once with a connection, or pass --set task.source=FILE"
            ) from None
    splits = list(loaded.values()) if isinstance(loaded, dict) else [loaded]
    return (row for split in splits for row in split)


def _level(value: Any) -> int | None:
    digits = re.search(r"[1-5]", str(value)) if value is not None else None
    return int(digits[0]) if digits else None


def _answer(row: Mapping[str, Any]) -> str | None:
    for name in ("answer", "expected_answer", "gt_answer"):
        if row.get(name) is not None and str(row[name]).strip():
            return str(row[name]).strip()
    return last_boxed(str(row.get("solution", "")))


def _key(problem: str) -> str:
    """A problem's text, spacing apart."""
    return "".join(problem.split())
