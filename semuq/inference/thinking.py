"""Confidence over a thought, and stopping one when the answer behind it has settled.

For reasoning models: `semuq.samples.separation` takes thought and answer apart; here the thought is judged by the
log-probs of its tokens (DeepConf), and cut when more of it no longer changes what would be answered (EAT).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from semuq.checks import positive, whole, within
from semuq.errors import InvalidParameter
from semuq.numerics import FloatArray

__all__ = [
    "EntropySettled",
    "SettlingState",
    "Thinking",
    "ThoughtConfidence",
    "think_until_settled",
    "thought_confidence",
    "token_confidences",
]


@dataclass(frozen=True, kw_only=True)
class ThoughtConfidence:
    """How sure a model was while thinking; higher = more confident, unlike scores of uncertainty. Nats.

    Args:
        mean: over all tokens.
        bottom: mean of the least confident tenth of the windows.
        lowest: of the least confident window.
        tail: mean over the last tokens.
    """

    mean: float
    bottom: float
    lowest: float
    tail: float


def token_confidences(top_logprobs: ArrayLike) -> FloatArray:
    """(tokens,) C_i = -(1/k) sum_j log P_i(j) over the k most probable tokens at each place.

    Large where one token takes all the mass, so that the others of the k are improbable; log k where k tokens share it.
    With k the whole vocabulary it is `token_certainties` plus log V.

    Args:
        top_logprobs: (tokens, k) log-probs of the k most probable tokens, in any order.

    >>> token_confidences(np.log([[0.98, 0.01, 0.01], [0.4, 0.3, 0.3]])).round(3)
    array([3.077, 1.108])
    """
    logs = np.asarray(top_logprobs, dtype=np.float64)
    # `not <=` rather than `>`: NaN must fail too.
    if logs.ndim != 2 or not logs.shape[1] or not (logs <= 1e-3).all() or not np.isfinite(logs).all():
        raise InvalidParameter(f"top_logprobs: expected (tokens, k) finite log-probs <= 0, got {top_logprobs!r:.60}")
    return np.maximum(-logs.mean(axis=1), 0.0)


def thought_confidence(
    confidences: ArrayLike, *, window: int = 2048, tail: int = 2048, share: float = 0.1
) -> ThoughtConfidence:
    """The confidence of a thought as a whole, and at its worst.

    A single slip in a long thought spoils it, and a mean does not show it: windows do.

    Args:
        confidences: (tokens,) from `token_confidences`, or `SampleSet.token_certainties`.
        window: tokens of a window; windows move by one token. A shorter thought is one window.
        tail: tokens at the end.
        share: of the windows, for `bottom`; at least one.

    Raises:
        InvalidParameter: no token, NaN, or a number outside its limits.

    Example:
        >>> thought_confidence([4, 4, 1, 1, 4, 4], window=2, tail=2)
        ThoughtConfidence(mean=3.0, bottom=1.0, lowest=1.0, tail=4.0)

    References: Fu, Wang, Tian, Zhao, Deep think with confidence, 2025, arXiv:2508.15260 (windows and tails of 2,048
        tokens, the bottom tenth).
    """
    values = np.asarray(confidences, dtype=np.float64)
    if values.ndim != 1 or not values.size or not np.isfinite(values).all():
        raise InvalidParameter(f"confidences: expected (tokens,) finite numbers, at least one, got {confidences!r:.60}")
    whole(None, 1, window=window, tail=tail)
    within(None, 0, 1, open_low=True, share=share)
    size = min(window, len(values))
    sums = np.cumsum(np.append(0.0, values))
    groups = np.sort((sums[size:] - sums[:-size]) / size)
    worst = groups[: max(1, int(np.floor(share * len(groups))))]
    return ThoughtConfidence(
        mean=float(values.mean()),
        bottom=float(worst.mean()),
        lowest=float(groups[0]),
        tail=float(values[-min(tail, len(values)) :].mean()),
    )


@dataclass(frozen=True, kw_only=True)
class SettlingState:
    """A running mean and variance of what was measured so far."""

    mean: float = 0.0
    variance: float = 0.0
    seen: int = 0


@dataclass(frozen=True, kw_only=True)
class EntropySettled:
    r"""Stop thinking when the entropy of what would be answered has settled.

    What it says. After each piece of the thought, the end tag is put behind it for a moment, and the entropy of the
    next token looked at: how open the answer still is. When it no longer moves, more thought changes little.

    Formula. With h_n the entropy after piece n and a = decay,
        M_n = (1 - a) M_(n-1) + a h_n,   V_n = (1 - a) V_(n-1) + a (h_n - M_n)^2,
        stop if V_n / (1 - (1 - a)^n) < tolerance, once `least` pieces have been seen.
    The quotient takes off the weight of the start at 0. M starts at h_1 (ours; from 0, the first differences would be
    the entropy itself).

    Args:
        decay: in (0, 1]; larger forgets faster.
        tolerance: nats squared.
        least: pieces before it may stop, >= 2: one value alone has no variance.
        below: stop only where the mean is below this, nats. Infinity is the published rule, which takes a steady doubt
            for a settled answer; ours.

    Degenerate cases. A NaN is refused, never taken for settled. An entropy that is the same from the start stops at
    `least`, right or wrong: settled is not correct.

    Example:
        >>> rule, state = EntropySettled(tolerance=0.01, least=3), SettlingState()
        >>> for entropy in (2.0, 1.0, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2):
        ...     state, stop = rule.update(state, entropy)
        >>> stop, state.seen
        (False, 12)

    References: Wang et al., Entropy after </Think> for reasoning model early exiting, 2025, arXiv:2509.26522.
    """

    decay: float = 0.2
    tolerance: float = 1e-3
    least: int = 4
    below: float = math.inf

    def __post_init__(self) -> None:
        within(self, 0, 1, open_low=True, decay=self.decay)
        if self.below != math.inf:
            positive(self, below=self.below)
        within(self, 0, open_low=True, tolerance=self.tolerance)
        whole(self, 2, least=self.least)

    def update(self, state: SettlingState, entropy: float) -> tuple[SettlingState, bool]:
        """The next state, and whether to stop."""
        if not 0 <= entropy < np.inf:
            raise InvalidParameter(f"entropy: expected a finite number of nats >= 0, got {entropy!r}")
        first = state.seen == 0
        mean = entropy if first else (1 - self.decay) * state.mean + self.decay * entropy
        variance = (1 - self.decay) * state.variance + self.decay * (entropy - mean) ** 2
        after = SettlingState(mean=mean, variance=variance, seen=state.seen + 1)
        quiet = after.seen >= self.least and self.debiased(after) < self.tolerance
        return after, quiet and after.mean < self.below

    def debiased(self, state: SettlingState) -> float:
        """What is compared with the tolerance."""
        return state.variance / (1 - (1 - self.decay) ** state.seen) if state.seen else float("inf")


@dataclass(frozen=True, kw_only=True)
class Thinking:
    """A thought, as far as it went.

    Args:
        text: of the thought.
        entropies: after each piece.
        ended: "settled" by the rule, "itself" by the model, or "budget".
    """

    text: str
    entropies: tuple[float, ...]
    ended: str


def think_until_settled(
    extend: Callable[[str], str],
    probe: Callable[[str], float],
    *,
    rule: EntropySettled | None = None,
    most: int = 100,
) -> Thinking:
    """Let a model think piece by piece, until its answer has settled.

    Args:
        extend: the thought so far -> its next piece (a line, or some tokens); "" where the model ended it itself.
        probe: the thought so far -> the entropy of the next token behind the end tag, nats.
        rule: when to stop; None is `EntropySettled()`.
        most: pieces.

    Cost. One call of `extend` and one next-token distribution for each piece.

    Example:
        >>> entropies = [2.0, 0.1] + [0.0] * 20
        >>> found = think_until_settled(lambda thought: "x", lambda thought: entropies[len(thought) - 1],
        ...                             rule=EntropySettled(tolerance=0.05))
        >>> found.ended, len(found.text)
        ('settled', 20)
    """
    whole(None, 1, most=most)
    settled, state = rule or EntropySettled(), SettlingState()
    text = ""
    entropies: list[float] = []
    for _ in range(most):
        piece = extend(text)
        if not piece:
            return Thinking(text=text, entropies=tuple(entropies), ended="itself")
        text += piece
        entropies.append(float(probe(text)))
        state, stop = settled.update(state, entropies[-1])
        if stop:
            return Thinking(text=text, entropies=tuple(entropies), ended="settled")
    return Thinking(text=text, entropies=tuple(entropies), ended="budget")
