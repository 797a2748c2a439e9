"""What is gained by not answering: accuracy-rejection and risk-coverage.

All take (scores, correct), higher score = more uncertain, correct boolean or in [0, 1] (fractions are
averaged as they are: a mean quality). Answers are rejected, most uncertain first. Equal scores stand in random
order; the results are the exact expectation over that order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from semuq.binomial import wilson_ends
from semuq.checks import one_of
from semuq.errors import InvalidParameter
from semuq.metrics import weighted
from semuq.metrics.inputs import as_pair
from semuq.numerics import FloatArray, IntArray

__all__ = [
    "RiskCoverage",
    "auarc",
    "auarc_oracle",
    "auarc_random",
    "prr",
    "risk_coverage",
]

Form = Literal["mean", "trapezoid"]


def auarc(scores: ArrayLike, correct: ArrayLike, *, form: Form = "mean") -> float:
    r"""Mean accuracy of what is still answered, as the most uncertain answers are rejected one by one.

    Formula.
        AUARC = (1/n) sum_{k=1..n} (1/k) sum_{i <= k} a_(i)
    a_(i): correctness of the i-th least uncertain answer; with A_k the inner mean, form "trapezoid" is
        (1/(n - 1)) sum_{k=1..n-1} (A_k + A_{k+1}) / 2
    Compare with `auarc_random` (the plain
    accuracy) and `auarc_oracle` (rejecting wrong answers first): the three depend on the accuracy.

    Args:
        scores: (n,), higher = more uncertain.
        correct: (n,), boolean or in [0, 1].
        form: "mean" over every k, or "trapezoid", as Lin et al.'s released code.

    Returns: in [0, 1], no unit.

    Raises:
        InvalidParameter: NaN, or lengths that differ; an unknown form.

    Degenerate cases. Constant scores, all right or all wrong: the accuracy. n = 1: the correctness.

    Cost. O(n log n).

    Variant. Nothing is rejected entirely, so no accuracy of an empty set has to be made up. Lin et al.'s released
    code takes the trapezoid over the same points, which counts the first and the last by half: the two differ by
    (A_1 + A_n - 2 AUARC) / (2 (n - 1)), which is little from some hundreds of answers on. Among equal scores the
    released code keeps whatever order its sort leaves; here each A_k is the expectation over all orders.

    Example:
        >>> u, a = [0.1, 0.4, 0.35, 0.8], [True, True, False, False]
        >>> round(auarc(u, a), 4), auarc_random(u, a), round(auarc_oracle(u, a), 4)
        (0.6667, 0.5, 0.7917)

    References: Nadeem, Zucker, Hanczar, Accuracy-rejection curves, MLSB 2009; Lin, Trivedi, Sun,
    Generating with confidence, TMLR 2024, arXiv:2305.19187.
    """
    u, a = as_pair(scores, correct)
    one_of(None, get_args(Form), form=form)
    return float(weighted.auarc(u, a, form=form)(np.ones((1, len(u))))[0])


def auarc_random(scores: ArrayLike, correct: ArrayLike) -> float:
    """AUARC of rejecting at random: the mean correctness. The scores are checked and not used."""
    return float(as_pair(scores, correct)[1].mean())


def auarc_oracle(scores: ArrayLike, correct: ArrayLike) -> float:
    """AUARC of rejecting the least correct first, the most any score can reach. Scores are not used."""
    _, a = as_pair(scores, correct)
    return auarc(-a, a)


def prr(
    scores: ArrayLike,
    correct: ArrayLike,
    *,
    normalisation: Literal["retained", "replaced"] = "retained",
    max_rejection: float = 1.0,
) -> float:
    r"""Prediction rejection ratio: how much of an oracle's gain over random rejection a score gets.

    Formula.
        PRR = (A - A_random) / (A_oracle - A_random)
    with A an area over the share rejected, most uncertain first, of one of two published curves:
        "retained"  mean correctness of the answers that remain (LM-Polygraph); A = `auarc`.
        "replaced"  share of all errors that the rejected answers hold (Malinin and Gales: rejected
                    answers go to an oracle). For boolean correctness this is 2 AUROC - 1, exactly.
    The two differ in value and may differ in order: name the one you report.

    Args:
        scores, correct: as `auarc`.
        normalisation: "retained" or "replaced".
        max_rejection: reject at most this share, in (0, 1]; "retained" only. LM-Polygraph's later
            releases report 0.5, where the noisy end of the curve with few answers left plays no part.

    Returns: at most 1 (the oracle); 0 is random; negative is worse than random, without a lower limit
        for "retained".

    Raises:
        InvalidParameter: an input is malformed, an option unknown, or all answers are equally correct.

    Degenerate cases. Constant scores: 0.

    Cost. O(n log n).

    Example:
        >>> u, a = [0.1, 0.4, 0.35, 0.8], [True, True, False, False]
        >>> round(prr(u, a), 4), round(prr(u, a, normalisation="replaced"), 4)
        (0.5714, 0.5)

    References: Malinin and Gales, Uncertainty estimation in autoregressive structured prediction, ICLR
    2021, arXiv:2002.07650; Vashurin et al., Benchmarking uncertainty quantification methods for large
    language models with LM-Polygraph, TACL 2025, arXiv:2406.15627.
    """
    if normalisation not in ("retained", "replaced"):
        raise InvalidParameter(f"normalisation: expected 'retained' or 'replaced', got {normalisation!r}")
    if not 0 < max_rejection <= 1:
        raise InvalidParameter(f"max_rejection: expected a share in (0, 1], got {max_rejection!r}")
    if normalisation == "replaced" and max_rejection != 1:
        raise InvalidParameter(
            f"max_rejection: expected 1.0 with normalisation='replaced', got {max_rejection:g}; use 'retained'"
        )
    u, a = as_pair(scores, correct)
    if (a == a[0]).all():
        raise InvalidParameter(
            f"correct: prr needs answers of different correctness, got {len(a)} times {a[0]:g}; "
            "take more or other questions"
        )
    value = weighted.prr(u, a, normalisation=normalisation, max_rejection=max_rejection)(np.ones((1, len(u))))[0]
    if np.isnan(value):
        raise InvalidParameter(
            f"max_rejection: expected a share that rejects at least one of {len(u)} answers, got {max_rejection:g}; "
            f"take at least {2 / len(u):g} or more answers"
        )
    return float(value)


@dataclass(frozen=True, kw_only=True, eq=False)
class RiskCoverage:
    """The risk-coverage curve: a point for each distinct score taken as a threshold.

    Args:
        threshold: (k,) ascending; answering where score <= threshold gives the point.
        coverage: (k,) share answered, in (0, 1], ascending.
        risk: (k,) mean of 1 - correct among the answered.
        low, high: (k,) Wilson interval of `risk` at the asked confidence, for a threshold that was chosen beforehand.
        counts: (k,) answers at or below the threshold.
        area: AURC = 1 - AUARC, the mean risk over every number of answers kept.
    """

    threshold: FloatArray
    coverage: FloatArray
    risk: FloatArray
    low: FloatArray
    high: FloatArray
    counts: IntArray
    area: float


def risk_coverage(scores: ArrayLike, correct: ArrayLike, *, confidence: float = 0.95) -> RiskCoverage:
    """Error rate among the answered, against the share answered.

    Formula.
        coverage(t) = P(u <= t),   risk(t) = E[1 - a | u <= t]
    Only thresholds that can be set are listed: answers with equal scores go together.

    Raises:
        InvalidParameter: NaN, lengths that differ, or a confidence outside (0, 1).

    Degenerate cases. Constant scores: one point, coverage 1.

    Example:
        >>> curve = risk_coverage([0.1, 0.4, 0.4, 0.8], [True, True, False, False])
        >>> curve.coverage, curve.risk.round(3)
        (array([0.25, 0.75, 1.  ]), array([0.   , 0.333, 0.5  ]))

    References: El-Yaniv and Wiener, On the foundations of noise-free selective classification, JMLR 2010;
    Geifman and El-Yaniv, Selective classification for deep neural networks, NeurIPS 2017.
    """
    u, a = as_pair(scores, correct)
    order = np.argsort(u, kind="stable")
    last = np.flatnonzero(np.append(u[order][1:] != u[order][:-1], True))
    counts = last + 1
    risk = np.cumsum(1 - a[order])[last] / counts
    low, high = wilson_ends(risk, counts, confidence)
    return RiskCoverage(
        threshold=u[order][last],
        coverage=counts / len(u),
        risk=risk,
        low=low,
        high=high,
        counts=counts,
        area=1 - auarc(u, a),
    )
