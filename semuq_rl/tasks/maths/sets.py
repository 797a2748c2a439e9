"""The five evaluation sets of the SEED-GRPO and Dr.GRPO papers; `data/SOURCES.md` says where they are from."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from importlib.resources import files

from semuq.checks import whole
from semuq.errors import InvalidParameter

__all__ = ["SETS", "MathsProblem", "check_set", "load_set"]

SETS = {"aime24": 30, "amc": 83, "math500": 500, "minerva": 272, "olympiadbench": 675}
"""name -> how many problems."""


@dataclass(frozen=True, kw_only=True)
class MathsProblem:
    """One problem; each of its references is a right answer."""

    id: str
    problem: str
    references: tuple[str, ...]


def load_set(name: str, *, limit: int | None = None) -> list[MathsProblem]:
    """The problems of a set in their order, or the first `limit`.

    >>> len(load_set("aime24")), load_set("aime24", limit=2)[1].references
    (30, ('025',))

    Raises:
        InvalidParameter: there is no such set, or the limit is not positive.
    """
    check_set(name)
    if limit is not None:
        whole(None, 1, limit=limit)
    packed = files("semuq_rl.tasks.maths").joinpath("data", f"{name}.jsonl.gz").read_bytes()
    rows = [json.loads(line) for line in gzip.decompress(packed).decode("utf-8").splitlines()][:limit]
    return [
        MathsProblem(id=f"{name}-{place}", problem=row["problem"], references=_references(row["answer"]))
        for place, row in enumerate(rows)
    ]


def check_set(name: str) -> None:
    """Refuse a set that is not there."""
    if name not in SETS:
        raise InvalidParameter(f"sets: expected one of {', '.join(SETS)}, got {name!r}")


def _references(answer: str | list[str]) -> tuple[str, ...]:
    """Right answers, stripped, each once."""
    return tuple(dict.fromkeys(text.strip() for text in ([answer] if isinstance(answer, str) else answer)))
