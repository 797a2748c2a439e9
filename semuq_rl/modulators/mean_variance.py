"""Mean-variance advantages: reward less a penalty for straying from the mean (after arXiv:2008.03707).

The paper maximises mu - beta sigma^2 of a Markov chain and shows that with the mean frozen this is an
ordinary problem with reward r - beta (r - mu)^2 (`semuq_rl.control.mean_variance` is that iteration). Its use
on groups of rollouts is inferred, ours.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from semuq.checks import one_of, within
from semuq.numerics import BoolArray, FloatArray
from semuq_rl.modulators.base import Claims, Modulator, modulator, spread

__all__ = ["Centre", "MeanState", "mean_variance"]


Centre = Literal["group", "running"]


class MeanState(NamedTuple):
    """The running mean of the rewards, None before the first step."""

    mean: float | None = None


def mean_variance(*, beta: float, centre: Centre = "group", momentum: float = 0.99) -> Modulator:
    """Prefer questions whose outcome is settled, by penalising the variance of the reward.

    Formula. r'_i = r_i - beta (r_i - m)^2 with the centre m frozen, and
        A'_i = A_i + (r'_i - mean r') - (r_i - mean r)
    which is r'_i - mean r' for Dr.GRPO's advantages. For 0/1 rewards and m the group's mean that is
    A_i (1 - beta (1 - 2 m)): hard questions (m < 1/2) are damped, easy ones raised.

    Claims. Zero mean kept. Sign and scale are not: for 0/1 rewards they are, the factor lies in
    [1 - beta, 1 + beta]. Standardising the group afterwards undoes it for 0/1 rewards.

    Args:
        beta: strength in [0, 1); from 1 on a right answer to a hard question would be punished.
        centre: m is the "group"'s mean, or the "running" mean of all rewards before this step (of
            this step's, at the first one), which uses batch statistics.
        momentum: of the running mean, in [0, 1].

    Degenerate cases. Equal rewards: no change. A question without rewards does not exist.

    Put it first in a chain: what it adds is in units of the raw reward.

    Example:
        >>> damp = mean_variance(beta=0.5)
        >>> damp.update(np.array([[0.75, -0.25, -0.25, -0.25]]), damp.init(), rewards=[[1, 0, 0, 0]])[0] * 4
        array([[ 2.25, -0.75, -0.75, -0.75]])

    References: Xia, Risk-sensitive MDP with a mean-variance criterion, arXiv:2008.03707.
    """
    within("mean_variance", 0, 1, open_high=True, beta=beta)
    within("mean_variance", 0, 1, momentum=momentum)
    one_of("mean_variance", get_args(Centre), centre=centre)

    def update(
        advantages: FloatArray,
        state: MeanState,
        *,
        mask: BoolArray,
        present: BoolArray,
        rewards: Any = None,
        **extra: Any,
    ) -> tuple[FloatArray, MeanState]:
        if not mask.any():
            # Without a rollout there is no mean; a NaN would stay in the running one for ever.
            return advantages, state
        values = np.where(mask, rewards, 0.0)
        own_mean = _group_mean(values, mask)
        batch_mean = float(values[mask].mean())
        running = batch_mean if state.mean is None else state.mean
        penalty = np.where(mask, (values - (own_mean if centre == "group" else running)) ** 2, 0.0)
        term = np.where(mask, -beta * (penalty - _group_mean(penalty, mask)), 0.0)
        # Equal rewards are penalised equally; the rounding of their mean is no gradient.
        term[np.ptp(np.where(mask, values, own_mean), axis=1) < 1e-12] = 0.0
        after = MeanState(momentum * running + (1 - momentum) * batch_mean)
        return advantages + np.where(present, spread(term, advantages), 0.0), after

    claims = Claims(
        level="response",
        keeps_sign=False,
        keeps_mean=True,
        scale=None,
        batch_statistics=centre == "running",
        undone_by_group_std=True,
        needs=frozenset({"rewards"}),
    )
    options = f"beta={beta!r}" + (f", centre='running', momentum={momentum!r}" if centre == "running" else "")
    return modulator(update, name=f"mean_variance({options})", claims=claims, strength=beta, init=MeanState)


def _group_mean(values: FloatArray, mask: BoolArray) -> FloatArray:
    """(P, 1) means over the rollouts that are there."""
    return values.sum(axis=1, keepdims=True) / np.maximum(mask.sum(axis=1, keepdims=True), 1)
