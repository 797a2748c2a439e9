"""Probabilities of the unbatched float32 model, kept in a file and compared with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.scorer.worker.contestant import Outcome

Reference = dict[tuple[int, ...], list[float]]
"""By the token ids of the pair."""


def compared(outcome: Outcome, reference: Reference) -> dict[str, Any]:
    """The largest difference of a probability, over the pairs that the reference has."""
    largest, known, unknown = 0.0, set(), 0
    for ids, found in outcome.found:
        expected = reference.get(ids)
        if expected is None:
            unknown += 1
            continue
        known.add(ids)
        largest = max(largest, *(abs(a - b) for a, b in zip(found, expected, strict=True)))
    return {"difference": largest, "compared": len(known), "not_in_reference": unknown}


def save(outcome: Outcome, path: str) -> None:
    """Keep what was found as a reference."""
    with Path(path).open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(pair) + "\n" for pair in outcome.found)


def read_reference(path: str | None) -> Reference:
    """Probabilities by token ids."""
    if path is None:
        return {}
    with Path(path).open(encoding="utf-8") as file:
        return {tuple(ids): probabilities for ids, probabilities in map(json.loads, file)}
