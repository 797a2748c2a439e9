"""Rewards over wordings of one question: information-consistent GRPO (arXiv:2512.12858), in a form that teaches.

Equal information whatever the wording. The paper's stability is one number for the whole group, and centring a group
takes away what all its members share: `group_stability` is here for measuring, `information_consistency` gives each
answer its own. Known from a reader's notes; weights and numbers of the paper are not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from semuq.checks import within
from semuq.errors import InvalidParameter, InvalidSamples
from semuq.numerics import FloatArray, entropy
from semuq_rl.groups.variants import VariantGroups

__all__ = ["answer_entropy", "group_stability", "information_consistency", "variant_reward"]


_WORD = re.compile(r"\w+")


def answer_entropy(text: str) -> float:
    """Entropy of an answer's words by their frequency, nats; 0 for none.

    >>> round(answer_entropy("a a b"), 4), answer_entropy("")
    (0.6365, 0.0)
    """
    counts = np.array(list(Counter(_WORD.findall(text.lower())).values()), dtype=np.float64)
    return float(entropy(counts / counts.sum())) if counts.size else 0.0


def information_consistency(
    texts: Sequence[str],
    *,
    helpfulness: float = 0.5,
    stability: float = 0.5,
    entropy_range: tuple[float, float] | None = None,
) -> FloatArray:
    """(V,) rewards of one answer to each of V wordings: how much it says, and how close the others are in that.

    Formula. With H_v the entropy of answer v's words,
        R_v = helpfulness (H_v - low) / (high - low), within [0, 1], + stability (1 - mean_(u != v) |H_v - H_u| / gap),
    gap the largest |H_v - H_u| of the group.

    Args:
        texts: an answer per wording.
        helpfulness, stability: weights, >= 0; the paper's are not known.
        entropy_range: (low, high) of the first term; None takes the group's own, which makes the reward relative to
            the group, as the paper has it. A fixed range does not.

    Degenerate cases. One wording, or equal entropies: stability 1 for all. low = high: helpfulness 0.

    Weakness. H is at most the log of the number of different words: to recite as many different words to every wording
    earns everything, and "yes" to one and "no" to the other is perfectly stable. Add a reward for being right, or
    `consistency` over meanings.

    >>> information_consistency(["a b", "a b", "a a"], entropy_range=(0.0, 1.0)).round(3)
    array([0.597, 0.597, 0.   ])
    """
    within("information_consistency", 0, helpfulness=helpfulness, stability=stability)
    if not texts:
        raise InvalidSamples("texts: expected an answer per wording, got none")
    h = np.array([answer_entropy(text) for text in texts])
    low, high = (float(h.min()), float(h.max())) if entropy_range is None else entropy_range
    if entropy_range is not None and not low < high:
        raise InvalidParameter(f"information_consistency.entropy_range: expected low < high, got {entropy_range!r}")
    told = np.clip((h - low) / (high - low), 0.0, 1.0) if high > low else np.zeros(len(h))
    return helpfulness * told + stability * (1 - _mean_gaps(h))


def group_stability(first: Sequence[str], second: Sequence[str]) -> float:
    """The paper's F: 1 - mean of the gaps between the answers of K pairs of wordings, over the largest gap.

    >>> group_stability(["a b", "a"], ["a b", "a b"])
    0.5
    """
    if len(first) != len(second) or not first:
        raise InvalidSamples(f"second: expected {len(first)} answers, as first, and at least one, got {len(second)}")
    a, b = (np.array([answer_entropy(text) for text in own]) for own in (first, second))
    largest = float(np.abs(a[:, None] - b[None, :]).max())
    return 1.0 if largest == 0 else float(1 - np.abs(a - b).mean() / largest)


def variant_reward(rule: Callable[[Sequence[str]], Any], *, column: str, wordings: int) -> Callable[..., list[float]]:
    """`VariantGroups(column=..., wordings=...).reward(rule)`: the answers to all wordings of a question, paid together.

    Args:
        rule: V answers -> V rewards, such as `information_consistency`.
        column: of the data set, which names the question.
        wordings: V.

    Raises:
        InvalidSamples: on a call whose rows do not hold every wording of a question equally often.

    >>> reward = variant_reward(lambda texts: [float(len(set(texts)) == 1)] * len(texts), column="question", wordings=2)
    >>> reward(prompts=["p", "p", "q", "q"], completions=["a", "b", "a", "c"], question=[7, 7, 7, 7])
    [1.0, 0.0, 1.0, 0.0]
    """
    return VariantGroups(column=column, wordings=wordings).reward(rule)


def _mean_gaps(h: FloatArray) -> FloatArray:
    """(V,) mean distance from the others, over the largest there is; 0 where there is none."""
    gaps = np.abs(h[:, None] - h[None, :])
    largest = gaps.max()
    if len(h) == 1 or largest == 0:
        return np.zeros(len(h))
    return np.asarray(gaps.sum(axis=1) / (len(h) - 1) / largest, dtype=np.float64)
