"""What a change of conditions does: to a task's score (perturbed questions), and to an uncertainty (temperature)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from semuq.errors import InvalidParameter
from semuq.numerics import FloatArray

__all__ = ["Robustness", "performance_drop_rate", "robustness", "temperature_sensitivity"]


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """A task's score under perturbation, by kind of perturbation.

    Args:
        clean: mean score on the questions as they are.
        perturbed: kind -> mean score on the questions perturbed in this way.
        drop_rates: kind -> `performance_drop_rate`.
        worst_kind: the kind with the lowest mean score.
        worst_case: mean over questions of the lowest score that any of the kinds leads to.
    """

    clean: float
    perturbed: Mapping[str, float]
    drop_rates: Mapping[str, float]
    worst_kind: str
    worst_case: float


def performance_drop_rate(clean: ArrayLike, perturbed: ArrayLike) -> float:
    """1 - mean(perturbed) / mean(clean): the share of the score that perturbation takes. 0 = none, 1 = all.

    Negative where the score rises.

    Args:
        clean, perturbed: (questions,) scores >= 0, such as 1 for a right and 0 for a wrong answer.

    Raises:
        InvalidParameter: shapes differ, a score is negative or not finite, or all clean scores are 0: there is
            nothing to lose, and the rate is undefined.

    Example:
        >>> round(performance_drop_rate([1, 1, 0, 1], [1, 0, 0, 1]), 4)
        0.3333

    References: Zhu et al., PromptRobust (PromptBench), arXiv:2306.04528.
    """
    before, after = _scores("clean", clean), _scores("perturbed", perturbed)
    if before.shape != after.shape:
        raise InvalidParameter(f"perturbed: expected shape {before.shape}, as clean, got {after.shape}")
    if not before.any():
        raise InvalidParameter("clean: expected a score above 0 somewhere, got only 0; the drop rate is undefined")
    return float(1 - after.mean() / before.mean())


def robustness(clean: ArrayLike, perturbed: Mapping[str, ArrayLike]) -> Robustness:
    """The scores of a task under several kinds of perturbation, side by side.

    Args:
        clean: (questions,) scores >= 0 on the questions as they are.
        perturbed: kind -> (questions,) scores on the same questions, perturbed.

    Raises:
        InvalidParameter: as `performance_drop_rate`, or there is no kind.

    Example:
        >>> found = robustness([1, 1, 0, 1], {"C1": [1, 0, 0, 1], "S2": [1, 1, 0, 0]})
        >>> found.worst_kind, found.worst_case, round(found.drop_rates["S2"], 4)
        ('C1', 0.25, 0.3333)
    """
    if not isinstance(perturbed, Mapping) or not perturbed:
        raise InvalidParameter(f"perturbed: expected kind -> scores for at least one kind, got {perturbed!r:.60}")
    rates = {kind: performance_drop_rate(clean, scores) for kind, scores in perturbed.items()}
    arrays = {kind: _scores(kind, scores) for kind, scores in perturbed.items()}
    means = {kind: float(scores.mean()) for kind, scores in arrays.items()}
    return Robustness(
        clean=float(_scores("clean", clean).mean()),
        perturbed=means,
        drop_rates=rates,
        worst_kind=min(means, key=lambda kind: means[kind]),
        worst_case=float(np.min(list(arrays.values()), axis=0).mean()),
    )


def temperature_sensitivity(scores: ArrayLike) -> float:
    """The share of questions whose uncertainty rises with every step of temperature (TSU). Higher = better.

    TSU(T_1, ..., T_k) = (1/Q) sum_q 1[U_q(T_1) < U_q(T_2) < ... < U_q(T_k)]. A tie is no rise.

    Args:
        scores: (temperatures, questions) the uncertainties, temperatures in ascending order, at least two.

    Raises:
        InvalidParameter: another shape, or a score is NaN.

    Variant. The natural reading of the paper's abstract [inferred]; its formula was not at hand. To sample the
    ladder: `sampler.at(temperature=t)` for each t, see the page on sampling.

    Example:
        >>> round(temperature_sensitivity([[0.1, 0.5, 0.2], [0.2, 0.5, 0.3], [0.9, 0.8, 0.4]]), 4)
        0.6667

    References: Song, Ji, Shi, Lai, Al Kontar, Inv-Entropy, NeurIPS 2025, arXiv:2506.09684.
    """
    ladder = np.asarray(scores, dtype=np.float64)
    if ladder.ndim != 2 or len(ladder) < 2 or not ladder.shape[1] or np.isnan(ladder).any():
        raise InvalidParameter(
            "scores: expected (temperatures, questions) with at least two temperatures and no NaN, "
            f"got shape {ladder.shape}"
        )
    return float((ladder[1:] > ladder[:-1]).all(axis=0).mean())


def _scores(name: str, values: Any) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    # `not >=` rather than `<`: NaN must fail too.
    if array.ndim != 1 or not array.size or not (array >= 0).all() or not np.isfinite(array).all():
        raise InvalidParameter(f"{name}: expected (questions,) finite scores >= 0, got {values!r:.60}")
    return array
