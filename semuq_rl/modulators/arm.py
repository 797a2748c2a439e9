"""ARM, also ProGRPO (arXiv:2602.05281): rare right answers gain, confident ones lose.

A'_i = A_i + alpha (c(q) - c(o_i | q)), an addition and no factor, with the confidence c taken over the
least likely tokens. Compiled from reviews and notes that agree; what they leave open is inferred and
marked.
"""

from __future__ import annotations

import math
from typing import Any, Literal, get_args

import numpy as np

from semuq.checks import one_of, within
from semuq.numerics import BoolArray, FloatArray
from semuq_rl.groups.arrays import to_numpy
from semuq_rl.modulators.base import Claims, Empty, Modulator, modulator, spread

__all__ = ["Active", "arm", "low_probability_confidence"]


Active = Literal["any_correct", "mixed"]


def low_probability_confidence(logprobs: Any, *, fraction: float = 0.2) -> float:
    """exp of the mean log-prob of the least likely tokens, max(1, ceil(fraction n)) of n; in (0, 1].

    1 for no tokens.

    >>> round(low_probability_confidence(np.log([0.9, 0.9, 0.9, 0.9, 0.1])), 3)
    0.1
    """
    values = np.sort(np.asarray(to_numpy(logprobs), dtype=np.float64))
    if not len(values):
        return 1.0
    # 0.2 * 15 is 3.0000000000000004, and its ceiling must be 3.
    lowest = max(1, math.ceil(round(fraction * len(values), 9)))
    return float(np.exp(values[:lowest].mean()))


def arm(
    *,
    alpha: float,
    fraction: float = 0.2,
    active: Active = "any_correct",
    only_correct: bool = True,
    threshold: float = 0.0,
    recentre: bool = False,
) -> Modulator:
    """Raise right answers the policy finds unlikely, lower those it is sure of.

    Formula. A'_i = A_i + alpha (c(q) - c(o_i | q)), with c(o | q) = exp((1/|L|) sum_{t in L} log p(o_t))
    over the ceil(fraction |o|) least likely tokens L, and c(q) the same over the prompt's tokens.

    Claims. Sign, mean and scale all change; with `recentre` a zero mean stays.

    Args:
        alpha: strength >= 0. The paper's value is not known to us, so there is no default.
        fraction: share of tokens in L, in (0, 1].
        active: "any_correct" acts on groups with a right answer, also if all are right, which then
            have a gradient; "mixed" needs a wrong one too. Our sources disagree.
        only_correct: add the term to right answers only. Inferred from "across all correct
            responses"; the formula as quoted adds it to all, and would raise unlikely wrong answers.
        threshold: a reward above it is a right answer.
        recentre: subtract the term's mean over the group. Ours.

    Degenerate cases. No prompt log-probs: c(q) is the mean of c(o_i | q) over the rollouts that get
    the term, whose sum is then 0; ours. A rollout without tokens has c = 1.

    References: Li, Goncharova, Kuznetsov, Oseledets, Back to Basics, arXiv:2602.05281.
    """
    within("arm", 0, alpha=alpha)
    within("arm", 0, 1, open_low=True, fraction=fraction)
    one_of("arm", get_args(Active), active=active)

    def update(
        advantages: FloatArray,
        state: Empty,
        *,
        mask: BoolArray,
        present: BoolArray,
        rewards: Any = None,
        logprobs: Any = None,
        token_mask: Any = None,
        prompt_logprobs: Any = None,
        **extra: Any,
    ) -> tuple[FloatArray, Empty]:
        term = np.zeros(mask.shape)
        for p, real in enumerate(mask):
            correct = real & (rewards[p] > threshold)
            some_wrong = bool((real & ~correct).any())
            if not correct.any() or (active == "mixed" and not some_wrong):
                continue
            gets = correct if only_correct else real
            places = np.flatnonzero(gets)
            own = np.array(
                [low_probability_confidence(logprobs[p, g][token_mask[p, g]], fraction=fraction) for g in places]
            )
            if prompt_logprobs is None:
                prompt = float(own.mean())
            else:
                prompt = low_probability_confidence(prompt_logprobs[p], fraction=fraction)
            term[p, places] = alpha * (prompt - own)
            if recentre:
                term[p, real] -= term[p, real].mean()
        return advantages + np.where(present, spread(term, advantages), 0.0), state

    claims = Claims(
        level="response",
        keeps_sign=False,
        keeps_mean=recentre,
        scale=None,
        needs=frozenset({"rewards", "logprobs", "token_mask"}),
        uses=frozenset({"prompt_logprobs"}),
    )
    options = f"alpha={alpha!r}, fraction={fraction!r}, active={active!r}, only_correct={only_correct}"
    options += f", threshold={threshold!r}" if threshold else ""
    return modulator(
        update, name=f"arm({options}{', recentre=True' if recentre else ''})", claims=claims, strength=alpha
    )
