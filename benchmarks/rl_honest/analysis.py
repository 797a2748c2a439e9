"""What each arm changed from before to after, over starts, and the verdicts of design.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from benchmarks.rl.statistics import LEVEL, sign_flip, student_interval
from benchmarks.rl_small.command import Record, by_arm, provenance
from semuq.metrics import holm
from semuq.numerics import FloatArray

__all__ = ["analysed"]

CLAIMS = (
    ("calibration_error", "calibrated", "right", -1),
    ("separation", "calibrated", "right", 1),
    ("separation", "calibrated", "exchanged", 1),
    ("wrong", "truthful", "right", -1),
    ("truthful", "truthful", "right", 1),
)
"""(measure, arm, other arm, side of 0 that is claimed)."""


def analysed(records: Iterable[Record]) -> dict[str, Any]:
    """The record of results."""
    runs = by_arm(records)
    claims = []
    for measure, arm, other, side in CLAIMS:
        lead = _lead(runs[arm], runs[other], measure)
        value = student_interval(lead, digits=4)
        claims.append({"claim": f"{measure}, {arm} less {other}", "side": side, "value": value, "p": sign_flip(lead)})
    for claim, corrected in zip(claims, holm([claim["p"] for claim in claims]), strict=True):
        claim["holm"] = round(float(corrected), 4)
        sided = float(np.sign(claim["value"][0])) == claim["side"] if claim["value"] else False
        claim["verdict"] = "null" if claim["holm"] >= LEVEL else "established" if sided else "reversed"
    return {
        "question": "Does a reward for honesty teach a model to say how sure it is, and else to keep silent?",
        "command": "python -m benchmarks.rl_honest",
        "before": _means(runs["right"], "before"),
        "arms": {arm: {"starts": len(own), "after": _means(own, "after")} for arm, own in runs.items()},
        "claims": claims,
        "price of calibration": student_interval(_lead(runs["calibrated"], runs["right"], "solved"), digits=4),
        **provenance(runs),
    }


def _lead(own: Mapping[int, Record], other: Mapping[int, Record], measure: str) -> FloatArray:
    """(starts,) differences after training, of the starts that both arms have done and where both can be told."""
    pairs = [
        (own[number]["after"][measure], other[number]["after"][measure]) for number in sorted(set(own) & set(other))
    ]
    return np.array([a - b for a, b in pairs if a is not None and b is not None], dtype=np.float64)


def _means(runs: Mapping[int, Record], when: str) -> dict[str, float | None]:
    """Over starts; None where a measure cannot be told of any."""
    found: dict[str, float | None] = {}
    for name in next(iter(runs.values()))[when]:
        values = [run[when][name] for run in runs.values() if run[when][name] is not None]
        found[name] = round(float(np.mean(values)), 4) if values else None
    return found
