"""Mean-variance policy iteration for small Markov decision processes (arXiv:2008.03707): the reference behind
`semuq_rl.modulators.mean_variance`, which borrows its frozen mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semuq.checks import number
from semuq.errors import InvalidParameter, InvalidSamples

__all__ = ["MeanVariancePolicy", "mean_variance_policy_iteration", "stationary"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class MeanVariancePolicy:
    """A deterministic policy and what it is worth in the long run.

    Args:
        actions: (S,) the action in each state.
        mean, variance: of the reward under the stationary distribution.
        objective: mean - beta variance.
        history: the objective of each policy on the way, never falling.
    """

    actions: IntArray
    mean: float
    variance: float
    objective: float
    history: tuple[float, ...]


def mean_variance_policy_iteration(P: Any, r: Any, beta: float, *, start: Any = None) -> MeanVariancePolicy:
    """A policy that no single change of actions makes better in mean - beta variance of the long-run reward.

    Formula. With the mean mu of the current policy frozen, f = r - beta (r - mu)^2 is an ordinary reward. Solve
    g + eta = f + P g for the current policy, and take in each state the action that maximises f + P g. Since
        J' - J = pi' [(P' - P) g + f' - f] + beta (mu' - mu)^2
    the objective J rises with every change, so the iteration ends.

    Args:
        P: (S, A, S) transition probabilities; every policy's chain has one recurrent class.
        r: (S, A) rewards.
        beta: >= 0, the price of variance.
        start: (S,) first policy; None takes action 0 everywhere.

    Raises:
        InvalidSamples: shapes or probabilities are wrong.
        InvalidParameter: `start` names an action that is not there.

    Degenerate cases. beta = 0: ordinary average-reward policy iteration, and the result is the best policy. Else it
    is a local optimum: another start may end elsewhere.

    Example:
        >>> P = np.ones((1, 2, 1))
        >>> r = [[1.0, 1.2]]
        >>> mean_variance_policy_iteration(P, r, beta=1.0).actions
        array([1])

    References: Xia, Risk-sensitive MDP with a mean-variance criterion, POMS 2020, arXiv:2008.03707.
    """
    transitions, rewards = np.asarray(P, dtype=np.float64), np.asarray(r, dtype=np.float64)
    number("mean_variance_policy_iteration", 0, beta=beta)
    if transitions.ndim != 3 or transitions.shape[0] != transitions.shape[2] or rewards.shape != transitions.shape[:2]:
        raise InvalidSamples(f"P, r: expected shapes (S, A, S) and (S, A), got {transitions.shape} and {rewards.shape}")
    if not np.isfinite(rewards).all() or (transitions < 0).any() or not np.allclose(transitions.sum(axis=2), 1):
        raise InvalidSamples("P, r: expected finite rewards and probabilities that sum to 1 for every state and action")
    states = np.arange(len(rewards))
    actions = np.zeros(len(rewards), dtype=np.int64) if start is None else np.array(start, dtype=np.int64)
    if actions.shape != states.shape or not ((actions >= 0) & (actions < rewards.shape[1])).all():
        raise InvalidParameter(f"start: expected {len(states)} actions below {rewards.shape[1]}, got {start!r}")
    history: list[float] = []
    while True:
        own, chain = rewards[states, actions], transitions[states, actions]
        weights = stationary(chain)
        mean = float(weights @ own)
        variance = float(weights @ (own - mean) ** 2)
        history.append(mean - beta * variance)
        pseudo = rewards - beta * (rewards - mean) ** 2
        # The potential is fixed up to a constant; weights @ g = 0 fixes it.
        system = np.eye(len(states)) - chain + np.outer(np.ones(len(states)), weights)
        potential = np.linalg.solve(system, pseudo[states, actions] - weights @ pseudo[states, actions])
        gains = pseudo + transitions @ potential
        # An action stays unless another is better by more than rounding, or the iteration could go round.
        better = gains.max(axis=1) > gains[states, actions] + 1e-10 * (1 + np.abs(gains).max())
        if not better.any():
            return MeanVariancePolicy(
                actions=actions, mean=mean, variance=variance, objective=history[-1], history=tuple(history)
            )
        actions = np.where(better, gains.argmax(axis=1), actions)


def stationary(chain: Any) -> FloatArray:
    """(S,) the stationary distribution of a chain (S, S) with one recurrent class.

    >>> stationary([[0.0, 1.0], [0.5, 0.5]]).round(4)
    array([0.3333, 0.6667])
    """
    matrix = np.asarray(chain, dtype=np.float64)
    size = len(matrix)
    # pi (I - P + 1 1^T) = 1^T, as pi 1 = 1.
    return np.asarray(np.linalg.solve((np.eye(size) - matrix + np.ones((size, size))).T, np.ones(size)), np.float64)
