"""Controls: what a modulator does apart from what it claims to know.

An experiment that credits uncertainty with a gain has to show that neither the smaller step
(`same_mean`) nor the noise in the factors (`shuffled`) does the same. Ours, from no paper.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from semuq_rl.groups.signals import SignalResult, read_signal
from semuq_rl.modulators.base import Modulator, group_sizes, modulator

__all__ = ["ControlState", "same_mean", "shuffled"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


class ControlState(NamedTuple):
    """The controlled modulator's own state, and how many steps have been taken."""

    inner: Any
    step: int = 0


def same_mean(controlled: Modulator) -> Modulator:
    """The same size of step as `controlled` takes, spread over all questions alike.

    Formula. A' = A c, one c for the whole batch: c = sum |B| / sum |A| with B = controlled(A). For
    a factor per question c is its mean weighted by |A|, so that questions without gradient, whose
    factor changes nothing, have no say.

    Claims. Sign and zero mean kept; scale between the least and largest of `controlled`. Batch
    statistics. Standardising the group afterwards undoes it.

    Degenerate cases. All advantages 0, or `controlled` changed nothing: the same object comes back.

    Example:
        >>> from semuq_rl.modulators.seed import seed
        >>> control = same_mean(seed(alpha=1.0))
        >>> control.update(np.array([[0.5, -0.5], [0.5, -0.5]]), control.init(), signal=[0.0, 0.8])[0]
        array([[ 0.3, -0.3],
               [ 0.3, -0.3]])
    """

    def update(
        advantages: FloatArray, state: ControlState, *, present: BoolArray, **evidence: Any
    ) -> tuple[FloatArray, ControlState]:
        changed, inner = controlled.update(advantages, state.inner, **evidence)
        after = ControlState(inner, state.step + 1)
        total = group_sizes(advantages, present).sum()
        if changed is advantages or total == 0:
            return advantages, after
        return advantages * (group_sizes(changed, present).sum() / total), after

    claims = replace(
        controlled.claims,
        keeps_sign=True,
        keeps_mean=True,
        batch_statistics=True,
        undone_by_group_std=True,
        standardises=False,
    )
    name = f"same_mean({controlled})"
    return modulator(update, name=name, claims=claims, init=lambda: ControlState(controlled.init()))


def shuffled(controlled: Modulator, *, seed: int) -> Modulator:
    """`controlled` with each question given the signal of another question of the batch.

    The factors are the same set of numbers, on the wrong questions. Questions without a signal
    stay without.

    Claims. As `controlled`; batch statistics, and with one question nothing is shuffled.

    Args:
        controlled: a modulator that reads `signal`.
        seed: of the permutations; step i of a run always draws the same one.
    """

    def update(
        advantages: FloatArray, state: ControlState, *, present: BoolArray, **evidence: Any
    ) -> tuple[FloatArray, ControlState]:
        values, known = read_signal(evidence.get("signal"), len(advantages))
        order = np.random.default_rng((seed, state.step)).permutation(int(known.sum()))
        mixed = values.copy()
        mixed[known] = values[known][order]
        signal = SignalResult(values=mixed, known=known, raw=np.full(len(mixed), np.nan), reasons={})
        changed, inner = controlled.update(advantages, state.inner, **{**evidence, "signal": signal})
        return changed, ControlState(inner, state.step + 1)

    claims = replace(controlled.claims, batch_statistics=True, needs=controlled.claims.needs | {"signal"})
    name = f"shuffled({controlled}, seed={seed})"
    return modulator(update, name=name, claims=claims, init=lambda: ControlState(controlled.init()))
