"""Chains with one recurrent class: their stationary distribution, their potentials, and the best average reward.

The ground under `mean_variance`. States S and actions A are few, so that linear systems are solved exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse.csgraph import connected_components

from semuq.errors import InvalidParameter, InvalidSamples
from semuq.numerics import FloatArray, IntArray

__all__ = ["Chains", "read_chains", "stationary"]


_ROUNDING = 1e-10
"""An action is better than another by more than this, relative to the largest gain."""


@dataclass(frozen=True, kw_only=True)
class Chains:
    """A decision process whose policies each make a chain: (S, A, S) probabilities and (S, A) rewards."""

    transitions: FloatArray
    rewards: FloatArray

    def under(self, actions: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Of a deterministic policy: (S, S) its chain, (S,) its rewards, (S,) its stationary distribution."""
        states = np.arange(len(self.rewards))
        chain = self.transitions[states, actions]
        return chain, self.rewards[states, actions], stationary(chain)

    def improved(self, actions: IntArray, reward: FloatArray) -> IntArray | None:
        """One step of policy iteration for the average of `reward` (S, A); None if nothing is better.

        Solves g + eta = f + P g for the policy, then takes in each state the action that maximises f + P g. An
        action stays unless another is better by more than rounding, or the iteration could go round.
        """
        states = np.arange(len(reward))
        chain, _, weights = self.under(actions)
        own = reward[states, actions]
        gains = reward + self.transitions @ potential(chain, weights, own)
        better = gains.max(axis=1) > gains[states, actions] + _ROUNDING * (1 + np.abs(gains).max())
        return np.where(better, gains.argmax(axis=1), actions) if better.any() else None

    def best_average(self, reward: FloatArray, start: IntArray) -> IntArray:
        """A policy with the highest long-run average of `reward` (S, A), by policy iteration from `start`."""
        actions = start
        while (after := self.improved(actions, reward)) is not None:
            actions = after
        return actions

    def checked(self, policy: Any, name: str) -> IntArray:
        """A deterministic policy as (S,) actions; None is action 0 everywhere."""
        states, choices = self.rewards.shape
        actions = np.zeros(states, dtype=np.int64) if policy is None else np.asarray(policy, dtype=np.int64)
        if actions.shape != (states,) or (actions < 0).any() or (actions >= choices).any():
            raise InvalidParameter(f"{name}: expected {states} actions below {choices}, got {policy!r}")
        return actions


def read_chains(P: Any, r: Any) -> Chains:
    """Check shapes, probabilities and rewards.

    Raises:
        InvalidSamples: they are no decision process.
    """
    transitions, rewards = np.asarray(P, dtype=np.float64), np.asarray(r, dtype=np.float64)
    if transitions.ndim != 3 or transitions.shape[0] != transitions.shape[2] or rewards.shape != transitions.shape[:2]:
        raise InvalidSamples(f"P, r: expected shapes (S, A, S) and (S, A), got {transitions.shape} and {rewards.shape}")
    if not np.isfinite(rewards).all() or (transitions < 0).any() or not np.allclose(transitions.sum(axis=2), 1):
        raise InvalidSamples("P, r: expected finite rewards and probabilities that sum to 1 for every state and action")
    return Chains(transitions=transitions, rewards=rewards)


def stationary(chain: Any) -> FloatArray:
    """(S,) the stationary distribution of a chain (S, S) with one recurrent class.

    Raises:
        InvalidSamples: there are several recurrent classes, so that the long run depends on where one starts.

    >>> stationary([[0.0, 1.0], [0.5, 0.5]]).round(4)
    array([0.3333, 0.6667])
    """
    matrix = np.asarray(chain, dtype=np.float64)
    size = len(matrix)
    count, label = connected_components(matrix > 0, directed=True, connection="strong")
    # A class is recurrent if no step leads out of it.
    left = {int(label[i]) for i, j in zip(*np.nonzero(matrix > 0), strict=True) if label[i] != label[j]}
    if count - len(left) > 1:
        raise InvalidSamples(
            f"P: expected one recurrent class under every policy, got {count - len(left)} under one: its long run "
            "depends on the first state; connect the classes by a small probability"
        )
    # pi (I - P + 1 1^T) = 1^T, as pi 1 = 1.
    weights = np.linalg.solve((np.eye(size) - matrix + np.ones((size, size))).T, np.ones(size))
    return np.asarray(weights, dtype=np.float64)


def potential(chain: FloatArray, weights: FloatArray, reward: FloatArray) -> FloatArray:
    """(S,) g with g + eta = f + P g and pi g = 0, eta = pi f the average."""
    system = np.eye(len(chain)) - chain + np.outer(np.ones(len(chain)), weights)
    return np.asarray(np.linalg.solve(system, reward - weights @ reward), dtype=np.float64)
