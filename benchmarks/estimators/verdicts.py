"""Recorded values beside ours: equal, different for a stated reason, or unexplained."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.estimators.case import Case
from benchmarks.estimators.comparing import Comparison, Difference, Value
from benchmarks.estimators.comparisons import COMPARISONS

__all__ = ["Verdict", "summary", "verdicts"]


@dataclass(frozen=True)
class Verdict:
    """One value of another package beside ours; `difference` is None where they are equal or nothing explains it."""

    comparison: Comparison
    case: Case
    theirs: Value
    ours: float
    equal: bool
    difference: Difference | None

    @property
    def explained(self) -> bool:
        """Equal, or different for a stated reason."""
        return self.equal or self.difference is not None


def verdicts(recorded: dict[str, Any]) -> Iterator[Verdict]:
    """Every recorded value judged, ours computed anew."""
    cases = [Case(given) for given in recorded["inputs"]]
    for comparison in COMPARISONS:
        values = recorded["values"][comparison.package][comparison.method]
        for case, value in zip(cases, values, strict=True):
            yield judge(comparison, case, read(value))


def judge(comparison: Comparison, case: Case, theirs: Value) -> Verdict:
    """One value judged."""
    ours = comparison.value(case)
    equal = not isinstance(theirs, str) and close(comparison.convert(theirs, case), ours, comparison.tolerance)
    difference = None
    if not equal:
        difference = next(
            (own for own in comparison.differences if own.applies(case) and same(own.theirs(case), theirs, comparison)),
            None,
        )
    return Verdict(comparison, case, theirs, ours, equal, difference)


def close(a: float, b: float, tolerance: float) -> bool:
    """Finite and within the tolerance, relative above 1."""
    return bool(math.isfinite(a) and math.isfinite(b) and abs(a - b) <= tolerance * max(1.0, abs(a), abs(b)))


def same(reproduced: Value, theirs: Value, comparison: Comparison) -> bool:
    """Whether a reproduction gives the other package's own number, no-number or error."""
    if isinstance(theirs, str) or isinstance(reproduced, str):
        return isinstance(theirs, str) and isinstance(reproduced, str) and theirs.startswith(reproduced)
    if not math.isfinite(theirs):
        return theirs == reproduced or (math.isnan(theirs) and math.isnan(reproduced))
    return close(reproduced, theirs, max(comparison.tolerance, 1e-7))


def read(value: Value) -> Value:
    """A recorded number; those JSON does not know are strings."""
    return float(value) if value in ("nan", "inf", "-inf") else value


def summary(recorded: dict[str, Any]) -> list[dict[str, Any]]:
    """For each comparison how many values are equal, and the differences with an example of each."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for own in verdicts(recorded):
        row = rows.setdefault(
            (own.comparison.package, own.comparison.method),
            {
                "package": own.comparison.package,
                "method": own.comparison.method,
                "ours": own.comparison.ours,
                "conversion": own.comparison.conversion,
                "tolerance": own.comparison.tolerance,
                "inputs": 0,
                "equal": 0,
                "differences": [],
                "unexplained": [],
            },
        )
        row["inputs"] += 1
        row["equal"] += own.equal
        if own.difference is not None:
            _count(row["differences"], own)
        elif not own.equal:
            row["unexplained"].append({"input": own.case.name, "theirs": show(own.theirs), "ours": show(own.ours)})
    return list(rows.values())


def _count(differences: list[dict[str, Any]], own: Verdict) -> None:
    assert own.difference is not None
    for known in differences:
        if known["why"] == own.difference.why:
            known["inputs"] += 1
            return
    example = {"input": own.case.name, "theirs": show(own.theirs), "ours": show(own.ours)}
    differences.append({"why": own.difference.why, "right": own.difference.right, "inputs": 1, "example": example})


def show(value: Value) -> Value:
    """A number as it is kept: ten digits, and a string where JSON has no number."""
    if isinstance(value, str):
        return value
    value = float(value)
    return float(f"{value:.10g}") if math.isfinite(value) else str(value)
