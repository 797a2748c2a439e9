"""The problems: typed functions to be written, from MBPP and HumanEval, in an order drawn once."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PER_HUMANEVAL = 2
"""Problems of MBPP for each one of HumanEval."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A function to be written.

    Args:
        id: the name of the problem.
        set: "mbpp" or "humaneval".
        prompt: imports, the head of the function and its docstring.
        entry_point: the name of the function.
        test: a script of assertions about it, run behind its definition.
    """

    id: str
    set: str
    prompt: str
    entry_point: str
    test: str


def problems(count: int | None = None) -> list[Problem]:
    """The first so many problems; any number of them is two parts of MBPP and one of HumanEval, while both last."""
    mbpp, humaneval = (_drawn(name) for name in ("mbpp", "humaneval"))
    found: list[Problem] = []
    while mbpp or humaneval:
        found += mbpp[:PER_HUMANEVAL] + humaneval[:1]
        mbpp, humaneval = mbpp[PER_HUMANEVAL:], humaneval[1:]
    return found[:count]


def _drawn(name: str) -> list[Problem]:
    with gzip.open(HERE / "data" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    found = [
        Problem(id=row["name"], set=name, prompt=row["prompt"], entry_point=row["entry_point"], test=row["test"])
        for row in rows
    ]
    return sorted(found, key=lambda own: hashlib.sha256(own.id.encode()).hexdigest())
