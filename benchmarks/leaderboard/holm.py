"""Who differs from semantic entropy beyond chance, when many are compared at once: Holm's correction."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import norm

from benchmarks.leaderboard.contestants import SEMANTIC_ENTROPY
from benchmarks.leaderboard.measures import Estimate
from semuq.metrics import holm

COUNTED = "DiscreteSemanticEntropy"
"""Semantic entropy of answers without log-probs."""


def reference(names: object) -> str | None:
    """Who others are held against: semantic entropy, of counts where there are no log-probs."""
    assert isinstance(names, Mapping)
    return next((name for name in (SEMANTIC_ENTROPY, COUNTED) if name in names), None)


def against(estimates: Mapping[str, Estimate]) -> dict[str, dict[str, float]]:
    """name -> difference in AUROC to semantic entropy, p of its being 0, and p by Holm over all contestants.

    The p is two-sided and normal, with the standard error of the paired bootstrap: the draws themselves, a thousand,
    could not show one small enough to survive the correction.
    """
    own = reference(estimates)
    if own is None or np.isnan(estimates[own].value):
        return {}
    found: dict[str, dict[str, float]] = {}
    for name, estimate in estimates.items():
        gap = estimate - estimates[own]
        kept = gap.draws[~np.isnan(gap.draws)]
        if name == own or np.isnan(gap.value) or not kept.size:
            continue
        error = float(kept.std())
        p = 1.0 if error == 0 else float(2 * norm.sf(abs(gap.value) / error))
        found[name] = {"difference": round(gap.value, 4), "p": p}
    for name, p in zip(found, holm([one["p"] for one in found.values()]), strict=True):
        found[name]["p_holm"] = p
    return found
