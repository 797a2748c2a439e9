"""What a modulated step writes into the logs: a handful of numbers, and columns of the completions table.

Pure functions of arrays; the trainer hands the numbers to TRL's metrics and the columns to its table.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from semuq.numerics import BoolArray, FloatArray
from semuq_rl.groups import GroupBatch
from semuq_rl.groups.answers import Extract
from semuq_rl.groups.signals import SignalResult
from semuq_rl.modulators.controls import accuracies

__all__ = ["COLUMNS", "PREFIX", "signal_metrics", "step_columns", "step_metrics"]


_NEGLIGIBLE = 1e-3

PREFIX = "modulation/"
"""Of all metrics and columns, so that they meet nobody else's."""

COLUMNS = ("advantage", "signal", "failed", "answer", "cluster")
"""Columns of the completions table, without the prefix."""


def step_metrics(before: Any, after: Any, present: Any, differs: Any) -> dict[str, float]:
    """What happened to a step's advantages.

    Args:
        before: (P, G) or (P, G, T) advantages as the trainer made them.
        after: the modulated ones, of the same shape.
        present: bool of the same shape, where a rollout or token is.
        differs: (P,) whether the rewards of a group differ.

    Returns:
        advantage_abs_before, advantage_abs_after: means of |A| where something is.
        multiplier_mean, _min, _max: of A' / A where A is not 0; NaN if it is 0 everywhere. Below 0
            where an advantage changed its sign.
        step_factor: sum |A'| / sum |A|, the mean of the multiplier weighted by |A|: what a step lost or
            gained in size; NaN if the sum is 0. Two arms that differ in it differ in more than in what
            they learn from.
        zero_gradient: the share of groups whose A' are all 0.
        zero_variance: the share of groups whose rewards are all equal.
    0 is anything below a thousandth of the largest |A| of the groups with a gradient: trainers work
    in float32, and may leave a group of equal rewards advantages of rounding.

    >>> step_metrics([[0.5, -0.5], [0.0, 0.0]], [[0.4, -0.4], [0.0, 0.0]], np.ones((2, 2), dtype=bool), [True, False])
    {'advantage_abs_before': 0.25, 'advantage_abs_after': 0.2, 'multiplier_mean': 0.8, 'multiplier_min': 0.8,
     'multiplier_max': 0.8, 'step_factor': 0.8, 'zero_gradient': 0.5, 'zero_variance': 0.5}
    """
    old, new, real = np.asarray(before), np.asarray(after), np.asarray(present)
    sizes = np.where(real, np.abs(old), 0.0)
    least = _NEGLIGIBLE * (sizes[np.asarray(differs)].max(initial=0.0) or 1.0)
    moved = sizes > least
    ratio = new[moved] / old[moved] if moved.any() else np.array([np.nan])
    silent = (np.where(real, np.abs(new), 0.0) <= least).reshape(len(new), -1).all(axis=1)
    return {
        "advantage_abs_before": float(np.abs(old[real]).mean()) if real.any() else 0.0,
        "advantage_abs_after": float(np.abs(new[real]).mean()) if real.any() else 0.0,
        "multiplier_mean": float(ratio.mean()),
        "multiplier_min": float(ratio.min()),
        "multiplier_max": float(ratio.max()),
        "step_factor": float(np.abs(new[moved]).sum() / np.abs(old[moved]).sum()) if moved.any() else float("nan"),
        "zero_gradient": float(silent.mean()),
        "zero_variance": float(1 - np.mean(differs)),
    }


def signal_metrics(result: SignalResult, batch: GroupBatch) -> dict[str, float]:
    """What was measured: signal_mean and signal_std over the groups with a signal (NaN if there is
    none), groups_failed, unparsable (the share of rollouts without an answer), signal_clipped,
    signal_accuracy_correlation (Pearson's, with the groups' mean rewards; left out if either is constant).
    """
    values = result.values[result.known]
    accuracy = accuracies(batch.rewards, batch.mask)[result.known]
    related = len(values) > 1 and np.ptp(values) > 0 and np.ptp(accuracy) > 0
    found = {
        "signal_mean": float(values.mean()) if len(values) else float("nan"),
        "signal_std": float(values.std()) if len(values) else float("nan"),
        "groups_failed": float(result.failed),
        "unparsable": result.unparsable / int(batch.mask.sum()),
        "signal_clipped": float(result.clipped),
    }
    # A single NaN would make one of the mean over all steps between two log lines.
    return found | ({"signal_accuracy_correlation": float(np.corrcoef(values, accuracy)[0, 1])} if related else {})


def step_columns(
    advantages: FloatArray, batch: GroupBatch, kept: BoolArray, result: SignalResult | None, extract: Extract | None
) -> dict[str, list[Any]]:
    """Columns of the completions table, a value for each of the P G rollouts or None.

    Args:
        advantages: (P', G) modulated, or (P', G, T), of which the mean over the tokens is shown.
        batch: the P' questions that were modulated.
        kept: (P,) which of the step's questions they are.
        result: their signal, if any.
        extract: finds the answer that the signal compared.

    Returns:
        By name: advantage, signal, failed (why a group has no signal), answer, cluster.
    """
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    shown = advantages
    if shown.ndim == 3 and batch.token_mask is not None:
        shown = np.where(batch.token_mask, shown, 0.0).sum(axis=2) / np.maximum(batch.token_mask.sum(axis=2), 1)
    place = 0
    for modulated in kept:
        p, place = place, place + int(modulated)
        for g in range(batch.mask.shape[1]):
            row: dict[str, Any] = {}
            if modulated and batch.mask[p, g]:
                row["advantage"] = float(shown[p, g])
                if result is not None:
                    row["signal"] = float(result.values[p]) if result.known[p] else None
                    row["failed"] = result.reasons.get(p)
                    row["answer"] = extract(batch.texts[p][g]) if extract else None
                    row["cluster"] = int(result.clusters[p][g]) if p in result.clusters else None
            for name in COLUMNS:
                columns[name].append(row.get(name))
    return columns
