"""Pairs of answers that are known to mean the same or not: hand-written contrasts, and cases of `benchmarks.edges`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.edges.__main__ import FILES, cases

HERE = Path(__file__).parent
KINDS = ("short answers", "scripts and symbols")

Pair = tuple[str, str, str, bool]
"""Question, answer, answer, whether they mean the same."""


def contrast_rows(path: Path) -> list[dict[str, Any]]:
    """The lines of a file of contrasts."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def contrasts(part: str) -> list[Pair]:
    """The hand-written contrasts of a part, "dev" or "test"."""
    rows = contrast_rows(HERE / f"contrasts_{part}.jsonl")
    return [(row["question"], row["a"], row["b"], bool(row["same"])) for row in rows]


def edge_cases(files: Sequence[str] = FILES) -> list[tuple[str, str, Pair]]:
    """The kind, the set and the pair of each case that compares two answers."""
    return [(case.kind, case.group, (*case.input, case.right == "same")) for case in cases(files) if case.kind in KINDS]
