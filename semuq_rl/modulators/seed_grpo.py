"""SEED-GRPO (arXiv:2505.12346): a question's advantages times a falling function of its uncertainty.

Eq. 6, A'_i = A_i f(alpha SE(q) / SE_max). The signal comes normalised (`Signal` divides by log G),
and may be any estimator. The paper and its released code differ: `seed_paper`, `seed_released`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from semuq.checks import one_of, whole, within
from semuq.numerics import FloatArray
from semuq_rl.groups.signals import read_signal
from semuq_rl.modulators.base import Claims, Modulator, group_sizes, modulator, spread
from semuq_rl.modulators.schedules import Schedule, strength_at

__all__ = [
    "RELEASED_ALPHA",
    "Renormalise",
    "SeedState",
    "Shape",
    "seed_factor",
    "seed_grpo",
    "seed_paper",
    "seed_released",
]


Shape = Literal["linear", "exponential", "focal", "reciprocal"]
Renormalise = Literal["none", "questions", "advantages"]

PAPER_ALPHA = 0.02
RELEASED_ALPHA = 0.0417
"""The released constant: 0.02 log 8, so 1 / (1 + 0.0417 H / log G) is 1 / (1 + 0.02 H) at G = 8."""

_SHAPES: dict[Shape, Callable[[FloatArray, float], FloatArray]] = {
    "linear": lambda u, alpha: 1 - alpha * u,
    "exponential": lambda u, alpha: np.exp(-alpha * u),
    "focal": lambda u, alpha: (1 - u) ** alpha,
    "reciprocal": lambda u, alpha: 1 / (1 + alpha * u),
}
_LOWEST: dict[Shape, Callable[[float], float]] = {
    "linear": lambda alpha: 1 - alpha,
    "exponential": lambda alpha: float(np.exp(-alpha)),
    "focal": lambda alpha: 0.0,
    "reciprocal": lambda alpha: 1 / (1 + alpha),
}


class SeedState(NamedTuple):
    """How many steps have been taken; read by schedules of alpha."""

    step: int = 0


def seed_grpo(*, alpha: float | Schedule, shape: Shape = "linear", renormalise: Renormalise = "none") -> Modulator:
    """Learn less from the questions one is unsure about.

    Formula. A'_i = A_i f(u) for all rollouts i of a question with signal u in [0, 1]:
        linear 1 - alpha u      exponential exp(-alpha u)
        focal (1 - u)^alpha     reciprocal 1 / (1 + alpha u)
    The paper names the first three and prints none: their algebra is inferred. The fourth is the
    released code's.

    Claims. Sign and zero mean kept; scale between f(1) and 1. Standardising the group afterwards
    undoes it.

    Args:
        alpha: strength >= 0, or a schedule step -> strength (`linear`, `cosine`). At most 1 for
            "linear", whose factor would be negative. A schedule counts optimiser steps where the
            trainer tells them, several of which may share a generation batch and so a strength;
            on its own, a modulator counts its calls.
        shape: which f.
        renormalise: damping all questions is also a smaller learning rate. "questions" divides by
            the mean factor, so that it is 1 over the questions with a signal; "advantages" divides so
            that the sum of |A| is what it was, which leaves out questions without gradient. Ours,
            not the paper's; uses batch statistics, and with one question cancels the factor.

    Degenerate cases. A question without a signal keeps its advantages exactly. All factors 0 (focal
    at u = 1): zeros, renormalised or not. G = 1: u = 0 and A = 0.

    Variant. `seed_paper()` and `seed_released()` are the two published settings.

    Example:
        >>> import numpy as np
        >>> damp = seed_grpo(alpha=1.0)
        >>> damp.update(np.array([[0.5, -0.5], [0.5, -0.5]]), damp.init(), signal=[0.0, 0.8])[0]
        array([[ 0.5, -0.5],
               [ 0.1, -0.1]])

    References: Chen, Chen, Wang, Yang, SEED-GRPO, arXiv:2505.12346, Eq. 6.
    """
    one_of("seed_grpo", get_args(Shape), shape=shape)
    one_of("seed_grpo", get_args(Renormalise), renormalise=renormalise)
    if not callable(alpha):
        _check_alpha(alpha, shape)

    def update(
        advantages: FloatArray,
        state: SeedState,
        *,
        present: Any,
        signal: Any = None,
        optimizer_step: int | None = None,
        **extra: Any,
    ) -> tuple[FloatArray, SeedState]:
        now = state.step if optimizer_step is None else optimizer_step
        after = SeedState(now + 1)
        strength = strength_at(alpha, now)
        if strength == 0:
            return advantages, after
        _check_alpha(strength, shape)
        values, known = read_signal(signal, len(advantages))
        factor = np.where(known, seed_factor(values, alpha=strength, shape=shape), 1.0)
        weights = np.ones(len(factor)) if renormalise == "questions" else group_sizes(advantages, present)
        kept = (weights * factor)[known].sum()
        if renormalise != "none" and kept > 0:
            factor[known] *= weights[known].sum() / kept
        return advantages * spread(factor, advantages), after

    # A schedule's own range is unknown, a negative strength is refused when it comes.
    lowest = 0.0 if callable(alpha) else _LOWEST[shape](alpha)
    bounded = renormalise == "none"
    claims = Claims(
        level="prompt",
        keeps_sign=True,
        keeps_mean=True,
        scale=(lowest, 1.0) if bounded else None,
        batch_statistics=not bounded,
        undone_by_group_std=True,
        needs=frozenset({"signal"}) if callable(alpha) or alpha else frozenset(),
    )
    options = f"alpha={alpha!r}, shape={shape!r}" + ("" if bounded else f", renormalise={renormalise!r}")
    return modulator(update, name=f"seed_grpo({options})", claims=claims, init=SeedState)


def seed_paper() -> Modulator:
    """The paper's default: linear, alpha = 0.02, so no advantage changes by more than 2%.

    Its signal is printed as -(1/K) sum_k log p(C_k) / log G (Eq. 5), which is no entropy and has no
    upper bound: `Signal(estimator=SemanticEntropy(form="monte-carlo-clusters", duplicates="count",
    length_normalised=False), limits="log_n")`. Normalised masses are our reading: with the raw
    likelihoods of Eq. 5 the claimed range 0 to log G does not hold.
    """
    return seed_grpo(alpha=PAPER_ALPHA, shape="linear")


def seed_released(*, g: int | None = None) -> Modulator:
    """The released code's default: s = 1 / (1 + 0.0417 H / log G), so s >= 1 / 1.0417 = 0.96.

    Its signal is `SemanticEntropy(duplicates="count")` over `ExactMatch(normalise=False)` of the
    boxed answers: length-normalised likelihoods, Shannon form.

    Args:
        g: the number of rollouts. Secondary sources give the constant both with a division by log G
            (None) and without, s = 1 / (1 + 0.02 H), which this takes from `g`. They agree at g = 8.
    """
    if g is None:
        return seed_grpo(alpha=RELEASED_ALPHA, shape="reciprocal")
    whole("seed_released", 1, g=g)
    return seed_grpo(alpha=PAPER_ALPHA * float(np.log(g)), shape="reciprocal")


def seed_factor(u: Any, *, alpha: float, shape: Shape = "linear") -> FloatArray:
    """f(u) for a signal u in [0, 1], element by element.

    >>> seed_factor([0.0, 1.0], alpha=0.0417, shape="reciprocal").round(2)
    array([1.  , 0.96])
    """
    return _SHAPES[shape](np.asarray(u, dtype=np.float64), alpha)


def _check_alpha(alpha: float, shape: Shape) -> None:
    # Beyond 1 the linear factor 1 - alpha u turns advantages round.
    within("seed_grpo", 0, 1.0 if shape == "linear" else np.inf, alpha=alpha)
