"""Controls: what a modulator does apart from what it claims to know.

An experiment that credits uncertainty with a gain has to show that neither the smaller step
(`same_mean`), nor the noise in the factors (`shuffled`), nor the accuracy that goes with uncertainty
(`shuffled(among="accuracy")`) does the same, and that its opposite (`anti_seed`) does not. Ours, from
no paper.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from semuq.checks import one_of, within
from semuq.numerics import BoolArray, FloatArray
from semuq_rl.groups.signals import SignalResult, read_signal
from semuq_rl.modulators.base import Claims, Empty, Modulator, group_sizes, modulator, spread

__all__ = ["Among", "ControlState", "anti_seed", "same_mean", "shuffled"]


Among = Literal["gradient", "accuracy", "all"]


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
        >>> from semuq_rl.modulators.seed_grpo import seed_grpo
        >>> control = same_mean(seed_grpo(alpha=1.0))
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


def shuffled(controlled: Modulator, *, seed: int, among: Among = "gradient") -> Modulator:
    """`controlled` with each question given the signal of another question of the batch.

    The factors are the same set of numbers, on the wrong questions. Questions without a signal
    stay without.

    Claims. As `controlled`; batch statistics, and with one question nothing is shuffled.

    Args:
        controlled: a modulator that reads `signal`.
        seed: of the permutations; step i of a run always draws the same one.
        among: which questions change places. "gradient": those with an advantage other than 0, among
            themselves, so that the step keeps its mean size. "accuracy": of these, questions with the
            same mean reward, so that what is left of the signal is its part that accuracy does not
            tell; needs `rewards`. "all": questions without a gradient too, whose signal tends to be
            lower, so that the step becomes larger than that of `controlled`: noise, but not its size.

    Degenerate cases. A question that is alone among its like keeps its own signal.

    Example:
        >>> from semuq_rl.modulators.seed_grpo import seed_grpo
        >>> control = shuffled(seed_grpo(alpha=1.0), seed=3)
        >>> advantages = np.array([[0.0, 0.0], [0.5, -0.5], [0.25, -0.25]])
        >>> control.update(advantages, control.init(), signal=[0.0, 0.2, 0.6])[0].round(2)
        array([[ 0. ,  0. ],
               [ 0.2, -0.2],
               [ 0.2, -0.2]])
    """
    one_of("shuffled", get_args(Among), among=among)

    def update(
        advantages: FloatArray,
        state: ControlState,
        *,
        mask: BoolArray,
        present: BoolArray,
        rewards: Any = None,
        **evidence: Any,
    ) -> tuple[FloatArray, ControlState]:
        values, known = read_signal(evidence.get("signal"), len(advantages))
        rng = np.random.default_rng((seed, state.step))
        moves = known if among == "all" else known & (group_sizes(advantages, present) > 0)
        like = accuracies(rewards, mask) if among == "accuracy" else np.zeros(len(values))
        mixed = values.copy()
        for kind in np.unique(like[moves]):
            places = np.flatnonzero(moves & (like == kind))
            mixed[places] = values[rng.permutation(places)]
        signal = SignalResult(values=mixed, known=known, raw=np.full(len(mixed), np.nan), reasons={})
        given = {**evidence, "mask": mask, "rewards": rewards, "signal": signal}
        changed, inner = controlled.update(advantages, state.inner, **given)
        return changed, ControlState(inner, state.step + 1)

    needs = controlled.claims.needs | {"signal"} | ({"rewards"} if among == "accuracy" else set())
    claims = replace(controlled.claims, batch_statistics=True, needs=needs)
    name = f"shuffled({controlled}, seed={seed}, among={among!r})"
    return modulator(update, name=name, claims=claims, init=lambda: ControlState(controlled.init()))


def anti_seed(*, alpha: float) -> Modulator:
    """The opposite of `seed_grpo(alpha=alpha)` with a step of the same size: learn more where unsure.

    Formula. A'_i = A_i c (1 + alpha u), one c for the batch, such that sum |A'| is what
    A (1 - alpha u) has.

    Claims. Sign and zero mean kept. Batch statistics. Standardising the group afterwards undoes it.

    Args:
        alpha: strength in [0, 1].

    Degenerate cases. All advantages 0: the same object comes back. A question without a signal has u = 0.

    Example:
        >>> control = anti_seed(alpha=1.0)
        >>> control.update(np.array([[0.5, -0.5], [0.5, -0.5]]), control.init(), signal=[0.0, 1.0])[0].round(3)
        array([[ 0.167, -0.167],
               [ 0.333, -0.333]])
    """
    within("anti_seed", 0, 1, alpha=alpha)

    def update(
        advantages: FloatArray, state: Empty, *, present: BoolArray, signal: Any = None, **extra: Any
    ) -> tuple[FloatArray, Empty]:
        sizes = group_sizes(advantages, present)
        if sizes.sum() == 0:
            return advantages, state
        values, known = read_signal(signal, len(advantages))
        u = np.where(known, values, 0.0)
        raised = 1 + alpha * u
        factor = raised * (sizes @ (1 - alpha * u)) / (sizes @ raised)
        return advantages * spread(factor, advantages), state

    claims = Claims(
        level="prompt",
        keeps_sign=True,
        keeps_mean=True,
        scale=None,
        batch_statistics=True,
        undone_by_group_std=True,
        needs=frozenset({"signal"}),
    )
    return modulator(update, name=f"anti_seed(alpha={alpha!r})", claims=claims, strength=alpha)


def accuracies(rewards: Any, mask: BoolArray) -> FloatArray:
    """(P,) mean reward of each group, rounded so that equal accuracies are equal."""
    mean = np.where(mask, rewards, 0.0).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)
    return np.asarray(mean.round(9), dtype=np.float64)
