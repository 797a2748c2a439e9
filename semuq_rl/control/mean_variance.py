"""Long-run average reward with a price on its variance, J = mu - beta sigma^2 (arXiv:2008.03707).

The published iteration and its local optimum, the exact global optimum, the difference between two
policies, and the frontier of risk and return. `semuq_rl.modulators.mean_variance` borrows the frozen
mean of the iteration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from semuq.checks import within
from semuq.numerics import IntArray
from semuq_rl.control.chain import Chains, potential, read_chains

__all__ = [
    "MeanVariancePolicy",
    "mean_variance_frontier",
    "mean_variance_optimum",
    "mean_variance_policy_iteration",
    "performance_difference",
]


_TOUCHING = 1e-9
"""Two values of the envelope are one up to this, relative to their size."""


@dataclass(frozen=True, kw_only=True)
class MeanVariancePolicy:
    """A deterministic policy and what it is worth in the long run.

    Args:
        actions: (S,) the action in each state.
        mean, variance: of the reward under the stationary distribution.
        objective: mean - beta variance.
        beta: the price of variance it was found for.
        history: the objective of each policy on the way: never falling for the iteration, the lines of the envelope
            from the left for the optimum.
    """

    actions: IntArray
    mean: float
    variance: float
    objective: float
    beta: float
    history: tuple[float, ...]


def mean_variance_policy_iteration(P: Any, r: Any, beta: float, *, start: Any = None) -> MeanVariancePolicy:
    """A policy that no single change of actions makes better in mean - beta variance of the long-run reward.

    Formula. With the mean mu of the current policy frozen, f = r - beta (r - mu)^2 is an ordinary reward. Solve
    g + eta = f + P g for the current policy, and take in each state the action that maximises f + P g. By
    `performance_difference` the objective J rises with every change, so the iteration ends.

    Args:
        P: (S, A, S) transition probabilities; every policy's chain has one recurrent class.
        r: (S, A) rewards.
        beta: >= 0, the price of variance.
        start: (S,) first policy; None takes action 0 everywhere.

    Raises:
        InvalidSamples: shapes or probabilities are wrong, or a chain has several recurrent classes.
        InvalidParameter: `start` names an action that is not there.

    Degenerate cases. beta = 0: ordinary average-reward policy iteration, and the result is the best policy. Else it
    is a local optimum: another start may end elsewhere, and `mean_variance_optimum` is exact.

    Example:
        >>> P = np.ones((1, 2, 1))
        >>> r = [[1.0, 1.2]]
        >>> mean_variance_policy_iteration(P, r, beta=1.0).actions
        array([1])

    References: Xia, Risk-sensitive MDP with a mean-variance criterion, POMS 2020, arXiv:2008.03707.
    """
    within("mean_variance_policy_iteration", 0, beta=beta)
    chains = read_chains(P, r)
    actions = chains.checked(start, "start")
    history: list[float] = []
    while True:
        mean, variance = _moments(chains, actions)
        history.append(mean - beta * variance)
        after = chains.improved(actions, chains.rewards - beta * (chains.rewards - mean) ** 2)
        if after is None:
            return _policy(chains, actions, beta, history)
        actions = after


def mean_variance_optimum(P: Any, r: Any, beta: float) -> MeanVariancePolicy:
    """The best of all policies in mean - beta variance, exactly, without going through them.

    Formula. For a fixed number m let f_m = r - beta (r - m)^2. A policy d has
        E_d f_m = J_d - beta (mu_d - m)^2,   so   max_d J_d = max_m V(m),   V(m) = max_d E_d f_m,
    where V(m) is an ordinary average-reward problem. Each policy is a straight line in m in
        V(m) + beta m^2 = max_d [E_d r - beta E_d r^2 + 2 beta m mu_d],
    so this is convex and piecewise linear: its lines are found from both ends by intersecting two and
    asking at the intersection, until no line lies above. The best policy is one of them. Ours; the
    paper proves local optimality of its iteration, and global where the mean is the same for all.

    Args:
        P, r, beta: as for `mean_variance_policy_iteration`.

    Returns:
        The policy, with the objective of every line of the envelope as its history.

    Degenerate cases. beta = 0: one line. Policies with the same mean share a slope, and the lower
    line is never met.

    Cost. One policy iteration for each line and each meeting of two, about 9 lines for 5 states and
    3 actions; the number of lines is not bounded by a polynomial in S.

    Example:
        >>> P = np.ones((1, 3, 1))
        >>> r = [[0.0, 1.0, 3.0]]
        >>> mean_variance_optimum(P, r, beta=1.0).actions
        array([2])

    References: the objective, arXiv:2008.03707; the search is that for a parametric upper envelope
    (Eisner and Severance, JACM 1976).
    """
    within("mean_variance_optimum", 0, beta=beta)
    chains = read_chains(P, r)
    low, high = float(chains.rewards.min()), float(chains.rewards.max())
    lines: dict[tuple[int, ...], IntArray] = {}

    def ask(m: float, start: IntArray) -> IntArray:
        actions = chains.best_average(chains.rewards - beta * (chains.rewards - m) ** 2, start)
        lines.setdefault(tuple(map(int, actions)), actions)
        return actions

    left = ask(low, chains.checked(None, "start"))
    stretches = [(left, ask(high, left))]
    while stretches:
        left, right = stretches.pop()
        (low_at, low_slope), (high_at, high_slope) = _line(chains, left, beta), _line(chains, right, beta)
        if high_slope - low_slope <= _TOUCHING * (1 + abs(high_slope)):
            continue
        m = (low_at - high_at) / (high_slope - low_slope)
        middle = ask(m, left)
        at, slope = _line(chains, middle, beta)
        met = low_at + low_slope * m
        if at + slope * m > met + _TOUCHING * (1 + abs(met)):
            stretches += [(left, middle), (middle, right)]
    ends = sorted(lines.values(), key=lambda own: _moments(chains, own)[0])
    objectives = [mean - beta * variance for mean, variance in (_moments(chains, own) for own in ends)]
    return _policy(chains, ends[int(np.argmax(objectives))], beta, objectives)


def mean_variance_frontier(P: Any, r: Any, *, betas: Sequence[float]) -> list[MeanVariancePolicy]:
    """The exact optimum at each price of variance: what risk can be had for what return.

    Law. From one beta to a larger one neither the mean nor the variance of the optimum rises.

    Example:
        >>> P = np.ones((2, 2, 2)) / 2
        >>> r = [[1.0, 0.4], [0.0, 0.3]]
        >>> for point in mean_variance_frontier(P, r, betas=(0.0, 1.0, 10.0)):
        ...     print(point.beta, round(point.mean, 2), round(point.variance, 4))
        0.0 0.65 0.1225
        1.0 0.65 0.1225
        10.0 0.35 0.0025
    """
    return [mean_variance_optimum(P, r, beta) for beta in betas]


def performance_difference(P: Any, r: Any, beta: float, *, old: Any, new: Any) -> float:
    """J(new) - J(old), from the potential of the old policy and the stationary distribution of the new.

    Formula. With g the potential of the old policy for f = r - beta (r - mu)^2, mu its mean,
        J' - J = pi' [(P' - P) g + f' - f] + beta (mu' - mu)^2
    The last term is why a step that improves the first raises J all the more.

    Args:
        P, r, beta: as for `mean_variance_policy_iteration`.
        old, new: (S,) actions.

    >>> P, r = np.ones((1, 2, 1)), [[1.0, 1.5]]
    >>> performance_difference(P, r, 2.0, old=[0], new=[1])
    0.5
    """
    within("performance_difference", 0, beta=beta)
    chains = read_chains(P, r)
    before, after = chains.checked(old, "old"), chains.checked(new, "new")
    chain, own, weights = chains.under(before)
    other_chain, other, other_weights = chains.under(after)
    mean = float(weights @ own)
    f, other_f = own - beta * (own - mean) ** 2, other - beta * (other - mean) ** 2
    g = potential(chain, weights, f)
    gain = other_weights @ ((other_chain - chain) @ g + other_f - f)
    return float(gain + beta * (other_weights @ other - mean) ** 2)


def _moments(chains: Chains, actions: IntArray) -> tuple[float, float]:
    _, own, weights = chains.under(actions)
    mean = float(weights @ own)
    return mean, float(weights @ (own - mean) ** 2)


def _line(chains: Chains, actions: IntArray, beta: float) -> tuple[float, float]:
    """(value at 0, slope) of a policy in V(m) + beta m^2."""
    _, own, weights = chains.under(actions)
    return float(weights @ (own - beta * own**2)), 2 * beta * float(weights @ own)


def _policy(chains: Chains, actions: IntArray, beta: float, history: Sequence[float]) -> MeanVariancePolicy:
    mean, variance = _moments(chains, actions)
    return MeanVariancePolicy(
        actions=actions,
        mean=mean,
        variance=variance,
        objective=float(mean - beta * variance),
        beta=float(beta),
        history=tuple(map(float, history)),
    )
