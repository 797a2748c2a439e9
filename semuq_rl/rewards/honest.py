"""Rewards for saying how sure one is, and for not answering: RLCR and TruthRL. Both need right answers.

Functions of one group that return float64 (G,), as `rules`. A plain reward of 0 and 1 pays a guess as much as
knowledge; these pay for knowing the difference.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from semuq.checks import within
from semuq.errors import InvalidSamples
from semuq.numerics import FloatArray

__all__ = ["calibrated_reward", "stated_confidence", "truthful_reward"]


_TAG = re.compile(r"<confidence>\s*([0-9]*\.?[0-9]+)\s*(%?)\s*</confidence>", re.IGNORECASE)


def calibrated_reward(correct: Any, confidence: Sequence[float | None]) -> FloatArray:
    """Right, less the Brier score of the stated confidence: RLCR.

    Formula. r = y - (q - y)^2 for y in {0, 1} and a stated q.

    Law. An answer that is right with chance p earns most, p^2, by stating q = p; and p^2 rises with p, so that being
    right pays too. Neither holds of the Brier score alone.

    Args:
        correct: (G,) 0 or 1.
        confidence: (G,) in [0, 1]; None where none was stated, which earns what the worst statement would.

    >>> calibrated_reward([1, 1, 0, 0], [1.0, None, 0.0, 0.9]).round(2)
    array([ 1.  ,  0.  ,  0.  , -0.81])

    References: Damani et al., Beyond Binary Rewards, arXiv:2507.16806.
    """
    right = _right(correct)
    if len(confidence) != len(right):
        raise InvalidSamples(f"confidence: expected {len(right)} of them, as correct, got {len(confidence)}")
    stated = np.array([1.0 - y if q is None else q for q, y in zip(confidence, right, strict=True)], dtype=np.float64)
    if not ((stated >= 0) & (stated <= 1)).all():
        raise InvalidSamples(f"confidence: expected numbers in [0, 1] or None, got {list(confidence)!r:.80}")
    return right - (stated - right) ** 2


def truthful_reward(correct: Any, abstained: Any, *, abstention: float = 0.0) -> FloatArray:
    """1 for a right answer, -1 for a wrong one, `abstention` for none: TruthRL's ternary reward.

    Law. Answering pays more than abstaining where an answer is right with a chance above (1 + abstention) / 2, one half
    as published.

    Args:
        correct: (G,) 0 or 1; not read where a rollout abstained.
        abstained: (G,) bool: it said that it does not know.
        abstention: what that earns, between -1 and 1.

    >>> truthful_reward([1, 0, 0], [False, False, True])
    array([ 1., -1.,  0.])

    References: Wei et al., TruthRL, arXiv:2509.25760.
    """
    within("truthful_reward", -1, 1, open_low=True, open_high=True, abstention=abstention)
    silent = np.asarray(abstained, dtype=bool)
    right = _right(np.where(silent, 0, np.asarray(correct, dtype=np.float64)))
    if silent.shape != right.shape:
        raise InvalidSamples(f"abstained: expected shape {right.shape}, as correct, got {silent.shape}")
    return np.where(silent, abstention, 2 * right - 1)


def stated_confidence(text: str) -> float | None:
    """The last confidence between tags, from 0 to 1 or in per cent; None if there is none, or it is no such number.

    >>> stated_confidence("... <confidence>80%</confidence>"), stated_confidence("sure"), stated_confidence(
    ...     "<confidence>7</confidence>")
    (0.8, None, None)
    """
    found = _TAG.findall(text)
    if not found:
        return None
    number, percent = found[-1]
    value = float(number) / (100 if percent else 1)
    return value if 0 <= value <= 1 else None


def _right(correct: Any) -> FloatArray:
    values = np.asarray(correct, dtype=np.float64)
    if values.ndim != 1 or not np.isin(values, (0.0, 1.0)).all():
        raise InvalidSamples(f"correct: expected a list of 0 and 1, got {correct!r:.80}")
    return values
