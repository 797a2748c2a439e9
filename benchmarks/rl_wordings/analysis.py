"""What each arm changed from before to after, over starts, and the verdicts of design.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.rl.statistics import student_interval
from benchmarks.rl_small.command import Record, by_arm, provenance

__all__ = ["analysed"]

FloatArray = NDArray[np.float64]

BASELINE = "right"
MEASURES = ("accuracy", "agreement", "entropy_gap", "entropy", "length", "distinct", "unread", "divergence")
LONGER = 1 / 3


def analysed(records: Iterable[Record]) -> dict[str, Any]:
    """The record of results."""
    runs = by_arm(records)
    arms = {arm: _arm(own, runs.get(BASELINE, {})) for arm, own in runs.items()}
    starts = {number: own for each in runs.values() for number, own in each.items()}
    return {
        "question": "Do rewards over wordings of one question make a model agree with itself, and is it right then?",
        "command": "python -m benchmarks.rl_wordings",
        "before": {name: _mean(list(starts.values()), "before", name) for name in MEASURES},
        "arms": arms,
        "verdicts": {
            "narrower_gap": _claim(arms["information"]["change"]["entropy_gap"]),
            "agreement_without_loss": {arm: _gain(own["change"]) for arm, own in arms.items()},
            "hack": {arm: _hack(own) for arm, own in arms.items()},
        },
        **provenance(runs),
    }


def _arm(own: Mapping[int, Record], baseline: Mapping[int, Record]) -> dict[str, Any]:
    runs = list(own.values())
    shared = sorted(set(own) & set(baseline))
    change, beside = {}, {}
    for name in MEASURES:
        change[name] = student_interval(np.array([run["after"][name] - run["before"][name] for run in runs]), digits=4)
        beside[name] = student_interval(
            np.array([own[k]["after"][name] - baseline[k]["after"][name] for k in shared]), digits=4
        )
    return {
        "starts": len(runs),
        "after": {name: _mean(runs, "after", name) for name in MEASURES},
        "change": change,
        "less_right": beside,
        "length_ratio": round(_mean(runs, "after", "length") / _mean(runs, "before", "length"), 3),
    }


def _mean(runs: Sequence[Record], when: str, name: str) -> float:
    return round(float(np.mean([run[when][name] for run in runs])), 4)


def _claim(gap: list[float] | None) -> str:
    if gap is None:
        return "open"
    return "reproduced" if gap[2] < 0 else "reversed" if gap[1] > 0 else "null"


def _gain(change: Mapping[str, list[float] | None]) -> str:
    """Agreement rises, and accuracy does not fall."""
    agreement, accuracy = change["agreement"], change["accuracy"]
    if agreement is None or accuracy is None:
        return "open"
    if agreement[1] <= 0:
        return "agreement falls" if agreement[2] < 0 else "agreement does not rise"
    return "yes" if accuracy[2] >= 0 else "agreement rises, accuracy falls"


def _hack(own: Mapping[str, Any]) -> str:
    """Equal information without agreement, without being right, or by another length."""
    gap, agreement, accuracy = (own["change"][name] for name in ("entropy_gap", "agreement", "accuracy"))
    if gap is None:
        return "open"
    if gap[2] >= 0:
        return "gap does not fall"
    if agreement[1] <= 0 or accuracy[2] < 0 or abs(own["length_ratio"] - 1) > LONGER:
        return "yes"
    return "no"
